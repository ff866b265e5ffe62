"""Consumer groups alive: the pure ``Groups`` behind one lock, joined to the file, the journal and futures.

    any thread      call ──lock──► Groups ──► Outbox ──► journal (in order), rows to the writer; then, without the
                                                         lock, answers to the futures
    writer thread   a commit's rows are in the file ──► known to ``Groups``, journalled, its Future set

Lock order: this lock, then the journal's. Nothing here waits for the writer while it holds the lock.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Any, Protocol

from workbench.broker.groups import offsets as rows
from workbench.broker.groups.ages import Ages
from workbench.broker.groups.groups import Groups
from workbench.broker.groups.membership import (
    CommittedOffset,
    GroupMeta,
    GroupSettings,
    GroupState,
    JoinRequest,
    JoinResult,
    Leaver,
    OffsetPut,
    StoredGroup,
    SyncRequest,
    SyncResult,
    committed_at,
)
from workbench.broker.groups.resets import ResetGround, plan_reset, reset_entries
from workbench.broker.groups.standing import Standings
from workbench.broker.journal.journal import Journal
from workbench.broker.store import Store
from workbench.core.clock import Clock
from workbench.core.errors import NotFound, Refused, WorkbenchError
from workbench.core.ids import Ids
from workbench.core.journal import GroupEntry, LagSample
from workbench.core.offsets import ResetPlan, ResetSpec
from workbench.core.records import PartitionBounds, TopicPartition
from workbench.core.snapshot import GroupPartitionStat

Overtaken = Callable[[sqlite3.Connection, str, Collection[TopicPartition]], None]


class LogView(Protocol):
    """What groups must know of the log (the façade answers)."""

    def has_partition(self, topic: str, partition: int) -> bool: ...

    def bounds(self, topic: str) -> Sequence[PartitionBounds]: ...

    def offset_for_time(self, topic: str, partition: int, ms: int) -> int | None: ...

    def fetch(self, topic: str, partition: int, offset: int, max_bytes: int) -> list[bytes]: ...


class Coordination:
    """Thread-safe. Futures are set on the thread whose call completed them."""

    def __init__(self, store: Store, journal: Journal, log: LogView, clock: Clock,
                 settings: GroupSettings | None = None, ids: Ids | None = None) -> None:
        self._store = store
        self._journal = journal
        self._log = log
        self._clock = clock
        self._lock = threading.RLock()
        self._groups = Groups(clock, settings, ids)
        self._groups.load(store.read(rows.load_groups), store.read(rows.load_offsets))
        self._positions: dict[tuple[str, TopicPartition], tuple[str, int]] = {}
        self._delivered: dict[tuple[str, TopicPartition], int] = journal.delivered()
        self._ages = Ages(clock, log.fetch)
        self._standings = Standings()
        self._taken: dict[str, dict[str, int]] = {}  # records handed out so far, by group and member
        self._holding: set[str] = set()
        self.membership_version = 0  # another number whenever members came, went or were given other partitions
        self.on_deadline: Callable[[], None] = lambda: None  # called when the next deadline may have come nearer
        self.on_overtaken: Overtaken = lambda db, group, parts: None  # offsets that are staged elsewhere count no more

    # -- membership ----------------------------------------------------------------------------------------
    def join(self, request: JoinRequest) -> Future[JoinResult]:
        return self._ask(self._groups.join, request)

    def sync(self, request: SyncRequest) -> Future[SyncResult]:
        return self._ask(self._groups.sync, request)

    def heartbeat(self, group: str, member_id: str, generation: int, instance_id: str | None = None) -> None:
        with self._lock:
            self._groups.heartbeat(group, member_id, generation, instance_id)

    def leave(self, group: str, leavers: Sequence[Leaver]) -> list[WorkbenchError | None]:
        with self._lock:
            answers = self._groups.leave(group, leavers)
        self._deliver()
        return answers

    def close(self) -> None:
        """The host stops: whoever waits is told to look for another."""
        with self._lock:
            self._groups.dissolve()
        self._deliver()

    def _ask(self, call: Callable[[Any, Any], None], request: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()  # it is answered, whether or not somebody still waits
        try:
            with self._lock:
                call(request, future)
        except WorkbenchError as problem:
            future.set_exception(problem)
        self._deliver()
        return future

    def _deliver(self) -> Future[None] | None:
        """Send the outbox on its way; the Future tells when the rows of changed groups are in the file."""
        with self._lock:
            outbox = self._groups.take_outbox()
            self.membership_version += bool(outbox.entries)
            for entry in outbox.entries:
                self._journal.add(entry)
                if entry.kind == "leave":
                    self._taken.get(entry.group, {}).pop(entry.member, None)
            changed = {name: self._groups.stored(name) for name in outbox.changed}
            for name in [name for name, stored in changed.items() if stored is None]:
                self._ages.forget_group(name)
        written = self._store.write(lambda db: _write_groups(db, changed)) if changed else None
        for future, answer in outbox.answers:
            if isinstance(answer, WorkbenchError):
                future.set_exception(answer)
            else:
                future.set_result(answer)
        if outbox.entries:
            self.on_deadline()
        return written

    # -- offsets -------------------------------------------------------------------------------------------
    def commit(self, group: str, member_id: str, generation: int, offsets: Mapping[TopicPartition, OffsetPut],
               instance_id: str | None = None) -> Future[None]:
        """Commit the next offsets to read. Set after they are in the file; fencing comes with the Future."""
        try:
            for part in offsets:
                self._check_target(part)
            at_ms = self._clock.now_ms()
            done = {part: committed_at(at_ms, put) for part, put in offsets.items()}
            with self._lock:  # held until it is queued: a reset that comes later is written later
                self._groups.check_commit(group, member_id, generation, instance_id)
                written = self._write_offsets(group, member_id, done)
        except WorkbenchError as problem:
            refused: Future[None] = Future()
            refused.set_exception(problem)
            return refused
        self._deliver()
        return written

    def _check_target(self, part: TopicPartition) -> None:
        """Any number is taken, as Kafka does: kafkajs commits -1 and -2 to begin anew at the end or the start."""
        if not self._log.has_partition(*part):
            raise NotFound("There is no partition {part}.", "List the topics to see those there are.", part=part)

    def _write_offsets(
        self, group: str, member_id: str, done: Mapping[TopicPartition, CommittedOffset]
    ) -> Future[None]:
        def write(connection: sqlite3.Connection) -> None:
            with self._lock:
                self._groups.describe(group)  # it may have been deleted while this commit waited
            rows.put_offsets(connection, group, done)
            if not member_id:
                self.on_overtaken(connection, group, done)

        return self._store.write(write, lambda _: self.commit_done(group, member_id, done))

    def commit_done(self, group: str, member_id: str, done: Mapping[TopicPartition, CommittedOffset]) -> None:
        """Make known what is in the file now."""
        with self._lock:
            self._groups.record_commit(group, done)
            self._journal.note_commits(group, member_id, {part: new.offset for part, new in done.items()})

    def check_commit(self, group: str, member_id: str, generation: int, instance_id: str | None) -> None:
        """Raise when this member may not commit now."""
        with self._lock:
            self._groups.check_commit(group, member_id, generation, instance_id)

    def stage_commit(self, connection: sqlite3.Connection, group: str,
                     done: Mapping[TopicPartition, CommittedOffset]) -> None:
        """Write offsets as part of another's transaction; ``commit_done`` follows after its commit."""
        with self._lock:
            self._groups.ensure(group)
            stored = self._groups.stored(group)
        if stored is not None:
            rows.put_group(connection, stored)
        rows.put_offsets(connection, group, done)

    def delete_offsets(self, group: str, parts: Sequence[TopicPartition]) -> frozenset[TopicPartition]:
        """Forget what the group committed for ``parts``; returned are those its members still read, left alone."""
        with self._lock:
            read = _topics(self._groups.describe(group))
        kept = frozenset(part for part in parts if part.topic in read)
        gone = [part for part in parts if part not in kept]

        def forget(_: None) -> None:
            with self._lock:
                self._groups.forget_offsets(group, gone)

        def delete(db: sqlite3.Connection) -> None:
            rows.delete_offsets(db, group, gone)
            self.on_overtaken(db, group, gone)

        self._store.write(delete, forget).result()
        return kept

    def committed(self, group: str) -> dict[TopicPartition, CommittedOffset]:
        with self._lock:
            return self._groups.committed(group)

    def committed_floor(self, topic: str, partition: int) -> int | None:
        """The lowest committed offset of all groups that read the partition; None when no group does."""
        part = TopicPartition(topic, partition)
        with self._lock:
            found = [self._groups.committed(name).get(part) for name in self._groups.names()]
        return min((done.offset for done in found if done is not None), default=None)

    def committed_offset(self, group: str, topic: str, partition: int) -> int | None:
        done = self.committed(group).get(TopicPartition(topic, partition))
        return None if done is None else done.offset

    def forget_topic(self, topic: str) -> None:
        """A topic is gone; its rows went with it."""
        with self._lock:
            self._groups.forget_topic(topic)
            for known in (self._positions, self._delivered):
                for key in [key for key in known if key[1].topic == topic]:
                    del known[key]

    def rename_topic(self, old: str, new: str) -> None:
        """A topic has another name; its rows have moved."""
        with self._lock:
            self._groups.rename_topic(old, new)
            known: dict[tuple[str, TopicPartition], Any]
            for known in (self._positions, self._delivered):
                for group, part in [key for key in known if key[1].topic == old]:
                    known[group, TopicPartition(new, part.partition)] = known.pop((group, part))

    def take_back(self, group: str, committed: Mapping[TopicPartition, CommittedOffset]) -> None:
        """A topic is restored, and so is what ``group`` had committed for it, in the file already; ``settle`` after."""
        with self._lock:
            self._groups.ensure(group)
            self._groups.record_commit(group, committed)
            self._journal.note_commits(group, "", {part: done.offset for part, done in committed.items()})

    def know(self, groups: Iterable[StoredGroup]) -> None:
        """Groups that came into the file by an import."""
        with self._lock:
            self._groups.load(groups, {})

    def settle(self) -> None:
        """Send on its way what was said outside a call of a member."""
        self._deliver()

    # -- resets --------------------------------------------------------------------------------------------
    def plan_reset(self, group: str, spec: ResetSpec, topic: str = "", partitions: Sequence[int] = ()) -> ResetPlan:
        """What a reset would do, per partition; ``topic`` empty means those that the target names, else all topics the
        group has to do with."""
        with self._lock:
            names = self._groups.names()
            known = group in names
            meta = self._groups.describe(group) if known else GroupMeta(group, GroupState.EMPTY)
            committed, copied = self._groups.committed(group), self._groups.committed(spec.group)
        named = [topic] if topic else sorted(spec.places or ())
        for needed in ("" if named else group, spec.group):
            if needed and needed not in names:
                raise NotFound("There is no group {needed!r}.", "List the groups to see those there are.",
                               needed=needed)
        topics = named or sorted({part.topic for part in (*committed, *copied)} | _topics(meta))
        bounds = {
            TopicPartition(name, b.partition): b
            for name in topics
            for b in self._log.bounds(name)
            if not partitions or b.partition in partitions
        }
        if absent := set(partitions) - {part.partition for part in bounds}:
            raise NotFound("There is no partition {absent} in {topics}.", absent=min(absent), topics=', '.join(topics))
        return plan_reset(spec, ResetGround(meta, bounds, committed, copied, self._offset_at, self._clock.now_ms()))

    def _offset_at(self, part: TopicPartition, ms: int) -> int | None:
        return self._log.offset_for_time(part.topic, part.partition, ms)

    def apply_reset(self, group: str, spec: ResetSpec, topic: str = "", partitions: Sequence[int] = (),
                    force: bool = False, pause: bool = False) -> ResetPlan:
        """Carry a plan out. Refused while members are active, unless they are paused (``pause``: by a rebalance that
        ends when the offsets have moved) or ``force`` (whoever forces has paused them)."""
        plan = self.plan_reset(group, spec, topic, partitions)
        if plan.refused and not (force or pause):
            raise Refused(plan.refused, "Pause, move and resume them in one act, or stop them first.")
        if not pause:
            return self._move(plan, spec)
        with self._held(group):
            self._store.write(lambda db: None).result()  # commits that were on their way are known now
            return self._move(self.plan_reset(group, spec, topic, partitions), spec)

    @contextlib.contextmanager
    def _held(self, group: str) -> Iterator[None]:
        with self._lock:
            if group in self._holding:
                raise Refused("Group {group!r} is being moved already.", "Wait for that to end.", group=group)
            self._holding.add(group)
            self._groups.hold(group)
        self._deliver()
        try:
            yield
        finally:
            with self._lock:
                self._holding.discard(group)
                self._groups.release(group)
            self._deliver()
            self.on_deadline()

    def _move(self, plan: ResetPlan, spec: ResetSpec) -> ResetPlan:
        group = plan.group
        at_ms = self._clock.now_ms()
        done = {TopicPartition(m.topic, m.partition): CommittedOffset(m.after, "", at_ms) for m in plan.moves}
        with self._lock:
            self._groups.ensure(group)
        self._deliver()

        def put(db: sqlite3.Connection) -> None:
            rows.put_offsets(db, group, done)
            self.on_overtaken(db, group, done)

        self._store.write(put, lambda _: self._moved(plan, spec, done)).result()
        return replace(plan, applied=True)

    def _moved(self, plan: ResetPlan, spec: ResetSpec, done: Mapping[TopicPartition, CommittedOffset]) -> None:
        with self._lock:
            self._groups.record_commit(plan.group, done)
            for entry in reset_entries(plan, spec, self._clock.now_ms()):
                self._journal.add(entry)

    # -- how groups look -----------------------------------------------------------------------------------
    def groups(self) -> list[GroupMeta]:
        with self._lock:
            names = self._groups.names()
            self._standings.keep(set(names))
            return [self._groups.describe(name) for name in names]

    def group(self, name: str) -> GroupMeta:
        with self._lock:
            return self._groups.describe(name)

    def delete(self, group: str) -> None:
        """Delete an empty group and what it committed."""
        with self._lock:
            self._groups.delete(group)
        written = self._deliver()
        if written is not None:
            written.result()

    def rename(self, old: str, new: str) -> None:
        """The empty group ``old`` goes on as ``new``, from where it stands; nothing of the old name stays."""

        def move(db: sqlite3.Connection) -> None:
            with self._lock:
                self._groups.check_rename(old, new)
            rows.rename_group(db, old, new)

        def follow(_: None) -> None:
            with self._lock:
                self._groups.rename(old, new)
                _rename_keys(self._positions, old, new)
                _rename_keys(self._delivered, old, new)
                self._taken.pop(old, None)
                self._ages.forget_group(old)
                self.membership_version += 1
                self._journal.add(GroupEntry(self._clock.now_ms(), group=old, act="renamed", to=new))

        self._store.write(move, follow).result()

    def note_delivery(self, part: TopicPartition, first: int, last: int, group: str, member: str, again: bool) -> None:
        """A client was sent records: its position, and whether the group had them before (then the range is split)."""
        self._went(self._journal.note_delivery, part, first, last, group, member, again)

    def note_done(self, part: TopicPartition, first: int, last: int, group: str, member: str, again: bool) -> None:
        """A member of the flow has worked records: the same, of what was worked."""
        self._went(self._journal.note_done, part, first, last, group, member, again)

    def _went(self, note: Callable[[str, int, int, int, str, str, bool], None], part: TopicPartition, first: int,
              last: int, group: str, member: str, again: bool) -> None:
        with self._lock:
            self._positions[group, part] = (member, last + 1)
            taken = self._taken.setdefault(group, {})
            taken[member] = taken.get(member, 0) + last + 1 - first
            seen = self._delivered.get((group, part), 0)
            self._delivered[group, part] = max(seen, last + 1)
            fresh = last + 1 if again else max(first, min(seen, last + 1))
            if first < fresh:
                note(part.topic, part.partition, first, fresh - 1, group, member, True)
            if fresh <= last:
                note(part.topic, part.partition, fresh, last, group, member, False)

    def taken(self, group: str) -> dict[str, int]:
        """How many records each member was handed since it joined."""
        with self._lock:
            return dict(self._taken.get(group, {}))

    def partitions(self, group: str) -> tuple[GroupPartitionStat, ...]:
        """Every partition the group has committed or holds: bounds, committed, position, owner and lag in time."""
        with self._lock:
            meta, committed = self._groups.describe(group), self._groups.committed(group)
            owners = {part: m.member_id for m in meta.members for part in m.assignment}
            return self._standings.of(
                group, committed, owners, self._bounds, lambda part: self._positions.get((group, part)),
                lambda part, bounds, done, owner: self._partition(group, part, bounds, done, owner),
            )

    def _bounds(self, topic: str) -> Sequence[PartitionBounds]:
        return self._log.bounds(topic) if self._log.has_partition(topic, 0) else ()

    def _partition(self, group: str, part: TopicPartition, bounds: PartitionBounds, done: CommittedOffset | None,
                   owner: str) -> GroupPartitionStat:
        next_offset = bounds.log_start if done is None else max(done.offset, bounds.log_start)
        reader, position = self._positions.get((group, part), ("", None))
        return GroupPartitionStat(
            part.topic, part.partition, bounds.log_start, bounds.end,
            None if done is None or done.offset < 0 else done.offset,
            position if owner and reader == owner else None, owner,
            self._ages.age_ms(group, part, next_offset, bounds.end),
        )

    def lag_samples(self) -> list[LagSample]:
        """The lag of every group's partitions, as of now."""
        with self._lock:
            names, now = self._groups.names(), self._clock.now_ms()
            return [
                LagSample(now, name, stat.topic, stat.partition, stat.lag_records, stat.lag_ms)
                for name in names
                for stat in self.partitions(name)
            ]

    # -- time ----------------------------------------------------------------------------------------------
    def tick(self) -> None:
        """End what is overdue: sessions, waits."""
        with self._lock:
            self._groups.tick()
        self._deliver()

    def next_deadline(self) -> float | None:
        with self._lock:
            return self._groups.next_deadline()

    def expire(self) -> list[str]:
        """Delete the groups whose offsets are past their retention."""
        with self._lock:
            gone = self._groups.expire()
        self._deliver()
        return gone


def _topics(meta: GroupMeta) -> set[str]:
    return {topic for member in meta.members for topic in member.topics}


def _rename_keys(known: dict[tuple[str, TopicPartition], Any], old: str, new: str) -> None:
    for key in [key for key in known if key[0] == old]:
        known[new, key[1]] = known.pop(key)


def _write_groups(connection: sqlite3.Connection, changed: Mapping[str, StoredGroup | None]) -> None:
    for name, stored in changed.items():
        if stored is None:
            rows.delete_group(connection, name)
        else:
            rows.put_group(connection, stored)
