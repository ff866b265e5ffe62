"""Groups of the memory engine: Kafka's classic protocol at its smallest, range assignment, eager.

        join, leave, expiry, new topic
    Stable ------------------------------> Preparing: every member must poll once; old commits still count
       ^                                        |
       +---- all polled, or time over: next generation, new assignment

A member that vanished is found by its session time-out when another member polls. One asyncio loop.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from workbench.core.errors import Fenced, Invalid, OutOfRange
from workbench.core.records import StoredRecord, TopicPartition
from workbench.engines.base import ConsumerSettings

if TYPE_CHECKING:
    from workbench.engines.memory import MemoryEngine

_REJOIN_MS = 5_000.0


class MemoryGroup:
    """Members, generation, assignment and committed offsets of one group."""

    def __init__(self, engine: MemoryEngine, name: str) -> None:
        self.engine = engine
        self.name = name
        self.generation = 0
        self.preparing = False
        self.assignment: dict[str, tuple[TopicPartition, ...]] = {}
        self.committed: dict[TopicPartition, int] = {}
        self._members: dict[str, MemoryConsumer] = {}
        self._rejoined: set[str] = set()
        self._deadline_ms = 0.0
        self._numbers = 0

    def active(self) -> int:
        """Members that did not vanish for longer than their session."""
        self.expire()
        return len(self._members)

    def enter(self, settings: ConsumerSettings) -> MemoryConsumer:
        """A new member. A static member takes the place of the one with its instance id, without a rebalance."""
        self._numbers += 1
        consumer = MemoryConsumer(self, f"{settings.client_id}-{self._numbers}", settings)
        instance = settings.instance_id
        before = next((m for m in self._members.values() if instance and m.instance == instance), None)
        self._members[consumer.member_id] = consumer
        if before is not None:
            del self._members[before.member_id]
        if before is not None and not self.preparing:
            self.assignment[consumer.member_id] = self.assignment.pop(before.member_id, ())
        else:
            self._prepare()
        return consumer

    def drop(self, member_id: str) -> None:
        if self._members.pop(member_id, None) is not None:
            self._prepare()

    def topic_created(self, topic: str) -> None:
        if any(topic in member.settings.topics for member in self._members.values()):
            self._prepare()

    def has(self, member_id: str) -> bool:
        return member_id in self._members

    def _prepare(self) -> None:
        self.preparing = bool(self._members)
        self._rejoined.clear()
        self._deadline_ms = self.engine.clock.monotonic_ms() + _REJOIN_MS
        self.engine.wake()

    def rejoin(self, member_id: str) -> None:
        """A member polled while the group prepares; the last one to do so completes the round."""
        self._rejoined.add(member_id)
        late = set(self._members) - self._rejoined
        if late and self.engine.clock.monotonic_ms() < self._deadline_ms:
            return
        for slow in late:
            del self._members[slow]
        self.preparing = False
        self.generation += 1
        self.assignment = self._range()
        self.engine.wake()

    def _range(self) -> dict[str, tuple[TopicPartition, ...]]:
        """Per topic, partitions in number order to members in name order; the first take the remainder."""
        shares: dict[str, list[TopicPartition]] = {member_id: [] for member_id in self._members}
        for topic in sorted({t for m in self._members.values() for t in m.settings.topics}):
            if not self.engine.has_topic(topic):
                continue
            names = sorted(mid for mid, m in self._members.items() if topic in m.settings.topics)
            partitions = self.engine.partitions(topic)
            each, more = divmod(len(partitions), len(names))
            start = 0
            for index, name in enumerate(names):
                count = each + (index < more)
                shares[name] += [TopicPartition(topic, p) for p in partitions[start : start + count]]
                start += count
        return {name: tuple(share) for name, share in shares.items()}

    def expire(self) -> None:
        """Drop members whose session is over."""
        now = self.engine.clock.monotonic_ms()
        over = [mid for mid, m in self._members.items() if m.vanished_ms is not None
                and now - m.vanished_ms >= m.settings.session_timeout_ms]  # fmt: skip
        for member_id in over:
            self.drop(member_id)


class MemoryConsumer:
    """One member. A live one counts as heard from; one closed with ``leave=False`` is silent from then on."""

    def __init__(self, group: MemoryGroup, member_id: str, settings: ConsumerSettings) -> None:
        self.member_id = member_id
        self.settings = settings
        self.instance = settings.instance_id
        self.vanished_ms: float | None = None
        self._group = group
        self._generation = -1
        self._positions: dict[TopicPartition, int] = {}
        self._turn = 0
        self._paused = False

    @property
    def generation(self) -> int:
        return self._generation

    @property
    def assignment(self) -> tuple[TopicPartition, ...]:
        return tuple(self._positions)

    @property
    def positions(self) -> Mapping[TopicPartition, int]:
        return dict(self._positions)

    async def poll(self, max_records: int, timeout_s: float) -> Sequence[StoredRecord]:
        engine = self._group.engine
        until_ms = engine.clock.monotonic_ms() + timeout_s * 1000.0
        while True:
            self._tend()
            records = [] if self._paused or max_records <= 0 else self._take(max_records)
            left_s = (until_ms - engine.clock.monotonic_ms()) / 1000.0
            if records or left_s <= 0:
                return records
            await engine.news(left_s)

    def _tend(self) -> None:
        """Notice rebalances: rejoin while the group prepares, then take what was assigned."""
        group = self._group
        group.expire()
        if not group.has(self.member_id):
            raise Fenced(f"{self.member_id} is no member of «{group.name}» any more.", "Join again.")
        if group.preparing:
            group.rejoin(self.member_id)
        if group.preparing:
            self._positions = {}
        elif self._generation != group.generation:
            self._generation = group.generation
            assigned = group.assignment.get(self.member_id, ())
            self._positions = {place: self._start(place) for place in assigned}

    def _start(self, place: TopicPartition) -> int:
        """Where reading begins: the committed offset when it is valid, else by the start policy."""
        engine, end = self._group.engine, self._group.engine.end(place)
        committed = self._group.committed.get(place)
        if committed is not None and committed <= end:
            return committed
        kind, _, number = self.settings.start.partition(":")
        if kind == "latest":
            return end
        if kind == "offset":
            return min(int(number), end)
        if kind == "time":
            found = engine.first_at(place, int(number))
            return end if found is None else found
        if kind != "earliest":
            raise Invalid(f"A group can't start at «{self.settings.start}».",
                          "Use earliest, latest, offset:N or time:MS.")  # fmt: skip
        return 0

    def _take(self, max_records: int) -> list[StoredRecord]:
        """Records of the assigned partitions, beginning with another partition each time."""
        places = list(self._positions)
        found: list[StoredRecord] = []
        for index in range(len(places)):
            place = places[(self._turn + index) % len(places)]
            records = self._group.engine.slice(place, self._positions[place], max_records - len(found))
            if records:
                self._positions[place] += len(records)
                found += records
            if len(found) >= max_records:
                break
        self._turn += 1
        return found

    async def commit(self, offsets: Mapping[TopicPartition, int], metadata: str = "") -> None:
        group = self._group
        if not group.has(self.member_id) or self._generation != group.generation:
            raise Fenced(f"{self.member_id} is of an older generation of «{group.name}».", "Poll to join again.")
        group.committed.update(offsets)

    def seek(self, partition: TopicPartition, offset: int) -> None:
        if partition not in self._positions:
            raise Invalid(f"{self.member_id} does not read {partition}.", "Seek the member that has it.")
        if not 0 <= offset <= self._group.engine.end(partition):
            raise OutOfRange(f"{partition} has no offset {offset:,}.")
        self._positions[partition] = offset
        self._group.engine.wake()

    def pause(self) -> None:
        self._paused = True

    def resume(self) -> None:
        self._paused = False
        self._group.engine.wake()

    async def close(self, leave: bool = True) -> None:
        self._positions = {}
        if leave and self.instance is None:
            self._group.drop(self.member_id)
        else:
            self.vanished_ms = self._group.engine.clock.monotonic_ms()
