"""What every format is: bytes in, events out, in any pieces. Formats of text are fed UTF-8, whatever the file holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from workbench.runtime.reading.fields import Fields
from workbench.runtime.reading.findings import Findings


class Event(NamedTuple):
    """``time_ms`` is None where none was asked for, there is none, or it can't be read. ``line`` is its first line."""

    value: bytes
    key: bytes | None
    time_ms: int | None
    line: int


class Format(Protocol):
    header: tuple[str, ...]
    """Names of the columns; empty where there are none."""
    over: bool
    """Nothing that follows will be read: it can't be told where the next event begins, or all asked for is there."""
    @property
    def line(self) -> int:
        """The last line that was read."""
        ...

    def feed(self, data: bytes) -> list[Event]:
        """The events that are whole now. Where one may begin is never guessed: what is not whole waits."""
        ...

    def finish(self) -> list[Event]:
        """The file is over: the last events, without their end of line."""
        ...


@dataclass(frozen=True, slots=True)
class Ground:
    """What a format is made from: what was asked for, what was found out, where its findings go."""

    fields: Fields
    findings: Findings
    newline: bytes = b"\n"
    delimiter: str = ","
    pointer: tuple[str, ...] = ()
    charset: Callable[[], str] = lambda: "UTF-8"
    """As it is told, in reasons; a guess may come late."""
