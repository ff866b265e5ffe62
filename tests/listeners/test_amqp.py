"""RabbitMQ's clients against the AMQP listener: pika, each trap of the reference by its number (A1 to A17), and every
refusal with RabbitMQ's code and text.

WORKBENCH_AMQP=HOST:PORT runs all of it against another broker: RabbitMQ 3.10 holds every test here.
"""

from __future__ import annotations

import contextlib
import os
import socket
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pika
import pytest
from listeners.serving import Served
from pika.exceptions import AMQPConnectionError, ChannelClosedByBroker, ConnectionClosedByBroker, UnroutableError

from workbench.broker import Broker
from workbench.listeners.amqp import AmqpListener
from workbench.listeners.base import ListenerSettings

WITHIN_S = 10.0


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    if other := os.environ.get("WORKBENCH_AMQP"):
        host, port = other.rsplit(":", 1)
        yield host, int(port)
        return
    with Broker.create(tmp_path_factory.mktemp("amqp") / "work.flow") as broker:
        served = Served(broker, ListenerSettings(), AmqpListener)
        host, port = served.address.rsplit(":", 1)
        yield host, int(port)
        served.close()


@pytest.fixture
def connect(address: tuple[str, int]) -> Iterator[Callable[..., pika.BlockingConnection]]:
    opened = []

    def open_one(**more: Any) -> pika.BlockingConnection:
        opened.append(pika.BlockingConnection(pika.ConnectionParameters(*address, **more)))
        return opened[-1]

    yield open_one
    for connection in opened:
        if connection.is_open:
            connection.close()


@pytest.fixture
def channel(connect: Callable[..., pika.BlockingConnection]) -> Any:
    return connect().channel()


@pytest.fixture
def name() -> str:
    return "n" + uuid.uuid4().hex[:12]


@pytest.fixture
def queue(channel: Any) -> str:
    return channel.queue_declare("", exclusive=True).method.queue


def refused(act: Callable[[], Any], kind: type = ChannelClosedByBroker) -> tuple[int, str]:
    with pytest.raises(kind) as caught:
        act()
    return caught.value.reply_code, caught.value.reply_text


def got(channel: Any, queue: str) -> Any:
    """The next message within the time: (method, properties, body)."""
    until = time.monotonic() + WITHIN_S
    while time.monotonic() < until:
        found = channel.basic_get(queue, auto_ack=True)
        if found[0] is not None:
            return found
        channel.connection.process_data_events(0.02)
    raise AssertionError(f"nothing in {queue}")


def taken(channel: Any, queue: str, count: int, **how: Any) -> list[tuple[Any, Any, bytes]]:
    """``count`` messages by a consumer, which is cancelled then; they are not acked."""
    found: list[tuple[Any, Any, bytes]] = []
    tag = channel.basic_consume(queue, lambda _, *message: found.append(message), **how)
    until = time.monotonic() + WITHIN_S
    while len(found) < count and time.monotonic() < until:
        channel.connection.process_data_events(0.02)
    channel.basic_cancel(tag)
    assert len(found) == count, found
    return found


def settled(connection: pika.BlockingConnection, seconds: float = 0.15) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        connection.process_data_events(0.02)


def arrives(connection: pika.BlockingConnection, look: Callable[[], bool]) -> None:
    """Let come what comes until ``look`` is true, and a little more."""
    until = time.monotonic() + WITHIN_S
    while not look() and time.monotonic() < until:
        connection.process_data_events(0.02)
    settled(connection, 0.1)


# -- publishing and taking -----------------------------------------------------------------------------------
def test_properties_come_back_as_they_were_sent(channel: Any, queue: str):
    headers = {"text": "t", "number": 5, "long": 2**40, "truth": True, "none": None, "list": [1, "a"], "deep": {"a": 1}}
    sent = pika.BasicProperties("text/plain", "gzip", headers, 2, 7, "c1", "me", None, "m1", 1_700_000_000, "kind",
                                "guest", "app", None)
    channel.basic_publish("", queue, b"body", sent)
    method, properties, body = got(channel, queue)
    assert (body, properties) == (b"body", sent)
    assert (method.exchange, method.routing_key, method.redelivered) == ("", queue, False)


def test_a_message_without_properties_has_none(channel: Any, queue: str):
    channel.basic_publish("", queue, b"x")
    assert got(channel, queue)[1] == pika.BasicProperties()


def test_a6_empty_and_large_bodies(channel: Any, queue: str):
    bodies = [b"", b"x", b"y" * (131_072 - 8), b"z" * (131_072 - 7), os.urandom(3_000_000)]
    for body in bodies:
        channel.basic_publish("", queue, body)
    assert [got(channel, queue)[2] for _ in bodies] == bodies


def test_a_small_frame_max_is_kept_both_ways(connect: Any):
    channel = connect(frame_max=4096).channel()
    queue = channel.queue_declare("", exclusive=True).method.queue
    channel.basic_publish("", queue, b"a" * 20_000)
    assert got(channel, queue)[2] == b"a" * 20_000


def test_exchanges_route_as_rabbitmq_does(channel: Any, name: str):
    queues = {}
    for kind, key, arguments in (("direct", "a", None), ("fanout", "", None), ("topic", "a.#", None),
                                 ("headers", "", {"x-match": "any", "k": "v", "n": 1})):
        channel.exchange_declare(f"{name}-{kind}", kind, auto_delete=True)
        queues[kind] = channel.queue_declare("", exclusive=True).method.queue
        channel.queue_bind(queues[kind], f"{name}-{kind}", key, arguments)
    for kind in queues:
        for key, headers in (("a", {"k": "v"}), ("a.b.c", {"n": 1}), ("b", {"k": "w"})):
            channel.basic_publish(f"{name}-{kind}", key, key.encode(), pika.BasicProperties(headers=headers))
    counts = {kind: channel.queue_declare(queue, passive=True).method.message_count for kind, queue in queues.items()}
    assert counts == {"direct": 1, "fanout": 3, "topic": 2, "headers": 2}
    method, _, _ = got(channel, queues["topic"])
    assert (method.exchange, method.routing_key) == (f"{name}-topic", "a")


def test_an_exchange_hands_on_to_another_and_to_its_alternate(channel: Any, queue: str, name: str):
    channel.exchange_declare(f"{name}-out", "fanout", auto_delete=True)
    channel.exchange_declare(f"{name}-in", "direct", arguments={"alternate-exchange": f"{name}-out"})
    channel.exchange_declare(f"{name}-first", "topic")
    channel.queue_bind(queue, f"{name}-out")
    channel.exchange_bind(f"{name}-in", f"{name}-first", "#")
    channel.basic_publish(f"{name}-first", "k", b"m")
    method, _, body = got(channel, queue)
    assert (body, method.exchange, method.routing_key) == (b"m", f"{name}-first", "k")
    channel.exchange_unbind(f"{name}-in", f"{name}-first", "#")
    channel.exchange_delete(f"{name}-in")
    channel.exchange_delete(f"{name}-first")


def test_the_predeclared_exchanges_are_there(channel: Any, queue: str):
    for exchange in ("amq.direct", "amq.fanout", "amq.topic", "amq.headers", "amq.match"):
        channel.exchange_declare(exchange, passive=True)
        channel.basic_publish(exchange, "nobody", b"")
    channel.queue_bind(queue, "amq.topic", "weather.*")
    channel.basic_publish("amq.topic", "weather.rain", b"m")
    assert got(channel, queue)[2] == b"m"
    channel.queue_unbind(queue, "amq.topic", "weather.*")
    channel.queue_unbind(queue, "amq.topic", "weather.*")  # again: nothing is said
    channel.basic_publish("amq.topic", "weather.rain", b"m")
    assert channel.basic_get(queue)[0] is None


def test_an_auto_delete_exchange_goes_with_its_last_binding(channel: Any, queue: str, name: str):
    channel.exchange_declare(name, "fanout", auto_delete=True)
    channel.queue_bind(queue, name)
    channel.queue_unbind(queue, name)
    assert refused(lambda: channel.exchange_declare(name, passive=True)) == (
        404, f"NOT_FOUND - no exchange '{name}' in vhost '/'")


def test_names_are_any_text(channel: Any):
    for queue in ("/queue/größe", "a b", "celery@host.pidbox"):
        channel.queue_declare(queue, auto_delete=True)
        channel.basic_publish("", queue, b"m")
        method, _, _ = got(channel, queue)
        assert method.routing_key == queue
        channel.queue_delete(queue)


def test_a5_a_return_comes_before_its_confirm(channel: Any, queue: str):
    channel.confirm_delivery()
    with pytest.raises(UnroutableError) as caught:
        channel.basic_publish("", "nobody", b"back", pika.BasicProperties(message_id="1"), mandatory=True)
    (message,) = caught.value.messages
    assert (message.method.reply_code, message.method.reply_text, message.method.routing_key) == (
        312, "NO_ROUTE", "nobody")
    assert (message.body, message.properties.message_id) == (b"back", "1")
    channel.basic_publish("", "nobody", b"gone")  # not mandatory: acked
    channel.basic_publish("", queue, b"kept", mandatory=True)
    assert got(channel, queue)[2] == b"kept"


def test_a_full_queue_that_refuses_is_nacked(channel: Any, name: str):
    queue = channel.queue_declare("", exclusive=True, arguments={"x-max-length": 1, "x-overflow": "reject-publish"}
                                  ).method.queue
    channel.confirm_delivery()
    channel.basic_publish("", queue, b"1")
    with pytest.raises(pika.exceptions.NackError):
        channel.basic_publish("", queue, b"2")
    assert channel.queue_declare(queue, passive=True).method.message_count == 1


# -- consuming -----------------------------------------------------------------------------------------------
def test_tags_count_in_their_channel_and_multiple_acks_all_before(channel: Any, queue: str):
    for number in range(5):
        channel.basic_publish("", queue, str(number).encode())
    found = taken(channel, queue, 5)
    assert [(method.delivery_tag, body) for method, _, body in found] == [
        (number + 1, str(number).encode()) for number in range(5)]
    channel.basic_ack(3, multiple=True)
    channel.basic_nack(5)
    settled(channel.connection)
    method, _, body = got(channel, queue)
    assert (body, method.redelivered) == (b"4", True)
    assert channel.basic_get(queue)[0] is None  # 4 is still with the channel


def test_a3_what_a_cancelled_consumer_has_can_be_acked_and_stays_till_the_channel_closes(connect: Any, name: str):
    connection = connect()
    channel, other = connection.channel(), connection.channel()
    channel.queue_declare(name)
    for body in (b"1", b"2"):
        channel.basic_publish("", name, body)
    taken(channel, name, 2)
    channel.basic_ack(1)
    assert other.queue_declare(name, passive=True).method.message_count == 0
    channel.close()
    method, _, body = got(other, name)
    assert (body, method.redelivered) == (b"2", True)
    other.queue_delete(name)


def test_what_comes_back_takes_its_old_place(channel: Any, queue: str):
    for number in range(4):
        channel.basic_publish("", queue, str(number).encode())
    channel.basic_qos(prefetch_count=2)
    taken(channel, queue, 2)
    channel.basic_recover(requeue=True)
    found = [got(channel, queue) for _ in range(4)]
    assert [(body, method.redelivered) for method, _, body in found] == [
        (b"0", True), (b"1", True), (b"2", False), (b"3", False)]


def _held(channel: Any, most: int, *queues: str) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {queue: [] for queue in queues}
    for queue in queues:
        channel.basic_consume(queue, lambda _, method, *__, queue=queue: found[queue].append(method.delivery_tag))
    arrives(channel.connection, lambda: sum(map(len, found.values())) >= most)
    return found


def test_a4_prefetch_of_each_new_consumer_and_of_all_together(connect: Any):
    connection = connect()
    for globally, most in ((False, 4), (True, 2)):
        channel = connection.channel()
        queues = [channel.queue_declare("", exclusive=True).method.queue for _ in range(2)]
        for queue in queues * 5:
            channel.basic_publish("", queue, b"m")
        channel.basic_qos(prefetch_count=2, global_qos=globally)
        found = _held(channel, most, *queues)
        assert sum(map(len, found.values())) == most, globally
        assert channel.basic_get(queues[0])[0] is not None  # get ignores it
        channel.basic_ack(1)
        arrives(connection, lambda: sum(map(len, found.values())) > most)  # noqa: B023
        assert sum(map(len, found.values())) == most + 1
        channel.close()


def test_consumers_take_turns(channel: Any, queue: str):
    found: dict[int, list[bytes]] = {0: [], 1: []}
    for number in (0, 1):
        channel.basic_consume(queue, lambda _, __, ___, body, number=number: found[number].append(body), auto_ack=True)
    for number in range(10):
        channel.basic_publish("", queue, str(number).encode())
    arrives(channel.connection, lambda: sum(map(len, found.values())) == 10)
    assert sorted(map(len, found.values())) == [5, 5]


def test_a_higher_priority_consumer_goes_first(channel: Any, queue: str):
    found: dict[int, list[bytes]] = {0: [], 9: []}
    channel.basic_qos(prefetch_count=3)
    for priority in found:
        channel.basic_consume(queue, lambda _, __, ___, body, at=priority: found[at].append(body),
                              arguments={"x-priority": priority})
    for number in range(4):
        channel.basic_publish("", queue, str(number).encode())
    arrives(channel.connection, lambda: sum(map(len, found.values())) == 4)
    assert (len(found[9]), len(found[0])) == (3, 1)


def test_single_active_consumer_is_the_first_and_the_next_takes_over(channel: Any):
    queue = channel.queue_declare("", exclusive=True, arguments={"x-single-active-consumer": True}).method.queue
    found: dict[str, list[bytes]] = {"zz": [], "aa": []}
    for tag in found:
        channel.basic_consume(queue, lambda _, __, ___, body, tag=tag: found[tag].append(body), auto_ack=True,
                              consumer_tag=tag)
    channel.basic_publish("", queue, b"1")
    arrives(channel.connection, lambda: bool(found["zz"]))
    channel.basic_cancel("zz")
    channel.basic_publish("", queue, b"2")
    arrives(channel.connection, lambda: bool(found["aa"]))
    assert found == {"zz": [b"1"], "aa": [b"2"]}


def test_a7_names_the_server_gives(channel: Any):
    queue = channel.queue_declare("", exclusive=True).method.queue
    assert queue.startswith("amq.gen-")
    assert channel.basic_consume("", lambda *_: None).startswith("ctag")  # pika names its own
    channel.queue_bind("", "amq.fanout")
    assert channel.queue_declare(queue, passive=True).method.consumer_count == 1
    assert refused(lambda: channel.queue_declare(queue, exclusive=True))[0] == 403


def test_a14_a_deleted_queue_tells_its_consumers(connect: Any, name: str):
    connection = connect()
    channel = connection.channel()
    channel.queue_declare(name)
    told: list[str] = []
    channel.add_on_cancel_callback(lambda frame: told.append(frame.method.consumer_tag))
    tag = channel.basic_consume(name, lambda *_: None)
    connection.channel().queue_delete(name)
    arrives(connection, lambda: bool(told))
    assert told == [tag]


def test_an_auto_delete_queue_goes_with_its_last_consumer(connect: Any, name: str):
    connection = connect()
    channel = connection.channel()
    channel.queue_declare(name, auto_delete=True)
    channel.basic_cancel(channel.basic_consume(name, lambda *_: None))
    assert refused(lambda: channel.queue_declare(name, passive=True))[0] == 404


def test_an_exclusive_queue_is_its_connections_alone_and_goes_with_it(connect: Any, name: str):
    first, second = connect(), connect()
    first.channel().queue_declare(name, exclusive=True)
    text = (f"RESOURCE_LOCKED - cannot obtain exclusive access to locked queue '{name}' in vhost '/'. It could be "
            "originally declared on another connection or the exclusive property value does not match that of the "
            "original declaration.")
    assert refused(lambda: second.channel().queue_declare(name, passive=True)) == (405, text)
    assert refused(lambda: second.channel().basic_consume(name, lambda *_: None)) == (405, text)
    first.close()
    assert refused(lambda: second.channel().queue_declare(name, passive=True))[0] == 404


# -- dying ---------------------------------------------------------------------------------------------------
def test_a11_x_death_as_rabbitmq_writes_it(channel: Any, name: str):
    dead = channel.queue_declare("", exclusive=True).method.queue
    channel.exchange_declare(name, "fanout", auto_delete=True)
    channel.queue_bind(dead, name)
    queue = channel.queue_declare("", exclusive=True, arguments={"x-dead-letter-exchange": name}).method.queue
    channel.basic_publish("", queue, b"m", pika.BasicProperties(expiration="40", headers={"mine": 1}))
    method, properties, body = got(channel, dead)
    assert (body, method.exchange, method.routing_key, method.redelivered) == (b"m", name, queue, False)
    assert properties.expiration is None
    (death,) = properties.headers.pop("x-death")
    assert death.pop("time") is not None
    assert death == {"count": 1, "reason": "expired", "queue": queue, "exchange": "", "routing-keys": [queue],
                     "original-expiration": "40"}
    assert properties.headers == {"mine": 1, "x-first-death-exchange": "", "x-first-death-queue": queue,
                                  "x-first-death-reason": "expired"}


def test_rejected_goes_to_the_dead_letters_and_its_deaths_are_counted(channel: Any, name: str):
    other = channel.queue_declare("", exclusive=True).method.queue
    queue = channel.queue_declare("", exclusive=True, arguments={
        "x-dead-letter-exchange": "", "x-dead-letter-routing-key": other}).method.queue
    channel.basic_publish("", queue, b"m")
    method, _, _ = channel.basic_get(queue)
    channel.basic_reject(method.delivery_tag, requeue=False)
    method, properties, _ = got(channel, other)
    assert (method.exchange, method.routing_key) == ("", other)
    assert [(death["reason"], death["queue"], death["count"]) for death in properties.headers["x-death"]] == [
        ("rejected", queue, 1)]


def test_a_length_drops_the_oldest_to_the_dead_letters(channel: Any):
    dead = channel.queue_declare("", exclusive=True).method.queue
    queue = channel.queue_declare("", exclusive=True, arguments={
        "x-max-length": 2, "x-dead-letter-exchange": "", "x-dead-letter-routing-key": dead}).method.queue
    for number in range(3):
        channel.basic_publish("", queue, str(number).encode())
    _, properties, body = got(channel, dead)
    assert (body, properties.headers["x-first-death-reason"]) == (b"0", "maxlen")
    assert [got(channel, queue)[2] for _ in range(2)] == [b"1", b"2"]


def test_a_quorum_queue_counts_deliveries_up_to_its_limit(channel: Any, name: str):
    dead = channel.queue_declare("", exclusive=True).method.queue
    channel.queue_declare(name, durable=True, arguments={
        "x-queue-type": "quorum", "x-delivery-limit": 2, "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": dead})
    channel.basic_publish("", name, b"m", pika.BasicProperties(headers={"mine": 1}))
    told = []
    for _ in range(3):
        until = time.monotonic() + WITHIN_S
        while (found := channel.basic_get(name))[0] is None and time.monotonic() < until:
            settled(channel.connection, 0.02)
        told.append((found[0].redelivered, found[1].headers))
        channel.basic_nack(found[0].delivery_tag, requeue=True)
    assert told == [(count > 0, {"mine": 1, "x-delivery-count": count}) for count in range(3)]
    assert got(channel, dead)[1].headers["x-first-death-reason"] == "delivery_limit"
    channel.queue_delete(name)


def test_a_tag_of_a_deleted_queue_is_settled_without_touching_the_next_of_its_name(connect: Any, name: str):
    connection = connect()
    channel, other = connection.channel(), connection.channel()
    for body in (b"old", b"new"):
        other.queue_declare(name)
        other.basic_publish("", name, body)
        if body == b"old":
            channel.basic_consume(name, lambda *_: None)
            arrives(connection, lambda: other.queue_declare(name, passive=True).method.message_count == 0)
            other.queue_delete(name)
    channel.basic_ack(1)
    channel.basic_qos()
    assert got(other, name)[2] == b"new"
    other.queue_delete(name)


def test_priorities(channel: Any):
    queue = channel.queue_declare("", exclusive=True, arguments={"x-max-priority": 5}).method.queue
    for priority in (0, 3, 9, None, 1):
        channel.basic_publish("", queue, str(priority).encode(), pika.BasicProperties(priority=priority))
    assert [got(channel, queue)[2] for _ in range(5)] == [b"9", b"3", b"1", b"0", b"None"]


def test_a_queue_that_nobody_uses_expires(connect: Any, name: str):
    connection = connect()
    connection.channel().queue_declare(name, arguments={"x-expires": 100})
    settled(connection, 0.6)
    assert refused(lambda: connection.channel().queue_declare(name, passive=True))[0] == 404


# -- transactions --------------------------------------------------------------------------------------------
def test_a_transaction_commits_and_rolls_back_publishes_and_acks(connect: Any, name: str):
    connection = connect()
    channel, other = connection.channel(), connection.channel()
    channel.queue_declare(name)
    channel.tx_select()
    channel.basic_publish("", name, b"gone")
    channel.tx_rollback()
    channel.basic_publish("", name, b"kept")
    assert other.basic_get(name)[0] is None
    channel.tx_commit()
    method, _, body = channel.basic_get(name)
    assert body == b"kept"
    channel.basic_ack(method.delivery_tag)
    channel.tx_rollback()
    channel.basic_ack(method.delivery_tag)
    channel.tx_commit()
    channel.close()
    assert other.basic_get(name)[0] is None
    other.queue_delete(name)


# -- what is refused, and what is not ------------------------------------------------------------------------
def test_a1_a_passive_declare_ignores_all_flags(channel: Any, name: str):
    channel.queue_declare(name, durable=True)
    found = channel.queue_declare(name, passive=True, durable=False, exclusive=True, auto_delete=True,
                                  arguments={"x-max-length": 3})
    assert found.method.message_count == 0
    channel.queue_delete(name)


def test_a2_replies_come_straight(connect: Any, name: str):
    connection = connect()
    asking, answering = connection.channel(), connect().channel()
    assert asking.queue_declare("amq.rabbitmq.reply-to", passive=True).method.queue == "amq.rabbitmq.reply-to"
    found: list[tuple[Any, Any, bytes]] = []
    asking.basic_consume("amq.rabbitmq.reply-to", lambda _, *message: found.append(message), auto_ack=True)
    asking.queue_declare(name)
    asking.basic_publish("", name, b"ask", pika.BasicProperties(reply_to="amq.rabbitmq.reply-to", correlation_id="7"))
    _, properties, _ = got(answering, name)
    assert properties.reply_to.startswith("amq.rabbitmq.reply-to.")
    answering.basic_publish("", properties.reply_to, b"answer", pika.BasicProperties(correlation_id="7"))
    settled(answering.connection)
    arrives(connection, lambda: bool(found))
    ((method, properties, body),) = found
    assert (body, properties.correlation_id, method.exchange) == (b"answer", "7", "")
    asking.queue_delete(name)


def test_a8_what_is_not_there_is_deleted_and_cancelled(channel: Any, name: str):
    assert channel.queue_delete(name).method.message_count == 0
    channel.exchange_delete(name)
    assert channel.basic_cancel(name) == []


def test_a9_unknown_arguments_are_taken_and_not_compared(channel: Any, name: str):
    channel.queue_declare(name, arguments={"x-whatever": 1, "x-max-length": 5})
    channel.queue_declare(name, arguments={"x-other": 2, "x-max-length": 5})
    assert refused(lambda: channel.queue_declare(name, arguments={"x-max-length": 6})) == (
        406, f"PRECONDITION_FAILED - inequivalent arg 'x-max-length' for queue '{name}' in vhost '/': received '6' "
             "but current is '5'")


def _used(channel: Any, name: str) -> None:
    channel.queue_declare(name, exclusive=True)
    channel.basic_consume(name, lambda *_: None)


def _filled(channel: Any, name: str) -> None:
    channel.queue_declare(name, exclusive=True)
    channel.basic_publish("", name, b"m")


def _bound(channel: Any, name: str) -> None:
    channel.queue_declare(name, exclusive=True)
    channel.exchange_declare(name, "direct", auto_delete=True)
    channel.queue_bind(name, name, "k")


def _declared(channel: Any, name: str) -> None:
    channel.queue_declare(name, exclusive=True)


def _left(channel: Any, name: str) -> None:
    channel.queue_declare(name, auto_delete=True, arguments={"x-expires": 60_000})


def _nothing(channel: Any, name: str) -> None:
    pass


CHANNEL_REFUSALS = {
    "a missing queue": (_nothing, lambda c, n: c.queue_declare(n, passive=True),
                        404, "NOT_FOUND - no queue '{0}' in vhost '/'"),
    "a missing exchange": (_nothing, lambda c, n: c.exchange_declare(n, passive=True),
                           404, "NOT_FOUND - no exchange '{0}' in vhost '/'"),
    "consume of a missing queue": (_nothing, lambda c, n: c.basic_consume(n, lambda *_: None),
                                   404, "NOT_FOUND - no queue '{0}' in vhost '/'"),
    "get of a missing queue": (_nothing, lambda c, n: c.basic_get(n), 404, "NOT_FOUND - no queue '{0}' in vhost '/'"),
    "bind to a missing exchange": (_declared, lambda c, n: c.queue_bind(n, n + "x"),
                                   404, "NOT_FOUND - no exchange '{0}x' in vhost '/'"),
    "publish to a missing exchange": (_nothing, lambda c, n: (c.basic_publish(n, "k", b""), c.basic_qos()),
                                      404, "NOT_FOUND - no exchange '{0}' in vhost '/'"),
    "durable unlike": (_left, lambda c, n: c.queue_declare(n, durable=True, auto_delete=True), 406,
                       "PRECONDITION_FAILED - inequivalent arg 'durable' for queue '{0}' in vhost '/': received 'true' "
                       "but current is 'false'"),
    "auto_delete unlike": (_left, lambda c, n: c.queue_declare(n), 406,
                           "PRECONDITION_FAILED - inequivalent arg 'auto_delete' for queue '{0}' in vhost '/': "
                           "received 'false' but current is 'true'"),
    "an argument that was not there": (
        _declared, lambda c, n: c.queue_declare(n, exclusive=True, arguments={"x-message-ttl": 1000}), 406,
        "PRECONDITION_FAILED - inequivalent arg 'x-message-ttl' for queue '{0}' in vhost '/': received the value "
        "'1000' of type 'signedint' but current is none"),
    "an exchange of another type": (
        _bound, lambda c, n: c.exchange_declare(n, "fanout", auto_delete=True), 406,
        "PRECONDITION_FAILED - inequivalent arg 'type' for exchange '{0}' in vhost '/': received 'fanout' but current "
        "is 'direct'"),
    "an exchange of another durability": (
        _bound, lambda c, n: c.exchange_declare(n, "direct", durable=True, auto_delete=True), 406,
        "PRECONDITION_FAILED - inequivalent arg 'durable' for exchange '{0}' in vhost '/': received 'true' but current "
        "is 'false'"),
    "a text for a number": (_nothing, lambda c, n: c.queue_declare(n, arguments={"x-message-ttl": "soon"}), 406,
                            "PRECONDITION_FAILED - invalid arg 'x-message-ttl' for queue '{0}' in vhost '/': "
                            "\"expected integer, got longstr\""),
    "a negative number": (_nothing, lambda c, n: c.queue_declare(n, arguments={"x-message-ttl": -1}), 406,
                          "PRECONDITION_FAILED - invalid arg 'x-message-ttl' for queue '{0}' in vhost '/': "
                          "{{value_negative,-1}}"),
    "an unknown tag": (_nothing, lambda c, n: (c.basic_ack(9), c.basic_qos()),
                       406, "PRECONDITION_FAILED - unknown delivery tag 9"),
    "a queue in use": (_used, lambda c, n: c.queue_delete(n, if_unused=True),
                       406, "PRECONDITION_FAILED - queue '{0}' in vhost '/' in use"),
    "a queue that is not empty": (_filled, lambda c, n: c.queue_delete(n, if_empty=True),
                                  406, "PRECONDITION_FAILED - queue '{0}' in vhost '/' not empty"),
    "an exchange in use": (_bound, lambda c, n: c.exchange_delete(n, if_unused=True),
                           406, "PRECONDITION_FAILED - exchange '{0}' in vhost '/' in use"),
    "a reserved queue": (_nothing, lambda c, n: c.queue_declare("amq.mine"), 403,
                         "ACCESS_REFUSED - queue name 'amq.mine' contains reserved prefix 'amq.*'"),
    "a reserved exchange": (_nothing, lambda c, n: c.exchange_declare("amq.mine"), 403,
                            "ACCESS_REFUSED - exchange name 'amq.mine' contains reserved prefix 'amq.*'"),
    "the default exchange": (_declared, lambda c, n: c.queue_bind(n, "", "k"),
                             403, "ACCESS_REFUSED - operation not permitted on the default exchange"),
    "deleting the default exchange": (_nothing, lambda c, n: c.exchange_delete(""),
                                      403, "ACCESS_REFUSED - operation not permitted on the default exchange"),
    "deleting a system exchange": (_nothing, lambda c, n: c.exchange_delete("amq.direct"), 403,
                                   "ACCESS_REFUSED - deletion of system exchange 'amq.direct' in vhost '/' not "
                                   "allowed"),
    "publishing to an internal exchange": (
        lambda c, n: c.exchange_declare(n, "direct", internal=True, auto_delete=True),
        lambda c, n: (c.basic_publish(n, "k", b""), c.basic_qos()), 403,
        "ACCESS_REFUSED - cannot publish to internal exchange '{0}' in vhost '/'"),
    "beside an exclusive consumer": (
        lambda c, n: (_declared(c, n), c.basic_consume(n, lambda *_: None, exclusive=True)),
        lambda c, n: c.basic_consume(n, lambda *_: None), 403,
        "ACCESS_REFUSED - queue '{0}' in vhost '/' in exclusive use"),
    "another's name": (_declared, lambda c, n: (c.basic_publish("", n, b"", pika.BasicProperties(user_id="eve")),
                                                c.basic_qos()), 406,
                       "PRECONDITION_FAILED - user_id property set to 'eve' but authenticated user was 'guest'"),
    "confirm to tx": (lambda c, n: c.confirm_delivery(), lambda c, n: c.tx_select(), 406,
                      "PRECONDITION_FAILED - cannot switch from confirm to tx mode"),
    "tx to confirm": (lambda c, n: c.tx_select(), lambda c, n: c.confirm_delivery(), 406,
                      "PRECONDITION_FAILED - cannot switch from tx to confirm mode"),
    "commit without tx": (_nothing, lambda c, n: c.tx_commit(), 406,
                          "PRECONDITION_FAILED - channel is not transactional"),
    "an expiration that is no number": (
        _declared, lambda c, n: (c.basic_publish("", n, b"", pika.BasicProperties(expiration="soon")), c.basic_qos()),
        406, "PRECONDITION_FAILED - invalid expiration 'soon': no_integer"),
    "an unknown queue type": (
        _nothing, lambda c, n: c.queue_declare(n, durable=True, arguments={"x-queue-type": "odd"}), 406,
        "PRECONDITION_FAILED - invalid arg 'x-queue-type' for queue '{0}' in vhost '/': \"unsupported queue type "
        "'odd'\""),
    "an unknown x-match": (
        lambda c, n: (_declared(c, n)), lambda c, n: c.queue_bind(n, "amq.headers", "", {"x-match": "most"}), 406,
        "PRECONDITION_FAILED - Invalid x-match field value <<\"most\">>; expected all, any, "
        "all-with-x, or any-with-x"),
}


@pytest.mark.parametrize("case", CHANNEL_REFUSALS)
def test_what_closes_a_channel(connect: Any, name: str, case: str):
    before, act, code, text = CHANNEL_REFUSALS[case]
    connection = connect()
    channel = connection.channel()
    before(channel, name)
    assert refused(lambda: act(channel, name)) == (code, text.format(name))
    assert connection.channel().is_open  # A17: the connection lives


CONNECTION_REFUSALS = {
    "an unknown exchange type": (lambda c, n: c.exchange_declare(n, "odd"), 503,
                                 "COMMAND_INVALID - unknown exchange type 'odd'"),
    "a size of prefetch": (lambda c, n: c.basic_qos(prefetch_size=1), 540, "NOT_IMPLEMENTED - prefetch_size!=0 (1)"),
    "recover without requeue": (lambda c, n: c.basic_recover(requeue=False), 540, "NOT_IMPLEMENTED - requeue=false"),
    "flow": (lambda c, n: c.flow(False), 540, "NOT_IMPLEMENTED - active=false"),
}


@pytest.mark.parametrize("case", CONNECTION_REFUSALS)
def test_what_closes_the_connection(connect: Any, name: str, case: str):
    act, code, text = CONNECTION_REFUSALS[case]
    channel = connect().channel()
    assert refused(lambda: act(channel, name), ConnectionClosedByBroker) == (code, text)


def test_a_new_secret_is_taken(connect: Any):
    connection = connect()
    connection.update_secret("guest", "asked to")
    assert connection.channel().is_open


def test_a_queue_may_name_a_dead_letter_exchange_that_is_not_there_yet(channel: Any, queue: str, name: str):
    first = channel.queue_declare("", exclusive=True, arguments={"x-dead-letter-exchange": name}).method.queue
    channel.exchange_declare(name, "fanout", auto_delete=True)
    channel.queue_bind(queue, name)
    channel.basic_publish("", first, b"m")
    channel.basic_reject(channel.basic_get(first)[0].delivery_tag, requeue=False)
    assert got(channel, queue)[2] == b"m"


def test_a12_an_unknown_vhost(connect: Any):
    with pytest.raises(AMQPConnectionError) as caught:
        connect(virtual_host="other")
    assert "NOT_ALLOWED - vhost other not found" in repr(caught.value)


@pytest.mark.parametrize("header", [b"AMQP\x00\x02\x00\x09", b"AMQP\x00\x01\x02\x03", b"HELLO 12"])
def test_a15_a_wrong_header_is_answered_with_ours(address: tuple[str, int], header: bytes):
    with socket.create_connection(address, 5) as link:
        link.sendall(header)
        assert link.recv(100) == b"AMQP\x00\x00\x09\x01"
        with contextlib.suppress(ConnectionResetError):
            assert link.recv(100) == b""


def test_a17_after_a_channel_error_nothing_counts_until_close_ok(connect: Any, name: str):
    connection = connect()
    channel, other = connection.channel(), connection.channel()
    other.queue_declare(name)
    impl = channel._impl
    impl.basic_publish(name + "x", "k", b"")
    for _ in range(3):
        impl.basic_publish("", name, b"dropped")
    arrives(connection, lambda: not channel.is_open)
    assert not channel.is_open
    assert other.basic_get(name)[0] is None
    other.queue_delete(name)


def test_a_queue_survives_and_what_is_not_durable_goes(tmp_path: Path, name: str):
    def serve(broker: Broker, act: Callable[[Any], None]) -> None:
        served = Served(broker, ListenerSettings(), AmqpListener)
        host, port = served.address.rsplit(":", 1)
        try:
            with pika.BlockingConnection(pika.ConnectionParameters(host, int(port))) as connection:
                act(connection.channel())
        finally:
            served.close()

    def fill(channel: Any) -> None:
        channel.queue_declare(name, durable=True, arguments={"x-max-length": 9})
        channel.queue_declare(name + "-t")
        channel.exchange_declare(name + "-t", "fanout")
        channel.confirm_delivery()
        channel.basic_publish("", name, b"kept", pika.BasicProperties(content_type="a/b"))

    def look(channel: Any) -> None:
        assert channel.queue_declare(name, durable=True, arguments={"x-max-length": 9}).method.message_count == 1
        _, properties, body = channel.basic_get(name)
        assert (properties.content_type, body) == ("a/b", b"kept")
        assert channel.queue_declare(name + "-t", exclusive=True).method.message_count == 0  # made anew

    Broker.create(tmp_path / "work.flow").close()
    for act in (fill, look):
        with Broker.open(tmp_path / "work.flow") as broker:
            serve(broker, act)
