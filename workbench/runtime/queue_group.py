"""A group that reads by leases: its members compete for the messages of queues, or of streams read as queues.

Handling a message passes it on, or fails: every delivery is tried anew. The queue keeps the attempts, the delivery
limit and the dead letters; the group follows what came twice and whether the order of each message group held. Lives
on the runner's loop.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

from workbench.core.acts import Settlement
from workbench.core.queues import MESSAGE_GROUP, Delivery
from workbench.core.records import StoredRecord, TopicPartition
from workbench.engines.base import LeaseSettings, QueueConsumer
from workbench.runtime.audit import Coverage, KeyOrder
from workbench.runtime.group import GroupRun, GroupRunStat, Surroundings, Wiring
from workbench.runtime.member import Member
from workbench.runtime.plan import GroupPlan
from workbench.runtime.summary import GroupSummary
from workbench.runtime.worker import Worker


class QueueGroup(GroupRun):
    def __init__(self, plan: GroupPlan, wiring: Wiring, around: Surroundings, random: Random) -> None:
        super().__init__(plan, wiring, around, random)
        self.redelivered = self.lost = 0
        self._order = KeyOrder()
        self._coverage: dict[TopicPartition, Coverage] = {}
        self._died_before = {queue: around.backlog.died(queue) for queue in plan.queues}

    # -- members -------------------------------------------------------------------------------------------
    def _new_member(self, name: str, number: int) -> Worker:
        return Worker(self, name, number)

    async def open_consumers(self, member: Member[Any]) -> list[QueueConsumer]:
        return [await self._around.engine.queue_consumer(settings) for settings in self._settings(member.name)]

    def _settings(self, consumer: str) -> list[LeaseSettings]:
        prefetch, visibility_ms = self.settings.prefetch or None, self.settings.visibility_ms or None
        config = self.plan.subscription_config()
        return [
            LeaseSettings(arrow.topic, consumer, "" if arrow.kind == "queue" else self.name,
                          {} if arrow.kind == "queue" else config, prefetch, visibility_ms, self.name)
            for arrow in self.plan.reads
        ]

    @property
    def prefetch(self) -> int:
        """How many messages a member takes into its hand; where only the queue limits it, as many as a poll takes."""
        return self.settings.prefetch or self.settings.poll_records

    def cost(self) -> float:
        """How many times the processing time a delivery takes."""
        return self._work.spread()

    # -- handling ------------------------------------------------------------------------------------------
    def took(self, deliveries: Sequence[Delivery]) -> None:
        """A member has leased these."""
        by_topic: dict[str, list[Delivery]] = {}
        for delivery in deliveries:
            by_topic.setdefault(delivery.record.topic, []).append(delivery)
        for topic, some in by_topic.items():
            again = sum(delivery.redelivered for delivery in some)
            self.redelivered += again
            self.wiring.topics[topic].add([delivery.record for delivery in some], again)

    def handle(self, member: Member[Any], deliveries: Sequence[Delivery]) -> list[str]:
        """Hand over worked messages; gives of each why it failed, empty where it did not."""
        reasons, forwarded = [], []
        for delivery in deliveries:
            reason, passed = self._work.do(member.number, delivery.record)
            reason = reason or self._stored(delivery.record, 1)
            reasons.append(reason)
            if passed is not None and not reason:
                forwarded.append(passed)
            if reason:
                self._fail(member, delivery.record)
            else:
                self._done(delivery.record)
        if forwarded and self.wiring.forward is not None:
            self.wiring.forward.offer(forwarded)
        worked = [d.record for d, reason in zip(deliveries, reasons, strict=True) if not reason]
        self._saw(member, "worked" if self.wiring.forward is None else "forwarded", *worked[-3:])
        return reasons

    def _done(self, record: StoredRecord) -> None:
        self.consumed += 1
        place = TopicPartition(record.topic, record.partition)
        if place not in self._coverage:
            self._coverage[place] = Coverage(record.offset)
        if self._coverage[place].add(record.offset, record.offset):
            self.again += 1
        else:
            self._order.check([_by_message_group(record)])

    def _fail(self, member: Member[Any], record: StoredRecord) -> None:
        self._saw(member, "failed", record)
        if self.settings.ack == "auto":
            self.lose(1)

    def act_on(self, reason: str) -> Settlement | None:
        """What is said of a worked message; of a failed one (``reason`` says why), None lets its lease run out."""
        if not reason:
            return Settlement.ACK
        return None if self.settings.on_failure == "expire" else Settlement(self.settings.on_failure)

    def lose(self, count: int) -> None:
        """Messages were acknowledged and never worked."""
        self.lost += count

    # -- being watched -------------------------------------------------------------------------------------
    def waiting(self) -> dict[str, int]:
        counts = ((arrow.topic, self._around.backlog.counts(queue)) for arrow, queue in self.plan.read_queues)
        return {topic: count.ready + count.delayed for topic, count in counts}

    def behind(self) -> int:
        found = [self._around.backlog.counts(queue) for queue in self.plan.queues]
        return sum(counts.ready + counts.delayed + counts.in_flight for counts in found)

    def stat(self) -> GroupRunStat:
        members = tuple(member.stat(0) for member in self.members)
        return GroupRunStat(self.node_id, self.name, self.paused, members, sum(m.rate for m in members),
                            self.trend(), self.consumed, self._shown(), queues=self.plan.queues)

    def summary(self) -> GroupSummary:
        died = sum(self._around.backlog.died(queue) - before for queue, before in self._died_before.items())
        return GroupSummary(self.consumed, self.behind(), self._order.violations, self.again, self.lost, max(0, died),
                            self.redelivered)


def _by_message_group(record: StoredRecord) -> StoredRecord:
    """The record with its message group as its key: order holds inside that."""
    group = next((value for name, value in record.headers if name == MESSAGE_GROUP), record.key)
    return record if group is record.key else record._replace(key=group)
