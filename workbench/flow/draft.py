"""The Python function that a template becomes, while it is being written.

Text and fields gather into one f-string; where a part must be kept under a name or comes many times, ``cut`` ends the
f-string and gives it a variable. What users wrote only enters as escaped text, checked numbers and bound values. The
finished function draws many events in one call, about ten times as fast as calling a function a placeholder:

    def draw(count, now_ms, now):
        events = []
        for _ in range(count):
            part_1 = f"{{\\"id\\": {next(counter_0)}, \\"customer\\": "
            part_2 = f"\\"C-{1 + int(random() * 200)}\\""
            part_3 = f"{part_1}{part_2}}}"
            events.append(new(Record, (key_of(part_2), part_3.encode(), headers_4, now_ms)))
        return events
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from workbench.core.errors import Invalid
from workbench.core.records import Record

DrawMany = Callable[[int, int, str], list[Record]]
"""(how many, the time in ms since 1970, the same as text) gives records of that time."""

_DEEPEST = 10
_COMMA = "comma"


class Draft:
    def __init__(self, **names: Any) -> None:
        self._names: dict[str, Any] = {**names, _COMMA: ", ", "new": tuple.__new__, "Record": Record}  # half the time
        self._numbers = 0
        self._text: list[str] = []
        self._lines: list[str] = []
        self._depth = 0
        self._from_loops: list[str] = []

    def bind(self, value: Any, stem: str) -> str:
        """A name that ``value`` has in the function."""
        name = self._fresh(stem)
        self._names[name] = value
        return name

    def constant(self, text: str) -> None:
        """``text`` as it is."""
        self._text.append(json.dumps(text, ensure_ascii=False)[1:-1].replace("{", "{{").replace("}", "}}"))

    def fields(self, text: str) -> None:
        """A piece of an f-string, braces and all."""
        self._text.append(text)

    def cut(self) -> str:
        """Write what was gathered as a variable of its own; gives its name."""
        name = self._fresh("part")
        self._line(f"{name} = {self._take()}")
        if self._depth:
            self._from_loops.append(name)
        return name

    @contextmanager
    def repeated(self, times: str) -> Iterator[None]:
        """What is gathered inside comes ``times`` (an expression) times, as the items of a JSON array."""
        if self._depth == _DEEPEST:
            raise Invalid("The template repeats more than {deepest} deep.", "Make it flatter.", deepest=_DEEPEST)
        before, items = self.cut(), self._fresh("items")
        self._line(f"{items} = []")
        self._line(f"for _ in range({times}):")
        self._depth += 1
        yield
        self._line(f"{items}.append({self._take()})")
        self._depth -= 1
        self.fields(f"{{{before}}}[{{{_COMMA}.join({items})}}]")

    def finish(self, key: str, value: str, headers: str) -> DrawMany:
        """The function, of the expressions for an event's key, for the text of its value, and for its headers."""
        lines = (
            "def draw(count, now_ms, now):",
            "    events = []",
            "    for _ in range(count):",
            *(f'        {name} = "null"' for name in self._from_loops),  # their loop may run not once
            *self._lines,
            f"        events.append(new(Record, ({key}, {value}.encode(), {headers}, now_ms)))",
            "    return events",
        )
        exec(compile("\n".join(lines), "<template>", "exec"), self._names)
        return self._names["draw"]

    def _fresh(self, stem: str) -> str:
        self._numbers += 1
        return f"{stem}_{self._numbers}"

    def _take(self) -> str:
        text, self._text = "".join(self._text), []
        return f'f"{text}"'

    def _line(self, code: str) -> None:
        self._lines.append("    " * (self._depth + 2) + code)
