"""The Kafka listener of a running host: started and stopped by commands, its clients told to the telemetry.

``ListenKafka`` replaces what listens; the old address is given up first. Lives on the host's loop. The listener's code
is loaded when it is first wanted, for it takes as long as all the rest of the host.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.broker import Broker
from workbench.control.messages import KafkaUsers, ListenKafka, ListKafkaUsers, PutKafkaUser, RemoveKafkaUser
from workbench.core.changes import Changes
from workbench.core.snapshot import ClientStat
from workbench.host.acts import Act, Acts
from workbench.host.session import ClientSession

if TYPE_CHECKING:
    from workbench.listeners.kafka import KafkaListener, ListenerSettings, Users


class KafkaActs:
    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._listener: KafkaListener | None = None
        self._turn = asyncio.Lock()

    def acts(self) -> Acts:
        return {
            ListenKafka: Act(self._listen, Changes.HOST),
            PutKafkaUser: Act(self._put_user, Changes.HOST),
            RemoveKafkaUser: Act(self._remove_user, Changes.HOST),
            ListKafkaUsers: Act(self._list_users),
        }

    @property
    def address(self) -> str | None:
        """HOST:PORT to give to clients; None while nothing listens."""
        return None if self._listener is None else self._listener.address

    def clients(self) -> tuple[ClientStat, ...]:
        return () if self._listener is None else self._listener.clients()

    async def listen(self, command: ListenKafka) -> None:
        """Listen as the command says, or no more when it names no address."""
        from workbench.listeners.kafka import KafkaListener

        async with self._turn:
            await self._stop()
            if command.address is not None:
                listener = KafkaListener(self._broker, _settings(command))
                await listener.start()
                self._listener = listener

    async def close(self) -> None:
        async with self._turn:
            await self._stop()

    async def _stop(self) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            await listener.stop()

    async def _listen(self, session: ClientSession, command: ListenKafka) -> None:
        await self.listen(command)

    async def _put_user(self, session: ClientSession, command: PutKafkaUser) -> None:
        await asyncio.to_thread(self._users().put, command.name, command.password)

    async def _remove_user(self, session: ClientSession, command: RemoveKafkaUser) -> None:
        await asyncio.to_thread(self._users().remove, command.name)

    async def _list_users(self, session: ClientSession, command: ListKafkaUsers) -> KafkaUsers:
        return KafkaUsers(tuple(self._users().names()))

    def _users(self) -> Users:
        from workbench.listeners.kafka import Users

        return Users(self._broker)


def _settings(command: ListenKafka) -> ListenerSettings:
    from workbench.listeners.kafka import ListenerSettings, parse_address

    host, port = parse_address(command.address or "")
    return ListenerSettings(
        host, port, allow_remote=command.allow_remote, sasl=command.sasl,
        certificate=Path(command.certificate) if command.certificate else None,
        key=Path(command.key) if command.key else None, advertised=command.advertised,
    )  # fmt: skip
