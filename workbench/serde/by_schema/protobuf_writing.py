"""A form as a Protobuf message, checked as it is filled, errors with the path of the field. Pure."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from workbench.serde.by_schema import numbered
from workbench.serde.by_schema.avro_numbers import float_of
from workbench.serde.by_schema.base import a, mismatch
from workbench.serde.by_schema.protobuf_known import KNOWN
from workbench.serde.by_schema.protobuf_reading import UNKNOWN
from workbench.serde.schemas.protobuf_fields import SCALARS, map_entry

if TYPE_CHECKING:
    from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

Put = Callable[[Any], None]
_BOUNDS = {name: bounds for names, bounds in (
    (("int32", "sint32", "sfixed32"), (-(2**31), 2**31 - 1)), (("uint32", "fixed32"), (0, 2**32 - 1)),
    (("int64", "sint64", "sfixed64"), (-(2**63), 2**63 - 1)), (("uint64", "fixed64"), (0, 2**64 - 1)),
) for name in names}
_LARGEST_FLOAT = 3.4028235677973366e38


def fill(form: Any, message: Any, path: str) -> None:
    known = KNOWN.get(message.DESCRIPTOR.full_name)
    if known is not None:
        known.write(_SELF, form, message, path)
        return
    if not isinstance(form, dict):
        raise mismatch(path, f"an object, the message {message.DESCRIPTOR.full_name}", form)
    fields, chosen = message.DESCRIPTOR.fields_by_name, {}
    for name, each in form.items():
        at = f"{path}.{name}" if path else name
        if name == UNKNOWN:
            message.MergeFromString(numbered.write(each))
            continue
        field = fields.get(name) or next((one for one in message.DESCRIPTOR.fields if one.json_name == name), None)
        if field is None:
            raise ValueError(f"{at}: the message {message.DESCRIPTOR.full_name} has no such field")
        if each is None and not _takes_null(field):
            continue
        oneof = field.containing_oneof
        if oneof is not None and chosen.setdefault(oneof.name, field.name) != field.name:
            raise ValueError(f"{at}: only one of {oneof.name} can be set, and {chosen[oneof.name]} is")
        _field(field, each, message, at)
    for field in message.DESCRIPTOR.fields:
        if field.is_required and not message.HasField(field.name):
            raise ValueError(f"{f'{path}.' if path else ''}{field.name}: it is missing, and required")


def _takes_null(field: FieldDescriptor) -> bool:
    return field.message_type is not None and field.message_type.full_name == "google.protobuf.Value"


def _field(field: FieldDescriptor, form: Any, message: Any, path: str) -> None:
    held: Any = getattr(message, field.name) if field.is_repeated or field.message_type is not None else None
    if (entry := map_entry(field)) is not None:
        _map(entry, form, held, path)
    elif field.is_repeated:
        if not isinstance(form, list | tuple):
            raise mismatch(path, "a list", form)
        for index, each in enumerate(form):
            at = f"{path}[{index}]"
            if field.message_type is not None:
                fill(each, held.add(), at)
            else:
                single(field, each, at, held.append)
    elif field.message_type is not None:
        held.SetInParent()
        fill(form, held, path)
    else:
        single(field, form, path, lambda content: setattr(message, field.name, content))


def _map(entry: Descriptor, form: Any, held: Any, path: str) -> None:
    if not isinstance(form, dict):
        raise mismatch(path, "an object, a map", form)
    key, value = (entry.fields_by_name[name] for name in ("key", "value"))
    for name, each in form.items():
        at = f"{path}.{name}"
        found: list[Any] = []
        single(key, _key(key, name), at, found.append)
        if value.message_type is not None:
            fill(each, held[found[0]], at)
        else:
            single(value, each, at, lambda content, place=found[0]: held.__setitem__(place, content))


def _key(key: FieldDescriptor, name: str) -> Any:
    word = SCALARS[key.type]
    if word == "bool":
        return {"true": True, "false": False}.get(name, name)
    if word == "string":
        return name
    try:
        return int(name)
    except ValueError:
        return name


def single(field: FieldDescriptor, form: Any, path: str, put: Put) -> None:
    """Puts one value that is no message."""
    if field.enum_type is not None:
        put(_enum(field.enum_type, form, path))
        return
    word = SCALARS[field.type]
    if word in _BOUNDS:
        put(_number(word, form, path))
    elif word in ("double", "float"):
        number = float_of(form, path, a(word))
        if word == "float" and _LARGEST_FLOAT <= abs(number) < float("inf"):
            raise mismatch(path, "a float", form)
        put(number)
    elif word == "bool":
        if not isinstance(form, bool):
            raise mismatch(path, "true or false", form)
        put(form)
    elif word == "bytes":
        put(bytes_of(form, path))
    else:
        if not isinstance(form, str):
            raise mismatch(path, "text", form)
        try:
            put(form)
        except (ValueError, TypeError):
            raise mismatch(path, "text that UTF-8 can write", form) from None


def _number(word: str, form: Any, path: str) -> int:
    low, high = _BOUNDS[word]
    if isinstance(form, float | Decimal) and form == form // 1:
        form = int(form)
    if not isinstance(form, int) or isinstance(form, bool):
        raise mismatch(path, a(word), form)
    if not low <= form <= high:
        raise mismatch(path, f"{a(word)}, from {low} to {high}", form)
    return form


def _enum(enum: EnumDescriptor, form: Any, path: str) -> int:
    values = enum.values_by_name
    if isinstance(form, str) and form in values:
        return values[form].number
    known = form in enum.values_by_number if isinstance(form, int) else False
    if isinstance(form, int) and not isinstance(form, bool) and -(2**31) <= form < 2**31 and (
            known or not enum.is_closed):
        return form
    raise mismatch(path, f"one of {', '.join(list(values)[:20])}", form)


def bytes_of(form: Any, path: str) -> bytes:
    if isinstance(form, bytes | bytearray):
        return bytes(form)
    if isinstance(form, dict) and form.keys() == {"base64"} and isinstance(form["base64"], str):
        try:
            return base64.b64decode(form["base64"], validate=True)
        except (binascii.Error, ValueError):
            pass
    raise mismatch(path, 'bytes as {"base64": "..."}', form)


class _Self:
    """What the well-known types call back."""

    fill = staticmethod(fill)
    single = staticmethod(single)
    bytes_of = staticmethod(bytes_of)


_SELF = _Self()
