"""A run of the drawn flow on an attached system: its topics are made there, its producers and groups work there.

The drawing is taken from the workspace file, which is only read and does not learn of the run. Blocking, one thread;
the flow runs on a loop of its own, which turns only while a call of this class does. So an interrupt ends the waiting,
and the flow is stopped in order after it.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Self

from workbench.broker import BrokerReader
from workbench.control.messages import RunOutcome
from workbench.core.errors import Refused
from workbench.core.snapshot import RunState
from workbench.engines.catalog import ConnectionSpec
from workbench.engines.registry import engine_of
from workbench.flow import codec
from workbench.flow.document import FlowDocument
from workbench.host.outcome import outcome_of
from workbench.runtime import FlowRunner
from workbench.runtime.translation import Translation, translate

_LOOK_EVERY_S = 0.1


class AttachedRun:
    """``translation`` says what is about to happen, before anything does."""

    def __init__(self, path: Path, spec: ConnectionSpec, seed: int | None = None) -> None:
        document = _drawing(path)
        self._name = spec.name
        self._engine = engine_of(spec)
        self._loop = asyncio.Runner()
        try:
            self.translation: Translation = self._loop.run(self._translated(document))
        except BaseException:
            self.close()
            raise
        self._seed = seed
        self._runner = FlowRunner(self._engine, seed=seed)

    async def _translated(self, document: FlowDocument) -> Translation:
        await self._engine.open()
        return translate(document, self._engine, await self._engine.topics())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Make what is missing, and let everything run; ``Refused`` where nothing of the drawing can."""
        if not self.translation.works:
            raise Refused("Nothing of this drawing runs on @{name}.", "--dry-run says why, part by part.",
                          name=self._name)
        self._loop.run(self._started())

    async def _started(self) -> None:
        await self._runner.apply(self.translation.document)
        await self._runner.run(self._seed)

    def wait(self, seconds: float | None, until_drained: bool) -> None:
        """For so long, or until nothing will happen any more; else until somebody interrupts."""
        self._loop.run(self._waited(seconds, until_drained))

    async def _waited(self, seconds: float | None, until_drained: bool) -> None:
        loop = asyncio.get_running_loop()
        until_s = None if seconds is None else loop.time() + seconds
        while (until_s is None or loop.time() < until_s) and not (until_drained and self._runner.drained()):
            left_s = _LOOK_EVERY_S if until_s is None else until_s - loop.time()
            await asyncio.sleep(max(0.0, min(_LOOK_EVERY_S, left_s)))

    def stop(self) -> RunOutcome:
        """In order: producers send what they hold, members commit and leave."""
        drained = self._runner.drained()
        self._loop.run(self._runner.stop())
        return outcome_of(self._runner.summary(), RunState.STOPPED, drained)

    def remove_made(self) -> tuple[str, ...]:
        """Take away what this run made there."""
        return tuple(self._loop.run(self._removed()))

    async def _removed(self) -> list[str]:
        return list(await self._engine.remove_made())

    def close(self) -> None:
        with self._loop as loop:
            loop.run(self._closed())

    async def _closed(self) -> None:
        await self._engine.close()


def _drawing(path: Path) -> FlowDocument:
    with BrokerReader(path) as reader:
        text = reader.flow()
    document = codec.loads(text) if text else FlowDocument()
    if not document.nodes:
        raise Refused("Nothing is drawn in {path}.", "Draw a flow, or take one with «workbench flow FILE import».",
                      path=path)
    return document
