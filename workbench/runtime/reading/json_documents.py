"""JSON documents: each element of an array is an event, its value what stands in the file (of one over several
lines, without the space between its parts).

Without a pointer a file is any number of values one after another; an array gives its elements, anything else is one
event. With a pointer (RFC 6901) the array that it leads to gives them. The document is read as it comes, in linear
time: a value that is not whole yet waits until twice as much is there. After an error nothing more is taken.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Generator
from typing import Any

from workbench.core.errors import Invalid
from workbench.runtime.reading.base import Event, Ground

_SPACE = re.compile(r"[ \t\n\r]*")
_STRING_OR_SPACE = re.compile(r'("(?:[^"\\]|\\.)*")|[ \t\n\r]+')
_NEAR_END = 16
Steps = Generator[None, None, Any]
"""A part of the parser: it yields whenever it needs more text."""


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON value")


class JsonDocuments:
    header: tuple[str, ...] = ()

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._decoder = codecs.getincrementaldecoder("utf-8")("workbench.bad")
        self._json = json.JSONDecoder(parse_constant=_no_constant)
        self._text = ""
        self._at = 0
        self._more: list[str] = []
        self._more_size = 0
        self._last = False
        self._counted_to = 0
        self._value_size = self._values = 0
        self._events: list[Event] = []
        self._whole: Any = None
        self.line = 1
        self.over = False
        self._parser = self._parse()

    def feed(self, data: bytes) -> list[Event]:
        text = self._decoder.decode(data)
        self._more.append(text)
        self._more_size += len(text)
        return self._go_on()

    def finish(self) -> list[Event]:
        self._more.append(self._decoder.decode(b"", True))
        self._last = True
        events = self._go_on()
        self._tell_of_arrays()
        return events

    def _go_on(self) -> list[Event]:
        if not self.over:
            try:
                next(self._parser)
            except StopIteration:
                self.over = True
            except Invalid as reason:
                self._ground.findings.skip("json", self._line_at(self._at), f"{reason.message}; nothing more is taken")
                self.over = True
        made, self._events = self._events, []
        return made

    # -- the parser ----------------------------------------------------------------------------------------
    def _parse(self) -> Steps:
        if self._ground.pointer:
            for name in self._ground.pointer:
                yield from self._enter(name)
            if (yield from self._peek()) != "[":
                raise Invalid("what stands at /{pointer} is no array", pointer='/'.join(self._ground.pointer))
            yield from self._elements()
            return
        while character := (yield from self._peek()):
            if character == "[":
                yield from self._elements()
            else:
                self._whole = yield from self._event()
                self._values += 1

    def _elements(self) -> Steps:
        self._at += 1
        if (yield from self._peek()) == "]":
            self._at += 1
            return
        while True:
            yield from self._event()
            character = yield from self._peek()
            if character not in (",", "]"):
                raise Invalid("the document ends within its array" if not character
                              else f"not JSON, expecting a comma or the array's end at {character!r}")
            self._at += 1
            if character == "]":
                return

    def _enter(self, name: str) -> Steps:
        """Go to the value that ``name`` is for in the object (or array) that begins here."""
        character = yield from self._peek()
        if character not in ("{", "["):
            raise Invalid("there is no «{name}» in the document", name=name)
        self._at += 1
        place = 0
        while (ahead := (yield from self._peek())) not in ("}", "]", ""):
            here = str(place)
            if character == "{":
                here = yield from self._value()
                if (yield from self._peek()) != ":" or not isinstance(here, str):
                    raise Invalid("not JSON, expecting a name and a colon")
                self._at += 1
            if here == name:
                return
            yield from self._value()
            ahead = yield from self._peek()
            if ahead == ",":
                self._at += 1
            place += 1
        if not ahead:
            raise Invalid("the document is cut short")
        raise Invalid("there is no «{name}» in the document", name=name)

    def _event(self) -> Steps:
        yield from self._peek()
        line = self._line_at(self._at)
        value = yield from self._value()
        raw = self._text[self._at - self._value_size : self._at]
        if "\n" in raw or "\r" in raw:
            raw = _STRING_OR_SPACE.sub(r"\1", raw)
        key, at_ms = self._ground.fields.of_value(value, line)
        self._events.append(Event(raw.encode(), key, at_ms, line))
        return value

    def _value(self) -> Steps:
        """The value that begins here, past any space; what is not whole waits for twice as much text."""
        character = yield from self._peek()
        if not character:
            raise Invalid("the document is cut short")
        while True:
            try:
                value, end = self._json.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                cut = error.msg.startswith("Unterminated string") or error.pos >= len(self._text) - _NEAR_END
                if self._last_is_here() or not cut:
                    raise Invalid("not JSON, {msg}{msg_2}", msg=error.msg[0].lower(), msg_2=error.msg[1:]) from None
            except (ValueError, RecursionError) as error:
                raise Invalid("not JSON, {error}", error=str(error)[:80]) from None
            else:
                if end < len(self._text) or self._last_is_here():
                    if "\udcff" in self._text[self._at : end]:
                        raise Invalid("not {ground}", ground=self._ground.charset())
                    self._value_size, self._at = end - self._at, end
                    return value
            yield from self._fetch(len(self._text) - self._at)

    def _peek(self) -> Generator[None, None, str]:
        """The next character that is no space; empty at the end of the file."""
        while True:
            found = _SPACE.match(self._text, self._at)
            self._at = found.end() if found else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if self._last_is_here():
                return ""
            yield from self._fetch(1)

    def _last_is_here(self) -> bool:
        return self._last and not self._more_size and not any(self._more)

    def _fetch(self, size: int) -> Steps:
        """Take what came since, once it is ``size`` characters or the last."""
        while self._more_size < size and not self._last:
            yield
        self._line_at(self._at)
        self._text = "".join([self._text[self._at :], *self._more])
        self._at = self._counted_to = self._more_size = 0
        self._more.clear()

    def _line_at(self, at: int) -> int:
        """The line of a place; counted on from the place before."""
        self.line += self._text.count("\n", self._counted_to, at)
        self._counted_to = at
        return self.line

    def _tell_of_arrays(self) -> None:
        """A document that is one event may hold the array that was meant."""
        if self._values == 1 and isinstance(self._whole, dict) and not self._ground.pointer:
            for way, size in _arrays_in(self._whole, ""):
                self._ground.findings.choose(f"The document is one event. It holds an array of {size:,} at {way}: "
                                             f"with the path {way} (--path) each is an event.")


def _arrays_in(value: dict[str, Any], way: str) -> list[tuple[str, int]]:
    """The arrays of objects in a document, to the depth of three names."""
    found = []
    for name, part in value.items():
        here = f"{way}/{name.replace('~', '~0').replace('/', '~1')}"
        if isinstance(part, list) and part and isinstance(part[0], dict):
            found.append((here, len(part)))
        elif isinstance(part, dict) and way.count("/") < 2:
            found += _arrays_in(part, here)
    return found
