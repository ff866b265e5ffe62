"""Frames of the control channel: a length of 4 bytes (big-endian), then that many bytes of msgpack. No sockets here.

    +----------------+---------------------------+
    | length: uint32 | payload: ``length`` bytes |
    +----------------+---------------------------+

Invariant: a ``FrameReader`` never holds more than ``max_bytes`` + one read; a hostile length is refused before
anything is kept for it, and nothing can be read after that.
"""

from __future__ import annotations

import struct

from workbench.core.errors import Corrupt

MAX_FRAME_BYTES = 1 << 30
"""More than the largest record that a file can hold with its envelope: SQLite keeps values below 10**9 bytes."""
MAX_HELLO_BYTES = 4096
"""The most a peer may send before it has shown the token."""

_LENGTH = struct.Struct(">I")


def frame(payload: bytes) -> bytes:
    """``payload`` with its length in front."""
    if len(payload) > MAX_FRAME_BYTES:
        raise Corrupt("A message of {count:,} bytes is too large for the control channel.",
                      "It takes at most {max_frame_bytes:,}; send less at once.", count=len(payload),
                      max_frame_bytes=MAX_FRAME_BYTES)
    return _LENGTH.pack(len(payload)) + payload


class FrameReader:
    """Cuts a stream of bytes into payloads, however it arrives. Not thread-safe."""

    def __init__(self, max_bytes: int = MAX_FRAME_BYTES) -> None:
        self.max_bytes = max_bytes
        self._kept = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """The payloads that ``data`` completes; ``Corrupt`` when a length is larger than ``max_bytes``."""
        self._kept += data
        payloads = []
        at = 0
        while len(self._kept) - at >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._kept, at)
            if length > self.max_bytes:
                self._kept.clear()
                raise Corrupt("A frame of {length:,} bytes was announced; at most {max_bytes:,} are taken.",
                              length=length, max_bytes=self.max_bytes)
            end = at + _LENGTH.size + length
            if len(self._kept) < end:
                break
            with memoryview(self._kept) as kept:
                payloads.append(bytes(kept[at + _LENGTH.size : end]))
            at = end
        del self._kept[:at]
        return payloads
