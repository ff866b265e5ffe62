"""Who is in a group: its members, their sessions, and what they can agree on. Part of one ``group.Group``.

Invariant: an instance id belongs to one member; whoever asks and is not listed gets the error that fits
(``FencedInstance``, ``UnknownMember``, ``IllegalGeneration``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from workbench.broker.groups.consumer_protocol import decode_assignment, decode_subscription
from workbench.broker.groups.membership import (
    CONSUMER,
    FencedInstance,
    InconsistentProtocol,
    JoinedMember,
    JoinRequest,
    MemberMeta,
    UnknownMember,
)
from workbench.core.errors import Corrupt
from workbench.core.ids import Ids
from workbench.core.records import TopicPartition

Token = Any
"""Whatever a caller wants back with its answer (the façade gives a Future)."""


@dataclass(slots=True)
class Member:
    """``deadline`` is when the session ends unless a sign of life comes; those who wait for an answer are alive."""

    member_id: str
    instance_id: str | None
    client_id: str
    client_host: str
    session_timeout_ms: int
    rebalance_timeout_ms: int
    protocols: tuple[tuple[str, bytes], ...]
    deadline: float
    assignment: bytes = b""
    joining: Token | None = None
    syncing: Token | None = None
    is_new: bool = True

    @classmethod
    def of(cls, request: JoinRequest, deadline: float, ids: Ids) -> Member:
        return cls(
            request.member_id or new_member_id(request, ids), request.instance_id, request.client_id,
            request.client_host, request.session_timeout_ms, request.rebalance_timeout_ms, request.protocols, deadline,
        )

    def update(self, request: JoinRequest) -> None:
        """Take over what a rejoin says anew."""
        self.protocols = request.protocols
        self.session_timeout_ms = request.session_timeout_ms
        self.rebalance_timeout_ms = request.rebalance_timeout_ms
        self.client_id, self.client_host = request.client_id, request.client_host

    @property
    def waits(self) -> bool:
        return not self.is_new and (self.joining is not None or self.syncing is not None)

    def metadata(self, protocol: str) -> bytes:
        return dict(self.protocols).get(protocol, b"")

    def describe(self, protocol_type: str, protocol: str) -> MemberMeta:
        metadata = self.metadata(protocol or self.protocols[0][0])
        return MemberMeta(
            self.member_id, self.client_id, self.client_host, self.instance_id,
            _topics(metadata) if protocol_type == CONSUMER else (),
            self.assigned(protocol_type), metadata, self.assignment, self.session_timeout_ms,
        )

    def assigned(self, protocol_type: str) -> tuple[TopicPartition, ...]:
        """The partitions in the assignment bytes; none where the bytes are opaque to us, which is allowed."""
        try:
            return decode_assignment(self.assignment).partitions if protocol_type == CONSUMER else ()
        except Corrupt:
            return ()


def _topics(metadata: bytes) -> tuple[str, ...]:
    try:
        return decode_subscription(metadata).topics
    except Corrupt:
        return ()


def new_member_id(request: JoinRequest, ids: Ids) -> str:
    return f"{request.instance_id or request.client_id or 'member'}-{ids.uuid()}"


@dataclass(slots=True)
class Members:
    """The members of the group called ``group``. ``promised`` are ids given out whose join is still to come."""

    group: str
    members: dict[str, Member] = field(default_factory=dict)
    static: dict[str, str] = field(default_factory=dict)
    promised: dict[str, float] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Member]:
        return iter(list(self.members.values()))

    def __len__(self) -> int:
        return len(self.members)

    def __contains__(self, member_id: str) -> bool:
        return member_id in self.members

    def add(self, member: Member) -> None:
        self.promised.pop(member.member_id, None)
        self.members[member.member_id] = member
        if member.instance_id is not None:
            self.static[member.instance_id] = member.member_id

    def remove(self, member: Member) -> None:
        del self.members[member.member_id]
        if member.instance_id is not None and self.static.get(member.instance_id) == member.member_id:
            del self.static[member.instance_id]

    def find(self, member_id: str, instance_id: str | None = None) -> Member:
        """The member that calls; one with an instance id must still be the holder of that id."""
        if instance_id is not None and self.static.get(instance_id, member_id) != member_id:
            raise self.fenced(instance_id)
        if member_id not in self.members or (instance_id is not None and instance_id not in self.static):
            raise self.unknown(member_id)
        return self.members[member_id]

    def resolve(self, member_id: str, instance_id: str | None) -> str:
        """The member id meant by a leaver, who may name only the instance."""
        if instance_id is None:
            return member_id
        holder = self.static.get(instance_id, "")
        if holder and member_id not in ("", holder):
            raise self.fenced(instance_id)
        return holder

    def shared_protocols(self, but: str = "") -> set[str] | None:
        """The assignors all members know; None when there is nobody."""
        sets = [{name for name, _ in m.protocols} for m in self if m.member_id != but]
        return set.intersection(*sets) if sets else None

    def check_protocols(self, request: JoinRequest, protocol_type: str) -> None:
        names = {name for name, _ in request.protocols}
        shared = self.shared_protocols(but=request.member_id)
        if not names or not request.protocol_type or (shared is not None and not names & shared):
            raise InconsistentProtocol(
                f"Group {self.group!r} and this member have no assignor in common.",
                f"Use one of: {', '.join(sorted(shared))}." if shared else "Name at least one assignor.",
            )
        if self.members and request.protocol_type != protocol_type:
            raise InconsistentProtocol("Group {group!r} holds members of type {protocol_type!r}.",
                                       "Use another group id.", group=self.group, protocol_type=protocol_type)

    def elected_protocol(self) -> str:
        """The assignor most members prefer among those all of them know."""
        shared = self.shared_protocols() or set()
        votes = Counter(next(name for name, _ in m.protocols if name in shared) for m in self)
        return votes.most_common(1)[0][0]

    def rebalance_timeout_ms(self) -> int:
        return max((m.rebalance_timeout_ms for m in self), default=0)

    def joined(self) -> list[str]:
        return [m.member_id for m in self if m.joining is not None]

    def all_joined(self) -> bool:
        return not self.promised and len(self.joined()) == len(self.members)

    def joined_members(self, protocol: str) -> tuple[JoinedMember, ...]:
        return tuple(JoinedMember(m.member_id, m.instance_id, m.metadata(protocol)) for m in self)

    def unknown(self, member_id: str) -> UnknownMember:
        return UnknownMember(f"Group {self.group!r} does not know member {member_id!r}.", "Join the group again.")

    def fenced(self, instance_id: str) -> FencedInstance:
        return FencedInstance(f"Another member of group {self.group!r} runs as {instance_id!r}.",
                              "Give each running program an instance id of its own.")
