"""Avro's schema resolution (specification 1.12, «Schema Resolution»), told by field. Pure.

``avro.compatibility`` knows the same rules, and gives its reasons and their places as two sets: which field has which
reason is lost, and within a union the place starts anew. So it is the oracle of our tests, and the walk is ours.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from workbench.serde.schemas.avro import AvroSchema, branch_name
from workbench.serde.schemas.avro_fields import type_word
from workbench.serde.schemas.compatibility.base import Budget, Difference, named, within

_WIDER = {
    "int": ("long", "float", "double"), "long": ("float", "double"), "float": ("double",),
    "string": ("bytes",), "bytes": ("string",),
}
_SHOWN = 6


class _Pair(NamedTuple):
    reader: int
    writer: int


def unreadable(reader: AvroSchema, writer: AvroSchema) -> list[Difference]:
    """Nothing where every value written with ``writer`` can be read with ``reader``."""
    return _Walk(reader, writer).compare(reader.tree, writer.tree, "", 0)


class _Walk:
    def __init__(self, reader: AvroSchema, writer: AvroSchema) -> None:
        self._readers = reader.named
        self._writers = writer.named
        self._known: dict[_Pair, list[Difference]] = {}
        self._budget = Budget()

    def compare(self, reader: Any, writer: Any, path: str, depth: int) -> list[Difference]:
        """The differences of two types, as they stand in the trees, at the field ``path``. A pair within itself is
        taken to fit: whatever is wrong with it is found where it began."""
        self._budget.spend(depth)
        if isinstance(reader, str):
            reader = self._readers.get(reader, reader)
        if isinstance(writer, str):
            writer = self._writers.get(writer, writer)
        if isinstance(reader, str) and isinstance(writer, str):
            return [] if reads(reader, writer) else [_other_type(reader, writer, path)]
        pair = _Pair(id(reader), id(writer))
        if isinstance(reader, str) or isinstance(writer, str) or pair not in self._known:
            self._known[pair] = []
            self._known[pair] = self._differences(reader, writer, path, depth + 1)
        return self._known[pair]

    def _differences(self, reader: Any, writer: Any, path: str, depth: int) -> list[Difference]:
        if isinstance(writer, list):
            return self._of_written_union(reader, writer, path, depth)
        if isinstance(reader, list):
            return self._of_read_union(reader, writer, path, depth)
        kind, written = kind_of(reader), kind_of(writer)
        if kind != written:
            return [] if reads(kind, written) else [_other_type(reader, writer, path)]
        match kind:
            case "array":
                return self.compare(reader["items"], writer["items"], f"{path}[]", depth)
            case "map":
                return self.compare(reader["values"], writer["values"], f"{path}{{}}", depth)
            case "record":
                return _names(reader, writer, path) + self._fields(reader, writer, path, depth)
            case "enum":
                return _names(reader, writer, path) + _symbols(reader, writer, path)
            case "fixed":
                return _names(reader, writer, path) + _sizes(reader, writer, path)
        return []

    def _of_written_union(self, reader: Any, writer: list[Any], path: str, depth: int) -> list[Difference]:
        found: list[Difference] = []
        for branch in writer:
            if not isinstance(reader, list):
                found += self.compare(reader, branch, path, depth)
                continue
            branch = self._writers.get(branch, branch) if isinstance(branch, str) else branch
            found += self._of_read_union(reader, branch, path, depth)
        return found

    def _of_read_union(self, reader: list[Any], writer: Any, path: str, depth: int) -> list[Difference]:
        alike = None
        for branch in reader:
            found = self.compare(branch, writer, path, depth)
            if not found:
                return []
            full = self._readers.get(branch, branch) if isinstance(branch, str) else branch
            if kind_of(full) == kind_of(writer) and _same_name(full, writer):
                alike = found
        return [_no_branch(reader, writer, path)] if alike is None else alike

    def _fields(self, reader: dict[str, Any], writer: dict[str, Any], path: str, depth: int) -> list[Difference]:
        written = {field["name"]: field for field in writer["fields"]}
        found: list[Difference] = []
        for field in reader["fields"]:
            at = within(path, field["name"])
            names = (field["name"], *_aliases(field))
            there = next((written[name] for name in names if name in written), None)
            if there is not None:
                found += self.compare(field["type"], there["type"], at, depth)
            elif "default" not in field:
                found.append(_no_default(at, field))
        return found


def kind_of(node: Any) -> str:
    if isinstance(node, list):
        return "union"
    kind = node if isinstance(node, str) else node["type"]
    return "record" if kind == "error" else kind


def reads(reader: str, writer: str) -> bool:
    """Whether a value of the primitive type ``writer`` can be read as ``reader``."""
    return reader == writer or reader in _WIDER.get(writer, ())


def _aliases(node: dict[str, Any]) -> list[str]:
    aliases = node.get("aliases")
    return [each for each in aliases if isinstance(each, str)] if isinstance(aliases, list) else []


def _same_name(reader: Any, writer: Any) -> bool:
    """By the last part of the name, as implementations have it, or by an alias of the reader's."""
    if not (isinstance(reader, dict) and isinstance(writer, dict) and "name" in reader and "name" in writer):
        return kind_of(reader) == kind_of(writer)
    space = reader["name"].rpartition(".")[0]
    full = {each if "." in each or not space else f"{space}.{each}" for each in _aliases(reader)}
    return reader["name"].rpartition(".")[2] == writer["name"].rpartition(".")[2] or writer["name"] in full


def _other_type(reader: Any, writer: Any, path: str) -> Difference:
    was, now = type_word(writer), type_word(reader)
    wider = _WIDER.get(kind_of(writer), ())
    widened = f"; {was} can become {' or '.join(wider)}" if wider else ""
    narrower = [kind for kind, into in _WIDER.items() if kind_of(reader) in into]
    narrowed = f"; {now} can become {' or '.join(narrower)}" if narrower else ""
    return Difference("TYPE_MISMATCH", path, f"{named(path)} is {now} in {{reader}} and {was} in {{writer}}",
                      f"Keep {was}{widened}.", f"Keep {now}{narrowed}.")


def _no_branch(reader: list[Any], writer: Any, path: str) -> Difference:
    missing = type_word(writer)
    known = " | ".join(branch_name(each) for each in reader[:_SHOWN]) + (" …" if len(reader) > _SHOWN else "")
    return Difference("MISSING_UNION_BRANCH", path,
                      f"{named(path)} may be {missing} in {{writer}}, which the union {known} of {{reader}} lacks",
                      f"Keep {missing} in the union.", f"Take {missing} out of it again.")


def _no_default(at: str, field: dict[str, Any]) -> Difference:
    return Difference("READER_FIELD_MISSING_DEFAULT_VALUE", at,
                      f"{named(at)} is not in {{writer}}, and {{reader}} has no default for it",
                      f"Give '{at}' a default (such as \"default\": {_an_example(field['type'])}).", f"Keep '{at}'.")


def _an_example(node: Any) -> str:
    kind = kind_of(node[0] if isinstance(node, list) and node else node)
    return {"null": "null", "boolean": "false", "int": "0", "long": "0", "float": "0.0", "double": "0.0",
            "array": "[]", "map": "{}"}.get(kind, '""' if kind in ("string", "bytes") else "a value of it")


def _names(reader: dict[str, Any], writer: dict[str, Any], path: str) -> list[Difference]:
    if _same_name(reader, writer):
        return []
    was, now = writer["name"], reader["name"]
    return [Difference("NAME_MISMATCH", path,
                       f"the {kind_of(reader)} of {named(path)} is called {now} in {{reader}} and {was} in {{writer}}",
                       f"Keep the name, or give it the alias {was}.", f"Keep the name {now}.")]


def _symbols(reader: dict[str, Any], writer: dict[str, Any], path: str) -> list[Difference]:
    known = set(reader["symbols"])
    missing = [symbol for symbol in writer["symbols"] if symbol not in known]
    if not missing or reader.get("default") in known:
        return []
    told = ", ".join(missing[:_SHOWN]) + (" …" if len(missing) > _SHOWN else "")
    return [Difference("MISSING_ENUM_SYMBOLS", path,
                       f"the enum {reader['name']} of {named(path)} lacks {told} in {{reader}}, which {{writer}} has",
                       "Keep these symbols, or give the enum a default.", f"Take {told} out of it again.")]


def _sizes(reader: dict[str, Any], writer: dict[str, Any], path: str) -> list[Difference]:
    if reader["size"] == writer["size"]:
        return []
    return [Difference("FIXED_SIZE_MISMATCH", path,
                       f"the fixed {reader['name']} of {named(path)} has {reader['size']} bytes in {{reader}} and"
                       f" {writer['size']} in {{writer}}",
                       f"Keep {writer['size']} bytes.", f"Keep {reader['size']} bytes.")]
