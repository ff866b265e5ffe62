"""A drawn producer at work: takes what its source has due and sends it, until it is stopped or its source is over.

    idle --start--> running <--pause/resume--> paused
                       |--> done (the source is over and all is acknowledged)
                       `--> failed (the source can't go on; the reason is a sentence)

One asyncio task; it takes a ``Portion`` of events before it lets others run.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from workbench.core.errors import Invalid, WorkbenchError
from workbench.core.journal import ProducerAct
from workbench.core.snapshot import PartState, ProducerStat
from workbench.runtime.meters import RateMeter
from workbench.runtime.sender import Sender
from workbench.runtime.sources import Source
from workbench.runtime.tempo import Nudge, Portion, Tempo

_LONGEST_WAIT_S = 0.1
_SHORTEST_WAIT_S = 0.004

Report = Callable[[ProducerAct, str], None]
"""Tells the journal: what happened to this producer, and why."""


class Producer:
    def __init__(self, node_id: str, name: str, source: Source, sender: Sender, tempo: Tempo, report: Report) -> None:
        self.node_id = node_id
        self.name = name
        self.source = source
        self.sender = sender
        self.state = PartState.IDLE
        self._tempo = tempo
        self._report = report
        self._reason = ""
        self._paused = False
        self._held = False  # it is about to send elsewhere
        self._steps = 0
        self._nudge = Nudge()
        self._portion = Portion(tempo.clock)
        self._rate = RateMeter()
        self._task: asyncio.Task[None] | None = None

    # -- control -------------------------------------------------------------------------------------------
    def start(self) -> None:
        self.state = PartState.RUNNING
        self._task = asyncio.create_task(self._run(), name=f"producer {self.name}")

    def nudge(self) -> None:
        """Look at once whether there is something to do."""
        self._nudge.now()

    def pause(self) -> None:
        self._paused = True
        self._report("paused", "")

    def resume(self) -> None:
        self._paused = False
        self._nudge.now()
        self._report("resumed", "")

    def step(self) -> None:
        """Send one batch, although the flow is paused."""
        self._steps += 1
        self._nudge.now()

    def set_rate(self, rate: float) -> None:
        if not 0 <= rate <= 1_000_000:
            raise Invalid("A rate can't be {rate:g}.", "Give 0 to 1,000,000 events a second.", rate=rate)
        self.source.set_rate(rate, self._tempo.elapsed_s())
        self._nudge.now()

    async def hold(self) -> None:
        """Send what is in the batches, and nothing more until ``retarget``."""
        self._held = True
        await self.sender.drain()

    async def retarget(self, sender: Sender) -> None:
        """Go on with the next event, by another sender."""
        await self.hold()
        self.sender, self._held = sender, False
        self._nudge.now()

    async def stop(self) -> None:
        """Stop, send what is in the batches, and wait for the answers."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait((self._task,))
        await self.sender.close()
        self.source.close()
        if self.state not in (PartState.DONE, PartState.FAILED):
            self.state = PartState.IDLE

    @property
    def over(self) -> bool:
        """It will send nothing any more, and everything it sent was answered."""
        return self.state in (PartState.DONE, PartState.FAILED) and self.sender.idle

    # -- work ----------------------------------------------------------------------------------------------
    async def _run(self) -> None:
        try:
            while not self.source.done:
                await self._turn()
            await self.sender.drain()
        except WorkbenchError as error:
            self._fail(error.sentence())
        except OSError as error:
            self._fail(f"{self.name} can't go on: {(error.strerror or str(error)).lower()}.")
        else:
            self.state = PartState.DONE
            self._report("done", "")

    def _fail(self, reason: str) -> None:
        self.state = PartState.FAILED
        self._reason = reason
        self._report("failed", reason)

    async def _turn(self) -> None:
        if self._steps and not self._held:
            self._steps -= 1
            self._take_step()
        elif self._paused or self._held or not self._tempo.going:
            self.sender.tick()
            await self._nudge.wait(_LONGEST_WAIT_S if not self.sender.idle else 0.5)
        elif self.sender.clogged:
            await asyncio.sleep(_SHORTEST_WAIT_S)
        else:
            most = self._portion.begin()
            records = self.source.take(self._tempo.elapsed_s(), most)
            self.sender.offer(records)
            self._rate.total += len(records)
            self.sender.tick()
            self._portion.end(len(records))
            if len(records) < most:
                await self._rest()
            else:
                await self._portion.give_way()

    def _take_step(self) -> None:
        records = self.source.force(self._tempo.elapsed_s())
        self.sender.offer(records)
        self._rate.total += len(records)
        self.sender.flush()

    async def _rest(self) -> None:
        """Until about half the gap to the next event, or the next linger."""
        rate = self.source.per_second(self._tempo.elapsed_s()) * self._tempo.speed
        wait_s = 0.5 / rate if rate > 0 else 0.02
        linger_s = self.sender.linger_left_s()
        if linger_s is not None:
            wait_s = min(wait_s, linger_s)
        wait_s = min(max(wait_s, _SHORTEST_WAIT_S), _LONGEST_WAIT_S)
        if wait_s > 0.02:
            await self._nudge.wait(wait_s)
        else:
            await asyncio.sleep(wait_s)

    # -- being watched -------------------------------------------------------------------------------------
    def stat(self) -> ProducerStat:
        tempo = self._tempo
        state = self.state
        if state is PartState.RUNNING and (self._paused or not tempo.going):
            state = PartState.PAUSED
        return ProducerStat(
            self.node_id, self.name, state, self.sender.topic, self._rate.rate(tempo.clock.monotonic_ms()),
            self.source.per_second(tempo.elapsed_s()) * tempo.speed, self.sender.sent, self.sender.failed,
            self.sender.gauge(), self.sender.last_flush, self.source.progress,
            self._reason or self.sender.reason or self.source.trouble, self.sender.recent(),
        )
