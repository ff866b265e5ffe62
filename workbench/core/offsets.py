"""Where a group's offsets should go, and what that would change: the words of every reset, replay and seek."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ResetKind = Literal["earliest", "latest", "offset", "time", "shift", "duration", "group", "offsets"]


@dataclass(frozen=True, slots=True)
class ResetSpec:
    """A target, as people say it.

    ``offset``, ``time`` (ms since the epoch), ``shift`` (records, may be negative) and ``duration`` (ms back from
    now) use ``number``; ``group`` copies what ``group`` committed; ``offsets`` gives one offset a partition, and
    ``places`` the same for several topics; partitions that they do not name stay where they are.
    Targets outside the log are clamped to its ends, as Kafka's tools do.
    """

    kind: ResetKind
    number: int = 0
    group: str = ""
    offsets: dict[int, int] | None = None
    places: dict[str, dict[int, int]] | None = None

    def offset_of(self, topic: str, partition: int) -> int | None:
        """The offset that kind ``offsets`` gives a partition; None leaves it alone."""
        given = self.offsets if self.places is None else self.places.get(topic)
        return (given or {}).get(partition)


@dataclass(frozen=True, slots=True)
class ResetMove:
    """One line of a plan: a partition's committed offset before and after. ``note`` says if it was clamped."""

    topic: str
    partition: int
    before: int | None
    after: int
    log_start: int
    end: int
    member_id: str = ""
    note: str = ""

    @property
    def read_again(self) -> int:
        """Records that will be read a second time (0 when the move goes forward)."""
        if self.before is None:
            return 0
        return max(0, self.before - self.after)

    @property
    def skipped(self) -> int:
        """Records that will not be read (0 when the move goes back)."""
        start = self.log_start if self.before is None else self.before
        return max(0, self.after - start)


@dataclass(frozen=True, slots=True)
class ResetPlan:
    """Before and after for every partition. ``refused`` is the reason when it can't be done as things stand;
    ``members`` counts the active members that would have to be paused."""

    group: str
    moves: tuple[ResetMove, ...]
    refused: str = ""
    members: int = 0
    applied: bool = False

    @property
    def read_again(self) -> int:
        return sum(move.read_again for move in self.moves)
