"""Bytes in any pieces to whole lines, without their ends, with their numbers."""

from __future__ import annotations

from workbench.runtime.reading.findings import Findings

MAX_LINE_BYTES = 32 * 1024 * 1024

Lines = tuple[int, list[bytes]]
"""The number of the first line, and lines that follow one another."""


class LineSplitter:
    """Lines over ``MAX_LINE_BYTES`` are passed over and counted, never held in memory."""

    def __init__(self, newline: bytes, findings: Findings) -> None:
        self._newline = newline
        self._findings = findings
        self._tail: list[bytes] = []
        self._tail_bytes = 0
        self._overlong = False
        self.line = 0

    def feed(self, data: bytes) -> list[Lines]:
        first, *rest = data.split(self._newline)
        self._add(first)
        if not rest:
            return []
        *whole, last = rest
        blocks = [] if (closed := self._close()) is None else [(self.line, [closed])]
        if whole:
            if blocks:
                blocks[0][1].extend(whole)
            else:
                blocks.append((self.line + 1, whole))
            self.line += len(whole)
        self._add(last)
        return blocks

    def finish(self) -> list[Lines]:
        """The last line, when it has no end."""
        if not self._tail and not self._overlong:
            return []
        closed = self._close()
        return [] if closed is None else [(self.line, [closed])]

    def _add(self, piece: bytes) -> None:
        if self._overlong or self._tail_bytes + len(piece) > MAX_LINE_BYTES:
            self._overlong = True
            self._tail.clear()
            self._tail_bytes = 0
        elif piece:
            self._tail.append(piece)
            self._tail_bytes += len(piece)

    def _close(self) -> bytes | None:
        """End the line that was gathered; None when it was too long to be held."""
        self.line += 1
        line = None if self._overlong else b"".join(self._tail)
        if line is None:
            self._findings.skip("long", self.line, f"longer than {MAX_LINE_BYTES // (1024 * 1024)} MiB")
        self._overlong = False
        self._tail.clear()
        self._tail_bytes = 0
        return line
