"""The bytes of one Avro schema: read by fastavro, as values and as forms; written from forms by ``avro_writing``."""

from __future__ import annotations

import struct
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
        self._schema = schema
        top = schema.tree
        self.name = top["name"] if isinstance(top, dict) and "name" in top else top if isinstance(top, str) else ""
        self._deep = recursive(schema.named)
        self._values = self._parsed(VALUE)
        self.seen_as_it_is = not _has_other_leaves(self._values)

    def value(self, payload: bytes) -> Any:
        return _read(payload, self._values, self._deep)

    def form(self, payload: bytes) -> Any:
        return _read(payload, self._forms, self._deep)

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


def _read(payload: bytes, parsed: Any, deep: bool) -> Any:
    if deep and len(payload) > _DEEP_BYTES:
        from fastavro._read_py import schemaless_reader
    else:
        from fastavro._read import schemaless_reader

    source = BytesIO(payload)
    try:
        value = schemaless_reader(source, parsed, None)
    except EOFError:
        raise ValueError(f"the bytes end within a value, after {source.tell()} of {len(payload)}") from None
    except IndexError:
        raise ValueError("a number of a branch or symbol is none of the schema's, or the bytes end too early") from None
    except UnicodeDecodeError:
        raise ValueError("a text is no UTF-8") from None
    except (RecursionError, OverflowError, MemoryError, struct.error, ValueError, TypeError, KeyError) as wrong:
        raise ValueError("nested too deep" if isinstance(wrong, RecursionError) else str(wrong)) from None
    left = len(payload) - source.tell()
    if left:
        raise ValueError(f"{left} bytes are left behind the value")
    return value


_OTHER = frozenset(f"{VALUE}-{logical}" for logical in (
    "date", "time-millis", "time-micros", "uuid", "local-timestamp-millis", "local-timestamp-micros"))


def _has_other_leaves(parsed: Any) -> bool:
    """Whether values hold what expressions have no word for, so that it must be put into words for them."""
    return any(each in repr(parsed) for each in _OTHER)
