"""AMQP by the bytes: what no client library sends, or hides. Run against RabbitMQ too by WORKBENCH_AMQP=HOST:PORT."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from random import Random
from struct import pack, unpack

import aio_pika
import pika
import pytest
from contracts.listener_contract import waited
from listeners.serving import Host, Served, serving
from listeners.test_amqp import address  # noqa: F401
from pamqp import commands, frame

from workbench.broker import Broker
from workbench.core.clock import ManualClock
from workbench.core.records import Record
from workbench.listeners.amqp import AmqpListener
from workbench.listeners.base import ListenerSettings, Users

HEADER = b"AMQP\x00\x00\x09\x01"
WITHIN_S = 10.0
Address = tuple[str, int]


class Link:
    """One connection, frame by frame."""

    def __init__(self, to: Address) -> None:
        self.socket = socket.create_connection(to, WITHIN_S)
        self._data = b""

    def __enter__(self) -> Link:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, method: object, channel: int = 0) -> None:
        self.socket.sendall(frame.marshal(method, channel))

    def raw(self, kind: int, channel: int, payload: bytes, end: bytes = b"\xce") -> None:
        self.socket.sendall(pack(">BHI", kind, channel, len(payload)) + payload + end)

    def frame(self) -> tuple[int, int, bytes] | None:
        """(type, channel, payload); None: the other side ended the connection."""
        if (head := self._exactly(7)) is None:
            return None
        kind, channel, size = unpack(">BHI", head)
        payload = self._exactly(size + 1)
        assert payload is not None and payload[-1:] == b"\xce"
        return kind, channel, payload[:-1]

    def method(self, kind: type) -> object:
        """The next method, which is of that kind; heartbeats are passed over."""
        while (found := self.frame()) is not None:
            if found[0] != 8:
                assert found[0] == 1, found
                made = frame.unmarshal(pack(">BHI", *found[:2], len(found[2])) + found[2] + b"\xce")[2]
                assert isinstance(made, kind), (made.name, dict(made))
                return made
        raise AssertionError(f"closed before {kind.name}")

    def _exactly(self, size: int) -> bytes | None:
        while len(self._data) < size:
            try:
                more = self.socket.recv(65_536)
            except ConnectionResetError:
                return None
            if not more:
                return None
            self._data += more
        found, self._data = self._data[:size], self._data[size:]
        return found

    def ended(self) -> bool:
        while (found := self.frame()) is not None:
            assert found[0] != 1, found
        return True

    # -- steps of a connection -----------------------------------------------------------------------------
    def start(self) -> commands.Connection.Start:
        self.socket.sendall(HEADER)
        return self.method(commands.Connection.Start)

    def log_in(self, response: bytes = b"\0guest\0guest", mechanism: bytes = b"PLAIN",
               capabilities: tuple[str, ...] = ("authentication_failure_close", "consumer_cancel_notify")) -> None:
        told = b"".join(bytes((len(name),)) + name.encode() + b"t\1" for name in capabilities)
        table = b"\x0ccapabilitiesF" + pack(">I", len(told)) + told
        self.raw(1, 0, b"\0\x0a\0\x0b" + pack(">I", len(table)) + table + bytes((len(mechanism),)) + mechanism
                 + pack(">I", len(response)) + response + b"\5en_US")

    def open(self, heartbeat: int = 0, channel: int = 1, frame_max: int = 131_072) -> None:
        self.start()
        self.log_in()
        self.method(commands.Connection.Tune)
        self.send(commands.Connection.TuneOk(2047, frame_max, heartbeat))
        self.send(commands.Connection.Open())
        self.method(commands.Connection.OpenOk)
        if channel:
            self.send(commands.Channel.Open(), channel)
            self.method(commands.Channel.OpenOk)

    def publish(self, key: str, body: bytes, properties: bytes = b"\0\0", channel: int = 1) -> None:
        self.send(commands.Basic.Publish(0, "", key), channel)
        self.raw(2, channel, b"\0\x3c\0\0" + pack(">Q", len(body)) + properties)
        if body:
            self.raw(3, channel, body)

    def declare(self) -> str:
        self.send(commands.Queue.Declare(exclusive=True), 1)
        return self.method(commands.Queue.DeclareOk).queue


@pytest.fixture
def link(address: Address) -> Iterator[Link]:  # noqa: F811
    with Link(address) as made:
        yield made


# -- the beginning -------------------------------------------------------------------------------------------
def test_a13_what_the_server_says_of_itself(link: Link):
    start = link.start()
    assert (start.version_major, start.version_minor) == (0, 9)
    assert set(start.mechanisms.split()) >= {"PLAIN", "AMQPLAIN"}
    assert start.server_properties["product"] == "RabbitMQ" and start.server_properties["version"]
    told = {name for name, value in start.server_properties["capabilities"].items() if value}
    assert told >= {"basic.nack", "publisher_confirms", "consumer_cancel_notify", "exchange_exchange_bindings",
                    "per_consumer_qos", "connection.blocked", "direct_reply_to", "authentication_failure_close"}


def test_amqplain_logs_in(link: Link):
    link.start()
    link.log_in(b"\5LOGINS\0\0\0\5guest\x08PASSWORDS\0\0\0\5guest", b"AMQPLAIN")
    tune = link.method(commands.Connection.Tune)
    assert (tune.channel_max, tune.frame_max, tune.heartbeat) == (2047, 131_072, 60)


def test_a12_a_wrong_password_is_told_to_who_wants_to_know(tmp_path: Path):
    with Broker.create(tmp_path / "work.flow") as broker:
        Users(broker).put("ann", "secret")
        served = Served(broker, ListenerSettings(), AmqpListener)
        host, port = served.address.rsplit(":", 1)
        try:
            with Link((host, int(port))) as told:
                told.start()
                told.log_in(b"\0ann\0wrong")
                close = told.method(commands.Connection.Close)
                assert (close.reply_code, close.reply_text) == (
                    403, "ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN. For details see the "
                         "broker logfile.")
            with Link((host, int(port))) as old:
                old.start()
                old.log_in(b"\0ann\0wrong", capabilities=())
                assert old.ended()
            with Link((host, int(port))) as right:
                right.start()
                right.log_in(b"\0ann\0secret")
                right.method(commands.Connection.Tune)
        finally:
            served.close()


def test_who_logs_in_by_a_mechanism_that_is_not_there_is_closed(link: Link):
    link.start()
    link.log_in(mechanism=b"ODD")
    assert link.ended()


# -- frames that can't be ------------------------------------------------------------------------------------
def test_501_a_frame_over_the_limit(link: Link):
    link.open(frame_max=4096)
    link.raw(3, 1, bytes(5000))
    close = link.method(commands.Connection.Close)
    assert close.reply_code == 501 and close.reply_text.startswith("FRAME_ERROR - type 3")


def test_501_a_bad_end_byte(link: Link):
    link.open()
    link.raw(1, 1, b"\0\x14\0\x14\1", end=b"\0")
    close = link.method(commands.Connection.Close)
    assert close.reply_code == 501 and close.reply_text.startswith("FRAME_ERROR - type 1")


def test_501_arguments_that_are_too_short(link: Link):
    link.open()
    link.raw(1, 1, b"\0\x3c\0\x50" + bytes(4))  # an ack
    assert link.method(commands.Connection.Close).reply_code == 501


def test_504_a_second_open_and_a_channel_that_is_not_open(address: Address):  # noqa: F811
    for channel, method, text in ((1, commands.Channel.Open(), "CHANNEL_ERROR - second 'channel.open' seen"),
                                  (7, commands.Basic.Qos(), "CHANNEL_ERROR - expected 'channel.open'")):
        with Link(address) as link:
            link.open()
            link.send(method, channel)
            close = link.method(commands.Connection.Close)
            assert (close.reply_code, close.reply_text) == (504, text)


def test_505_a_body_without_a_message(link: Link):
    link.open()
    link.raw(3, 1, b"stray")
    assert link.method(commands.Connection.Close).reply_code == 505


def test_530_a_consumer_tag_used_twice(link: Link):
    link.open()
    queue = link.declare()
    link.send(commands.Basic.Consume(0, queue, "t"), 1)
    link.method(commands.Basic.ConsumeOk)
    link.send(commands.Basic.Consume(0, queue, "t"), 1)
    close = link.method(commands.Connection.Close)
    assert (close.reply_code, close.reply_text) == (530, "NOT_ALLOWED - attempt to reuse consumer tag 't'")


def test_540_immediate(link: Link):
    link.open()
    link.send(commands.Basic.Publish(0, "", "k", immediate=True), 1)
    link.raw(2, 1, b"\0\x3c\0\0" + bytes(8) + b"\0\0")
    close = link.method(commands.Connection.Close)
    assert (close.reply_code, close.reply_text) == (540, "NOT_IMPLEMENTED - immediate=true")


# -- names, properties, hearts -------------------------------------------------------------------------------
def test_a7_an_empty_consumer_tag_is_named_by_the_server(link: Link):
    link.open()
    link.send(commands.Basic.Consume(0, link.declare(), ""), 1)
    assert link.method(commands.Basic.ConsumeOk).consumer_tag.startswith("amq.ctag-")


def test_a10_property_bytes_come_back_untouched(link: Link):
    """Fields of every type that was seen, a float among them, which pika can't write."""
    table = (b"\1SS\0\0\0\1x\1II\0\0\0\5\1ll" + bytes(8) + b"\1tt\1\1DD\2\0\0\0\7\1TT" + bytes(8) + b"\1FF\0\0\0\0\1AA"
             + b"\0\0\0\2t\0\1VV\1xx\0\0\0\1\xff\1dd" + pack(">d", 1.5) + b"\1bb\xff\1ss\0\1\1ff" + pack(">f", 0.5))
    properties = b"\xb8\0" + b"\3a/b" + pack(">I", len(table)) + table + b"\2\5"
    link.open()
    queue = link.declare()
    link.publish(queue, b"body", properties)
    link.send(commands.Basic.Get(0, queue), 1)
    link.method(commands.Basic.GetOk)
    kind, _, payload = link.frame() or (0, 0, b"")
    assert (kind, payload[12:]) == (2, properties)


def test_a16_hearts_beat_at_half_the_time_and_a_silent_client_is_dropped(link: Link):
    link.open(heartbeat=1)
    assert link.frame() == (8, 0, b"")
    link.socket.settimeout(WITHIN_S)
    assert link.ended()


def test_a16_without_heartbeats_a_silent_client_stays(tmp_path: Path):
    clock = ManualClock()
    with serving(tmp_path / "work.flow", clock=clock, listener=AmqpListener) as served:
        host, port = served.address.rsplit(":", 1)
        with Link((host, int(port))) as link:
            link.open(heartbeat=0)
            clock.advance(24 * 3600 * 1000)
            served.close_idle()
            link.send(commands.Basic.Qos(), 1)
            link.method(commands.Basic.QosOk)


def test_confirms_of_many_are_told_in_runs(link: Link):
    link.open()
    queue = link.declare()
    link.send(commands.Confirm.Select(), 1)
    link.method(commands.Confirm.SelectOk)
    for _ in range(200):
        link.publish(queue, b"x")
    last = 0
    while last < 200:
        ack = link.method(commands.Basic.Ack)
        assert ack.delivery_tag > last and (ack.multiple or ack.delivery_tag == last + 1)
        last = ack.delivery_tag


# -- two protocols, other clients ----------------------------------------------------------------------------
def test_what_another_protocol_brings_is_handed_out_and_the_other_way_round(tmp_path: Path):
    with serving(tmp_path / "work.flow", listener=AmqpListener) as served:
        host, port = served.address.rsplit(":", 1)
        with pika.BlockingConnection(pika.ConnectionParameters(host, int(port))) as connection:
            channel = connection.channel()
            channel.queue_declare("orders", durable=True)
            served.broker.append("orders", 0, [Record(b"key", b"from kafka", (("h", b"v"), ("n", None)))]).result(5)
            method, properties, body = channel.basic_get("orders")
            assert (body, properties.headers, method.exchange, method.routing_key) == (
                b"from kafka", {"h": "v", "n": None}, "", "orders")
            channel.confirm_delivery()
            channel.basic_publish("", "orders", b"from amqp",
                                  pika.BasicProperties(headers={"a": 1, "b": "x", "c": [1]}))
            (_, message) = served.broker.queues.peek("orders")
            own = [header for header in message.record.headers if not header[0].startswith("workbench.")]
            assert (message.record.value, own) == (b"from amqp", [("a", b"1"), ("b", b"x")])
            (client,) = [client for client in served.clients() if client.connections]
            assert client.protocol == "amqp" and client.writes == client.reads == ("orders",)


def test_aio_pika(address: Address):  # noqa: F811
    asyncio.run(_by_aio_pika(address))


async def _by_aio_pika(to: Address) -> None:
    connection = await aio_pika.connect(f"amqp://guest:guest@{to[0]}:{to[1]}/")
    async with connection:
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        await channel.set_qos(prefetch_count=2)
        exchange = await channel.declare_exchange("aio", "topic", auto_delete=True)
        queue = await channel.declare_queue(exclusive=True)
        await queue.bind(exchange, "a.*")
        for number in range(5):
            await exchange.publish(aio_pika.Message(str(number).encode(), headers={"n": number}), f"a.{number}")
        with pytest.raises(aio_pika.exceptions.PublishError):
            await exchange.publish(aio_pika.Message(b""), "nobody")
        found = []
        async with queue.iterator() as messages:
            async for message in messages:
                async with message.process():
                    found.append((message.body, message.routing_key, message.headers["n"]))
                if len(found) == 5:
                    break
        assert found == [(str(number).encode(), f"a.{number}", number) for number in range(5)]


# -- broken peers, and a broken host -------------------------------------------------------------------------
def test_a_peer_that_does_not_read_is_handed_a_bounded_amount(tmp_path: Path):
    with serving(tmp_path / "work.flow", listener=AmqpListener) as served:
        host, port = served.address.rsplit(":", 1)
        with pika.BlockingConnection(pika.ConnectionParameters(host, int(port))) as connection, \
                Link((host, int(port))) as slow:
            channel = connection.channel()
            channel.queue_declare("big", durable=True)
            for _ in range(60):
                channel.basic_publish("", "big", bytes(1 << 20))
            assert channel.queue_declare("big", passive=True).method.message_count == 60
            slow.open()
            slow.send(commands.Basic.Consume(0, "big", "t", no_ack=False), 1)
            assert waited(lambda: served.broker.queues.counts("big").in_flight > 0)
            channel.queue_declare("big", passive=True)
            assert served.broker.queues.counts("big").in_flight < 60
        assert waited(lambda: served.broker.queues.counts("big").ready == 60)


def test_claims_of_a_client_that_was_cut_go_to_the_next_at_once(tmp_path: Path):
    with serving(tmp_path / "work.flow", listener=AmqpListener) as served:
        host, port = served.address.rsplit(":", 1)
        with pika.BlockingConnection(pika.ConnectionParameters(host, int(port))) as connection:
            channel = connection.channel()
            channel.queue_declare("work", durable=True)
            channel.basic_publish("", "work", b"m")
            with Link((host, int(port))) as cut:
                cut.open()
                cut.send(commands.Basic.Get(0, "work"), 1)
                cut.method(commands.Basic.GetOk)
                cut.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, pack("ii", 1, 0))
            assert waited(lambda: served.broker.queues.counts("work").ready == 1)
            method, _, _ = channel.basic_get("work")
            assert method.redelivered


def test_after_kill_9_what_was_confirmed_is_there_and_what_was_acked_is_not(tmp_path: Path):
    path = tmp_path / "work.flow"
    Broker.create(path).close()
    host = Host(path, "--amqp", "127.0.0.1:0")
    confirmed, acked, opened = [0], set(), []

    def connect() -> pika.BlockingConnection:
        name, port = host.ready["amqp"].rsplit(":", 1)
        opened.append(pika.BlockingConnection(pika.ConnectionParameters(name, int(port))))
        return opened[-1]

    def publish() -> None:
        with contextlib.suppress(pika.exceptions.AMQPError):
            channel = connect().channel()
            channel.queue_declare("work", durable=True)
            channel.confirm_delivery()
            for number in range(100_000):
                channel.basic_publish("", "work", str(number).encode(), pika.BasicProperties(delivery_mode=2))
                confirmed[0] = number + 1

    writer = threading.Thread(target=publish)
    writer.start()
    assert waited(lambda: confirmed[0] > 50)
    taking = connect().channel()
    for _ in range(20):
        method, _, body = taking.basic_get("work")
        taking.basic_ack(method.delivery_tag)
        acked.add(int(body))
    taking.queue_declare("work", durable=True)  # what was acked before it is on its way into the file
    assert waited(lambda: confirmed[0] > 200)
    host.kill()
    writer.join(WITHIN_S)
    host.start()
    channel = connect().channel()
    found = []
    while (got := channel.basic_get("work", auto_ack=True))[0] is not None:
        found.append(int(got[2]))
    assert found == sorted(set(found)), "in order, each once"
    missing = set(range(confirmed[0])) - set(found) - acked
    assert not missing
    assert not acked & set(found)
    for connection in opened:
        with contextlib.suppress(pika.exceptions.AMQPError):
            connection.close()
    assert host.stop() == 0


def test_any_frames_end_their_own_connection_at_most(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    chance = Random(5)
    methods = [(50, 10), (50, 20), (50, 40), (60, 10), (60, 20), (60, 30), (60, 40), (60, 70), (60, 80), (60, 90),
               (60, 120), (40, 10), (40, 30), (85, 10), (90, 10), (90, 20), (20, 20), (20, 40), (10, 40), (10, 50),
               (1, 1)]
    with serving(tmp_path / "work.flow", listener=AmqpListener) as served:
        host, port = served.address.rsplit(":", 1)
        for _ in range(80):
            with Link((host, int(port))) as link, contextlib.suppress(OSError):
                link.open()
                for _ in range(chance.randrange(1, 20)):
                    kind = chance.choice([1, 1, 1, 1, 2, 3, 8, 9])
                    which = pack(">HH", *chance.choice(methods)) if kind == 1 else b""
                    start = chance.choice([b"", b"\0\0", b"\0\0\1q", b"\0\0\0\0"])
                    rest = chance.randbytes(chance.randrange(20))
                    link.raw(kind, chance.choice([0, 1, 1, 1, 2]), which + start + rest)
                link.socket.shutdown(socket.SHUT_WR)
                link.socket.recv(65_536)
        with Link((host, int(port))) as link:
            link.open()
    assert not [record for record in caplog.records if "unforeseen" in record.message]


def test_a_host_that_stops_says_so(tmp_path: Path):
    with contextlib.ExitStack() as open_:
        with serving(tmp_path / "work.flow", listener=AmqpListener) as served:
            host, port = served.address.rsplit(":", 1)
            link = open_.enter_context(Link((host, int(port))))
            link.open()
        close = link.method(commands.Connection.Close)
        assert (close.reply_code, close.reply_text) == (
            320, "CONNECTION_FORCED - broker forced connection closure with reason 'shutdown'")


def test_what_is_asked_in_vain_is_told(tmp_path: Path):
    with serving(tmp_path / "work.flow", listener=AmqpListener) as served:
        host, port = served.address.rsplit(":", 1)
        with pika.BlockingConnection(pika.ConnectionParameters(host, int(port))) as connection:
            connection.channel().queue_declare("q", arguments={"x-max-length-bytes": 1000})
            (client,) = [client for client in served.clients() if client.connections]
            assert [one.what for one in client.unserved] == ["x-max-length-bytes"]

