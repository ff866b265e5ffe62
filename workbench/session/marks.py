"""Marks of the time strip: the few entries of the journal that a person looks for, each as a short sentence.

What happens to many messages one by one (deaths, redrives) is told together: one mark for neighbours in time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from workbench.core.journal import (
    BookmarkEntry,
    DeadEntry,
    FaultEntry,
    JournalEntry,
    MemberEntry,
    PurgeEntry,
    RebalanceEntry,
    RedriveEntry,
    ResetEntry,
    RunEntry,
)


@dataclass(frozen=True, slots=True)
class Mark:
    """``subject`` is ``kind:name`` of what it is about, e.g. ``group:shipping``; empty when it is about the session."""

    at_ms: int
    kind: str
    text: str
    subject: str = ""


_QUEUE_KINDS = ("dead", "redrive", "purge")
TOGETHER_MS = 1_000
DROPPED = "dropped"
"""Where a full queue without a dead-letter queue sends what it has no room for, in the journal's words."""


def mark_of(entry: JournalEntry) -> Mark:
    """The mark that an entry of one of the ``MARK_KINDS`` makes."""
    marked_ms = entry.marked_ms if isinstance(entry, BookmarkEntry) else None
    kind = "queue" if entry.kind in _QUEUE_KINDS else "group"
    killed = isinstance(entry, MemberEntry) and entry.act == "killed"
    looks = "dead_letters" if isinstance(entry, DeadEntry) else "kill" if killed else entry.kind
    subject = f"{kind}:{entry.group}" if entry.group else ""
    return Mark(entry.at_ms if marked_ms is None else marked_ms, looks, _said(entry), subject)


def told_together(entries: Iterable[JournalEntry]) -> list[JournalEntry]:
    """The entries, with deaths (of one reason), redrives and purges of a queue within a second as one that counts them
    all; it stands where the first did."""
    told: list[JournalEntry] = []
    open_at: dict[tuple[str, str, str], int] = {}
    for entry in entries:
        if entry.kind not in _QUEUE_KINDS:
            told.append(entry)
            continue
        why = entry.reason if isinstance(entry, DeadEntry) else entry.to if isinstance(entry, RedriveEntry) else ""
        about = (entry.kind, entry.group, why)
        at = open_at.get(about)
        if at is not None and entry.at_ms - told[at].at_ms < TOGETHER_MS:
            told[at] = replace(told[at], count=told[at].count + _messages(entry))
        else:
            open_at[about] = len(told)
            told.append(replace(entry, count=_messages(entry)))
    return told


def _messages(entry: JournalEntry) -> int:
    return entry.count or entry.last - entry.first + 1


def _counted(entry: JournalEntry) -> str:
    return "1 message" if entry.count == 1 else f"{entry.count:,} messages"


def _said(entry: JournalEntry) -> str:
    match entry:
        case RunEntry():
            return f"Run {entry.act}" + (f" at {entry.speed:g}×" if entry.speed != 1.0 else "")
        case RebalanceEntry():
            members = len(entry.assignment)
            count = "1 member" if members == 1 else f"{members} members"
            return f"{entry.group}: generation {entry.generation}, {count}"
        case ResetEntry():
            moves = len(entry.moves)
            count = "1 partition" if moves == 1 else f"{moves} partitions"
            return f"{entry.group} moved on {entry.topic}, {count}"
        case FaultEntry():
            return entry.text or entry.what or "Fault"
        case BookmarkEntry():
            return entry.text or "Bookmark"
        case DeadEntry():
            where = ", dropped" if entry.to == DROPPED else f", now in {entry.to}" if entry.to else ""
            return f"{_counted(entry)} of {entry.group} died ({entry.reason or 'unknown'}){where}"
        case RedriveEntry():
            return f"{_counted(entry)} of {entry.group} redriven to {entry.to or 'where they came from'}"
        case PurgeEntry():
            return f"{entry.group} purged of {_counted(entry)}"
        case MemberEntry():
            return f"{entry.member or 'Member'} of {entry.group} {entry.act}"
    raise TypeError(f"{entry.kind} makes no mark")
