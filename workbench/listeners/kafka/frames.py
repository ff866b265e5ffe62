"""Frames of the Kafka protocol, cut from a stream of bytes: a 32-bit length, then that many bytes. No sockets here.

Invariant: no more is kept than has really come, and a length over the limit is refused before its bytes arrive. A
peer that speaks something else (an HTTP verb, a TLS hello) is recognised by its first bytes and named.
"""

from __future__ import annotations

from collections import deque
from struct import Struct

from workbench.core.errors import Invalid
from workbench.listeners.base.first_bytes import HTTP, HTTP2, TLS, spoken

MAX_FRAME_BYTES = 100 << 20
"""Kafka's own limit (socket.request.max.bytes)."""
LEAST_FRAME_BYTES = 8

_SMALL_BYTES = 4096
_LENGTH = Struct(">i")


class WrongProtocol(Invalid):
    """The peer does not speak Kafka's protocol. ``http`` tells those who can be answered in their own words."""

    def __init__(self, message: str, next_step: str, *, http: bool = False) -> None:
        super().__init__(message, next_step)
        self.http = http


class Frames:
    """The bytes of one connection, frame by frame. They are kept in the pieces they came in: a frame is copied once."""

    def __init__(self) -> None:
        self.limit = MAX_FRAME_BYTES
        self._pieces: deque[bytes] = deque()
        self._at = 0  # where the first piece goes on
        self._come = 0
        self._length: int | None = None  # of the frame that is coming

    def feed(self, data: bytes) -> None:
        self._come += len(data)
        if self._pieces and len(self._pieces[-1]) < _SMALL_BYTES:  # who sends byte by byte makes no million pieces
            data = self._pieces.pop() + data
        self._pieces.append(data)

    def __len__(self) -> int:
        return self._come + (0 if self._length is None else _LENGTH.size)

    def next(self) -> bytes | None:
        """The next whole frame without its length, or None until more has come."""
        length = self._length
        if length is None:
            if self._come < _LENGTH.size:
                return None
            start = self._take(_LENGTH.size)
            length = int(_LENGTH.unpack(start)[0])
            if not LEAST_FRAME_BYTES <= length <= self.limit:
                raise self._refusal(start, length)
            self._length = length
        if self._come < length:
            return None
        self._length = None
        return self._take(length)

    def _take(self, count: int) -> bytes:
        """The next ``count`` bytes, which have come."""
        self._come -= count
        taken = []
        while count:
            piece = memoryview(self._pieces[0])[self._at : self._at + count]
            count -= len(piece)
            self._at += len(piece)
            if self._at == len(self._pieces[0]):
                self._pieces.popleft()
                self._at = 0
            taken.append(piece)
        return b"".join(taken)

    def _refusal(self, start: bytes, length: int) -> Invalid:
        speaks = spoken(start)
        if speaks in (HTTP, HTTP2):
            return WrongProtocol("A web client called; this address speaks the Kafka protocol, not HTTP.",
                                 "Give the address to a Kafka client as bootstrap.servers.", http=True)
        if speaks == TLS:
            return WrongProtocol("This client begins with TLS, which this listener is not set up for.",
                                 "Set security.protocol=PLAINTEXT, or give the listener a certificate.")
        return Invalid("A client announced a request of {length:,} bytes; {least_frame_bytes} to {limit:,} are taken.",
                       "Is it really a Kafka client?", length=length, least_frame_bytes=LEAST_FRAME_BYTES,
                       limit=self.limit)


def framed(*payload: bytes) -> bytes:
    """The pieces of a payload as they go over the wire."""
    return b"".join((_LENGTH.pack(sum(map(len, payload))), *payload))
