"""A member is killed in the very moment its wait ends: a thousand times, and each kill ends.

``asyncio.wait_for`` of Python 3.11 may swallow a cancellation that meets a finished wait; the member then went on, and
the kill, with every act behind it, waited for ever.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from random import Random

from workbench.broker import Broker
from workbench.core.ids import SeededIds
from workbench.core.records import Record
from workbench.engines.base import ConsumerSettings, LeaseSettings
from workbench.engines.embedded import EmbeddedEngine
from workbench.runtime.virtual import VirtualClock, VirtualLoop

KILLS = 1_000


def test_a_wait_that_ends_as_it_is_cancelled_is_cancelled(tmp_path: Path):
    loop = VirtualLoop()
    clock = VirtualClock(loop, 1_700_000_000_000)
    broker = Broker.create(tmp_path / "work.flow", clock=clock, background=False, ids=SeededIds(1))
    try:
        broker.create_topic("t", 1)
        broker.create_topic("q", 1, "queue")
        assert loop.run_until_complete(_kill_often(broker)) == KILLS
    finally:
        loop.close()
        broker.close()


async def _kill_often(broker: Broker) -> int:
    engine, random, ended = EmbeddedEngine(broker), Random(7), 0
    producer = await engine.producer()
    stream = await engine.consumer(ConsumerSettings("g", ("t",), "m", start="latest"))
    queue = await engine.queue_consumer(LeaseSettings("q", "ann"))
    await stream.poll(10, 5.0)
    for number in range(KILLS):
        waits = queue.receive(10, 60.0) if number % 2 else stream.poll(10, 60.0)
        task = asyncio.create_task(_for_ever(waits, queue if number % 2 else stream))
        for _ in range(random.randrange(1, 6)):
            await asyncio.sleep(0)
        await producer.append("q" if number % 2 else "t", 0, [Record(None, b"x")])
        for _ in range(random.randrange(4)):  # the wait ends in one of the next turns; the kill comes in one of them
            await asyncio.sleep(0)
        task.cancel()
        async with asyncio.timeout(30):
            await asyncio.wait((task,))
        ended += 1
    await stream.close()
    await queue.close()
    return ended


async def _for_ever(first, consumer) -> None:
    """What a member does: poll, and poll again, until it is cancelled."""
    await first
    while True:
        await (consumer.receive(10, 60.0) if hasattr(consumer, "receive") else consumer.poll(10, 60.0))
