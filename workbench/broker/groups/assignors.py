"""How a group's leader shares partitions out: range, roundrobin, sticky, cooperative-sticky, by Kafka's rules.

Pure functions of (members, partition counts). Every partition of a subscribed topic goes to exactly one member;
members come in Kafka's order (static ones by instance id first, then by member id), whatever order they joined in.
With cooperative-sticky a partition that moves is left out for one round, until its owner has let it go.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from workbench.broker.groups.consumer_protocol import (
    Subscription,
    decode_sticky_memory,
    decode_subscription,
    encode_assignment,
    encode_sticky_memory,
    encode_subscription,
)
from workbench.broker.groups.membership import JoinedMember
from workbench.core.errors import Invalid
from workbench.core.records import TopicPartition

Shares = dict[str, list[TopicPartition]]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A member as an assignor sees it. ``owned`` is what it held in ``generation``."""

    member_id: str
    topics: tuple[str, ...]
    instance_id: str | None = None
    owned: tuple[TopicPartition, ...] = ()
    generation: int = -1

    @property
    def order(self) -> tuple[bool, str]:
        return (self.instance_id is None, self.instance_id or self.member_id)


def assign_range(members: Sequence[Candidate], partitions: Mapping[str, int]) -> Shares:
    """Per topic, runs of neighbouring partitions; the first members take the remainder."""
    ranked = sorted(members, key=lambda m: m.order)
    shares: Shares = {m.member_id: [] for m in ranked}
    for topic in sorted({topic for m in ranked for topic in m.topics}):
        takers = [m for m in ranked if topic in m.topics]
        each, extra = divmod(partitions.get(topic, 0), len(takers))
        start = 0
        for place, member in enumerate(takers):
            size = each + (place < extra)
            shares[member.member_id] += [TopicPartition(topic, p) for p in range(start, start + size)]
            start += size
    return shares


def assign_roundrobin(members: Sequence[Candidate], partitions: Mapping[str, int]) -> Shares:
    """All partitions, by topic and number, dealt in turn to those who subscribe to them."""
    ranked = sorted(members, key=lambda m: m.order)
    shares: Shares = {m.member_id: [] for m in ranked}
    turn = 0
    for part in _all_partitions(ranked, partitions):
        while part.topic not in ranked[turn % len(ranked)].topics:
            turn += 1
        shares[ranked[turn % len(ranked)].member_id].append(part)
        turn += 1
    return shares


def assign_sticky(members: Sequence[Candidate], partitions: Mapping[str, int]) -> Shares:
    """As even as the subscriptions allow, and otherwise what each member held."""
    ranked = sorted(members, key=lambda m: m.order)
    everything = _all_partitions(ranked, partitions)
    owners = _undisputed_owners(ranked, set(everything))
    shares: Shares = {m.member_id: [] for m in ranked}
    for part in everything:
        if part in owners:
            shares[owners[part]].append(part)
    for part in everything:
        if part not in owners:
            takers = [m.member_id for m in ranked if part.topic in m.topics]
            shares[min(takers, key=lambda taker: len(shares[taker]))].append(part)
    _even_out(shares, {m.member_id: frozenset(m.topics) for m in ranked})
    return shares


def assign_cooperative(members: Sequence[Candidate], partitions: Mapping[str, int]) -> Shares:
    """Sticky, but what another member still holds waits for the next round."""
    shares = assign_sticky(members, partitions)
    holder = {part: m.member_id for m in members for part in m.owned}
    return {
        member_id: [part for part in share if holder.get(part, member_id) == member_id]
        for member_id, share in shares.items()
    }


def _all_partitions(members: Sequence[Candidate], partitions: Mapping[str, int]) -> list[TopicPartition]:
    topics = sorted({topic for m in members for topic in m.topics})
    return [TopicPartition(topic, p) for topic in topics for p in range(partitions.get(topic, 0))]


def _undisputed_owners(members: Sequence[Candidate], existing: set[TopicPartition]) -> dict[TopicPartition, str]:
    """Who may keep what: the claim of the newest generation counts, two equal claims cancel each other."""
    newest: dict[TopicPartition, int] = {}
    owners: dict[TopicPartition, str] = {}
    for member in members:
        for part in member.owned:
            if part not in existing or part.topic not in member.topics:
                continue
            if member.generation > newest.get(part, -2):
                newest[part] = member.generation
                owners[part] = member.member_id
            elif member.generation == newest[part]:
                owners.pop(part, None)
    return owners


def _even_out(shares: Shares, topics: Mapping[str, frozenset[str]]) -> None:
    """Move single partitions from fuller to emptier members until no move makes the two more even."""
    while move := _evening_move(shares, topics):
        giver, part, taker = move
        shares[giver].remove(part)
        shares[taker].append(part)


def _evening_move(shares: Shares, topics: Mapping[str, frozenset[str]]) -> tuple[str, TopicPartition, str] | None:
    for giver in sorted(shares, key=lambda m: -len(shares[m])):
        for part in reversed(shares[giver]):
            taker = min((m for m in shares if part.topic in topics[m]), key=lambda m: len(shares[m]))
            if len(shares[giver]) - len(shares[taker]) >= 2:
                return giver, part, taker
    return None


@dataclass(frozen=True, slots=True)
class Assignor:
    """An assignor by name, with the way its members remember what they held."""

    name: str
    assign: Callable[[Sequence[Candidate], Mapping[str, int]], Shares]
    cooperative: bool = False
    remembers: bool = False

    def metadata(self, topics: Sequence[str], owned: Sequence[TopicPartition], generation: int) -> bytes:
        """A member's subscription bytes for this assignor."""
        memory = encode_sticky_memory(owned, generation) if self.remembers and not self.cooperative else None
        kept = tuple(owned) if self.cooperative else ()
        return encode_subscription(Subscription(tuple(topics), kept, generation, user_data=memory))

    def share_out(self, members: Sequence[JoinedMember], partitions: Mapping[str, int]) -> dict[str, bytes]:
        """The leader's work: everybody's assignment bytes."""
        shares = self.assign([self.candidate(member) for member in members], partitions)
        return {member_id: encode_assignment(share) for member_id, share in shares.items()}

    def candidate(self, member: JoinedMember) -> Candidate:
        subscription = decode_subscription(member.metadata)
        owned, generation = subscription.owned, subscription.generation
        if self.remembers and not self.cooperative:
            owned, generation = decode_sticky_memory(subscription.user_data)
        return Candidate(member.member_id, subscription.topics, member.instance_id, owned, generation)


ASSIGNORS: Mapping[str, Assignor] = {
    assignor.name: assignor
    for assignor in (
        Assignor("range", assign_range),
        Assignor("roundrobin", assign_roundrobin),
        Assignor("sticky", assign_sticky, remembers=True),
        Assignor("cooperative-sticky", assign_cooperative, cooperative=True, remembers=True),
    )
}


def assignor(name: str) -> Assignor:
    """The assignor called ``name``; the error lists those there are."""
    try:
        return ASSIGNORS[name]
    except KeyError:
        raise Invalid("There is no assignor {name!r}.", "Take one of: {assignors}.", name=name,
                      assignors=', '.join(ASSIGNORS)) from None


def subscribed_topics(members: Sequence[JoinedMember]) -> set[str]:
    """Every topic that somebody in the group subscribes to."""
    return {topic for member in members for topic in decode_subscription(member.metadata).topics}
