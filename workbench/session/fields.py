"""Parts of a record by their path, as an expression writes them: ``value.items[0].sku``, ``headers.source``.

A path is a place in what an expression sees of a record (``serde.names_of``). ``condition`` turns a path and the
value found there into a filter that this record passes. Pure functions, any thread.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import isfinite
from typing import Any

import orjson

from workbench.core.errors import Invalid
from workbench.core.records import StoredRecord
from workbench.serde import GUESSING, Decoder, names_of, plain, plain_json

ROOTS = ("value", "key", "headers")
MOST_PATHS = 200
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_STEP = re.compile(r"\.([A-Za-z_][A-Za-z0-9_]*)|\[(-?\d+)\]|\[(\"(?:[^\"\\]|\\.)*\")\]")
_RESERVED = frozenset(("in", "true", "false", "null", "as", "break", "const", "continue", "else", "for",
                       "function", "if", "import", "let", "loop", "package", "namespace", "return", "var", "void",
                       "while"))

Step = str | int


class _Missing:
    """What a path finds that leads nowhere: neither null nor empty."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING = _Missing()


@dataclass(frozen=True, slots=True)
class FieldPath:
    """``root`` is value, key or headers; ``steps`` are names and indexes below it."""

    root: str
    steps: tuple[Step, ...] = ()

    def __str__(self) -> str:
        return self.root + "".join(_written(step) for step in self.steps)

    @property
    def title(self) -> str:
        """The shortest name a column needs: ``total`` for ``value.total``."""
        return str(self).removeprefix("value.") if self.steps else self.root

    def of(self, record: StoredRecord, decoder: Decoder = GUESSING) -> Any:
        """What stands there in a record; ``MISSING`` when nothing does."""
        return self.within(names_of(record, decoder, (self.root,))[self.root])

    def within(self, found: Any) -> Any:
        """The same in a value that was read already."""
        for step in self.steps:
            found = _at(found, step)
            if found is MISSING:
                return MISSING
        return found


def _at(value: Any, step: Step) -> Any:
    if isinstance(value, dict):
        return value.get(step, MISSING)
    return value[step] if isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value) else MISSING


def _written(step: Step) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    return f".{step}" if _NAME.fullmatch(step) and step not in _RESERVED else f"[{orjson.dumps(step).decode()}]"


def read_path(text: str) -> FieldPath:
    """The path that ``text`` writes; a name without a root is one of the value's. ``Invalid`` says the form."""
    text = text.strip()
    root = next((name for name in ROOTS if text == name or text.startswith((f"{name}.", f"{name}["))), "")
    rest = text[len(root) :] if root else f".{text}"
    steps: list[Step] = []
    at = 0
    while at < len(rest):
        found = _STEP.match(rest, at)
        if found is None:
            raise Invalid("«{text}» is not a field.", "Write value.total, value.items[0].sku or headers.source.",
                          text=text)
        name, index, quoted = found.groups()
        steps.append(name if name is not None else int(index) if index is not None else orjson.loads(quoted))
        at = found.end()
    return FieldPath(root or "value", tuple(steps))


def field_text(value: Any) -> str:
    """A field in a cell: a text as it is, everything else as JSON; nothing where the field is missing."""
    if value is MISSING:
        return ""
    value = plain(value)
    return value if isinstance(value, str) else plain_json(value)


def paths_in(record: StoredRecord, decoder: Decoder = GUESSING) -> list[FieldPath]:
    """The fields of a record that hold single values, in their order, no more than ``MOST_PATHS``."""
    found: list[FieldPath] = []
    names = names_of(record, decoder, ("value", "headers"))
    for root in ("value", "headers"):
        for steps in _leaves(names[root], ()):
            if len(found) >= MOST_PATHS:
                return found
            if steps:
                found.append(FieldPath(root, steps))
    return found


def _leaves(value: Any, above: tuple[Step, ...]) -> Iterator[tuple[Step, ...]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(inner, (*above, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value[:3]):
            yield from _leaves(inner, (*above, index))
    else:
        yield above


def condition(path: FieldPath, value: Any, equal: bool = True) -> str:
    """The filter that asks for this value there (or for another)."""
    return f"{path} {'==' if equal else '!='} {literal(value)}"


def literal(value: Any) -> str:
    """A value as an expression writes it. Objects and lists are compared whole."""
    if isinstance(value, bool | str) or value is None or value is MISSING:
        return orjson.dumps(None if value is MISSING else value).decode()
    if isinstance(value, bytes):
        return "b'" + "".join(f"\\x{byte:02x}" for byte in value) + "'"
    if isinstance(value, datetime):
        return f'timestamp("{(value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat()}")'
    if isinstance(value, timedelta):
        return f'duration("{value.total_seconds()}s")'
    if isinstance(value, dict):
        return "{" + ",".join(f"{literal(name)}:{literal(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list):
        return f"[{','.join(map(literal, value))}]"
    return _number(value)


def _number(value: int | float | Decimal) -> str:
    """Whole numbers have 64 bits, with or without a sign; what is beyond, and decimals, are doubles there."""
    if isinstance(value, int) and -(1 << 63) <= value < 1 << 64:
        return f"{value}u" if value >= 1 << 63 else str(value)
    number = float(value)
    return repr(number) if isfinite(number) else f'double("{number}")'


def joined(before: str, more: str, how: str = "&&") -> str:
    """One filter of two; what is plain text before stays a question of its own and gives way."""
    before = before.strip()
    if not before:
        return more
    guarded = f"({before})" if "||" in before and how == "&&" else before
    return f"{guarded} {how} {more}"


_TOKEN = re.compile(r'\s+|"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+')


def place_in_json(text: str, position: int) -> FieldPath | None:
    """The field whose name or value stands at ``position`` of a JSON text; None between them."""
    path: list[Step] = []  # the step that each open container is at
    kinds: list[str] = []
    expects_name = False
    for token in _TOKEN.finditer(text):
        mark = token.group()
        inside = token.start() <= position <= token.end()  # right behind a value is still at it
        if mark in "{[":
            kinds.append(mark)
            path.append("" if mark == "{" else 0)
            expects_name = mark == "{"
        elif mark in "}]":
            if kinds:
                kinds.pop()
                path.pop()
            expects_name = False
        elif mark == ",":
            if kinds and kinds[-1] == "[":
                path[-1] = int(path[-1]) + 1
            expects_name = bool(kinds) and kinds[-1] == "{"
        elif mark == ":" or mark.isspace():
            continue
        else:
            if expects_name:
                path[-1] = orjson.loads(mark)
                expects_name = False
            if inside:
                return FieldPath("value", tuple(path))
        if token.start() > position:
            return None
    return None

