"""A run of the drawn flow in virtual time: a function of file, seed and length, many times faster than life.

It works on a copy of the workspace, on one thread: ``VirtualLoop`` gives the time, the seed every chance and id, and
the broker's own work (sessions, leases, retention) is called from the loop. What came of it is the run's summary and a
digest over everything that happened (see ``session.digest``): two runs of the same file with the same seed, length and
version have the same. The file itself is not touched.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from workbench.broker import Broker, BrokerReader
from workbench.control.messages import RunOutcome
from workbench.core.errors import Refused
from workbench.core.ids import SeededIds
from workbench.core.snapshot import RunState
from workbench.engines.embedded import EmbeddedEngine
from workbench.flow import codec
from workbench.flow.document import FlowDocument
from workbench.host.outcome import outcome_of
from workbench.runtime import FlowRunner
from workbench.runtime.virtual import VirtualClock, VirtualLoop
from workbench.session.digest import Digest, digest_of

EPOCH_MS = 1_767_225_600_000
"""2026-01-01T00:00:00Z, when a virtual run begins unless the file knows of a later time."""
RETENTION_S = 1.0
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class VirtualRun:
    outcome: RunOutcome
    digest: Digest


def run_virtual(path: Path, seed: int, seconds: float, keep: Path | None = None) -> VirtualRun:
    """Run the flow of the workspace at ``path`` for ``seconds`` of virtual time. ``keep``: where the copy it ran in
    stays, to be looked at. Refused when nothing is drawn, or the drawing follows something that has its own time."""
    with TemporaryDirectory(prefix="workbench-virtual-") as folder:
        copy = keep or Path(folder) / path.name
        _copy(path, copy)
        loop = VirtualLoop()
        try:
            clock = VirtualClock(loop, _start_ms(copy))
            outcome = run_on(loop, _story(copy, clock, seed, seconds))
        finally:
            loop.close()
        return VirtualRun(outcome, digest_of(copy, clock.now_ms() - loop.now_us // 1000))


def _copy(path: Path, to: Path) -> None:
    with BrokerReader(path) as reader:
        reader.backup(to)


def _start_ms(path: Path) -> int:
    """When the run begins: after everything that the file tells of, so that time never goes back."""
    with BrokerReader(path) as reader:
        known = reader.journal_range()
    return EPOCH_MS if known is None else max(EPOCH_MS, (known[1] // 1000 + 1) * 1000)


def run_on(loop: VirtualLoop, story: Coroutine[Any, Any, T]) -> T:
    """``asyncio.run`` on this loop: tasks that are left are cancelled."""
    asyncio.set_event_loop(loop)
    try:
        return loop.run_until_complete(story)
    finally:
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        if left:
            loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        asyncio.set_event_loop(None)


async def _story(path: Path, clock: VirtualClock, seed: int, seconds: float) -> RunOutcome:
    broker = Broker.open(path, clock=clock, background=False, ids=SeededIds(seed))
    broker.store.read(lambda db: db.execute("PRAGMA synchronous = OFF"))  # a copy that nobody would miss
    try:
        document = _drawing(broker)
        runner = FlowRunner(EmbeddedEngine(broker), clock=clock, seed=seed, journal=broker.journal,
                            note_done=broker.note_done, background=False)
        keeping = asyncio.create_task(keep_house(broker)), asyncio.create_task(_retain(broker))
        await runner.apply(document)
        await runner.run(seed)
        await asyncio.sleep(seconds)
        await runner.stop()
        for task in keeping:
            task.cancel()
        return outcome_of(runner.summary(), RunState.STOPPED, runner.drained())
    finally:
        broker.close()


def _drawing(broker: Broker) -> FlowDocument:
    text = broker.flow()
    document = codec.loads(text) if text else FlowDocument()
    if not document.nodes:
        raise Refused("Nothing is drawn in this workspace.",
                      "Draw a flow, or take one with: workbench flow FILE import PATH.")
    followed = [node.name for node in document.nodes if node.params.get("follow")]
    if followed:
        raise Refused("«{followed}» follows a file as it grows, which has its own time.",
                      "Switch following off, or run without --virtual.", followed=followed[0])
    return document


async def keep_house(broker: Broker) -> None:
    """What the housekeeping thread does: a round when it is due, sooner when a deadline came nearer."""
    nearer = asyncio.Event()
    broker.on_deadline(nearer.set)
    while True:
        nearer.clear()
        wait_s = broker.do_maintenance()
        try:
            async with asyncio.timeout(max(wait_s, 0.001)):
                await nearer.wait()
        except TimeoutError:
            pass


async def _retain(broker: Broker) -> None:
    while True:
        await asyncio.sleep(0 if broker.step_retention() else RETENTION_S)
