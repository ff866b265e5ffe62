"""Writing to drawn stores and looking up in them: what a store takes at all (``StoreGate``), one group's writes on
their way to it, and one group's reads.

A write that an outage or the capacity refuses fails its record at once. What was let in is safe before the group
commits or acknowledges what it was made of (``drain``). Lives on the runner's loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from workbench.core.errors import Invalid, Refused, WorkbenchError
from workbench.core.records import StoredRecord
from workbench.core.stores import StoreWrite
from workbench.engines.base import Engine
from workbench.runtime.meters import LinkMeter
from workbench.runtime.plan import FlowPlan, StorePlan
from workbench.runtime.tempo import Tempo
from workbench.serde import DecoderOf, names_of, seen

MAX_OUTAGE_S = 86_400.0


class StoreGate:
    """Lets in ``capacity`` reads and writes a second of the flow (0: all), at most so many at once; none in an
    outage."""

    def __init__(self, plan: StorePlan, tempo: Tempo) -> None:
        self.plan = plan
        self._tempo = tempo
        self._room = plan.capacity
        self._filled_ms = tempo.clock.monotonic_ms()
        self._down_until_ms = 0.0

    def refuse_for(self, seconds: float) -> None:
        """An outage from now on, for so long; 0 ends it."""
        if not 0 <= seconds <= MAX_OUTAGE_S:
            raise Invalid("An outage can't last {seconds:g} s.", "Give 0 to {max_outage_s:,.0f} seconds.",
                          seconds=seconds, max_outage_s=MAX_OUTAGE_S)
        self._down_until_ms = self._tempo.clock.monotonic_ms() + seconds * 1000.0

    @property
    def down_ms(self) -> int:
        """How much longer the outage lasts."""
        return round(max(0.0, self._down_until_ms - self._tempo.clock.monotonic_ms()))

    def refusal(self) -> str:
        """Take one in; else why not, as a sentence."""
        if self.down_ms:
            return f"The store {self.plan.name} is down."
        if not self.plan.capacity:
            return ""
        now, capacity = self._tempo.clock.monotonic_ms(), self.plan.capacity
        more = (now - self._filled_ms) / 1000.0 * capacity * self._tempo.speed
        self._room, self._filled_ms = min(max(1.0, capacity), self._room + more), now
        if self._room < 1.0:
            return f"The store {self.plan.name} takes {capacity:g} a second, and is full."
        self._room -= 1.0
        return ""


class StoreGates:
    """The gates of all drawn stores, by node; a gate keeps its outage while its settings change."""

    def __init__(self, tempo: Tempo) -> None:
        self._tempo = tempo
        self._gates: dict[str, StoreGate] = {}

    def take(self, plan: FlowPlan) -> None:
        self._gates = {node_id: self._gates.get(node_id) or StoreGate(store, self._tempo)
                       for node_id, store in plan.stores.items()}
        for node_id, gate in self._gates.items():
            gate.plan = plan.stores[node_id]

    def gate(self, node_id: str) -> StoreGate:
        if node_id not in self._gates:
            raise Refused("This store is not drawn, or was not saved yet.", "Save the drawing first.")
        return self._gates[node_id]

    def named(self, name: str) -> StoreGate | None:
        return next((gate for gate in self._gates.values() if gate.plan.name == name), None)

    def stats(self) -> Mapping[str, tuple[float, int]]:
        """(capacity, how much longer it is down in ms) by name."""
        return {gate.plan.name: (gate.plan.capacity, gate.down_ms) for gate in self._gates.values()}


class StoreWriter:
    """What one group writes to one store, in the order of its work."""

    def __init__(self, engine: Engine, gate: StoreGate, meter: LinkMeter, decoders: DecoderOf) -> None:
        self._engine = engine
        self._gate = gate
        self._meter = meter
        self._decoders = decoders
        self._waiting: list[StoreWrite] = []
        self._writing = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    def offer(self, record: StoredRecord, tries: int = 1) -> str:
        """Take a worked record, or say why not, after so many tries at once; each refused one counts."""
        plan = self._gate.plan
        if plan.broken:
            return plan.broken
        key = _field(record, plan.key_field, self._decoders) if plan.key_field else record.key
        if key is None:
            return f"It has no key that {plan.name} could keep it by."
        reason = ""
        for tried in range(1, tries + 1):
            reason = self._gate.refusal()
            if not reason:
                self._refused(plan.name, tried - 1)
                event = _field(record, plan.id_field, self._decoders) if plan.once else None
                event_id = "/".join(map(str, (record.topic, record.partition, record.offset)))
                self._waiting.append(StoreWrite(key, record.value, record.topic, record.partition, record.offset,
                                                event_id if event is None else event.decode()))
                self._meter.add([record])
                return ""
        self._refused(plan.name, tries)
        return reason

    def _refused(self, name: str, count: int) -> None:
        if count:
            self._engine.refuse_at_store(name, count)

    async def drain(self) -> None:
        """Write everything and wait until it is safe. What can't be written waits on, and the reason is raised."""
        async with self._writing:
            while self._waiting:
                writes, self._waiting = self._waiting, []
                try:
                    await self._engine.write_to_store(self._gate.plan.name, writes, self._gate.plan.once)
                except BaseException:
                    self._waiting = [*writes, *self._waiting]
                    raise

    def tick(self) -> None:
        """Begin to write what waits."""
        if self._waiting and self._task is None:
            self._task = asyncio.create_task(self._flush(), name=f"store {self._gate.plan.name}")

    async def _flush(self) -> None:
        try:
            await self.drain()
        except WorkbenchError:
            pass  # the next commit meets it again
        finally:
            self._task = None

    @property
    def idle(self) -> bool:
        return not self._waiting and self._task is None and not self._writing.locked()


class StoreLookup:
    """What one group reads of one store: the row of each record's key, as it is committed."""

    def __init__(self, engine: Engine, gate: StoreGate, meter: LinkMeter, decoders: DecoderOf) -> None:
        self._engine = engine
        self._gate = gate
        self._meter = meter
        self._decoders = decoders

    def find(self, record: StoredRecord) -> tuple[Any, str]:
        """The row's value as expressions see it, None where there is none; and why it could not be read."""
        plan = self._gate.plan
        if plan.broken:
            return None, plan.broken
        key = _field(record, plan.key_field, self._decoders) if plan.key_field else record.key
        if key is None:
            return None, f"It has no key to look up in {plan.name}."
        if refused := self._gate.refusal():
            self._engine.refuse_at_store(plan.name, 1)
            return None, refused
        self._meter.add([record])
        row = self._engine.look_up(plan.name, key)
        return None if row is None else seen(self._decoders(row.topic).value(row.value)), ""


def _field(record: StoredRecord, path: str, decoders: DecoderOf) -> bytes | None:
    """A field of the decoded value, dots go deeper, as text; None where there is none."""
    found: Any = names_of(record, decoders(record.topic), ("value",))["value"]
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return None if found is None else str(found).encode()
