"""The bytes of one Avro schema: read by fastavro, as values and as forms; written from forms by ``avro_writing``."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from io import BytesIO
from typing import Any

from workbench.serde.by_schema.avro_bounds import recursive, unreadable
from workbench.serde.by_schema.avro_defaults import template
from workbench.serde.by_schema.avro_leaves import FORM, VALUE, make_known
from workbench.serde.by_schema.avro_trees import tree_for
from workbench.serde.by_schema.avro_writing import Writers
from workbench.serde.schemas.avro import AvroSchema

_DEEP_BYTES = 250
"""fastavro's compiled reader takes stack as deep as values nest and ends the process when there is none left: bytes of
a type that holds itself, and enough of them to nest so deep, are read by its Python one, which can say so."""


class AvroSerde:
    """``ValueError`` from the constructor where no value of the schema can be read in bounded time."""

    encoding = "avro"

    def __init__(self, schema: AvroSchema) -> None:
        refused = unreadable(schema.tree, schema.named)
        if refused:
            raise ValueError(refused)
        make_known()
        from fastavro import _read as compiled
        from fastavro import _read_py as python

        self._fast, self._careful = compiled.schemaless_reader, python.schemaless_reader
        self._schema = schema
        top = schema.tree
        self.name = top["name"] if isinstance(top, dict) and "name" in top else top if isinstance(top, str) else ""
        self._deep = recursive(schema.named)
        self._values = self._parsed(VALUE)
        self.seen_as_it_is = not _has_other_leaves(self._values)

    def value(self, payload: bytes) -> Any:
        return self._read(payload, self._values)

    def form(self, payload: bytes) -> Any:
        return self._read(payload, self._forms)

    def forms(self, data: bytes, count: int) -> Iterator[Any]:
        """``count`` values one behind the other, that fill the bytes."""
        source, read = BytesIO(data), self._careful if self._deep and len(data) > _DEEP_BYTES else self._fast
        for _ in range(count):
            try:
                form = read(source, self._forms, None)
            except Exception as wrong:  # its errors are of many kinds
                raise ValueError(_reason(wrong, source.tell(), len(data))) from None
            yield form
        left = len(data) - source.tell()
        if left:
            raise ValueError(f"{left} bytes are left behind the values")

    def _read(self, payload: bytes, parsed: Any) -> Any:
        source = BytesIO(payload)
        read = self._careful if self._deep and len(payload) > _DEEP_BYTES else self._fast
        try:
            value = read(source, parsed, None)
        except Exception as wrong:  # its errors are of many kinds
            raise ValueError(_reason(wrong, source.tell(), len(payload))) from None
        left = len(payload) - source.tell()
        if left:
            raise ValueError(f"{left} bytes are left behind the value")
        return value

    def write(self, form: Any) -> bytes:
        out = bytearray()
        try:
            self._writers.top(form, "", out)
        except RecursionError:
            raise ValueError("nested too deep") from None
        return bytes(out)

    def template(self) -> Any:
        return template(self._schema.tree, self._schema.named)

    @cached_property
    def _forms(self) -> Any:
        return self._parsed(FORM)

    @cached_property
    def _writers(self) -> Writers:
        return Writers(self._schema.tree, self._schema.named)

    def _parsed(self, purpose: str) -> Any:
        from fastavro.schema import parse_schema

        tree = tree_for(self._schema.tree, self._schema.named, purpose)
        return parse_schema(tree, named_schemas={}, _force=True, _ignore_default_error=True)


def _reason(wrong: Exception, at: int, size: int) -> str:
    match wrong:
        case EOFError():
            return f"the bytes end within a value, after {at} of {size}"
        case IndexError():
            return "a number of a branch or symbol is none of the schema's, or the bytes end too early"
        case UnicodeDecodeError():
            return "a text is no UTF-8"
        case RecursionError():
            return "nested too deep"
    return str(wrong) or type(wrong).__name__


_OTHER = frozenset(f"{VALUE}-{logical}" for logical in (
    "date", "time-millis", "time-micros", "uuid", "local-timestamp-millis", "local-timestamp-micros"))


def _has_other_leaves(parsed: Any) -> bool:
    """Whether values hold what expressions have no word for, so that it must be put into words for them."""
    return any(each in repr(parsed) for each in _OTHER)
