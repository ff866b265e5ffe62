"""The bytes consumers exchange through a group: Kafka's ConsumerProtocol, versions 0 to 3.

    Subscription   version:int16  topics:[string]  user_data:bytes?
                   v1+ owned:[topic:string partitions:[int32]]   v2+ generation:int32   v3+ rack:string?
    Assignment     version:int16  assigned:[topic:string partitions:[int32]]  user_data:bytes?
    sticky's user data     owned:[topic partitions] generation:int32  (the eager assignor's memory)

Simulated members write the same bytes as foreign clients, so both may sit in one group. A version above ours is
read as the highest we know (the format only ever grows at its end).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from workbench.core.errors import Corrupt
from workbench.core.records import TopicPartition

KEPT = 4096
"""Decoded bytes kept: groups are described many times a second, and their members' bytes seldom change."""
NEWEST_VERSION = 3
_INT16 = struct.Struct(">h")
_INT32 = struct.Struct(">i")


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a member can take, and what it holds now (``generation`` tells how fresh that is)."""

    topics: tuple[str, ...]
    owned: tuple[TopicPartition, ...] = ()
    generation: int = -1
    rack: str | None = None
    user_data: bytes | None = None
    version: int = NEWEST_VERSION


@dataclass(frozen=True, slots=True)
class Assignment:
    partitions: tuple[TopicPartition, ...]
    user_data: bytes | None = None


def encode_subscription(subscription: Subscription) -> bytes:
    version = min(subscription.version, NEWEST_VERSION)
    out = [_INT16.pack(version), _INT32.pack(len(subscription.topics))]
    out += [_string(topic) for topic in subscription.topics]
    out.append(_bytes(subscription.user_data))
    if version >= 1:
        out.append(_partitions(subscription.owned))
    if version >= 2:
        out.append(_INT32.pack(subscription.generation))
    if version >= 3:
        out.append(_string(subscription.rack))
    return b"".join(out)


@lru_cache(maxsize=KEPT)
def decode_subscription(data: bytes) -> Subscription:
    cursor = _Cursor(data)
    version = cursor.int16()
    topics = tuple(cursor.string() or "" for _ in range(cursor.int32()))
    user_data = cursor.bytes()
    owned = cursor.partitions() if version >= 1 else ()
    generation = cursor.int32() if version >= 2 else -1
    rack = cursor.string() if version >= 3 else None
    return Subscription(topics, owned, generation, rack, user_data, min(version, NEWEST_VERSION))


def encode_assignment(partitions: Iterable[TopicPartition]) -> bytes:
    return _INT16.pack(0) + _partitions(partitions) + _bytes(None)


@lru_cache(maxsize=KEPT)
def decode_assignment(data: bytes) -> Assignment:
    """The assignment in ``data``; no bytes at all is an empty assignment, as members without partitions get."""
    if not data:
        return Assignment(())
    cursor = _Cursor(data)
    cursor.int16()
    return Assignment(cursor.partitions(), cursor.bytes())


def encode_sticky_memory(owned: Iterable[TopicPartition], generation: int) -> bytes:
    return _partitions(owned) + _INT32.pack(generation)


def decode_sticky_memory(data: bytes | None) -> tuple[tuple[TopicPartition, ...], int]:
    """(owned, generation); the generation is missing in the oldest form."""
    if not data:
        return (), -1
    cursor = _Cursor(data)
    owned = cursor.partitions()
    return owned, cursor.int32() if cursor.left >= 4 else -1


def _string(text: str | None) -> bytes:
    if text is None:
        return _INT16.pack(-1)
    data = text.encode()
    return _INT16.pack(len(data)) + data


def _bytes(data: bytes | None) -> bytes:
    return _INT32.pack(-1) if data is None else _INT32.pack(len(data)) + data


def _partitions(partitions: Iterable[TopicPartition]) -> bytes:
    topics = [(topic, [p.partition for p in own]) for topic, own in groupby(sorted(partitions), key=lambda p: p.topic)]
    out = [_INT32.pack(len(topics))]
    for topic, numbers in topics:
        out += [_string(topic), struct.pack(f">i{len(numbers)}i", len(numbers), *numbers)]
    return b"".join(out)


class _Cursor:
    """Reads big-endian primitives in order; bytes that end too early are ``Corrupt``."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> int:
        return len(self._data) - self._at

    def take(self, size: int) -> bytes:
        if size < 0 or size > self.left:
            raise Corrupt("A member's metadata ends too early.", "Its client sent bytes that are no consumer protocol.")
        self._at += size
        return self._data[self._at - size : self._at]

    def int16(self) -> int:
        return _INT16.unpack(self.take(2))[0]

    def int32(self) -> int:
        return _INT32.unpack(self.take(4))[0]

    def string(self) -> str | None:
        size = self.int16()
        return None if size < 0 else self.take(size).decode("utf-8", "replace")

    def bytes(self) -> bytes | None:
        size = self.int32()
        return None if size < 0 else self.take(size)

    def partitions(self) -> tuple[TopicPartition, ...]:
        found: list[TopicPartition] = []
        for _ in range(self.int32()):
            topic = self.string() or ""
            count = self.int32()
            numbers = struct.unpack(f">{max(count, 0)}i", self.take(4 * count))
            found += [TopicPartition(topic, number) for number in numbers]
        return tuple(found)
