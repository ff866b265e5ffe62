"""Who is connected and what they do: counters of each connection, told as one ``ClientStat`` a client.

A client is what shares client id, host and software; it usually holds several connections. Connections that ended
with something to say stay visible for a while, so that a client which is turned away is seen. Lives on the loop.
"""

from __future__ import annotations

import itertools
import logging
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from workbench.core.clock import Clock
from workbench.core.snapshot import ClientStat, Unserved
from workbench.listeners.unserved import Asked, merged

REMEMBERED_MS = 60_000.0
MAX_REMEMBERED = 50
LOG_EVERY_MS = 10_000.0
LOOKS_FOR_GROUP_MS = 3_000.0
NEW_GROUPS = "the new group protocol"
CLASSIC = "Set group.protocol=classic in its configuration."
_OF_GROUPS = frozenset({
    "join_group", "offset_commit", "offset_fetch", "describe_groups", "delete_groups", "offset_delete",
    "txn_offset_commit", "add_offsets_to_txn",
})
"""What a client asks the coordinator that it looked for. One of the new protocol, which does not find that among the
APIs, asks nothing, reads nothing and says nothing."""
log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class Connection:
    """One connection's counters; the APIs add to them."""

    host: str
    port: int
    since_ms: float
    client_id: str = ""
    software: str = ""
    requests: Counter[str] = field(default_factory=Counter)
    versions: dict[str, int] = field(default_factory=dict)
    written: Counter[str] = field(default_factory=Counter)  # events by topic
    read: Counter[str] = field(default_factory=Counter)
    group: str = ""
    sought: tuple[str, float] = ("", 0.0)  # a group whose coordinator was asked for, and when
    note: str = ""
    unserved: Asked = field(default_factory=Asked)

    @property
    def key(self) -> tuple[str, str, str]:
        return self.client_id, self.host, self.software


@dataclass(slots=True)
class _Rate:
    at_ms: float
    events_in: int
    events_out: int


class Clients:
    """All connections of a listener."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._open: set[Connection] = set()
        self._left: deque[tuple[float, Connection]] = deque(maxlen=MAX_REMEMBERED)
        self._rates: dict[tuple[str, str, str], _Rate] = {}
        self._logged: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._open)

    def enter(self, host: str, port: int) -> Connection:
        connection = Connection(host, port, self._clock.monotonic_ms())
        self._open.add(connection)
        return connection

    def leave(self, connection: Connection) -> None:
        self._open.discard(connection)
        if connection.note or connection.unserved:
            self._left.append((self._clock.monotonic_ms(), connection))

    def note(self, connection: Connection, sentence: str) -> None:
        """Something a person should know about a client. The log gets each sentence at most every ten seconds."""
        connection.note = sentence
        now = self._clock.monotonic_ms()
        if now - self._logged.get(sentence, -LOG_EVERY_MS) < LOG_EVERY_MS:
            return
        self._logged = {known: at for known, at in self._logged.items() if now - at < LOG_EVERY_MS} | {sentence: now}
        log.info("Kafka client %s (%s) at %s: %s", connection.client_id or "without a name",
                 connection.software or "unknown software", connection.host, sentence)  # fmt: skip

    def stats(self) -> tuple[ClientStat, ...]:
        """Every client now. For one caller: rates are taken between its askings."""
        now = self._clock.monotonic_ms()
        recent = [connection for at, connection in self._left if now - at < REMEMBERED_MS]
        ordered = sorted((*recent, *self._open), key=lambda c: (c.key, c.since_ms))
        found = {key: list(members) for key, members in itertools.groupby(ordered, key=lambda c: c.key)}
        self._rates = {key: rate for key, rate in self._rates.items() if key in found}
        return tuple(self._stat(key, members, now) for key, members in found.items())

    def _stat(self, key: tuple[str, str, str], members: list[Connection], now: float) -> ClientStat:
        live = [member for member in members if member in self._open]
        rate_in, rate_out = self._rate(key, members, now)
        newest = members[-1]
        unserved = self._unserved(members, now)
        versions = {name: number for member in members for name, number in member.versions.items()}
        return ClientStat(
            client_id=newest.client_id, address=f"{newest.host}:{newest.port}", software=newest.software,
            requests=sum(member.requests.total() for member in members), rate_in=rate_in, rate_out=rate_out,
            writes=_names(member.written for member in members), reads=_names(member.read for member in members),
            group=next((member.group for member in members if member.group), ""), note=_note_of(members, unserved),
            connections=len(live), versions=tuple(sorted(versions.items())), unserved=unserved,
        )  # fmt: skip

    def _rate(self, key: tuple[str, str, str], members: list[Connection], now: float) -> tuple[float, float]:
        events_in = sum(member.written.total() for member in members)
        events_out = sum(member.read.total() for member in members)
        before = self._rates.get(key)
        self._rates[key] = _Rate(now, events_in, events_out)
        if before is None or now <= before.at_ms:
            return 0.0, 0.0
        seconds = (now - before.at_ms) / 1000.0
        return max(0, events_in - before.events_in) / seconds, max(0, events_out - before.events_out) / seconds

    def _unserved(self, members: list[Connection], now: float) -> tuple[Unserved, ...]:
        found = merged([member.unserved for member in members])
        if any(member.group or not _OF_GROUPS.isdisjoint(member.requests) for member in members):
            return found
        looked = any(member.sought[0] and now - member.sought[1] > LOOKS_FOR_GROUP_MS for member in members)
        return (*found, Unserved(NEW_GROUPS, CLASSIC)) if looked else found


def _note_of(members: list[Connection], unserved: tuple[Unserved, ...]) -> str:
    said = next((member.note for member in reversed(members) if member.note), "")
    return said or " ".join(one.sentence() for one in unserved)


def _names(counters: Iterable[Counter[str]]) -> tuple[str, ...]:
    return tuple(sorted({name for counter in counters for name in counter}))
