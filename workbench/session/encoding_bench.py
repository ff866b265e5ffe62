"""The encoding bench: the same events in every encoding, with and without each codec: bytes, time to write and read.

Avro and Protobuf need a schema: the one that is given, else one that fits the events (``inferred``). Times are CPU time
of this thread, the best of several turns in which the encodings take part one after the other; bytes are exact. Every
encoding is read back and compared before it is measured. Pure but for the clock.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.broker import CODECS, encode_batch
from workbench.core.errors import Invalid, WorkbenchError
from workbench.core.records import Record, StoredRecord
from workbench.core.schemas import AVRO, PROTOBUF, Schema
from workbench.serde import DecoderOf, encoding
from workbench.serde.by_schema import SchemaSerde, serde_of
from workbench.serde.schemas import parse
from workbench.session.inferred import Shape, avro_text, protobuf_text, shape_of, wrapped_for_protobuf

ENCODINGS = ("json", "avro", "protobuf", "msgpack", "cbor")
MOST_EVENTS = 100_000
_TURNS = 3


@dataclass(frozen=True, slots=True)
class Measured:
    """One encoding. ``bytes`` are those of all values; ``batch_bytes`` those of one batch of all events, by codec.
    Times are microseconds an event; ``note`` says where something is not the same as in the others, or why it can't
    write them: then there are no figures."""

    encoding: str
    bytes: int
    encode_us: float
    decode_us: float
    batch_bytes: Mapping[str, int]
    schema: str = ""
    note: str = ""


class _Way:
    """One encoding of the events."""

    def __init__(self, name: str, write: Callable[[Any], bytes], read: Callable[[bytes], Any],
                 form: Callable[[bytes], Any], schema: str = "", wraps: bool = False) -> None:
        self.name, self.write, self.read, self.form = name, write, read, form
        self.schema, self.wraps = schema, wraps
        self.encode_s = self.decode_s = float("inf")


def measure(events: Sequence[Any], serdes: Mapping[str, SchemaSerde] | None = None,
            clock_s: Callable[[], float] = time.thread_time, stopped: Callable[[], bool] = lambda: False,
            ) -> list[Measured]:
    """``events`` are values as JSON says them. ``Invalid`` where there are none, or too many."""
    if not events:
        raise Invalid("There are no events to compare encodings with.", "Choose a topic that has some, or type one.")
    if len(events) > MOST_EVENTS:
        raise Invalid("{count:,} events are more than {most_events:,}.", "Compare fewer.", count=len(events),
                      most_events=MOST_EVENTS)
    shape, given = shape_of(events), serdes or {}
    ways: list[_Way] = []
    written: dict[str, list[bytes]] = {}
    failed: dict[str, Measured] = {}
    for name in ENCODINGS:
        try:
            way = _way(name, shape, given)
            written[name] = [way.write(_given(way, event)) for event in events]
            ways.append(way)
        except (ValueError, WorkbenchError) as wrong:
            reason = wrong.message if isinstance(wrong, WorkbenchError) else str(wrong)
            failed[name] = Measured(name, 0, 0.0, 0.0, {}, "", f"it can't write them all: {reason.rstrip('.')}")
    notes = {way.name: _difference(way, events, written[way.name]) for way in ways}
    for _ in range(_TURNS):
        for way in ways:
            if stopped():
                break
            _take_turn(way, events, written[way.name], clock_s)
    found = {way.name: _measured(way, written[way.name], notes[way.name], len(events)) for way in ways} | failed
    return [found[name] for name in ENCODINGS]


def events_in(records: Iterable[StoredRecord], decoders: DecoderOf) -> tuple[list[Any], dict[str, SchemaSerde]]:
    """The values of records as JSON says them, those that can be read, and the schemas that all of one encoding have
    in common."""
    events: list[Any] = []
    used: dict[str, set[SchemaSerde]] = {}
    for record in records:
        if record.value is None:
            continue
        decoded = decoders(record.topic).value(record.value, record.headers)
        if decoded.encoding == "bytes":
            continue
        events.append(decoded.in_words())
        if decoded.schema is not None:
            used.setdefault(decoded.encoding, set()).add(decoded.schema.serde)
    return events, {name: next(iter(serdes)) for name, serdes in used.items()
                    if len(serdes) == 1 and name in ("avro", "protobuf") and len(used) == 1}


def _way(name: str, shape: Shape, given: Mapping[str, SchemaSerde]) -> _Way:
    if name in given:
        return _Way(name, given[name].write, given[name].value, given[name].form)
    if name in ("avro", "protobuf"):
        serde, text = _inferred(name, shape)
        wraps = name == "protobuf" and wrapped_for_protobuf(shape)
        return _Way(name, serde.write, serde.value, serde.form, text, wraps)
    plain = encoding(name)
    return _Way(name, plain.encode, plain.decode, plain.decode)


def _inferred(name: str, shape: Shape) -> tuple[SchemaSerde, str]:
    text = avro_text(shape) if name == "avro" else protobuf_text(shape)
    parsed = parse(Schema(AVRO if name == "avro" else PROTOBUF, text))
    return serde_of(parsed, message="" if name == "avro" else "Event"), text


def _given(way: _Way, event: Any) -> Any:
    return {"value": event} if way.wraps else event


def _difference(way: _Way, events: Sequence[Any], written: Sequence[bytes]) -> str:
    """What is not as it was when it is read back."""
    differ = sum(way.form(data) != _given(way, event) for data, event in zip(written, events, strict=True))
    if not differ:
        return ""
    said = "missing fields have their defaults" if way.name in ("avro", "protobuf") else "some values differ"
    return f"{said} when {'it is' if differ == 1 else 'they are'} read back ({differ:,} of {len(events):,})"


def _take_turn(way: _Way, events: Sequence[Any], written: Sequence[bytes], clock_s: Callable[[], float]) -> None:
    given, write, read = [_given(way, event) for event in events], way.write, way.read
    began = clock_s()
    for event in given:
        write(event)
    middle = clock_s()
    for data in written:
        read(data)
    way.encode_s, way.decode_s = min(way.encode_s, middle - began), min(way.decode_s, clock_s() - middle)


def _measured(way: _Way, written: Sequence[bytes], note: str, count: int) -> Measured:
    records = [Record(None, data, (), 0) for data in written]
    batches = {codec: len(encode_batch(records, compression=codec, now_ms=0)) for codec in CODECS}
    return Measured(way.name, sum(map(len, written)), way.encode_s / count * 1e6, way.decode_s / count * 1e6, batches,
                    way.schema, note)
