"""One attached system: it is looked at while somebody watches, and tried again when it is gone.

    attach ──► connecting ──► ready ──look fails──► failing ──(1, 2, 4 ... 15 s)──► connecting
                                └────── refused ──► failing, until somebody asks to try it again

Its calls block, so they run on two threads of its own: one looks at it again and again, one answers those who browse.
Neither waits for the other, the loop for none. What was seen last is ``stat``, with its age. While the system is known
to be out of reach, whoever asks is told so at once. Lives on the host's loop.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import TypeVar

from workbench.core.capabilities import ACTS, CHANGES
from workbench.core.clock import Clock
from workbench.core.errors import Invalid, NotFound, Refused, Unavailable, Unsupported, WorkbenchError
from workbench.core.snapshot import AttachedStat, TopicStat
from workbench.engines.base import AttachedBrowse, Connection, LinkState
from workbench.host.attached import topic_stat

LOOK_EVERY_S = 1.0
MAX_SHARE = 0.2
"""The most of a thread's time that looking may take: a large system is looked at less often."""
FIRST_RETRY_S, LAST_RETRY_S = 1.0, 15.0
T = TypeVar("T")


class _Side:
    """A thread with a way of its own to browse."""

    def __init__(self, connection: Connection, name: str) -> None:
        self._connection = connection
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"attached-{connection.name}-{name}")
        self._browse: AttachedBrowse | None = None  # used on that thread only

    async def ask(self, look: Callable[[AttachedBrowse], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: look(self._opened()))

    def _opened(self) -> AttachedBrowse:
        if self._browse is None:
            self._browse = self._connection.browse()
        return self._browse

    def renew(self) -> None:
        """Begin anew with the next question; not waited for."""
        self._thread.submit(self._let_go)

    async def close(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._let_go)
        self._thread.shutdown(wait=False)

    def _let_go(self) -> None:
        if self._browse is not None:
            self._browse.close()
            self._browse = None


def _in_the_window(connection: Connection, act: str) -> str:
    """The window has no gestures so far that change an attached system; the command line has verbs."""
    return f"The window only looks at @{connection.name}: write to it from the command line." * (act in CHANGES)


class Attachment:
    """See the module. ``watched`` says whether somebody looks at snapshots."""

    def __init__(self, connection: Connection, clock: Clock, watched: Callable[[], bool]) -> None:
        self._connection = connection
        self._clock = clock
        self._watched = watched
        self._looking, self._reading = _Side(connection, "look"), _Side(connection, "read")
        self._now = asyncio.Event()
        self._took_s = 0.0
        lacks = tuple((act, why) for act in ACTS if (why := connection.lacks(act) or _in_the_window(connection, act)))
        self.stat = AttachedStat(connection.name, connection.system, LinkState.CONNECTING, lacks=lacks)
        self._task = asyncio.create_task(self._follow(), name=f"attached {connection.name}")

    async def ask(self, look: Callable[[AttachedBrowse], T]) -> T:
        """``look`` at the system; errors are those of browsing."""
        if self.stat.state == LinkState.FAILING:
            raise Unavailable("@{name} is out of reach. {reason}", name=self.stat.name, reason=self.stat.reason)
        return await self._reading.ask(look)

    def try_now(self) -> None:
        """Do not wait for the next try."""
        if self.stat.state == LinkState.FAILING:
            self.stat = replace(self.stat, state=LinkState.CONNECTING, reason="", next_try_ms=None)
        self._now.set()

    async def _follow(self) -> None:
        retry_s = FIRST_RETRY_S
        while True:
            if not self._watched():
                await self._wait(LOOK_EVERY_S)
                continue
            if self.stat.state == LinkState.FAILING:
                self.stat = replace(self.stat, next_try_ms=0)
            try:
                self.stat = await self._looking.ask(self._look)
                retry_s = FIRST_RETRY_S
                await self._wait(max(LOOK_EVERY_S, self._took_s * (1 / MAX_SHARE - 1)))
            except NotFound:  # a topic was deleted between two questions
                await self._wait(LOOK_EVERY_S)
            except WorkbenchError as error:
                later = not isinstance(error, Refused | Unsupported | Invalid)
                self.stat = self._failing(error, retry_s if later else None)
                await self._renew()
                await self._wait(retry_s if later else None)
                retry_s = min(retry_s * 2, LAST_RETRY_S)

    async def _renew(self) -> None:
        """What a client library remembers of a system that was killed can keep it from finding the new one."""
        self._reading.renew()
        self._looking.renew()
        await asyncio.to_thread(self._connection.close)

    async def _wait(self, at_most_s: float | None) -> None:
        self._now.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(at_most_s):
                await self._now.wait()

    def _look(self, browse: AttachedBrowse) -> AttachedStat:
        began_s = time.monotonic()
        shapes = [shape for shape in browse.topics() if not shape.internal]
        bounds = browse.bounds_of([shape.name for shape in shapes])
        now_ms = self._clock.now_ms()
        topics = self._with_rates([topic_stat(shape, bounds[shape.name]) for shape in shapes], now_ms)
        groups = tuple(browse.group_stats())
        self._took_s = time.monotonic() - began_s
        return replace(self.stat, state=LinkState.READY, reason="", next_try_ms=None,
                       about=self._connection.state.about, as_of_ms=now_ms, topics=topics, groups=groups,
                       counts=browse.counts_are())

    def _with_rates(self, topics: Sequence[TopicStat], now_ms: int) -> tuple[TopicStat, ...]:
        """Records a second since the last look; none when that is long ago."""
        seconds = (now_ms - self.stat.as_of_ms) / 1000
        if not 0 < seconds < LAST_RETRY_S:
            return tuple(topics)
        ends = {topic.name: sum(part.end for part in topic.partitions) for topic in self.stat.topics}
        grown = {topic.name: sum(part.end for part in topic.partitions) - ends.get(topic.name, 0) for topic in topics}
        return tuple(
            replace(topic, rate_in=max(0, grown[topic.name]) / seconds)
            if topic.name in ends and topic.kind == "stream" else topic  # a queue's length does not tell what came
            for topic in topics
        )

    def _failing(self, error: WorkbenchError, wait_s: float | None) -> AttachedStat:
        """What was seen last stays, with its age."""
        tried = None if wait_s is None else self._clock.now_ms() + int(wait_s * 1000)
        return replace(self.stat, state=LinkState.FAILING, reason=error.sentence(), next_try_ms=tried)

    async def close(self) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        await asyncio.gather(self._looking.close(), self._reading.close())
        self._connection.close()
