"""Plans of resets: every kind of target, clamping, refusal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.broker.groups.membership import CommittedOffset, GroupMeta, GroupState, MemberMeta
from workbench.broker.groups.resets import ResetGround, plan_reset, reset_entries
from workbench.core.errors import Invalid
from workbench.core.offsets import ResetSpec
from workbench.core.records import PartitionBounds, TopicPartition

P0, P1 = TopicPartition("orders", 0), TopicPartition("orders", 1)
BOUNDS = {P0: PartitionBounds(0, 10, 100), P1: PartitionBounds(1, 0, 50)}
TIMES = {P0: {1000: 40}, P1: {}}
NOW = 6000


def plan(spec, members=(), state=GroupState.EMPTY, committed=None, copied=None):
    ground = ResetGround(
        GroupMeta("billing", state, members=members), BOUNDS,
        {P0: CommittedOffset(60)} if committed is None else committed, copied or {},
        lambda part, ms: TIMES[part].get(ms), NOW,
    )
    return plan_reset(spec, ground)


@pytest.mark.parametrize(
    ("spec", "afters"),
    [
        (ResetSpec("earliest"), [10, 0]),
        (ResetSpec("latest"), [100, 50]),
        (ResetSpec("offset", 30), [30, 30]),
        (ResetSpec("time", 1000), [40, 50]),
        (ResetSpec("duration", 5000), [40, 50]),
        (ResetSpec("shift", -15), [45, 0]),
        (ResetSpec("shift", 5), [65, 5]),
        (ResetSpec("offsets", offsets={0: 12, 1: 13}), [12, 13]),
    ],
)
def test_targets(spec, afters):
    assert [move.after for move in plan(spec).moves] == afters


def test_offsets_and_group_leave_out_what_they_do_not_name():
    assert [m.partition for m in plan(ResetSpec("offsets", offsets={1: 7})).moves] == [1]
    copied = plan(ResetSpec("group", group="shipping"), copied={P0: CommittedOffset(33)})
    assert [(m.partition, m.after, m.note) for m in copied.moves] == [(0, 33, "as shipping")]


def test_clamping_is_noted():
    assert [m.note for m in plan(ResetSpec("offset", 80)).moves] == ["", "80 is past the end, so 50"]
    assert plan(ResetSpec("offset", 3)).moves[0].note == "3 is before the log start, so 10"
    assert plan(ResetSpec("time", 9999)).moves[0].note == "no record that late: the end"


def test_what_is_read_again_and_what_is_skipped():
    back = plan(ResetSpec("earliest"))
    assert (back.read_again, back.moves[0].before, back.moves[1].before) == (50, 60, None)
    assert plan(ResetSpec("latest")).moves[0].skipped == 40


def test_active_members_refuse_and_are_named_on_their_moves():
    members = (MemberMeta("m-1", "c", "", None, assignment=(P1,)),)
    refused = plan(ResetSpec("earliest"), members, GroupState.STABLE)
    assert "1 member is active" in refused.refused
    assert (refused.members, refused.moves[1].member_id) == (1, "m-1")
    assert plan(ResetSpec("earliest")).refused == ""


def test_an_unknown_kind_is_answered_with_those_there_are():
    with pytest.raises(Invalid, match="tomorrow"):
        plan(ResetSpec("tomorrow"))  # type: ignore[arg-type]


def test_the_journal_keeps_before_and_after():
    spec = ResetSpec("earliest")
    (entry,) = reset_entries(plan(spec), spec, NOW)
    assert (entry.kind, entry.group, entry.topic) == ("reset", "billing", "orders")
    assert entry.moves == [[0, 60, 10], [1, None, 0]]


@given(st.sampled_from(["offset", "shift", "time", "duration"]), st.integers(-(10**9), 10**9))
def test_no_target_leaves_the_log(kind, number):
    for move in plan(ResetSpec(kind, number)).moves:
        assert move.log_start <= move.after <= move.end
