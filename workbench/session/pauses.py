"""How long a group stood still by a person's wish, from the journal: a pause is not lag. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.core.journal import JournalEntry
from workbench.core.snapshot import RunState

_RUNNING = ("started", "resumed")
_HELD = ("paused", "stopped")


def is_ours(group: str, client: str) -> bool:
    """Whether a member is one of the flow's own, by its name: ``GROUP-NUMBER``."""
    name, _, number = client.rpartition("-")
    return name == group and number.isdigit()


def held_within(entries: Sequence[JournalEntry], run: RunState, paused: set[str], members: set[str], from_ms: int,
                to_ms: int) -> int:
    """How much of ``from_ms <= t < to_ms`` the flow did not run, or all ``members`` were paused. ``run`` and ``paused``
    are as they stood at the end; ``entries`` are those of the time between, which is walked backwards."""
    held, until = 0, to_ms
    running, asleep = run is RunState.RUNNING, set(paused)
    for entry in reversed(entries):
        act = str(entry.detail.get("act", ""))
        if not _changes(entry, act):
            continue
        if not running or (members and asleep >= members):
            held += until - entry.at_ms
        until = entry.at_ms
        if entry.kind == "run":
            running = act in _HELD  # what it was before
        elif entry.kind == "host":
            running = False
        elif act == "paused":
            asleep.discard(entry.member)
        else:
            asleep.add(entry.member)
    if not running or (members and asleep >= members):
        held += until - from_ms
    return held


def _changes(entry: JournalEntry, act: str) -> bool:
    if entry.kind == "member":
        return act in ("paused", "resumed")
    return entry.kind == "host" or act in _RUNNING or act in _HELD
