"""Whether a schema fits the versions before it, by the level that holds, and why not. Pure, but for reading schemas.

    BACKWARD   the new schema reads what the last version wrote: readers first
    FORWARD    the last version reads what the new schema writes: writers first
    FULL       both
    *_TRANSITIVE   the same against every version
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from workbench.core.errors import Invalid
from workbench.core.schemas import SchemaVersion
from workbench.serde.schemas import Parsed
from workbench.serde.schemas.compatibility import Difference, unreadable
from workbench.session.schemas import problems

NEW = "the new schema"
MOST_REASONS = 20


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that stands against a schema. ``sentence`` says what and what to do; ``kind`` is the registries' name
    of it; ``version`` is the one it was compared with."""

    kind: str
    field: str
    sentence: str
    version: int

    @property
    def message(self) -> str:
        """As registries put it into their answers."""
        told = self.sentence.rstrip(".")
        return f"{{errorType:'{self.kind}', description:'{told}', additionalInfo:'{self.field}'}}"


@dataclass(frozen=True, slots=True)
class Checked:
    """``against`` are the versions it was compared with, under ``level``."""

    level: str
    against: tuple[int, ...]
    reasons: tuple[Reason, ...] = ()

    @property
    def fits(self) -> bool:
        return not self.reasons

    @property
    def messages(self) -> list[str]:
        if not self.reasons:
            return []
        versions = sorted({reason.version for reason in self.reasons})
        return [*(reason.message for reason in self.reasons),
                *(f"{{oldSchemaVersion: {version}}}" for version in versions), f"{{compatibility: '{self.level}'}}"]


def check(level: str, new: Parsed, before: Sequence[SchemaVersion],
          read: Callable[[SchemaVersion], Parsed]) -> Checked:
    """``before`` in their order. 42201 for what is too large to be compared."""
    if level == "NONE" or not before:
        return Checked(level, ())
    compared = before if level.endswith("_TRANSITIVE") else before[-1:]
    reasons: list[Reason] = []
    for one in reversed(compared):
        try:
            reasons += _against(level, new, read(one), one.version)
        except Invalid as wrong:
            raise problems.bad_schema(new.type, wrong.sentence()) from wrong
    return Checked(level, tuple(one.version for one in compared), tuple(dict.fromkeys(reasons))[:MOST_REASONS])


def _against(level: str, new: Parsed, old: Parsed, version: int) -> list[Reason]:
    name, found = f"version {version}", []
    if level.startswith(("BACKWARD", "FULL")):
        found += [_reason(each, each.sentence(NEW, name, True), version) for each in unreadable(new, old)]
    if level.startswith(("FORWARD", "FULL")):
        found += [_reason(each, each.sentence(name, NEW, False), version) for each in unreadable(old, new)]
    return found


def _reason(difference: Difference, sentence: str, version: int) -> Reason:
    return Reason(difference.kind, difference.field, sentence, version)
