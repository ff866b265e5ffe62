"""What reading a file found besides events: what was skipped and why, what lacked a key or a time, what was assumed.

Every kind of fault keeps its count, its first line and the reason there. ``problems`` are faults (a verb ends with
status 1), ``notes`` are choices made for the reader that are worth knowing.
"""

from __future__ import annotations

from dataclasses import dataclass, field

_KINDS_TOLD = 4


@dataclass(slots=True)
class Fault:
    """Faults of one kind: how many, the first one's line and the reason there."""

    line: int
    reason: str
    count: int = 0


@dataclass(slots=True)
class Findings:
    """``key`` and ``time`` are the names of the fields that were asked for."""

    key: str = ""
    time: str = ""
    events: int = 0
    skipped: dict[str, Fault] = field(default_factory=dict)
    odd: dict[str, Fault] = field(default_factory=dict)
    without_key: Fault | None = None
    without_time: Fault | None = None
    unreadable_time: Fault | None = None
    broken: Fault | None = None
    choices: list[str] = field(default_factory=list)

    def skip(self, kind: str, line: int, reason: str, count: int = 1) -> None:
        """A row (or ``count`` lines) that gives no event."""
        self.skipped.setdefault(kind, Fault(line, reason)).count += count

    def keep_odd(self, kind: str, line: int, reason: str) -> None:
        """A row that gives an event though it is not written as it should be."""
        self.odd.setdefault(kind, Fault(line, reason)).count += 1

    def lacks_key(self, line: int) -> None:
        self.without_key = _counted(self.without_key, line, "")

    def lacks_time(self, line: int) -> None:
        self.without_time = _counted(self.without_time, line, "")

    def cannot_read_time(self, line: int, reason: str) -> None:
        self.unreadable_time = _counted(self.unreadable_time, line, reason)

    def break_off(self, line: int, reason: str) -> None:
        """Nothing from that line on can be read: what held it is damaged."""
        self.broken = Fault(line, reason, 1)

    def choose(self, sentence: str) -> None:
        """Something decided for the reader of the file, said once."""
        if sentence not in self.choices:
            self.choices.append(sentence)

    @property
    def skipped_count(self) -> int:
        return sum(fault.count for fault in self.skipped.values())

    @property
    def bad_count(self) -> int:
        """Rows that a strict reader refuses."""
        others = (self.without_key, self.without_time, self.unreadable_time, self.broken, *self.odd.values())
        return self.skipped_count + sum(fault.count for fault in others if fault is not None)

    def problems(self) -> list[str]:
        """What is wrong, as sentences."""
        told = []
        if (end := self.broken) is not None:
            lost = f"Nothing from line {end.line:,} on" if self.events else "Nothing of it"
            told.append(f"{lost} could be read. {end.reason}")
        if self.skipped:
            faults = sorted(list(self.skipped.values()), key=lambda fault: fault.line)
            reasons = [f"Line {fault.line:,}: {fault.reason.rstrip('.')}{_like_it(fault, faults)}." for fault in faults]
            told.append(" ".join([f"{_lines(self.skipped_count)} could not be read.", *reasons[:_KINDS_TOLD]]))
        if (bad := self.unreadable_time) is not None:
            told.append(f"{_events(bad.count)} {_have(bad.count)} a time in {_named(self.time)} that can't be read. "
                        f"Line {bad.line:,}: {bad.reason}.")
        told += [sentence for whole, sentence in self._lacks() if whole]
        return told

    def notes(self) -> list[str]:
        """What is worth knowing, as sentences."""
        odd = [f"{_lines(f.count)} {'was' if f.count == 1 else 'were'} kept, although not written as usual. "
               f"Line {f.line:,}: {f.reason}." for f in list(self.odd.values())]
        return [*self.choices, *odd, *(sentence for whole, sentence in self._lacks() if not whole)]

    def _lacks(self) -> list[tuple[bool, str]]:
        """(none of the events has it, the sentence) for the key and the time."""
        told = []
        for what, fault, name in (("key", self.without_key, self.key), ("time", self.without_time, self.time)):
            if fault is None:
                continue
            whole = fault.count >= self.events
            where = f"no {what} in {_named(name)}"
            if whole:
                many = "The only event has" if self.events == 1 else f"None of the {self.events:,} events has"
                told.append((True, f"{many} a {what} in {_named(name)}."))
            else:
                told.append((False, f"{fault.count:,} of {_events(self.events)} {_have(fault.count)} {where}, "
                                    f"first in line {fault.line:,}."))
        return told


def _counted(fault: Fault | None, line: int, reason: str) -> Fault:
    fault = fault or Fault(line, reason)
    fault.count += 1
    return fault


def _lines(number: int) -> str:
    return f"{number:,} line{'' if number == 1 else 's'}"


def _events(number: int) -> str:
    return f"{number:,} event{'' if number == 1 else 's'}"


def _have(number: int) -> str:
    return "has" if number == 1 else "have"


def _named(field_name: str) -> str:
    return f"«{field_name}»" if field_name else "the line"


def _like_it(fault: Fault, faults: list[Fault]) -> str:
    """How many more there are of one kind among others."""
    return f" (and {fault.count - 1:,} more like it)" if fault.count > 1 and len(faults) > 1 else ""
