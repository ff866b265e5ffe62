"""Protobuf's rules for updating a message («Updating A Message Type» of its language guide), as Schema Registry applies
them, told by field. Pure.

A field is its number: it may be renamed, and its type may change within what the wire writes alike. Fields may come and
go, but for required ones and members of a oneof that stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from workbench.serde.schemas.compatibility.base import Budget, Difference
from workbench.serde.schemas.protobuf import ProtobufSchema
from workbench.serde.schemas.protobuf_fields import map_entry, type_word

if TYPE_CHECKING:
    from google.protobuf.descriptor import Descriptor, FieldDescriptor

_WIRE = {3: "varint", 4: "varint", 5: "varint", 8: "varint", 13: "varint", 14: "varint", 17: "zigzag", 18: "zigzag",
         9: "length", 12: "length", 7: "fixed32", 15: "fixed32", 6: "fixed64", 16: "fixed64", 2: "float", 1: "double"}
_ALIKE = {"varint": "int32, uint32, int64, uint64, bool and enums", "zigzag": "sint32 and sint64",
          "length": "string and bytes", "fixed32": "fixed32 and sfixed32", "fixed64": "fixed64 and sfixed64"}


def unreadable(reader: ProtobufSchema, writer: ProtobufSchema) -> list[Difference]:
    """Nothing where every message written with ``writer`` can be read with ``reader``."""
    walk = _Walk()
    found: list[Difference] = []
    read, written = (each.pool.FindFileByName(each.file.name) for each in (reader, writer))
    if read.package != written.package:
        found.append(Difference(
            "PACKAGE_CHANGED", "",
            f"the package is «{read.package}» in {{reader}} and «{written.package}» in {{writer}}",
            f"Keep the package «{written.package}».", f"Keep the package «{read.package}»."))
    return found + list(walk.types(read.message_types_by_name.values(), written.message_types_by_name.values(), 0))


class _Walk:
    def __init__(self) -> None:
        self._open: set[tuple[str, str]] = set()
        self._budget = Budget()

    def types(self, read: Iterable[Descriptor], written: Iterable[Descriptor], depth: int) -> Iterator[Difference]:
        """Messages go by name. What only the reader has, it never meets."""
        there = {each.name: each for each in read}
        for message in written:
            if message.GetOptions().map_entry:
                continue
            if message.name in there:
                yield from self.message(there[message.name], message, depth)
            else:
                yield Difference("MESSAGE_REMOVED", message.full_name,
                                 f"the message {message.full_name} of {{writer}} is not in {{reader}}",
                                 f"Keep the message {message.full_name}.", f"Take {message.full_name} out of it again.")

    def message(self, read: Descriptor, written: Descriptor, depth: int) -> Iterator[Difference]:
        self._budget.spend(depth)
        pair = read.full_name, written.full_name
        if pair in self._open:
            return
        self._open.add(pair)
        yield from _made_exclusive(read, written)
        mine, others = ({field.number: field for field in each.fields} for each in (read, written))
        for number in sorted(mine.keys() | others.keys()):
            if number in mine and number in others:
                yield from self._field(mine[number], others[number], depth)
            elif number in mine:
                yield from _came(mine[number])
            else:
                yield from _went(others[number], read)
        yield from self.types(read.nested_types, written.nested_types, depth + 1)

    def _field(self, read: FieldDescriptor, written: FieldDescriptor, depth: int) -> Iterator[Difference]:
        if _kind(read) != _kind(written):
            yield _changed("FIELD_KIND_CHANGED", read, written)
        elif (entries := (map_entry(read), map_entry(written)))[0] is not None and entries[1] is not None:
            for part in ("key", "value"):
                yield from self._field(entries[0].fields_by_name[part], entries[1].fields_by_name[part], depth)
        elif (types := (read.message_type, written.message_type))[0] is not None and types[1] is not None:
            yield from self._types(read, written, types[0], types[1], depth)
        else:
            yield from _scalars(read, written)

    def _types(self, read: FieldDescriptor, written: FieldDescriptor, mine: Descriptor, other: Descriptor,
               depth: int) -> Iterator[Difference]:
        """A message type is its name within its package; one from another file is compared too."""
        if _local(mine) != _local(other):
            yield _changed("FIELD_NAMED_TYPE_CHANGED", read, written)
        elif mine.file is not _home(read).file or other.file is not _home(written).file:
            yield from self.message(mine, other, depth + 1)


def _kind(field: FieldDescriptor) -> str:
    return "map" if map_entry(field) is not None else "message" if field.message_type is not None else "scalar"


def _local(message: Descriptor) -> str:
    return message.full_name.removeprefix(f"{message.file.package}.") if message.file.package else message.full_name


def _home(field: FieldDescriptor) -> Descriptor:
    assert field.containing_type is not None, "fields of messages are compared, not extensions"
    return field.containing_type


def _place(field: FieldDescriptor) -> str:
    return f"{_local(_home(field))}.{field.name}"


def _told(field: FieldDescriptor) -> str:
    return f"the field '{field.name}' ({field.number}) of {_local(_home(field))}"


def _changed(kind: str, read: FieldDescriptor, written: FieldDescriptor, more: str = "") -> Difference:
    was, now = type_word(written), type_word(read)
    other = f"; in {{reader}} it is called '{read.name}'" if read.name != written.name else ""
    fresh = " Or leave the number unused, and give the field another."
    return Difference(kind, _place(read), f"{_told(written)} is {now} in {{reader}} and {was} in {{writer}}{other}",
                      f"Keep {was}{more}.{fresh}", f"Keep {now}{more}.{fresh}")


def _scalars(read: FieldDescriptor, written: FieldDescriptor) -> Iterator[Difference]:
    wires = _WIRE.get(read.type), _WIRE.get(written.type)
    if wires[0] != wires[1]:
        alike = _ALIKE.get(wires[1] or "")
        why = f" (only {alike} are written alike)" if alike else ""
        yield _changed("FIELD_SCALAR_KIND_CHANGED", read, written, why)
        return
    labels = _label(read), _label(written)
    if None not in labels and labels[0] != labels[1] and wires[0] != "length":
        yield _changed("FIELD_NUMERIC_LABEL_CHANGED", read, written)


def _label(field: FieldDescriptor) -> str | None:
    """What its author wrote before it; None where nothing stands there."""
    if field.is_repeated:
        return "repeated"
    if field.is_required:
        return "required"
    return "optional" if field.has_presence and _oneof(field) is None and field.message_type is None else None


def _oneof(field: FieldDescriptor) -> str | None:
    """The oneof it is in; not the one that the compiler makes for ``optional``."""
    oneof = field.containing_oneof
    if oneof is None or (len(oneof.fields) == 1 and oneof.name == f"_{field.name}"):
        return None
    return oneof.name


def _came(field: FieldDescriptor) -> Iterator[Difference]:
    if field.is_required:
        yield Difference("REQUIRED_FIELD_ADDED", _place(field), f"{_told(field)} is required in {{reader}}, and"
                         " {writer} does not have it", f"Make '{field.name}' optional.", f"Keep '{field.name}'.")


def _went(field: FieldDescriptor, read: Descriptor) -> Iterator[Difference]:
    if field.is_required:
        yield Difference("REQUIRED_FIELD_REMOVED", _place(field), f"{_told(field)} is required in {{writer}} and not in"
                         " {reader}", f"Keep '{field.name}'.", f"Make '{field.name}' optional.")
    oneof, there = _oneof(field), field.containing_oneof
    if oneof is None or there is None:
        return
    members = [each for each in there.fields if each.number in read.fields_by_number]
    if members or any(_oneof(each) == oneof for each in read.fields):
        yield Difference("ONEOF_FIELD_REMOVED", _place(field), f"{_told(field)} is of the oneof {oneof} in {{writer}}"
                         " and not in {reader}: who reads it can't tell it from none",
                         f"Keep '{field.name}' in the oneof {oneof}.", f"Take '{field.name}' out of it again.")


def _made_exclusive(read: Descriptor, written: Descriptor) -> Iterator[Difference]:
    """Fields that could be set together before and can't be now."""
    for oneof in read.oneofs:
        groups: dict[str, list[str]] = {}
        for field in oneof.fields:
            before = written.fields_by_number.get(field.number)
            if before is not None and _oneof(field) is not None:
                groups.setdefault(f"oneof {_oneof(before)}" if _oneof(before) else f"field {field.number}",
                                  []).append(field.name)
        if len(groups) > 1:
            loose = sum(key.startswith("field ") for key in groups)
            kind = "MULTIPLE_FIELDS_MOVED_TO_ONEOF" if loose > 1 else "FIELD_MOVED_TO_EXISTING_ONEOF"
            names = ", ".join(name for several in groups.values() for name in several)
            yield Difference(kind, f"{_local(read)}.{oneof.name}", f"the fields {names} of {_local(read)} are in one"
                             f" oneof {oneof.name} in {{reader}}, and may be set together in {{writer}}",
                             "Leave them out of the oneof.", f"Keep them in the oneof {oneof.name}.")
