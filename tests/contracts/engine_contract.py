"""What every engine must do, written once. A test class inherits ``EngineContract`` and says how to open an engine.

    class TestEmbedded(EngineContract):
        @asynccontextmanager
        async def engine(self): yield EmbeddedEngine(broker)
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import final

import pytest

from workbench.core.errors import AlreadyExists, Fenced, Invalid, NotFound
from workbench.core.records import Appended, Record, StoredRecord, TopicPartition
from workbench.engines.base import Consumer, ConsumerSettings, Engine

ORDERS = TopicPartition("orders", 0)


def records(*values: str, key: str | None = None, at: int | None = None) -> list[Record]:
    return [Record(key.encode() if key else None, value.encode(), (), at) for value in values]


async def append(engine: Engine, topic: str, partition: int, sent: list[Record]) -> Appended:
    """One batch of a program of its own."""
    producer = await engine.producer(idempotent=False)
    return await producer.append(topic, partition, sent)


def settings(group: str = "billing", name: str = "m", start: str = "earliest", **more) -> ConsumerSettings:
    return ConsumerSettings(group, ("orders",), name, start=start, **more)


async def poll_until(consumer: Consumer, count: int, deadline_s: float = 10.0) -> list[StoredRecord]:
    found: list[StoredRecord] = []
    async with asyncio.timeout(deadline_s):
        while len(found) < count:
            found += await consumer.poll(100, 0.1)
    return found


async def settle(consumers: list[Consumer], partitions: int, deadline_s: float = 15.0, each: int | None = None) -> None:
    """Tend all members until together they own ``partitions`` partitions and agree on the generation, and where
    ``each`` is given until that many are everybody's: by cooperative steps one member may hold all for a while."""
    async with asyncio.timeout(deadline_s):
        while True:
            await asyncio.gather(*(consumer.poll(0, 0.02) for consumer in consumers))
            owned = [place for consumer in consumers for place in consumer.assignment]
            same = len({consumer.generation for consumer in consumers}) == 1
            even = each is None or all(len(consumer.assignment) == each for consumer in consumers)
            if same and even and len(owned) == len(set(owned)) == partitions:
                return


class EngineContract:
    def engine(self) -> AbstractAsyncContextManager[Engine]:
        raise NotImplementedError

    def check(self, story: Callable[[Engine], Awaitable[None]], partitions: int = 1) -> None:
        async def tell() -> None:
            async with self.engine() as engine:
                await engine.create_topic("orders", partitions, "stream", {})
                await story(engine)

        asyncio.run(tell())

    # -- topics and records --------------------------------------------------------------------------------
    @final
    def test_topics_are_listed_as_created(self):
        async def story(engine):
            await engine.create_topic("payments", 3, "stream", {"retention.ms": "60000"})
            found = {topic.name: topic for topic in await engine.topics()}
            assert set(found) == {"orders", "payments"}
            assert (found["payments"].partitions, found["payments"].kind) == (3, "stream")
            assert found["payments"].config["retention.ms"] == "60000"
            with pytest.raises(AlreadyExists):
                await engine.create_topic("payments", 1, "stream", {})

        self.check(story)

    @final
    def test_an_unknown_topic_or_partition_is_not_found(self):
        async def story(engine):
            for act in (engine.bounds("nope"), append(engine, "nope", 0, records("a")),
                        append(engine, "orders", 9, records("a"))):
                with pytest.raises(NotFound):
                    await act

        self.check(story)

    @final
    def test_records_come_back_as_written(self):
        async def story(engine):
            sent = [
                Record(b"k", b"v", (("h", b"1"), ("h", None), ("e", b"")), 1_700_000_000_123),
                Record(None, None, (), 1_700_000_000_124),
                Record(b"", b"", (), 1_700_000_000_125),
            ]
            appended = await append(engine, "orders", 0, sent)
            assert (appended.base_offset, appended.count, appended.last_offset) == (0, 3, 2)
            consumer = await engine.consumer(settings())
            found = await poll_until(consumer, 3)
            await consumer.close()
            assert [(r.key, r.value, r.headers, r.timestamp_ms) for r in found] == [
                (r.key, r.value, r.headers, r.timestamp_ms) for r in sent
            ]
            assert [r.offset for r in found] == [0, 1, 2]

        self.check(story)

    @final
    def test_offsets_go_on_per_partition(self):
        async def story(engine):
            await append(engine, "orders", 0, records("a", "b"))
            await append(engine, "orders", 1, records("x"))
            assert (await append(engine, "orders", 0, records("c"))).base_offset == 2
            assert [(b.partition, b.log_start, b.end) for b in await engine.bounds("orders")] == [(0, 0, 3), (1, 0, 1)]

        self.check(story, partitions=2)

    # -- groups --------------------------------------------------------------------------------------------
    @final
    def test_a_lone_member_reads_everything_in_order(self):
        async def story(engine):
            consumer = await engine.consumer(settings())
            await append(engine, "orders", 0, records("a", "b", "c"))
            assert [r.value for r in await poll_until(consumer, 3)] == [b"a", b"b", b"c"]
            assert consumer.positions == {ORDERS: 3}
            assert list(await consumer.poll(10, 0.01)) == []
            await consumer.close()

        self.check(story)

    @final
    def test_a_waiting_poll_wakes_on_an_append(self):
        async def story(engine):
            consumer = await engine.consumer(settings())
            await settle([consumer], 1)
            polling = asyncio.create_task(poll_until(consumer, 1, deadline_s=5))
            await append(engine, "orders", 0, records("a"))
            assert [r.value for r in await polling] == [b"a"]
            await consumer.close()

        self.check(story)

    @final
    def test_a_poll_of_nothing_only_tends_the_membership(self):
        async def story(engine):
            await append(engine, "orders", 0, records("a"))
            consumer = await engine.consumer(settings())
            await settle([consumer], 1)
            assert list(await consumer.poll(0, 0)) == []
            assert consumer.positions == {ORDERS: 0}
            await consumer.close()

        self.check(story)

    @final
    def test_committed_offsets_outlive_the_member(self):
        async def story(engine):
            await append(engine, "orders", 0, records("a", "b", "c"))
            consumer = await engine.consumer(settings())
            await poll_until(consumer, 3)
            await consumer.commit({ORDERS: 2})
            await consumer.close()
            consumer = await engine.consumer(settings())
            assert [r.value for r in await poll_until(consumer, 1)] == [b"c"]
            await consumer.close()

        self.check(story)

    @final
    @pytest.mark.parametrize(
        ("start", "values"), [("earliest", [b"a", b"b", b"c"]), ("latest", [b"c"]), ("offset:1", [b"b", b"c"]),
                              ("time:2000", [b"b", b"c"])]
    )
    def test_a_new_group_starts_where_it_was_told(self, start, values):
        async def story(engine):
            await append(engine, "orders", 0, records("a", at=1000))
            await append(engine, "orders", 0, records("b", at=2000))
            consumer = await engine.consumer(settings(start=start))
            await settle([consumer], 1)
            await append(engine, "orders", 0, records("c", at=3000))
            assert [r.value for r in await poll_until(consumer, len(values))] == values
            await consumer.close()

        self.check(story)

    @final
    def test_two_groups_read_the_same_records(self):
        async def story(engine):
            await append(engine, "orders", 0, records("a"))
            for group in ("billing", "shipping"):
                consumer = await engine.consumer(settings(group))
                assert len(await poll_until(consumer, 1)) == 1
                await consumer.close()

        self.check(story)

    @final
    def test_members_share_the_partitions_and_take_over_from_each_other(self):
        async def story(engine):
            one = await engine.consumer(settings(name="one"))
            await settle([one], 4)
            two = await engine.consumer(settings(name="two"))
            await settle([one, two], 4)
            assert sorted(len(c.assignment) for c in (one, two)) == [2, 2]
            await two.close()
            await settle([one], 4)
            await one.close()

        self.check(story, partitions=4)

    @final
    def test_a_vanished_member_is_replaced_after_its_session(self):
        async def story(engine):
            gone = await engine.consumer(settings(name="gone", session_timeout_ms=300))
            stays = await engine.consumer(settings(name="stays", session_timeout_ms=300))
            await settle([gone, stays], 2)
            await gone.close(leave=False)
            await settle([stays], 2)
            await stays.close()

        self.check(story, partitions=2)

    @final
    def test_a_member_that_left_cannot_commit(self):
        async def story(engine):
            await append(engine, "orders", 0, records("a"))
            consumer = await engine.consumer(settings())
            await poll_until(consumer, 1)
            await consumer.close()
            with pytest.raises(Fenced):
                await consumer.commit({ORDERS: 1})

        self.check(story)

    @final
    def test_seek_moves_only_the_position(self):
        async def story(engine):
            await append(engine, "orders", 0, records("a", "b", "c"))
            consumer = await engine.consumer(settings())
            await poll_until(consumer, 3)
            await consumer.commit({ORDERS: 3})
            consumer.seek(ORDERS, 1)
            assert [r.value for r in await poll_until(consumer, 2)] == [b"b", b"c"]
            with pytest.raises(Invalid):
                consumer.seek(TopicPartition("orders", 5), 0)
            await consumer.close()
            consumer = await engine.consumer(settings())
            await settle([consumer], 1)
            assert consumer.positions == {ORDERS: 3}
            await consumer.close()

        self.check(story)

    @final
    def test_a_paused_member_keeps_its_partitions_and_gets_nothing(self):
        async def story(engine):
            consumer = await engine.consumer(settings())
            await settle([consumer], 1)
            consumer.pause()
            await append(engine, "orders", 0, records("a"))
            assert list(await consumer.poll(10, 0.05)) == []
            assert consumer.assignment == (ORDERS,)
            consumer.resume()
            assert len(await poll_until(consumer, 1)) == 1
            await consumer.close()

        self.check(story)

