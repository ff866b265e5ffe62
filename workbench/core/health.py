"""How well a part of a flow does: the one judgement that every region shows, live and in the past. Values.

``core.judgement`` makes them from a snapshot's parts; the host, the time line and the window only carry and paint them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Level(IntEnum):
    """Fine, needs an eye, needs a person."""

    OK = 0
    WARN = 1
    BAD = 2


class Condition(StrEnum):
    """What a part is found to be. The words are stable: they are compared, never shown."""

    FINE = "fine"
    SLIPPING = "slipping"  # over half its threshold
    CATCHING_UP = "catching up"  # over its threshold, and soon under it
    SLOW = "slow"  # a member gets more than it handles
    BEHIND = "behind"
    PAUSED = "paused"
    STOPPED = "stopped"  # drawn, and the flow does not run
    KILLED = "killed"  # members that vanished; see ``text`` for what the broker does about them
    UNREAD = "nobody reads"
    FAILED = "failed"
    DEAD_LETTERS = "dead letters"
    CONNECTING = "connecting"  # of an attached system: nothing is known of it yet
    OUT_OF_REACH = "out of reach"  # it will be tried again
    REFUSED = "refused"  # it will not, until a person asks


AT_ONCE = frozenset({Condition.PAUSED, Condition.STOPPED, Condition.KILLED, Condition.UNREAD, Condition.FAILED,
                     Condition.DEAD_LETTERS, Condition.OUT_OF_REACH, Condition.REFUSED})
"""Facts, which show without waiting; the others must hold for a while."""

STILL = frozenset({Condition.PAUSED, Condition.STOPPED})
"""Held by a person, or its flow does not run: how far it is behind is told and not judged, neither well nor badly."""

WARN_AT, BAD_AT = 0.5, 1.0
"""Shares of a threshold from which somebody slips, and is behind."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """From where on a group, or the queue that it reads, counts as behind."""

    records: int = 10_000
    seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """A finding without its figures. ``level`` is of the part, ``lag`` of how far it is behind, which colours every
    figure of its lag; ``who`` are the members it is about."""

    condition: Condition = Condition.FINE
    level: Level = Level.OK
    lag: Level = Level.OK
    who: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Health:
    """A verdict in words. ``text`` is empty when there is nothing to say, ``share`` the lag over its threshold."""

    condition: Condition = Condition.FINE
    level: Level = Level.OK
    lag: Level = Level.OK
    text: str = ""
    next_step: str = ""
    share: float = 0.0

    @property
    def is_problem(self) -> bool:
        """Whether a person has to do something."""
        return self.level > Level.OK and bool(self.text) and self.condition is not Condition.CATCHING_UP

    @property
    def is_still(self) -> bool:
        """Whether its lag is told and not judged."""
        return self.condition in STILL


def level_at(share: float) -> Level:
    """The level of a lag that is this much of its threshold."""
    return Level.BAD if share >= BAD_AT else Level.WARN if share >= WARN_AT else Level.OK
