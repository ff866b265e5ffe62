"""Bytes to requests and answers to bytes, by ``kio``, for any API and version. Pure functions, any thread.

An API's code says its answer once, as plain dictionaries in the words of Kafka's message definitions; here it is
fitted to the version that was asked: fields the version does not know are left out, fields it knows and nobody set
take their neutral value (null, no error, no throttling). Times are milliseconds on our side.

    request   api key i16 | version i16 | correlation i32 | client id (always a 16-bit string) | tags* | body
    answer    correlation i32 | tags* | body           * flexible versions only; ApiVersions' answer never has tags
"""

from __future__ import annotations

import dataclasses
import datetime
import importlib
import io
import types
import typing
from collections.abc import Callable, Mapping
from functools import cache
from struct import Struct
from typing import Any, NamedTuple
from uuid import UUID

from kio.schema.errors import ErrorCode
from kio.serial import entity_reader, entity_writer
from kio.serial.errors import SerialError

from workbench.core.errors import Corrupt
from workbench.listeners.kafka.answers_codec import fetch_writer, produce_writer
from workbench.listeners.kafka.frames import framed

API_VERSIONS = 18
_HEADER = Struct(">hhih")
_CORRELATION = Struct(">i")
_BY_HAND = {"produce": produce_writer, "fetch": fetch_writer}
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


class RequestHeader(NamedTuple):
    api_key: int
    version: int
    correlation: int
    client_id: str
    body_at: int


class Exchange(NamedTuple):
    """One API at one version: ``read(frame, at)`` a request, ``write(fields)`` the body of an answer."""

    flexible: bool
    read: Callable[[bytes, int], Any]
    write: Callable[[Mapping[str, Any]], bytes]


def read_header(frame: bytes) -> RequestHeader:
    """The part all requests share, tags not looked at."""
    if len(frame) < _HEADER.size:
        raise Corrupt("A request is too short to say what it asks.")
    api_key, version, correlation, length = _HEADER.unpack_from(frame)
    end = _HEADER.size + max(length, 0)
    if end > len(frame):
        raise Corrupt("A request is cut off within its client id.")
    client_id = frame[_HEADER.size : end].decode("utf-8", "replace")
    return RequestHeader(api_key, version, correlation, client_id, end)


def read_request(exchange: Exchange, header: RequestHeader, frame: bytes) -> Any:
    """The request's body; ``Corrupt`` when its bytes are no such request."""
    try:
        at = _skip_tags(frame, header.body_at) if exchange.flexible else header.body_at
        return exchange.read(frame, at)
    except (SerialError, ValueError, IndexError, OverflowError, TypeError) as error:
        raise Corrupt("A request of API {api_key} version {version} can't be read: {error}.", api_key=header.api_key,
                      version=header.version, error=error) from None


def write_answer(api_key: int, exchange: Exchange, correlation: int, fields: Mapping[str, Any]) -> bytes:
    """The frame of an answer, as it goes over the wire."""
    tags = b"\0" if exchange.flexible and api_key != API_VERSIONS else b""
    return framed(_CORRELATION.pack(correlation), tags, exchange.write(fields))


@cache
def exchange(name: str, version: int) -> Exchange:
    """Loads kio's classes for one API and version; done once each, when first asked for."""
    request = kio_class(name, version, "request")
    read_entity = entity_reader(request)

    def read(frame: bytes, at: int) -> Any:
        return read_entity(frame, at)[0]

    def by_kio(fields: Mapping[str, Any]) -> bytes:
        return kio_writer(kio_class(name, version, "response"))(fields)

    by_hand = _BY_HAND.get(name)
    write = by_kio if by_hand is None else by_hand(version, by_kio)
    return Exchange(bool(request.__flexible__), read, write)


@cache
def kio_class(name: str, version: int, side: str) -> Any:
    """kio's class of an API's ``request`` or ``response``."""
    title = "".join(word.capitalize() for word in (*name.split("_"), side))
    return getattr(importlib.import_module(f"kio.schema.{name}.v{version}.{side}"), title)


@cache
def kio_writer(entity: Any) -> Callable[[Mapping[str, Any]], bytes]:
    """What writes plain fields as an ``entity``."""
    write_entity, fit = entity_writer(entity), fitting(entity)

    def write(fields: Mapping[str, Any]) -> bytes:
        buffer = io.BytesIO()
        write_entity(buffer, fit(fields))
        return buffer.getvalue()

    return write


def _skip_tags(frame: bytes, at: int) -> int:
    count, at = _uvarint(frame, at)
    for _ in range(count):
        _, at = _uvarint(frame, at)
        length, at = _uvarint(frame, at)
        at += length
        if at > len(frame):
            raise ValueError("a tagged field is cut off")
    return at


def _uvarint(frame: bytes, at: int) -> tuple[int, int]:
    number = 0
    for shift in range(0, 35, 7):
        byte = frame[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, at
    raise ValueError("a number is too long")


# -- fitting an answer to a version --------------------------------------------------------------------------
@cache
def fitting(entity: type) -> Callable[[Mapping[str, Any]], Any]:
    """What makes an ``entity`` of plain fields."""
    hints = typing.get_type_hints(entity)
    plan: list[tuple[str, Callable[[Any], Any], Callable[[], Any] | None]] = []
    for field in dataclasses.fields(entity):
        convert, neutral = _conversion(field, hints[field.name])
        if field.default is not dataclasses.MISSING:
            neutral = _constant(field.default)
        plan.append((field.name, convert, neutral))

    def fit(fields: Mapping[str, Any]) -> Any:
        values = {}
        for name, convert, neutral in plan:
            if name in fields:
                values[name] = convert(fields[name])
            elif neutral is None:
                raise TypeError(f"{entity.__module__}.{entity.__name__} needs {name}")
            else:
                values[name] = neutral()
        return entity(**values)

    return fit


def _constant(value: Any) -> Callable[[], Any]:
    return lambda: value


def _conversion(field: dataclasses.Field[Any], hint: Any) -> tuple[Callable[[Any], Any], Callable[[], Any] | None]:
    """How a plain value becomes this field's, and its neutral value where it has one."""
    options = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    optional = type(None) in options
    inner = next(option for option in options if option is not type(None))
    convert, neutral = _CONVERSIONS.get(field.metadata.get("kafka_type", ""), (_as_it_is, None))
    if dataclasses.is_dataclass(inner):
        convert = fitting(inner)
    elif typing.get_origin(inner) is tuple:
        item = typing.get_args(inner)[0]
        convert = _each(fitting(item)) if dataclasses.is_dataclass(item) else tuple
    if not optional:
        return convert, neutral
    return (lambda value: None if value is None else convert(value)), _constant(None)


def _each(fit: Callable[[Any], Any]) -> Callable[[Any], tuple[Any, ...]]:
    return lambda items: tuple([fit(item) for item in items])


def _as_it_is(value: Any) -> Any:
    return value


def _duration(ms: int) -> datetime.timedelta:
    return datetime.timedelta(milliseconds=ms)


def _moment(ms: int) -> datetime.datetime:
    return _EPOCH + datetime.timedelta(milliseconds=ms)


def _uuid(text: str | UUID) -> UUID:
    return text if isinstance(text, UUID) else UUID(text)


_CONVERSIONS: dict[str, tuple[Callable[[Any], Any], Callable[[], Any] | None]] = {
    "timedelta_i32": (_duration, _constant(datetime.timedelta(0))),
    "timedelta_i64": (_duration, _constant(datetime.timedelta(0))),
    "datetime_i64": (_moment, None),
    "error_code": (ErrorCode, _constant(ErrorCode.none)),
    "uuid": (_uuid, None),
}
