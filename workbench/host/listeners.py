"""The listeners of a running host: started and stopped by commands, their clients told to the telemetry.

``Listen`` replaces what listens for that protocol; the old address is given up first. Lives on the host's loop. A
listener's code is loaded when it is first wanted, for it may take as long as all the rest of the host.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from workbench.broker import Broker
from workbench.control.messages import Listen, ListUsers, PutUser, RemoveUser, UserList
from workbench.core.changes import Changes
from workbench.core.snapshot import ClientStat
from workbench.host.command_handlers import CommandHandler, CommandHandlers
from workbench.host.protocols import protocol_named
from workbench.host.session import ClientSession
from workbench.listeners.base import AddressTaken, Listener, ListenerSettings, Users, parse_address

MOST_PORTS = 100
"""So many ports are tried where the next free one will do."""


class ListenerCommands:
    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._users = Users(broker)
        self._running: dict[str, Listener] = {}
        self._turn = asyncio.Lock()

    def handlers(self) -> CommandHandlers:
        return {
            Listen: CommandHandler(self._listen),
            PutUser: CommandHandler(self._put_user, Changes.USERS),
            RemoveUser: CommandHandler(self._remove_user, Changes.USERS),
            ListUsers: CommandHandler(self._list_users),
        }

    @property
    def addresses(self) -> dict[str, str]:
        """What to give to clients, by protocol; only of what listens."""
        return {protocol: listener.address for protocol, listener in self._running.items()}

    def clients(self) -> tuple[ClientStat, ...]:
        return tuple(client for listener in self._running.values() for client in listener.clients())

    async def listen(self, command: Listen) -> None:
        """Listen as the command says, or no more when it names no address."""
        protocol = protocol_named(command.protocol)
        settings = None if command.address is None else _settings(command)
        async with self._turn:
            await self._stop(protocol.key)
            if settings is not None:
                self._running[protocol.key] = await self._start(command, settings)

    async def _start(self, command: Listen, settings: ListenerSettings) -> Listener:
        protocol = protocol_named(command.protocol)
        more = min(MOST_PORTS, 65_535 - settings.port) if command.or_next and settings.port else 0
        for further in range(more + 1):
            listener = protocol.make(self._broker, replace(settings, port=settings.port + further))
            try:
                await listener.start()
                return listener
            except AddressTaken:
                if further == more:
                    raise
        raise AssertionError("the last port was taken, or the listener runs")

    async def close(self) -> None:
        async with self._turn:
            for protocol in tuple(self._running):
                await self._stop(protocol)

    async def _stop(self, protocol: str) -> None:
        listener = self._running.pop(protocol, None)
        if listener is not None:
            await listener.stop()

    async def _listen(self, session: ClientSession, command: Listen) -> None:
        await self.listen(command)

    async def _put_user(self, session: ClientSession, command: PutUser) -> None:
        await asyncio.to_thread(self._users.put, command.name, command.password)

    async def _remove_user(self, session: ClientSession, command: RemoveUser) -> None:
        await asyncio.to_thread(self._users.remove, command.name)

    async def _list_users(self, session: ClientSession, command: ListUsers) -> UserList:
        return UserList(tuple(self._users.names()))


def _settings(command: Listen) -> ListenerSettings:
    host, port = parse_address(command.address or "")
    return ListenerSettings(
        host, port, allow_remote=command.allow_remote, users=command.users,
        certificate=Path(command.certificate) if command.certificate else None,
        key=Path(command.key) if command.key else None, advertised=command.advertised,
    )
