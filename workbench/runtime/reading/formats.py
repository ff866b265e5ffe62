"""The table of formats that files of events are read in. To add one: its module, and its line here.

Formats of text are fed UTF-8 whatever the file holds; one with ``own_bytes`` is fed the file's bytes as they stand and
is recognised by its ``magic``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from workbench.runtime.reading.base import Format, Ground
from workbench.runtime.reading.csv_rows import CsvRows
from workbench.runtime.reading.json_documents import JsonDocuments
from workbench.runtime.reading.plain_lines import JsonLines, PlainLines


@dataclass(frozen=True, slots=True)
class FormatKind:
    """``keeps_bytes``: values are what stands in the file, so a character set is guessed with more care."""

    name: str
    label: str
    make: Callable[[Ground], Format]
    endings: tuple[str, ...] = ()
    own_bytes: bool = False
    keeps_bytes: bool = False
    magic: bytes = b""


def _avro_file(ground: Ground) -> Format:
    from workbench.runtime.reading.avro_files import AvroFile

    return AvroFile(ground)


def _protobuf_file(ground: Ground) -> Format:
    from workbench.runtime.reading.protobuf_files import ProtobufFile

    return ProtobufFile(ground)


FORMATS = {
    kind.name: kind
    for kind in (
        FormatKind("jsonl", "JSON Lines", JsonLines, (".jsonl", ".ndjson")),
        FormatKind("json", "JSON document", JsonDocuments),
        FormatKind("csv", "CSV", CsvRows, (".csv", ".tsv", ".tab")),
        FormatKind("lines", "plain lines", PlainLines, keeps_bytes=True),
        FormatKind("avro", "Avro file", _avro_file, (".avro",), own_bytes=True, magic=b"Obj\x01"),
        FormatKind("protobuf", "Protobuf messages behind their lengths", _protobuf_file, own_bytes=True),
    )
}
