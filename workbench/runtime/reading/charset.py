"""Bytes of a file to UTF-8, whatever character set it is written in. One stage; every format behind it sees UTF-8.

Who names no character set gets it found out: by a byte order mark, by the zeros of UTF-16, else UTF-8. A file is plain
ASCII until proved otherwise: at the first bytes that are more, it is UTF-8 if they read as that, else windows-1252 is
guessed, and the guess is told. Bytes that can't be read become bytes that are not UTF-8, so that the line that holds
them is refused with its number.
"""

from __future__ import annotations

import codecs
import re

_BAD = "\udcff"  # becomes the byte 0xFF, which no UTF-8 holds
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"),
          (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_GUESS = "cp1252"
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_NO_WORD = re.compile(rb"(?<![A-Za-z\x80-\xff])[\x80-\xff]+(?![A-Za-z\x80-\xff])")
_LOOKED_AT = 64 * 1024
_TOLD = {"utf-8": "UTF-8", "cp1252": "windows-1252", "iso8859-1": "ISO 8859-1", "utf-16-le": "UTF-16",
         "utf-16-be": "UTF-16", "utf-32-le": "UTF-32", "utf-32-be": "UTF-32", "ascii": "ASCII"}
# What is registered may be asked about any UnicodeError, the stub says; reading only meets those with an end.
codecs.register_error("workbench.bad", lambda error: (_BAD, error.end))  # pyright: ignore[reportAttributeAccessIssue]


def marked(start: bytes) -> tuple[str, int]:
    """The character set that a byte order mark names, and the mark's length; nothing where there is none."""
    for mark, name in _MARKS:
        if start.startswith(mark) and (name == "utf-8" or _reads_as(start[len(mark) :], name)):
            return name, len(mark)
    return "", 0


def unmarked_utf_16(start: bytes) -> str:
    """UTF-16 without a mark: every other byte of Latin text is zero."""
    pairs = len(start[:4096]) // 2
    if pairs < 4:
        return ""
    even, odd = (start[: 2 * pairs : 2][:2048].count(0), start[1 : 2 * pairs : 2][:2048].count(0))
    for name, zeros, others in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if zeros > 0.4 * pairs and others < 0.05 * pairs and _reads_as(start, name):
            return name
    return ""


def _reads_as(data: bytes, name: str) -> bool:
    """Whether it decodes, but for a part cut off at the end of a long beginning."""
    data = data[:_LOOKED_AT]
    try:
        codecs.getincrementaldecoder(name)().decode(data, len(data) < _LOOKED_AT)
    except UnicodeDecodeError:
        return False
    return True


class ToUtf8:
    """``name`` is the character set as far as it is known; ``guessed`` that nothing in the file says so.

    ``keeps_bytes`` is for formats whose values are the file's bytes: a guess is made only where every strange byte
    stands beside a letter, as in words; what is anything else passes through as it stands.
    """

    def __init__(self, name: str, start: bytes, keeps_bytes: bool = False) -> None:
        mark, self._skip = marked(start)
        if name in ("utf-16", "utf-32", "utf-8-sig", "utf-8") and mark:
            name = "utf-8" if mark == "utf-8" else mark
        self.guessed = not name and not mark
        name = name or mark or unmarked_utf_16(start)
        if self._skip and mark != name:
            self._skip = 0  # what looks like a mark is text of the character set that was named
        self.name = {"utf-16": "utf-16-le", "utf-32": "utf-32-le", "utf-8-sig": "utf-8"}.get(name, name) or "utf-8"
        self._open = not name  # ASCII so far: it may still be anything
        self._keeps_bytes = keeps_bytes
        self._tail = b""
        self._decoder = None if self.name == "utf-8" else self._decoder_of(self.name)

    @staticmethod
    def _decoder_of(name: str) -> codecs.IncrementalDecoder:
        return codecs.getincrementaldecoder(name)("workbench.bad")

    @property
    def told(self) -> str:
        return _TOLD.get(self.name, self.name)

    def feed(self, data: bytes, last: bool = False) -> bytes:
        if self._skip:
            cut, self._skip = min(self._skip, len(data)), max(0, self._skip - len(data))
            data = data[cut:]
        if self._open:
            data = self._decide(self._tail + data, last)
        if self._decoder is None:
            return data
        return self._decoder.decode(data, last).encode("utf-8", "surrogateescape")

    def _decide(self, data: bytes, last: bool) -> bytes:
        """Find out at the first bytes that are not ASCII; those of a character that is cut in two wait for the rest."""
        self._tail = b""
        if data.isascii():
            return data
        cut = _cut_at(data) if not last else len(data)
        if data[:cut].isascii():
            self._tail = data[cut:]
            return data[:cut]
        text = data[:cut].decode("utf-8", "surrogateescape")
        strange = [letter for letter in text if letter > "\x7f"]
        bad = sum("\udc80" <= letter <= "\udcff" for letter in strange)
        self._open = False
        no_words = _CONTROLS.search(data) or (self._keeps_bytes and _NO_WORD.search(data))
        if bad and 2 * bad > len(strange) and not no_words:
            self.name, self._decoder = _GUESS, self._decoder_of(_GUESS)
        else:
            self.guessed = False
        return data


def _cut_at(data: bytes) -> int:
    """Where to cut so that no UTF-8 character is cut in two at the end."""
    for back in range(1, min(4, len(data)) + 1):
        byte = data[-back]
        if byte < 0x80:
            return len(data)
        if byte >= 0xC0:
            needed = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return len(data) - back if back < needed else len(data)
    return len(data)
