"""What keeps a reader from reading what a writer writes, in words. Pure values."""

from __future__ import annotations

from typing import NamedTuple

from workbench.core.errors import Invalid

MOST_COMPARED = 100_000
MOST_DEPTH = 200


class Difference(NamedTuple):
    """``kind`` is the registries' name of it. ``what`` is a sentence without its full stop, about ``{reader}`` and
    ``{writer}``; ``if_reader`` is what to do where the schema at hand is the reader's, ``if_writer`` the writer's."""

    kind: str
    field: str
    what: str
    if_reader: str
    if_writer: str

    def sentence(self, reader: str, writer: str, reader_is_new: bool) -> str:
        what = self.what.replace("{reader}", reader).replace("{writer}", writer)
        todo = self.if_reader if reader_is_new else self.if_writer
        return f"{what[:1].upper()}{what[1:]}. {todo}".rstrip()


class Budget:
    """Bounds a comparison: so many pairs of types, so deep."""

    def __init__(self) -> None:
        self._left = MOST_COMPARED

    def spend(self, depth: int) -> None:
        self._left -= 1
        if self._left < 0 or depth > MOST_DEPTH:
            raise Invalid("The two schemas are too large or too deep to be compared.",
                          "Split them, or set the level NONE for this subject.")


def named(path: str) -> str:
    """How a sentence names a place: ``the field 'customer.name'``, or the value as a whole."""
    return f"the field '{path}'" if path else "the value"


def within(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
