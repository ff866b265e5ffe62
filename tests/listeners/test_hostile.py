"""Peers that are lost, ancient or hostile: a clean answer or a close, and the others are not disturbed."""

from __future__ import annotations

import os
import random
import socket
import ssl
import threading
from pathlib import Path
from struct import pack

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from listeners.serving import Served, serving
from listeners.wire import Wire, encode, fetch_fields, produce_fields

from workbench.broker import encode_batch
from workbench.core.clock import ManualClock
from workbench.core.errors import Corrupt, Invalid
from workbench.core.records import Record
from workbench.listeners.base import ListenerSettings
from workbench.listeners.kafka import codec
from workbench.listeners.kafka.apis.table import TABLE
from workbench.listeners.kafka.frames import Frames


def alive(served: Served) -> bool:
    with Wire(served.address) as wire:
        return bool(wire.ask("metadata", 12, topics=None, include_topic_authorized_operations=False).brokers)


def notes(served: Served) -> list[str]:
    return [client.note for client in served.clients() if client.note]


def test_a_browser_is_told_in_its_own_words(served: Served):
    with Wire(served.address) as wire:
        wire.socket.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = b"".join(iter(lambda: wire.socket.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 400 ") and b"speaks the Kafka protocol" in answer
    assert "web client" in notes(served)[0] and alive(served)


def test_a_tls_client_is_named(served: Served):
    host, _, port = served.address.rpartition(":")
    context = ssl.create_default_context()
    with socket.create_connection((host, int(port))) as plain, pytest.raises((ssl.SSLError, OSError)):
        context.wrap_socket(plain, server_hostname=host)
    assert "begins with TLS" in notes(served)[0] and alive(served)


@pytest.mark.parametrize("length", [2**31 - 1, -1, 0, 7, 200 << 20])
def test_a_length_that_cannot_be_is_refused_before_its_bytes_come(served: Served, length: int):
    with Wire(served.address) as wire:
        wire.socket.sendall(pack(">i", length) + b"abc")
        assert wire.closed()
    assert "announced a request of" in notes(served)[0] and alive(served)


def test_a_truncated_frame_waits_and_its_end_ends_only_itself(served: Served):
    with Wire(served.address) as wire:
        wire.socket.sendall(pack(">i", 1000) + b"x" * 500)
        assert alive(served)
    assert alive(served)


def test_random_frames_end_their_connection_at_most(served: Served):
    dice = random.Random(7)
    for _ in range(300):
        with Wire(served.address) as wire:
            api = dice.choice(list(TABLE.values()))
            head = pack(">hhih", api.key, dice.randint(api.low, api.high), 1, 0)
            wire.send(head + dice.randbytes(dice.randint(0, 200)))
    assert alive(served)


def test_mutated_requests_end_their_connection_at_most(served: Served):
    served.broker.create_topic("t")
    good = [encode("produce", 9, produce_fields("t", encode_batch([Record(None, b"v")], now_ms=1))),
            encode("fetch", 12, fetch_fields("t", 0)),
            encode("metadata", 12, {"topics": None, "include_topic_authorized_operations": False})]
    dice = random.Random(8)
    for _ in range(300):
        frame = bytearray(dice.choice(good))
        for _ in range(dice.randint(1, 4)):
            frame[dice.randrange(4, len(frame))] = dice.randrange(256)
        with Wire(served.address) as wire:
            wire.send(bytes(frame))
    assert alive(served)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(TABLE)), st.data(), st.binary(max_size=400))
def test_any_bytes_are_a_request_or_corrupt(key: int, data: st.DataObject, body: bytes):
    api = TABLE[key]
    version = data.draw(st.integers(api.low, api.high))
    frame = pack(">hhih", key, version, 1, 0) + body
    header = codec.read_header(frame)
    try:
        codec.read_request(codec.exchange(api.name, version), header, frame)
    except Corrupt as error:
        assert error.message


@given(st.lists(st.binary(max_size=64)))
def test_frames_come_out_whole_or_not_at_all(pieces: list[bytes]):
    frames, taken, fed = Frames(), 0, 0
    try:
        for piece in pieces:
            frames.feed(piece)
            fed += len(piece)
            while (frame := frames.next()) is not None:
                taken += 4 + len(frame)
            assert len(frames) == fed - taken
    except Invalid as error:
        assert error.message and error.next_step


def test_who_does_not_read_is_not_read_from(served: Served):
    """A peer that asks and asks and takes nothing makes us keep a few answers, not all of them."""
    served.broker.create_topic("big", config={"max.message.bytes": "4000000"})
    served.broker.append("big", 0, [Record(None, os.urandom(2 << 20))]).result()
    with Wire(served.address) as greedy:
        frame = encode("fetch", 12, fetch_fields("big", 0, max_bytes=8 << 20, partition_bytes=8 << 20))
        assert _sends(greedy, frame, 400_000) < 400_000, "the listener went on reading"
        assert _resident_bytes() < 1 << 30
        assert alive(served)


def test_who_waits_for_news_is_not_read_from_without_end(served: Served):
    """A peer may send the next requests while its fetch waits: a little is kept of them, the rest stays with it."""
    served.broker.create_topic("quiet")
    with Wire(served.address) as eager:
        eager.send(encode("fetch", 12, fetch_fields("quiet", 0, wait_ms=60_000)))
        frame = encode("metadata", 12, {"topics": None, "include_topic_authorized_operations": False}) + bytes(1 << 20)
        assert _sends(eager, frame, 200) < 100, "the listener went on reading"
        assert alive(served)


def _sends(wire: Wire, frame: bytes, most: int) -> int:
    """How many such requests the other side takes before it lets us wait."""
    wire.socket.settimeout(1.0)
    for sent in range(most):
        try:
            wire.socket.sendall(pack(">i", len(frame)) + frame)
        except TimeoutError:
            return sent
    return most


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_five_hundred_idle_connections_disturb_nobody(served: Served):
    before = _resident_bytes()
    idle = [Wire(served.address) for _ in range(500)]
    try:
        assert alive(served)
        assert _resident_bytes() - before < 64 << 20
    finally:
        for wire in idle:
            wire.socket.close()


def test_too_many_connections_are_turned_away(tmp_path: Path):
    with serving(tmp_path / "w.flow", ListenerSettings(max_connections=3)) as served:
        wires = [Wire(served.address) for _ in range(4)]
        try:
            assert wires[3].closed()
            assert wires[0].ask("api_versions", 0).api_keys
        finally:
            for wire in wires:
                wire.socket.close()


def test_two_hundred_partitions_and_twenty_clients(served: Served):
    served.broker.create_topic("wide", 200)
    data = encode_batch([Record(None, b"v")], now_ms=1)
    failures: list[object] = []

    def write(number: int) -> None:
        try:
            with Wire(served.address, 60) as wire:
                for partition in range(200):
                    wire.begin("produce", 9, **produce_fields("wide", data, partition=partition))
                for _ in range(200):
                    wire.receive()
        except Exception as error:
            failures.append(error)

    writers = [threading.Thread(target=write, args=(number,)) for number in range(20)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert not failures
    assert {bounds.end for bounds in served.broker.bounds("wide")} == {20}


# -- idle connections ----------------------------------------------------------------------------------------
def test_a_connection_that_asks_nothing_for_ten_minutes_is_closed_and_no_other(tmp_path: Path):
    clock = ManualClock()
    with serving(tmp_path / "w.flow", clock=clock) as served:
        served.broker.create_topic("t")
        with Wire(served.address) as idle, Wire(served.address) as busy, Wire(served.address, 0.2) as waits:
            for wire in (idle, busy, waits):
                wire.ask("api_versions", 0)
            clock.advance(599_000)
            served.close_idle()
            busy.ask("api_versions", 0)
            waits.begin("fetch", 12, **fetch_fields("t", 0, wait_ms=60_000))
            idle_now = [client.connections for client in served.clients()]
            clock.advance(1_000)
            served.close_idle()
            assert idle_now == [3] and idle.closed()
            assert busy.ask("api_versions", 0).api_keys
            clock.advance(600_000)
            served.close_idle()
            assert busy.closed() and not waits.closed(), "its answer is still to come"


def test_idle_connections_are_looked_for_without_being_asked(tmp_path: Path):
    with serving(tmp_path / "w.flow", ListenerSettings(max_idle_ms=100)) as served, Wire(served.address) as wire:
        assert wire.closed()
