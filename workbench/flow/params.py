# ruff: noqa: E501  (sentences)
"""One typed parameter of a node or a link: its default, range and words, and what it takes. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from workbench.core.errors import Invalid

ParamType = Literal["int", "float", "bool", "text", "code", "choice", "path", "expression"]


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter: its type, default, range and words. ``code`` is multi-line text, ``expression`` is CEL."""

    name: str
    type: ParamType
    default: Any
    label: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    help: str = ""
    section: str = ""
    lines: int = 7  # of text that are seen at once

    def check(self, value: Any) -> Any:
        """``value`` as this type, or ``Invalid`` with the range or the choices in words."""
        if self.type == "bool":
            if not isinstance(value, bool):
                raise self._wrong(value)
            return value
        if self.type in ("int", "float"):
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                raise self._wrong(value)
            number = int(value) if self.type == "int" else float(value)
            if number != value or (self.low is not None and number < self.low):
                raise self._wrong(value)
            if self.high is not None and number > self.high:
                raise self._wrong(value)
            return number
        if not isinstance(value, str) or (self.choices and value not in self.choices):
            raise self._wrong(value)
        return value

    def _wrong(self, value: Any) -> Invalid:
        return Invalid(f"{self.label} can't be «{value}».", self.expectation())

    def expectation(self) -> str:
        """What would be taken, as a sentence."""
        if self.choices:
            return f"Choose one of {', '.join(self.choices)}."
        if self.type in ("int", "float"):
            low = "" if self.low is None else f" from {_shown(self.low)}"
            high = "" if self.high is None else f" to {_shown(self.high)}"
            return f"Give a{' whole' if self.type == 'int' else ''} number{low}{high}{' ' + self.unit if self.unit else ''}."
        return "Give true or false." if self.type == "bool" else "Give text."


def _shown(limit: float) -> str:
    return f"{limit:,}" if isinstance(limit, int) else f"{limit:,g}"
