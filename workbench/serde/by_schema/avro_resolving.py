"""Bytes of one Avro schema made into bytes of another, by fastavro's schema resolution.

What is resolved is the bare datum, without logical types: it is written again by the reader's schema, so that whoever
reads it sees the reader's logical types, its unions and its order of fields. Where the reader has a union with records
in it, each record brings its name along, in a field that nobody writes and that is filled in by default: two records
of the same fields stay apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any

from workbench.serde.by_schema.avro_bounds import recursive, unreadable
from workbench.serde.schemas.avro import AvroSchema

_DEEP_BYTES = 250  # see by_schema/avro.py
_NAME = "__record"
_WORDS = ("type", "name", "namespace", "fields", "symbols", "items", "values", "size", "aliases")


class AvroResolver:
    """``ValueError`` from the constructor where no value of one of the schemas can be read in bounded time."""

    def __init__(self, reader: AvroSchema, writer: AvroSchema) -> None:
        from fastavro import _read as read
        from fastavro import _read_py as read_carefully
        from fastavro import _write as write
        from fastavro import _write_py as write_carefully

        for each in (reader, writer):
            if refused := unreadable(each.tree, each.named):
                raise ValueError(refused)
        self._compiled = read.schemaless_reader, write.schemaless_writer
        self._python = read_carefully.schemaless_reader, write_carefully.schemaless_writer
        self._deep = recursive(reader.named) or recursive(writer.named)
        self._tree, self._named = reader.tree, reader.named
        self._names = _has_union_of_records(reader)
        self._writer = _parsed(_Bare(writer.named).of(writer.tree))
        self._reader = _parsed(_Bare(reader.named, names=self._names).of(reader.tree))
        self._written = _parsed(_Bare(reader.named).of(reader.tree))

    def resolve(self, payload: bytes) -> bytes:
        """``ValueError`` where the value can't be resolved."""
        careful = self._deep and len(payload) > _DEEP_BYTES
        read, write = self._python if careful else self._compiled
        source, out = BytesIO(payload), BytesIO()
        try:
            datum = read(source, self._writer, self._reader)
            write(out, self._written, self._with_names(datum, self._tree) if self._names else datum)
        except Exception as wrong:  # its errors are of many kinds
            raise ValueError(str(wrong) or type(wrong).__name__) from None
        return out.getvalue()

    def _with_names(self, datum: Any, node: Any) -> Any:
        """Each record in a union as the pair of its name and itself, as fastavro takes it."""
        node = self._named.get(node, node) if isinstance(node, str) else node
        if isinstance(node, list):
            return self._of_branch(datum, node)
        if not isinstance(node, dict):
            return datum
        if isinstance(datum, list) and node["type"] == "array":
            return [self._with_names(each, node["items"]) for each in datum]
        if isinstance(datum, dict) and node["type"] == "map":
            return {key: self._with_names(each, node["values"]) for key, each in datum.items()}
        if isinstance(datum, dict) and "fields" in node:
            return {field["name"]: self._with_names(datum[field["name"]], field["type"])
                    for field in node["fields"] if field["name"] in datum}
        return datum

    def _of_branch(self, datum: Any, union: list[Any]) -> Any:
        full = [self._named.get(each, each) if isinstance(each, str) else each for each in union]
        if isinstance(datum, dict) and isinstance(datum.get(_NAME), str):
            branch = next((each for each in full if isinstance(each, dict) and each.get("name") == datum[_NAME]), None)
            return datum if branch is None else (datum[_NAME], self._with_names(datum, branch))
        kind = "array" if isinstance(datum, list) else "map" if isinstance(datum, dict) else ""
        branch = next((each for each in full if isinstance(each, dict) and each["type"] == kind), None)
        return datum if branch is None else self._with_names(datum, branch)


class _Bare:
    """A schema without logical types, its defaults as data; with ``names`` each record has its name for a field."""

    def __init__(self, named: Mapping[str, Any], names: bool = False) -> None:
        self._named, self._names = named, names

    def of(self, node: Any) -> Any:
        if isinstance(node, str):
            return node
        if isinstance(node, list):
            return [self.of(each) for each in node]
        kept = {word: node[word] for word in _WORDS if word in node}
        for word in ("items", "values"):
            if word in kept:
                kept[word] = self.of(kept[word])
        if "fields" in kept:
            kept["fields"] = [self._field(field) for field in kept["fields"]]
            if self._names:
                kept["fields"].append({"name": _NAME, "type": "string", "default": node["name"]})
        elif kept["type"] == "enum" and "default" in node:
            kept["default"] = node["default"]
        return kept if kept.keys() != {"type"} else kept["type"]

    def _field(self, field: dict[str, Any]) -> dict[str, Any]:
        made = {word: field[word] for word in ("name", "aliases") if word in field}
        made["type"] = self.of(field["type"])
        if "default" in field:
            made["default"] = self._datum(field["type"], field["default"])
        return made

    def _datum(self, node: Any, default: Any) -> Any:
        """In a schema bytes are written as text, one letter a byte, and a record may leave out what has a default."""
        node = self._named.get(node, node) if isinstance(node, str) else node
        if isinstance(node, list):
            return self._of_union(node, default)
        node = {"type": node} if isinstance(node, str) else node
        kind = node["type"]
        if kind in ("bytes", "fixed") and isinstance(default, str):
            return default.encode("latin-1")
        if kind in ("float", "double") and isinstance(default, int):
            return float(default)
        if kind == "array" and isinstance(default, list):
            return [self._datum(node["items"], each) for each in default]
        if kind == "map" and isinstance(default, dict):
            return {key: self._datum(node["values"], each) for key, each in default.items()}
        if "fields" in node and isinstance(default, dict):
            return {field["name"]: self._datum(field["type"], default.get(field["name"], field.get("default")))
                    for field in node["fields"]}
        return default

    def _of_union(self, union: list[Any], default: Any) -> Any:
        """A default is of the first branch, or (1.12) of any that looks like it; text of a string, else of bytes."""
        full = [self._named.get(each, each) if isinstance(each, str) else each for each in union]
        kinds = [each if isinstance(each, str) else each["type"] for each in full]
        looks = {str: ("string", "enum", "bytes", "fixed"), bool: ("boolean",), list: ("array",),
                 int: ("int", "long", "float", "double"), float: ("float", "double"), dict: ("record", "map")}
        wanted = looks.get(type(default), ("null",))
        first = kinds[0] if kinds and kinds[0] in wanted else next((each for each in wanted if each in kinds), None)
        return default if first is None else self._datum(full[kinds.index(first)], default)


def _has_union_of_records(schema: AvroSchema) -> bool:
    def records(node: Any) -> bool:
        if isinstance(node, list):
            full = [schema.named.get(each, each) if isinstance(each, str) else each for each in node]
            alike = sum(isinstance(each, dict) and (each["type"] == "map" or "fields" in each) for each in full)
            return alike > 1 or any(records(each) for each in node)
        if not isinstance(node, dict):
            return False
        return any(records(node[word]) for word in ("items", "values") if word in node) \
            or any(records(field["type"]) for field in node.get("fields", ()))

    return records(schema.tree) or any(records(each) for each in schema.named.values())


def _parsed(tree: Any) -> Any:
    from fastavro.schema import parse_schema

    return parse_schema(tree, named_schemas={}, _force=True, _ignore_default_error=True)
