"""Somebody sets the machine's clock: what lasts a while lasts as long as before, and stamps follow the new time."""

from __future__ import annotations

import pytest

from workbench.broker import Broker
from workbench.core.clock import ManualClock, SteadyClock
from workbench.core.queues import TTL_MS, MessageState
from workbench.core.records import Record

HOUR_MS = 3_600_000
SETTINGS = {"queue.visibility.ms": "3000", "queue.max.deliveries": "0"}


@pytest.fixture
def queue(broker: Broker) -> Broker:
    broker.create_topic("q", 1, "queue", SETTINGS)
    broker.append("q", 0, [Record(None, b"one")]).result()
    return broker


def taken(broker: Broker) -> list[bytes | None]:
    return [delivery.record.value for delivery in broker.queues.receive("q", "ann", 10)]


@pytest.mark.parametrize("set_by_ms", [-HOUR_MS, 24 * HOUR_MS])
def test_a_lease_ends_after_its_own_time_however_the_clock_is_set(queue: Broker, clock: ManualClock, set_by_ms: int):
    assert taken(queue) == [b"one"]
    clock.set_wall(set_by_ms)
    clock.advance(2_900)
    queue.queues.tick()
    assert queue.queues.counts("q").in_flight == 1, "the lease has 100 ms left"
    clock.advance(200)
    queue.queues.tick()
    assert queue.queues.counts("q").in_flight == 0
    assert taken(queue) == [b"one"]


@pytest.mark.parametrize("set_by_ms", [-HOUR_MS, 24 * HOUR_MS])
def test_a_delay_and_a_time_to_live_keep_their_length(queue: Broker, clock: ManualClock, set_by_ms: int):
    first = queue.queues.receive("q", "ann", 1)
    queue.queues.nack("q", [first[0].receipt], delay_ms=5_000)
    queue.append("q", 0, [Record(None, b"short", ((TTL_MS, b"4000"),))]).result()
    queue.queues.tick()
    clock.set_wall(set_by_ms)
    clock.advance(3_900)
    queue.queues.tick()
    assert (queue.queues.counts("q").ready, queue.queues.counts("q").delayed) == (1, 1)
    clock.advance(1_200)
    queue.queues.tick()
    counts = queue.queues.counts("q")
    assert (counts.ready, counts.delayed, counts.dead) == (1, 0, 1), "the delay is over, the short one has expired"


def test_the_end_of_a_lease_is_shown_as_the_wall_clock_will_have_it(queue: Broker, clock: ManualClock):
    assert taken(queue) == [b"one"]
    clock.set_wall(HOUR_MS)
    (message,) = queue.queues.peek("q", [MessageState.IN_FLIGHT])
    assert message.until_ms == clock.now_ms() + 3_000
    (lease,) = queue.queues.stats()[0].leases
    assert (lease.leased_ms, lease.until_ms) == (clock.now_ms(), clock.now_ms() + 3_000)


def test_a_transaction_is_not_timed_out_by_setting_the_clock(broker: Broker, clock: ManualClock):
    broker.create_topic("t", 1)
    producer = broker.transactions.begin_producer("tx", 60_000).result()
    broker.transactions.add_partitions("tx", producer, [("t", 0)]).result()
    clock.set_wall(24 * HOUR_MS)
    broker.transactions.expire()
    assert broker.transactions.end("tx", producer, commit=True).result() is not None


def test_a_steady_clock_says_how_far_the_wall_clock_went_ahead():
    clock = ManualClock()
    steady = SteadyClock(clock)
    clock.advance(10.5)
    assert steady.now_ms() == clock.now_ms()
    assert steady.ahead_ms() == 0
    clock.set_wall(-HOUR_MS)
    assert steady.ahead_ms() == -HOUR_MS
