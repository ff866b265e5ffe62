"""What programs of others are given is known, member by member: journalled as ranges, with rates, live and past."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import confluent_kafka as ck
import pytest
from listeners.wire import Wire, fetch_fields

from workbench.broker import Broker, BrokerReader
from workbench.control.messages import ApplyReset, CreateTopic, Listen, Status, TakeSnapshot
from workbench.core.offsets import ResetSpec
from workbench.host import LocalHost
from workbench.session.timeline import Timeline

PARTITIONS = 2
COUNT = 500
GROUPS = ("billing", "shipping", "audit")


@pytest.fixture
def host(tmp_path: Path) -> Iterator[LocalHost]:
    Broker.create(tmp_path / "work.flow").close()
    with closing(LocalHost(tmp_path / "work.flow")) as opened:
        opened.call(CreateTopic("t", PARTITIONS))
        opened.call(Listen("kafka", "127.0.0.1:0"))
        yield opened


def address(host: LocalHost) -> str:
    return host.call(Status()).listeners.get("kafka") or ""


def write(host: LocalHost, count: int) -> None:
    producer = ck.Producer({"bootstrap.servers": address(host), "log_level": 0})
    for number in range(count * PARTITIONS):
        producer.produce("t", b"%d" % number, partition=number % PARTITIONS)
    assert producer.flush(30) == 0


def reader_of(host: LocalHost, group: str, stack: ExitStack, **settings: object) -> ck.Consumer:
    consumer = ck.Consumer({"bootstrap.servers": address(host), "group.id": group, "auto.offset.reset": "earliest",
                            "log_level": 0, "heartbeat.interval.ms": 100, **settings})
    stack.callback(consumer.close)
    consumer.subscribe(["t"])
    return consumer


def read(consumers: list[ck.Consumer], each: int) -> None:
    counts, until = dict.fromkeys(consumers, 0), time.monotonic() + 30
    while min(counts.values()) < each:
        assert time.monotonic() < until, counts.values()
        for consumer in consumers:
            counts[consumer] += len([m for m in consumer.consume(100, 0.02) if m.error() is None])


def deliveries(path: Path, again: bool = False) -> dict[tuple[str, int], list[tuple[int, int]]]:
    """Ranges by group and partition, in order."""
    found: dict[tuple[str, int], list[tuple[int, int]]] = {}
    with BrokerReader(path) as reader:
        for entry in reader.journal(kinds=("deliver",), limit=10_000):
            if bool(entry.again) is again:
                found.setdefault((entry.group, entry.partition), []).append((entry.first, entry.last))
    return found


def test_three_groups_of_one_client_id_are_told_apart(host: LocalHost, tmp_path: Path):
    """librdkafka calls everybody «rdkafka»: who goes on at an offset is who it is for."""
    write(host, COUNT)
    with ExitStack() as stack:
        consumers = [reader_of(host, group, stack) for group in GROUPS]
        read(consumers, COUNT * PARTITIONS)
        write(host, COUNT)
        read(consumers, COUNT * PARTITIONS)
        snapshot = host.call(TakeSnapshot())
        for name in GROUPS:
            group = snapshot.group(name)
            assert group is not None
            (member,) = group.members
            assert member.handled == 2 * COUNT * PARTITIONS
            assert {place.position for place in group.partitions} == {2 * COUNT}
    host.close()
    found = deliveries(tmp_path / "work.flow")
    assert found.keys() == {(group, number) for group in GROUPS for number in range(PARTITIONS)}
    for ranges in found.values():
        assert [offset for first, last in ranges for offset in range(first, last + 1)] == list(range(2 * COUNT))
    with BrokerReader(tmp_path / "work.flow") as reader:
        timeline = Timeline(reader)
        from_ms, to_ms = timeline.range()
        moved = [move for move in timeline.flow_of(from_ms, to_ms + 1) if move.kind == "deliver"]
        assert {move.group for move in moved} == set(GROUPS) and all(move.member for move in moved)


def test_members_have_rates_and_what_is_read_again_says_so(host: LocalHost, tmp_path: Path):
    with ExitStack() as stack:
        members = [reader_of(host, "g", stack, **{"client.id": name}) for name in ("ann", "bob")]
        until = time.monotonic() + 30
        while not all(len(member.assignment()) == 1 for member in members):
            assert time.monotonic() < until
            for member in members:
                member.poll(0.02)
        rates: dict[str, float] = {}
        while len(rates) < 2:
            assert time.monotonic() < until
            write(host, 50)
            read(members, 50)
            group = host.call(TakeSnapshot()).group("g")
            assert group is not None
            rates = {member.name: member.rate for member in group.members if member.rate > 0}
        assert group.rate == pytest.approx(sum(rates.values()))
        assert host.call(ApplyReset("g", ResetSpec("earliest"), "t", pause_members=True)).plan.applied
        read(members, 50)
    host.close()
    again = deliveries(tmp_path / "work.flow", again=True)
    assert {ranges[0][0] for ranges in again.values()} == {0}


def test_a_fetch_of_nobody_known_is_nobodys_delivery(host: LocalHost, tmp_path: Path):
    write(host, 10)
    with Wire(address(host)) as wire:
        assert wire.ask("fetch", 12, **fetch_fields("t", 0)).responses[0].partitions[0].records
    host.close()
    assert deliveries(tmp_path / "work.flow") == {}
