"""Length-delimited Protobuf messages, one after another, each behind its length as a variable-length number: an event
each, its value the message as it stands.

Which message it is, the file does not say: a key or time is named by numbers (``1``, ``2.1``), and the schema is that
of the topic. ``line`` counts events.
"""

from __future__ import annotations

from workbench.runtime.reading.base import Event, Ground
from workbench.serde.by_schema import numbered

_MOST_BYTES = 64 * 1024 * 1024


class ProtobufFile:
    header: tuple[str, ...] = ()

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._data = b""
        self.line = 0
        self.over = False

    def feed(self, data: bytes) -> list[Event]:
        self._data += data
        events, at = [], 0
        while not self.over and (found := self._length(at)) is not None:
            begin, length = found
            if length > _MOST_BYTES:
                self._stop(f"a message says that it has {length:,} bytes")
            elif begin + length > len(self._data):
                break
            else:
                at = begin + length
                events.append(self._event(self._data[begin:at]))
        self._data = b"" if self.over else self._data[at:]
        return events

    def finish(self) -> list[Event]:
        if self._data and not self.over:
            self._stop("the file ends within a message")
        return []

    def _event(self, message: bytes) -> Event:
        self.line += 1
        fields = self._ground.fields
        key = at_ms = None
        if fields.key or fields.time:
            try:
                key, at_ms = fields.of_value(numbered.value(message), self.line)
            except ValueError:
                key, at_ms = fields.of_value(None, self.line)
        return Event(message, key, at_ms, self.line)

    def _length(self, at: int) -> tuple[int, int] | None:
        """Where the message that begins at ``at`` has its bytes, and how many; None while that is not there."""
        length = shift = 0
        for after in range(at, min(at + 5, len(self._data))):
            length |= (self._data[after] & 127) << shift
            if self._data[after] < 128:
                return after + 1, length
            shift += 7
        if len(self._data) >= at + 5:
            self._stop("a length has no end: are these messages behind their lengths?")
        return None

    def _stop(self, reason: str) -> None:
        self._ground.findings.skip("protobuf", self.line + 1, f"{reason}; nothing more is taken")
        self.over = True
