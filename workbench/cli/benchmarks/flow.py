"""A running drawing on the embedded broker: four producers and a group of four members, all on one event loop.

The peer is what was asked for: 50,000 events a second in and out. Beside the rates it is measured how much of a core
the process takes, and how late the event loop comes to what is due (that is how long a control command waits).

    python -m workbench.cli.benchmarks.flow [seconds] [events a second]
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from workbench.broker import Broker
from workbench.cli.benchmarks.result import Result
from workbench.engines.embedded import EmbeddedEngine
from workbench.flow.document import FlowDocument, Link, Node
from workbench.host.memory import settle
from workbench.runtime import FlowRunner

PER_SECOND = 50_000
PARTS = 4
_WARM_UP_S = 1.5
_TICK_S = 0.005


@dataclass(frozen=True, slots=True)
class FlowFigures:
    """``cores``: CPU time by wall-clock time. The loop's delays are how much later than asked a sleep ended."""

    in_per_s: float
    out_per_s: float
    cores: float
    delay_p50_ms: float
    delay_p99_ms: float
    delay_max_ms: float

    def sentence(self) -> str:
        return (f"in {self.in_per_s:,.0f}/s, out {self.out_per_s:,.0f}/s, {self.cores:.2f} cores, loop delay "
                f"{self.delay_p50_ms:.1f} / {self.delay_p99_ms:.1f} / {self.delay_max_ms:.1f} ms "
                "(median / p99 / longest)")


def drawing(per_second: float = PER_SECOND) -> FlowDocument:
    """Four producers that together make ``per_second``, one topic of four partitions, one group of four members."""
    topic = Node("orders", "topic", "orders", params={"partitions": PARTS})
    group = Node("billing", "group", "billing", params={"members": PARTS})
    producers = [Node(f"p{n}", "producer", f"till-{n}", params={"rate": per_second / PARTS}) for n in range(PARTS)]
    links = [Link(f"in-{node.id}", node.id, "orders") for node in producers]
    return FlowDocument([*producers, topic, group], [*links, Link("out", "orders", "billing")])


async def _run(engine: EmbeddedEngine, broker: Broker, seconds: float, per_second: float) -> FlowFigures:
    runner = FlowRunner(engine, seed=1, journal=broker.journal, note_done=broker.note_done)
    await runner.apply(drawing(per_second))
    await runner.run()
    settle()
    try:
        await asyncio.sleep(_WARM_UP_S)
        before, began, cpu_began = runner.summary(), time.perf_counter(), time.process_time()
        delays_ms = await _delays_ms(seconds)
        after, wall_s = runner.summary(), time.perf_counter() - began
        cpu_s = time.process_time() - cpu_began
    finally:
        await runner.stop()
    return FlowFigures(
        (after.produced["orders"] - before.produced["orders"]) / wall_s,
        (after.groups["billing"].consumed - before.groups["billing"].consumed) / wall_s,
        cpu_s / wall_s, delays_ms[len(delays_ms) // 2], delays_ms[len(delays_ms) * 99 // 100], delays_ms[-1],
    )


async def _delays_ms(seconds: float) -> list[float]:
    """How much too late short sleeps end, for that long; sorted."""
    delays_ms: list[float] = []
    until = time.perf_counter() + seconds
    while (began := time.perf_counter()) < until:
        await asyncio.sleep(_TICK_S)
        delays_ms.append((time.perf_counter() - began - _TICK_S) * 1000.0)
    return sorted(delays_ms)


def measure(seconds: float = 5.0, per_second: float = PER_SECOND) -> FlowFigures:
    """Run the drawing in a workspace of its own."""
    with tempfile.TemporaryDirectory() as folder, Broker.create(Path(folder) / "bench.flow") as broker:
        return asyncio.run(_run(EmbeddedEngine(broker), broker, seconds, per_second))


def carried_ratio(*, seconds: float = 5.0) -> Result:
    """Events handled a second by a running drawing, against the 50,000 a second that its producers are asked for."""
    figures = measure(seconds)
    return Result(f"a running drawing, events handled against asked for ({figures.sentence()})", figures.out_per_s,
                  PER_SECOND, figures.out_per_s / PER_SECOND, "events/s", 0.97)


if __name__ == "__main__":
    print(measure(*map(float, sys.argv[1:3])).sentence())
