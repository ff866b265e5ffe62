"""Problems as sentences: what is told, when, and what is held back."""

from __future__ import annotations

from dataclasses import replace

from workbench.core.clock import ManualClock
from workbench.core.snapshot import (
    GroupPartitionStat,
    GroupStat,
    MemberStat,
    PartitionStat,
    PartState,
    ProducerStat,
    TopicStat,
)
from workbench.host.problems import HOLD_MS, Problems, Scene, Threshold

ORDERS = TopicStat("orders", "stream", (PartitionStat(0, 0, 1000, 9000, 240.0),))
AT = GroupPartitionStat("orders", 0, 0, 1000, 900, 900, "m", 500)
SLOW = MemberStat("m", "shipping-2", PartState.RUNNING, (("orders", 0),), 150.0, slow=True)


def scene(group: GroupStat | None = None, *producers: ProducerStat, thresholds=None, retention=None) -> Scene:
    return Scene((ORDERS,), (group,) if group else (), producers, thresholds or {}, retention or {})


def told(what: Scene, wait_ms: float = HOLD_MS) -> list[str]:
    """The problems after they stood for a while."""
    clock = ManualClock()
    problems = Problems(clock)
    problems.judge(what)
    clock.advance(wait_ms)
    return [problem.text for problem in problems.judge(what)]


def test_a_calm_group_is_no_problem():
    assert told(scene(GroupStat("shipping", "Stable", partitions=(AT,)))) == []


def test_a_slow_member_is_told_with_both_rates_once_it_holds():
    group = GroupStat("shipping", "Stable", members=(SLOW,), partitions=(AT,))
    assert told(scene(group)) == ["shipping-2 cannot keep up. It handles 150/s, 240/s arrive."]
    assert told(scene(group), HOLD_MS - 1) == []


def test_lag_is_judged_by_the_groups_own_threshold():
    group = GroupStat("shipping", "Stable", partitions=(AT,))
    assert told(scene(group, thresholds={"shipping": Threshold(100, 60)})) == ["shipping is 100 events and 0 s behind."]
    late = replace(group, partitions=(replace(AT, lag_ms=61_000),))
    assert told(scene(late)) == ["shipping is 100 events and 61 s behind."]


def test_a_burst_that_passes_is_not_told():
    clock = ManualClock()
    problems = Problems(clock)
    behind = scene(GroupStat("g", "Stable", partitions=(AT,)), thresholds={"g": Threshold(1, 60)})
    problems.judge(behind)
    clock.advance(HOLD_MS - 1)
    problems.judge(scene())
    clock.advance(2)
    assert problems.judge(behind) == ()


def test_what_failed_is_told_at_once_and_first():
    failed = ProducerStat("p", "shop", PartState.FAILED, reason="The file is gone.")
    group = GroupStat("g", "Empty", members=(replace(SLOW, state=PartState.FAILED, slow=False, reason="No."),))
    assert told(scene(group, failed), 0) == ["shop failed. The file is gone.", "shipping-2 failed. No."]


def test_retention_that_comes_close_or_was_quicker():
    group = GroupStat("g", "Stable", partitions=(replace(AT, committed=100, lag_ms=9_000),))
    assert told(scene(group, retention={"orders": (10_000, -1)})) == [
        "orders will soon remove events that g has not read."
    ]
    assert told(scene(group, retention={"orders": (-1, 10_000)})) == [
        "orders will soon remove events that g has not read."
    ]
    lost = GroupStat("g", "Stable", partitions=(replace(AT, committed=100, log_start=150),))
    assert told(scene(lost, retention={"orders": (10_000, -1)}), 0) == [
        "50 events of orders/0 were removed before g read them."
    ]


def test_since_when_stays_while_it_lasts():
    clock = ManualClock()
    problems = Problems(clock)
    failed = scene(None, ProducerStat("p", "shop", PartState.FAILED))
    (first,) = problems.judge(failed)
    clock.advance(5_000)
    (later,) = problems.judge(failed)
    assert later.since_ms == first.since_ms == clock.now_ms() - 5_000
