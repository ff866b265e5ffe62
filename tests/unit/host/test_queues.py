"""Queues as clients of a host meet them: waiting, settling, going away, redrives that are paced and stopped."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from workbench.control.messages import AlterTopic, AppendRecords, CreateTopic, DeleteTopic, ListTopics
from workbench.control.queues import (
    AlterQueue,
    ListQueues,
    PeekQueue,
    PurgeQueue,
    ReceiveMessages,
    RedriveQueue,
    SettleMessages,
    StopRedrive,
    SubscribeQueue,
    UnsubscribeQueue,
)
from workbench.core.errors import Invalid, NotFound, Refused
from workbench.core.queues import Edit, MessageId, MessageState, QueueCounts, RedriveSpec
from workbench.core.records import Record

LONG_MS = 600_000


def make(host, *names: str, messages: int = 0, **config: str) -> None:
    settings = {f"queue.{key.replace('_', '.')}": value for key, value in config.items()}
    for name in names:
        host.call(CreateTopic(name, 1, "queue", settings))
    send(host, names[-1], messages)


def send(host, topic: str, count: int) -> None:
    if count:
        host.call(AppendRecords(topic, tuple(Record(None, b"%d" % n) for n in range(count)), 0))


def receive(host, queue: str = "jobs", consumer: str = "ann", most: int = 100, timeout_ms: int = 0):
    return host.call(ReceiveMessages(queue, consumer, most, timeout_ms, LONG_MS)).deliveries


def settle(host, act: str, deliveries, queue: str = "jobs", **more):
    return host.call(SettleMessages(queue, tuple(d.receipt for d in deliveries), act, **more))


def counts(host, queue: str = "jobs") -> QueueCounts:
    return next(info.stat.counts for info in host.call(ListQueues()).queues if info.meta.name == queue)


def states(host, queue: str = "jobs") -> list[MessageState]:
    return [message.state for message in host.call(PeekQueue(queue)).messages]


def test_who_waits_is_woken_by_what_is_sent(served, attach):
    ann, bob = attach(), attach()
    make(ann, "jobs")
    assert receive(ann) == ()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(receive, ann, timeout_ms=20_000)
        send(bob, "jobs", 1)
        (delivery,) = waiting.result(10)
    assert (delivery.record.value, delivery.attempt) == (b"0", 1)


def test_who_waits_is_woken_by_a_delay_that_is_over(host):
    make(host, "jobs", delay_ms="150")
    send(host, "jobs", 1)
    assert counts(host).delayed == 1
    assert len(receive(host, timeout_ms=20_000)) == 1


def test_leases_of_a_client_that_goes_away_return_at_once(served, attach):
    ann, bob = attach(), attach()
    make(bob, "jobs", messages=5)
    assert len(receive(ann, consumer="ann")) == 5
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(receive, bob, consumer="bob", timeout_ms=20_000)
        ann.close()
        got = waiting.result(10)
    assert got and {d.attempt for d in got} == {2}


def test_two_clients_of_one_name_share_its_leases_until_both_are_gone(served, attach):
    first, second, other = attach(), attach(), attach()
    make(other, "jobs", messages=4)
    receive(first, consumer="ann", most=2)
    kept = receive(second, consumer="ann", most=2)
    first.close()
    settle(second, "ack", kept[:1])  # its leases are still good
    second.close()
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(receive, other, consumer="bob", timeout_ms=20_000).result(25)


def test_each_way_to_settle(host):
    make(host, "jobs", messages=5)
    acked, nacked, rejected, released, extended = ([d] for d in receive(host))
    settle(host, "ack", acked)
    settle(host, "nack", nacked, delay_ms=LONG_MS, reason="no stock")
    settle(host, "reject", rejected, reason="nonsense")
    settle(host, "release", released)
    settle(host, "extend", extended, delay_ms=2 * LONG_MS)
    messages = {m.id.offset: m for m in host.call(PeekQueue("jobs")).messages}
    assert {offset: m.state.value for offset, m in messages.items()} == {
        1: "delayed", 2: "dead", 3: "ready", 4: "in_flight"}
    assert (messages[1].reason, messages[2].reason) == ("no stock", "rejected: nonsense")
    assert messages[4].until_ms > extended[0].expires_ms + LONG_MS / 2
    with pytest.raises(Refused):
        settle(host, "ack", acked)
    with pytest.raises(Refused):
        settle(host, "ack", nacked)
    with pytest.raises(Invalid, match="swallow"):
        settle(host, "swallow", extended)


def test_everything_up_to_a_receipt_is_acked(host):
    make(host, "jobs", messages=5)
    deliveries = receive(host)
    settle(host, "ack", deliveries[3:4], multiple=True, consumer="ann")
    assert (counts(host).acked, counts(host).in_flight) == (4, 1)


def test_a_queue_that_is_not_there(host):
    for command in (PeekQueue("nope"), PurgeQueue("nope"), RedriveQueue("nope", RedriveSpec()), AlterQueue("nope", {}),
                    ReceiveMessages("nope", "ann"), SettleMessages("nope", (), "ack"), UnsubscribeQueue("nope")):
        with pytest.raises(NotFound):
            host.call(command)


def test_a_redrive_keeps_to_its_rate_and_stops_when_told(host):
    make(host, "jobs", messages=40)
    settle(host, "reject", receive(host))
    assert states(host) == [MessageState.DEAD] * 40
    stepped = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        work = pool.submit(host.call, RedriveQueue("jobs", RedriveSpec(rate=10.0)))
        while counts(host).ready < 2:
            assert not stepped.wait(0.02)
        with pytest.raises(Refused):
            host.call(RedriveQueue("jobs", RedriveSpec()))
        host.call(StopRedrive("jobs"))
        done = work.result(10).redriven
    assert 2 <= done.moved["jobs"] < 40 and done.kept == 40 - done.moved["jobs"] and done.reason
    assert (counts(host).ready, counts(host).dead) == (done.moved["jobs"], done.kept)
    rest = host.call(RedriveQueue("jobs", RedriveSpec())).redriven
    assert rest.moved == {"jobs": done.kept}


def test_chosen_letters_are_redriven_elsewhere_edited(host):
    make(host, "lookup")
    make(host, "jobs", messages=5)
    settle(host, "reject", receive(host))
    ids = (MessageId(0, 1), MessageId(0, 3))
    spec = RedriveSpec(ids, "lookup", edits={ids[1]: Edit(value=b"mended", headers=(("by", b"me"),))})
    assert host.call(RedriveQueue("jobs", spec, dry_run=True)).redriven.moved == {"lookup": 2}
    assert counts(host).dead == 5
    assert host.call(RedriveQueue("jobs", spec)).redriven.moved == {"lookup": 2}
    assert [m.id.offset for m in host.call(PeekQueue("jobs")).messages] == [0, 2, 4]
    one, two = host.call(PeekQueue("lookup")).messages
    assert (one.record.value, two.record.value) == (b"1", b"mended")
    assert dict(two.record.headers)["by"] == b"me"
    assert one.deaths[0].queue == "jobs"


def test_a_purge_leaves_what_is_in_flight(host):
    make(host, "jobs", messages=5)
    kept = receive(host, most=2)
    assert host.call(PurgeQueue("jobs", dry_run=True)).plan.ready == 3
    plan = host.call(PurgeQueue("jobs")).plan
    assert (plan.ready, plan.kept_in_flight, counts(host).ready) == (3, 2, 0)
    settle(host, "ack", kept)


def test_a_queue_is_altered_and_deleted_as_a_topic(host):
    make(host, "jobs", messages=2)
    receive(host)
    host.call(AlterTopic("jobs", config={"queue.visibility.ms": "5000"}))
    (info,) = host.call(ListQueues()).queues
    assert info.meta.config["queue.visibility.ms"] == "5000" and info.defaults["queue.visibility.ms"] == "30000"
    with pytest.raises(Invalid):
        host.call(AlterTopic("jobs", config={"queue.visibility.ms": "0"}))
    (topic,) = host.call(ListTopics()).topics
    assert topic.defaults["queue.visibility.ms"] == "30000"
    host.call(DeleteTopic("jobs"))
    assert host.call(ListQueues()).queues == ()


def test_a_stream_is_subscribed_to_altered_and_left(host):
    host.call(CreateTopic("orders", 1))
    host.call(SubscribeQueue("orders", "mail", {"queue.max.deliveries": "3"}))
    send(host, "orders", 3)
    assert len(receive(host, "orders:mail", most=2)) == 2
    host.call(AlterQueue("orders:mail", {"queue.max.deliveries": None}))
    (info,) = host.call(ListQueues()).queues
    assert (info.meta.topic, info.meta.subscription, dict(info.meta.config)) == ("orders", "mail", {})
    host.call(UnsubscribeQueue("orders:mail"))
    assert host.call(ListQueues()).queues == ()


def test_what_one_reply_can_not_carry_stays_in_the_queue(host, monkeypatch):
    monkeypatch.setattr("workbench.host.queues.MAX_REPLY_BYTES", 250)
    make(host, "jobs")
    host.call(AppendRecords("jobs", tuple(Record(None, b"x" * 100) for _ in range(4)), 0))
    assert len(host.call(PeekQueue("jobs")).messages) == 2
    assert len(receive(host)) == 2
    assert (counts(host).in_flight, counts(host).ready) == (2, 2)
    host.call(AppendRecords("jobs", (Record(None, b"y" * 1000),), 0))
    settle(host, "ack", receive(host, consumer="bob"))
    assert len(receive(host, consumer="bob")) == 1  # one at least


def test_chosen_letters_that_can_not_go_stay_and_say_why(host):
    make(host, "jobs", messages=3)
    settle(host, "reject", receive(host, most=2))
    ids = tuple(MessageId(0, offset) for offset in range(4))
    done = host.call(RedriveQueue("jobs", RedriveSpec(ids))).redriven
    assert (done.moved, done.kept) == ({"jobs": 2}, 2) and "0-2" in done.reason
    with pytest.raises(NotFound):
        host.call(RedriveQueue("jobs", RedriveSpec(to="nowhere")))
