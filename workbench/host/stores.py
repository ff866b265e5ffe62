"""What clients ask about stores: look a key up, begin and end an outage. Lives on the host's loop."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from workbench.broker import Broker
from workbench.control.stores import ControlStore, ReadStore, StoreFound
from workbench.core.errors import Refused
from workbench.core.snapshot import StoreStat
from workbench.host.command_handlers import CommandHandler, CommandHandlers
from workbench.host.session import ClientSession
from workbench.runtime import FlowRunner


class StoreCommands:
    def __init__(self, broker: Broker, runner: FlowRunner) -> None:
        self._broker = broker
        self._runner = runner

    def handlers(self) -> CommandHandlers:
        return {ReadStore: CommandHandler(self._read), ControlStore: CommandHandler(self._control)}

    async def _read(self, session: ClientSession, command: ReadStore) -> StoreFound:
        gate = self._runner.stores.named(command.store)
        if gate is not None and gate.down_ms:
            self._broker.stores.refuse(command.store, 1)
            raise Refused("The store {store} is down.", "It comes back in {down_ms:.1f} s.", store=command.store,
                          down_ms=gate.down_ms / 1000)
        return StoreFound(await asyncio.to_thread(self._broker.stores.get, command.store, command.key))

    async def _control(self, session: ClientSession, command: ControlStore) -> None:
        self._runner.control_store(command.node_id, command.refuse_s)


def seen_stores(broker: Broker, runner: FlowRunner) -> tuple[StoreStat, ...]:
    """The stores with their counts, and what the flow says of the drawn ones."""
    gates = runner.stores.stats()
    nothing = (0.0, 0)
    told = ((stat, *gates.get(stat.name, nothing)) for stat in broker.stores.stats())
    return tuple(replace(stat, capacity=capacity, down_ms=down_ms) for stat, capacity, down_ms in told)
