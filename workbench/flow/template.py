"""A generator's template: JSON text with placeholders, compiled once into a function that draws whole events.

    {"order_id": "O-{counter order 1064201}", "customer": "C-{int 20000 29999}", "total": "{amount 5 200}",
     "items": {"$repeat": [1, 3], "item": {"sku": "POT-{int 100 999}", "qty": "{int 1 4}"}}, "again": "{ref customer}"}

A string that is one placeholder of a number becomes that number. «{ref FIELD}» repeats a field that stands before it;
inside a repeated item a field of the same item comes first. «{{» and «}}» are plain braces. Invariant: what is drawn
is always valid JSON. A template belongs to one thread.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from random import Random
from typing import Any

from workbench.core.errors import Invalid
from workbench.flow.placeholders import PLACEHOLDERS, Dice, Draw, Drawn, escaped

_BRACES = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_REFERENCE = re.compile(r"\{ref ([^{}]+)\}")
_MAX_REPEAT = 10_000

Part = str | Draw


class Template:
    """Draws events: ``next()`` gives key and value as bytes. ``key_field`` is a path in the value, dots go deeper."""

    def __init__(self, text: str, key_field: str, dice: Dice) -> None:
        self._text = text
        self._dice = dice
        self._kept: dict[str, str] = {}
        self._known: set[str] = set()
        self._wanted = {name.strip() for name in _REFERENCE.findall(text)} | ({key_field} if key_field else set())
        parts: list[Part] = []
        self._emit(self._parse(text), "", "", parts)
        self._key_field = key_field
        if key_field and key_field not in self._known:
            raise Invalid(f"The template has no field «{key_field}» to take the key from.",
                          "Name a field of the value, dots go deeper.")  # fmt: skip
        self._draw = _assemble(parts)

    def next(self) -> tuple[bytes | None, bytes]:
        """Key and value of the next event."""
        value = self._draw().encode()
        if not self._key_field:
            return None, value
        text = self._kept[self._key_field]
        if text[0] == '"':
            key = text[1:-1] if "\\" not in text else json.loads(text)
            return key.encode(), value
        return (None if text == "null" else text.encode()), value

    # -- compiling -----------------------------------------------------------------------------------------
    @staticmethod
    def _parse(text: str) -> Any:
        try:
            return json.loads(text, parse_constant=_no_constant)
        except json.JSONDecodeError as error:
            bare = re.match(r"\s*\{\w+( [^{}\"]*)?\}", text[error.pos - 1 :])
            raise Invalid(
                f"The template is not JSON at line {error.lineno}, column {error.colno}: {error.msg.lower()}.",
                "Put placeholders in quotes." if bare else "Mend it there.",
            ) from None

    def _emit(self, value: Any, path: str, scope: str, parts: list[Part]) -> None:
        """Append the parts of ``value``; fields that a key or a reference asks for are kept as they are drawn."""
        inner: list[Part] = []
        if isinstance(value, dict) and "$repeat" in value:
            inner.append(self._repeat(value, path))
        elif isinstance(value, dict):
            for index, (name, item) in enumerate(value.items()):
                inner.append(f'{", " if index else "{"}{json.dumps(name, ensure_ascii=False)}: ')
                self._emit(item, f"{path}.{name}".lstrip("."), scope, inner)
            inner.append("}" if value else "{}")
        elif isinstance(value, list):
            for index, item in enumerate(value):
                inner.append(", " if index else "[")
                self._emit(item, f"{path}.{index}".lstrip("."), scope, inner)
            inner.append("]" if value else "[]")
        elif isinstance(value, str):
            inner += self._string(value, scope)
        else:
            inner.append(json.dumps(value))
        self._known.add(path)
        if any(path == wish or path.endswith("." + wish) for wish in self._wanted):
            parts.append(self._keep(path, _assemble(inner)))
        else:
            parts += inner

    def _keep(self, path: str, draw: Draw) -> Draw:
        kept = self._kept

        def drawn() -> str:
            text = kept[path] = draw()
            return text

        return drawn

    def _repeat(self, value: dict[str, Any], path: str) -> Draw:
        count = value["$repeat"]
        low, high = count if isinstance(count, list) and len(count) == 2 else (count, count)
        whole = all(isinstance(n, int) and not isinstance(n, bool) for n in (low, high))
        if not whole or not 0 <= low <= high <= _MAX_REPEAT or set(value) != {"$repeat", "item"}:
            raise self._wrong('"$repeat"', 'it is written {"$repeat": [1, 3], "item": ...}')
        inner: list[Part] = []
        self._emit(value["item"], path, path, inner)
        draw, random, span = _assemble(inner), self._dice.random.random, high - low + 1
        return lambda: f"[{', '.join([draw() for _ in range(low + int(random() * span))])}]"

    def _string(self, text: str, scope: str) -> list[Part]:
        pieces: list[Part] = []
        alone: Drawn | None = None
        end = 0
        for match in _BRACES.finditer(text):
            pieces.append(escaped(text[end : match.start()]))
            end = match.end()
            if match[0] in ("{{", "}}"):
                pieces.append(match[0][0])
            elif match[1] is None:
                raise self._wrong(text, f"a {match[0]} has no partner", "Write it twice to mean a plain brace.")
            else:
                drawn = self._placeholder(match[0], match[1].split(), scope)
                alone = drawn if match[0] == text else None
                pieces.append(drawn.draw)
        if alone is not None and alone.literal:
            return [alone.draw]
        return ['"', *pieces, escaped(text[end:]), '"']

    def _placeholder(self, written: str, words: list[str], scope: str) -> Drawn:
        if words and words[0] == "ref":
            return self._reference(written, " ".join(words[1:]), scope)
        make = PLACEHOLDERS.get(words[0] if words else "")
        if make is None:
            raise self._wrong(written, "there is no such placeholder", f"Use one of {', '.join(PLACEHOLDERS)}, ref.")
        try:
            return make(self._dice, words[1:])
        except Invalid as reason:
            raise self._wrong(written, reason.message) from None

    def _reference(self, written: str, name: str, scope: str) -> Drawn:
        path = f"{scope}.{name}" if f"{scope}.{name}" in self._known else name
        if path not in self._known:
            raise self._wrong(written, f"no field «{name}» stands before it", "A reference comes after its field.")
        kept = self._kept

        def draw() -> str:
            text = kept[path]
            return text[1:-1] if text[0] == '"' else text if text[0] not in "[{" else escaped(text)

        return Drawn(draw)

    def _wrong(self, written: str, reason: str, next_step: str = "Mend it there.") -> Invalid:
        """The error, with the place where ``written`` stands in the template."""
        at = max(self._text.find(written), 0)
        line = self._text.count("\n", 0, at) + 1
        column = at - self._text.rfind("\n", 0, at)
        return Invalid(f"The template's «{written}» at line {line}, column {column}: {reason}.", next_step)


def _no_constant(name: str) -> None:
    raise Invalid(f"The template holds {name}, which is not JSON.", "Use a finite number or null.")


def _assemble(parts: list[Part]) -> Callable[[], str]:
    """One function for all parts: a skeleton of constant text, filled with what the draws give."""
    skeleton = "".join(part.replace("%", "%%") if isinstance(part, str) else "%s" for part in parts)
    draws = tuple(part for part in parts if not isinstance(part, str))
    if not draws:
        constant = "".join(part for part in parts if isinstance(part, str))
        return lambda: constant
    if len(draws) == 1 and skeleton == "%s":
        return draws[0]
    return lambda: skeleton % tuple([draw() for draw in draws])


def check_template(text: str, key_field: str) -> None:
    """``Invalid`` with the position when ``text`` can't be compiled."""
    Template(text, key_field, Dice(Random(0), lambda: 0)).next()
