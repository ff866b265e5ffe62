"""What Google's well-known types mean, as values and as forms, both ways. Pure.

Timestamps and durations have nine digits: as values they are times where six are enough, else their text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import isfinite
from typing import Any, NamedTuple

from workbench.serde.by_schema.avro_numbers import moment
from workbench.serde.by_schema.base import mismatch
from workbench.serde.by_schema.protobuf_forms import bytes_form, float_form

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DURATION = re.compile(r"(-?)(\d{1,12})(?:\.(\d{1,9}))?s")
_WRAPPERS = ("DoubleValue", "FloatValue", "Int64Value", "UInt64Value", "Int32Value", "UInt32Value", "BoolValue",
             "StringValue", "BytesValue")
_nanos_of = moment(1_000_000_000)


class Known(NamedTuple):
    """``read(readers)`` gives the reader; ``write(writers, form, message, path)`` fills a message."""

    read: Callable[[Any], Callable[[Any], Any]]
    write: Callable[[Any, Any, Any, str], None]


# -- times -----------------------------------------------------------------------------------------------------
def timestamp_text(message: Any) -> Any:
    """A moment outside the years 1 to 9999 stays the two numbers."""
    try:
        whole = _EPOCH + timedelta(seconds=message.seconds)
    except OverflowError:
        return {"seconds": message.seconds, "nanos": message.nanos}
    if not 0 <= message.nanos < 1_000_000_000:
        return {"seconds": message.seconds, "nanos": message.nanos}
    fraction = f".{message.nanos:09}" if message.nanos else ""
    return f"{whole:%Y-%m-%dT%H:%M:%S}".rjust(19, "0") + fraction + "Z"


def _timestamp(readers: Any) -> Callable[[Any], Any]:
    def read(message: Any) -> Any:
        if message.nanos % 1000 or not 0 <= message.nanos < 1_000_000_000:
            return timestamp_text(message)
        try:
            return _EPOCH + timedelta(seconds=message.seconds, microseconds=message.nanos // 1000)
        except OverflowError:
            return timestamp_text(message)

    return timestamp_text if readers.form else read


def _write_timestamp(writers: Any, form: Any, message: Any, path: str) -> None:
    if isinstance(form, dict):
        _write_pair(form, message, path)
        return
    form = form.isoformat() if isinstance(form, datetime) else form
    try:
        message.seconds, message.nanos = divmod(_nanos_of(form), 1_000_000_000)
    except (ValueError, TypeError, AttributeError, OverflowError):
        raise mismatch(path, "a timestamp as 2026-11-30T12:00:00Z", form) from None


def duration_text(message: Any) -> Any:
    seconds, nanos = message.seconds, message.nanos
    if not (-1_000_000_000 < nanos < 1_000_000_000) or (seconds > 0 > nanos) or (seconds < 0 < nanos) \
            or abs(seconds) >= 10**12:
        return {"seconds": seconds, "nanos": nanos}
    sign = "-" if seconds < 0 or nanos < 0 else ""
    fraction = f".{abs(nanos):09}".rstrip("0") if nanos else ""
    return f"{sign}{abs(seconds)}{fraction}s"


def _duration(readers: Any) -> Callable[[Any], Any]:
    def read(message: Any) -> Any:
        if message.nanos % 1000:
            return duration_text(message)
        try:
            return timedelta(seconds=message.seconds, microseconds=message.nanos // 1000)
        except OverflowError:
            return duration_text(message)

    return duration_text if readers.form else read


def _write_duration(writers: Any, form: Any, message: Any, path: str) -> None:
    if isinstance(form, dict):
        _write_pair(form, message, path)
        return
    if isinstance(form, timedelta):
        micros = form // timedelta(microseconds=1)
        form = f"{'-' if micros < 0 else ''}{abs(micros) // 1_000_000}.{abs(micros) % 1_000_000:06}s"
    found = _DURATION.fullmatch(form) if isinstance(form, str) else None
    if found is None:
        raise mismatch(path, "a duration as 1.5s", form)
    sign = -1 if found[1] else 1
    message.seconds, message.nanos = sign * int(found[2]), sign * int((found[3] or "").ljust(9, "0"))


def _write_pair(form: dict[str, Any], message: Any, path: str) -> None:
    try:
        message.seconds, message.nanos = form.get("seconds", 0), form.get("nanos", 0)
    except (TypeError, ValueError):
        raise mismatch(path, "whole numbers for seconds and nanos", form) from None


# -- values in themselves --------------------------------------------------------------------------------------
def _wrapper(readers: Any) -> Callable[[Any], Any]:
    def read(message: Any) -> Any:
        content = message.value
        if not readers.form:
            return content
        return bytes_form(content) if isinstance(content, bytes) else \
            float_form(content) if isinstance(content, float) else content

    return read


def _write_wrapper(writers: Any, form: Any, message: Any, path: str) -> None:
    writers.single(message.DESCRIPTOR.fields_by_name["value"], form, path, lambda held: setattr(message, "value", held))


def _struct(readers: Any) -> Callable[[Any], Any]:
    def value_of(message: Any) -> Any:
        match message.WhichOneof("kind"):
            case "struct_value":
                return struct_of(message.struct_value)
            case "list_value":
                return [value_of(each) for each in message.list_value.values]
            case None | "null_value":
                return None
            case "number_value":
                return number(message.number_value)
            case kind:
                return getattr(message, kind)

    def struct_of(message: Any) -> dict[str, Any]:
        return {name: value_of(message.fields[name]) for name in sorted(message.fields)}

    def number(held: float) -> Any:
        return float_form(held) if readers.form and not isfinite(held) else held

    def read(message: Any) -> Any:
        match message.DESCRIPTOR.name:
            case "Struct":
                return struct_of(message)
            case "ListValue":
                return [value_of(each) for each in message.values]
        return value_of(message)

    return read


def _write_struct(writers: Any, form: Any, message: Any, path: str, depth: int = 0) -> None:
    if depth > 90:
        raise ValueError(f"{path[:80]}: nested too deep")
    match message.DESCRIPTOR.name:
        case "Struct":
            if not isinstance(form, dict):
                raise mismatch(path, "an object", form)
            for name, each in form.items():
                _write_struct(writers, each, message.fields[name], f"{path}.{name}" if path else name, depth + 1)
        case "ListValue":
            if not isinstance(form, list):
                raise mismatch(path, "a list", form)
            for index, each in enumerate(form):
                _write_struct(writers, each, message.values.add(), f"{path}[{index}]", depth + 1)
        case _:
            _write_value(writers, form, message, path, depth)


def _write_value(writers: Any, form: Any, message: Any, path: str, depth: int) -> None:
    form = float(form) if isinstance(form, Decimal) else form
    if form is None:
        message.null_value = 0
    elif isinstance(form, bool):
        message.bool_value = form
    elif isinstance(form, int | float):
        if float(form) != form:
            raise mismatch(path, "a number that a double holds", form)
        message.number_value = form
    elif isinstance(form, str):
        message.string_value = form
    elif isinstance(form, dict):
        message.struct_value.SetInParent()
        _write_struct(writers, form, message.struct_value, path, depth)
    else:
        message.list_value.SetInParent()
        _write_struct(writers, form, message.list_value, path, depth)


# -- any, masks ------------------------------------------------------------------------------------------------
def _any(readers: Any) -> Callable[[Any], Any]:
    from google.protobuf.message import DecodeError

    def read(message: Any) -> Any:
        told: dict[str, Any] = {"@type": message.type_url} if message.type_url else {}
        held_class = class_of(message)
        if held_class is None:
            raw = bytes_form(message.value) if readers.form else {"base64": message.value}
            return {**told, **raw} if message.value else told
        try:
            held = readers.message(held_class.DESCRIPTOR)(held_class.FromString(message.value))
        except DecodeError:
            return {**told, **(bytes_form(message.value) if readers.form else {"base64": message.value})}
        return {**told, **held} if isinstance(held, dict) and held_class.DESCRIPTOR.full_name not in KNOWN \
            else {**told, "value": held}

    return read


def class_of(message: Any, type_url: str = "") -> Any:
    """The class of what an Any holds, where the schema knows it."""
    from google.protobuf.message_factory import GetMessageClass

    name = (type_url or message.type_url).rpartition("/")[2]
    try:
        return GetMessageClass(message.DESCRIPTOR.file.pool.FindMessageTypeByName(name)) if name else None
    except KeyError:
        return None


def _write_any(writers: Any, form: Any, message: Any, path: str) -> None:
    if not isinstance(form, dict) or (form and not isinstance(form.get("@type"), str)):
        raise mismatch(path, 'an object with "@type"', form)
    if not form:
        return
    message.type_url = form["@type"]
    rest = {name: each for name, each in form.items() if name != "@type"}
    if rest.keys() <= {"base64"}:
        message.value = writers.bytes_of(rest, path) if rest else b""
        return
    held_class = class_of(message)
    if held_class is None:
        raise mismatch(f"{path}.@type" if path else "@type", "a type that the schema knows, or base64", form["@type"])
    held = held_class()
    known = held_class.DESCRIPTOR.full_name in KNOWN
    writers.fill(rest.get("value") if known else rest, held, path)
    message.value = held.SerializeToString(deterministic=True)


def _mask(readers: Any) -> Callable[[Any], Any]:
    return lambda message: ",".join(message.paths) if not any("," in each for each in message.paths) else {
        "paths": list(message.paths)}


def _write_mask(writers: Any, form: Any, message: Any, path: str) -> None:
    if isinstance(form, dict) and isinstance(form.get("paths"), list):
        message.paths.extend(form["paths"])
        return
    if not isinstance(form, str):
        raise mismatch(path, "the paths of a field mask, with commas between", form)
    message.paths.extend(part for part in form.split(",") if part)


KNOWN: dict[str, Known] = {
    "google.protobuf.Timestamp": Known(_timestamp, _write_timestamp),
    "google.protobuf.Duration": Known(_duration, _write_duration),
    "google.protobuf.Any": Known(_any, _write_any),
    "google.protobuf.FieldMask": Known(_mask, _write_mask),
    **{f"google.protobuf.{name}": Known(_struct, _write_struct) for name in ("Struct", "Value", "ListValue")},
    **{f"google.protobuf.{name}": Known(_wrapper, _write_wrapper) for name in _WRAPPERS},
}
