"""The control client against a scripted host on a socket pair: replies by id, errors, pushes, loss, silence."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from workbench.control.client import ControlClient
from workbench.control.command import Done
from workbench.control.frames import FrameReader, frame
from workbench.control.messages import (
    GetFlow,
    Hello,
    HostInfo,
    Push,
    Reply,
    Request,
    Run,
    SetBookmark,
    Shutdown,
    Status,
)
from workbench.core.errors import HostGone, Refused

INFO = HostInfo(1, "demo.flow", "0", 0)
Script = Callable[[Request], list[Reply | Push] | None]


def reply(request: Request, result: object) -> Reply:
    return Reply(request.id, msgspec.Raw(msgspec.msgpack.encode(result)))


class ScriptedHost(threading.Thread):
    """Answers each request by ``script``; None closes the connection."""

    def __init__(self, link: socket.socket, script: Script) -> None:
        super().__init__(daemon=True)
        self.link, self.script = link, script
        self.start()

    def send(self, *messages: Reply | Push) -> None:
        self.link.sendall(b"".join(frame(msgspec.msgpack.encode(m)) for m in messages))

    def run(self) -> None:
        reader, decoder = FrameReader(), msgspec.msgpack.Decoder(Request)
        while data := self.link.recv(65536):
            for payload in reader.feed(data):
                request = decoder.decode(payload)
                answers = [reply(request, INFO)] if isinstance(request.command, Hello) else self.script(request)
                if answers is None:
                    self.link.shutdown(socket.SHUT_RDWR)
                    return
                self.send(*answers)


@pytest.fixture
def stage() -> Iterator[Callable[[Script], tuple[ControlClient, ScriptedHost]]]:
    opened: list[tuple[ControlClient, ScriptedHost]] = []

    def start(script: Script) -> tuple[ControlClient, ScriptedHost]:
        near, far = socket.socketpair()
        host = ScriptedHost(far, script)
        client = ControlClient(near, "token")
        opened.append((client, host))
        return client, host

    yield start
    for client, host in opened:
        client.close()
        host.join(5)
        host.link.close()


def test_the_greeting_comes_first(stage):
    client, _ = stage(lambda request: [])
    assert client.info == INFO


def test_replies_find_their_calls_in_any_order(stage):
    held: list[Request] = []

    def script(request: Request) -> list[Reply | Push]:
        held.append(request)
        if len(held) < 8:
            return []
        return [reply(r, Done(text=r.command.text)) for r in reversed(held)]

    client, _ = stage(script)
    with ThreadPoolExecutor(8) as pool:
        texts = list(pool.map(lambda n: client.call(SetBookmark(n, str(n))).text, range(8)))
    assert texts == [str(n) for n in range(8)]


def test_an_error_comes_back_as_its_class_with_its_next_step(stage):
    client, _ = stage(lambda r: [Reply(r.id, error="Refused", message="Not now.", next_step="Stop it first.")])
    with pytest.raises(Refused) as caught:
        client.call(Run())
    assert caught.value.sentence() == "Not now. Stop it first."


def test_pushes_reach_the_callback(stage):
    client, host = stage(lambda r: [])
    seen, arrived = [], threading.Event()
    client.on_push(lambda push: (seen.append(push), arrived.set()))
    host.send(Push(notice="hello", changes=3))
    assert arrived.wait(5)
    assert seen == [Push(notice="hello", changes=3)]


def test_loss_ends_waiting_calls_and_is_told_once(stage):
    client, _ = stage(lambda r: None)
    told, lost = [], threading.Event()
    client.on_lost(lambda reason: (told.append(reason), lost.set()))
    with pytest.raises(HostGone, match="went away"):
        client.call(Status())
    assert lost.wait(5)
    with pytest.raises(HostGone):
        client.call(Status())
    late: list[str] = []
    client.on_lost(late.append)
    assert len(told) == 1 and late == told


def test_closing_is_not_a_loss(stage):
    client, _ = stage(lambda r: [])
    told: list[str] = []
    client.on_lost(told.append)
    client.close()
    assert told == []
    with pytest.raises(HostGone):
        client.call(Status())


def test_an_end_that_was_asked_for_is_not_a_loss(stage):
    client, _ = stage(lambda r: None if isinstance(r.command, Status) else [reply(r, Done())])
    told: list[str] = []
    client.on_lost(told.append)
    client.call(Shutdown())
    with pytest.raises(HostGone):
        client.call(Status())
    client.close()
    assert told == []


def test_a_silent_host_is_given_up_in_words(stage):
    client, _ = stage(lambda r: [])
    with pytest.raises(HostGone, match="did not answer within"):
        client.call(Status(), timeout_s=0.05)


def test_rubbish_from_the_host_is_a_loss(stage):
    client, host = stage(lambda r: [])
    told, lost = [], threading.Event()
    client.on_lost(lambda reason: (told.append(reason), lost.set()))
    host.link.sendall(frame(b"\xc1rubbish"))
    assert lost.wait(5)
    assert "can't be read" in told[0]


def test_an_answer_of_another_shape_is_refused(stage):
    client, _ = stage(lambda r: [Reply(r.id, msgspec.Raw(msgspec.msgpack.encode(5)))])
    with pytest.raises(Exception, match="can't be read"):
        client.call(GetFlow())
