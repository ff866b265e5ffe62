"""Bounds of JSON Schema's values: lengths, limits, counts, patterns. Pure."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from workbench.serde.schemas.compatibility.base import Difference, named
from workbench.serde.schemas.compatibility.jsonschema_nodes import Node

_MOST = {"string": ("maxLength",), "number": ("maximum", "exclusiveMaximum"), "object": ("maxProperties",),
         "array": ("maxItems", "maxContains")}
_LEAST = {"string": ("minLength",), "number": ("minimum", "exclusiveMinimum"), "object": ("minProperties",),
          "array": ("minItems", "minContains")}


def bounds(read: Node, written: Node, path: str) -> list[Difference]:
    """Where the reader's are narrower than the writer's. Both are of one kind."""
    found = []
    for word in (*_MOST.get(read.kind, ()), *_LEAST.get(read.kind, ())):
        mine, others = read.said.get(word), written.said.get(word)
        if mine is None or not _is_number(mine):
            continue
        is_most = word in _MOST[read.kind]
        if others is None or not _is_number(others):
            found.append(_narrower(f"{_kind(word)}_ADDED", word, mine, None, path))
        elif mine < others if is_most else mine > others:
            kind = f"{_kind(word)}_{'DECREASED' if is_most else 'INCREASED'}"
            found.append(_narrower(kind, word, mine, others, path))
    if read.kind == "number":
        found += _numbers(read, written, path)
    elif read.kind == "string" and read.said.get("pattern") not in (None, written.said.get("pattern")):
        was = written.said.get("pattern")
        kind = "PATTERN_CHANGED" if was else "PATTERN_ADDED"
        found.append(_narrower(kind, "pattern", read.said["pattern"], was, path))
    elif read.kind == "array" and read.said.get("uniqueItems") and not written.said.get("uniqueItems"):
        found.append(_narrower("UNIQUE_ITEMS_ADDED", "uniqueItems", True, None, path))
    return found


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _kind(word: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", word).upper()


def _numbers(read: Node, written: Node, path: str) -> list[Difference]:
    found = []
    if read.is_integer and not written.is_integer:
        found.append(Difference("TYPE_NARROWED", path, f"{named(path)} is integer in {{reader}} and number in"
                                " {writer}", "Keep number.", "Keep integer."))
    mine, others = read.said.get("multipleOf"), written.said.get("multipleOf")
    if _is_number(mine) and not (_is_number(others) and mine and Decimal(str(others)) % Decimal(str(mine)) == 0):
        kind = "MULTIPLE_OF_CHANGED" if _is_number(others) else "MULTIPLE_OF_ADDED"
        found.append(_narrower(kind, "multipleOf", mine, others, path))
    return found


def _narrower(kind: str, word: str, mine: Any, others: Any, path: str) -> Difference:
    was = f"{word} {others}" if others is not None else f"no {word}"
    return Difference(kind, path, f"{named(path)} has {word} {mine} in {{reader}} and {was} in {{writer}}",
                      f"Leave {word} out." if others is None else f"Keep {word} {others}.", f"Keep {word} {mine}.")
