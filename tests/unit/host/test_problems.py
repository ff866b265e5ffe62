"""Problems as sentences: what is told, when, and what is held back."""

from __future__ import annotations

from dataclasses import replace

from workbench.core.clock import ManualClock
from workbench.core.queues import QueueCounts
from workbench.core.snapshot import (
    ClientStat,
    ExchangeStat,
    GroupPartitionStat,
    GroupStat,
    MemberStat,
    PartitionStat,
    PartState,
    ProducerStat,
    QueueConsumerStat,
    QueueStat,
    TopicStat,
    Unserved,
)
from workbench.host.problems import HOLD_MS, Problems, Scene, Threshold

ORDERS = TopicStat("orders", "stream", (PartitionStat(0, 0, 1000, 9000, 240.0),), rate_in=240.0)
AT = GroupPartitionStat("orders", 0, 0, 1000, 900, 900, "m", 500)
SLOW = MemberStat("m", "shipping-2", PartState.RUNNING, (("orders", 0),), 150.0, slow=True)


def scene(group: GroupStat | None = None, *producers: ProducerStat, thresholds=None, retention=None) -> Scene:
    return Scene((ORDERS,), (group,) if group else (), producers, thresholds or {}, retention or {})


def test_what_a_client_asks_for_in_vain_is_a_problem_with_what_to_set():
    asks = Unserved("the new group protocol", "Set group.protocol=classic in its configuration.", 3)
    client = ClientStat("billing-app", "127.0.0.1:5001", "librdkafka 2.16.1", unserved=(asks,))
    (problem,) = Problems(ManualClock()).judge(Scene((), (), (), {}, {}, clients=(client,)))
    assert (problem.subject, problem.severity) == ("client:billing-app", "warn")
    assert problem.text == "billing-app asks for the new group protocol, which is not served."
    assert problem.next_step == "Set group.protocol=classic in its configuration."


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
    assert told(scene(late)) == ["shipping is 100 events and 1 min 1 s behind."]


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


# -- queues and exchanges ----------------------------------------------------------------------------------
def queue(name="work", **more) -> QueueStat:
    counts = QueueCounts(**{field: more.pop(field) for field in ("ready", "dead", "delayed") if field in more})
    return QueueStat(name, name, counts, **more)


def of_queues(*queues: QueueStat, thresholds=None) -> Scene:
    return Scene((), (), (), {}, {}, queues, queue_thresholds=thresholds or {})


def test_dead_letters_are_told_where_they_wait():
    work = queue(dead_letter="work.dlq", consumers=(QueueConsumerStat("one"),))
    assert told(of_queues(work, queue("work.dlq", ready=3, oldest_ms=10**9, takes_dead_letters=True)), 0) == [
        "3 messages ended in the dead letters work.dlq."]
    assert told(of_queues(work, queue("work.dlq"))) == []
    assert told(of_queues(queue(dead=1)), 0) == ["1 message of work died and stayed there."]


def test_messages_that_wait_long_are_told_once_somebody_should_take_them():
    late = queue(ready=5, oldest_ms=61_000, consumers=(QueueConsumerStat("one"),))
    assert told(of_queues(late)) == ["5 messages wait in work, the oldest for 1 min 1 s."]
    assert told(of_queues(late, thresholds={"work": Threshold(10, 120)})) == []
    assert told(of_queues(late, thresholds={"work": Threshold(5, 120)})) != []
    assert told(of_queues(replace(late, consumers=()))) == []
    assert told(of_queues(queue(delayed=5, oldest_ms=61_000, consumers=(QueueConsumerStat("one"),)))) == []


def test_what_waits_in_a_queue_is_told_once_and_of_the_queue():
    late = of_queues(queue(ready=20_000, oldest_ms=3_000, consumers=(QueueConsumerStat("billing-1"),)))
    both = replace(late, groups=(GroupStat("billing", "Stable", waiting=20_000, oldest_ms=3_000),))
    assert told(both) == ["20,000 messages wait in work, the oldest for 3 s."]


def test_what_cannot_be_routed_is_told_while_it_happens():
    clock = ManualClock()
    problems = Problems(clock)

    def judged(count: int) -> list[str]:
        up = ExchangeStat("up", "topic", unroutable=count, last_unroutable="order.eu")
        return [problem.text for problem in problems.judge(Scene((), (), (), {}, {}, exchanges=(up,)))]

    assert judged(7) == [], "old ones are no news"
    assert judged(8) == ["up has no queue for 8 messages, last with the key «order.eu»."]
    clock.advance(31_000)
    assert judged(8) == []
