"""What is packed is unpacked by what it holds, not by its name: gzip, in any number of members.

Output comes in bounded pieces, so that a small file that unpacks to very much is never held whole. Files that are
plainly no events (archives, pictures, databases) are refused by their first bytes.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from workbench.core.errors import Corrupt, Unsupported

GZIP = b"\x1f\x8b\x08"
PIECE_BYTES = 128 * 1024
_GZIP_WINDOW = 31
_NO_EVENTS = (
    (b"PK\x03\x04", "a zip archive or an office document"), (b"BZh", "packed with bzip2"),
    (b"\xfd7zXZ\x00", "packed with xz"), (b"\x28\xb5\x2f\xfd", "packed with zstd"), (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"\x04\x22\x4d\x18", "packed with lz4"), (b"PAR1", "a Parquet file"), (b"SQLite format 3\0", "an SQLite database"),
    (b"%PDF-", "a PDF document"), (b"\x89PNG\r\n", "a picture"), (b"\xff\xd8\xff\xe0", "a picture"),
    (b"Obj\x01", "an Avro object file"), (b"ORC\x00", "an ORC file"),
)


def refuse_other_files(start: bytes) -> None:
    """``Unsupported`` when the first bytes say that this holds no lines or documents of text."""
    for magic, what in _NO_EVENTS:
        if start.startswith(magic):
            raise Unsupported("This is {what}, not a file of events.",
                              "Give JSON, CSV or lines, plain or packed with gzip.", what=what)


class Gunzip:
    def __init__(self) -> None:
        self._member = zlib.decompressobj(_GZIP_WINDOW)
        self._begun = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """What ``data`` unpacks to, piece by piece; ``Corrupt`` where it is damaged."""
        while data:
            if self._member.eof:
                data = data.lstrip(b"\0")  # padding between or after members
                if not data:
                    return
                self._member = zlib.decompressobj(_GZIP_WINDOW)
                self._begun = False
            self._begun = True
            try:
                piece = self._member.decompress(data, PIECE_BYTES)
            except zlib.error:
                raise Corrupt("The gzip data is damaged here.", "Pack the file again.") from None
            if piece:
                yield piece
            data = self._member.unused_data if self._member.eof else self._member.unconsumed_tail

    def finish(self) -> None:
        """``Corrupt`` when the last member is not whole."""
        if self._begun and not self._member.eof:
            raise Corrupt("The gzip data ends before its end: the file was cut short.", "Fetch it again.")
