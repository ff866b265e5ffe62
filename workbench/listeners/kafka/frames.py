"""Frames of the Kafka protocol, cut from a stream of bytes: a 32-bit length, then that many bytes. No sockets here.

Invariant: no more is kept than has really come, and a length over the limit is refused before its bytes arrive. A
peer that speaks something else (an HTTP verb, a TLS hello) is recognised by its first bytes and named.
"""

from __future__ import annotations

from struct import Struct

from workbench.core.errors import Invalid

MAX_FRAME_BYTES = 100 << 20
"""Kafka's own limit (socket.request.max.bytes)."""
LEAST_FRAME_BYTES = 8

_LENGTH = Struct(">i")
_HTTP_VERBS = (b"GET ", b"PUT ", b"POST", b"HEAD", b"DELE", b"OPTI", b"PATC", b"CONN", b"TRAC", b"PRI ")


class WrongProtocol(Invalid):
    """The peer does not speak Kafka's protocol. ``http`` tells those who can be answered in their own words."""

    def __init__(self, message: str, next_step: str, *, http: bool = False) -> None:
        super().__init__(message, next_step)
        self.http = http


class Frames:
    """The bytes of one connection, frame by frame."""

    def __init__(self) -> None:
        self.limit = MAX_FRAME_BYTES
        self._bytes = bytearray()

    def feed(self, data: bytes) -> None:
        self._bytes += data

    def __len__(self) -> int:
        return len(self._bytes)

    def next(self) -> bytes | None:
        """The next whole frame without its length, or None until more has come."""
        if len(self._bytes) < 4:
            return None
        (length,) = _LENGTH.unpack_from(self._bytes)
        if not LEAST_FRAME_BYTES <= length <= self.limit:
            raise self._refusal(length)
        end = 4 + length
        if len(self._bytes) < end:
            return None
        with memoryview(self._bytes) as view:
            frame = bytes(view[4:end])
        del self._bytes[:end]
        return frame

    def _refusal(self, length: int) -> Invalid:
        start = bytes(self._bytes[:4])
        if start in _HTTP_VERBS:
            return WrongProtocol("A web client called; this address speaks the Kafka protocol, not HTTP.",
                                 "Give the address to a Kafka client as bootstrap.servers.", http=True)  # fmt: skip
        if start[:2] == b"\x16\x03":
            return WrongProtocol("This client begins with TLS, which this listener is not set up for.",
                                 "Set security.protocol=PLAINTEXT, or give the listener a certificate.")  # fmt: skip
        return Invalid(f"A client announced a request of {length:,} bytes; {LEAST_FRAME_BYTES} to {self.limit:,} are "
                       "taken.", "Is it really a Kafka client?")  # fmt: skip


def framed(*payload: bytes) -> bytes:
    """The pieces of a payload as they go over the wire."""
    return b"".join((_LENGTH.pack(sum(map(len, payload))), *payload))
