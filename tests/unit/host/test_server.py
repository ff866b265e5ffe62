"""The control socket: who gets in, what hostile and broken peers get, and that nobody holds up others."""

from __future__ import annotations

import os
import socket
import struct
import threading
from contextlib import closing

import msgspec
import pytest

from workbench.broker import decode_batch
from workbench.control import messages as m
from workbench.control.client import ControlClient
from workbench.control.command import Done
from workbench.control.endpoint import HostFile, connect
from workbench.control.frames import FrameReader, frame
from workbench.core.errors import HostGone, Invalid, NotFound, Refused
from workbench.core.records import Record
from workbench.core.wanted import Wanted


def raw(served) -> socket.socket:
    link = connect(served.endpoint)
    link.settimeout(10)
    return link


def is_closed(link: socket.socket) -> bool:
    """Whether the host ended the connection (whatever it said before)."""
    try:
        while link.recv(65536):
            pass
    except ConnectionResetError:
        pass
    return True


def send(link: socket.socket, command: m.Command, number: int = 1) -> None:
    link.sendall(frame(msgspec.msgpack.encode(m.Request(number, command))))


def answer(link: socket.socket, reader: FrameReader) -> m.Reply:
    while True:
        if payloads := reader.feed(link.recv(65536)):
            return msgspec.msgpack.decode(payloads[0], type=m.Reply)


def test_a_command_goes_through_the_socket(attach):
    client = attach()
    assert client.info.pid == os.getpid()
    client.call(m.CreateTopic("orders", 2))
    assert [topic.partitions for topic in attach().call(m.ListTopics()).topics] == [2]


def test_errors_keep_their_class_and_words(attach):
    with pytest.raises(NotFound, match="nope") as caught:
        attach().call(m.DeleteTopic("nope"))
    assert "nope" in caught.value.fields.values() and "nope" not in caught.value.template, "what a translation needs"


def test_a_group_error_of_the_broker_arrives_as_a_class_everyone_knows(attach):
    client = attach()
    client.call(m.CreateTopic("orders"))
    client.call(m.AppendRecords("orders", (Record(None, b"x"),)))
    consumer = client.call(m.OpenConsumer("g", ("orders",), "earliest")).consumer
    polled = client.call(m.PollConsumer(consumer, timeout_ms=5000))
    assert [r.value for *_, data in polled.batches for r in decode_batch(data, "orders", 0)] == [b"x"]
    with pytest.raises(Refused):
        client.call(m.DeleteGroup("g"))


def test_a_wrong_token_is_refused_and_closed(served):
    wrong = HostFile(served.endpoint.socket, "wrong", served.endpoint.pid)
    with pytest.raises(Refused, match="token"):
        ControlClient(connect(wrong), wrong.token)


@pytest.mark.parametrize(
    "opening",
    [
        struct.pack(">I", 2**31),
        struct.pack(">I", 5000) + bytes(5000),
        frame(b"\xc1\xff rubbish"),
        frame(msgspec.msgpack.encode({"id": 1})),
        frame(msgspec.msgpack.encode(m.Request(1, m.Status()))),
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(600),
    ],
    ids=["2 GB", "large hello", "rubbish", "half a request", "no hello", "http", "tls"],
)
def test_who_does_not_greet_properly_is_closed(served, attach, opening: bytes):
    with closing(raw(served)) as link:
        link.sendall(opening)
        assert is_closed(link)
    assert attach().call(m.Status()).pid == os.getpid()


def test_a_peer_that_leaves_at_once_harms_nobody(served, attach):
    for _ in range(20):
        raw(served).close()
    assert attach().call(m.Status()).pid == os.getpid()


def test_an_unknown_command_is_answered_and_the_connection_goes_on(served):
    with closing(raw(served)) as link:
        reader = FrameReader()
        send(link, m.Hello(served.endpoint.token))
        assert not answer(link, reader).error
        link.sendall(frame(msgspec.msgpack.encode({"id": 2, "command": {"type": "Explode"}})))
        refused = answer(link, reader)
        assert (refused.id, refused.error) == (2, "Invalid") and "can't be read" in refused.message
        link.sendall(frame(msgspec.msgpack.encode({"id": 3, "command": {"type": "CreateTopic", "name": 5}})))
        assert answer(link, reader).error == "Invalid"
        send(link, m.Status(), 4)
        assert answer(link, reader).id == 4


def test_a_long_poll_holds_up_nobody(attach):
    client = attach()
    client.call(m.CreateTopic("orders"))
    consumer = client.call(m.OpenConsumer("g", ("orders",), "earliest")).consumer
    polled: list[m.FetchedBatches] = []

    def poll() -> None:
        while not (polled and polled[-1].batches):
            polled.append(client.call(m.PollConsumer(consumer, timeout_ms=20_000)))

    thread = threading.Thread(target=poll)
    thread.start()
    assert client.call(m.Status()).pid == os.getpid()
    client.call(m.AppendRecords("orders", (Record(None, b"wake"),)))
    thread.join(15)
    assert not thread.is_alive()


def test_a_member_leaves_with_its_connection(served, attach):
    client = ControlClient.attach(served.path)
    client.call(m.CreateTopic("orders"))
    consumer = client.call(m.OpenConsumer("g", ("orders",), "earliest")).consumer
    client.call(m.PollConsumer(consumer, timeout_ms=1000))
    other = attach()
    while not other.call(m.ListGroups()).groups[0].members:
        client.call(m.PollConsumer(consumer, timeout_ms=100))
    client.close()
    while other.call(m.ListGroups()).groups[0].members:
        other.call(m.Status())
    assert other.call(m.ListGroups()).groups[0].state == "Empty"


def test_a_client_that_does_not_read_gets_no_more_snapshots(served, attach, watch):
    with closing(raw(served)) as link:
        send(link, m.Hello(served.endpoint.token), 1)
        send(link, m.Subscribe(20), 2)
        client = attach()
        pushes = watch(client)
        client.call(m.Subscribe(20))
        last = pushes.wait_for(lambda push: push.snapshot is not None and push.snapshot.seq >= 10)
        assert last.snapshot.live


def test_large_and_empty_payloads(attach):
    client = attach()
    client.call(m.CreateTopic("big", config={"max.message.bytes": "60000000"}))
    client.call(m.AppendRecords("big", (Record(b"", b""),)))
    client.call(m.AppendRecords("big", (Record(None, bytes(50_000_000)),)))
    with pytest.raises(Invalid):
        client.call(m.AppendRecords("big", (Record(None, bytes(62_000_000)),)))
    assert client.call(m.ListTopics()).topics[0].stat.records == 2


def test_shutdown_answers_first_and_is_no_loss(served):
    client = ControlClient.attach(served.path)
    lost: list[str] = []
    client.on_lost(lost.append)
    assert isinstance(client.call(m.Shutdown()), Done)
    served.stop()
    client.close()
    assert lost == []
    with pytest.raises(HostGone):
        ControlClient.attach(served.path)


def test_the_end_of_the_host_is_told_to_attached_windows(served, attach):
    client = attach()
    told, lost = [], threading.Event()
    client.on_lost(lambda reason: (told.append(reason), lost.set()))
    served.stop()
    assert lost.wait(10)
    assert "went away" in told[0]


def test_a_peer_that_asks_and_never_reads_is_not_read_from(served, attach):
    with closing(raw(served)) as link:
        send(link, m.Hello(served.endpoint.token))
        link.settimeout(1.0)
        question = frame(msgspec.msgpack.encode(m.Request(2, m.ListTopics())))
        with pytest.raises(TimeoutError):
            for _ in range(100):
                link.sendall(question * 5000)
        assert attach().call(m.Status()).pid == os.getpid()


def test_what_a_client_is_sent_of_the_state_is_what_changed(served, attach, watch):
    """A thousand partitions that stand still are told once; a client that comes later is told them all."""
    first = attach()
    for number in range(20):
        first.call(m.CreateTopic(f"t{number:02}", 50))
    seen = watch(first)
    with closing(raw(served)) as link:
        reader, sizes, told = FrameReader(), [], []
        send(link, m.Hello(served.endpoint.token), 1)
        send(link, m.Subscribe(20.0), 2)
        while len(told) < 6:
            for payload in reader.feed(link.recv(262_144)):
                message = msgspec.msgpack.decode(payload, type=m.Reply | m.Push)
                if isinstance(message, m.Push) and message.delta is not None:
                    sizes.append(len(payload))
                    told.append(message.delta)
                    if len(told) == 3:
                        first.call(m.AppendRecords("t07", (Record(None, b"x"),), 3))
    assert sizes[0] > 50_000 and max(sizes[1:]) < 3_000
    first.call(m.Subscribe(20.0))
    state = seen.wait_for(lambda push: push.snapshot is not None).snapshot
    assert len(state.topics) == 20 and state.topic("t07").partitions[3].end == 1
    first.call(m.DeleteTopic("t03"))
    state = seen.wait_for(lambda push: push.snapshot is not None and push.snapshot.topic("t03") is None).snapshot
    assert [topic.name for topic in state.topics][:4] == ["t00", "t01", "t02", "t04"]


def test_two_clients_are_told_the_details_that_each_of_them_wants(served, attach, watch):
    """And both the same totals; one that wants nothing in particular is told everything."""
    one, other, everything = attach(), attach(), attach()
    for topic in ("a", "b"):
        one.call(m.CreateTopic(topic, 3))
    one.call(m.Want(Wanted(("a",))))
    other.call(m.Want(Wanted(("b",))))
    seen = [watch(client) for client in (one, other, everything)]
    for client in (one, other, everything):
        client.call(m.Subscribe(20.0))
    for pushes in seen:
        pushes.wait_for(lambda push: push.snapshot is not None and push.snapshot.topic("b") is not None)
    for topic in ("a", "b"):
        one.call(m.AppendRecords(topic, (Record(None, b"x"),) * 5, 2))
    states = [pushes.wait_for(lambda push: push.snapshot is not None and all(
        push.snapshot.topic(topic).records == 5 for topic in ("a", "b"))).snapshot for pushes in seen]
    told = [[state.topic(topic).partitions[2].end for topic in ("a", "b")] for state in states]
    assert [told[0][0], told[1][1], *told[2]] == [5, 5, 5, 5]
    late = seen[0].wait_for(lambda push: push.snapshot is not None and push.snapshot.topic("b").partitions[2].end == 5)
    assert late.snapshot.topic("b").totals is None
