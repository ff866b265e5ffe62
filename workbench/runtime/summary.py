"""The outcome of a run, as ``workbench run`` prints it and the panels compare it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GroupSummary:
    """``duplicates``: handled again; ``lost``: committed past or failed without dead letters, never handled.

    ``redelivered``: deliveries by lease of a message that had been delivered before.
    """

    consumed: int
    lag: int
    order_violations: int
    duplicates: int
    lost: int
    dead_lettered: int
    redelivered: int = 0


@dataclass(frozen=True, slots=True)
class RunSummary:
    seconds: float
    seed: int
    produced: dict[str, int]
    failed: int
    groups: dict[str, GroupSummary]
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
