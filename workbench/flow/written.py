"""Settings that a person writes as text and that mean more: arguments, routing keys, times by member, where to start, a
line's field. An event's value and headers: ``template``.

Each is read in one place, so that the drawing's problems and the running flow judge alike. Pure; what can't be read is
``Invalid`` with what would be taken.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from workbench.core.errors import Invalid
from workbench.core.times import time_ms

_WORDS = re.compile(r"(\d{1,9})(?:-(\d{1,9}))?")
_LONGEST_MS = 3_600_000
_LAST_OFFSET = 2**63 - 1

_OR = "or"
_FIELD = re.compile(r"\{([^{}]*)\}")

Arguments = tuple[tuple[str, str], ...]
FieldOfLine = Callable[[str], str | None]


def read_keys(text: str) -> tuple[str, ...]:
    """The binding keys of a link, one a line; the empty key where there is none."""
    return tuple(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip())) or ("",)


def read_arguments(text: str) -> tuple[Arguments, ...]:
    """The headers that bindings ask for, one a line: ``format=pdf``; a line ``or`` begins those of another binding."""
    sets: list[list[tuple[str, str]]] = [[]]
    for line in filter(None, map(str.strip, text.splitlines())):
        if line.lower() == _OR:
            sets.append([])
            continue
        name, equals, value = (part.strip() for part in line.partition("="))
        if not (name and equals):
            raise Invalid("A binding can't ask for «{line}».", "Write one header a line, as format=pdf.", line=line)
        sets[-1].append((name, value))
    if len(sets) > 1 and not all(sets):
        raise Invalid("A set of headers is empty.", "Write headers before and after each «or».")
    return tuple(dict.fromkeys(map(tuple, sets)))


def times_by_member(text: str) -> list[float | None]:
    """«2, 6.7» as times by member in ms; an empty place is None."""
    times: list[float | None]
    try:
        times = [float(part) if part.strip() else None for part in text.split(",")] if text.strip() else []
    except ValueError:
        times = [-1.0]
    if any(time is not None and not 0 <= time <= _LONGEST_MS for time in times):
        raise Invalid("The times by member can't be «{text}».", "Write numbers of ms between commas, as 2, 6.7.",
                      text=text)
    return times


def start_policy(start: str, start_at: str) -> str:
    """Where a group starts, in the engine's words: earliest, latest, ``offset:5`` or ``time:1795442400000``."""
    at = start_at.strip()
    if start == "offset":
        if not (at.isascii() and at.isdigit() and len(at) <= 19 and int(at) <= _LAST_OFFSET):
            raise Invalid("A group can't start at offset «{at}».", "Give a whole number from 0.", at=at)
        return f"offset:{int(at)}"
    if start == "time":
        when = time_ms(at)
        if when is None:
            raise Invalid("A group can't start at the time «{at}».", "Write it like 2026-11-23T14:00:00Z.", at=at)
        return f"time:{when}"
    return start


def read_routing_key(text: str) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """What a routing key is made of: texts, and the fields of the event's value that stand between them, each as names
    from the outermost in. No texts at all: it is the event's key."""
    if not text.strip():
        return (), ()
    parts = _FIELD.split(text.strip())
    if any("{" in part or "}" in part for part in parts[::2]) or not all(parts[1::2]):
        raise Invalid("«{text}» is no routing key.", "Write fields in braces, as order.{{country}}.", text=text)
    return tuple(parts[::2]), tuple(tuple(path.strip().split(".")) for path in parts[1::2])


def field_of_line(field: str) -> FieldOfLine | None:
    """How a plain line's field is found: by word number, or by a regular expression between slashes."""
    if not field:
        return None
    if words := _WORDS.fullmatch(field):
        first, last = int(words[1]) - 1, int(words[2] or words[1])
        if not 0 <= first < last:
            raise Invalid("A plain line has no words «{field}».", "They count from 1, as 4 or 1-2.", field=field)
        return lambda text: " ".join(text.split()[first:last]) or None
    if len(field) > 2 and field[0] == field[-1] == "/":
        try:
            pattern = re.compile(field[1:-1])
        except re.error as error:
            raise Invalid("«{field}» is no regular expression: {error}.", "Mend it.", field=field,
                          error=error) from None
        return lambda text: (found[pattern.groups and 1] if (found := pattern.search(text)) else None)
    raise Invalid("A plain line has no field «{field}».", "Give a word's number, 1-2, or a /regular expression/.",
                  field=field)
