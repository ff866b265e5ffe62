"""The memory engine keeps the contract of every engine."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from contracts.engine_contract import EngineContract

from workbench.core.errors import Unsupported
from workbench.engines.base import LeaseSettings
from workbench.engines.memory import MemoryEngine


class TestMemoryEngine(EngineContract):
    @asynccontextmanager
    async def engine(self):
        yield MemoryEngine()


def test_what_it_does_not_have_is_said_beforehand_and_when_asked():
    engine = MemoryEngine()
    assert not engine.capabilities.queues
    for act in (engine.queue_consumer(LeaseSettings("work", "one")), engine.queue_counts("work")):
        with pytest.raises(Unsupported, match=engine.capabilities.absent["queues"]):
            asyncio.run(act)
