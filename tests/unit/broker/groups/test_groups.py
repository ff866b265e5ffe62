"""The coordinator as members see it: joins, syncs, time-outs, fencing, static members, commits, expiry."""

from __future__ import annotations

import pytest

from workbench.broker.groups.groups import Groups
from workbench.broker.groups.membership import (
    CommittedOffset,
    FencedInstance,
    GroupFull,
    GroupNotEmpty,
    GroupSettings,
    GroupState,
    IllegalGeneration,
    InconsistentProtocol,
    InvalidSessionTimeout,
    JoinRequest,
    JoinResult,
    Leaver,
    MemberIdRequired,
    RebalanceInProgress,
    StoredGroup,
    SyncRequest,
    SyncResult,
    UnknownMember,
)
from workbench.core.clock import ManualClock
from workbench.core.errors import Invalid, NotFound
from workbench.core.records import TopicPartition

PART = TopicPartition("orders", 0)
DAY_MS = 24 * 3_600_000


class House:
    """A coordinator under a clock that is moved by hand, with every answer kept by its token."""

    def __init__(self, **settings):
        self.clock = ManualClock()
        self.groups = Groups(self.clock, GroupSettings(**settings))
        self.answers = {}
        self.entries = []

    def collect(self):
        outbox = self.groups.take_outbox()
        self.entries += outbox.entries
        for token, answer in outbox.answers:
            assert token not in self.answers, "answered twice"
            self.answers[token] = answer

    def join(self, token, member_id="", protocols=(("range", b"m"),), **fields):
        fields = {"session_timeout_ms": 1000, "rebalance_timeout_ms": 5000} | fields
        request = JoinRequest("g", protocols, member_id, client_id=fields.pop("client_id", str(token)), **fields)
        self.groups.join(request, token)
        self.collect()

    def sync(self, token, joined, assignments=None, **fields):
        request = SyncRequest("g", joined.member_id, joined.generation, assignments or {}, **fields)
        self.groups.sync(request, token)
        self.collect()

    def wait(self, ms):
        self.clock.advance(ms)
        self.groups.tick()
        self.collect()

    def answer(self, token, kind):
        assert isinstance(self.answers[token], kind), self.answers[token]
        return self.answers[token]

    def told(self, joined, instance_id=None):
        """A heartbeat that tells a member that its generation is over."""
        with pytest.raises(IllegalGeneration):
            self.groups.heartbeat("g", joined.member_id, joined.generation, instance_id)

    @property
    def group(self):
        return self.groups.describe("g")

    def stable(self, *clients, **fields):
        """A stable group; returns the join results in order, the leader first."""
        for client in clients:
            extra = {"instance_id": client} if fields.get("static") else {}
            self.join(client, **extra)
        self.wait(60)
        self.wait(60)
        joined = [self.answer(client, JoinResult) for client in clients]
        shares = {j.member_id: f"share of {c}".encode() for c, j in zip(clients, joined, strict=True)}
        for client, result in reversed(list(zip(clients, joined, strict=True))):
            self.sync(f"{client} sync", result, shares if result.is_leader else None)
        assert self.group.state is GroupState.STABLE
        return joined


@pytest.fixture
def house():
    return House()


def test_first_join_waits_a_moment_so_that_members_who_start_together_share_one_generation(house):
    house.join("a")
    house.wait(50)
    house.join("b")
    house.wait(20)
    assert house.answers == {}, "a newcomer in the delay extends it"
    house.wait(60)
    a, b = house.answer("a", JoinResult), house.answer("b", JoinResult)
    assert (a.generation, b.generation) == (1, 1)
    assert a.is_leader and [m.member_id for m in a.members] == [a.member_id, b.member_id]
    assert not b.is_leader and b.members == ()


def test_sync_waits_for_the_leaders_assignment(house):
    house.join("a")
    house.join("b")
    house.wait(60)
    house.wait(60)
    a, b = house.answer("a", JoinResult), house.answer("b", JoinResult)
    house.sync("b sync", b)
    assert "b sync" not in house.answers
    house.sync("a sync", a, {a.member_id: b"A", b.member_id: b"B"})
    assert house.answer("b sync", SyncResult).assignment == b"B"
    assert house.answer("a sync", SyncResult).assignment == b"A"
    assert house.group.state is GroupState.STABLE


def test_a_second_member_makes_the_first_rejoin(house):
    (a,) = house.stable("a")
    house.join("b")
    with pytest.raises(RebalanceInProgress):
        house.groups.heartbeat("g", a.member_id, a.generation)
    house.join("a again", a.member_id)
    again, b = house.answer("a again", JoinResult), house.answer("b", JoinResult)
    assert again.generation == b.generation == 2
    assert again.is_leader, "the leader stays the leader"


def test_poll_time_out_a_member_that_beats_but_never_rejoins_is_left_out(house):
    a, b = house.stable("a", "b")
    house.join("c")
    house.join("a again", a.member_id)
    for _ in range(10):
        house.wait(500)
        if b.member_id in {m.member_id for m in house.group.members}:
            with pytest.raises(RebalanceInProgress):
                house.groups.heartbeat("g", b.member_id, b.generation)
    assert house.answer("c", JoinResult).generation == 2
    assert b.member_id not in {m.member_id for m in house.group.members}


def test_session_time_out_ends_a_silent_member(house):
    a, b = house.stable("a", "b")
    for _ in range(3):
        house.wait(400)
        try:
            house.groups.heartbeat("g", a.member_id, a.generation)
        except RebalanceInProgress:
            break
    house.join("a again", a.member_id)
    assert house.answer("a again", JoinResult).generation == 2
    with pytest.raises(UnknownMember):
        house.groups.heartbeat("g", b.member_id, b.generation)
    assert ("leave", b.member_id, "session time-out") in {
        (e.kind, e.member, getattr(e, "reason", None)) for e in house.entries
    }


def test_the_last_leave_empties_the_group_and_keeps_its_generation_growing(house):
    (a,) = house.stable("a")
    house.groups.leave("g", [Leaver(a.member_id)])
    assert (house.group.state, house.group.generation) == (GroupState.EMPTY, 2)
    house.join("b")
    house.wait(60)
    assert house.answer("b", JoinResult).generation == 3


def test_several_leave_at_once_with_an_answer_each(house):
    a, b = house.stable("a", "b")
    answers = house.groups.leave("g", [Leaver(a.member_id), Leaver("stranger"), Leaver(b.member_id)])
    assert [type(answer) for answer in answers] == [type(None), UnknownMember, type(None)]
    assert house.group.state is GroupState.EMPTY


def test_waiting_members_are_told_when_they_are_removed(house):
    house.join("a")
    member_id = house.group.members[0].member_id
    house.groups.leave("g", [Leaver(member_id)])
    house.collect()
    house.answer("a", UnknownMember)


def test_rebalance_while_syncing_sends_the_waiting_back(house):
    house.join("a")
    house.join("b")
    house.wait(60)
    house.wait(60)
    b = house.answer("b", JoinResult)
    house.sync("b sync", b)
    house.join("c")
    house.answer("b sync", RebalanceInProgress)
    assert house.group.state is GroupState.PREPARING


def test_a_member_that_never_syncs_is_left_out(house):
    house.join("a", session_timeout_ms=60_000)
    house.join("b", session_timeout_ms=60_000)
    house.wait(60)
    house.wait(60)
    a, b = house.answer("a", JoinResult), house.answer("b", JoinResult)
    house.sync("a sync", a, {a.member_id: b"A"})
    house.wait(5000)
    assert b.member_id not in {m.member_id for m in house.group.members}
    assert house.group.state is GroupState.PREPARING


def test_the_handshake_gives_a_member_id_first(house):
    with pytest.raises(MemberIdRequired) as wanted:
        house.join("a", require_known_member_id=True)
    house.join("a", wanted.value.member_id, require_known_member_id=True)
    house.wait(60)
    assert house.answer("a", JoinResult).member_id == wanted.value.member_id


def test_a_promised_id_that_is_never_used_ends_with_its_session(house):
    (a,) = house.stable("a")
    with pytest.raises(MemberIdRequired) as wanted:
        house.join("b", require_known_member_id=True)
    for _ in range(3):
        house.wait(500)
        house.groups.heartbeat("g", a.member_id, a.generation)
    with pytest.raises(UnknownMember):
        house.join("b late", wanted.value.member_id)


def test_a_follower_that_rejoins_unchanged_stays_in_the_generation(house):
    _, b = house.stable("a", "b")
    house.join("b again", b.member_id)
    assert house.answer("b again", JoinResult).generation == 1
    assert house.group.state is GroupState.STABLE


def test_a_leader_that_rejoins_asks_for_a_rebalance(house):
    a, _ = house.stable("a", "b")
    house.join("a again", a.member_id)
    assert house.group.state is GroupState.PREPARING


def test_changed_metadata_asks_for_a_rebalance(house):
    _, b = house.stable("a", "b")
    house.join("b again", b.member_id, protocols=(("range", b"other topics"),))
    assert house.group.state is GroupState.PREPARING


def test_the_assignor_most_members_prefer_is_taken_among_those_all_know(house):
    house.join("a", protocols=(("sticky", b""), ("range", b"")))
    house.join("b", protocols=(("range", b""), ("sticky", b"")))
    house.join("c", protocols=(("roundrobin", b""), ("range", b""), ("sticky", b"")))
    house.wait(60)
    house.wait(60)
    assert house.answer("a", JoinResult).protocol == "range"


def test_no_common_assignor_or_another_type_is_refused(house):
    house.stable("a")
    with pytest.raises(InconsistentProtocol, match="no assignor in common"):
        house.join("b", protocols=(("sticky", b""),))
    with pytest.raises(InconsistentProtocol, match="type 'consumer'"):
        house.join("c", protocol_type="connect")


def test_stale_generations_and_strangers_are_told_apart(house):
    (a,) = house.stable("a")
    with pytest.raises(IllegalGeneration):
        house.groups.heartbeat("g", a.member_id, 0)
    with pytest.raises(IllegalGeneration):
        house.groups.check_commit("g", a.member_id, 7)
    with pytest.raises(UnknownMember):
        house.groups.heartbeat("g", "stranger", 1)
    with pytest.raises(UnknownMember):
        house.groups.heartbeat("no such group", "stranger", 1)
    with pytest.raises(UnknownMember):
        house.join("x", "an id from an earlier host")


# -- static members ----------------------------------------------------------------------------------------
def test_a_static_member_comes_back_without_a_rebalance_and_the_old_one_is_fenced(house):
    leader, follower = house.stable("one", "two", static=True)
    house.join("two again", instance_id="two")
    again = house.answer("two again", JoinResult)
    assert (again.generation, house.group.state) == (1, GroupState.STABLE)
    assert again.member_id != follower.member_id
    house.sync("two sync again", again, instance_id="two")
    assert house.answer("two sync again", SyncResult).assignment == b"share of two"
    with pytest.raises(FencedInstance):
        house.groups.heartbeat("g", follower.member_id, 1, "two")
    house.groups.heartbeat("g", leader.member_id, 1, "one")


@pytest.mark.parametrize("can_skip", [True, False])
def test_a_static_leader_that_comes_back_does_not_assign_again(house, can_skip):
    leader, _ = house.stable("one", "two", static=True)
    house.join("one again", instance_id="one", can_skip_assignment=can_skip)
    again = house.answer("one again", JoinResult)
    assert again.skip_assignment is can_skip
    assert again.leader == (again.member_id if can_skip else leader.member_id)
    house.sync("one sync again", again, instance_id="one")
    assert house.answer("one sync again", SyncResult).assignment == b"share of one"


def test_a_static_member_is_gone_after_its_session(house):
    leader, _ = house.stable("one", "two", static=True)
    for _ in range(3):
        house.wait(400)
        if house.group.state is GroupState.STABLE:
            house.groups.heartbeat("g", leader.member_id, 1, "one")
    assert [m.instance_id for m in house.group.members] == ["one"]


def test_a_waiting_static_member_is_fenced_by_its_double(house):
    house.join("first", instance_id="one")
    house.join("second", instance_id="one")
    house.answer("first", FencedInstance)
    house.wait(60)
    house.answer("second", JoinResult)


def test_an_operator_removes_a_static_member_by_its_instance(house):
    house.stable("one", static=True)
    assert house.groups.leave("g", [Leaver(instance_id="one")]) == [None]
    assert house.group.state is GroupState.EMPTY


# -- commits, deletion, expiry -----------------------------------------------------------------------------
def test_who_may_commit_when(house):
    house.groups.check_commit("g", "", -1)
    (a,) = house.stable("a")
    house.groups.check_commit("g", a.member_id, 1)
    with pytest.raises(UnknownMember, match="active members"):
        house.groups.check_commit("g", "", -1)
    house.join("b")
    house.groups.check_commit("g", a.member_id, 1)  # a last commit before it rejoins
    house.join("a again", a.member_id)
    with pytest.raises(RebalanceInProgress):
        house.groups.check_commit("g", a.member_id, 2)


def test_deleting_wants_an_empty_group(house):
    (a,) = house.stable("a")
    house.groups.record_commit("g", {PART: CommittedOffset(5)})
    with pytest.raises(GroupNotEmpty):
        house.groups.delete("g")
    house.groups.leave("g", [Leaver(a.member_id)])
    house.groups.delete("g")
    assert house.groups.committed("g") == {}
    with pytest.raises(NotFound):
        house.groups.describe("g")


def test_offsets_of_an_empty_group_expire_a_week_after_its_last_member(house):
    (a,) = house.stable("a")
    house.groups.record_commit("g", {PART: CommittedOffset(5, "", house.clock.now_ms())})
    house.clock.advance(8 * DAY_MS)
    assert house.groups.expire() == [], "members are there"
    house.groups.leave("g", [Leaver(a.member_id)])
    house.clock.advance(6 * DAY_MS)
    assert house.groups.expire() == []
    house.clock.advance(1 * DAY_MS)
    assert house.groups.expire() == ["g"]
    assert house.groups.committed("g") == {}


def test_after_a_restart_generations_go_on_and_old_members_are_unknown():
    house = House()
    stored = StoredGroup("g", 41, "consumer", house.clock.now_ms())
    house.groups.load([stored], {"g": {PART: CommittedOffset(9, "note")}})
    assert house.groups.committed("g")[PART].metadata == "note"
    with pytest.raises(UnknownMember):
        house.groups.heartbeat("g", "member of before", 41)
    house.join("a")
    house.wait(60)
    assert house.answer("a", JoinResult).generation == 42


def test_limits_are_said(house):
    with pytest.raises(InvalidSessionTimeout, match="50 ms"):
        house.join("a", session_timeout_ms=50)
    with pytest.raises(Invalid):
        house.groups.join(JoinRequest("", (("range", b""),)), "a")
    small = House(max_members=1)
    small.stable("a")
    with pytest.raises(GroupFull):
        small.join("b")


def test_next_deadline_says_when_something_is_due(house):
    assert house.groups.next_deadline() is None
    house.join("a")
    assert house.groups.next_deadline() == 60
    house.wait(60)
    assert house.groups.next_deadline() == 60 + 1000


# -- held: an administrator moves the offsets --------------------------------------------------------------
def test_a_held_group_parks_joins_and_goes_on_as_a_new_generation_when_released(house):
    a, b = house.stable("a", "b")
    house.groups.hold("g")
    for member in (a, b):
        with pytest.raises(IllegalGeneration):
            house.groups.heartbeat("g", member.member_id, member.generation)
        house.join(f"{member.member_id} again", member.member_id)
    house.join("newcomer")
    house.wait(60_000)
    assert not [token for token in house.answers if "again" in token or token == "newcomer"]
    assert house.group.state is GroupState.PREPARING
    house.groups.release("g")
    house.collect()
    assert {house.answer(f"{m.member_id} again", JoinResult).generation for m in (a, b)} == {2}
    assert house.answer("newcomer", JoinResult).generation == 2


def test_no_commit_from_the_hold_to_the_next_generation_not_even_after_the_release(house):
    a, b = house.stable("a", "b")
    house.groups.hold("g")
    with pytest.raises(IllegalGeneration):
        house.groups.check_commit("g", a.member_id, a.generation)
    house.told(b)
    house.join("b again", b.member_id)
    house.groups.release("g")
    house.collect()
    with pytest.raises(IllegalGeneration):  # it has not heard of it yet
        house.groups.check_commit("g", a.member_id, a.generation)
    house.told(a)
    house.join("a again", a.member_id)
    with pytest.raises(IllegalGeneration):
        house.groups.check_commit("g", a.member_id, a.generation)
    again = house.answer("a again", JoinResult)
    house.sync("a sync again", again, {})
    house.groups.check_commit("g", a.member_id, again.generation)


def test_a_static_member_keeps_its_id_over_a_hold_and_one_restarted_within_it_waits(house):
    a, b = house.stable("a", "b", static=True)
    house.groups.hold("g")
    house.told(a, "a")
    house.join("a again", a.member_id, instance_id="a")
    house.join("b restarted", instance_id="b")
    assert "b restarted" not in house.answers
    house.groups.release("g")
    house.collect()
    assert house.answer("a again", JoinResult).member_id == a.member_id
    assert house.answer("b restarted", JoinResult).generation == 2
    with pytest.raises(FencedInstance):
        house.groups.check_commit("g", b.member_id, b.generation, "b")


def test_members_who_die_or_leave_in_a_hold_are_gone_and_an_empty_group_can_be_held(house):
    a, _ = house.stable("a", "b")
    house.groups.hold("g")
    house.groups.leave("g", [Leaver(a.member_id)])
    house.wait(1000)
    assert house.group.members == () and house.group.state is GroupState.PREPARING
    house.groups.release("g")
    assert house.group.state is GroupState.EMPTY
    house.groups.hold("g")
    house.join("c")
    house.wait(60_000)
    assert "c" not in house.answers
    house.groups.release("g")
    house.wait(0)
    assert house.answer("c", JoinResult).generation == 3


def test_who_rejoins_when_the_hold_begins_is_told_to_begin_anew(house):
    """A cooperative member keeps its places over a rebalance; over a move it must not."""
    a, b = house.stable("a", "b")
    house.join("c")
    house.join("a again", a.member_id)
    house.groups.hold("g")
    house.collect()
    house.answer("a again", UnknownMember)
    assert "c" not in house.answers, "who never had a place has none to lose"
    house.join("a anew")
    house.told(b)
    house.join("b again", b.member_id)
    house.groups.release("g")
    house.collect()
    generations = {house.answer(token, JoinResult).generation for token in ("a anew", "b again", "c")}
    assert generations == {2} and len(house.group.members) == 3


def test_who_waits_for_its_share_when_the_hold_begins_is_told_that_it_is_over(house):
    a, b = house.stable("a", "b")
    house.join("a again", a.member_id)
    house.join("b again", b.member_id)
    a, b = house.answer("a again", JoinResult), house.answer("b again", JoinResult)
    follower, leader = (a, b) if b.is_leader else (b, a)
    house.sync("follower's sync", follower)
    house.groups.hold("g")
    house.collect()
    house.answer("follower's sync", IllegalGeneration)
    with pytest.raises(IllegalGeneration):
        house.sync("leader's sync", leader, {})


def test_who_rejoins_without_having_heard_of_the_hold_begins_anew_even_after_it(house):
    a, b = house.stable("a", "b")
    house.groups.hold("g")
    with pytest.raises(UnknownMember):
        house.join("a again", a.member_id)
    house.groups.release("g")
    with pytest.raises(UnknownMember):
        house.join("b again", b.member_id)
    house.join("a anew")
    house.wait(60)
    assert house.answer("a anew", JoinResult).generation == 3, "the group was empty for a moment"
