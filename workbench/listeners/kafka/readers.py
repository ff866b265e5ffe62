"""For which member of which group a fetch is. A fetch does not say so, and comes by another connection than the join.

It is for the member that joined by the same client id from the same host and holds the partition. Several groups may
have such a member (programs often leave the client id as it comes); then it is the one that goes on at that offset:
after what it was given last, or from what it committed. Whoever can't be told is not noted. Lives on the loop.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from workbench.broker import Broker
from workbench.core.records import TopicPartition
from workbench.listeners.kafka.clients import KafkaPeer


class _Reader(NamedTuple):
    group: str
    member_id: str


_Place = tuple[str, str, TopicPartition]
"""Client id, host, topic and partition."""


class Readers:
    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._readers: dict[_Place, list[_Reader]] = {}
        self._version = -1
        self._next: dict[tuple[str, TopicPartition], int] = {}  # where each group goes on after what it was given last

    def note(self, connection: KafkaPeer, part: TopicPartition, first: int, last: int) -> None:
        """Records of ``part`` were given to a client."""
        if self._version != self._broker.membership_version:
            self._look()
        found = self._readers.get((connection.client_id, connection.host, part))
        reader = self._choose(found, part, first) if found else None
        if reader is not None:
            self._next[reader.group, part] = last + 1
            self._broker.note_delivery(*part, first, last, *reader)

    def _look(self) -> None:
        self._version = self._broker.membership_version
        self._readers = {}
        held = set()
        for group in self._broker.groups():
            for member in group.members:
                for part in member.assignment:
                    place = (member.client_id, member.client_host.removeprefix("/"), part)
                    self._readers.setdefault(place, []).append(_Reader(group.name, member.member_id))
                    held.add((group.name, part))
        self._next = {key: offset for key, offset in self._next.items() if key in held}

    def _choose(self, found: Sequence[_Reader], part: TopicPartition, first: int) -> _Reader | None:
        if len(found) == 1:
            return found[0]
        known = {reader: self._next.get((reader.group, part)) for reader in found}
        goes_on = [reader for reader in found if known[reader] == first]
        begins = (reader for reader in found if self._begins(reader, known[reader], part, first))
        return goes_on[0] if goes_on else next(begins, None)

    def _begins(self, reader: _Reader, known: int | None, part: TopicPartition, first: int) -> bool:
        committed = self._broker.committed(reader.group).get(part)
        return known is None if committed is None else committed.offset == first
