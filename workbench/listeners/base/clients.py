"""Who is connected and what they do: counters of each connection, told as one ``ClientStat`` a client.

A client is what shares client id, host and software; it usually holds several connections. Connections that ended
with something to say stay visible for a while, so that a client which is turned away is seen. Lives on the loop.
"""

from __future__ import annotations

import itertools
import logging
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from workbench.core.clock import Clock
from workbench.core.snapshot import ClientStat, Unserved
from workbench.listeners.base.unserved import Asked, merged

REMEMBERED_MS = 60_000.0
MAX_REMEMBERED = 50
LOG_EVERY_MS = 10_000.0
log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class Peer:
    """The other end of one connection, with what it did so far; a protocol's own code adds to it."""

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
    note: str = ""
    unserved: Asked = field(default_factory=Asked)

    @property
    def key(self) -> tuple[str, str, str]:
        return self.client_id, self.host, self.software


P = TypeVar("P", bound="Peer")


@dataclass(slots=True)
class _Rate:
    at_ms: float
    events_in: int
    events_out: int


class Clients(Generic[P]):
    """All connections of a listener. ``protocol`` is its key, ``label`` its name in words; ``make`` makes a peer."""

    def __init__(self, clock: Clock, protocol: str, label: str, make: type[P]) -> None:
        self._clock = clock
        self._protocol = protocol
        self._label = label
        self._make = make
        self._open: set[P] = set()
        self._left: deque[tuple[float, P]] = deque(maxlen=MAX_REMEMBERED)
        self._rates: dict[tuple[str, str, str], _Rate] = {}
        self._logged: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._open)

    def enter(self, host: str, port: int) -> P:
        peer = self._make(host, port, self._clock.monotonic_ms())
        self._open.add(peer)
        return peer

    def leave(self, peer: P) -> None:
        self._open.discard(peer)
        if peer.note or peer.unserved:
            self._left.append((self._clock.monotonic_ms(), peer))

    def note(self, peer: P, sentence: str) -> None:
        """Something a person should know about a client. The log gets each sentence at most every ten seconds."""
        peer.note = sentence
        now = self._clock.monotonic_ms()
        if now - self._logged.get(sentence, -LOG_EVERY_MS) < LOG_EVERY_MS:
            return
        self._logged = {known: at for known, at in self._logged.items() if now - at < LOG_EVERY_MS} | {sentence: now}
        log.info("%s client %s (%s) at %s: %s", self._label, peer.client_id or "without a name",
                 peer.software or "unknown software", peer.host, sentence)

    def stats(self) -> tuple[ClientStat, ...]:
        """Every client now. For one caller: rates are taken between its askings."""
        now = self._clock.monotonic_ms()
        recent = [peer for at, peer in self._left if now - at < REMEMBERED_MS]
        ordered = sorted((*recent, *self._open), key=lambda c: (c.key, c.since_ms))
        found = {key: list(members) for key, members in itertools.groupby(ordered, key=lambda c: c.key)}
        self._rates = {key: rate for key, rate in self._rates.items() if key in found}
        return tuple(self._stat(key, members, now) for key, members in found.items())

    def _stat(self, key: tuple[str, str, str], members: list[P], now: float) -> ClientStat:
        live = [member for member in members if member in self._open]
        rate_in, rate_out = self._rate(key, members, now)
        newest = members[-1]
        unserved = self.asked_in_vain(members, now)
        versions = {name: number for member in members for name, number in member.versions.items()}
        return ClientStat(
            client_id=newest.client_id, address=f"{newest.host}:{newest.port}", software=newest.software,
            requests=sum(member.requests.total() for member in members), rate_in=rate_in, rate_out=rate_out,
            writes=_names(member.written for member in members), reads=_names(member.read for member in members),
            group=next((member.group for member in members if member.group), ""), note=_note_of(members, unserved),
            connections=len(live), versions=tuple(sorted(versions.items())), unserved=unserved,
            protocol=self._protocol,
        )

    def _rate(self, key: tuple[str, str, str], members: list[P], now: float) -> tuple[float, float]:
        events_in = sum(member.written.total() for member in members)
        events_out = sum(member.read.total() for member in members)
        before = self._rates.get(key)
        self._rates[key] = _Rate(now, events_in, events_out)
        if before is None or now <= before.at_ms:
            return 0.0, 0.0
        seconds = (now - before.at_ms) / 1000.0
        return max(0, events_in - before.events_in) / seconds, max(0, events_out - before.events_out) / seconds

    def asked_in_vain(self, members: Sequence[P], now: float) -> tuple[Unserved, ...]:
        """What a client asked for that is not served; a protocol may know more than its connections noted."""
        return merged([member.unserved for member in members])


def _note_of(members: Sequence[Peer], unserved: tuple[Unserved, ...]) -> str:
    said = next((member.note for member in reversed(members) if member.note), "")
    return said or " ".join(one.sentence() for one in unserved)


def _names(counters: Iterable[Counter[str]]) -> tuple[str, ...]:
    return tuple(sorted({name for counter in counters for name in counter}))
