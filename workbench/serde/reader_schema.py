"""Records as a reader with a schema of its own sees them: what they were written with, resolved to that.

Avro by its schema resolution (``by_schema/avro_resolving.py``), Protobuf by field numbers, JSON by filling in defaults
and validating. The resolved record is one that could have been written with the reader's schema: it names that, so
that expressions, stores and whoever it is passed on to read it like any other. Any thread.
"""

from __future__ import annotations

from typing import Any

from workbench.core.errors import Invalid, WorkbenchError
from workbench.core.records import StoredRecord
from workbench.core.schemas import AVRO, JSON, PROTOBUF, RegisteredSchema, named_version
from workbench.serde import framing
from workbench.serde.base import Decoded
from workbench.serde.decoder import DecoderOf
from workbench.serde.json import Json
from workbench.serde.serdes import SchemaUse, Serdes

_json = Json()
_MOST_KEPT = 500


class ReaderSchema:
    """``text`` is SUBJECT or SUBJECT:VERSION. Without a version it is the last one, as of each record."""

    def __init__(self, text: str, serdes: Serdes, decoders: DecoderOf) -> None:
        self._subject, self._version = named_version(text)
        self._serdes, self._decoders = serdes, decoders
        self._ways: dict[tuple[int, int, str], Any] = {}
        self._last: tuple[StoredRecord, StoredRecord] | None = None

    def read(self, record: StoredRecord) -> StoredRecord:
        """The resolved record; a tombstone is its own. ``Invalid`` names the field and both versions, ``NotFound`` what
        is not registered."""
        if record.value is None:
            return record
        if self._last is None or self._last[0] is not record:
            self._last = record, self._resolved(record)
        return self._last[1]

    def _resolved(self, record: StoredRecord) -> StoredRecord:
        decoded = self._decoders(record.topic).value(record.value, record.headers)
        registered, version = self._registered()
        name = f"{self._subject} version {version}"
        if decoded.error:
            raise Invalid("The value can't be read by {name}. {why}", name=name, why=decoded.error)
        kind = registered.schema.type
        resolve = {AVRO: self._avro, PROTOBUF: self._protobuf, JSON: self._of_json}[kind]
        value = resolve(record, decoded, registered, name)
        if value is record.value:
            return record
        headers = tuple(each for each in record.headers if each[0] != framing.VALUE_HEADER)
        return record._replace(value=value, headers=headers)

    def _registered(self) -> tuple[RegisteredSchema, int]:
        return self._serdes.registered(self._subject, self._version)

    # -- by kind -----------------------------------------------------------------------------------------------
    def _avro(self, record: StoredRecord, decoded: Decoded, reader: RegisteredSchema, name: str) -> bytes:
        use = _written(decoded, AVRO, name)
        assert record.value is not None
        if use.id == reader.id and use.before:
            return record.value
        resolver, breaks, always = self._way(reader, use, name)
        if always:
            raise _refused(name, use, always)
        try:
            return framing.prefix(reader.id) + resolver.resolve(decoded.data[len(use.before):])
        except ValueError as wrong:
            raise _refused(name, use, breaks or str(wrong)) from None

    def _protobuf(self, record: StoredRecord, decoded: Decoded, reader: RegisteredSchema, name: str) -> bytes:
        from workbench.serde.by_schema.protobuf import ProtobufSerde
        from workbench.serde.schemas.protobuf import indexes_of

        use = _written(decoded, PROTOBUF, name)
        assert record.value is not None and isinstance(use.serde, ProtobufSerde)
        if use.id == reader.id and use.before:
            return record.value
        message, rows, _ = self._way(reader, use, name)
        if message is None:
            raise _refused(name, use, f"The message {use.serde.name} is not in {name}.")
        for row in rows:
            if _is_there(decoded.value, row.written or row.field):
                raise _refused(name, use, row.told)
        payload = decoded.data[len(use.before):]
        try:
            ProtobufSerde(message).value(payload)
        except ValueError as wrong:
            raise _refused(name, use, str(wrong)) from None
        return framing.prefix(reader.id, indexes_of(message)) + payload

    def _of_json(self, record: StoredRecord, decoded: Decoded, reader: RegisteredSchema, name: str) -> bytes:
        from workbench.serde.by_schema.jsonschema_defaults import filled
        from workbench.serde.schemas.jsonschema import JsonSchema

        assert record.value is not None
        if decoded.encoding != "json":
            raise Invalid("The value can't be read by {name}: it is {encoding}, and that is a JSON Schema.", name=name,
                          encoding=decoded.encoding)
        parsed, use = self._serdes.parsed(reader), decoded.schema
        assert isinstance(parsed, JsonSchema)
        try:
            value = filled(decoded.value, parsed.document)
        except ValueError as wrong:
            raise _refused(name, use, str(wrong)) from None
        if problem := parsed.problem(value):
            raise _refused(name, use, problem)
        if value is decoded.value:
            return record.value
        return (b"" if use is None else framing.prefix(reader.id)) + _json.encode(value)

    # -- made once for two schemas -----------------------------------------------------------------------------
    def _way(self, reader: RegisteredSchema, use: SchemaUse, name: str) -> Any:
        key = reader.id, use.id, use.name
        if key not in self._ways:
            if len(self._ways) >= _MOST_KEPT:
                self._ways.clear()
            try:
                self._ways[key] = self._made(reader, use, name)
            except WorkbenchError as refused:
                self._ways[key] = refused
        found = self._ways[key]
        if isinstance(found, WorkbenchError):
            raise found.with_traceback(None)
        return found

    def _made(self, reader: RegisteredSchema, use: SchemaUse, name: str) -> Any:
        """For Avro the resolver, why it may refuse, and why it always does; for Protobuf the message it is read as and
        the rows that break."""
        from workbench.serde.by_schema.avro_resolving import AvroResolver
        from workbench.serde.by_schema.protobuf import ProtobufSerde
        from workbench.serde.schemas.avro import AvroSchema
        from workbench.serde.schemas.protobuf import ProtobufSchema
        from workbench.serde.schemas.resolution import breaking, read_as, resolution

        mine, other = self._serdes.parsed(reader), self._serdes.parsed_by_id(use.id)
        rows = breaking(resolution(mine, other, name, _version(use), use.name))
        if isinstance(mine, ProtobufSchema) and isinstance(use.serde, ProtobufSerde):
            return read_as(mine, use.serde.descriptor), rows, ""
        assert isinstance(mine, AvroSchema) and isinstance(other, AvroSchema)
        why = " ".join(row.told for row in rows[:3])
        always = " ".join(row.told for row in rows if row.lies)
        try:
            return AvroResolver(mine, other), why, always
        except Exception as wrong:  # fastavro's are of many kinds
            raise Invalid("The value can't be read by {name}: {wrong}.", name=name,
                          wrong=str(wrong) or type(wrong).__name__) from None


def _written(decoded: Decoded, kind: str, name: str) -> SchemaUse:
    use = decoded.schema
    if use is None:
        raise Invalid("The value can't be read by {name}: which schema it was written with is not known.",
                      "Set the topic's encoding and schema, or write values that name theirs.", name=name)
    if use.type != kind:
        raise Invalid("The value can't be read by {name}, which is of type {kind}: it was written with {use}, of type"
                      " {type}.", name=name, kind=kind, use=_version(use), type=use.type)
    return use


def _version(use: SchemaUse) -> str:
    return f"{use.subject} version {use.version}" if use.subject else f"schema {use.id}"


def _refused(name: str, use: SchemaUse | None, why: str) -> Invalid:
    written = "" if use is None else f", written with {_version(use)}"
    return Invalid("The value{written}, can't be read by {name}: {why}" if written else
                   "The value can't be read by {name}: {why}", written=written, name=name,
                   why=why if why.endswith(".") else f"{why}.")


def _is_there(value: Any, path: str) -> bool:
    """Whether anything is written at the path of a field: zeros of fields that can't be unset are not."""
    steps = path.replace("[]", ".[]").replace("{}", ".{}").split(".") if path else []
    found = [value]
    for step in steps:
        if step in ("[]", "{}"):
            lists = [each for each in found if isinstance(each, list | dict)]
            found = [each for one in lists for each in (one.values() if isinstance(one, dict) else one)]
        else:
            found = [each[step] for each in found if isinstance(each, dict) and step in each]
    return any(found)
