"""What a file is, from its beginning: its format, its delimiter, its ends of line. Settings that were made win.

    made of          taken as
    name .csv .tsv   CSV                       sep=; in the first line       CSV
    name .jsonl      JSON Lines, unless the beginning is an array over several lines
    { or [           JSON Lines where a line is a whole value and others follow, else a JSON document
    anything else    plain lines; CSV where the first line has a column of the name that was asked for, or is a row of
                     names and every line below has as many fields (a guess, which is told)
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass

import orjson

from workbench.runtime.reading.csv_rows import fields_of, separator_of
from workbench.runtime.reading.formats import FORMATS, FormatKind

_DELIMITERS = ",;\t|"
_ROWS_LOOKED_AT = 20
_TABLE = "csv by what it holds"
_NAME = re.compile(r"[^\W\d][^\n.!?]{0,31}")
"""What a column may be called, where nothing else says that a line is a header: no number, no sentence."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What was set: names of the fields, and what is not to be found out. Empty texts and ``auto`` are."""

    path: str
    format: str = "auto"
    delimiter: str = ""
    pointer: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Detected:
    kind: FormatKind
    delimiter: str = ""
    newline: bytes = b"\n"
    guessed: bool = False
    """Nothing but what it holds says so, and it could be meant otherwise."""


def detect(asked: Asked, start: bytes, whole: bool) -> Detected | None:
    """From the first bytes, as UTF-8; ``whole`` when there are no more. None: it can't be told yet."""
    newline = b"\r" if b"\r" in start[:-1] and b"\n" not in start else b"\n"
    lines = start.split(newline)
    if not whole and len(lines) > 1:
        lines.pop()  # it may go on
    name = asked.format if asked.format != "auto" else _name(asked, lines, whole)
    if name is None:
        return None
    if name == _TABLE:
        return Detected(FORMATS["csv"], _delimiter(asked, lines), newline, guessed=True)
    delimiter = (asked.delimiter or _delimiter(asked, lines)) if name == "csv" else ""
    return Detected(FORMATS[name], delimiter, newline)


def _name(asked: Asked, lines: list[bytes], whole: bool) -> str | None:
    if asked.pointer:
        return "json"
    path = asked.path.lower()
    for packed in (".gz", ".gzip"):
        path = path.removesuffix(packed)
    by_name = next((kind.name for kind in FORMATS.values() if path.endswith(kind.endings or ("\0",))), "")
    if by_name == "csv" or asked.delimiter or separator_of(lines[0]):
        return "csv"
    full = [line for line in lines if line.strip()]
    if not full:
        return by_name or ("jsonl" if path.endswith(".json") else "lines")
    if full[0].lstrip()[:1] in (b"{", b"["):
        return _json(full, by_name, whole)
    if by_name or path.endswith(".json"):
        return by_name or "json"
    columns = {field for mark in _DELIMITERS for field in _columns(full[0], mark)}
    if len(full) > 1 and any(name in columns for name in asked.fields):
        return "csv"
    return _table(asked, full, whole)


def _table(asked: Asked, full: list[bytes], whole: bool) -> str | None:
    """CSV or plain lines, by what stands there; None for a row of names below which nothing has come yet."""
    mark = _delimiter(asked, full)
    names = [name.strip() for name in _columns(full[0], mark)]
    if len(names) < 2 or len(set(names)) < len(names) or not all(map(_NAME.fullmatch, names)):
        return "lines"
    if len(full) == 1:
        return "lines" if whole else None
    rows = [_columns(line, mark) for line in full[1:_ROWS_LOOKED_AT]]
    repeats = any(name == field.strip() for row in rows for name, field in zip(names, row, strict=False))
    return _TABLE if all(len(row) == len(names) for row in rows) and not repeats else "lines"


def _json(full: list[bytes], by_name: str, whole: bool) -> str | None:
    """JSON Lines or a document, of lines that begin with a brace or a bracket."""
    array = full[0].lstrip()[:1] == b"["
    complete = [line.lstrip()[:1] in (b"{", b"[") and _is_json(line) for line in full]
    if complete[0]:
        if len(full) > 1:
            return "jsonl"
        if array and whole and full[0].lstrip()[1:].lstrip()[:1] == b"{":
            return "json"  # of objects, whatever its name
        return by_name or ("json" if whole else None if array else "jsonl")
    if array:
        return "json"
    if len(full) == 1:
        return "jsonl"
    if by_name:
        return by_name if any(complete) else "json"
    return "jsonl" if 2 * sum(complete) > len(complete) - 1 else "json"


def _is_json(line: bytes) -> bool:
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError:
        return False
    return True


def _columns(line: bytes, delimiter: str) -> list[str]:
    return fields_of(line.decode("utf-8", "replace").removesuffix("\r"), delimiter)[0] if delimiter else []


def _delimiter(asked: Asked, lines: list[bytes]) -> str:
    """The one that parts the header and the rows below it alike, else the one the header has most of."""
    if named := separator_of(lines[0]):
        return named
    full = [line for line in lines[:_ROWS_LOOKED_AT] if line.strip()]
    if not full:
        return ","
    if asked.path.lower().endswith((".tsv", ".tab")) and b"\t" in full[0]:
        return "\t"
    texts = [line.decode("utf-8", "replace") for line in full]

    def worth(mark: str) -> tuple[bool, float, int]:
        try:
            widths = [len(row) for row in csv.reader((text + "\n" for text in texts), delimiter=mark) if row]
        except csv.Error:
            widths = []
        width = widths[0] if widths else 1
        alike = sum(other == width for other in widths) / len(widths) if widths else 0.0
        return width > 1, alike, width

    return max(_DELIMITERS, key=worth)
