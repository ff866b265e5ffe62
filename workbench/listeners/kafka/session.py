"""One connection: frames in, calls begun in order, answers out in that same order. Lives on the listener's loop.

    bytes ──► Frames ──► header ──► Api.handle ──► answer at once, or later (a task)
                                       │
        the next request waits until the answer is there, unless the API is pipelined (Produce)
                                       ▼
                              answers leave in the order of the requests

Bounded: at most ``MAX_BEGUN`` requests are at work, the socket is read on only until ``READ_ON_BYTES`` have come
meanwhile, and nothing is begun while the peer does not take what it asked for. Whatever a peer sends, its own
connection is all it can end.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from workbench.core.errors import Unsupported, WorkbenchError
from workbench.listeners.base.connection import Connection
from workbench.listeners.base.first_bytes import http_refusal
from workbench.listeners.base.settings import parse_address
from workbench.listeners.kafka import codec
from workbench.listeners.kafka.apis.login import authenticate_raw
from workbench.listeners.kafka.apis.table import TABLE, unserved, versions_answer
from workbench.listeners.kafka.call import Api, Call, Fields, Login, Settling, Shared
from workbench.listeners.kafka.clients import KafkaClients, KafkaPeer
from workbench.listeners.kafka.frames import MAX_FRAME_BYTES, Frames, WrongProtocol, framed

MAX_BEGUN = 64
STRANGER_FRAME_BYTES = 64 << 10
READ_ON_BYTES = 64 << 10
log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Begun:
    """A request at work; ``wire`` is its answer once it is there. Empty: there is nothing to say (acks=0)."""

    wire: bytes | None = None


class Session(Connection[KafkaPeer]):
    def __init__(self, shared: Shared, clients: KafkaClients) -> None:
        super().__init__(shared.settings, clients, shared.clock)
        self._shared = shared
        self._frames = Frames()
        self._begun: deque[_Begun] = deque()
        self._waiting = False  # for the answer of a call that is not pipelined
        self._choked = False  # the peer does not read
        self._login = Login(required=shared.settings.users)
        if self._login.required:
            self._frames.limit = STRANGER_FRAME_BYTES

    # -- the transport's calls -----------------------------------------------------------------------------
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        own = transport.get_extra_info("sockname")
        self._address = (own[0], own[1])
        if self._shared.settings.advertised:
            self._address = parse_address(self._shared.settings.advertised)
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        if not self._closing:
            self.heard()
            self._frames.feed(data)
            self._advance()

    def pause_writing(self) -> None:
        self._choked = True

    def resume_writing(self) -> None:
        self._choked = False
        self._advance()

    def at_work(self) -> bool:
        return bool(self._begun)

    # -- requests ------------------------------------------------------------------------------------------
    def _advance(self) -> None:
        """Begin what has come and may begin."""
        try:
            while self._may_begin() and (frame := self._frames.next()) is not None:
                self._begin(frame)
        except WrongProtocol as error:
            if error.http:
                self._transport.write(http_refusal(error.sentence()))
            self.turn_away(error.sentence())
        except WorkbenchError as error:
            self.turn_away(error.sentence())
        if not self._closing:
            if self._may_begin() or len(self._frames) < READ_ON_BYTES:
                self._transport.resume_reading()
            else:
                self._transport.pause_reading()

    def _may_begin(self) -> bool:
        return not (self._closing or self._waiting or self._choked or len(self._begun) >= MAX_BEGUN)

    def _begin(self, frame: bytes) -> None:
        if self._login.raw:
            self._later(self._log_in_raw(frame), pipelined=False)
            return
        header = codec.read_header(frame)
        connection = self.peer
        connection.client_id = header.client_id
        api = TABLE.get(header.api_key)
        if api is None or not api.low <= header.version <= api.high:
            self._answer_unserved(header, api)
            return
        if not (self._login.done or api.before_login):
            raise Unsupported("This listener asks for SASL/PLAIN before anything else.",
                              "Set security.protocol=SASL_PLAINTEXT (or SASL_SSL), sasl.mechanism=PLAIN, user and "
                              "password.")
        connection.requests[api.name] += 1
        connection.versions[api.name] = header.version
        exchange = codec.exchange(api.name, header.version)
        request = codec.read_request(exchange, header, frame)
        call = Call(request, header.version, self._shared, connection, self._login, self._address)
        self._call(api, call, lambda fields: codec.write_answer(api.key, exchange, header.correlation, fields))

    def _call(self, api: Api, call: Call, write: Callable[[Fields], bytes]) -> None:
        begun = _Begun()
        self._begun.append(begun)
        answer: Any = api.handle(call)
        if isinstance(answer, Settling):
            self._waiting = not api.pipelined
            self._shared.bridge.settled(answer.futures, partial(self._settled, begun, answer, write, api.name))
        elif isinstance(answer, Awaitable):
            self._later(self._finish(begun, answer, write, api.name), api.pipelined)
        else:
            begun.wire = b"" if answer is None else write(answer)
            self._send()

    def _later(self, work: Any, pipelined: bool) -> None:
        self._waiting = not pipelined
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _finish(self, begun: _Begun, answer: Awaitable[Fields | None], write: Callable[[Fields], bytes],
                      name: str) -> None:
        """Bring the answer of a call that took its time; what it did not foresee ends this connection only."""
        with self._guarded(name):
            fields = await answer
            begun.wire = b"" if fields is None else write(fields)
            self._go_on()

    def _settled(self, begun: _Begun, answer: Settling, write: Callable[[Fields], bytes], name: str) -> None:
        """Bring the answer of a call whose futures are all done."""
        if not self._closing:
            with self._guarded(name):
                fields = answer.fields()
                begun.wire = b"" if fields is None else write(fields)
                self._go_on()

    @contextmanager
    def _guarded(self, name: str) -> Iterator[None]:
        try:
            yield
        except WorkbenchError as error:
            self.turn_away(error.sentence())
        except Exception:
            log.exception("unforeseen in %s", name)
            self.turn_away(f"The broker met an error it did not foresee in {name}; its log has the details.")

    def _go_on(self) -> None:
        self._waiting = False
        self._send()
        self._advance()

    async def _log_in_raw(self, frame: bytes) -> None:
        """A bare SASL token (after handshake version 0): answered by an empty frame."""
        try:
            await authenticate_raw(self._shared, self._login, frame)
        except WorkbenchError as error:
            self.turn_away(error.sentence())
            return
        self._waiting = False
        self._transport.write(framed(b""))
        self._advance()

    def _send(self) -> None:
        ready = []
        while self._begun and self._begun[0].wire is not None:
            ready.append(self._begun.popleft().wire)
        if ready and not self._closing:
            self._transport.write(b"".join(wire for wire in ready if wire))
        if self._login.user:
            self._frames.limit = MAX_FRAME_BYTES

    # -- what is not served --------------------------------------------------------------------------------
    def _answer_unserved(self, header: codec.RequestHeader, api: Api | None) -> None:
        if header.api_key == codec.API_VERSIONS:  # too new: answered in version 0, and the client asks again
            exchange = codec.exchange("api_versions", 0)
            fields = versions_answer(unsupported=True)
            self._begun.append(_Begun(codec.write_answer(header.api_key, exchange, header.correlation, fields)))
            self._send()
            return
        found = unserved(header.api_key, header.version, api)
        self.peer.unserved.note(found)
        self.turn_away(found.sentence())
