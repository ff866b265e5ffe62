"""Marks of the time strip: the few entries of the journal that a person looks for, each as a short sentence.

What happens to many messages one by one (deaths, redrives) is told together: one mark for neighbours in time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from workbench.core.journal import JournalEntry


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
    at_ms = int(entry.detail.get("at_ms", entry.at_ms))  # a bookmark is about another time than it was set at
    kind = "queue" if entry.kind in _QUEUE_KINDS else "group"
    killed = entry.kind == "member" and _act(entry) == "killed"
    looks = "dead_letters" if entry.kind == "dead" else "kill" if killed else entry.kind
    return Mark(at_ms, looks, _SAY[entry.kind](entry), f"{kind}:{entry.group}" if entry.group else "")


def told_together(entries: Iterable[JournalEntry]) -> list[JournalEntry]:
    """The entries, with deaths (of one reason), redrives and purges of a queue within a second as one that counts them
    all; it stands where the first did."""
    told: list[JournalEntry] = []
    open_at: dict[tuple[str, str, str], int] = {}
    for entry in entries:
        if entry.kind not in _QUEUE_KINDS:
            told.append(entry)
            continue
        about = (entry.kind, entry.group, str(entry.detail.get("reason", entry.detail.get("to", ""))))
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


def _act(entry: JournalEntry) -> str:
    return str(entry.detail.get("act", "changed"))


def _run(entry: JournalEntry) -> str:
    speed = entry.detail.get("speed", 1.0)
    return f"Run {_act(entry)}" + (f" at {speed:g}×" if speed != 1.0 else "")


def _rebalance(entry: JournalEntry) -> str:
    members = len(entry.detail.get("assignment", ()))
    count = "1 member" if members == 1 else f"{members} members"
    return f"{entry.group}: generation {entry.detail.get('generation', '?')}, {count}"


def _reset(entry: JournalEntry) -> str:
    moves = len(entry.detail.get("moves", ()))
    count = "1 partition" if moves == 1 else f"{moves} partitions"
    return f"{entry.group} moved on {entry.topic}, {count}"


def _dead(entry: JournalEntry) -> str:
    to = entry.detail.get("to", "")
    where = ", dropped" if to == DROPPED else f", now in {to}" if to else ""
    return f"{_counted(entry)} of {entry.group} died ({entry.detail.get('reason', 'unknown')}){where}"


def _redrive(entry: JournalEntry) -> str:
    return f"{_counted(entry)} of {entry.group} redriven to {entry.detail.get('to') or 'where they came from'}"


_SAY: Mapping[str, Callable[[JournalEntry], str]] = {
    "run": _run,
    "rebalance": _rebalance,
    "reset": _reset,
    "fault": lambda entry: str(entry.detail.get("text") or entry.detail.get("what", "Fault")),
    "bookmark": lambda entry: str(entry.detail.get("text") or "Bookmark"),
    "dead": _dead,
    "redrive": _redrive,
    "purge": lambda entry: f"{entry.group} purged of {_counted(entry)}",
    "member": lambda entry: f"{entry.member or 'Member'} of {entry.group} {_act(entry)}",
}
