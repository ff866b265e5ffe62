"""Transactions: producers by transactional id, what their transaction covers, and its end, whole or not at all.

               add partitions, groups, offsets              end (commit or abort), time-out, a newer producer
    none on ─────────────────────────────► on ──────────────────────────────────────────► none on, outcome kept

One file and one writer make it simpler than Kafka's: control batches of all partitions, the group offsets and the
state change in one commit of the file, so there is no half-ended transaction, not even after kill -9. A producer that
begins anew with the same id gets a higher epoch; the older one is fenced. State changes on the writer thread only.

Group offsets wait, staged, for the commit. When an administrator moves or deletes the group's offsets meanwhile, what
is staged for those partitions is dropped: the transaction still commits, and the group stays where it was moved to.
Kafka does the same: of two offsets for a partition, the one that was sent later counts, not the one that ended later.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import Protocol

from workbench.broker.groups.membership import CommittedOffset, OffsetPut, committed_at
from workbench.broker.migrations import take_producer_id
from workbench.broker.stability import Aborted, InvalidTransactionState, Stability
from workbench.broker.store import Store
from workbench.broker.topics import Partition
from workbench.core.clock import Clock, SteadyClock
from workbench.core.errors import Fenced, Invalid, NotFound
from workbench.core.records import TopicPartition

MAX_TIMEOUT_MS = 15 * 60_000
MAX_EPOCH = 0x7FFE
MAX_NAME = 1_000

Producer = tuple[int, int]
"""Producer id and epoch."""
Member = tuple[str, int, str | None]
"""Member id, generation and instance id of a consumer whose offsets go with a transaction."""
Offsets = Mapping[TopicPartition, OffsetPut]
Committed = Mapping[TopicPartition, CommittedOffset]


class InvalidTransactionTimeout(Invalid):
    """The transaction time-out is outside the limits."""


class GroupOffsets(Protocol):
    """What a transaction does with consumer groups (``Coordination`` answers)."""

    def check_commit(self, group: str, member_id: str, generation: int, instance_id: str | None) -> None: ...

    def stage_commit(self, connection: sqlite3.Connection, group: str, done: Committed) -> None: ...

    def commit_done(self, group: str, member_id: str, done: Committed) -> None: ...


@dataclass(frozen=True, slots=True)
class _State:
    """One transactional id. ``started_ms`` is None while no transaction is on; ``outcome`` is the last one's."""

    producer_id: int
    epoch: int
    timeout_ms: int
    started_ms: int | None = None
    outcome: str = ""
    partitions: frozenset[int] = frozenset()
    groups: frozenset[str] = frozenset()
    offsets: Mapping[str, Offsets] = field(default_factory=dict)


_Ended = list[tuple[str, dict[TopicPartition, CommittedOffset]]]
WriteControl = Callable[[sqlite3.Connection, int, Producer, bool], int | None]


class Transactions:
    """Thread-safe; whatever changes something answers with a Future, set after it is in the file."""

    def __init__(self, store: Store, clock: Clock, stability: Stability, groups: GroupOffsets,
                 find: Callable[[str, int], Partition], write_control: WriteControl) -> None:
        self._store = store
        self._clock = clock  # for stamps
        self._steady = SteadyClock(clock)  # for time-outs
        self._stability = stability
        self._groups = groups
        self._find = find
        self._write_control = write_control
        self._states: dict[str, _State] = {}
        store.on_rollback(self._load)
        store.read(self._load)

    # -- reading, any thread -------------------------------------------------------------------------------
    def last_stable(self, topic: str, partition: int) -> int:
        """The offset at which read_committed stops."""
        place = self._find(topic, partition)
        return self._stability.last_stable(place.no, place.end)

    def aborted(self, topic: str, partition: int, first: int, last: int) -> list[Aborted]:
        """Aborted ranges that reach into ``first <= offset <= last``."""
        return self._stability.aborted(self._find(topic, partition).no, first, last)

    def pending_offsets(self, group: str) -> frozenset[TopicPartition]:
        """Partitions for which a transaction that is on will commit an offset of ``group``."""
        return frozenset(part for state in list(self._states.values()) for part in state.offsets.get(group, ()))

    # -- what producers ask --------------------------------------------------------------------------------
    def begin_producer(self, name: str, timeout_ms: int, known: Producer | None = None) -> Future[Producer]:
        """Producer id and epoch for a transactional id. A transaction that is on is aborted, older producers are
        fenced. ``known`` is who a producer thinks it is when it asks again."""

        def begin(db: sqlite3.Connection) -> Producer:
            if not 0 < len(name) <= MAX_NAME:
                raise Invalid("A transactional id has 1 to 1,000 characters.", "Set another transactional.id.")
            if not 0 < timeout_ms <= MAX_TIMEOUT_MS:
                raise InvalidTransactionTimeout(f"A transaction time-out of {timeout_ms} ms is outside the limits.",
                                                f"Use 1 to {MAX_TIMEOUT_MS} ms.")
            state = self._states.get(name)
            if state is None:
                made = _State(take_producer_id(db), 0, timeout_ms)
                self._keep(db, name, made)
                return made.producer_id, made.epoch
            if known is not None and known != (state.producer_id, state.epoch):
                raise _fenced(name)
            state = self._raise_epoch(db, name, state)
            self._keep(db, name, replace(state, timeout_ms=timeout_ms))
            return state.producer_id, state.epoch

        return self._store.write(begin)

    def add_partitions(self, name: str, producer: Producer, parts: Iterable[TopicPartition]) -> Future[None]:
        """The transaction, begun by this if none is on, will write to ``parts``."""
        wanted = tuple(parts)

        def add(db: sqlite3.Connection) -> None:
            state = self._started(self._of(name, producer))
            numbers = state.partitions | {self._find(*part).no for part in wanted}
            self._keep(db, name, replace(state, partitions=numbers))

        return self._store.write(add)

    def add_group(self, name: str, producer: Producer, group: str) -> Future[None]:
        """The transaction will commit offsets of ``group``."""

        def add(db: sqlite3.Connection) -> None:
            state = self._started(self._of(name, producer))
            self._keep(db, name, replace(state, groups=state.groups | {group}))

        return self._store.write(add)

    def put_offsets(self, name: str, producer: Producer, group: str, offsets: Offsets, member: Member) -> Future[None]:
        """Offsets that are committed when the transaction is."""

        def put(db: sqlite3.Connection) -> None:
            state = self._of(name, producer)
            if state.started_ms is None or group not in state.groups:
                raise InvalidTransactionState("The transaction of {name!r} does not cover group {group!r}.", name=name,
                                              group=group)
            if member[0]:
                self._groups.check_commit(group, *member)
            merged = {**state.offsets.get(group, {}), **offsets}
            self._keep(db, name, replace(state, offsets={**state.offsets, group: merged}))

        return self._store.write(put)

    def end(self, name: str, producer: Producer, commit: bool) -> Future[_Ended]:
        """Commit or abort. Asking again for what was done is answered as done."""
        outcome = "commit" if commit else "abort"

        def finish(db: sqlite3.Connection) -> _Ended:
            state = self._of(name, producer)
            if state.started_ms is not None:
                return self._finish(db, name, state, outcome)
            if state.outcome != outcome:
                raise InvalidTransactionState("The producer {name!r} has no transaction on.", "Begin one first.",
                                              name=name)
            return []

        return self._store.write(finish, self._tell_groups)

    def expire(self) -> None:
        """Abort what has been on for longer than its time-out; its producer is fenced."""
        now_ms = self._steady.now_ms()
        for name, state in list(self._states.items()):
            if _overdue(state, now_ms):
                self._store.write(lambda db, name=name: self._abort_overdue(db, name))

    # -- on the writer thread ------------------------------------------------------------------------------
    def forget_offsets(self, db: sqlite3.Connection, group: str, parts: Collection[TopicPartition]) -> None:
        """An administrator has set or deleted these offsets: what was staged for them before counts no more."""
        for name, state in list(self._states.items()):
            staged = state.offsets.get(group, {})
            left = {part: put for part, put in staged.items() if part not in parts}
            if len(left) < len(staged):
                self._keep(db, name, replace(state, offsets={**state.offsets, group: left}))

    def _abort_overdue(self, db: sqlite3.Connection, name: str) -> None:
        state = self._states[name]
        if _overdue(state, self._steady.now_ms()):  # it may have ended while this waited
            self._raise_epoch(db, name, state)

    def _of(self, name: str, producer: Producer) -> _State:
        state = self._states.get(name)
        if state is None or state.producer_id != producer[0]:
            raise NotFound("There is no producer {producer} with the transactional id {name!r}.",
                           "Start the producer again.", producer=producer[0], name=name)
        if state.epoch != producer[1]:
            raise _fenced(name)
        return state

    def _started(self, state: _State) -> _State:
        return state if state.started_ms is not None else replace(state, started_ms=self._steady.now_ms(), outcome="")

    def _raise_epoch(self, db: sqlite3.Connection, name: str, state: _State) -> _State:
        """Fence the producer there was; what it had on is aborted."""
        if state.epoch < MAX_EPOCH:
            raised = replace(state, epoch=state.epoch + 1)
            if state.started_ms is not None:
                self._finish(db, name, raised, "abort")
                return self._states[name]
        else:
            if state.started_ms is not None:
                self._finish(db, name, state, "abort")
            raised = _State(take_producer_id(db), 0, state.timeout_ms)
        self._keep(db, name, raised)
        return raised

    def _finish(self, db: sqlite3.Connection, name: str, state: _State, outcome: str) -> _Ended:
        """Write the control batches, the offsets and the state."""
        commit, producer_id = outcome == "commit", state.producer_id
        for no in sorted(state.partitions):
            if self._stability.is_open(no, producer_id):
                offset = self._write_control(db, no, (producer_id, state.epoch), commit)
                self._stability.close(no, producer_id, offset, aborted=not commit)
        now_ms, ended = self._clock.now_ms(), []
        for group, offsets in state.offsets.items() if commit else ():
            done = {part: committed_at(now_ms, put) for part, put in offsets.items()}
            self._groups.stage_commit(db, group, done)
            ended.append((group, done))
        self._keep(db, name, _State(producer_id, state.epoch, state.timeout_ms, outcome=outcome))
        return ended

    def _tell_groups(self, ended: _Ended) -> None:
        for group, done in ended:
            self._groups.commit_done(group, "", done)

    # -- rows ----------------------------------------------------------------------------------------------
    def _keep(self, db: sqlite3.Connection, name: str, state: _State) -> None:
        """The last thing a job does: memory and file agree afterwards."""
        offsets = {
            group: [[*part, *put] for part, put in puts.items()]
            for group, puts in state.offsets.items()
        }
        covers = json.dumps({"partitions": sorted(state.partitions), "groups": sorted(state.groups),
                             "offsets": offsets})
        row = (name, state.producer_id, state.epoch, state.timeout_ms, state.started_ms, state.outcome, covers)
        db.execute("INSERT OR REPLACE INTO txn VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        self._remember(name, state)

    def _remember(self, name: str, state: _State) -> None:
        before = self._states.get(name)
        if before is not None and before.producer_id != state.producer_id:
            self._stability.forbid(before.producer_id)
        self._states[name] = state
        self._stability.allow(state.producer_id, state.epoch, state.partitions)

    def _load(self, db: sqlite3.Connection) -> None:
        self._states = {}
        rows = db.execute("SELECT name, producer_id, epoch, timeout_ms, started_ms, outcome, covers FROM txn")
        for name, producer_id, epoch, timeout_ms, started_ms, outcome, covers in rows.fetchall():
            kept = json.loads(covers)
            offsets = {
                group: {TopicPartition(topic, number): tuple(put) for topic, number, *put in puts}
                for group, puts in kept["offsets"].items()
            }
            self._remember(name, _State(producer_id, epoch, timeout_ms, started_ms, outcome,
                                        frozenset(kept["partitions"]), frozenset(kept["groups"]), offsets))


def _overdue(state: _State, now_ms: int) -> bool:
    return state.started_ms is not None and state.started_ms + state.timeout_ms <= now_ms


def _fenced(name: str) -> Fenced:
    return Fenced("A newer producer has begun with the transactional id {name!r}.", "Close this one.", name=name)
