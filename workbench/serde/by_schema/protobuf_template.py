"""A form of a Protobuf message to begin with: every field with its default, the first of each oneof. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.serde.by_schema.protobuf_forms import bytes_form
from workbench.serde.schemas.protobuf_fields import map_entry

if TYPE_CHECKING:
    from google.protobuf.descriptor import Descriptor, FieldDescriptor

_KNOWN: dict[str, Any] = {
    "Timestamp": "1970-01-01T00:00:00Z", "Duration": "0s", "Any": {}, "FieldMask": "", "Struct": {}, "Value": None,
    "ListValue": [], "DoubleValue": 0.0, "FloatValue": 0.0, "Int64Value": 0, "UInt64Value": 0, "Int32Value": 0,
    "UInt32Value": 0, "BoolValue": False, "StringValue": "", "BytesValue": {"base64": ""},
}


def template(message: Descriptor, above: tuple[str, ...] = ()) -> Any:
    if message.full_name.startswith("google.protobuf.") and message.name in _KNOWN:
        return _KNOWN[message.name]
    found: dict[str, Any] = {}
    chosen: set[str] = set()
    for field in message.fields:
        oneof = field.containing_oneof
        if oneof is not None:
            if oneof.name in chosen:
                continue
            chosen.add(oneof.name)
        if field.message_type is not None and field.message_type.full_name in (*above, message.full_name):
            continue  # a type within itself: a person may add it
        found[field.name] = _of(field, (*above, message.full_name))
    return found


def _of(field: FieldDescriptor, above: tuple[str, ...]) -> Any:
    if map_entry(field) is not None:
        return {}
    if field.message_type is not None:
        inner = template(field.message_type, above) if len(above) < 6 else {}
        return [inner] if field.is_repeated else inner
    if field.is_repeated:
        return []
    if field.enum_type is not None:
        return field.enum_type.values_by_number[field.default_value].name
    return bytes_form(field.default_value) if isinstance(field.default_value, bytes) else field.default_value
