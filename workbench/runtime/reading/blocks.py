"""The blocks of Avro files, unpacked into no more than a bound: what grows beyond it is refused. Pure."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable

_SNAPPY_CHECK_BYTES = 4


def unpacked(codec: str, data: bytes, most: int) -> bytes:
    """``ValueError`` for what is damaged, too much, or of a codec that is not known."""
    if codec not in _CODECS:
        raise ValueError(f"its codec {codec!r} is not known; known are {', '.join(_CODECS)}")
    try:
        return _CODECS[codec](data, most)
    except ValueError:
        raise
    except Exception as wrong:  # each library has errors of its own
        raise ValueError(f"a block of {codec} can't be unpacked: {wrong}") from None


def _deflate(data: bytes, most: int) -> bytes:
    unpacker = zlib.decompressobj(-15)
    found = unpacker.decompress(data, most)
    _check(bool(unpacker.unconsumed_tail), most)
    return found


def _bzip2(data: bytes, most: int) -> bytes:
    unpacker = bz2.BZ2Decompressor()
    found = unpacker.decompress(data, most)
    _check(not unpacker.eof, most)
    return found


def _xz(data: bytes, most: int) -> bytes:
    unpacker = lzma.LZMADecompressor()
    found = unpacker.decompress(data, most)
    _check(not unpacker.eof, most)
    return found


def _snappy(data: bytes, most: int) -> bytes:
    import cramjam

    body, check = data[:-_SNAPPY_CHECK_BYTES], data[-_SNAPPY_CHECK_BYTES:]
    _check(cramjam.snappy.decompress_raw_len(body) > most, most)
    found = bytes(cramjam.snappy.decompress_raw(body))
    if zlib.crc32(found) != int.from_bytes(check, "big"):
        raise ValueError("the checksum of a block is not that of its bytes")
    return found


def _zstandard(data: bytes, most: int) -> bytes:
    import cramjam

    room = max(64 * 1024, len(data) * 8)
    while room < most * 8:  # the size is not always told: room is doubled until it is enough
        out = bytearray(min(room, most))
        try:
            return bytes(out[: cramjam.zstd.decompress_into(data, out)])
        except cramjam.DecompressionError as wrong:
            if room >= most or "whole buffer" not in str(wrong):
                raise
        room *= 8
    raise ValueError("unreachable")


def _check(too_much: bool, most: int) -> None:
    if too_much:
        raise ValueError(f"a block unpacks to more than {most // 1024 // 1024} MB, or has no end")


_CODECS: dict[str, Callable[[bytes, int], bytes]] = {
    "null": lambda data, most: data, "deflate": _deflate, "snappy": _snappy, "zstandard": _zstandard, "bzip2": _bzip2,
    "xz": _xz,
}
