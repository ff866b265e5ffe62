"""What every engine with queues and exchanges must do, written once; see ``engine_contract`` for how it is used."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager

import pytest
from contracts.engine_contract import append

from workbench.core.errors import Fenced, NotFound, Refused
from workbench.core.queues import Delivery, Receipt
from workbench.core.records import Record
from workbench.core.routing import Binding, Exchange, ExchangeType
from workbench.engines.base import Engine, LeaseSettings, QueueConsumer


def messages(*values: str, key: str | None = None) -> list[Record]:
    return [Record(key.encode() if key else None, value.encode(), (), None) for value in values]


def values(deliveries: Sequence[Delivery]) -> list[str]:
    return [(delivery.record.value or b"").decode() for delivery in deliveries]


def receipts(deliveries: Sequence[Delivery]) -> list[Receipt]:
    return [delivery.receipt for delivery in deliveries]


async def receive(consumer: QueueConsumer, count: int, deadline_s: float = 10.0) -> list[Delivery]:
    found: list[Delivery] = []
    async with asyncio.timeout(deadline_s):
        while len(found) < count:
            found += await consumer.receive(count - len(found), 0.2)
    return found


class QueueContract:
    def engine(self) -> AbstractAsyncContextManager[Engine]:
        raise NotImplementedError

    def check(self, story: Callable[[Engine], Awaitable[None]], **config: str) -> None:
        async def tell() -> None:
            async with self.engine() as engine:
                named = {f"queue.{name.replace('_', '.')}": value for name, value in config.items()}
                await engine.create_topic("work", 1, "queue", named)
                await story(engine)

        asyncio.run(asyncio.wait_for(tell(), 30))

    def test_competing_consumers_share_the_messages_and_an_ack_ends_each(self) -> None:
        async def story(engine: Engine) -> None:
            await append(engine, "work", 0, messages("a", "b", "c", "d"))
            one = await engine.queue_consumer(LeaseSettings("work", "one"))
            two = await engine.queue_consumer(LeaseSettings("work", "two"))
            first, second = await receive(one, 2), await receive(two, 2)
            assert (values(first), values(second)) == (["a", "b"], ["c", "d"])
            assert all(d.attempt == 1 and not d.redelivered for d in first)
            assert (await engine.queue_counts("work")).in_flight == 4
            await one.ack(receipts(first))
            await two.ack(receipts(second)[1:], multiple=True)
            counts = await engine.queue_counts("work")
            assert (counts.messages, counts.acked) == (0, 4)
            await one.close()
            await two.close()

        self.check(story)

    def test_one_who_waits_is_woken_by_an_append(self) -> None:
        async def story(engine: Engine) -> None:
            consumer = await engine.queue_consumer(LeaseSettings("work", "one"))
            waiting = asyncio.create_task(consumer.receive(1, 20.0))
            await asyncio.sleep(0)
            await append(engine, "work", 0, messages("a"))
            assert values(await waiting) == ["a"]
            assert await consumer.receive(1, 0.0) == []
            await consumer.close()

        self.check(story)

    def test_a_nack_brings_it_back_and_its_old_receipt_is_worth_nothing(self) -> None:
        async def story(engine: Engine) -> None:
            await append(engine, "work", 0, messages("a"))
            consumer = await engine.queue_consumer(LeaseSettings("work", "one"))
            first = await receive(consumer, 1)
            await consumer.nack(receipts(first), reason="not now")
            again = await receive(consumer, 1)
            assert (again[0].attempt, again[0].redelivered) == (2, True)
            with pytest.raises(Refused):
                await consumer.ack(receipts(first))
            await consumer.ack(receipts(again))
            assert (await engine.queue_counts("work")).messages == 0
            await consumer.close()

        self.check(story)

    def test_what_dies_goes_to_the_dead_letters(self) -> None:
        async def story(engine: Engine) -> None:
            await engine.create_topic("work.dlq", 1, "queue", {})
            await append(engine, "work", 0, messages("bad", "worse", "good"))
            consumer = await engine.queue_consumer(LeaseSettings("work", "one"))
            for _ in range(2):
                tries = {values([d])[0]: d.receipt for d in await receive(consumer, 3 if _ == 0 else 1)}
                if _ == 0:
                    await consumer.reject([tries["worse"]], "unreadable")
                    await consumer.ack([tries["good"]])
                await consumer.nack([tries["bad"]], reason="again")
            dead = await engine.queue_consumer(LeaseSettings("work.dlq", "looker"))
            assert sorted(values(await receive(dead, 2))) == ["bad", "worse"]
            assert (await engine.queue_counts("work")).dead_lettered == 2
            await consumer.close()
            await dead.close()

        self.check(story, max_deliveries="2", dead_letter="work.dlq")

    def test_prefetch_limits_what_is_held_and_release_and_close_give_it_back(self) -> None:
        async def story(engine: Engine) -> None:
            await append(engine, "work", 0, messages("a", "b", "c"))
            one = await engine.queue_consumer(LeaseSettings("work", "one", prefetch=2))
            held = await receive(one, 2)
            assert await one.receive(10, 0.0) == []
            await one.release(receipts(held)[:1])
            two = await engine.queue_consumer(LeaseSettings("work", "two"))
            assert values(await receive(two, 2)) == ["a", "c"]
            await one.close()
            assert values(await receive(two, 1)) == ["b"]
            with pytest.raises(Fenced):
                await one.receive(1, 0.0)
            await two.close()

        self.check(story)

    def test_a_killed_consumer_gives_back_at_once_where_the_system_sees_it(self) -> None:
        async def story(engine: Engine) -> None:
            await append(engine, "work", 0, messages("a"))
            one = await engine.queue_consumer(LeaseSettings("work", "one"))
            await receive(one, 1)
            await one.close(leave=False)
            two = await engine.queue_consumer(LeaseSettings("work", "two"))
            assert (await receive(two, 1))[0].attempt == 2
            await two.close()

        self.check(story)

    def test_a_stream_is_read_as_a_queue_without_changing_it(self) -> None:
        async def story(engine: Engine) -> None:
            await engine.create_topic("orders", 2, "stream", {})
            for partition in (0, 1):
                await append(engine, "orders", partition, messages("a", "b"))
            settings = LeaseSettings("orders", "one", "billing", {"queue.max.deliveries": "5"})
            consumer = await engine.queue_consumer(settings)
            await consumer.ack(receipts(await receive(consumer, 4)))
            assert (await engine.queue_counts("orders:billing")).acked == 4
            assert [bounds.log_start for bounds in await engine.bounds("orders")] == [0, 0]
            await consumer.close()
            again = await engine.queue_consumer(settings)
            assert await again.receive(10, 0.0) == []
            await again.close()

        self.check(story)

    def test_an_exclusive_queue_refuses_the_second_consumer(self) -> None:
        async def story(engine: Engine) -> None:
            one = await engine.queue_consumer(LeaseSettings("work", "one"))
            with pytest.raises(Refused):
                await engine.queue_consumer(LeaseSettings("work", "two"))
            await one.close()
            two = await engine.queue_consumer(LeaseSettings("work", "two"))
            await two.close()

        self.check(story, type="exclusive")

    def test_a_queue_that_is_not_there(self) -> None:
        async def story(engine: Engine) -> None:
            with pytest.raises(NotFound):
                await engine.queue_consumer(LeaseSettings("gone", "one"))
            with pytest.raises(NotFound):
                await engine.queue_counts("gone")

        self.check(story)

    def test_an_exchange_routes_to_what_is_bound(self) -> None:
        async def story(engine: Engine) -> None:
            await engine.create_topic("all", 1, "queue", {})
            exchange = Exchange("uploads", ExchangeType.TOPIC)
            for _ in range(2):  # again changes nothing
                await engine.declare_exchange(exchange)
                await engine.bind(Binding("uploads", "work", "video.*"))
                await engine.bind(Binding("uploads", "all", "#"))
            with pytest.raises(Refused):
                await engine.declare_exchange(Exchange("uploads", ExchangeType.FANOUT))
            both = await engine.publish("uploads", "video.new", messages("a"))
            one = await engine.publish("uploads", "audio.new", messages("b", "c"))
            assert [set(p.queues) for p in (*both, *one)] == [{"work", "all"}, {"all"}, {"all"}]
            assert (await engine.queue_counts("work")).ready == 1
            assert (await engine.queue_counts("all")).ready == 3

        self.check(story)

    def test_what_no_queue_takes_is_confirmed_and_returned_if_asked(self) -> None:
        async def story(engine: Engine) -> None:
            await engine.declare_exchange(Exchange("uploads"))
            (lost,) = await engine.publish("uploads", "nobody", messages("a"))
            assert (lost.queues, lost.confirmed, lost.returned) == ((), True, "")
            (back,) = await engine.publish("uploads", "nobody", messages("a"), mandatory=True)
            assert back.returned and not back.queues

        self.check(story)

    def test_members_that_begin_together_share_one_subscription(self) -> None:
        async def story(engine: Engine) -> None:
            await engine.create_topic("stream", 1, "stream", {})
            for number in range(20):
                members = [LeaseSettings("stream", f"m{n}", f"group-{number}") for n in range(6)]
                for consumer in await asyncio.gather(*(engine.queue_consumer(settings) for settings in members)):
                    await consumer.close()

        self.check(story)
