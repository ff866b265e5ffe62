"""The host's registry of attached systems: each is looked at while somebody watches, and tried again when it is gone.

    attach ──► connecting ──► ready ──look fails──► failing ──(1, 2, 4 ... 15 s)──► connecting

One task a system; its calls block, so they run on a thread of its own, one at a time, and the loop never waits for
them. What it last saw is a row of the snapshot, with its age. Which systems are attached is kept in the workspace (by
name only); how they are reached is the user's own list (``engines.catalog``).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

from workbench.broker import Broker
from workbench.control.connections import (
    Attach,
    BoundsList,
    BrowseBounds,
    BrowseRecords,
    BrowseTime,
    ConnectionInfo,
    ConnectionList,
    Detach,
    FoundOffset,
    ListConnections,
    RecordPage,
)
from workbench.control.messages import GroupList, TopicList
from workbench.core.changes import Changes
from workbench.core.clock import Clock
from workbench.core.errors import NotFound, Unavailable, WorkbenchError
from workbench.core.records import StoredRecord
from workbench.core.snapshot import AttachedStat
from workbench.engines.base import AttachedBrowse, Connection, LinkState
from workbench.engines.catalog import Catalog, user_catalog
from workbench.engines.registry import connect
from workbench.host.acts import Act, Acts
from workbench.host.attached import group_list, topic_list, topic_stat
from workbench.host.session import ClientSession

MAX_PAGE_BYTES = 8 << 20
LOOK_EVERY_S = 1.0
FIRST_RETRY_S, LAST_RETRY_S = 1.0, 15.0
_KEPT = "attached"
T = TypeVar("T")


class Attachment:
    """One attached system. ``watched`` says whether somebody looks at snapshots."""

    def __init__(self, connection: Connection, clock: Clock, watched: Callable[[], bool]) -> None:
        self._connection = connection
        self._clock = clock
        self._watched = watched
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"attached-{connection.name}")
        self._browse: AttachedBrowse | None = None  # used on that thread only
        self.stat = AttachedStat(connection.name, connection.system, LinkState.CONNECTING)
        self._task = asyncio.create_task(self._follow(), name=f"attached {connection.name}")

    async def ask(self, look: Callable[[AttachedBrowse], T]) -> T:
        """``look`` at the system, on its thread; errors are those of browsing."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: look(self._opened()))

    def _opened(self) -> AttachedBrowse:
        if self._browse is None:
            self._browse = self._connection.browse()
        return self._browse

    async def _follow(self) -> None:
        wait_s = FIRST_RETRY_S
        while True:
            if not self._watched():
                await asyncio.sleep(LOOK_EVERY_S)
                continue
            try:
                self.stat = await self.ask(self._look)
                wait_s = FIRST_RETRY_S
                await asyncio.sleep(LOOK_EVERY_S)
            except WorkbenchError as error:
                self.stat = self._failing(error, wait_s)
                await asyncio.sleep(wait_s)
                wait_s = min(wait_s * 2, LAST_RETRY_S)

    def _look(self, browse: AttachedBrowse) -> AttachedStat:
        shapes = [shape for shape in browse.topics() if not shape.internal]
        bounds = browse.bounds_of([shape.name for shape in shapes])
        topics = tuple(topic_stat(shape, bounds[shape.name]) for shape in shapes)
        return AttachedStat(self._connection.name, self._connection.system, LinkState.READY,
                            about=self._connection.state.about, as_of_ms=self._clock.now_ms(), topics=topics,
                            groups=tuple(browse.group_stats()))  # fmt: skip

    def _failing(self, error: WorkbenchError, wait_s: float) -> AttachedStat:
        """What was seen last stays, with its age."""
        seen, next_ms = self.stat, self._clock.now_ms() + int(wait_s * 1000)
        tried = next_ms if isinstance(error, Unavailable) else None
        return AttachedStat(seen.name, seen.system, LinkState.FAILING, error.sentence(), tried, seen.about,
                            seen.as_of_ms, seen.topics, seen.groups)  # fmt: skip

    async def close(self) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        await asyncio.get_running_loop().run_in_executor(self._thread, self._let_go)
        self._thread.shutdown(wait=False)

    def _let_go(self) -> None:
        if self._browse is not None:
            self._browse.close()
        self._connection.close()


class Connections:
    """The acts, and the rows of the snapshot. Lives on the host's loop."""

    def __init__(self, broker: Broker, watched: Callable[[], bool], catalog: Catalog | None = None) -> None:
        self._broker = broker
        self._watched = watched
        self._catalog = catalog or user_catalog()
        self._attached: dict[str, Attachment] = {}

    def acts(self) -> Acts:
        changes = Changes.TOPICS | Changes.GROUPS
        return {
            ListConnections: Act(self._list),
            Attach: Act(self._attach, changes),
            Detach: Act(self._detach, changes),
            BrowseBounds: Act(self._bounds),
            BrowseRecords: Act(self._records),
            BrowseTime: Act(self._time),
        }

    def stats(self) -> tuple[AttachedStat, ...]:
        return tuple(attachment.stat for attachment in self._attached.values())

    def take_up(self) -> None:
        """Attach what this workspace looked at when it was open before; a name that is gone is passed over."""
        for name in json.loads(self._broker.meta(_KEPT) or "[]"):
            with suppress(WorkbenchError):
                self._open(name)

    async def close(self) -> None:
        attached, self._attached = list(self._attached.values()), {}
        await asyncio.gather(*(attachment.close() for attachment in attached))

    async def topics(self, connection: str, name: str) -> TopicList:
        return await self._of(connection).ask(lambda browse: topic_list(browse, name))

    async def groups(self, connection: str) -> GroupList:
        return await self._of(connection).ask(group_list)

    # -- acts ------------------------------------------------------------------------------------------------
    async def _list(self, session: ClientSession, command: ListConnections) -> ConnectionList:
        return ConnectionList(tuple(
            ConnectionInfo(spec.name, spec.system, spec.address, spec.writable, spec.name in self._attached)
            for spec in self._catalog.all()
        ))  # fmt: skip

    async def _attach(self, session: ClientSession, command: Attach) -> None:
        if command.connection not in self._attached:
            self._open(command.connection)
            await self._keep()

    def _open(self, name: str) -> None:
        self._attached[name] = Attachment(connect(self._catalog.get(name)), self._broker.clock, self._watched)

    async def _detach(self, session: ClientSession, command: Detach) -> None:
        await self._of(command.connection).close()
        del self._attached[command.connection]
        await self._keep()

    async def _keep(self) -> None:
        await asyncio.to_thread(self._broker.set_meta, _KEPT, json.dumps(sorted(self._attached)))

    async def _bounds(self, session: ClientSession, command: BrowseBounds) -> BoundsList:
        topic, decided = command.topic, command.decided
        found = await self._of(command.connection).ask(
            lambda browse: browse.stable_bounds(topic) if decided else browse.bounds(topic)
        )
        return BoundsList(tuple(found))

    async def _records(self, session: ClientSession, command: BrowseRecords) -> RecordPage:
        found = await self._of(command.connection).ask(
            lambda browse: browse.read(command.topic, command.partition, command.offset, command.max_records)
        )
        return RecordPage(tuple(_bounded(found)))

    async def _time(self, session: ClientSession, command: BrowseTime) -> FoundOffset:
        return FoundOffset(await self._of(command.connection).ask(
            lambda browse: browse.offset_for_time(command.topic, command.partition, command.ms)
        ))  # fmt: skip

    def _of(self, name: str) -> Attachment:
        if name not in self._attached:
            raise NotFound(f"@{name} is not attached to this workspace.", "Attach it first.")
        return self._attached[name]


def _bounded(records: Sequence[StoredRecord]) -> list[StoredRecord]:
    """As many as fit a page, one at least."""
    found, size = [], 0
    for record in records:
        size += record.size_bytes
        if found and size > MAX_PAGE_BYTES:
            break
        found.append(record)
    return found
