"""The memory engine keeps the contract of every engine."""

from contextlib import asynccontextmanager

from contracts.engine_contract import EngineContract

from workbench.engines.memory import MemoryEngine


class TestMemoryEngine(EngineContract):
    @asynccontextmanager
    async def engine(self):
        yield MemoryEngine()
