"""Avro schemas (specification 1.12): read, checked with the place of what is wrong, and made self-contained.

``tree`` is the schema as JSON says it, with what it refers to put in where it is first used, each named type once: any
library can read it as it is. A name with dots is full, else it stands in the namespace that is given or, failing that,
in the one around it. Defaults are not checked, as the registries do not; a value that does not fit is found in use.
"""

from __future__ import annotations

import re
from typing import Any

from workbench.core.errors import Invalid
from workbench.serde.schemas.avro_fields import fields_of
from workbench.serde.schemas.base import AVRO, Field, Schema
from workbench.serde.schemas.json_text import compact, read_json
from workbench.serde.schemas.references import Referred

PRIMITIVES = frozenset(("null", "boolean", "int", "long", "float", "double", "bytes", "string"))
_NAMED = ("record", "error", "enum", "fixed")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_READ_HERE = frozenset(("type", "name", "namespace", "fields", "symbols", "items", "values", "size"))


class AvroSchema:
    """A schema that holds. ``named`` are the types it defines or uses, by full name, as they stand in ``tree``."""

    type = AVRO

    def __init__(self, tree: Any, named: dict[str, dict[str, Any]], canonical: str, names: tuple[str, ...]) -> None:
        self.tree = tree
        self.named = named
        self.canonical = canonical
        self.names = names

    def fields(self, name: str = "") -> tuple[Field, ...]:
        return fields_of(self.named.get(name, self.tree), self.named)


def read(schema: Schema, others: list[Referred]) -> AvroSchema:
    given: dict[str, dict[str, Any]] = {}
    for each in others:
        tree = read_json(each.schema.text, f"What {each.reference.name!r} refers to")
        given |= _Reading(f"{each.reference.name}: ", given).whole(tree).named
    tree = read_json(schema.text, "An Avro schema")
    reading = _Reading("", given).whole(tree)
    own = tuple(name for name, each in reading.named.items() if each["type"] in ("record", "error"))
    bare = _Reading("", given, inline=False)
    canonical = compact(bare.type_of(tree, "", ""), sort_keys=True)
    return AvroSchema(reading.tree, reading.named, canonical, own)


class _Reading:
    """One walk over one text. ``given`` are the named types of what it refers to; with ``inline`` each is put in where
    it is first used. ``place`` goes before what is said of an error."""

    def __init__(self, place: str, given: dict[str, dict[str, Any]], inline: bool = True) -> None:
        self._place, self._given, self._inline = place, given, inline
        self.named: dict[str, dict[str, Any]] = {}
        self.tree: Any = None

    def whole(self, tree: Any) -> _Reading:
        self.tree = self.type_of(tree, "", "")
        return self

    def type_of(self, node: Any, space: str, at: str) -> Any:
        """``node`` with full names, read within the namespace ``space``; ``at`` is its path, for sentences."""
        if isinstance(node, str):
            return node if node in PRIMITIVES else self._used(node, space, at)
        if isinstance(node, list):
            return self._union(node, space, at)
        if not isinstance(node, dict):
            raise self._wrong(at, f"{compact(node)[:40]} is no type")
        kind = node.get("type")
        if isinstance(kind, dict | list):
            return self.type_of(kind, space, at)
        if kind in _NAMED:
            return self._definition(node, kind, space, at)
        if kind in ("array", "map"):
            inner = "items" if kind == "array" else "values"
            if inner not in node:
                raise self._wrong(at, f"the {kind} does not say its {inner!r}")
            inside = f"{at}[]" if kind == "array" else f"{at}{{}}"
            return {"type": kind, inner: self.type_of(node[inner], space, inside), **_rest(node)}
        if not isinstance(kind, str):
            raise self._wrong(at, "it has no 'type'")
        return _primitive(node, kind) if kind in PRIMITIVES else self._used(kind, space, at)

    def _union(self, node: list[Any], space: str, at: str) -> list[Any]:
        branches, known = [], set()
        for each in node:
            if isinstance(each, list):
                raise self._wrong(at, "a union can't hold another directly")
            branch = self.type_of(each, space, at)
            name = branch_name(branch)
            if name in known:
                raise self._wrong(at, f"the union has {name} twice")
            known.add(name)
            branches.append(branch)
        return branches

    def _used(self, name: str, space: str, at: str) -> Any:
        for full in (f"{space}.{name}", name) if space and "." not in name else (name,):
            if full in self.named:
                return full
            if full in self._given:
                return self._put_in(full) if self._inline else full
        raise self._wrong(at, f"there is no type {name!r}")

    def _put_in(self, full: str) -> Any:
        """A type of a reference, with what it uses itself."""
        definition = dict(self._given[full])
        self.named[full] = definition
        if "fields" in definition:
            definition["fields"] = [{**field, "type": self._again(field["type"])} for field in definition["fields"]]
        return definition

    def _again(self, node: Any) -> Any:
        if isinstance(node, str):
            return self._put_in(node) if node not in PRIMITIVES and node not in self.named else node
        if isinstance(node, list):
            return [self._again(each) for each in node]
        full = node.get("name")
        if full is not None:
            return full if full in self.named else self._put_in(full)
        inner = "items" if "items" in node else "values" if "values" in node else ""
        return {**node, inner: self._again(node[inner])} if inner else node

    def _definition(self, node: dict[str, Any], kind: str, space: str, at: str) -> dict[str, Any]:
        full, inside = self._name_of(node, kind, space, at)
        if full in self.named:
            raise self._wrong(at, f"the name {full} is given twice")
        made = self.named[full] = {"type": kind, "name": full, **_rest(node)}
        if "." not in full:
            made["namespace"] = ""
        aliases = node.get("aliases", [])
        if not isinstance(aliases, list) or not all(isinstance(each, str) for each in aliases):
            raise self._wrong(at, f"the aliases of {full} are no list of names")
        if kind == "fixed":
            size = node.get("size")
            if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size < 2**31:
                raise self._wrong(at, f"the fixed {full} needs a 'size' of bytes")
            made["size"] = size
        elif kind == "enum":
            made["symbols"] = self._symbols(node, full, at)
        else:
            made["fields"] = self._fields(node, full, inside, at)
        return made

    def _name_of(self, node: dict[str, Any], kind: str, space: str, at: str) -> tuple[str, str]:
        name, given = node.get("name"), node.get("namespace", space)
        if not isinstance(name, str) or not name or not isinstance(given, str):
            raise self._wrong(at, f"the {kind} has no 'name'")
        full = name if "." in name or not given else f"{given}.{name}"
        if not all(_NAME.fullmatch(part) for part in full.split(".")):
            raise self._wrong(at, f"{full!r} is no name: letters, digits and underscores, beginning with no digit")
        return full, full.rpartition(".")[0]

    def _symbols(self, node: dict[str, Any], full: str, at: str) -> list[str]:
        symbols = node.get("symbols")
        if not isinstance(symbols, list) or not all(isinstance(each, str) for each in symbols):
            raise self._wrong(at, f"the enum {full} needs 'symbols'")
        for each in symbols:
            if not _NAME.fullmatch(each):
                raise self._wrong(at, f"the enum {full} has the symbol {each!r}, which is no name")
        if len(set(symbols)) < len(symbols):
            raise self._wrong(at, f"the enum {full} has a symbol twice")
        return symbols

    def _fields(self, node: dict[str, Any], full: str, inside: str, at: str) -> list[dict[str, Any]]:
        fields, known = node.get("fields"), set()
        if not isinstance(fields, list):
            raise self._wrong(at, f"the record {full} needs 'fields'")
        read = []
        for field in fields:
            name = field.get("name") if isinstance(field, dict) else None
            if not isinstance(name, str) or not _NAME.fullmatch(name):
                raise self._wrong(at, f"a field of {full} has no proper 'name': {compact(field)[:60]}")
            if name in known:
                raise self._wrong(at, f"the record {full} has the field {name!r} twice")
            known.add(name)
            below = f"{at}.{name}" if at else name
            if "type" not in field:
                raise self._wrong(below, "it has no 'type'")
            rest = {word: value for word, value in field.items() if word not in ("name", "type")}
            read.append({"name": name, "type": self.type_of(field["type"], inside, below), **rest})
        return read

    def _wrong(self, at: str, what: str) -> Invalid:
        where = f"{self._place}{at}: " if at else self._place
        return Invalid("The Avro schema does not hold: {where}{what}.", where=where, what=what)


def branch_name(branch: Any) -> str:
    """What a branch of a union is called: the full name of a named type, else its type."""
    return branch if isinstance(branch, str) else branch.get("name") or branch["type"]


def _primitive(node: dict[str, Any], kind: str) -> Any:
    rest = _rest(node)
    return {"type": kind, **rest} if rest else kind


def _rest(node: dict[str, Any]) -> dict[str, Any]:
    return {word: value for word, value in node.items() if word not in _READ_HERE}
