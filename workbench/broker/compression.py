"""The codecs of a RecordBatch: none, gzip, snappy, lz4, zstd. Pure functions, any thread.

Snappy comes in two framings, both stored by real clients: raw (librdkafka) and xerial (Java, aiokafka), which is

    82 'SNAPPY' 00 | version i32 | compatible i32 | ( length i32, raw snappy block )*

We read both and write raw. Of lz4 we read any frame and write the one that every client reads: blocks of 64 KiB that
do not depend on each other (Java's client refuses frames whose blocks do), no checksums,

    04 22 4d 18 | 60 40 82 | ( length u32 little-endian, bit 31: not compressed | block )* | 00 00 00 00

What a batch unpacks to is bounded, so that a few bytes can't take the memory.
"""

from __future__ import annotations

import struct
import threading
import zlib
from collections.abc import Callable

from workbench.core.errors import Corrupt, Invalid

CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
MAX_UNPACKED_BYTES = 256 << 20
_XERIAL = b"\x82SNAPPY\x00"
_GZIP_BITS = 31
_LZ4_START, _LZ4_BLOCK_BYTES, _LZ4_PLAIN = b"\x04\x22\x4d\x18\x60\x40\x82", 64 << 10, 1 << 31
_ROOM_BYTES, _KEPT_ROOM_BYTES = 1 << 20, 8 << 20
_TOO_SMALL = "failed to write whole buffer"


def codec_number(name: str) -> int:
    try:
        return CODECS.index(name)
    except ValueError:
        raise Invalid("There is no compression {name!r}.", "Use one of: {codecs}.", name=name,
                      codecs=', '.join(CODECS)) from None


def compress(codec: int, data: bytes) -> bytes:
    if codec == 0:
        return data
    if codec == 1:
        packer = zlib.compressobj(wbits=_GZIP_BITS)
        return packer.compress(data) + packer.flush()
    import cramjam  # only those who compress pay for it

    if codec == 2:
        return bytes(cramjam.snappy.compress_raw(data))
    return _lz4(data) if codec == 3 else bytes(cramjam.zstd.compress(data))


def _lz4(data: bytes) -> bytes:
    import cramjam

    whole = memoryview(data)
    parts: list[bytes | memoryview] = [_LZ4_START]
    for at in range(0, len(data), _LZ4_BLOCK_BYTES):
        plain = whole[at : at + _LZ4_BLOCK_BYTES]
        packed = bytes(cramjam.lz4.compress_block(bytes(plain), store_size=False))
        if len(packed) < len(plain):
            parts += (struct.pack("<I", len(packed)), packed)
        else:
            parts += (struct.pack("<I", len(plain) | _LZ4_PLAIN), plain)
    return b"".join((*parts, bytes(4)))


def decompress(codec: int, data: bytes) -> bytes:
    if codec == 0:
        return data
    if codec >= len(CODECS):
        raise Corrupt("The batch names compression {codec}, which does not exist.", codec=codec)
    try:
        return _UNPACK[codec](data)
    except Corrupt:
        raise
    except Exception as error:  # each codec has its own error classes; all of them mean the same here
        raise Corrupt("The batch does not unpack as {codecs}: {error}.", codecs=CODECS[codec], error=error) from error


def _too_long() -> Corrupt:
    return Corrupt("The batch unpacks to more than {max_unpacked_bytes} MiB.",
                   max_unpacked_bytes=MAX_UNPACKED_BYTES >> 20)


def _gunzip(data: bytes) -> bytes:
    unpacker = zlib.decompressobj(wbits=_GZIP_BITS)
    plain = unpacker.decompress(data, MAX_UNPACKED_BYTES)
    if unpacker.unconsumed_tail:
        raise _too_long()
    if not unpacker.eof:
        raise Corrupt("The batch does not unpack as gzip: it is cut off.")
    return plain


def _snappy_block(data: bytes) -> bytes:
    import cramjam

    if cramjam.snappy.decompress_raw_len(data) > MAX_UNPACKED_BYTES:
        raise _too_long()
    return bytes(cramjam.snappy.decompress_raw(data))


def _unsnappy(data: bytes) -> bytes:
    if not data.startswith(_XERIAL):
        return _snappy_block(data)
    parts: list[bytes] = []
    unpacked, at = 0, 16
    while at < len(data):
        (length,) = struct.unpack_from(">i", data, at)
        if length < 0 or at + 4 + length > len(data):
            raise Corrupt("The batch does not unpack as snappy: a block is cut off.")
        parts.append(_snappy_block(data[at + 4 : at + 4 + length]))
        unpacked += len(parts[-1])
        if unpacked > MAX_UNPACKED_BYTES:
            raise _too_long()
        at += 4 + length
    return b"".join(parts)


class _Rooms(threading.local):
    """Where a thread unpacks: a room that is kept, because a fresh one costs more than the unpacking."""

    def __init__(self) -> None:
        self.room = bytearray()

    def of(self, size_bytes: int) -> bytearray:
        if len(self.room) >= size_bytes:
            return self.room
        room = bytearray(size_bytes)
        if size_bytes <= _KEPT_ROOM_BYTES:
            self.room = room
        return room


_ROOMS = _Rooms()


def _unpack_into(unpack: Callable[[bytes, bytearray], int], data: bytes) -> bytes:
    """lz4 and zstd don't say beforehand how long they get: try growing rooms up to the bound."""
    size_bytes = max(_ROOM_BYTES, 4 * len(data))
    while True:
        room = _ROOMS.of(min(size_bytes, MAX_UNPACKED_BYTES))
        try:
            return bytes(memoryview(room)[: unpack(data, room)])
        except Exception as error:
            if str(error) != _TOO_SMALL:
                raise
            if size_bytes >= MAX_UNPACKED_BYTES:
                raise _too_long() from None
            size_bytes = 8 * max(size_bytes, len(room))


def _unlz4(data: bytes) -> bytes:
    import cramjam

    return _unpack_into(cramjam.lz4.decompress_into, data)


def _unzstd(data: bytes) -> bytes:
    import cramjam

    return _unpack_into(cramjam.zstd.decompress_into, data)


_UNPACK = {1: _gunzip, 2: _unsnappy, 3: _unlz4, 4: _unzstd}
