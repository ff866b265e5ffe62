"""Marks of the time strip: the few entries of the journal that a person looks for, each as a short sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from workbench.core.journal import JournalEntry


@dataclass(frozen=True, slots=True)
class Mark:
    """``subject`` is ``kind:name`` of what it is about, e.g. ``group:shipping``; empty when it is about the session."""

    at_ms: int
    kind: str
    text: str
    subject: str = ""


def mark_of(entry: JournalEntry) -> Mark:
    """The mark that an entry of one of the ``MARK_KINDS`` makes."""
    at_ms = int(entry.detail.get("at_ms", entry.at_ms))  # a bookmark is about another time than it was set at
    return Mark(at_ms, entry.kind, _SAY[entry.kind](entry), f"group:{entry.group}" if entry.group else "")


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


_SAY: Mapping[str, Callable[[JournalEntry], str]] = {
    "run": _run,
    "rebalance": _rebalance,
    "reset": _reset,
    "fault": lambda entry: str(entry.detail.get("text") or entry.detail.get("what", "Fault")),
    "bookmark": lambda entry: str(entry.detail.get("text") or "Bookmark"),
    "member": lambda entry: f"{entry.member or 'Member'} of {entry.group} {_act(entry)}",
}
