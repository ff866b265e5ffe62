"""The state of the mockups, number by number: the orders flow at 14:12:36 (live) and as it stood at 14:02:11.

``orders_document`` and ``orders_snapshot`` are values; ``StageCaller`` answers like a host and keeps what it was
asked; ``StageTimeline`` answers like a session's time line; ``orders_file``
writes a real workspace. Times between the two pictures are interpolated.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from workbench.broker import Broker, BrokerReader
from workbench.control.command import Command, Done
from workbench.control.file import FileSize, GetSize, SetSizeBudget
from workbench.control.messages import (
    AppendedList,
    AppendRecords,
    ApplyReset,
    ListUsers,
    Plan,
    PlanReset,
    Push,
    PutUser,
    RemoveUser,
    UserList,
)
from workbench.control.transfers import (
    DeletedTopicInfo,
    DeletedTopicList,
    DropDeletedTopic,
    ListDeletedTopics,
    RestoreTopic,
)
from workbench.core.clock import ManualClock
from workbench.core.journal import LagSample
from workbench.core.keys import key_colour
from workbench.core.offsets import ResetMove, ResetPlan, ResetSpec
from workbench.core.records import Appended, Record
from workbench.core.snapshot import (
    BatchGauge,
    ClientStat,
    GroupPartitionStat,
    GroupStat,
    HandledRecord,
    HostStat,
    LinkStat,
    MemberStat,
    PartitionStat,
    PartState,
    Problem,
    ProducerStat,
    RunState,
    SentRecord,
    Snapshot,
    TopicStat,
)
from workbench.flow.document import FlowDocument, Link, Node

START_MS = 1_795_441_930_000  # 2026-11-23 13:52:10 UTC
PAST_MS = 1_795_442_531_087  # 14:02:11.087
SLOW_MS = 1_795_442_800_000  # 14:06:40, shipping-2 slows down
NOW_MS = 1_795_443_156_204  # 14:12:36.204

# topic: (log starts now, ends at 14:02:11, ends now, rate)
_LOGS: dict[str, tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...], float]] = {
    "orders": (
        (26_110, 25_784, 26_330, 26_218, 25_776, 26_006),
        (48_120, 47_667, 48_583, 48_455, 47_559, 47_993),
        (98_412, 97_236, 99_105, 98_846, 97_018, 97_902),
        480.0,
    ),
    "payments": ((10_420, 10_310, 10_502), (19_268, 19_068, 19_355), (39_310, 38_902, 39_488), 96.0),
    "invoices": ((0, 0, 0), (57_680, 57_671, 57_682), (86_510, 86_498, 86_513), 288.0),
    "orders.dlq": ((0,), (36,), (463,), 1.2),
}
# (group, topic): (behind at 14:02:11, behind now)
_BEHIND: dict[tuple[str, str], tuple[tuple[int, ...], tuple[int, ...]]] = {
    ("shipping", "orders"): ((7, 5, 8, 6, 7, 5), (14, 18, 15, 10_712, 10_655, 10_673)),
    ("billing", "orders"): ((3, 3, 3, 3, 3, 2), (4, 3, 3, 3, 3, 3)),
    ("billing", "payments"): ((1, 1, 1), (1, 1, 1)),
    ("fraud-check", "payments"): ((1, 2, 1), (2, 3, 1)),
}
_KEYS = ("C-24417", "C-27730", "C-21095", "C-25562", "C-20388", "C-26641", "C-21777", "C-23248")


def orders_document() -> FlowDocument:
    """The drawing of the mockups; fraud-check is an outside client and so not in it."""
    nodes = [
        Node("checkout-web", "producer", "checkout web", 16, 16, params={"rate": 300.0}),
        Node("checkout-mobile", "producer", "checkout mobile", 16, 104, params={"rate": 180.0}),
        Node("settlements", "file", "settlements", 16, 302, params={"rate": 96.0}),
        Node("orders", "topic", "orders", 236, 30, params={"partitions": 6, "retention_ms": 900_000}),
        Node("payments", "topic", "payments", 236, 286, params={"partitions": 3}),
        Node("billing", "group", "billing", 510, 182, params={"members": 3}),
        Node("shipping", "group", "shipping", 510, 27, params={"members": 2}),
        Node("orders-dlq", "dead_letters", "orders.dlq", 770, 49),
        Node("invoices", "topic", "invoices", 770, 190, params={"partitions": 3}),
    ]
    ends = [
        ("checkout-web", "orders"), ("checkout-mobile", "orders"), ("settlements", "payments"),
        ("orders", "shipping"), ("orders", "billing"), ("payments", "billing"),
        ("shipping", "orders-dlq"), ("billing", "invoices"),
    ]
    return FlowDocument(nodes, [Link(f"{a}-to-{b}", a, b) for a, b in ends], "orders.flow")


def _between(at_ms: int, past: int, now: int) -> int:
    """``past`` at 14:02:11 and ``now`` at 14:12:36, straight lines between and before."""
    if at_ms <= PAST_MS:
        return round(past * max(0, at_ms - START_MS) / (PAST_MS - START_MS))
    return round(past + (now - past) * (at_ms - PAST_MS) / (NOW_MS - PAST_MS))


def _ends(topic: str, at_ms: int) -> list[int]:
    _, past, now, _ = _LOGS[topic]
    return [_between(at_ms, p, n) for p, n in zip(past, now, strict=True)]


def _starts(topic: str, at_ms: int) -> list[int]:
    """Retention moved the start after 14:02:11."""
    return [_between(max(at_ms, PAST_MS), 0, start) for start in _LOGS[topic][0]]


def _lag(at_ms: int, past: int, now: int) -> int:
    if now > 1000:  # the slow member: level until it slows down, then a straight line up
        grown = max(0, at_ms - SLOW_MS) / (NOW_MS - SLOW_MS)
        return round(past + (now - past) * grown)
    return now if at_ms > PAST_MS else past


def _topics(at_ms: int) -> tuple[TopicStat, ...]:
    found = []
    for name, (_, _, _, rate) in _LOGS.items():
        ends, starts = _ends(name, at_ms), _starts(name, at_ms)
        if name == "orders.dlq" and at_ms < SLOW_MS:
            rate = 0.1
        partitions = tuple(
            PartitionStat(i, starts[i], ends[i], (ends[i] - starts[i]) * 290, rate / len(ends))
            for i in range(len(ends))
        )
        found.append(TopicStat(name, "stream", partitions, rate, rate * 290, at_ms - 4))
    return tuple(found)


def _group_partitions(
    group: str, at_ms: int, owners: dict[tuple[str, int], str], age_ms: int
) -> list[GroupPartitionStat]:
    found = []
    for (name, topic), (past, now) in _BEHIND.items():
        if name != group:
            continue
        ends, starts = _ends(topic, at_ms), _starts(topic, at_ms)
        for i, end in enumerate(ends):
            lag = _lag(at_ms, past[i], now[i])
            ahead = (500 if lag > 1000 else 9) if group == "shipping" and at_ms > PAST_MS else 3
            slow = group == "shipping" and lag > 1000
            committed = end - lag
            found.append(
                GroupPartitionStat(topic, i, starts[i], end, committed, committed + min(lag, ahead),
                                   owners[topic, i], round(lag / 80 * 993) if slow else age_ms)
            )
    return found


def _group(name: str, at_ms: int) -> GroupStat:
    slow = at_ms > SLOW_MS
    members, generation, age_ms, node, trend = {
        "shipping": ((("shipping-1", 240.0, [("orders", i) for i in (0, 1, 2)]),
                      ("shipping-2", 150.0 if slow else 240.0, [("orders", i) for i in (3, 4, 5)])),
                     2, 100, "shipping", 90.0 if slow else 0.0),
        "billing": (tuple((f"billing-{n}", 192.0, [("orders", 2 * n - 2), ("orders", 2 * n - 1), ("payments", n - 1)])
                          for n in (1, 2, 3)), 3, 40, "billing", 0.0),
        "fraud-check": ((("fraud-check-1", 64.0, [("payments", 0), ("payments", 1)]),
                         ("fraud-check-2", 32.0, [("payments", 2)])), 1, 30, "", 0.0),
    }[name]
    owners = {place: member for member, _, places in members for place in places}
    partitions = tuple(_group_partitions(name, at_ms, owners, age_ms))
    stats = []
    for member, rate, places in members:
        lag = sum(p.lag_records for p in partitions if p.member_id == member)
        late = lag > 1000
        stats.append(
            MemberStat(member, member, PartState.RUNNING, tuple(places), rate, lag, 6.7 if late else 2.0,
                       round(rate * 600), 463 if late else 0, node, "" if node else "librdkafka 2.12.1", late)
        )
    return GroupStat(name, "Stable", generation, "range", tuple(stats), partitions, sum(m.rate for m in stats), trend,
                     recent=_handled(at_ms) if name == "shipping" else ())


def _handled(at_ms: int) -> tuple[HandledRecord, ...]:
    rows = ((0, 3, 88_633, "C-26641", 127_000, "at work"), (4, 0, 98_399, "C-21095", 162, "committed"),
            (8, 5, 87_726, "C-20388", 127_000, "worked"), (12, 1, 97_221, "C-21777", 189, "committed"),
            (15, 4, 86_858, "C-27730", 128_000, "worked"), (19, 2, 99_094, "C-23248", 136, "committed"))
    return tuple(
        HandledRecord(at_ms - 4 - back, "shipping-2" if p > 2 else "shipping-1", "orders", p, offset, key,
                      key_colour(key.encode()), age, state)
        for back, p, offset, key, age, state in rows
    )


def _producers(at_ms: int) -> tuple[ProducerStat, ...]:
    sent = (("C-24417", 4, 96_993, 310, 1.4), ("C-27730", 4, 96_969, 620, 1.7), ("C-21095", 0, 98_361, 640, 1.7),
            ("C-25562", 2, 99_053, 640, 1.7), ("C-20388", 5, 97_833, 860, 1.9))
    recent = tuple(SentRecord(at_ms - back, p, offset, key, key_colour(key.encode()), acked)
                   for key, p, offset, back, acked in sent)
    gauge = BatchGauge(4, 6, 1434, 4096, 124.0, 200.0)
    seconds = max(0, at_ms - START_MS) / 1000
    return (
        ProducerStat("checkout-web", "checkout web", PartState.RUNNING, "orders", 300.0, 300.0,
                     round(seconds * 300), 0, gauge, "by linger: 10 records, 2.3 KiB", recent=recent),
        ProducerStat("checkout-mobile", "checkout mobile", PartState.RUNNING, "orders", 180.0, 180.0,
                     round(seconds * 180), 0, BatchGauge(1, 3, 1640, 4096, 82.0, 200.0)),
        ProducerStat("settlements", "settlements", PartState.RUNNING, "payments", 96.0, 96.0, round(seconds * 96), 0,
                     BatchGauge(0, 2, 980, 4096, 50.0, 200.0), progress=0.38),
    )


def _links(at_ms: int) -> tuple[LinkStat, ...]:
    dice = random.Random(at_ms)
    rates = {"checkout-web-to-orders": 300.0, "checkout-mobile-to-orders": 180.0, "settlements-to-payments": 96.0,
             "orders-to-shipping": 390.0, "orders-to-billing": 480.0, "payments-to-billing": 96.0,
             "shipping-to-orders-dlq": 1.2, "billing-to-invoices": 288.0}
    late = 32_040 if at_ms > SLOW_MS else 0
    seconds = (at_ms - START_MS) / 1000
    return tuple(
        LinkStat(link, round(rate * seconds), rate, tuple(dice.randrange(8) for _ in range(24)),
                 waiting=late if link == "orders-to-shipping" else 0, sampled=round((rate / 4 + 10) * seconds))
        for link, rate in rates.items()
    )


def orders_snapshot(at_ms: int = NOW_MS) -> Snapshot:
    """The state at ``at_ms``; at ``NOW_MS`` and ``PAST_MS`` it has the very numbers of the mockups."""
    live = at_ms >= NOW_MS
    groups = tuple(_group(name, at_ms) for name in ("shipping", "billing", "fraud-check"))
    topics = _topics(at_ms)
    problems = (
        Problem("group:shipping", "bad", "shipping-2 cannot keep up. It handles 150/s, 240/s arrive.",
                "Make it faster, or add a member.", 1_795_442_960_000),
    ) if at_ms > SLOW_MS + 160_000 else ()
    return Snapshot(
        seq=max(0, at_ms - START_MS), at_ms=at_ms, live=live, run=RunState.RUNNING, topics=topics, groups=groups,
        producers=_producers(at_ms), links=_links(at_ms) if live else (), problems=problems,
        clients=tuple(ClientStat(f"fraud-check-{n}", f"127.0.0.1:5{n}220", "librdkafka 2.12.1", 5_210, 0.0, rate,
                                 reads=("payments",), group="fraud-check", connections=2, protocol="kafka")
                      for n, rate in ((1, 64.0), (2, 32.0))),
        host=HostStat(4242, 84 << 20, 214 << 20, started_ms=START_MS, rate_in=sum(t.rate_in for t in topics),
                      rate_out=sum(g.rate for g in groups), journal_to_ms=at_ms, listeners={"kafka": "127.0.0.1:9092"}),
    )


def orders_lag(from_ms: int = START_MS, to_ms: int = NOW_MS, step_ms: int = 1000) -> list[LagSample]:
    """Samples of every group's partitions, as the file would keep them."""
    dice = random.Random(7)
    found = []
    for at_ms in range(max(from_ms, START_MS), to_ms + 1, step_ms):
        for (group, topic), (past, now) in _BEHIND.items():
            for i in range(len(now)):
                shaky = at_ms > SLOW_MS + 9_000 and now[i] > 1000
                lag = _lag(at_ms, past[i], now[i]) + (dice.randint(-60, 60) if shaky else 0)
                found.append(LagSample(at_ms, group, topic, i, lag, round(lag / 80 * 993)))
    return found


@dataclass(frozen=True, slots=True)
class Mark:
    """As ``session``'s marks."""

    at_ms: int
    kind: str
    text: str
    subject: str = ""


MARKS = (
    Mark(START_MS, "run", "started"),
    Mark(START_MS + 18_000, "rebalance", "shipping: generation 1, 1 member", "group:shipping"),
    Mark(START_MS + 355_000, "rebalance", "shipping: generation 2, 2 members", "group:shipping"),
    Mark(PAST_MS, "bookmark", "before the change"),
    Mark(SLOW_MS, "fault", "shipping-2: 6.7 ms an event", "group:shipping"),
    Mark(SLOW_MS + 18_000, "dead_letters", "first record in orders.dlq", "topic:orders.dlq"),
    Mark(SLOW_MS + 160_000, "problem", "shipping is over its threshold", "group:shipping"),
)


class StageTimeline:
    """The session's past without a file."""

    def range(self) -> tuple[int, int]:
        return START_MS, NOW_MS

    def state_at(self, at_ms: int) -> Snapshot:
        return orders_snapshot(min(at_ms, NOW_MS - 1))

    def marks(self, from_ms: int, to_ms: int) -> list[Mark]:
        return [mark for mark in MARKS if from_ms <= mark.at_ms <= to_ms]

    def histogram(self, from_ms: int, to_ms: int, buckets: int) -> list[int]:
        dice, width = random.Random(3), (to_ms - from_ms) / buckets
        found = []
        for i in range(buckets):
            middle = from_ms + (i + 0.5) * width
            full = 0.0 if not START_MS <= middle <= NOW_MS else min(1.0, 0.35 + (middle - START_MS) / 60_000)
            found.append(round(865 * width / 1000 * full * dice.uniform(0.86, 1.04)))
        return found

    def flow_of(self, from_ms: int, to_ms: int) -> list[Any]:
        return []


@dataclass
class StageCaller:
    """A host that answers from the stage and remembers every command in ``asked``."""

    asked: list[Command] = field(default_factory=list)
    refuse: str = ""
    users: tuple[str, ...] = ()
    file_bytes: int = 90 << 20
    budget_bytes: int = 4 << 30
    deleted: list[DeletedTopicInfo] = field(default_factory=list)
    ahead: int = 0  # how far every group has read on since the snapshot
    _push: Callable[[Push], None] | None = None

    def call(self, command: Command) -> Any:
        self.asked.append(command)
        if isinstance(command, PlanReset | ApplyReset):
            return Plan(self._plan(command.group, command.spec, isinstance(command, ApplyReset)))
        if isinstance(command, AppendRecords):
            place = (command.topic, command.partition or 0, 98_412, len(command.records), NOW_MS)
            return AppendedList((Appended(*place),))
        if isinstance(command, PutUser | RemoveUser):
            others = tuple(name for name in self.users if name != command.name)
            self.users = (*others, command.name) if isinstance(command, PutUser) else others
        if isinstance(command, GetSize):
            return FileSize(self.file_bytes, 5 << 20, self.budget_bytes, 9 << 30)
        if isinstance(command, SetSizeBudget):
            self.budget_bytes = command.budget_bytes
        if isinstance(command, ListDeletedTopics):
            return DeletedTopicList(tuple(self.deleted))
        if isinstance(command, RestoreTopic | DropDeletedTopic):
            self.deleted = [topic for topic in self.deleted if topic.name != command.name]
        return UserList(self.users) if isinstance(command, ListUsers) else Done()

    def on_push(self, callback: Callable[[Push], None]) -> None:
        self._push = callback

    def on_lost(self, callback: Callable[[str], None]) -> None:
        pass

    def close(self) -> None:
        self._push = None

    def push(self, snapshot: Snapshot) -> None:
        assert self._push is not None
        self._push(Push(snapshot=snapshot))

    def of(self, kind: type) -> list[Any]:
        """What was asked of one kind."""
        return [command for command in self.asked if isinstance(command, kind)]

    def _plan(self, name: str, spec: ResetSpec, applied: bool) -> ResetPlan:
        group = orders_snapshot().group(name) or orders_snapshot().groups[0]
        moves = []
        for part in group.partitions:
            p = replace(part, committed=(part.committed or 0) + self.ahead)
            wanted = {
                "earliest": p.log_start, "latest": p.end, "offset": spec.number,
                "time": _between(spec.number, _LOGS[p.topic][1][p.partition], _LOGS[p.topic][2][p.partition]),
                "shift": (p.committed or 0) + spec.number,
                "offsets": spec.offset_of(p.topic, p.partition),
            }.get(spec.kind, p.committed)
            if wanted is None:
                continue
            after = min(max(wanted or 0, p.log_start), p.end)
            moves.append(ResetMove(p.topic, p.partition, p.committed, after, p.log_start, p.end, p.member_id,
                                   "" if after == wanted else "clamped to the log"))
        return ResetPlan(name, tuple(moves), self.refuse, len(group.members), applied)


def order_value(number: int, key: str) -> bytes:
    """An order as the mockup's records show it; totals rise from 1.00 and come round at 300."""
    country = ("DE", "NL", "FR")[number % 3]
    return (
        f'{{"order_id":"O-{1_048_000 + number}","country":"{country}","total":{number % 300 + 1}.25,'
        f'"currency":"EUR","customer":"{key}","status":"paid"}}'
    ).encode()


def order_records(first: int, count: int, at_ms: int) -> list[Record]:
    """``count`` orders, ten milliseconds apart, with keys, headers, and now and then a null or an empty value."""
    found = []
    for number in range(first, first + count):
        key = _KEYS[number % len(_KEYS)]
        value = None if number % 97 == 5 else b"" if number % 97 == 6 else order_value(number, key)
        headers = (("source", b"checkout-app"), ("schema-version", b"4"), ("traceparent", None))
        found.append(Record(key.encode(), value, headers, at_ms + number * 10))
    return found


def orders_file(folder: Path, records: int = 1200) -> Path:
    """A real workspace with a topic ``orders`` of six partitions, in batches of twenty, written through the broker."""
    path = folder / "orders.flow"
    with Broker.create(path, clock=ManualClock(NOW_MS)) as broker:
        broker.create_topic("orders", 6)
        done = [
            broker.append("orders", number // 20 % 6, order_records(number, 20, NOW_MS - 60_000))
            for number in range(0, records, 20)
        ]
        for future in done:
            future.result()
    return path


def file_snapshot(path: Path, at_ms: int = NOW_MS) -> Snapshot:
    """A live snapshot of what the file holds, with one group that has read nothing."""
    with BrokerReader(path) as reader:
        bounds = reader.bounds("orders")
    parts = tuple(PartitionStat(b.partition, b.log_start, b.end) for b in bounds)
    places = tuple(GroupPartitionStat("orders", b.partition, b.log_start, b.end, 0, 0, "m") for b in bounds)
    topic, group = TopicStat("orders", "stream", parts), GroupStat("shipping", "Empty", partitions=places)
    return Snapshot(seq=at_ms, at_ms=at_ms, run=RunState.RUNNING, topics=(topic,), groups=(group,),
                    host=HostStat(started_ms=START_MS))
