"""What a drawn flow runs on at an attached system, and what such a system has not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from workbench.core.errors import Unsupported
from workbench.core.queues import QueueCounts
from workbench.core.records import Record
from workbench.core.routing import Binding, Exchange, Published
from workbench.core.stores import StoreWrite
from workbench.engines.base import Engine, EngineTopic, LeaseSettings, QueueConsumer


class AttachedEngine(Engine, Protocol):
    """An engine of another system; on one asyncio loop. It keeps in mind what it made there."""

    @property
    def system(self) -> str: ...

    def call_for(self, topic: EngineTopic) -> str:
        """The call that makes a drawn topic there."""
        ...

    def left_out(self, topic: EngineTopic) -> Sequence[str]:
        """What of a drawn topic's settings means nothing there, in sentences."""
        ...

    def lacks(self, what: str) -> str:
        """Why it can't do ``what``: lease, exchange, store, or the name of an assignor; empty when it can."""
        ...

    async def open(self) -> None:
        """Reach the system, and note what is there already; ``Unavailable`` or ``Refused`` says why not."""
        ...

    async def remove_made(self) -> Sequence[str]:
        """Take away what this engine made there; what went, and what could not, in sentences."""
        ...

    async def close(self) -> None: ...


class LogsAlone:
    """The ``Lease`` and ``Keep`` of a system that has topics and groups, no queues, exchanges and stores."""

    def lacks(self, what: str) -> str:
        raise NotImplementedError

    def _refuse(self, what: str) -> Unsupported:
        return Unsupported(self.lacks(what))

    async def queue_consumer(self, settings: LeaseSettings) -> QueueConsumer:
        raise self._refuse("lease")

    async def queue_counts(self, queue: str) -> QueueCounts:
        raise self._refuse("lease")

    async def declare_exchange(self, exchange: Exchange) -> None:
        raise self._refuse("exchange")

    async def bind(self, binding: Binding) -> None:
        raise self._refuse("exchange")

    async def publish(self, exchange: str, routing_key: str, records: Sequence[Record],
                      mandatory: bool = False) -> Sequence[Published]:
        raise self._refuse("exchange")

    async def declare_store(self, name: str) -> None:
        raise self._refuse("store")

    async def write_to_store(self, name: str, writes: Sequence[StoreWrite], once: bool) -> None:
        raise self._refuse("store")

    def refuse_at_store(self, name: str, count: int) -> None:
        """Nothing is counted."""


def words_of(config: Mapping[str, str]) -> str:
    """«, retention.ms=60000» for the sentence of a call; empty for none."""
    return "".join(f", {name}={value}" for name, value in sorted(config.items()))
