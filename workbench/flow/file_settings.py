"""Settings of a file source that are written as text: its character set, the delimiter of its columns, the place of the
array within a JSON document. Read here, so that the drawing's problems, the command line and the reader judge alike.

Pure; what can't be read is ``Invalid`` with what would be taken.
"""

from __future__ import annotations

import codecs

from workbench.core.errors import Invalid

_NO_CHARSETS = {"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape", "mbcs", "oem"}
_DELIMITERS = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "space": " "}


def charset_of(name: str) -> str:
    """The character set's name as Python spells it; empty for «find it out»."""
    if not name.strip():
        return ""
    try:
        found = codecs.lookup(name.strip())
    except (LookupError, ValueError):
        found = None
    if found is None or not found._is_text_encoding or found.name in _NO_CHARSETS:
        raise Invalid("There is no character set «{name}».", "Write it like utf-8, utf-16, cp1252 or latin-1.",
                      name=name)
    return found.name


def delimiter_of(text: str) -> str:
    """What parts the columns; empty for «find it out»."""
    chosen = _DELIMITERS.get(text.strip().lower(), text)
    if len(chosen) > 1 or chosen in ('"', "\n", "\r", "\0"):
        raise Invalid("Columns can't be parted by «{text}».", "Give one character, for example ; or tab.", text=text)
    return chosen


def pointer_of(text: str) -> tuple[str, ...]:
    """The names on the way to a value within a JSON document (RFC 6901); dots are taken for slashes."""
    text = text.strip()
    if not text or text == "/":
        return ()
    parts = text[1:].split("/") if text[0] == "/" else text.removeprefix("$.").split(".")
    if not all(parts):
        raise Invalid("«{text}» is no way into a document.", "Write it as a JSON pointer, like /data/events.",
                      text=text)
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in parts)
