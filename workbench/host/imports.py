"""Imports that clients bring. Lives on the host's loop; what waits for the disk goes off it.

An import belongs to the client that began it: when that goes, also by being killed, nothing of it stays.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from workbench.broker import Broker
from workbench.control.transfers import (
    AbortImport,
    BeginImport,
    CommitImport,
    ImportBegun,
    ImportCommitted,
    StageBatch,
    StageTopic,
)
from workbench.core.errors import NotFound
from workbench.flow import codec
from workbench.host.command_handlers import CommandHandler, CommandHandlers
from workbench.host.session import ClientSession


class ImportCommands:
    """``follow`` takes up the drawing that the file holds now."""

    def __init__(self, broker: Broker, follow: Callable[[], Awaitable[None]]) -> None:
        self._broker = broker
        self._imports = broker.imports
        self._follow = follow

    def handlers(self) -> CommandHandlers:
        return {
            BeginImport: CommandHandler(self._begin),
            StageTopic: CommandHandler(self._stage_topic),
            StageBatch: CommandHandler(self._stage_batch),
            CommitImport: CommandHandler(self._commit),
            AbortImport: CommandHandler(self._abort),
        }

    async def leave(self, session: ClientSession) -> None:
        """The client is gone: what it had begun is taken back."""
        for number in tuple(session.imports):
            session.imports.discard(number)
            await asyncio.to_thread(self._imports.abort, number)

    async def _begin(self, session: ClientSession, command: BeginImport) -> ImportBegun:
        number = await asyncio.to_thread(self._imports.begin, command.digest, command.source, command.again)
        session.imports.add(number)
        return ImportBegun(number)

    async def _stage_topic(self, session: ClientSession, command: StageTopic) -> None:
        self._own(session, command.number)
        await asyncio.to_thread(self._imports.stage_topic, command.number, command.shape)

    async def _stage_batch(self, session: ClientSession, command: StageBatch) -> None:
        self._own(session, command.number)
        await asyncio.to_thread(self._imports.stage_batch, command.number, command.topic, command.partition,
                                command.batch, command.appended_ms)

    async def _commit(self, session: ClientSession, command: CommitImport) -> ImportCommitted:
        self._own(session, command.number)
        if command.shape is not None and command.shape.flow:
            codec.loads(command.shape.flow)
        before = self._broker.flow()
        done = await asyncio.to_thread(self._imports.commit, command.number, command.shape)
        session.imports.discard(command.number)
        if self._broker.flow() != before:
            await self._follow()
        return ImportCommitted(*done)

    async def _abort(self, session: ClientSession, command: AbortImport) -> None:
        self._own(session, command.number)
        session.imports.discard(command.number)
        await asyncio.to_thread(self._imports.abort, command.number)

    @staticmethod
    def _own(session: ClientSession, number: int) -> None:
        if number not in session.imports:
            raise NotFound("This import is not open.", "Begin a new one.")
