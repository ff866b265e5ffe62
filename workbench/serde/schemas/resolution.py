"""What becomes of each field when values of one schema are read with another. Pure.

    same        read as it was written, if under another name
    promoted    written as one type and read as another that holds it
    filled in   not written: the reader's default, or unset
    dropped     written, and nothing of the reader's
    breaks      can't be read, and why

Avro's fields go by name and alias, Protobuf's by number, JSON Schema's by name. Why one breaks is what
``compatibility`` says; beside that, Avro's logical types of other scales or units break: their numbers would lie.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from workbench.core.errors import Invalid
from workbench.serde.schemas.avro import AvroSchema
from workbench.serde.schemas.avro_fields import type_word
from workbench.serde.schemas.base import Field, Parsed
from workbench.serde.schemas.compatibility import Difference, unreadable
from workbench.serde.schemas.compatibility.base import Budget, named, within
from workbench.serde.schemas.protobuf import ProtobufSchema

if TYPE_CHECKING:
    from google.protobuf.descriptor import Descriptor

State = Literal["same", "promoted", "filled in", "dropped", "breaks"]


class Row(NamedTuple):
    """``field`` is the reader's path, of a dropped one the writer's; ``written`` the writer's, empty where it has none.
    ``told`` is the type, the default, or the sentence that says why it breaks; ``lies`` where it could be read, as
    another number than was meant."""

    field: str
    state: State
    told: str = ""
    written: str = ""
    lies: bool = False


def resolution(reader: Parsed, writer: Parsed, reader_name: str = "the reader's schema",
               writer_name: str = "the writer's schema", message: str = "") -> tuple[Row, ...]:
    """A row for each field, the reader's in their order, then what is dropped; of Protobuf those of the writer's
    ``message``, else its first. ``Invalid`` for schemas too large to be compared."""
    broken = [(each.field, each.sentence(reader_name, writer_name, True)) for each in unreadable(reader, writer)]
    fields, other = (reader.fields(), writer.fields()), list[Difference]()
    if reader.type != writer.type:
        return tuple(Row(place, "breaks", why) for place, why in broken)
    if isinstance(reader, ProtobufSchema) and isinstance(writer, ProtobufSchema):
        written = writer.message_named(message) if message else writer.message()
        read = read_as(reader, written)
        if read is None:
            return tuple(Row(place, "breaks", why) for place, why in broken)
        pairs, places = _by_number(read, written)
        fields = reader.fields(read.full_name), writer.fields(written.full_name)
        broken = [(places.get(place, place), why) for place, why in broken]
        broken = [each for each in broken if each[0] or not each[1].startswith("The package")]
    elif isinstance(reader, AvroSchema) and isinstance(writer, AvroSchema):
        pairs, other = _by_name(reader, writer)
        broken += [(each.field, each.sentence(reader_name, writer_name, True)) for each in other]
    else:
        names = {each.path for each in fields[1]}
        pairs = {each.path: each.path for each in fields[0] if each.path in names}
    rows = _rows(reader, fields, pairs, broken)
    lying = {each.field for each in other}
    return tuple(each._replace(lies=True) if each.state == "breaks" and each.field in lying else each
                 for each in rows)


def breaking(rows: tuple[Row, ...]) -> tuple[Row, ...]:
    return tuple(each for each in rows if each.state == "breaks")


def _rows(reader: Parsed, fields: tuple[tuple[Field, ...], tuple[Field, ...]], pairs: dict[str, str],
          broken: list[tuple[str, str]]) -> tuple[Row, ...]:
    why = {place: " ".join(each for at, each in broken if at == place) for place, _ in broken}
    written = {each.path: each for each in fields[1]}
    found = []
    for each in fields[0]:
        source = pairs.get(each.path, "")
        if each.path in why:
            found.append(Row(each.path, "breaks", why.pop(each.path), source))
        elif source in written:
            found.append(_kept(each, written[source]))
        else:
            found.append(Row(each.path, "filled in", _filled(reader, each)))
    taken = set(pairs.values())
    found += [Row(each.path, "dropped", each.type, each.path) for each in fields[1] if each.path not in taken]
    return (*(Row(place, "breaks", told) for place, told in why.items()), *found)


def _kept(field: Field, source: Field) -> Row:
    renamed = f", written as {source.path}" if source.path != field.path else ""
    if field.type == source.type:
        return Row(field.path, "same", f"{field.type}{renamed}", source.path)
    return Row(field.path, "promoted", f"{source.type} to {field.type}{renamed}", source.path)


def _filled(reader: Parsed, field: Field) -> str:
    if field.default:
        return f"default {field.default}"
    return "unset, or zero" if isinstance(reader, ProtobufSchema) else "by the default of what it is in, or left out"


# -- Avro --------------------------------------------------------------------------------------------------------
def _by_name(reader: AvroSchema, writer: AvroSchema) -> tuple[dict[str, str], list[Difference]]:
    walk = _AvroWalk(reader, writer)
    walk.types(reader.tree, writer.tree, "", "", 0)
    return walk.pairs, walk.other


class _AvroWalk:
    def __init__(self, reader: AvroSchema, writer: AvroSchema) -> None:
        self._readers, self._writers = reader.named, writer.named
        self._open: set[tuple[int, int]] = set()
        self._budget = Budget()
        self.pairs: dict[str, str] = {}
        self.other: list[Difference] = []

    def types(self, read: Any, written: Any, path: str, source: str, depth: int) -> None:
        self._budget.spend(depth)
        for mine in read if isinstance(read, list) else [read]:
            for other in written if isinstance(written, list) else [written]:
                self._branch(self._readers.get(mine, mine) if isinstance(mine, str) else mine,
                             self._writers.get(other, other) if isinstance(other, str) else other,
                             path, source, depth + 1)

    def _branch(self, read: Any, written: Any, path: str, source: str, depth: int) -> None:
        if not (isinstance(read, dict) and isinstance(written, dict) and read["type"] == written["type"]):
            return
        if _unit(read) and _unit(written) and _unit(read) != _unit(written):
            self.other.append(Difference(
                "LOGICAL_TYPE_CHANGED", path,
                f"{named(path)} is {type_word(read)} in {{reader}} and {type_word(written)} in {{writer}},"
                " whose numbers mean something else", f"Keep {type_word(written)}.", f"Keep {type_word(read)}."))
        elif read["type"] == "array":
            self.types(read["items"], written["items"], f"{path}[]", f"{source}[]", depth)
        elif read["type"] == "map":
            self.types(read["values"], written["values"], f"{path}{{}}", f"{source}{{}}", depth)
        elif "fields" in read and (id(read), id(written)) not in self._open:
            self._open.add((id(read), id(written)))
            self._record(read, written, path, source, depth)
            self._open.discard((id(read), id(written)))

    def _record(self, read: dict[str, Any], written: dict[str, Any], path: str, source: str, depth: int) -> None:
        there = {field["name"]: field for field in written["fields"]}
        for field in read["fields"]:
            name = next((each for each in (field["name"], *(field.get("aliases") or ())) if each in there), None)
            if name is not None:
                at, origin = within(path, field["name"]), within(source, name)
                self.pairs[at] = origin
                self.types(field["type"], there[name]["type"], at, origin, depth)


def _unit(node: dict[str, Any]) -> str:
    """What a number counts; empty where it is just a number."""
    logical = node.get("logicalType")
    if not isinstance(logical, str):
        return ""
    return f"{logical} {node.get('scale', 0)}" if logical == "decimal" else logical


# -- Protobuf ----------------------------------------------------------------------------------------------------
def read_as(reader: ProtobufSchema, written: Descriptor) -> Descriptor | None:
    """The reader's message of that name, in whatever package."""
    for name in (written.full_name, written.name):
        try:
            return reader.message_named(name)
        except Invalid:
            continue
    return None


def _by_number(read: Descriptor, written: Descriptor) -> tuple[dict[str, str], dict[str, str]]:
    """Paths of the reader's fields to the writer's; and ``Message.field``, as differences call it, to the path."""
    pairs: dict[str, str] = {}
    places: dict[str, str] = {}
    _messages(read, written, "", "", (pairs, places), ())
    return pairs, places


def _messages(read: Descriptor, written: Descriptor, path: str, source: str,
              found: tuple[dict[str, str], dict[str, str]], above: tuple[str, ...]) -> None:
    if read.full_name in above or len(found[0]) > 2000:
        return
    there = {field.number: field for field in written.fields}
    package = f"{read.file.package}." if read.file.package else ""
    for field in read.fields:
        at = within(path, field.name)
        found[1].setdefault(f"{read.full_name.removeprefix(package)}.{field.name}", at)
        other = there.get(field.number)
        if other is None:
            continue
        found[0][at] = origin = within(source, other.name)
        step, mine, theirs = "[]" if field.is_repeated else "", field.message_type, other.message_type
        if mine is not None and theirs is not None and mine.GetOptions().map_entry and theirs.GetOptions().map_entry:
            step = "{}"
            mine, theirs = (each.fields_by_name["value"].message_type for each in (mine, theirs))
        if mine is not None and theirs is not None:
            _messages(mine, theirs, f"{at}{step}", f"{origin}{step}", found, (*above, read.full_name))
