"""The coordinator under any order of joins, syncs, silences and leaves.

Invariants: one owner a partition per generation, no commit from a stale generation, none between a hold and the next
generation, no place kept over a hold, an answer for everyone who waits in bounded time (a hold ends in ``HOLD_MS``).
"""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from workbench.broker.groups.assignors import assignor
from workbench.broker.groups.consumer_protocol import decode_assignment
from workbench.broker.groups.groups import Groups
from workbench.broker.groups.membership import (
    Fenced,
    GroupState,
    IllegalGeneration,
    JoinRequest,
    JoinResult,
    Leaver,
    RebalanceInProgress,
    SyncRequest,
    SyncResult,
)
from workbench.core.clock import ManualClock
from workbench.core.errors import WorkbenchError

SESSION_MS, REBALANCE_MS, HOLD_MS, PARTITIONS = 1000, 3000, 2000, {"orders": 5}
slots = st.integers(0, 4)


class Client:
    """A well-meaning client: it knows what it was told and nothing else."""

    def __init__(self, name, static):
        self.name = name
        self.instance_id = name if static else None
        self.member_id = ""
        self.joined = None
        self.waiting = None
        self.waiting_since = 0.0
        self.share = None
        self.keeps = None  # the generation whose places it keeps until it is told that they are lost


class GroupMachine(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.clock = ManualClock()
        self.groups = Groups(self.clock)
        self.clients = [Client(f"c{i}", static=i == 4) for i in range(5)]
        self.token = 0
        self.owners = {}
        self.sharer = assignor("range")
        self.held_since = None
        self.held_generation = -1  # the last one that was ended by a hold

    def ask(self, client, call, request):
        self.token += 1
        client.waiting, client.waiting_since = (self.token, client.name), self.clock.monotonic_ms()
        try:
            call(request, client.waiting)
        except WorkbenchError as problem:
            client.waiting = None
            self.told(client, problem)
        self.collect()

    def told(self, client, problem):
        client.joined = client.share = None
        if isinstance(problem, Fenced):
            client.keeps = None
            client.member_id = client.member_id if isinstance(problem, IllegalGeneration) else ""

    def collect(self):
        for token, answer in self.groups.take_outbox().answers:
            client = next(c for c in self.clients if c.name == token[1])
            if client.waiting != token:
                continue  # the client gave up on that call
            client.waiting = None
            if isinstance(answer, JoinResult):
                client.member_id, client.joined, client.share = answer.member_id, answer, None
            elif isinstance(answer, SyncResult):
                client.share = decode_assignment(answer.assignment).partitions
                lost = client.keeps is not None and client.keeps <= self.held_generation
                assert not lost, f"{client.name} keeps its place over a hold"
                client.keeps = client.joined.generation
                for part in client.share:
                    owner = self.owners.setdefault((client.joined.generation, part), client.name)
                    assert owner == client.name, f"{part} has two owners"
            else:
                self.told(client, answer)

    @rule(slot=slots)
    def join(self, slot):
        client = self.clients[slot]
        metadata = self.sharer.metadata(list(PARTITIONS), (), -1)
        request = JoinRequest("g", (("range", metadata),), client.member_id, client.name,
                              instance_id=client.instance_id, session_timeout_ms=SESSION_MS,
                              rebalance_timeout_ms=REBALANCE_MS)
        client.joined = client.share = None
        self.ask(client, self.groups.join, request)

    @rule(slot=slots)
    def sync(self, slot):
        client = self.clients[slot]
        joined = client.joined
        if joined is None or client.waiting:
            return
        shares = self.sharer.share_out(joined.members, PARTITIONS) if joined.is_leader else {}
        request = SyncRequest("g", joined.member_id, joined.generation, shares, client.instance_id)
        self.ask(client, self.groups.sync, request)

    @rule(slot=slots)
    def heartbeat(self, slot):
        client = self.clients[slot]
        if client.joined is None:
            return
        try:
            self.groups.heartbeat("g", client.member_id, client.joined.generation, client.instance_id)
        except RebalanceInProgress:
            client.share = None
        except Fenced as problem:
            self.told(client, problem)
        self.collect()

    @rule(slot=slots)
    def leave(self, slot):
        client = self.clients[slot]
        self.groups.leave("g", [Leaver(client.member_id, client.instance_id)])
        self.collect()
        client.member_id, client.joined, client.share, client.waiting, client.keeps = "", None, None, None, None

    @rule(slot=slots)
    def vanish(self, slot):
        client = self.clients[slot]
        client.member_id, client.joined, client.share, client.waiting, client.keeps = "", None, None, None, None

    @rule(slot=slots)
    def commit(self, slot):
        client = self.clients[slot]
        if client.joined is None:
            return
        try:
            self.groups.check_commit("g", client.member_id, client.joined.generation, client.instance_id)
        except (Fenced, RebalanceInProgress):
            return
        group = self.groups.describe("g")
        assert client.joined.generation == group.generation
        assert client.member_id in {m.member_id for m in group.members}
        assert group.state is not GroupState.COMPLETING
        assert group.generation > self.held_generation, "what a hold ended is committed"

    @rule()
    def settle(self):
        """Everybody joins and takes a share, as programs do that are left alone for a while."""
        for _ in range(4):
            self.time_passes(60)
            for slot, client in enumerate(self.clients):
                self.heartbeat(slot)
                if self.held_since is None and client.share is None and not client.waiting:
                    (self.sync if self.is_current(client) else self.join)(slot)

    def is_current(self, client):
        return client.joined is not None and client.joined.generation == self.groups.describe("g").generation

    @rule()
    def hold(self):
        if self.held_since is None and "g" in self.groups.names():
            before = self.groups.describe("g")
            self.groups.hold("g")
            self.held_since = self.clock.monotonic_ms()
            if before.members:
                self.held_generation = before.generation
            self.collect()

    @rule()
    def release(self):
        if self.held_since is not None:
            self.groups.release("g")
            self.held_since = None
            self.collect()

    @rule(ms=st.sampled_from([1, 60, 500, 1001]))
    def time_passes(self, ms):
        self.clock.advance(ms)
        self.groups.tick()
        self.collect()
        if self.held_since is not None and self.clock.monotonic_ms() - self.held_since >= HOLD_MS:
            self.release()

    @invariant()
    def everybody_is_answered_in_bounded_time(self):
        now = self.clock.monotonic_ms()
        for client in self.clients:
            if client.waiting:
                assert now - client.waiting_since <= 2 * REBALANCE_MS + 2000 + HOLD_MS, f"{client.name} waits for ever"

    @invariant()
    def nobody_passes_a_hold(self):
        if self.held_since is not None:
            state = self.groups.describe("g").state
            assert state in (GroupState.EMPTY, GroupState.PREPARING)
            due = self.groups.next_deadline()
            assert due is None or due > self.clock.monotonic_ms() - 1, "the clock would be asked without end"

    @invariant()
    def the_group_is_consistent(self):
        if "g" not in self.groups.names():
            return
        group = self.groups.describe("g")
        assert (group.state is GroupState.EMPTY) == (not group.members) or group.state is GroupState.PREPARING
        if group.state is GroupState.STABLE:
            held = [p for m in group.members for p in m.assignment]
            assert len(held) == len(set(held))
            assert group.leader in {m.member_id for m in group.members}

    def teardown(self):
        self.release()
        for _ in range(10):
            self.clock.advance(REBALANCE_MS)
            self.groups.tick()
            self.collect()
        self.everybody_is_answered_in_bounded_time()


GroupMachine.TestCase.settings = settings(max_examples=150, stateful_step_count=50, deadline=None)
TestGroups = GroupMachine.TestCase
