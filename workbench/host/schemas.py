"""What clients do to registered schemas: register, delete, set the level. Lives on the host's loop, works beside it."""

from __future__ import annotations

import asyncio

from workbench.broker import Broker
from workbench.control.schemas import (
    DeleteSchemas,
    RegisterSchema,
    SchemaRegistered,
    SchemaVersionsGone,
    SetCompatibility,
)
from workbench.core.changes import Changes
from workbench.host.command_handlers import CommandHandler, CommandHandlers
from workbench.host.session import ClientSession


class SchemaCommands:
    """The rules are imported when they are first wanted: they bring all kinds of schemas with them."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    def handlers(self) -> CommandHandlers:
        return {
            RegisterSchema: CommandHandler(self._register, Changes.SCHEMAS),
            DeleteSchemas: CommandHandler(self._delete, Changes.SCHEMAS),
            SetCompatibility: CommandHandler(self._set_level, Changes.SCHEMAS),
        }

    async def _register(self, session: ClientSession, command: RegisterSchema) -> SchemaRegistered:
        def act() -> SchemaRegistered:
            from workbench.session.schemas import Draft, Registry

            found = Registry(self._broker.schemas).register(command.subject, Draft(command.schema))
            return SchemaRegistered(found.version.subject, found.version.version, found.id, found.is_new)

        return await asyncio.to_thread(act)

    async def _delete(self, session: ClientSession, command: DeleteSchemas) -> SchemaVersionsGone:
        def act() -> SchemaVersionsGone:
            from workbench.session.schemas import Registry

            registry = Registry(self._broker.schemas)
            if command.version is None:
                return SchemaVersionsGone(tuple(registry.delete_subject(command.subject, command.permanent)))
            return SchemaVersionsGone((registry.delete_version(command.subject, command.version, command.permanent),))

        return await asyncio.to_thread(act)

    async def _set_level(self, session: ClientSession, command: SetCompatibility) -> None:
        def act() -> None:
            from workbench.session.schemas import Registry

            settings = Registry(self._broker.schemas).settings
            if command.level is None:
                settings.forget_level(command.subject)
            else:
                settings.put_level(command.subject, command.level)

        await asyncio.to_thread(act)
