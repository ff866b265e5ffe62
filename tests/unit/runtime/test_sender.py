"""What a sender does with a batch that its target takes only in part, and with more than it can get rid of."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

from workbench.broker import Broker
from workbench.core.clock import SystemClock
from workbench.core.partitioners import RoundRobin
from workbench.core.records import Record
from workbench.engines.embedded import EmbeddedEngine
from workbench.runtime.sender import Sender, SendSettings


@asynccontextmanager
async def sender_to(broker: Broker, topic: str):
    sender = Sender(EmbeddedEngine(broker), topic, 1, RoundRobin(), SendSettings(), SystemClock(), lambda *_: None)
    try:
        yield sender
    finally:
        await sender.close()


def test_of_a_batch_that_a_full_queue_takes_in_part_the_rest_counts_as_failed_and_the_next_one_goes(tmp_path):
    async def story(broker: Broker) -> None:
        async with sender_to(broker, "q") as sender, asyncio.timeout(30):
            sender.offer([Record(None, b"%d" % n) for n in range(5)])
            await sender.drain()
            assert (sender.sent, sender.failed) == (3, 2)
            assert "the first 3 of 5" in sender.reason
            await asyncio.to_thread(broker.queues.purge, "q")
            sender.offer([Record(None, b"a"), Record(None, b"b")])
            await sender.drain()
            assert (sender.sent, sender.failed) == (5, 2)
        assert [message.record.value for message in broker.queues.receive("q", "ann", 9)] == [b"a", b"b"]

    with Broker.create(tmp_path / "work.flow") as broker:
        broker.create_topic("q", 1, "queue", {"queue.max.length": "3", "queue.overflow": "refuse"})
        asyncio.run(story(broker))
