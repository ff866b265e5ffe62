"""The embedded engine keeps the contract of every engine, and what only it promises."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import Future
from contextlib import asynccontextmanager

import pytest
from contracts.engine_contract import ORDERS, EngineContract, append, poll_until, records, settings, settle
from contracts.queue_contract import QueueContract

from workbench.broker import Broker
from workbench.core.errors import Fenced, Invalid
from workbench.core.records import Record
from workbench.engines.embedded import EmbeddedEngine


class _InOneFile:
    @pytest.fixture(autouse=True)
    def _place(self, tmp_path):
        self.path = tmp_path / "a.flow"

    @asynccontextmanager
    async def engine(self):
        broker = Broker.create(self.path)
        try:
            yield EmbeddedEngine(broker)
        finally:
            broker.close()


class TestEmbeddedEngine(_InOneFile, EngineContract):
    pass


class TestEmbeddedQueues(_InOneFile, QueueContract):
    pass


@pytest.fixture
def broker(tmp_path):
    with Broker.create(tmp_path / "a.flow") as made:
        made.create_topic("orders", 4)
        yield made


def check(story):
    asyncio.run(asyncio.wait_for(story(), 30))


@pytest.mark.parametrize("name", ["range", "roundrobin", "sticky", "cooperative-sticky"])
def test_members_come_and_go_under_every_assignor(broker, name):
    async def story():
        engine = EmbeddedEngine(broker)
        one = await engine.consumer(settings(name="one", assignors=(name,)))
        await settle([one], 4)
        two = await engine.consumer(settings(name="two", assignors=(name,)))
        await settle([one, two], 4, each=2)
        await one.close()
        await settle([two], 4)
        await two.close()

    check(story)


def test_cooperative_members_keep_reading_what_does_not_move(broker):
    async def story():
        engine = EmbeddedEngine(broker)
        for partition in range(4):
            await append(engine, "orders", partition, records("a", "b"))
        one = await engine.consumer(settings(name="one", assignors=("cooperative-sticky",)))
        await poll_until(one, 8)
        two = await engine.consumer(settings(name="two", assignors=("cooperative-sticky",)))
        seen = set()
        async with asyncio.timeout(15):
            while len(one.assignment) != 2 or len(two.assignment) != 2:
                assert not set(one.assignment) & set(two.assignment), "handed over before it was revoked"
                seen.add(len(one.assignment))
                assert not await one.poll(10, 0.02), "a kept partition keeps its position, though nothing is committed"
                await two.poll(0, 0.02)
        assert 0 not in seen, "nothing that stays is revoked"
        await one.close()
        await two.close()

    check(story)


def test_a_static_member_comes_back_to_its_partitions_and_its_double_is_fenced(broker):
    async def story():
        engine = EmbeddedEngine(broker)
        first = await engine.consumer(settings(name="one", instance_id="one"))
        await settle([first], 4)
        again = await engine.consumer(settings(name="one", instance_id="one"))
        await settle([again], 4)
        assert again.generation == first.generation
        with pytest.raises(Fenced):
            async with asyncio.timeout(10):
                while True:
                    await first.poll(0, 0.05)
        await first.close()
        await again.close()

    check(story)


def test_a_member_that_does_not_poll_in_time_loses_its_partitions(broker):
    async def story():
        engine = EmbeddedEngine(broker)
        idle = await engine.consumer(settings(name="idle", max_poll_interval_ms=400, session_timeout_ms=300))
        await settle([idle], 4)
        busy = await engine.consumer(settings(name="busy"))
        await settle([busy], 4)
        with pytest.raises(Fenced):
            await idle.commit({ORDERS: 0})
        await idle.close()
        await busy.close()

    check(story)


def test_partitions_added_to_a_topic_are_shared_out(broker):
    async def story():
        engine = EmbeddedEngine(broker)
        consumer = await engine.consumer(settings())
        await settle([consumer], 4)
        broker.alter_topic("orders", 6)
        await settle([consumer], 6)
        await consumer.close()

    check(story)


def test_a_group_may_wait_for_a_topic_and_outlive_it(broker):
    async def story():
        engine = EmbeddedEngine(broker)
        consumer = await engine.consumer(settings())
        await settle([consumer], 4)
        broker.delete_topic("orders")
        await settle([consumer], 0)
        await engine.create_topic("orders", 2, "stream", {})
        await settle([consumer], 2)
        await append(engine, "orders", 1, records("a"))
        assert [r.value for r in await poll_until(consumer, 1)] == [b"a"]
        await consumer.close()

    check(story)


def test_records_lost_to_retention_send_the_reader_to_its_start_policy(broker):
    async def story():
        engine = EmbeddedEngine(broker)
        consumer = await engine.consumer(settings())
        await settle([consumer], 4)
        await append(engine, "orders", 0, records("a", "b", "c"))
        broker.delete_records("orders", 0, 2)
        assert [r.offset for r in await poll_until(consumer, 1)] == [2]
        await consumer.close()

    check(story)


def test_a_sleeping_poll_wakes_within_milliseconds(broker):
    async def story():
        engine = EmbeddedEngine(broker)
        consumer = await engine.consumer(settings())
        await settle([consumer], 4)
        delays = []
        for number in range(20):
            polling = asyncio.create_task(consumer.poll(10, 5.0))
            await asyncio.sleep(0)
            begun = time.perf_counter()
            await append(engine, "orders", number % 4, records("a"))
            assert len(await polling) == 1
            delays.append(time.perf_counter() - begun)
        assert sorted(delays)[10] < 0.1
        await consumer.close()

    check(story)


def test_four_consumers_read_everything_once_and_in_order(broker):
    async def story():
        engine = EmbeddedEngine(broker)
        consumers = [await engine.consumer(settings(name=f"m{n}")) for n in range(4)]
        await settle(consumers, 4)
        for base in range(0, 2_000, 100):
            for partition in range(4):
                await append(engine, "orders", partition, [Record(None, b"%d" % n) for n in range(base, base + 100)])
        found = await asyncio.gather(*(poll_until(consumer, 2_000) for consumer in consumers))
        for got in found:
            assert [int(r.value) for r in got] == list(range(2_000))
        for consumer in consumers:
            await consumer.close()

    check(story)


def test_a_wrong_start_is_a_sentence(broker):
    async def story():
        engine = EmbeddedEngine(broker)
        with pytest.raises(Invalid, match="tomorrow"):
            await engine.consumer(settings(start="tomorrow"))

    check(story)


def test_a_batch_that_is_sent_again_after_an_error_is_stored_once(broker, monkeypatch):
    """The answer is lost on its way: the producer sends the same batch with the same sequence."""

    async def story():
        producer = await EmbeddedEngine(broker).producer()
        await producer.append("orders", 0, records("a", "b"))
        real = broker.append

        def loses_the_answer(*arguments, **options):
            real(*arguments, **options).result()
            lost = Future()
            lost.set_exception(OSError("the answer was lost"))
            return lost

        monkeypatch.setattr(broker, "append", loses_the_answer)
        with pytest.raises(OSError):
            await producer.append("orders", 0, records("c"))
        monkeypatch.setattr(broker, "append", real)
        again = await producer.append("orders", 0, records("c"))
        assert (again.base_offset, again.duplicate) == (2, True)
        assert (await producer.append("orders", 0, records("d"))).base_offset == 3
        assert broker.bounds("orders")[0].end == 4

    check(story)
