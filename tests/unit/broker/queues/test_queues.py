"""Queues from outside: what one rule promises a test holds it to. The interleavings are in test_queues_stateful."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.transactions import Writer
from workbench.broker import HELD, Broker, BrokerReader, deaths_of, encode_batch
from workbench.core.clock import ManualClock
from workbench.core.errors import AlreadyExists, Invalid, NotFound, Refused, WorkbenchError
from workbench.core.queues import (
    DEDUPLICATION_ID,
    DELAY_MS,
    MESSAGE_GROUP,
    PRIORITY,
    TTL_MS,
    DeadLetterReason,
    Delivery,
    Edit,
    MessageId,
    MessageState,
    Receipt,
)
from workbench.core.records import Record, TopicPartition
from workbench.core.routing import Exchange

READY, DELAYED, DEAD = MessageState.READY, MessageState.DELAYED, MessageState.DEAD


def make(broker: Broker, name: str = "q", partitions: int = 1, **config: object) -> None:
    settings = {"queue." + key.replace("_", "."): str(value) for key, value in config.items()}
    broker.create_topic(name, partitions, "queue", settings)


def send(broker: Broker, *values: bytes, topic: str = "q", key: bytes | None = None, partition: int = 0,
         **headers: object) -> None:
    names = {"ttl": TTL_MS, "delay": DELAY_MS, "priority": PRIORITY, "group": MESSAGE_GROUP, "dedup": DEDUPLICATION_ID}
    attributes = tuple((names[name], str(value).encode()) for name, value in headers.items())
    broker.append(topic, partition, [Record(key, value, attributes) for value in values]).result()


def receipts(deliveries: Sequence[Delivery]) -> list[Receipt]:
    return [delivery.receipt for delivery in deliveries]


def values(deliveries: Sequence[Delivery]) -> list[bytes | None]:
    return [delivery.record.value for delivery in deliveries]


def take(broker: Broker, most: int = 10, consumer: str = "ann", queue: str = "q") -> list[bytes | None]:
    return values(broker.queues.receive(queue, consumer, most))


# -- leases ----------------------------------------------------------------------------------------------------
def test_competing_consumers_share_and_acked_is_gone(broker: Broker):
    make(broker)
    send(broker, b"1", b"2", b"3")
    ann, bob = broker.queues.receive("q", "ann", 2), broker.queues.receive("q", "bob", 5)
    assert (values(ann), values(bob)) == ([b"1", b"2"], [b"3"])
    broker.queues.ack("q", receipts(ann)).result()
    assert broker.queues.counts("q").in_flight == 1
    assert broker.queues.counts("q").acked == 2


def test_a_lease_that_runs_out_returns_at_its_place(broker: Broker, clock: ManualClock):
    make(broker, visibility_ms=1_000)
    send(broker, b"1", b"2")
    (first,) = broker.queues.receive("q", "ann")
    assert not first.redelivered
    assert first.expires_ms == clock.now_ms() + 1_000
    clock.advance(999)
    assert take(broker, 1, "bob") == [b"2"]
    clock.advance(1)
    (again,) = broker.queues.receive("q", "bob")
    assert (again.record.value, again.attempt, again.redelivered) == (b"1", 2, True)
    with pytest.raises(Refused, match="0-0-1 is no longer valid"):
        broker.queues.ack("q", [first.receipt]).result()


def test_extend_counts_from_the_call_and_only_for_its_receipt(broker: Broker, clock: ManualClock):
    make(broker, visibility_ms=1_000)
    send(broker, b"1", b"2")
    held = broker.queues.receive("q", "ann", 2)
    clock.advance(500)
    broker.queues.extend("q", [held[0].receipt], 1_000)
    clock.advance(600)
    assert take(broker) == [b"2"]
    clock.advance(400)
    assert take(broker) == [b"1"]


def test_release_makes_visible_at_once(broker: Broker):
    make(broker)
    send(broker, b"1")
    broker.queues.release("q", receipts(broker.queues.receive("q", "ann")))
    assert take(broker, consumer="bob") == [b"1"]


def test_multiple_acks_all_that_the_consumer_was_handed_before(broker: Broker):
    make(broker)
    send(broker, b"1", b"2", b"3", b"4")
    broker.queues.receive("q", "ann")
    bob = broker.queues.receive("q", "bob")
    ann = broker.queues.receive("q", "ann", 2)
    broker.queues.ack("q", [ann[0].receipt], multiple=True).result()
    shown = broker.queues.peek("q")
    assert [message.consumer for message in shown] == ["bob", "ann"]
    assert receipts(bob)[0].message == shown[0].id


def test_one_may_not_ack_for_another(broker: Broker):
    make(broker)
    send(broker, b"1")
    held = receipts(broker.queues.receive("q", "ann"))
    with pytest.raises(Refused):
        broker.queues.ack("q", held, consumer="bob").result()
    broker.queues.ack("q", held, consumer="ann").result()


def test_nack_waits_as_asked_and_peek_says_why(broker: Broker, clock: ManualClock):
    make(broker, retry_delay_ms=500)
    send(broker, b"1")
    broker.queues.nack("q", receipts(broker.queues.receive("q", "ann")), reason="database down")
    assert take(broker) == []
    (message,) = broker.queues.peek("q", [DELAYED])
    assert (message.reason, message.until_ms, message.attempts) == ("database down", clock.now_ms() + 500, 1)
    clock.advance(500)
    assert take(broker) == [b"1"]


def test_prefetch_limits_what_one_has_in_flight(broker: Broker):
    make(broker, prefetch=2)
    send(broker, *[b"x"] * 5)
    held = broker.queues.receive("q", "ann", 5)
    assert len(held) == 2
    assert take(broker) == []
    broker.queues.ack("q", receipts(held[:1])).result()
    assert len(take(broker)) == 1
    broker.queues.attach("q", "bob", prefetch=0)
    assert len(take(broker, consumer="bob")) == 2


def test_detach_returns_leases_at_once(broker: Broker):
    make(broker)
    send(broker, b"1", b"2")
    broker.queues.receive("q", "ann", 2)
    broker.queues.detach("q", "ann")
    assert [(d.record.value, d.attempt) for d in broker.queues.receive("q", "bob", 2)] == [(b"1", 2), (b"2", 2)]


def test_listeners_hear_of_what_may_be_received(broker: Broker, clock: ManualClock):
    make(broker, visibility_ms=1_000)
    heard: list[int] = []
    stop = broker.queues.on_ready("q", lambda: heard.append(1))
    send(broker, b"1")
    assert heard.pop()
    broker.keep_house()
    heard.clear()
    broker.queues.receive("q", "ann")
    clock.advance(1_000)
    broker.keep_house()
    assert heard.pop()
    stop()
    send(broker, b"2")
    assert not heard


def test_partitions_take_turns(broker: Broker):
    make(broker, partitions=2)
    send(broker, b"a1", b"a2", partition=0)
    send(broker, b"b1", b"b2", partition=1)
    assert take(broker, 4) == [b"a1", b"b1", b"a2", b"b2"]


# -- who may have what -----------------------------------------------------------------------------------------
def test_exclusive_refuses_a_second(broker: Broker):
    make(broker, type="exclusive")
    broker.queues.attach("q", "ann")
    with pytest.raises(Refused, match="ann has this queue for itself"):
        broker.queues.receive("q", "bob")
    broker.queues.detach("q", "ann")
    broker.queues.attach("q", "bob")


def test_failover_gives_to_the_first_by_priority_then_name(broker: Broker):
    make(broker, type="failover")
    send(broker, b"1", b"2", b"3")
    for name, priority in (("cid", 0), ("bob", 0), ("ann", -1)):
        broker.queues.attach("q", name, priority=priority)
    assert take(broker, 1, "cid") == []
    assert take(broker, 1, "bob") == [b"1"]
    broker.queues.detach("q", "bob")
    assert take(broker, 1, "cid") == [b"1"]
    assert [one.active for one in broker.queues.stats()[0].consumers] == [True, False]


def test_in_rabbitmq_the_first_that_came_is_active(broker: Broker):
    make(broker, profile="rabbitmq", type="failover")
    send(broker, b"1", b"2")
    for name in ("cid", "ann"):
        broker.queues.attach("q", name)
    assert (take(broker, 1, "ann"), take(broker, 1, "cid")) == ([], [b"1"])
    broker.queues.detach("q", "cid")
    assert take(broker, 1, "ann") == [b"1"]


def test_a_lease_without_a_clock_ends_with_its_consumer(broker: Broker, clock: ManualClock):
    make(broker, visibility_ms="1000")
    send(broker, b"1", b"2")
    held = broker.queues.receive("q", "ann", 2, HELD)
    clock.advance(24 * 3600 * 1000)
    broker.queues.tick()
    assert take(broker, 2, "bob") == []
    assert [lease.until_ms for lease in broker.queues.stats()[0].leases] == [0, 0]
    assert {message.until_ms for message in broker.queues.peek("q")} == {None}
    broker.queues.ack("q", [held[0].receipt])
    broker.queues.detach("q", "ann")
    assert take(broker, 2, "bob") == [b"2"]


def test_ordered_groups_lock_until_settled(broker: Broker):
    make(broker, ordered_groups="true")
    send(broker, b"a1", b"a2", key=b"a")
    send(broker, b"b1", key=b"b")
    send(broker, b"a3", group="a")
    held = broker.queues.receive("q", "ann", 10)
    assert values(held) == [b"a1", b"b1"]
    broker.queues.nack("q", [held[0].receipt], delay_ms=1_000)
    assert take(broker) == []
    assert broker.queues.counts("q").ready == 2


def test_sqs_takes_as_many_of_a_group_as_it_can_and_locks_what_stands_behind_them(broker: Broker):
    make(broker, profile="sqs", ordered_groups="true")
    send(broker, b"b0", key=b"b")
    send(broker, *(b"a%d" % n for n in range(1, 15)), key=b"a")
    send(broker, b"b1", key=b"b")
    first = broker.queues.receive("q", "ann", 10)
    assert values(first) == [b"b0", b"b1", *(b"a%d" % n for n in range(1, 9))], "one group after the other"
    assert take(broker, consumer="bob") == [], "both groups are locked"
    broker.queues.ack("q", receipts(first[:-1])).result()
    assert take(broker, consumer="bob") == [], "a8 is still out"
    broker.queues.ack("q", receipts(first[-1:])).result()
    assert take(broker, consumer="bob") == [b"a%d" % n for n in range(9, 15)]


def test_sqs_hands_out_again_what_stands_before_those_still_out(broker: Broker, clock: ManualClock):
    make(broker, profile="sqs", ordered_groups="true")
    send(broker, *(b"a%d" % n for n in range(1, 6)), key=b"a")
    a1, a2, a3 = broker.queues.receive("q", "ann", 3)
    broker.queues.nack("q", [a2.receipt])
    assert take(broker, consumer="bob") == [], "a1 stands before a2"
    broker.queues.ack("q", [a1.receipt]).result()
    (again,) = broker.queues.receive("q", "bob", 10)
    assert (again.record.value, again.attempt) == (b"a2", 2), "a2 comes again before a3 is settled, a4 does not"
    broker.queues.nack("q", [again.receipt], delay_ms=5_000)
    broker.queues.ack("q", [a3.receipt]).result()
    assert take(broker, consumer="bob") == [], "the group waits for a2"
    clock.advance(5_000)
    assert take(broker, consumer="bob") == [b"a2", b"a4", b"a5"]


def test_a_group_with_a_backlog_does_not_starve_the_others(broker: Broker):
    make(broker, profile="sqs", ordered_groups="true")
    send(broker, *(b"a%d" % n for n in range(30)), key=b"a")
    send(broker, b"b0", key=b"b")
    send(broker, *(b"a%d" % n for n in range(30, 50)), key=b"a")
    seen: list[bytes] = []
    while b"b0" not in seen:
        got = broker.queues.receive("q", "ann", 10)
        broker.queues.ack("q", receipts(got)).result()
        seen += [delivery.record.value or b"" for delivery in got]
    assert len(seen) <= 40, "b0 came before the last twenty"


def test_a_group_goes_on_when_its_delayed_head_expires(broker: Broker, clock: ManualClock):
    make(broker, ordered_groups="true")
    send(broker, b"a1", key=b"a", ttl=500)
    send(broker, b"a2", key=b"a")
    broker.queues.nack("q", receipts(broker.queues.receive("q", "ann")), delay_ms=10_000)
    assert take(broker) == []
    clock.advance(600)
    assert take(broker) == [b"a2"]


def test_a_key_belongs_to_one_consumer_and_moves_only_when_free(broker: Broker):
    make(broker, type="key_shared")
    broker.queues.attach("q", "ann")
    for number in range(40):
        send(broker, b"%d" % number, key=b"k%d" % (number % 10))
    ann = broker.queues.receive("q", "ann", 4)
    broker.queues.attach("q", "bob")
    bob = broker.queues.receive("q", "bob", 40)
    rest = broker.queues.receive("q", "ann", 40)
    of_ann, of_bob = ({delivery.record.key for delivery in part} for part in (ann + rest, bob))
    assert of_bob, "bob has keys of his own"
    assert not of_ann & of_bob
    broker.queues.ack("q", receipts(ann + rest)).result()
    moved = broker.queues.receive("q", "bob", 40)
    assert {delivery.record.key for delivery in moved} <= {delivery.record.key for delivery in ann}
    assert len(ann + bob + rest + moved) == 40, "what ann had in flight is bob's once it is free"


# -- time, order, length -----------------------------------------------------------------------------------------
def test_the_lower_time_to_live_holds_and_expired_is_never_delivered(broker: Broker, clock: ManualClock):
    make(broker, ttl_ms=1_000)
    send(broker, b"own", ttl=500)
    send(broker, b"queue", ttl=5_000)
    held = broker.queues.receive("q", "ann", 1)
    clock.advance(600)
    broker.queues.release("q", receipts(held))
    assert take(broker) == [b"queue"]
    (dead,) = broker.queues.peek("q", [DEAD])
    assert (dead.record.value, dead.reason) == (b"own", "expired")
    broker.queues.detach("q", "ann")
    clock.advance(400)
    assert take(broker) == []
    assert broker.queues.counts("q").expired == 2


def test_delays_of_queue_and_message(broker: Broker, clock: ManualClock):
    make(broker, delay_ms=1_000)
    send(broker, b"queue")
    send(broker, b"own", delay=200)
    assert broker.queues.counts("q").delayed == 2
    clock.advance(200)
    assert take(broker) == [b"own"]
    clock.advance(800)
    assert take(broker) == [b"queue"]


def test_priorities_go_first_and_are_capped(broker: Broker):
    make(broker, max_priority=3)
    send(broker, b"low")
    send(broker, b"high", priority=3)
    send(broker, b"higher", priority=200)
    assert take(broker) == [b"high", b"higher", b"low"]


@pytest.mark.parametrize("overflow", ["drop_head", "dead_letter"])
def test_of_what_is_too_much_the_oldest_goes_to_the_dead_letter_queue(broker: Broker, overflow: str):
    make(broker, "dlq")
    make(broker, max_length=2, overflow=overflow, dead_letter="dlq")
    send(broker, b"1")
    send(broker, b"2")
    send(broker, b"3")
    broker.keep_house()
    assert take(broker) == [b"2", b"3"]
    (letter,) = broker.queues.receive("dlq", "ann", 5)
    assert letter.record.value == b"1"
    assert deaths_of(letter.record.headers)[0].reason is DeadLetterReason.LENGTH


def test_a_full_queue_refuses_and_counts_only_what_is_ready(broker: Broker):
    make(broker, max_length=2, overflow="refuse")
    send(broker, b"1", b"2")
    with pytest.raises(Refused, match="Queue q is full"):
        send(broker, b"3")
    take(broker, 1)
    send(broker, b"3")
    assert broker.queues.counts("q").refused == 1


def test_of_a_batch_that_is_too_long_what_fits_is_taken_and_the_rest_is_refused(broker: Broker):
    make(broker, max_length=2, overflow="refuse")
    with pytest.raises(Refused, match="full: it took the first 2 of 5 messages") as refused:
        send(broker, b"1", b"2", b"3", b"4", b"5")
    assert refused.value.taken == 2
    assert broker.queues.counts("q").refused == 3
    assert take(broker) == [b"1", b"2"]


def test_a_batch_as_a_client_made_it_is_refused_whole_with_the_true_reason(broker: Broker):
    make(broker, max_length=2, overflow="refuse")
    batch = encode_batch([Record(None, b"x")] * 5, now_ms=0)
    with pytest.raises(Refused, match="has not room for the 5 messages of this batch"):
        broker.append_batch("q", 0, batch).result()
    assert take(broker) == []


def test_an_idempotent_producer_goes_on_behind_what_was_taken(broker: Broker):
    make(broker, max_length=2, overflow="refuse")
    who = broker.new_producer_id()
    with pytest.raises(Refused, match="took the first 2 of 5"):
        broker.append("q", 0, [Record(None, b"%d" % n) for n in range(5)], producer=(*who, 0)).result()
    assert take(broker) == [b"0", b"1"]
    broker.append("q", 0, [Record(None, b"2")], producer=(*who, 2)).result()
    assert take(broker) == [b"2"]


def test_visibility_0_is_an_sqs_way_to_look(broker: Broker):
    make(broker, profile="sqs")
    send(broker, b"1")
    (first,) = broker.queues.receive("q", "ann", visibility_ms=0)
    (again,) = broker.queues.receive("q", "ben")
    assert (first.record.value, again.record.value, again.attempt) == (b"1", b"1", 2)
    broker.queues.extend("q", [again.receipt], 0)
    assert [one.attempt for one in broker.queues.receive("q", "ann")] == [3]


def test_visibility_0_is_refused_elsewhere(broker: Broker):
    make(broker)
    send(broker, b"1")
    with pytest.raises(Invalid, match="handed out again at once"):
        broker.queues.receive("q", "ann", visibility_ms=0)


def test_a_repeat_is_accepted_and_not_delivered_also_after_the_first_was_acked(
    broker: Broker, clock: ManualClock, path: Path
):
    make(broker, dedup_ms=5_000)
    send(broker, b"1", dedup="x")
    broker.queues.ack("q", receipts(broker.queues.receive("q", "ann"))).result()
    send(broker, b"again", dedup="x")
    assert take(broker) == []
    broker.close()
    with Broker.open(path, clock=clock, background=False) as later:
        send(later, b"and again", dedup="x")
        assert take(later) == []
        assert later.queues.counts("q").duplicates == 2
        clock.advance(5_000)
        send(later, b"new", dedup="x")
        assert take(later) == [b"new"]


# -- dead letters, redrive, purge, peek ------------------------------------------------------------------------
def test_what_dies_goes_to_the_dead_letter_queue_with_its_story(broker: Broker, clock: ManualClock):
    make(broker, "dlq")
    make(broker, dead_letter="dlq", max_deliveries=2)
    send(broker, b"poison", key=b"k", ttl=60_000)
    first_ms = clock.now_ms()
    for _ in range(2):
        broker.queues.nack("q", receipts(broker.queues.receive("q", "ann")), reason="fails")
    assert broker.queues.counts("q").messages == 0
    assert broker.queues.counts("q").dead_lettered == 1
    (letter,) = broker.queues.peek("dlq")
    assert (letter.record.key, letter.record.value) == (b"k", b"poison")
    assert TTL_MS not in dict(letter.record.headers), "it must not expire there too"
    (death,) = letter.deaths
    assert (death.queue, death.reason, death.count, death.text) == ("q", DeadLetterReason.LIMIT, 1, "fails")
    assert (death.origin, death.first_ms) == (MessageId(0, 0), first_ms)


def test_deaths_are_merged_and_a_redriven_one_carries_them(broker: Broker, clock: ManualClock):
    make(broker, "dlq")
    make(broker, dead_letter="dlq")
    send(broker, b"poison")
    for _ in range(2):
        broker.queues.reject("q", receipts(broker.queues.receive("q", "ann")), "bad")
        clock.advance(1_000)
        assert broker.queues.redrive("dlq").moved == {"q": 1}
    (message,) = broker.queues.peek("q")
    assert [(death.reason, death.count) for death in message.deaths] == [(DeadLetterReason.REJECTED, 2)]
    assert message.deaths[0].last_ms - message.deaths[0].first_ms == 1_000
    assert message.record.timestamp_ms == clock.now_ms(), "a new message"
    assert message.attempts == 0
    assert broker.queues.counts("dlq").messages == 0


def test_what_would_go_round_stays_and_says_so(broker: Broker, clock: ManualClock):
    make(broker, "b", ttl_ms=1_000)
    make(broker, "a", ttl_ms=1_000, dead_letter="b", profile="rabbitmq")
    broker.alter_topic("b", config={"queue.dead.letter": "a", "queue.profile": "rabbitmq"})
    send(broker, b"1", topic="a")
    for _ in range(4):
        clock.advance(1_100)
        broker.keep_house()
    found = [message for name in "ab" for message in broker.queues.peek(name)]
    assert len(found) == 1
    assert found[0].state is DEAD
    assert "go round" in found[0].reason


def test_without_a_dead_letter_queue_the_dead_stay_until_redriven_edited(broker: Broker):
    make(broker)
    make(broker, "other")
    send(broker, b"1", b"2", b"3")
    broker.queues.reject("q", receipts(broker.queues.receive("q", "ann", 3)), "unreadable")
    dead = broker.queues.peek("q", [DEAD])
    assert [message.reason for message in dead] == ["rejected: unreadable"] * 3
    plan = broker.queues.redrive("q", dry_run=True)
    assert plan.moved == {"q": 3}
    assert broker.queues.counts("q").dead == 3
    done = broker.queues.redrive("q", [dead[1].id], "other", {dead[1].id: Edit(value=b"mended")})
    assert done.moved == {"other": 1}
    assert take(broker, queue="other") == [b"mended"]
    assert broker.queues.redrive("q", limit=1).moved == {"q": 1}
    assert take(broker) == [b"1"]


def test_redrive_says_what_it_keeps_and_why(broker: Broker):
    make(broker)
    send(broker, b"1", b"2", b"3")
    held = broker.queues.receive("q", "ann", 2)
    broker.queues.reject("q", [held[0].receipt])
    kept = broker.queues.redrive("q", [MessageId(0, 1), MessageId(0, 2), MessageId(0, 99)])
    assert (kept.moved, kept.kept) == ({}, 3)
    assert "in flight with ann" in kept.reason
    lost = broker.queues.redrive("q", to="nowhere")
    assert (lost.kept, "no queue nowhere" in lost.reason) == (1, True)
    assert broker.queues.redrive("q", edits={MessageId(0, 0): Edit(headers=(("\ud800", b""),))}).kept == 1


def test_a_dead_letter_queue_that_is_missing_keeps_the_message_here(broker: Broker):
    make(broker, dead_letter="later")
    send(broker, b"1")
    broker.queues.reject("q", receipts(broker.queues.receive("q", "ann")))
    (message,) = broker.queues.peek("q")
    assert (message.state, "no queue later" in message.reason) == (DEAD, True)


def test_a_failed_commit_puts_dead_letters_back(broker: Broker):
    make(broker, "dlq")
    make(broker, dead_letter="dlq")
    send(broker, b"1")
    held = receipts(broker.queues.receive("q", "ann"))

    def no_room(connection: sqlite3.Connection) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    broker.store.on_before_commit(no_room)
    broker.queues.reject("q", held)
    broker.store._before.remove(no_room)
    assert broker.queues.counts("q").dead == 1
    assert broker.queues.counts("dlq").messages == 0
    broker.queues.tick()
    assert broker.queues.counts("q").messages == 0
    assert take(broker, queue="dlq") == [b"1"]


def test_purge_says_what_goes_and_leaves_what_is_in_flight(broker: Broker, clock: ManualClock, path: Path):
    make(broker)
    send(broker, *[b"x"] * 5)
    send(broker, b"later", delay=1_000)
    held = broker.queues.receive("q", "ann", 2)
    broker.queues.reject("q", [held[0].receipt])
    plan = broker.queues.plan_purge("q")
    assert (plan.ready, plan.delayed, plan.dead, plan.kept_in_flight) == (3, 1, 1, 1)
    assert broker.queues.purge("q") == plan
    assert broker.queues.counts("q").messages == 1
    send(broker, b"after")
    clock.advance(2_000)
    broker.queues.release("q", [held[1].receipt])
    assert take(broker) == [b"x", b"after"]
    broker.close()
    with Broker.open(path, clock=clock, background=False) as later:
        assert [m.record.value for m in later.queues.peek("q")] == [b"x", b"after"]


def test_peek_changes_nothing_and_pages(broker: Broker):
    make(broker)
    send(broker, *[b"%d" % n for n in range(10)])
    before = broker.queues.counts("q")
    first = broker.queues.peek("q", limit=4)
    then = broker.queues.peek("q", after=first[-1].id, limit=4)
    assert [m.record.value for m in first + then] == [b"%d" % n for n in range(8)]
    assert broker.queues.counts("q") == before
    assert take(broker, 1) == [b"0"]


# -- subscriptions, topics, settings ---------------------------------------------------------------------------
def test_one_log_under_two_readings(broker: Broker):
    broker.create_topic("events")
    broker.append("events", 0, [Record(b"k", b"1")]).result()
    meta = broker.queues.subscribe("events", "audit")
    assert (meta.name, meta.topic, meta.subscription) == ("events:audit", "events", "audit")
    broker.queues.subscribe("events", "late", {"queue.start": "latest"})
    broker.append("events", 0, [Record(b"k", b"2")]).result()
    assert take(broker, queue="events:audit") == [b"1", b"2"]
    assert take(broker, queue="events:late") == [b"2"]
    broker.keep_house()
    assert broker.bounds("events")[0].log_start == 0
    with pytest.raises(AlreadyExists):
        broker.queues.subscribe("events", "late")
    broker.queues.unsubscribe("events:late")
    assert [meta.name for meta in broker.queues.metas()] == ["events:audit"]


def test_a_subscription_holds_retention_as_a_group_does(broker: Broker):
    broker.create_topic("events", config={"workbench.retention.all.read": "true"})
    broker.queues.subscribe("events", "audit")
    send(broker, b"1", topic="events")
    send(broker, b"2", topic="events")
    held = broker.queues.receive("events:audit", "ann", 2)
    broker.queues.ack("events:audit", [held[1].receipt]).result()
    broker.keep_house()
    assert broker.bounds("events")[0].log_start == 0
    broker.queues.ack("events:audit", [held[0].receipt]).result()
    broker.keep_house()
    assert broker.bounds("events")[0].log_start == 2


def test_a_subscription_that_is_not_durable_goes_with_its_last_consumer(broker: Broker):
    broker.create_topic("events")
    broker.queues.subscribe("events", "peep", {"queue.durable": "false"})
    broker.queues.attach("events:peep", "ann")
    broker.queues.detach("events:peep", "ann")
    with pytest.raises(NotFound):
        broker.queues.meta("events:peep")


def test_the_log_start_follows_what_is_done(broker: Broker):
    make(broker)
    for _ in range(4):
        send(broker, b"1", b"2")
    held = broker.queues.receive("q", "ann", 8)
    broker.queues.ack("q", receipts([*held[:3], held[5]])).result()
    broker.keep_house()
    assert broker.bounds("q")[0].log_start == 3


def test_what_retention_took_is_gone_from_the_queue(broker: Broker):
    make(broker, ordered_groups="true")
    send(broker, b"1", b"2", b"3", key=b"a")
    broker.queues.receive("q", "ann")
    broker.delete_records("q", 0, 2)
    assert broker.queues.counts("q").messages == 1
    assert take(broker) == [b"3"]


def test_what_a_transaction_wrote_is_a_message_once_it_is_committed(broker: Broker):
    make(broker)
    writer, part = Writer(broker), TopicPartition("q", 0)
    writer.write(part, b"no")
    assert take(broker) == []
    writer.end(commit=False)
    writer.write(part, b"yes")
    send(broker, b"after")
    assert take(broker) == []
    writer.end()
    held = broker.queues.receive("q", "ann", 9)
    assert values(held) == [b"yes", b"after"]
    broker.queues.ack("q", receipts(held)).result()
    assert broker.queues.counts("q").messages == 0


def test_altered_settings_hold_for_what_waits(broker: Broker):
    make(broker)
    send(broker, b"low", key=b"a")
    send(broker, b"high", key=b"a", priority=5)
    held = broker.queues.receive("q", "ann", 1)
    broker.alter_topic("q", config={"queue.ordered.groups": "true"})
    assert take(broker) == [], "one of the group is in flight"
    broker.queues.release("q", receipts(held))
    assert take(broker) == [b"low"]
    broker.queues.detach("q", "ann")
    broker.alter_topic("q", partitions=2, config={"queue.ordered.groups": None, "queue.max.priority": "9"})
    assert take(broker) == [b"high", b"low"]
    send(broker, b"new", partition=1)
    assert take(broker) == [b"new"]


def test_a_deleted_topic_takes_its_queues_along(broker: Broker, clock: ManualClock, path: Path):
    make(broker)
    send(broker, b"1")
    broker.delete_topic("q")
    with pytest.raises(NotFound):
        broker.queues.receive("q", "ann")
    make(broker)
    assert take(broker) == []
    broker.close()
    with Broker.open(path, clock=clock, background=False) as later:
        assert later.queues.counts("q").messages == 0


BAD = [
    ({"queue.visibility.ms": "0"}, "queue.visibility.ms can't be 0: a message would be handed out again at once"),
    ({"queue.visibility.ms": str(365 * 24 * 3600 * 1000)}, "stuck that long with a consumer that has died"),
    ({"queue.prefetch": "1000000"}, "one consumer would hoard"),
    ({"queue.dead.letter": "q"}, "q can't be its own dead-letter queue"),
    ({"queue.dead.letter": "a"}, "Dead letters would go in a cycle: q → a → q"),
    ({"queue.type": "some"}, "Use one of: shared, exclusive"),
    ({"queue.ttl.ms": "soon"}, "Give a whole number"),
    ({"queue.ttl.ms": "0"}, "everything would expire"),
    ({"queue.colour": "red"}, "There is no queue setting queue.colour"),
    ({"queue.ordered.groups": "true", "queue.max.priority": "3"}, "exclude each other"),
    ({"queue.max.length": "3", "queue.overflow": "dead_letter"}, "nowhere to go"),
]


@pytest.mark.parametrize(("config", "sentence"), BAD, ids=[f"{i}" for i in range(len(BAD))])
def test_bad_settings_are_refused_in_a_sentence(broker: Broker, config: dict[str, str], sentence: str):
    make(broker, "a", dead_letter="q")
    with pytest.raises(Invalid) as refused:
        broker.create_topic("q", kind="queue", config=config)
    assert sentence in refused.value.sentence()
    assert re.search(r"[.]$", refused.value.sentence())


def test_queue_settings_belong_to_queues(broker: Broker):
    with pytest.raises(Invalid, match="a setting of queues"):
        broker.create_topic("s", config={"queue.ttl.ms": "5"})
    make(broker)
    with pytest.raises(Refused, match="is a queue itself"):
        broker.queues.subscribe("q", "x")
    with pytest.raises(WorkbenchError):
        broker.queues.attach("q", "ann", prefetch=1_000_000)
    with pytest.raises(WorkbenchError):
        broker.queues.receive("q", "ann", visibility_ms=0)
    broker.queues.attach("q", "ann")
    broker.queues.attach("q", "bob")
    with pytest.raises(Refused, match="2 consumers are attached"):
        broker.alter_topic("q", config={"queue.type": "exclusive"})


# -- how it is told --------------------------------------------------------------------------------------------
def test_the_journal_tells_of_queues_in_ranges(broker: Broker, clock: ManualClock, path: Path):
    make(broker)
    send(broker, *[b"x"] * 100)
    for delivery in broker.queues.receive("q", "ann", 60):
        broker.queues.ack("q", [delivery.receipt])
    broker.queues.reject("q", receipts(broker.queues.receive("q", "ann")), "bad")
    clock.advance(500)
    broker.keep_house()
    with BrokerReader(path) as reader:
        told = {e.kind: e for e in reader.journal(kinds=("lease", "ack", "dead", "backlog"))}
        assert (told["lease"].first, told["lease"].last, told["lease"].count) == (0, 60, 61)
        assert (told["ack"].first, told["ack"].last, told["ack"].member) == (0, 59, "ann")
        assert (told["dead"].reason, told["dead"].to) == ("rejected", "")
        backlog = told["backlog"]
        assert (backlog.ready, backlog.delayed, backlog.in_flight, backlog.dead) == (39, 0, 0, 1)
        assert backlog.consumers == {"ann": 0}
        acts = [entry.act for entry in reader.journal(kinds=("queue",))]
        assert acts == ["created", "attached"]


def test_stats_show_rates_and_the_leases_that_end_first(broker: Broker, clock: ManualClock):
    make(broker, dead_letter="dlq")
    broker.queues.stats()
    send(broker, *[b"x"] * 10, key=b"k")
    first = broker.queues.receive("q", "ann", 3, visibility_ms=9_000)
    broker.queues.receive("q", "bob", 1, visibility_ms=2_000)
    broker.queues.ack("q", receipts(first[:1])).result()
    clock.advance(500)
    (stat,) = broker.queues.stats()
    assert (stat.rate_in, stat.rate_out, stat.oldest_ms, stat.dead_letter) == (20.0, 2.0, 500, "dlq")
    assert [(lease.consumer, lease.keyed) for lease in stat.leases] == [("bob", True), ("ann", True), ("ann", True)]
    assert [(one.consumer, one.in_flight) for one in stat.consumers] == [("ann", 2), ("bob", 1)]


def test_published_copies_are_held_to_a_queues_length(broker: Broker):
    make(broker, max_length=1, overflow="refuse")
    broker.exchanges.declare(Exchange("x"))
    first, second = (broker.exchanges.publish("", "q", [Record(None, b"1")]).result()[0] for _ in range(2))
    assert (first.confirmed, second.refused) == (True, ("q",))


def test_what_leaves_for_its_dead_letter_queue_is_not_shown_as_lying_dead(broker: Broker, clock: ManualClock):
    make(broker, "dlq")
    make(broker, dead_letter="dlq", ttl_ms=1_000)
    send(broker, b"1")
    broker.queues.stats()
    clock.advance(1_001)
    shown = {stat.name: stat.counts for stat in broker.queues.stats()}
    assert (shown["q"].dead, shown["q"].ready) == (0, 0)
    broker.queues.tick()
    shown = {stat.name: stat.counts for stat in broker.queues.stats()}
    assert (shown["q"].dead, shown["dlq"].ready) == (0, 1)
