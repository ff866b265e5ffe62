"""The client's end of the control channel: blocking calls from any thread, pushes, and one word when it is lost.

One reader thread a client hands each reply to the call that waits for it. Invariant: every call ends, with its
reply, with the host's error, or with ``HostGone``; ``on_lost`` is called at most once, and not after ``close`` or
``Shutdown`` (that end was asked for).
Callbacks run on the reader thread: they must be quick and must not call back into the client.
"""

from __future__ import annotations

import contextlib
import itertools
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from pathlib import Path
from typing import Any, Protocol, cast

import msgspec

from workbench.control.command import Command
from workbench.control.endpoint import HostFile, connect
from workbench.control.frames import FrameReader, frame
from workbench.control.messages import Hello, HostInfo, Push, Reply, Request, Shutdown
from workbench.core.delta import apply
from workbench.core.errors import Corrupt, HostGone, NotAnswering, rebuild
from workbench.core.places import is_stopped
from workbench.core.snapshot import Snapshot

CALL_TIMEOUT_S = 120.0
_LOOK_S = 2.0
_GONE = "The host of this workspace went away."
_NEXT = "Start it again; nothing that was acknowledged is lost."


def not_answering(pid: int, waited_s: float = 0.0, *, stopped: bool = False) -> NotAnswering:
    """Who it is that does not answer, and what can be done."""
    who = f"The host of this workspace (process {pid})" if pid else "The host of this workspace"
    if stopped:
        return NotAnswering("{who} is stopped and does not answer.",
                            "Let it go on with: kill -CONT {pid}. Or end it with: kill -KILL {pid}; what was "
                            "acknowledged stays.", who=who, pid=pid)
    end = f", or end it with: kill -KILL {pid}; what was acknowledged stays" if pid else ""
    return NotAnswering("{who} did not answer within {waited_s:g} seconds.", "Try again{end}.", who=who,
                        waited_s=waited_s, end=end)


class Commanded(Protocol):
    """Whoever does commands, and waits for the answer."""

    def call(self, command: Command) -> Any: ...


class Caller(Commanded, Protocol):
    """The way to the host: a control client, or a host in this process."""

    def on_push(self, callback: Callable[[Push], None]) -> None: ...
    def on_lost(self, callback: Callable[[str], None]) -> None: ...
    def close(self) -> None: ...


class ControlClient:
    """See the module. ``info`` is what the host said of itself at the greeting."""

    info: HostInfo

    def __init__(self, link: socket.socket, token: str, client: str = "", pid: int = 0) -> None:
        self._link = link
        self._pid = pid  # 0: not known, then only time tells that it does not answer
        self._ids = itertools.count(1)
        self._lock = threading.Lock()
        self._waiting: dict[int, tuple[Command, Future[Any]]] = {}
        self._push_callbacks: list[Callable[[Push], None]] = []
        self._state = Snapshot()  # what the host told last, for its next delta
        self._lost_callbacks: list[Callable[[str], None]] = []
        self._lost = ""
        self._closing = False
        self._end_expected = False
        self._reader = threading.Thread(target=self._read, name="control-client", daemon=True)
        self._reader.start()
        try:
            self.info = self.call(Hello(token, client), timeout_s=10.0)
        except BaseException:
            self.close()
            raise

    @classmethod
    def attach(cls, path: str | Path, client: str = "") -> ControlClient:
        """Connect to the host that serves the workspace ``path``; ``HostGone`` when none does."""
        endpoint = HostFile.read(Path(path))
        if endpoint is None:
            raise HostGone("No host serves this workspace.")
        return cls(connect(endpoint), endpoint.token, client, endpoint.pid)

    # -- calls ---------------------------------------------------------------------------------------------
    def call(self, command: Command, timeout_s: float = CALL_TIMEOUT_S) -> Any:
        """Send a command and wait for its reply struct; raises the host's error as a class of ``core.errors``."""
        answer: Future[Any] = Future()
        number = next(self._ids)
        data = frame(msgspec.msgpack.encode(Request(number, cast(Any, command))))
        with self._lock:
            if self._lost or self._closing:
                raise HostGone(self._lost or "This connection to the host is closed.", _NEXT)
            self._waiting[number] = (command, answer)
            self._end_expected = self._end_expected or isinstance(command, Shutdown)
            try:
                self._link.sendall(data)
            except OSError as error:
                del self._waiting[number]
                raise HostGone(_GONE, _NEXT) from error
        try:
            return self._await(answer, None if command.takes_long else timeout_s)
        except NotAnswering:
            self._waiting.pop(number, None)
            raise

    def _await(self, answer: Future[Any], timeout_s: float | None) -> Any:
        """The answer. A host whose process was stopped will not give one, however long its act may take."""
        until_s = None if timeout_s is None else time.monotonic() + timeout_s
        while True:
            if is_stopped(self._pid) and is_stopped(self._pid):
                raise not_answering(self._pid, stopped=True)
            left_s = _LOOK_S if until_s is None else min(_LOOK_S, until_s - time.monotonic())
            try:
                return answer.result(max(0.0, left_s))
            except FutureTimeout:
                if until_s is not None and time.monotonic() >= until_s:
                    raise not_answering(self._pid, timeout_s or 0.0) from None

    def on_push(self, callback: Callable[[Push], None]) -> None:
        """Call back with every push (after ``Subscribe``), on the reader thread."""
        self._push_callbacks.append(callback)

    def on_lost(self, callback: Callable[[str], None]) -> None:
        """Call back once with a sentence when the host goes away; at once if it already did."""
        with self._lock:
            lost = self._lost
            self._lost_callbacks.append(callback)
        if lost and not self._closing:
            callback(lost)

    def close(self) -> None:
        """End the connection; calls still waiting end with ``HostGone``. The host goes on."""
        self._closing = True  # without the lock: a call may hold it, sending to a host that does not read any more
        with contextlib.suppress(OSError):  # the other side was first
            self._link.shutdown(socket.SHUT_RDWR)
        if threading.current_thread() is not self._reader:
            self._reader.join()
        self._link.close()

    # -- the reader thread ---------------------------------------------------------------------------------
    def _read(self) -> None:
        frames = FrameReader()
        reason = _GONE
        try:
            while data := self._link.recv(262_144):
                for payload in frames.feed(data):
                    self._take(payload)
        except OSError:
            pass  # a reset says the same as an end: the host went away
        except (Corrupt, msgspec.DecodeError, ValueError):
            reason = "The host sent something that can't be read."
        self._end(reason)

    def _take(self, payload: bytes) -> None:
        message = _incoming.decode(payload)
        if isinstance(message, Push):
            if message.delta is not None:
                self._state = apply(self._state, message.delta)
                message = Push(self._state, None, message.changes, message.notice)
            for callback in tuple(self._push_callbacks):
                callback(message)
            return
        command, answer = self._waiting.pop(message.id, (None, None))
        if command is None or answer is None:
            return  # its call gave up waiting
        if message.error:
            answer.set_exception(rebuild(message.error, message.message, message.next_step, message.template,
                                         message.next_step_template, message.fields))
            return
        try:
            answer.set_result(msgspec.msgpack.decode(message.result, type=command.reply))
        except msgspec.DecodeError as error:
            answer.set_exception(Corrupt("The host's answer can't be read: {error}.", error=error))

    def _end(self, reason: str) -> None:
        with self._lock:
            self._lost = reason
            waiting, self._waiting = self._waiting, {}
            callbacks = () if self._closing or self._end_expected else tuple(self._lost_callbacks)
        for _, answer in waiting.values():
            answer.set_exception(HostGone(reason, _NEXT))
        for callback in callbacks:
            callback(reason)


_incoming = msgspec.msgpack.Decoder(Reply | Push)
