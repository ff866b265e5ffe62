"""The control server: a local socket on which windows and commands talk to the ``Service``. Lives on the host's loop.

Every connection starts with ``Hello`` and the token, within ten seconds and 4 KiB, or it is closed. Requests of one
connection are answered concurrently (a long poll holds up nobody); at most ``MAX_AT_WORK`` at a time, then reading
waits. What can't be read is answered with a sentence where it has a number, else the connection is closed.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
from contextlib import suppress
from pathlib import Path

import msgspec

from workbench.control.endpoint import HostFile
from workbench.control.frames import MAX_FRAME_BYTES, MAX_HELLO_BYTES, FrameReader, frame
from workbench.control.messages import Hello, Push, Reply, Request
from workbench.core.delta import delta
from workbench.core.errors import Corrupt, Invalid, Refused, WorkbenchError, plain_fields
from workbench.core.snapshot import Snapshot
from workbench.host.service import Service
from workbench.host.session import ClientSession

log = logging.getLogger(__name__)

MAX_AT_WORK = 64
HELLO_WITHIN_S = 10.0
SLOW_BYTES = 1 << 20
"""With more than this waiting to leave, a client gets no further snapshots until it has read."""


class _Numbered(msgspec.Struct):
    id: int


_requests = msgspec.msgpack.Decoder(Request)
_numbers = msgspec.msgpack.Decoder(_Numbered)


class ControlServer:
    """See the module."""

    def __init__(self, service: Service, endpoint: HostFile) -> None:
        self._service = service
        self._endpoint = endpoint
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen; after this the host file may be shown."""
        self._server = await asyncio.start_unix_server(self._accept, self._endpoint.socket)

    async def stop(self) -> None:
        """Close every connection and the socket."""
        if self._server is not None:
            self._server.close()
        for task in tuple(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        Path(self._endpoint.socket).unlink(missing_ok=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            await _Connection(self._service, self._endpoint.token, reader, writer).serve()
        except asyncio.CancelledError:
            pass  # the server stops; ending quietly is what was asked for
        finally:
            self._connections.discard(task)


class _Connection:
    def __init__(
        self, service: Service, token: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._service = service
        self._token = token
        self._reader = reader
        self._writer = writer
        self._frames = FrameReader(MAX_HELLO_BYTES)
        self._at_work = asyncio.Semaphore(MAX_AT_WORK)
        self._tasks: set[asyncio.Task[None]] = set()
        self._session = ClientSession(self._push, self._is_slow)
        self._told = Snapshot()  # the state that the client has

    async def serve(self) -> None:
        """Until the peer leaves or breaks the rules."""
        try:
            waiting = await self._greet()
            self._service.enter(self._session)
            try:
                for payload in waiting:
                    await self._begin(payload)
                while data := await self._reader.read(262_144):
                    for payload in self._frames.feed(data):
                        await self._begin(payload)
            finally:
                await self._leave()
        except (Corrupt, Refused, TimeoutError, OSError, msgspec.DecodeError) as reason:
            log.info("a control connection was closed: %s", reason)
        finally:
            self._writer.close()
            with suppress(OSError):
                await self._writer.wait_closed()

    async def _greet(self) -> list[bytes]:
        """Take the ``Hello``; returns the requests that came right behind it."""
        payloads: list[bytes] = []
        async with asyncio.timeout(HELLO_WITHIN_S):
            while not payloads:
                data = await self._reader.read(MAX_HELLO_BYTES)
                if not data:
                    raise Refused("the peer left without a greeting")
                payloads = self._frames.feed(data)
        request = _requests.decode(payloads[0])
        if not isinstance(request.command, Hello) or not hmac.compare_digest(request.command.token, self._token):
            self._send(_refusal(request.id, Refused("This connection did not show the token of the host file.")))
            raise Refused("a wrong greeting")
        self._frames.max_bytes = MAX_FRAME_BYTES
        self._session.client = request.command.client
        self._send(_answer(request.id, self._service.info()))
        return payloads[1:]

    async def _begin(self, payload: bytes) -> None:
        try:
            request = _requests.decode(payload)
        except msgspec.ValidationError as error:
            number = _numbers.decode(payload).id
            self._send(_refusal(number, Invalid("This command can't be read: {error}.", "Is the window newer?",
                                                error=error)))
            return
        await self._at_work.acquire()
        task = asyncio.create_task(self._answer(request))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, request: Request) -> None:
        try:
            try:
                self._send(_answer(request.id, await self._service.handle(self._session, request.command)))
            except WorkbenchError as error:
                self._send(_refusal(request.id, error))
            await self._writer.drain()  # a peer that does not read is not read from either
        except OSError as error:
            log.info("a peer left before its answer: %s", error)
        finally:
            self._at_work.release()

    async def _leave(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._service.leave(self._session)

    def _push(self, push: Push) -> None:
        """Of the state only what this client does not have yet."""
        if push.snapshot is not None:
            push, self._told = Push(None, delta(self._told, push.snapshot), push.changes, push.notice), push.snapshot
        self._send(push)

    def _send(self, message: Reply | Push) -> None:
        if not self._writer.is_closing():
            self._writer.write(frame(msgspec.msgpack.encode(message)))

    def _is_slow(self) -> bool:
        return self._writer.transport.get_write_buffer_size() > SLOW_BYTES


def _answer(number: int, result: object) -> Reply:
    return Reply(number, msgspec.Raw(msgspec.msgpack.encode(result)))


def _refusal(number: int, error: WorkbenchError) -> Reply:
    """The error under the name of its class in ``core.errors``: finer classes of a room mean nothing elsewhere."""
    code = next(kind.__name__ for kind in type(error).__mro__ if kind.__module__ == WorkbenchError.__module__)
    return Reply(number, error=code, message=error.message, next_step=error.next_step, template=error.template,
                 next_step_template=error.next_step_template, fields=plain_fields(error))
