"""A Protobuf message as a value or as a form, by its descriptor. Pure.

A reader is made once for a message type: per field its name, whether it can be unset, and what turns its content into
a value. What the well-known types mean is in ``protobuf_known``. Messages nest a hundred deep at most: the runtime
refuses deeper bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from workbench.serde.by_schema import numbered
from workbench.serde.by_schema.protobuf_forms import bytes_form, float_form
from workbench.serde.by_schema.protobuf_known import KNOWN
from workbench.serde.schemas.protobuf_fields import map_entry

if TYPE_CHECKING:
    from google.protobuf.descriptor import Descriptor, FieldDescriptor

Read = Callable[[Any], Any]
UNKNOWN = "@unknown"
_FLOATS, _BYTES = (1, 2), 12


class Readers:
    """All readers for one purpose: ``form`` shows bytes and numbers that are none in words, and unknown fields."""

    def __init__(self, form: bool) -> None:
        self.form = form
        self._made: dict[str, Read] = {}

    def message(self, descriptor: Descriptor) -> Read:
        known = KNOWN.get(descriptor.full_name)
        if known is not None:
            return known.read(self)
        made, name = self._made, descriptor.full_name
        if name not in made:
            made[name] = lambda message: whole(message)  # for a type within itself, which comes back here meanwhile
            made[name] = whole = self._reader(descriptor)
        return made[name]

    def _reader(self, descriptor: Descriptor) -> Read:
        return _Reader([(each.name, each.has_presence, self._field(each)) for each in descriptor.fields], self.form)

    def _field(self, field: FieldDescriptor) -> Read | None:
        """None where the content is the value."""
        if (entry := map_entry(field)) is not None:
            key, value = (entry.fields_by_name[name] for name in ("key", "value"))
            return self._map(key, self._single(value))
        single = self._single(field)
        if not field.is_repeated:
            return single
        if single is None:
            return list
        return lambda content: [single(each) for each in content]

    def _map(self, key: FieldDescriptor, read: Read | None) -> Read:
        bools = key.type == 8

        def mapped(content: Any) -> dict[str, Any]:
            return {(str(each) if not bools else "true" if each else "false"):
                    content[each] if read is None else read(content[each]) for each in sorted(content)}

        return mapped

    def _single(self, field: FieldDescriptor) -> Read | None:
        if field.message_type is not None:
            return self.message(field.message_type)
        if field.enum_type is not None:
            names = {each.number: each.name for each in reversed(field.enum_type.values)}
            return lambda number: names.get(number, number)
        if self.form and field.type == _BYTES:
            return bytes_form
        return float_form if self.form and field.type in _FLOATS else None


class _Reader:
    """Reads a message: its parts are name, whether it can be unset, and how its content is read."""

    __slots__ = ("_form", "_parts")

    def __init__(self, parts: list[tuple[str, bool, Read | None]], form: bool) -> None:
        self._parts, self._form = parts, form

    def __call__(self, message: Any) -> dict[str, Any]:
        found = {}
        has = message.HasField
        for name, presence, read in self._parts:
            if presence and not has(name):
                continue
            content = getattr(message, name)
            found[name] = content if read is None else read(content)
        if self._form:
            unknown = unknown_fields(message)
            if unknown:
                found[UNKNOWN] = unknown
        return found


def unknown_fields(message: Any) -> dict[str, Any]:
    """As Protobuf without a schema is shown; empty where the schema knows all."""
    from google.protobuf.unknown_fields import UnknownFieldSet

    held = UnknownFieldSet(message)
    if not len(held):
        return {}
    return numbered.value(b"".join(_written(each) for each in held))


def _written(field: Any) -> bytes:
    tag, data = numbered.varint(field.field_number << 3 | field.wire_type), field.data
    match field.wire_type:
        case 0:
            return tag + numbered.varint(data & 0xFFFF_FFFF_FFFF_FFFF)
        case 1:
            return tag + data.to_bytes(8, "little")
        case 5:
            return tag + data.to_bytes(4, "little")
        case 2:
            return tag + numbered.varint(len(data)) + data
    inner = b"".join(_written(each) for each in data)
    return tag + inner + numbered.varint(field.field_number << 3 | 4)
