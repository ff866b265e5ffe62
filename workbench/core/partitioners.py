"""Which partition a record goes to: the rules people choose from, by name.

A keyed rule sends equal keys to equal partitions; records without a key stick to one partition until its batch
has left, then move on, as Kafka's clients do. Instances hold a little state and belong to one sender.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Protocol

from workbench.core.errors import Invalid
from workbench.core.keys import partition_crc32, partition_murmur2

BY_SYSTEM = -1
"""The partition of a record whose partition the system that it is sent to takes from the key."""

PARTITIONERS = ("murmur2", "crc32", "sticky", "round_robin", "explicit")


class Partitioner(Protocol):
    """Chooses a partition for each record; told when a batch of a partition left."""

    def choose(self, key: bytes | None, partitions: int) -> int: ...

    def batch_left(self, partition: int) -> None: ...


class Sticky:
    """One partition, whatever the key, until its batch has left; then another, drawn from ``random``."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._partition = -1

    def choose(self, key: bytes | None, partitions: int) -> int:
        if not 0 <= self._partition < partitions:
            self._partition = self._random.randrange(partitions)
        return self._partition

    def batch_left(self, partition: int) -> None:
        if partition == self._partition:
            self._partition = -1


class Keyed:
    """By the hash of the key; records without a key stick."""

    def __init__(self, rule: Callable[[bytes, int], int], random: Random) -> None:
        self._rule = rule
        self._sticky = Sticky(random)

    def choose(self, key: bytes | None, partitions: int) -> int:
        if key is None:
            return self._sticky.choose(None, partitions)
        return self._rule(key, partitions)

    def batch_left(self, partition: int) -> None:
        self._sticky.batch_left(partition)


class RoundRobin:
    """Every record to the next partition."""

    def __init__(self) -> None:
        self._next = 0

    def choose(self, key: bytes | None, partitions: int) -> int:
        partition = self._next % partitions
        self._next = partition + 1
        return partition

    def batch_left(self, partition: int) -> None:
        pass


class OfSystem:
    """Whatever the system that is sent to makes of the key."""

    def choose(self, key: bytes | None, partitions: int) -> int:
        return BY_SYSTEM

    def batch_left(self, partition: int) -> None:
        pass


class Explicit:
    """Always the partition that was named; ``Invalid`` when the topic has no such partition."""

    def __init__(self, partition: int) -> None:
        self._partition = partition

    def choose(self, key: bytes | None, partitions: int) -> int:
        if not 0 <= self._partition < partitions:
            raise Invalid("There is no partition {partition}.", "The topic has partitions 0 to {partitions}.",
                          partition=self._partition, partitions=partitions - 1)
        return self._partition

    def batch_left(self, partition: int) -> None:
        pass


def partitioner(name: str, random: Random, partition: int = 0) -> Partitioner:
    """A new partitioner of the rule ``name``; ``partition`` is for ``explicit``."""
    if name == "murmur2":
        return Keyed(partition_murmur2, random)
    if name == "crc32":
        return Keyed(partition_crc32, random)
    if name == "sticky":
        return Sticky(random)
    if name == "round_robin":
        return RoundRobin()
    if name == "explicit":
        return Explicit(partition)
    raise Invalid("There is no partitioner «{name}».", "Use one of {partitioners}.", name=name,
                  partitioners=', '.join(PARTITIONERS))
