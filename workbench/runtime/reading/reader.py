"""A file read to events, a batch at a time: its bytes, unpacked, as UTF-8, through the format that it turns out to be.

``next_batch`` does a bounded piece of work and never waits; ``busy`` says that it had something to read, ``ended`` that
nothing will come.
What can't be read at all (a header in the wrong character set, a picture) is raised as ``Invalid`` or ``Unsupported``;
all else is in ``findings``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from workbench.core.errors import Corrupt, Invalid
from workbench.flow.file_settings import charset_of, delimiter_of, pointer_of
from workbench.flow.settings import FileSettings
from workbench.runtime.reading.base import Event, Format, Ground
from workbench.runtime.reading.byte_source import ByteSource
from workbench.runtime.reading.charset import ToUtf8
from workbench.runtime.reading.detect import Asked, Detected, detect
from workbench.runtime.reading.fields import Fields
from workbench.runtime.reading.findings import Findings
from workbench.runtime.reading.formats import FORMATS, FormatKind
from workbench.runtime.reading.unpack import GZIP, Gunzip, refuse_other_files

_LOOKED_AT = 64 * 1024
_LONGEST_MAGIC = 16


@dataclass(frozen=True, slots=True)
class ReadSettings:
    """How a file is to be read. Empty texts and ``auto`` are found out."""

    path: str
    format: str = "auto"
    key: str = ""
    time: str = ""
    time_format: str = ""
    charset: str = ""
    delimiter: str = ""
    pointer: str = ""
    follow: bool = False

    @classmethod
    def of(cls, file: FileSettings) -> ReadSettings:
        """From the settings of a drawn file source; ``Invalid`` where one can't be taken."""
        if not file.path:
            raise Invalid("No file is chosen.", "Choose a file, or - for standard input.")
        return cls(file.path, file.format, file.key, file.time, file.time_format, file.charset, file.delimiter,
                   file.pointer, file.follow)


class EventReader:
    def __init__(self, settings: ReadSettings, now_ms: Callable[[], int]) -> None:
        self.settings = settings
        self.findings = Findings(settings.key, settings.time)
        self._fields = Fields(settings.key, settings.time, settings.time_format, now_ms, self.findings)
        self._charset = charset_of(settings.charset)
        names = tuple(filter(None, (settings.key, settings.time)))
        delimiter, pointer = delimiter_of(settings.delimiter), pointer_of(settings.pointer)
        self._asked = Asked(settings.path, settings.format, delimiter, pointer, names)
        self._source = ByteSource(settings.path, settings.follow)
        self._begin()

    def _begin(self) -> None:
        self.detected: Detected | None = None
        self.packed = False
        self.ended = False
        self.busy = True
        self._gunzip: Gunzip | None = None
        self._utf8: ToUtf8 | None = None
        self._format: Format | None = None
        self._start = self._head = b""
        self._known_packing = False
        self._pieces: Iterator[bytes] = iter(())

    # -- what was found out --------------------------------------------------------------------------------
    @property
    def progress(self) -> float | None:
        return 1.0 if self.ended else self._source.progress

    @property
    def notice(self) -> str:
        return self._source.notice

    @property
    def charset(self) -> str:
        """The character set's name as people write it; empty until it is known."""
        return self._utf8.told if self._utf8 else ""

    @property
    def charset_is_guessed(self) -> bool:
        return self._utf8 is not None and self._utf8.guessed and self._utf8.name != "utf-8"

    @property
    def header(self) -> tuple[str, ...]:
        return self._format.header if self._format else ()

    # -- reading -------------------------------------------------------------------------------------------
    def next_batch(self) -> list[Event]:
        """The events of the next piece; empty when there are none now, or none in it (see ``ended``)."""
        if self.ended:
            return []
        try:
            piece = next(self._pieces, b"")
            if not piece:
                piece = self._next_piece()
            self.busy = self.busy or bool(piece)
            last = self._source.ended and not piece
            if not piece and not last and not self._start:
                return []
            events = self._read(piece, last)
        except Corrupt as damage:
            events, self.ended = self._whole_lines(), True
            self.findings.break_off((self._format.line if self._format else 0) + 1, damage.message)
        self.findings.events += len(events)
        return events

    def _whole_lines(self) -> list[Event]:
        """What is whole of the little that was unpacked before the damage; of more, all that is whole was given."""
        start, self._start = self._start[: self._start.rfind(b"\n") + 1], b""
        if self._format is not None or not start or not self._look(start, last=True, nothing_now=True):
            return []
        assert self._format is not None, "made by _look"
        return self._format.feed(self._utf8.feed(start, False) if self._utf8 else start)

    def _next_piece(self) -> bytes:
        chunk = self._source.next()
        if self._source.begins_anew:
            self._begin()
        self.busy = bool(chunk)
        if not self._known_packing:
            chunk = self._open_packing(chunk)
        if self._gunzip is None or not chunk:
            if self._gunzip is not None and self._source.ended:
                self._gunzip.finish()
            return chunk
        self._pieces = self._gunzip.feed(chunk)
        return next(self._pieces, b"")

    def _open_packing(self, chunk: bytes) -> bytes:
        """Look at the first bytes, once there are enough or no more come now: a pipe may begin with one or two."""
        self._head += chunk
        more = (chunk and len(self._head) < _LONGEST_MAGIC) or GZIP.startswith(self._head)
        if more and not self._source.ended:
            return b""
        head, self._head, self._known_packing = self._head, b"", True
        self.packed = head.startswith(GZIP)
        if self.packed:
            self._gunzip = Gunzip()
        elif self._binary_kind(head) is None:
            refuse_other_files(head)
        return head

    def _read(self, piece: bytes, last: bool) -> list[Event]:
        if self._format is None:
            nothing_now = not piece
            piece, self._start = self._start + piece, b""
            if not self._look(piece, last, nothing_now):
                self._start = piece
                return []
        assert self._format is not None, "made by _look"
        events = self._format.feed(self._utf8.feed(piece, last) if self._utf8 else piece)
        self._tell_guess()
        if last:
            events += self._format.finish()
        if last or (self._format.over and not self.settings.follow):
            self.ended = True
            if self._fields.times.assumed_year:
                self.findings.choose("Its times name no year: for each the latest that is not in the future was taken.")
        return events

    def _look(self, start: bytes, last: bool, nothing_now: bool) -> bool:
        """Find out what it is, once enough is there; a pipe that gives a line is not waited for."""
        if not (last or len(start) >= _LOOKED_AT or (b"\n" in start and nothing_now)):
            return False
        kind = self._binary_kind(start)
        wide = not last and (b"\0" in start[:4] or start[:1] in (b"\xff", b"\xfe"))  # UTF-16 or UTF-32
        whole = start[: len(start) // 4 * 4] if wide else start  # without part of a letter
        text = b"" if kind else ToUtf8(self._charset, whole).feed(whole, last)
        detected = Detected(kind) if kind else detect(self._asked, text, last)
        if detected is None and len(start) < _LOOKED_AT:
            return False
        self.detected = detected or Detected(FORMATS["json"])
        if self.detected.guessed:
            self.findings.choose("It was taken as CSV, as its lines suggest and no name says: "
                                 "choose the format «lines» to keep each line as it stands.")
        if not self.detected.kind.own_bytes:
            self._utf8 = ToUtf8(self._charset, whole, keeps_bytes=self.detected.kind.keeps_bytes)
        self._format = self.detected.kind.make(
            Ground(self._fields, self.findings, self.detected.newline, self.detected.delimiter, self._asked.pointer,
                   lambda: self.charset))
        return True

    def _binary_kind(self, start: bytes) -> FormatKind | None:
        """The format whose files are no text: the one that was asked for, or that begins so."""
        asked = FORMATS.get(self._asked.format)
        if asked is not None:
            return asked if asked.own_bytes else None
        return next((kind for kind in FORMATS.values() if kind.magic and start.startswith(kind.magic)), None)

    def _tell_guess(self) -> None:
        if self.charset_is_guessed and self._utf8 is not None:
            self.findings.choose(f"Its text is not UTF-8; it was read as {self.charset}, which is a guess: "
                                 "if letters are wrong, name its character set (--charset).")

    # -- again, and no more --------------------------------------------------------------------------------
    def rewind(self) -> None:
        """Start again at the first byte."""
        self._source.rewind()
        self._begin()

    def close(self) -> None:
        self._source.close()
