"""The fields of a Protobuf message as a flat tree, for people. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from workbench.serde.schemas.base import Field

if TYPE_CHECKING:
    from google.protobuf.descriptor import Descriptor, FieldDescriptor

SCALARS = {1: "double", 2: "float", 3: "int64", 4: "uint64", 5: "int32", 6: "fixed64", 7: "fixed32", 8: "bool",
           9: "string", 12: "bytes", 13: "uint32", 15: "sfixed32", 16: "sfixed64", 17: "sint32", 18: "sint64"}
"""Of the types of ``FieldDescriptorProto``; 10 is a group, 11 a message, 14 an enum."""
_SHOWN = 2000


def fields_of(message: Descriptor) -> tuple[Field, ...]:
    found: list[Field] = []
    for field in _below(message, "", ()):
        found.append(field)
        if len(found) >= _SHOWN:
            break
    return tuple(found)


def map_entry(field: FieldDescriptor) -> Descriptor | None:
    """The message of key and value that a map is a list of; None for what is no map."""
    made = field.message_type
    return made if made is not None and made.GetOptions().map_entry else None


def type_word(field: FieldDescriptor) -> str:
    if (entry := map_entry(field)) is not None:
        key, value = (entry.fields_by_name[name] for name in ("key", "value"))
        return f"map of {_single(key)} to {_single(value)}"
    told = _single(field)
    return f"repeated {told}" if field.is_repeated else f"required {told}" if field.is_required else told


def _single(field: FieldDescriptor) -> str:
    if field.message_type is not None:
        return field.message_type.full_name
    if field.enum_type is not None:
        values = ", ".join(each.name for each in field.enum_type.values[:12])
        return f"enum {field.enum_type.full_name} ({values})"
    return SCALARS[field.type]


def _below(message: Descriptor, path: str, above: tuple[str, ...]) -> Iterator[Field]:
    for field in message.fields:
        at = f"{path}.{field.name}" if path else field.name
        oneof = field.containing_oneof
        doc = f"one of {oneof.name}" if oneof is not None and len(oneof.fields) > 1 else ""
        default = str(field.default_value) if field.has_default_value else ""
        yield Field(at, type_word(field), default, doc)
        inner, step = field.message_type, "[]" if field.is_repeated else ""
        if (entry := map_entry(field)) is not None:
            inner, step = entry.fields_by_name["value"].message_type, "{}"
        if inner is not None and inner.full_name not in above and inner.full_name != message.full_name \
                and not inner.full_name.startswith("google.protobuf."):
            yield from _below(inner, f"{at}{step}", (*above, message.full_name))
