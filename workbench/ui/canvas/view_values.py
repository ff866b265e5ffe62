"""What a node or a link shows, as plain values: ``looks`` makes them, the items paint them.

A look that did not change repaints nothing, so equal values must look equal. Immutable.
"""

from __future__ import annotations

from dataclasses import dataclass

from workbench.core.health import WARN_AT, Level

__all__ = ["Held", "Level", "LinkViewState", "NodeViewState", "Pill"]

HISTOGRAM_OVER = 16


@dataclass(frozen=True, slots=True)
class Pill:
    """One member. ``mark`` is a dot role's name or an icon's; ``level`` colours the pill."""

    text: str
    mark: str = "ok"
    level: Level = Level.OK


@dataclass(frozen=True, slots=True)
class Held:
    """The messages of a queue by state, for its cell."""

    ready: int = 0
    in_flight: int = 0
    delayed: int = 0
    dead: int = 0

    @property
    def total(self) -> int:
        return self.ready + self.in_flight + self.delayed + self.dead


@dataclass(frozen=True, slots=True)
class NodeViewState:
    """All that is written and filled on a node. ``ring`` and ``gauge`` are shares from 0 to 1, None without one;
    ``is_still``: what the ring shows is not judged.

    ``held`` is a queue's cell; ``dead`` says in red what died, ``warning`` in amber what slips.
    """

    subtitle: str = ""
    figure: str = ""
    foot: str = ""
    cells: tuple[float, ...] = ()
    idle: bool = False
    paused: bool = False
    failed: str = ""
    ring: float | None = None
    level: Level = Level.OK
    is_still: bool = False
    lag: str = ""
    trend: int = 0
    pills: tuple[Pill, ...] = ()
    gauge: float | None = None
    generation: int = 0
    held: Held | None = None
    dead: str = ""
    warning: str = ""
    glyph: str = ""


@dataclass(frozen=True, slots=True)
class LinkViewState:
    """``waiting`` is the share of the threshold behind the link; its words show from half of it on. ``key`` is what a
    binding asks for, or ``worded`` what the link is for; ``alternate``: it takes what its exchange can't route."""

    waiting: float = 0.0
    label: str = ""
    dead_letters: bool = False
    rate: float = 0.0
    key: str = ""
    worded: bool = False
    alternate: bool = False
    level: Level = Level.OK  # of its reader's lag, which its words are coloured by

    @property
    def slow(self) -> bool:
        return self.waiting >= WARN_AT

    @property
    def mark(self) -> str:
        """The colour of what waits: none where it is nobody's fault, as behind a paused reader."""
        return "warn_mark" if self.slow and self.level is not Level.OK else "link"
