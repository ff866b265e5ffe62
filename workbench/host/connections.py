"""The host's registry of attached systems: the acts of attaching and looking, and the rows of the snapshot.

Which systems are attached is kept in the workspace (by name only); how they are reached is the user's own list
(``engines.catalog``). Each is followed by an ``Attachment``. One that can't even be tried (nobody knows its name any
more, its library is missing) is a row that says so, and stays. Lives on the host's loop, which waits for no system.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from contextlib import closing

from workbench.broker import Broker
from workbench.control.connections import (
    AddConnection,
    Attach,
    BoundsList,
    BrowseBounds,
    BrowseEach,
    BrowseRecords,
    BrowseTime,
    BrowseTimeBounds,
    BrowseTimes,
    ConnectionInfo,
    ConnectionList,
    Detach,
    FoundOffset,
    FoundOffsets,
    FoundTimes,
    ListConnections,
    Reached,
    RecordPage,
    RemoveConnection,
    TryConnection,
)
from workbench.control.messages import GroupList, TopicList
from workbench.core.errors import NotFound, Refused, WorkbenchError
from workbench.core.records import StoredRecord
from workbench.core.snapshot import AttachedStat
from workbench.engines.base import LinkState
from workbench.engines.catalog import Catalog, ConnectionSpec, check, user_catalog
from workbench.engines.registry import connect, system_of
from workbench.host.attached import group_list, topic_list
from workbench.host.attachment import Attachment
from workbench.host.command_handlers import CommandHandler, CommandHandlers
from workbench.host.session import ClientSession

MAX_PAGE_BYTES = 8 << 20
CLOSE_S = 2.0
_KEPT = "attached"


class Connections:
    """See the module."""

    def __init__(self, broker: Broker, watched: Callable[[], bool], catalog: Catalog | None = None) -> None:
        self._broker = broker
        self._watched = watched
        self._catalog = catalog or user_catalog()
        self._attached: dict[str, Attachment] = {}
        self._broken: dict[str, AttachedStat] = {}
        self._closing: set[asyncio.Task[None]] = set()

    def handlers(self) -> CommandHandlers:
        return {
            ListConnections: CommandHandler(self._list),
            AddConnection: CommandHandler(self._add),
            TryConnection: CommandHandler(self._try),
            RemoveConnection: CommandHandler(self._remove),
            Attach: CommandHandler(self._attach),
            Detach: CommandHandler(self._detach),
            BrowseBounds: CommandHandler(self._bounds),
            BrowseRecords: CommandHandler(self._records),
            BrowseTime: CommandHandler(self._time),
            BrowseTimes: CommandHandler(self._times),
            BrowseTimeBounds: CommandHandler(self._time_bounds),
            BrowseEach: CommandHandler(self._each),
        }

    def stats(self) -> tuple[AttachedStat, ...]:
        found = {name: attachment.stat for name, attachment in self._attached.items()} | self._broken
        return tuple(found[name] for name in sorted(found))

    def take_up(self) -> None:
        """Attach what this workspace looked at when it was open before."""
        for name in json.loads(self._broker.meta(_KEPT) or "[]"):
            try:
                self._open(name)
            except WorkbenchError as error:
                self._broken[name] = AttachedStat(name, "", LinkState.FAILING, error.sentence())

    async def close(self) -> None:
        """A call that still waits for its system is given up; its thread ends by itself."""
        attached, self._attached = list(self._attached.values()), {}
        closing_ = [asyncio.create_task(attachment.close()) for attachment in attached]
        if waiting := [*closing_, *self._closing]:
            await asyncio.wait(waiting, timeout=CLOSE_S)

    async def topics(self, connection: str, name: str) -> TopicList:
        return await self._of(connection).ask(lambda browse: topic_list(browse, name))

    async def groups(self, connection: str) -> GroupList:
        return await self._of(connection).ask(group_list)

    # -- acts ------------------------------------------------------------------------------------------------
    async def _list(self, session: ClientSession, command: ListConnections) -> ConnectionList:
        known = self._attached.keys() | self._broken.keys()
        return ConnectionList(tuple(
            ConnectionInfo(spec.name, spec.system, spec.address, spec.writable, spec.name in known, dict(spec.options))
            for spec in self._catalog.all()
        ))

    async def _add(self, session: ClientSession, command: AddConnection) -> None:
        spec = ConnectionSpec(command.name, command.system, command.address, command.options, command.writable)
        system_of(spec.system)
        await asyncio.to_thread(self._catalog.add, spec)

    async def _try(self, session: ClientSession, command: TryConnection) -> Reached:
        spec = ConnectionSpec(command.name, command.system, command.address, command.options)
        check(spec)

        def reach() -> str:
            with closing(connect(spec)) as connection:
                connection.open()
                return connection.state.about

        return Reached(await asyncio.to_thread(reach))

    async def _remove(self, session: ClientSession, command: RemoveConnection) -> None:
        if command.connection in self._attached:
            raise Refused("@{connection} is attached to this workspace.", "Detach it first.",
                          connection=command.connection)
        await asyncio.to_thread(self._catalog.remove, command.connection)

    async def _attach(self, session: ClientSession, command: Attach) -> None:
        if command.connection in self._attached:
            self._attached[command.connection].try_now()
            return
        self._open(command.connection)
        self._broken.pop(command.connection, None)
        await self._keep()

    def _open(self, name: str) -> None:
        self._attached[name] = Attachment(connect(self._catalog.get(name)), self._broker.clock, self._watched)

    async def _detach(self, session: ClientSession, command: Detach) -> None:
        """At once, also while a call waits for the system."""
        if self._broken.pop(command.connection, None) is None:
            self._of(command.connection)
            task = asyncio.create_task(self._attached.pop(command.connection).close())
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)
        await self._keep()

    async def _keep(self) -> None:
        names = json.dumps(sorted(self._attached.keys() | self._broken.keys()))
        await asyncio.to_thread(self._broker.set_meta, _KEPT, names)

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
        ))

    async def _times(self, session: ClientSession, command: BrowseTimes) -> FoundOffsets:
        return FoundOffsets(dict(await self._of(command.connection).ask(
            lambda browse: browse.offsets_for_time(command.topic, command.ms)
        )))

    async def _time_bounds(self, session: ClientSession, command: BrowseTimeBounds) -> FoundTimes:
        return FoundTimes(dict(await self._of(command.connection).ask(
            lambda browse: browse.time_bounds(command.topic)
        )))

    async def _each(self, session: ClientSession, command: BrowseEach) -> RecordPage:
        return RecordPage(tuple(await self._of(command.connection).ask(
            lambda browse: browse.read_each(command.topic, command.offsets, command.max_records)
        )))

    def _of(self, name: str) -> Attachment:
        if name not in self._attached:
            raise NotFound("@{name} is not attached to this workspace.", "Attach it first.", name=name)
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
