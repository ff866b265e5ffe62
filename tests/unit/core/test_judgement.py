"""Health: one table of what each state of a group, partition, queue and producer is found to be, live and past."""

from __future__ import annotations

from dataclasses import replace

import pytest

from workbench.core.health import Condition, Health, Level, Threshold
from workbench.core.judgement import (
    assess_group,
    health_of_connection,
    health_of_group,
    health_of_producer,
    judged,
    partition_level,
    tell_group,
)
from workbench.core.queues import QueueCounts
from workbench.core.snapshot import (
    UNKNOWN_MS,
    AttachedStat,
    GroupPartitionStat,
    GroupStat,
    MemberStat,
    PartitionStat,
    PartState,
    ProducerStat,
    QueueConsumerStat,
    QueueStat,
    RunState,
    Snapshot,
    TopicStat,
)

LIMIT = Threshold(10_000, 60.0)
ARRIVING = {("orders", 0): 240.0, ("orders", 1): 240.0}
OK, WARN, BAD = Level.OK, Level.WARN, Level.BAD
RUNNING, STOPPED = RunState.RUNNING, RunState.STOPPED


def member(number: int, state: PartState = PartState.RUNNING, **more) -> MemberStat:
    more.setdefault("rate", 150.0)
    return MemberStat(f"m{number}", f"shipping-{number}", state, (("orders", number - 1),), **more)


def group(lag: int = 0, *members: MemberStat, lag_ms: int = 0, state: str = "Stable", **more) -> GroupStat:
    part = GroupPartitionStat("orders", 0, 0, 100_000, 100_000 - lag, lag_ms=lag_ms)
    return GroupStat("shipping", state, members=members, partitions=(part,), **more)


ONE, TWO = member(1), member(2)
P1, P2 = member(1, PartState.PAUSED), member(2, PartState.PAUSED)
K1, K2 = member(1, PartState.KILLED, session_ms=10_000), member(2, PartState.KILLED, session_ms=10_000)
GONE1, GONE2 = replace(K1, session_ms=0), replace(K2, session_ms=0)
SLOW2 = replace(TWO, slow=True)
KEPT = "The broker keeps their partitions for them until their sessions time out, 10 s after the last heartbeat."

GROUPS = [
    # what is so, its condition, its level, the level of its lag, the sentence, the next step
    (group(5, ONE), "fine", OK, OK, "", ""),
    (group(6_000, ONE), "slipping", WARN, WARN, "", ""),
    (group(12_000, ONE), "behind", BAD, BAD, "shipping is 12,000 events and 0 s behind.",
     "Add members, or make them faster."),
    (group(100, ONE, lag_ms=61_000), "behind", BAD, BAD, "shipping is 100 events and 1 min 1 s behind.",
     "Add members, or make them faster."),
    (group(0, ONE, lag_ms=61_000), "fine", OK, OK, "", ""),
    # too slow, and what only looks like it
    (group(700, ONE, SLOW2), "slow", WARN, OK, "shipping-2 cannot keep up. It handles 150/s, 240/s arrive.",
     "Make it faster, or add a member."),
    (group(12_000, ONE, SLOW2), "slow", BAD, BAD, "shipping-2 cannot keep up. It handles 150/s, 240/s arrive.",
     "Make it faster, or add a member."),
    (group(12_000, ONE, replace(SLOW2, rate=300.0)), "behind", BAD, BAD, "shipping is 12,000 events and 0 s behind.",
     "Add members, or make them faster."),
    # draining
    (group(100_000, ONE, SLOW2, trend=-20_000.0), "catching up", WARN, WARN,
     "shipping is 100,000 events behind and catches up, in about 5 s at this pace.", ""),
    (group(6_000, ONE, SLOW2, trend=-2_000.0), "slipping", WARN, WARN, "", ""),
    (group(90_000, ONE, trend=-1.0), "behind", BAD, BAD, "shipping is 90,000 events and 0 s behind.",
     "Add members, or make them faster."),
    # held by a person
    (group(12_000, P1, P2, lag_ms=99_000, paused=True), "paused", OK, OK, "shipping is paused; 12,000 events wait.",
     "Resume it."),
    (group(12_000, P1, replace(P2, slow=True)), "paused", OK, OK, "shipping is paused; 12,000 events wait.",
     "Resume it."),
    (group(1, P1, GONE2), "paused", OK, OK, "shipping is paused; 1 event waits.", "Resume it."),
    (group(12_000, P1, TWO), "behind", BAD, BAD, "shipping is 12,000 events and 0 s behind.", "Resume shipping-1."),
    (group(100, ONE, lag_ms=75_000, held_ms=74_000), "fine", OK, OK, "", ""),
    # killed: the broker still waits, then nobody reads
    (group(0, ONE, K2), "killed", WARN, OK, "shipping-2 was killed. The broker keeps its partitions for it until its "
     "session times out, 10 s after the last heartbeat.", "Restart it."),
    (group(0, ONE, replace(K2, session_ms=UNKNOWN_MS)), "killed", WARN, OK, "shipping-2 was killed. The broker keeps "
     "its partitions for it until its session times out.", "Restart it."),
    (group(0, ONE, GONE2), "killed", WARN, OK, "shipping-2 was killed. The others read on.", "Restart it."),
    (group(50, K1, K2), "killed", BAD, OK, f"All 2 members of shipping were killed. {KEPT} Nobody reads shipping "
     "meanwhile; 50 events wait.", "Restart them."),
    (group(1, GONE1, GONE2, state="Empty"), "killed", BAD, OK, "All 2 members of shipping were killed. Nobody reads "
     "shipping now; 1 event waits.", "Restart them."),
    (group(0, GONE1, state="Empty"), "killed", BAD, OK, "shipping-1 was killed. Nobody reads shipping now; nothing "
     "waits.", "Restart it."),
    # failed
    (group(0, member(1, PartState.FAILED, reason="No such field.")), "failed", BAD, OK,
     "shipping-1 failed. No such field.", "Restart it."),
    # nobody there
    (group(12_000, state="Empty", lag_ms=999_000), "nobody reads", BAD, BAD,
     "Nobody reads shipping; 12,000 events wait.", "Add a member."),
    (group(100, state="Empty", lag_ms=999_000), "fine", OK, OK, "", ""),
    (group(6_000, state="Empty"), "nobody reads", WARN, WARN, "Nobody reads shipping; 6,000 events wait.",
     "Add a member."),
]


@pytest.mark.parametrize(("seen", "condition", "level", "lag", "text", "step"), GROUPS)
def test_a_group(seen: GroupStat, condition: str, level: Level, lag: Level, text: str, step: str):
    health = health_of_group(seen, LIMIT, RUNNING, True, ARRIVING)
    assert (health.condition, health.level, health.lag, health.text, health.next_step) == (
        condition, level, lag, text, step)
    assert health.is_problem == (level > OK and condition not in ("slipping", "catching up"))


def test_a_held_verdict_says_nothing_that_its_figures_do_not():
    found = assess_group(group(700, ONE, SLOW2), LIMIT, arriving=ARRIVING)
    better = group(700, ONE, replace(SLOW2, rate=300.0))
    assert tell_group(found, better, LIMIT, arriving=ARRIVING).text == ""
    worse = assess_group(group(12_000, ONE, SLOW2), LIMIT, arriving=ARRIVING)
    better = group(12_000, ONE, replace(SLOW2, rate=300.0))
    assert tell_group(worse, better, LIMIT, arriving=ARRIVING).text == "shipping is 12,000 events and 0 s behind."


def test_a_stopped_flow_is_no_problem_and_a_stranger_without_members_is():
    empty = group(12_000, state="Empty")
    assert health_of_group(empty, LIMIT, STOPPED).condition is Condition.STOPPED
    assert health_of_group(empty, LIMIT, STOPPED, drawn=False).next_step == (
        "Start its program, or delete its offsets in Groups.")


@pytest.mark.parametrize(("stat", "run", "still"), [
    (group(12_000, state="Empty"), STOPPED, True), (group(12_000, P1, P2), RUNNING, True),
    (group(12_000, ONE), RUNNING, False), (group(0, ONE), RUNNING, False),
])
def test_of_a_group_that_stands_still_the_lag_is_told_and_not_judged(stat: GroupStat, run: RunState, still: bool):
    health = health_of_group(stat, LIMIT, run)
    assert health.is_still is still and health.share == stat.lag_records / LIMIT.records


@pytest.mark.parametrize("drawn", [True, False])
@pytest.mark.parametrize("lag", [100, 4_999, 5_000, 9_999, 10_000])
def test_no_lag_of_a_group_without_readers_has_a_colour_and_no_sentence(lag: int, drawn: bool):
    health = health_of_group(group(lag, state="Empty"), LIMIT, RUNNING, drawn)
    assert (health.lag > OK) == (health.level > OK) == health.is_problem == (lag >= 5_000)


def test_the_time_a_group_was_held_is_no_lag_wherever_it_is_shown():
    held = group(100, ONE, lag_ms=75_000, held_ms=74_000)
    assert (held.lag_ms, held.age_ms) == (1_000, 75_000)
    assert group(100, ONE, lag_ms=5_000, held_ms=6_000).lag_ms == 0
    assert health_of_group(group(12_000, ONE, lag_ms=75_000, held_ms=74_000), LIMIT).text == (
        "shipping is 12,000 events and 1 s behind.")


@pytest.mark.parametrize(("lags", "levels"), [
    ((10, 10), (OK, OK)), ((3_000, 0), (WARN, OK)), ((9_000, 0), (WARN, OK)), ((9_000, 2_000), (BAD, OK)),
    ((6_000, 6_000), (BAD, BAD)),
])
def test_a_partition_by_its_part_of_the_threshold_and_bad_only_with_its_group(lags, levels):
    parts = tuple(GroupPartitionStat("orders", n, 0, 90_000, 90_000 - lag) for n, lag in enumerate(lags))
    stat = GroupStat("shipping", "Stable", members=(ONE, TWO), partitions=parts)
    assert tuple(partition_level(part, stat, LIMIT) for part in parts) == levels
    held = replace(stat, paused=True)
    assert {partition_level(part, held, LIMIT) for part in parts} == {OK}


def queue(ready: int = 0, dead: int = 0, **more) -> QueueStat:
    more.setdefault("consumers", (QueueConsumerStat("billing-1"),))
    return QueueStat("work", "work", QueueCounts(ready=ready, dead=dead), **more)


@pytest.mark.parametrize(("seen", "state", "condition", "level", "lag"), [
    (queue(5), PartState.RUNNING, "fine", OK, OK),
    (queue(6_000), PartState.RUNNING, "slipping", WARN, WARN),
    (queue(12_000), PartState.RUNNING, "behind", BAD, BAD),
    (queue(5, oldest_ms=70_000), PartState.RUNNING, "behind", BAD, BAD),
    (queue(12_000, oldest_ms=70_000), PartState.PAUSED, "paused", OK, OK),
    (queue(12_000, consumers=()), PartState.RUNNING, "fine", OK, OK),
    (queue(0, dead=1), PartState.RUNNING, "dead letters", BAD, OK),
    (queue(3, takes_dead_letters=True), PartState.RUNNING, "dead letters", BAD, OK),
])
def test_a_queue(seen: QueueStat, state: PartState, condition: str, level: Level, lag: Level):
    reader = GroupStat("billing", "Stable", members=(MemberStat("m", "billing-1", state),))
    health = judged(Snapshot(queues=(seen,), groups=(reader,)), {}).queue("work").health
    assert (health.condition, health.level, health.lag) == (condition, level, lag)


def test_a_pause_of_a_queues_readers_is_not_age_afterwards():
    reader = GroupStat("billing", "Stable", members=(MemberStat("m", "billing-1", PartState.RUNNING),), held_ms=65_000)
    seen = judged(Snapshot(queues=(queue(5, oldest_ms=70_000),), groups=(reader,)), {})
    assert seen.queue("work").health.condition is Condition.FINE


def test_a_producer():
    failed = health_of_producer(ProducerStat("p", "shop", PartState.FAILED, reason="The file is gone."))
    assert (failed.level, failed.text) == (BAD, "shop failed. The file is gone.")
    assert health_of_producer(ProducerStat("p", "shop", PartState.PAUSED)).condition is Condition.PAUSED


@pytest.mark.parametrize("live", [True, False])
def test_live_and_past_are_judged_alike_and_the_past_has_its_problems(live: bool):
    topic = TopicStat("orders", "stream", (PartitionStat(0, 0, 100_000, 0, 240.0), PartitionStat(1, 0, 0, 0, 240.0)))
    groups = tuple(replace(case[0], name=f"g{n}") for n, case in enumerate(GROUPS))
    seen = judged(Snapshot(live=live, run=RUNNING, topics=(topic,), groups=groups),
                  {stat.name: LIMIT for stat in groups})
    assert [stat.health.condition for stat in seen.groups] == [case[1] for case in GROUPS]
    quiet = ("slipping", "catching up")
    told = {f"group:g{n}" for n, case in enumerate(GROUPS) if case[2] > OK and case[1] not in quiet}
    assert {problem.subject for problem in seen.problems} == (set() if live else told)


def test_an_attached_system_out_of_reach_is_a_problem_with_what_comes_next():
    system = AttachedStat("staging", "kafka", "failing", "Nobody listens there.", 5_000)
    gone = health_of_connection(system)
    assert (gone.condition, gone.level, gone.is_problem) == (Condition.OUT_OF_REACH, Level.BAD, True)
    assert gone.text == "@staging is out of reach. Nobody listens there." and "tried again" in gone.next_step
    refused = health_of_connection(replace(system, next_try_ms=None))
    assert refused.condition is Condition.REFUSED and refused.next_step == "Mend that, then try it again."
    assert health_of_connection(AttachedStat("staging", "kafka", "ready")) == Health()
    connecting = health_of_connection(AttachedStat("staging", "kafka", "connecting"))
    assert connecting.level is Level.WARN and not connecting.is_problem
