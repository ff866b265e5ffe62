"""Hashes of keys: where a key's partition and its colour come from.

``murmur2`` is the variant of Kafka's Java client (seed 0x9747b28c); ``partition_murmur2`` and ``partition_crc32``
are the rules of the Java client and of librdkafka's ``consistent`` partitioner.
"""

from __future__ import annotations

import zlib
from functools import lru_cache

_M = 0x5BD1E995
_SEED = 0x9747B28C
_MASK = 0xFFFFFFFF
KEY_COLOURS = 8


@lru_cache(maxsize=16384)
def murmur2(data: bytes) -> int:
    """32-bit murmur2 of ``data``, as a signed integer like the Java client's."""
    length = len(data)
    h = (_SEED ^ length) & _MASK
    whole = length & ~3
    for i in range(0, whole, 4):
        k = int.from_bytes(data[i : i + 4], "little")
        k = (k * _M) & _MASK
        k ^= k >> 24
        k = (k * _M) & _MASK
        h = ((h * _M) & _MASK) ^ k
    if whole < length:
        h ^= int.from_bytes(data[whole:], "little")
        h = (h * _M) & _MASK
    h ^= h >> 13
    h = (h * _M) & _MASK
    h ^= h >> 15
    return h - (1 << 32) if h & 0x80000000 else h


@lru_cache(maxsize=16384)
def partition_murmur2(key: bytes, partitions: int) -> int:
    """The partition the Java client sends ``key`` to."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions


def partition_crc32(key: bytes, partitions: int) -> int:
    """The partition librdkafka's default (``consistent_random``) sends a non-null ``key`` to."""
    return zlib.crc32(key) % partitions


def key_colour(key: bytes | None) -> int:
    """Index 0..7 into the key palette: murmur2 shifted right by 4, modulo 8; a null key has index -1."""
    if key is None:
        return -1
    return ((murmur2(key) & _MASK) >> 4) % KEY_COLOURS
