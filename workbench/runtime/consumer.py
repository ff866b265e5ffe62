"""A member that reads by offsets: poll, spend the processing time, hand over, commit.

Commit modes, as Kafka's: ``auto`` commits at a poll what the poll before returned; ``before`` commits what a poll
returned before working on it; ``after`` commits what was worked, at every poll and meanwhile in long work. While
long at work a member tends its membership, so that a rebalance need not wait for it; records it loses or will read
anew are dropped from its hand. Killed, it commits nothing and the session time-out finds out. One task.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, Protocol

from workbench.core.errors import Fenced
from workbench.core.records import StoredRecord, TopicPartition
from workbench.core.snapshot import PartState
from workbench.engines.base import Consumer
from workbench.runtime.member import HELD_TEND_S, IDLE_POLL_S, Member, MembersGroup


def by_partition(records: Sequence[StoredRecord]) -> Iterator[tuple[TopicPartition, list[StoredRecord]]]:
    """Records cut into runs of one partition."""
    for place, run in groupby(records, key=itemgetter(0, 1)):
        yield TopicPartition(*place), list(run)


class ReadingGroup(MembersGroup, Protocol):
    """A group by offsets as its members see it."""

    async def open_consumer(self, member: Member[Any]) -> Consumer: ...
    def attempts(self, member: Member[Any], record: StoredRecord) -> float: ...
    def taken(self, member: Member[Any], place: TopicPartition, first: int, last: int) -> None: ...
    def handle(self, member: Member[Any], place: TopicPartition, run: list[StoredRecord]) -> int: ...
    def committed(self, offsets: Mapping[TopicPartition, int]) -> None: ...


class OffsetMember(Member[StoredRecord]):
    _group: ReadingGroup

    def __init__(self, group: ReadingGroup, name: str, number: int) -> None:
        super().__init__(group, name, number)
        self._consumer: Consumer | None = None
        self._handled: dict[TopicPartition, int] = {}
        self._polled: dict[TopicPartition, int] = {}
        self._committed_ms = 0.0

    def seek(self, place: TopicPartition, offset: int) -> None:
        if self._consumer is None:
            return
        self._consumer.seek(place, offset)
        self._hand = deque(r for r in self._hand if (r.topic, r.partition) != place)
        self._handled.pop(place, None)
        self._polled.pop(place, None)

    # -- work ----------------------------------------------------------------------------------------------
    async def _turn(self) -> None:
        if self._consumer is None:
            self.state = PartState.JOINING
            self._consumer = await self._group.open_consumer(self)
        stepping = self._steps > 0
        if not stepping and not self._may_work():
            self.state = PartState.PAUSED
            await self._consumer.poll(0, 0.0)
            await self._nudge.wait(HELD_TEND_S)
            return
        await self._before_poll()
        records = await self._consumer.poll(self._group.settings.poll_records, IDLE_POLL_S)
        self.state = PartState.RUNNING if self._consumer.assignment or records else PartState.JOINING
        if records:
            if stepping:
                self._steps -= 1
            await self._take(records, stepping)
        elif stepping and self._consumer.assignment:
            self._steps -= 1

    async def _before_poll(self) -> None:
        """Commit what this mode commits here; a poll may take partitions away, so worked records do not wait."""
        if self._group.settings.commit == "after" and self._handled:
            await self._commit(self._handled)
        if self._group.settings.commit == "auto" and self._polled and self._commit_is_due():
            await self._commit(self._polled)

    async def _take(self, records: Sequence[StoredRecord], stepping: bool) -> None:
        mode = self._group.settings.commit
        reached: dict[TopicPartition, int] = {}
        for place, run in by_partition(records):
            self._group.taken(self, place, run[0].offset, run[-1].offset)
            reached[place] = run[-1].offset + 1
        if mode == "before":
            await self._commit(dict(reached))
        self._hand.extend(records)
        await self._work(stepping)
        if mode == "auto":
            self._polled |= reached

    def _cost(self, item: StoredRecord) -> float:
        return self._group.attempts(self, item)

    def _hand_over(self, items: list[StoredRecord]) -> None:
        self.rate.total += len(items)
        for place, run in by_partition(items):
            self.failed += self._group.handle(self, place, run)
            self._handled[place] = run[-1].offset + 1

    def _tend_is_due(self, since_ms: float) -> bool:
        return self._now_ms() - since_ms >= self._group.settings.auto_commit_ms

    async def _tend(self) -> None:
        """Commit what was worked (after work), answer a rebalance, and drop from the hand what is no longer ours."""
        consumer = self._consumer
        assert consumer is not None, "only called at work"
        if self._group.settings.commit == "after":
            await self._commit(self._handled)
        generation = consumer.generation
        await consumer.poll(0, 0.0)
        positions = consumer.positions
        if consumer.generation == generation and positions:
            return
        if self._group.settings.commit != "before":
            self._hand = deque(r for r in self._hand
                               if positions.get(TopicPartition(r.topic, r.partition), -1) > r.offset)
        self._handled = {place: at for place, at in self._handled.items() if place in positions}

    def _commit_is_due(self) -> bool:
        return self._now_ms() - self._committed_ms >= self._group.settings.auto_commit_ms

    async def _commit(self, offsets: dict[TopicPartition, int]) -> None:
        consumer = self._consumer
        mine = {place: at for place, at in offsets.items() if consumer and place in consumer.assignment}
        offsets.clear()
        self._committed_ms = self._now_ms()
        if mine and consumer is not None:
            await self._group.passed_on()
            await consumer.commit(mine)
            self._group.committed(mine)

    async def _tell(self) -> None:
        if self._consumer is not None and self._group.settings.commit != "before":
            try:
                await self._commit(self._polled | self._handled)
            except Fenced:
                self.reason = "Its last commit came too late: the group had moved on."

    async def _let_go(self, leave: bool) -> None:
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            await consumer.close(leave)
        self._hand.clear()
        self._handled, self._polled = {}, {}

    # -- being watched -------------------------------------------------------------------------------------
    @property
    def member_id(self) -> str:
        return self._consumer.member_id if self._consumer else ""

    @property
    def positions(self) -> dict[TopicPartition, int]:
        return dict(self._consumer.positions) if self._consumer else {}

    def reached(self) -> dict[TopicPartition, int]:
        """What it handles next, by partition: what it polled and did not come to is still ahead. The journal tells the
        same of the past."""
        found = self.positions
        for record in reversed(self._hand):
            place = TopicPartition(record.topic, record.partition)
            if place in found:
                found[place] = record.offset
        return found

    @property
    def at_work(self) -> StoredRecord | None:
        return self._hand[0] if self._hand else None
