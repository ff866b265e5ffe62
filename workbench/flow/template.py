"""A generator's template: JSON text with placeholders, compiled once into a function that draws whole events.

    {"order_id": "O-{counter order 1064201}", "customer": "C-{int 20000 29999}", "total": "{amount 5 200}",
     "items": {"$repeat": [1, 3], "item": {"sku": "POT-{int 100 999}", "qty": "{int 1 4}"}}, "again": "{ref customer}"}

A string that is one placeholder of a number becomes that number. «{ref FIELD}» repeats a field that stands before it;
inside a repeated item a field of the same item comes first. «{{» and «}}» are plain braces.

Headers are a template too, a JSON object of names and texts, compiled into the same function after the value, so that
«{ref FIELD}» there is a field of the event. Headers that are the same for every event are made once. Invariant: what
is drawn is always valid JSON. A template belongs to one thread.
"""

from __future__ import annotations

import json
import re
from bisect import bisect
from collections.abc import Iterator
from math import isfinite
from random import Random
from typing import Any, NamedTuple, NoReturn

from workbench.core.errors import Invalid
from workbench.core.records import Record
from workbench.flow.draft import Draft, DrawMany
from workbench.flow.placeholders import PLACEHOLDERS, Dice, Drawn, escaped, iso_ms

_BRACES = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_REFERENCE = re.compile(r"\{ref ([^{}]+)\}")
_MAX_REPEAT = 10_000
_DEEPEST = 64
_HEADER = "\0"
"""The path of a header: no field of a value has it."""


class _Written(NamedTuple):
    """A text that is being compiled, and how complaints begin to speak of it."""

    text: str
    it_is: str
    it_holds: str
    its: str
    refers: str


class Template:
    """Draws events, all by one seed. ``key_field`` is a path in the value, dots go deeper."""

    def __init__(self, text: str, key_field: str, dice: Dice, headers: str = "") -> None:
        self._dice = dice
        self._kept: dict[str, str] = {}
        self._known: set[str] = set()
        self._depth = 0
        self._copies = 1
        references = _REFERENCE.findall(text) + _REFERENCE.findall(headers)
        self._wanted = {name.strip() for name in references} | ({key_field} if key_field else set())
        self._draft = Draft(random=dice.random.random, bisect=bisect, key_of=_key_of, inside=_inside)
        self._written = _Written(text, "The template is", "The template holds", "The template's",
                                 "A reference comes after its field.")
        self._emit(self._parse(), "", "")
        value = self._draft.cut()
        self._written = _Written(headers, "The headers are", "The headers hold", "The headers'",
                                 "Name a field of the template, dots go deeper.")
        self._draw = self._finish(key_field, value, self._headers())

    def draw(self, count: int) -> list[Record]:
        """The next events; all of them happen now."""
        now_ms = self._dice.now_ms()
        return self._draw(count, now_ms, iso_ms(now_ms))

    def next(self) -> Record:
        """The next event."""
        return self.draw(1)[0]

    # -- compiling -----------------------------------------------------------------------------------------
    def _parse(self) -> Any:
        text, written = self._written.text, self._written
        try:
            return json.loads(text, parse_float=self._finite, parse_constant=self._no_constant)
        except json.JSONDecodeError as error:
            bare = re.match(r"\s*\{\w+( [^{}\"]*)?\}", text[error.pos - 1 :])
            raise Invalid(
                f"{written.it_is} not JSON at line {error.lineno}, column {error.colno}: {error.msg.lower()}.",
                "Put placeholders in quotes." if bare else "Mend it there.",
            ) from None
        except RecursionError:
            raise Invalid("{it_is} nested too deep.", "It may go {deepest} deep.", it_is=written.it_is,
                          deepest=_DEEPEST) from None
        except ValueError:  # json reads no whole number of so many digits
            raise Invalid("{it_holds} a number of too many digits.", "Write it as text.",
                          it_holds=written.it_holds) from None

    def _no_constant(self, name: str) -> NoReturn:
        raise Invalid("{it_holds} {name}, which is not JSON.", "Use a finite number or null.",
                      it_holds=self._written.it_holds, name=name)

    def _finite(self, text: str) -> float:
        number = float(text)
        return number if isfinite(number) else self._no_constant(text)

    def _finish(self, key_field: str, value: str, headers: str) -> DrawMany:
        if key_field and key_field not in self._known:
            raise Invalid("The template has no field «{key_field}» to take the key from.",
                          "Name a field of the value, dots go deeper.", key_field=key_field)
        key = f"key_of({self._kept[key_field]})" if key_field else "None"
        try:
            return self._draft.finish(key, value, headers)
        except UnicodeEncodeError:
            raise Invalid("The template holds half a character, as \\ud83d alone.", "Write it whole.") from None

    def _headers(self) -> str:
        """Write the code of the headers; gives the expression for them."""
        plain = self._parse() if self._written.text.strip() else {}
        if not isinstance(plain, dict):
            raise Invalid("The headers must be an object.", 'Write {"name": "text"}.')
        texts = {name: json.dumps(value, ensure_ascii=False, separators=(",", ":")) for name, value in plain.items()}
        try:
            "".join((*texts, *texts.values())).encode()
        except UnicodeEncodeError:
            raise Invalid("The headers hold half a character, as \\ud83d alone.", "Write it whole.") from None
        if not any(map(_BRACES.search, self._strings(plain))):
            return self._draft.bind(tuple((name, _key_of(text)) for name, text in texts.items()), "headers")
        pairs = (f"({self._draft.bind(name, 'name')}, {self._header(plain[name])}), " for name in plain)
        return f"({''.join(pairs)})"

    def _strings(self, value: Any) -> Iterator[str]:
        """The strings in ``value``, where placeholders may stand."""
        if isinstance(value, str):
            yield value
        elif isinstance(value, (dict, list)):
            for item in value.values() if isinstance(value, dict) else value:
                yield from self._strings(item)

    def _header(self, value: Any) -> str:
        self._emit_plain(value, _HEADER, "")
        return f"key_of({self._draft.cut()})"

    def _emit(self, value: Any, path: str, scope: str) -> None:
        """Write the code of ``value``; fields that a key or a reference asks for become variables."""
        wanted = any(path == wish or path.endswith("." + wish) for wish in self._wanted)
        before = self._draft.cut() if wanted else ""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise Invalid("{it_is} nested too deep.", "It may go {deepest} deep.", it_is=self._written.it_is,
                          deepest=_DEEPEST)
        self._emit_plain(value, path, scope)
        self._depth -= 1
        self._known.add(path)
        if wanted:
            self._kept[path] = self._draft.cut()
            self._draft.fields(f"{{{before}}}{{{self._kept[path]}}}")

    def _emit_plain(self, value: Any, path: str, scope: str) -> None:
        constant = self._draft.constant
        if isinstance(value, dict) and "$repeat" in value:
            self._repeat(value, path)
        elif isinstance(value, dict):
            for index, (name, item) in enumerate(value.items()):
                constant(f'{", " if index else "{"}{json.dumps(name, ensure_ascii=False)}: ')
                self._emit(item, f"{path}.{name}".lstrip("."), scope)
            constant("}" if value else "{}")
        elif isinstance(value, list):
            for index, item in enumerate(value):
                constant(", " if index else "[")
                self._emit(item, f"{path}.{index}".lstrip("."), scope)
            constant("]" if value else "[]")
        elif isinstance(value, str):
            self._string(value, scope)
        else:
            constant(json.dumps(value))

    def _repeat(self, value: dict[str, Any], path: str) -> None:
        count = value["$repeat"]
        low: Any
        high: Any
        low, high = count if isinstance(count, list) and len(count) == 2 else (count, count)
        whole = all(isinstance(n, int) and not isinstance(n, bool) for n in (low, high))
        if not whole or not 0 <= low <= high <= _MAX_REPEAT or set(value) != {"$repeat", "item"}:
            raise self._wrong('"$repeat"', 'it is written {"$repeat": [1, 3], "item": ...}')
        copies, self._copies = self._copies, self._copies * max(high, 1)
        if self._copies > _MAX_REPEAT:
            raise self._wrong('"$repeat"', f"inside one another they make more than {_MAX_REPEAT:,} items")
        with self._draft.repeated(f"{low} + int(random() * {high - low + 1})"):
            self._emit(value["item"], path, path)
        self._copies = copies

    def _string(self, text: str, scope: str) -> None:
        """Text and placeholders in turn; a number that stands alone needs no quotes."""
        draft, end = self._draft, 0
        alone = _BRACES.fullmatch(text)
        if alone is not None and alone[1] is not None:
            drawn = self._placeholder(text, alone[1].split(), scope)
            quote = "" if drawn.literal else '"'
            draft.constant(quote)
            draft.fields(drawn.fields)
            draft.constant(quote)
            return
        draft.constant('"')
        for match in _BRACES.finditer(text):
            draft.constant(escaped(text[end : match.start()]))
            end = match.end()
            if match[0] in ("{{", "}}"):
                draft.constant(match[0][0])
            elif match[1] is None:
                raise self._wrong(text, f"a {match[0]} has no partner", "Write it twice to mean a plain brace.")
            else:
                draft.fields(self._placeholder(match[0], match[1].split(), scope).fields)
        draft.constant(escaped(text[end:]) + '"')

    def _placeholder(self, written: str, words: list[str], scope: str) -> Drawn:
        if words and words[0] == "ref":
            return self._reference(written, " ".join(words[1:]), scope)
        make = PLACEHOLDERS.get(words[0] if words else "")
        if make is None:
            raise self._wrong(written, "there is no such placeholder", f"Use one of {', '.join(PLACEHOLDERS)}, ref.")
        try:
            return make(self._draft, self._dice, words[1:])
        except Invalid as reason:
            raise self._wrong(written, reason.message) from None

    def _reference(self, written: str, name: str, scope: str) -> Drawn:
        path = f"{scope}.{name}" if f"{scope}.{name}" in self._kept else name
        if path not in self._kept:
            raise self._wrong(written, f"no field «{name}» stands before it", self._written.refers)
        return Drawn(f"{{inside({self._kept[path]})}}")

    def _wrong(self, written: str, reason: str, next_step: str = "Mend it there.") -> Invalid:
        """The error, with the place where ``written`` stands in the template."""
        text = self._written.text
        at = max(text.find(written), 0)
        line = text.count("\n", 0, at) + 1
        column = at - text.rfind("\n", 0, at)
        return Invalid(f"{self._written.its} «{written}» at line {line}, column {column}: {reason}.", next_step)


def _key_of(text: str) -> bytes | None:
    """The key that the JSON ``text`` makes: a string without its quotes, none for null, else as it is written."""
    if text[0] == '"':
        return (text[1:-1] if "\\" not in text else json.loads(text)).encode()
    return None if text == "null" else text.encode()


def _inside(text: str) -> str:
    """The JSON ``text`` as it may stand inside a JSON string."""
    if text[0] == '"':
        return text[1:-1]
    return escaped(text) if text[0] in "[{" else text


def check_template(text: str, key_field: str, headers: str) -> None:
    """``Invalid`` with the position when the template or its headers can't be compiled."""
    Template(text, key_field, Dice(Random(0), lambda: 0), headers).next()
