"""How long a group stood still by a person's wish, from the journal: a pause is not lag. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from workbench.core.journal import HostEntry, JournalEntry, MemberEntry, RunEntry
from workbench.core.snapshot import PartState, RunState, Snapshot

_RUNNING = ("started", "resumed")
_HELD = ("paused", "stopped")


def is_ours(group: str, client: str) -> bool:
    """Whether a member is one of the flow's own, by its name: ``GROUP-NUMBER``."""
    name, _, number = client.rpartition("-")
    return name == group and number.isdigit()


Spans = list[tuple[int, int]]
"""Times from and to which a group stood still."""


def held_within(entries: Sequence[JournalEntry], run: RunState, paused: set[str], members: set[str], from_ms: int,
                to_ms: int) -> int:
    """How much of ``from_ms <= t < to_ms`` the flow did not run, or all ``members`` were paused."""
    return sum(end - begin for begin, end in still_spans(entries, run, paused, members, from_ms, to_ms))


def still_spans(entries: Sequence[JournalEntry], run: RunState, paused: set[str], members: set[str], from_ms: int,
                to_ms: int) -> Spans:
    """When the flow did not run, or all ``members`` were paused, the latest first. ``run`` and ``paused`` are as they
    stood at the end; ``entries`` are those of the time between, which is walked backwards."""
    spans, until = [], to_ms
    running, asleep = run is RunState.RUNNING, set(paused)
    for entry in reversed(entries):
        if not _changes(entry):
            continue
        if not running or (members and asleep >= members):
            spans.append((entry.at_ms, until))
        until = entry.at_ms
        match entry:
            case RunEntry():
                running = entry.act in _HELD  # what it was before
            case HostEntry():
                running = False
            case MemberEntry(act="paused"):
                asleep.discard(entry.member)
            case _:
                asleep.add(entry.member)
    if not running or (members and asleep >= members):
        spans.append((from_ms, until))
    return spans


def held_of_age(spans: Spans, at_ms: int, age_ms: int) -> int:
    """How much of the ``age_ms`` before ``at_ms`` lies in the spans."""
    return sum(max(0, min(end, at_ms) - max(begin, at_ms - age_ms)) for begin, end in spans)


def pauses(entries: Sequence[JournalEntry], live: Snapshot, groups: Iterable[str], from_ms: int) -> dict[str, Spans]:
    """When each of the flow's own groups stood still, from the entries since ``from_ms`` and how things stand now."""
    found = {}
    for name in groups:
        stat = live.group(name)
        members = {member.name for member in stat.members} if stat else set()
        asleep = {member.name for member in stat.members if member.state is PartState.PAUSED} if stat else set()
        own = [entry for entry in entries if entry.group in ("", name)]
        found[name] = still_spans(own, live.run, asleep, members, from_ms, live.at_ms)
    return found


def _changes(entry: JournalEntry) -> bool:
    match entry:
        case MemberEntry():
            return entry.act in ("paused", "resumed")
        case RunEntry():
            return entry.act in _RUNNING or entry.act in _HELD
    return isinstance(entry, HostEntry)
