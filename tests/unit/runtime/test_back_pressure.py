"""A producer whose system does not answer takes no more than its sender may keep."""

from __future__ import annotations

import asyncio
from pathlib import Path

from virtual_time import in_virtual_time

from workbench.core.partitioners import RoundRobin
from workbench.core.records import Record
from workbench.engines.embedded import EmbeddedEngine
from workbench.runtime.producer import Producer
from workbench.runtime.sender import Sender, SendSettings
from workbench.runtime.tempo import Tempo

RECORD = Record(None, b"x" * 1024)
MOST = 16 << 20
"""Four times what a sender keeps on its way: by then nobody holds the producer back."""


class Waits:
    in_flight = 1

    def __init__(self, producer, answers: asyncio.Event) -> None:
        self._producer, self._answers = producer, answers

    async def append(self, *what):
        await self._answers.wait()
        return await self._producer.append(*what)


class Silent(EmbeddedEngine):
    """Takes batches and never answers, until ``answers`` is set."""

    def __init__(self, broker) -> None:
        super().__init__(broker)
        self.answers = asyncio.Event()

    async def producer(self, idempotent: bool = True):
        return Waits(await super().producer(idempotent), self.answers)


class Endless:
    """As many events as are asked for."""

    done, progress, trouble, notes = False, None, "", ()
    taken = 0

    def per_second(self, elapsed_s: float) -> float:
        return 0.0

    def take(self, elapsed_s: float, limit: int) -> list[Record]:
        self.taken += limit
        assert self.taken * 1024 < MOST, "nobody holds it back"
        return [RECORD] * limit

    def close(self) -> None:
        self.done = True


def test_who_gets_no_answers_stops_taking_events_and_goes_on_with_the_first_answer(tmp_path: Path):
    async def story(broker, clock) -> None:
        broker.create_topic("orders", 1)
        engine, source, tempo = Silent(broker), Endless(), Tempo(clock)
        tempo.go()
        sender = Sender(engine, "orders", 1, RoundRobin(), SendSettings(), clock, lambda *_: None)
        producer = Producer("p", "shop", source, sender, tempo, lambda *_: None)
        producer.start()
        await asyncio.sleep(5)
        held = source.taken
        assert held * 1024 > 1 << 20
        await asyncio.sleep(60)
        assert source.taken == held, producer.stat()
        tempo.hold()
        engine.answers.set()
        await producer.stop()
        assert sender.sent == held

    in_virtual_time(story, tmp_path / "work.flow")
