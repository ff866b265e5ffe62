"""A drawn flow's engine at a Kafka cluster: the contract that the embedded broker holds too, over the workspace's own
listener, and over another broker when WORKBENCH_KAFKA_BOOTSTRAP names one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
from contracts.engine_contract import EngineContract, poll_until, settle
from engines.test_kafka import Cluster, cluster, run
from listeners.serving import Host

from workbench.broker import Broker
from workbench.core.errors import Refused, Unavailable
from workbench.core.offsets import ResetSpec
from workbench.core.records import Record
from workbench.engines.base import ConsumerSettings
from workbench.engines.catalog import ConnectionSpec
from workbench.engines.kafka.administration import KafkaAdministration
from workbench.engines.kafka.engine import KafkaEngine
from workbench.engines.registry import connect


@pytest.fixture
def orders(tmp_path: Path) -> Iterator[Cluster]:
    with cluster(tmp_path / "work.flow") as made:
        yield made


class TestKafkaEngine(EngineContract):
    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.path = tmp_path / "work.flow"

    @asynccontextmanager
    async def engine(self):
        with cluster(self.path, ()) as made:
            engine = KafkaEngine(ConnectionSpec("staging", "kafka", made.address, writable=True))
            await engine.open()
            try:
                yield engine
            finally:
                await engine.remove_made()
                await engine.close()


# -- what only a real member does ------------------------------------------------------------------------------
def at(made: Cluster, **marks: bool) -> ConnectionSpec:
    return ConnectionSpec("staging", "kafka", made.address, **marks)


@asynccontextmanager
async def engine_at(made: Cluster):
    engine = KafkaEngine(at(made, writable=True))
    await engine.open()
    try:
        yield engine
    finally:
        await engine.close()


def test_a_member_that_vanishes_does_not_leave(orders: Cluster):
    async def story() -> None:
        async with engine_at(orders) as engine:
            gone = await engine.consumer(ConsumerSettings("billing", ("orders",), "gone", session_timeout_ms=30_000))
            await settle([gone], 2)
            await gone.close(leave=False)
            with closing(connect(orders.spec)) as connection, closing(connection.browse()) as browse:
                (group,) = [each for each in browse.group_stats() if each.name == "billing"]
            assert [member.name for member in group.members] == ["gone"]

    asyncio.run(story())


def test_a_paused_member_tends_its_membership_without_losing_what_was_read_ahead(orders: Cluster):
    async def story() -> None:
        async with engine_at(orders) as engine:
            producer = await engine.producer()
            await producer.append("orders", 0, [Record(None, b"%d" % number) for number in range(500)])
            one = await engine.consumer(ConsumerSettings("billing", ("orders",), "one", start="earliest"))
            found = await poll_until(one, 100)
            for _ in range(5):
                assert list(await one.poll(0, 0.05)) == []
            found += await poll_until(one, 500 - len(found))
            assert [record.value for record in found] == [b"%d" % number for number in range(500)]
            await one.close()

    asyncio.run(story())


def test_a_producer_outlives_a_broker_that_is_killed_and_stores_each_record_once(tmp_path: Path):
    path = tmp_path / "work.flow"
    Broker.create(path).close()
    host = Host(path)
    made = Cluster(host.address)
    made.create("orders", 1)

    async def story() -> None:
        async with engine_at(made) as engine:
            producer = await engine.producer()
            await producer.append("orders", 0, [Record(None, b"before")])
            host.kill()
            waiting = asyncio.create_task(producer.append("orders", 0, [Record(None, b"after")]))
            await asyncio.to_thread(host.start)
            assert (await waiting).base_offset == 1
            assert [(b.log_start, b.end) for b in await engine.bounds("orders")] == [(0, 2)]

    asyncio.run(story())
    assert host.stop() == 0


# -- what is off until it is turned on -------------------------------------------------------------------------
def test_every_change_is_refused_until_it_is_turned_on_and_says_how(orders: Cluster, tmp_path: Path):
    run(tmp_path, "connections", "add", "staging", "--system", "kafka", "--address", orders.address)
    events = tmp_path / "events.jsonl"
    events.write_text('{"id":1}\n')
    for verb in (("topics", "@staging", "create", "new"),
                 ("topics", "@staging", "alter", "orders", "--partitions", "3"),
                 ("topics", "@staging", "delete", "orders"),
                 ("produce", "@staging", "orders", str(events)),
                 ("consume", "@staging", "orders", "--group", "g"),
                 ("groups", "@staging", "reset", "g", "--topic", "orders", "--to", "earliest"),
                 ("groups", "@staging", "delete", "g")):
        refused = run(tmp_path, *verb, status=1).stderr
        assert "writing is off" in refused and "connections alter staging --writable" in refused, (verb, refused)
    preview = run(tmp_path, "groups", "@staging", "reset", "g", "--topic", "orders", "--to", "latest", "--dry-run")
    assert "writing is off" in preview.stderr


def test_topics_records_and_groups_are_changed_once_it_is_on(orders: Cluster, tmp_path: Path):
    run(tmp_path, "connections", "add", "staging", "--system", "kafka", "--address", orders.address, "--writable")
    made = run(tmp_path, "topics", "@staging", "create", "new", "--partitions", "2", "--config", "retention.ms=60000")
    assert "CreateTopics new, 2 partitions" in made.stderr
    run(tmp_path, "topics", "@staging", "alter", "new", "--partitions", "3", "--config", "retention.ms=90000")
    told = json.loads(run(tmp_path, "topics", "@staging", "describe", "new", "--json").stdout)
    assert (told["partitions"], told["config"]["retention.ms"]) == (3, "90000")
    assert "already" in run(tmp_path, "topics", "@staging", "create", "new", status=1).stderr

    events = tmp_path / "events.jsonl"
    events.write_text("".join(f'{{"id":{number}}}\n' for number in range(50)))
    sent = run(tmp_path, "produce", "@staging", "new", str(events), "--key", "id")
    assert "acks=all" in sent.stderr and "50 events into new" in sent.stdout
    read = run(tmp_path, "consume", "@staging", "new", "--group", "audit", "--max", "20")
    assert len(read.stdout.splitlines()) == 20 and "JoinGroup audit" in read.stderr
    rest = run(tmp_path, "consume", "@staging", "new", "--group", "audit")
    ids = [json.loads(line)["value"]["id"] for line in (read.stdout + rest.stdout).splitlines()]
    assert sorted(ids) == list(range(50))

    plan = json.loads(run(tmp_path, "groups", "@staging", "reset", "audit", "--to", "earliest", "--dry-run",
                          "--json").stdout)
    assert not plan["applied"] and sum(move["before"] for move in plan["moves"]) == 50
    moved = json.loads(run(tmp_path, "groups", "@staging", "reset", "audit", "--to", "earliest", "--json").stdout)
    assert moved["applied"] and {move["after"] for move in moved["moves"]} == {0}
    assert len(run(tmp_path, "consume", "@staging", "new", "--group", "audit").stdout.splitlines()) == 50
    run(tmp_path, "groups", "@staging", "delete", "audit")
    gone = run(tmp_path, "topics", "@staging", "delete", "new")
    assert "Nothing brings it back" in gone.stderr and "restore" not in gone.stderr
    assert "new" not in run(tmp_path, "topics", "@staging", "list").stdout


def test_a_production_mark_wants_to_be_told_yes(orders: Cluster, tmp_path: Path):
    run(tmp_path, "connections", "add", "live", "--system", "kafka", "--address", orders.address, "--writable",
        "--production")
    refused = run(tmp_path, "topics", "@live", "create", "new", status=1).stderr
    assert "marked as production" in refused and "--yes" in refused
    assert "new" not in run(tmp_path, "topics", "@live", "list").stdout
    run(tmp_path, "topics", "@live", "create", "new", "--yes")
    assert "new" in run(tmp_path, "topics", "@live", "list").stdout


def test_a_cluster_that_is_not_there_is_said_before_anything_is_asked_of_it():
    async def story() -> None:
        engine = KafkaEngine(ConnectionSpec("gone", "kafka", "127.0.0.1:1", writable=True))
        with pytest.raises(Unavailable, match="can't be reached"):
            await engine.open()
        await engine.close()

    asyncio.run(story())


def test_a_reset_under_running_members_is_refused(orders: Cluster):
    async def story() -> None:
        async with engine_at(orders) as engine:
            one = await engine.consumer(ConsumerSettings("billing", ("orders",), "one", start="earliest"))
            await settle([one], 2)
            with closing(KafkaAdministration(at(orders, writable=True))) as administration:
                plan = administration.plan_reset("billing", ResetSpec("latest"), "orders", ())
                assert "1 member is active" in plan.refused
                with pytest.raises(Refused, match="Stop these programs"):
                    administration.apply_reset(plan)
            await one.close()

    asyncio.run(story())
