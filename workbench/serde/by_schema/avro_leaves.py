"""The leaves of Avro values: logical types and what JSON has no word for, out of bytes. Pure.

fastavro lets a ``logicalType`` of anybody's own be read by a function. Ours have names of their own, so that nothing of
its own reading changes: its decimals go through one context that all threads share, and round; its times refuse what
no calendar has. ``value-...`` gives what expressions see, ``form-...`` what JSON shows.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Context, Decimal
from functools import lru_cache
from math import isfinite, isnan
from typing import Any
from uuid import UUID

VALUE, FORM = "value", "form"
_EXACT = Context(prec=100_000)
_EPOCH, _EPOCH_NAIVE = datetime(1970, 1, 1, tzinfo=UTC), datetime(1970, 1, 1)
_DAY_ONE = date(1970, 1, 1).toordinal()
_DAY_US = 86_400_000_000
Leaf = Callable[..., Any]


def decimal_value(data: bytes, node: Any, _: Any = None) -> Decimal:
    return Decimal(int.from_bytes(data, "big", signed=True)).scaleb(-(node.get("scale") or 0), _EXACT)


def decimal_form(data: bytes, node: Any, _: Any = None) -> str:
    return f"{decimal_value(data, node):f}"


def timestamp_millis(number: int, node: Any = None, _: Any = None) -> Any:
    try:
        return _EPOCH + timedelta(milliseconds=number)
    except OverflowError:
        return number


def timestamp_micros(number: int, node: Any = None, _: Any = None) -> Any:
    try:
        return _EPOCH + timedelta(microseconds=number)
    except OverflowError:
        return number


def local_millis(number: int, node: Any = None, _: Any = None) -> Any:
    try:
        return _EPOCH_NAIVE + timedelta(milliseconds=number)
    except OverflowError:
        return number


def local_micros(number: int, node: Any = None, _: Any = None) -> Any:
    try:
        return _EPOCH_NAIVE + timedelta(microseconds=number)
    except OverflowError:
        return number


def nanos_form(number: int, node: Any = None, _: Any = None) -> Any:
    """Nine digits; a ``datetime`` has six."""
    seconds, nanos = divmod(number, 1_000_000_000)
    whole = timestamp_millis(seconds * 1000)
    if not isinstance(whole, datetime):
        return number
    zone = "+00:00" if node["logicalType"].endswith("-timestamp-nanos") and "local" not in node["logicalType"] else ""
    return f"{whole:%Y-%m-%dT%H:%M:%S}.{nanos:09}{zone}"


def date_value(number: int, node: Any = None, _: Any = None) -> Any:
    try:
        return date.fromordinal(number + _DAY_ONE)
    except (ValueError, OverflowError):
        return number


def time_of_millis(number: int, node: Any = None, _: Any = None) -> Any:
    return time_of_micros(number * 1000) if 0 <= number < _DAY_US // 1000 else number


def time_of_micros(number: int, node: Any = None, _: Any = None) -> Any:
    if not 0 <= number < _DAY_US:
        return number
    seconds, micros = divmod(number, 1_000_000)
    return time(seconds // 3600, seconds // 60 % 60, seconds % 60, micros)


def uuid_value(data: Any, node: Any = None, _: Any = None) -> Any:
    try:
        return UUID(bytes=data) if isinstance(data, bytes) else UUID(data)
    except ValueError:
        return data


def uuid_form(data: Any, node: Any = None, _: Any = None) -> Any:
    """A text that is no uuid, or is written in another way, stays as it is."""
    return str(UUID(bytes=data)) if isinstance(data, bytes) else data


def duration(data: bytes, node: Any = None, _: Any = None) -> dict[str, int]:
    return dict(zip(("months", "days", "millis"), struct.unpack("<III", data), strict=True))


def float_form(number: float, node: Any = None, _: Any = None) -> Any:
    if isfinite(number):
        return number
    return "NaN" if isnan(number) else "Infinity" if number > 0 else "-Infinity"


def bytes_form(data: bytes, node: Any = None, _: Any = None) -> dict[str, str]:
    return {"base64": base64.b64encode(data).decode()}


def iso(read: Leaf) -> Leaf:
    def form(number: Any, node: Any = None, _: Any = None) -> Any:
        found = read(number, node)
        return found if isinstance(found, int) else found.isoformat()

    return form


LOGICAL: dict[str, tuple[Leaf | None, Leaf]] = {
    "bytes-decimal": (decimal_value, decimal_form),
    "fixed-decimal": (decimal_value, decimal_form),
    "long-timestamp-millis": (timestamp_millis, iso(timestamp_millis)),
    "long-timestamp-micros": (timestamp_micros, iso(timestamp_micros)),
    "long-timestamp-nanos": (None, nanos_form),
    "long-local-timestamp-millis": (local_millis, iso(local_millis)),
    "long-local-timestamp-micros": (local_micros, iso(local_micros)),
    "long-local-timestamp-nanos": (None, nanos_form),
    "int-date": (date_value, iso(date_value)),
    "int-time-millis": (time_of_millis, iso(time_of_millis)),
    "long-time-micros": (time_of_micros, iso(time_of_micros)),
    "string-uuid": (uuid_value, uuid_form),
    "fixed-uuid": (uuid_value, uuid_form),
    "fixed-duration": (duration, duration),
}
"""By type and logical type: how it is read as a value (None: as the type itself) and as a form."""
PLAIN: dict[str, Leaf] = {"bytes": bytes_form, "fixed": bytes_form, "float": float_form, "double": float_form}
"""How types without a logical type are read as a form, where that is another than the value."""


@lru_cache(maxsize=1)
def make_known() -> None:
    """Tells fastavro of them, once."""
    from fastavro.read import LOGICAL_READERS

    for name, (value, form) in LOGICAL.items():
        kind, _, logical = name.partition("-")
        if value is not None:
            LOGICAL_READERS[f"{kind}-{VALUE}-{logical}"] = value
        LOGICAL_READERS[f"{kind}-{FORM}-{logical}"] = form
    for kind, leaf in PLAIN.items():
        LOGICAL_READERS[f"{kind}-{FORM}-plain"] = leaf


def logical_type(node: Any) -> str:
    """The logical type that holds for a node: empty where it has none, or one that its type can't have, which the
    specification says to read over."""
    if not isinstance(node, dict) or not isinstance(node.get("logicalType"), str):
        return ""
    logical, kind = node["logicalType"], node["type"]
    if f"{kind}-{logical}" not in LOGICAL:
        return ""
    size = node.get("size")
    if logical == "decimal":
        precision, scale = node.get("precision"), node.get("scale", 0)
        if type(precision) is not int or type(scale) is not int:
            return ""
        return logical if 0 < precision <= 100_000 and 0 <= scale <= precision else ""
    if kind == "fixed":
        return logical if size == (12 if logical == "duration" else 16) else ""
    return logical
