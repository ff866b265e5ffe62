"""The service: everything a client may ask of a workspace, behind one ``handle``. Lives on the host's loop.

It owns broker, engine, runner and telemetry from ``open`` to ``close``; rooms of acts (topics, groups, consumers,
flow) do the work. Invariant: a reply is sent after what it says is committed, and an error that leaves here is a
sentence of ``core.errors``.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from workbench import __version__
from workbench.broker import Broker
from workbench.control.command import Command, Done
from workbench.control.messages import (
    HostInfo,
    Push,
    SaveAs,
    SetBookmark,
    Shutdown,
    Status,
    Subscribe,
    TakeSnapshot,
    Want,
)
from workbench.core.changes import Changes
from workbench.core.clock import Clock
from workbench.core.errors import FileError, Invalid, Unsupported, WorkbenchError
from workbench.core.journal import BookmarkEntry
from workbench.core.snapshot import HostStat, Snapshot
from workbench.engines.embedded import EmbeddedEngine
from workbench.host.command_handlers import CommandHandler, CommandHandlers
from workbench.host.connections import Connections
from workbench.host.consumers import ConsumerCommands
from workbench.host.exchanges import ExchangeCommands
from workbench.host.flow import FlowCommands
from workbench.host.groups import GroupCommands
from workbench.host.imports import ImportCommands
from workbench.host.listeners import ListenerCommands
from workbench.host.queues import QueueCommands
from workbench.host.schemas import SchemaCommands
from workbench.host.session import ClientSession
from workbench.host.space import SpaceCommands
from workbench.host.stores import StoreCommands
from workbench.host.telemetry import Telemetry
from workbench.host.topics import TopicCommands
from workbench.runtime import FlowRunner

log = logging.getLogger(__name__)


class Service:
    """See the module. ``shutdown_asked`` is set when a client asks for the end."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._clock = broker.clock
        self.listeners = ListenerCommands(broker)
        self._started_ms = self._clock.now_ms()
        self.shutdown_asked = asyncio.Event()
        self.of_window = False  # whether a window started this host, and takes it along when it closes
        self.sessions: set[ClientSession] = set()
        engine = EmbeddedEngine(broker)
        self._runner = FlowRunner(engine, clock=self._clock, journal=broker.journal, note_done=broker.note_done)
        host = HostStat(pid=os.getpid(), started_ms=self._started_ms)
        self._connections = Connections(broker, lambda: any(session.hz for session in self.sessions))
        self._telemetry = Telemetry(broker, self._runner, host, self.listeners, self._connections.stats)
        self._consumers = ConsumerCommands(broker, engine)
        self._queues = QueueCommands(broker)
        self._flow = FlowCommands(broker, self._runner, self._telemetry)
        self._imports = ImportCommands(broker, self._flow.load)
        self._handlers: CommandHandlers = (
            TopicCommands(broker, self._telemetry, self._connections).handlers()
            | GroupCommands(broker, self._runner, self._telemetry, self._connections).handlers()
            | self._consumers.handlers()
            | self._queues.handlers()
            | ExchangeCommands(broker).handlers()
            | StoreCommands(broker, self._runner).handlers()
            | SchemaCommands(broker).handlers()
            | SpaceCommands(broker).handlers()
            | self._flow.handlers()
            | self._imports.handlers()
            | self.listeners.handlers()
            | self._connections.handlers()
            | self._own_handlers()
        )
        self._pushing: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, path: Path, *, clock: Clock | None = None,
                   reading_if: tuple[type[FileError], ...] = ()) -> Self:
        """Open the workspace (as ``Broker.open`` does) and take up its drawing."""
        broker = Broker.open(path, clock=clock, reading_if=reading_if)
        service = cls(broker)
        try:
            await service._flow.load()
        except WorkbenchError as error:  # the drawing can't be read: the log and the groups are served all the same
            log.warning("the drawing of %s can't be taken up: %s", path, error.sentence())
        service._connections.take_up()
        service._pushing = asyncio.create_task(service._telemetry.push(service.sessions), name="telemetry")
        return service

    async def close(self) -> None:
        """Stop the flow in order, then let go of the file."""
        if self._pushing is not None:
            self._pushing.cancel()
            with suppress(asyncio.CancelledError):
                await self._pushing
        try:
            await self.listeners.close()
            await self._connections.close()
            await self._runner.stop()
        finally:
            self._broker.close()

    def info(self) -> HostInfo:
        return HostInfo(os.getpid(), str(self._broker.path), __version__, self._started_ms, self.listeners.addresses)

    # -- clients -------------------------------------------------------------------------------------------
    def enter(self, session: ClientSession) -> None:
        self.sessions.add(session)

    async def leave(self, session: ClientSession) -> None:
        """The client is gone: what it held open is closed."""
        self.sessions.discard(session)
        await self._queues.leave(session)
        await self._imports.leave(session)
        try:
            await self._consumers.leave(session)
        except WorkbenchError as error:
            log.info("a consumer of a client that left: %s", error.sentence())

    async def handle(self, session: ClientSession, command: Command) -> Any:
        """Do a command and return its reply struct."""
        act = self._handlers.get(type(command))
        if act is None:
            raise Unsupported("The host does not know the command {name}.", "Is the window newer?",
                              name=type(command).__name__)
        try:
            reply = await act.do(session, command)
        except WorkbenchError:
            raise
        except sqlite3.Error as error:
            raise self._broker.file_error(error) from error
        except Exception as error:
            log.exception("unforeseen in %s", type(command).__name__)
            what = f"{type(error).__name__}: {error}"
            raise WorkbenchError("The host met an error it did not foresee ({what}).", "Try again.",
                                 what=what) from error
        if act.changes:
            self._tell(act.changes)
        return Done() if reply is None else reply

    def _tell(self, changes: Changes) -> None:
        push = Push(changes=changes.value)
        for session in self.sessions:
            if session.hz:
                session.push(push)

    # -- the service's own acts ----------------------------------------------------------------------------
    def _own_handlers(self) -> CommandHandlers:
        return {
            Status: CommandHandler(self._status),
            Subscribe: CommandHandler(self._subscribe),
            Want: CommandHandler(self._want),
            TakeSnapshot: CommandHandler(self._take_snapshot),
            SetBookmark: CommandHandler(self._set_bookmark),
            SaveAs: CommandHandler(self._save_as),
            Shutdown: CommandHandler(self._shutdown),
        }

    async def _status(self, session: ClientSession, command: Status) -> HostInfo:
        return self.info()

    async def _subscribe(self, session: ClientSession, command: Subscribe) -> None:
        self._telemetry.subscribe(session, command.hz)

    async def _want(self, session: ClientSession, command: Want) -> None:
        self._telemetry.want(session, command.wanted)

    async def _take_snapshot(self, session: ClientSession, command: TakeSnapshot) -> Snapshot:
        return self._telemetry.snapshot()

    async def _set_bookmark(self, session: ClientSession, command: SetBookmark) -> None:
        self._broker.journal(BookmarkEntry(self._clock.now_ms(), text=command.text, marked_ms=command.at_ms))

    async def run(self) -> None:
        """Run the drawn flow."""
        await self._runner.run()

    async def _save_as(self, session: ClientSession, command: SaveAs) -> None:
        target = Path(command.path)
        if target.resolve() == self._broker.path.resolve():
            raise Invalid("A workspace can't be saved over itself.", "Choose another name.")
        await asyncio.to_thread(self._broker.backup, target)

    async def _shutdown(self, session: ClientSession, command: Shutdown) -> None:
        if self.of_window or not command.of_window:
            self.shutdown_asked.set()
