"""The compatibility level of the whole registry, kept in the workspace. On the listener's loop."""

from __future__ import annotations

import asyncio

from workbench.broker import Broker
from workbench.listeners.registry.voice import bad_level

META_KEY = "registry.compatibility"
DEFAULT = "BACKWARD"
LEVELS = ("NONE", "BACKWARD", "BACKWARD_TRANSITIVE", "FORWARD", "FORWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE")


class Levels:
    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    def get(self) -> str:
        """What new versions are held to where a subject says nothing else."""
        return self._broker.meta(META_KEY) or DEFAULT

    async def put(self, level: object) -> str:
        """Set it; returns it as it is kept. Answered after it is stored."""
        named = level.upper() if isinstance(level, str) else ""
        if named not in LEVELS:
            raise bad_level()
        await self._store(named)
        return named

    async def reset(self) -> str:
        """Go back to the default; returns what held before."""
        before = self.get()
        await self._store("")
        return before

    async def _store(self, level: str) -> None:
        await asyncio.to_thread(self._broker.set_meta, META_KEY, level)
