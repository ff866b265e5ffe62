"""The schemas that a decoder knows, as readers and writers of bytes, each made once.

Where they come from is a ``SchemaSource``: the workspace's registry, or an attached one. It is asked again for what it
did not have, so it must answer that quickly; what it has given stays, because an id means one schema for ever.
Any thread: what two make at once is the same. What reads schemas is imported when the first is used.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import msgspec

from workbench.core.errors import Invalid, NotFound, WorkbenchError
from workbench.core.schemas import PROTOBUF, Reference, RegisteredSchema, Schema
from workbench.serde import framing
from workbench.serde.json import Json

if TYPE_CHECKING:
    from workbench.serde.by_schema import SchemaSerde
    from workbench.serde.schemas import Parsed

_MOST_KEPT = 5_000
_json = Json()
_exact = msgspec.json.Decoder(float_hook=Decimal).decode


class SchemaSource(Protocol):
    """Where schemas are registered. Thread-safe."""

    def schema_by_id(self, schema_id: int) -> RegisteredSchema | None: ...

    def schema_by_guid(self, guid: bytes) -> RegisteredSchema | None: ...

    def latest_schema(self, subject: str) -> RegisteredSchema | None:
        """That of a subject's last version."""
        ...

    def schema_of_version(self, subject: str, version: int) -> RegisteredSchema | None:
        """That of a version that is not deleted."""
        ...

    def versions_of(self, schema_id: int) -> tuple[tuple[str, int], ...]:
        """The subjects and version numbers that are this schema."""
        ...

    def referred(self, schema_id: int) -> Callable[[Reference], Schema]:
        """What references mean in that schema; it raises ``NotFound``."""
        ...


class SchemaUse(NamedTuple):
    """A schema as bytes were written with it. ``before`` is what stands before the payload: the same when it is written
    again."""

    id: int
    type: str
    subject: str
    version: int
    serde: SchemaSerde
    before: bytes

    @property
    def name(self) -> str:
        return self.serde.name

    def value(self, data: bytes) -> Any:
        return self.serde.value(data[len(self.before) :])

    def form(self, data: bytes) -> Any:
        """The JSON form (see ``by_schema.base``)."""
        return self.serde.form(data[len(self.before) :])

    def write(self, form: Any) -> bytes:
        """``ValueError`` names the field that does not fit."""
        return self.before + self.serde.write(form)

    def write_json(self, text: bytes) -> bytes:
        """The same of a form as JSON text: numbers with a point are taken as they are written, digit by digit."""
        if self.serde.encoding == "json":
            return self.write(_json.decode(text))
        return self.write(_decode_exactly(text))


class _NoSchemas:
    def schema_by_id(self, schema_id: int) -> RegisteredSchema | None:
        return None

    def schema_by_guid(self, guid: bytes) -> RegisteredSchema | None:
        return None

    def latest_schema(self, subject: str) -> RegisteredSchema | None:
        return None

    def schema_of_version(self, subject: str, version: int) -> RegisteredSchema | None:
        return None

    def versions_of(self, schema_id: int) -> tuple[tuple[str, int], ...]:
        return ()

    def referred(self, schema_id: int) -> Callable[[Reference], Schema]:
        raise NotFound("There is no schema {schema_id}.", schema_id=schema_id)


class Serdes:
    """Those of one source."""

    def __init__(self, source: SchemaSource | None = None) -> None:
        self._source: SchemaSource = _NoSchemas() if source is None else source
        self._parsed: dict[int, Parsed] = {}
        self._made: dict[tuple[int, tuple[int, ...]], SchemaSerde] = {}
        self._written: dict[tuple[int, str, str], SchemaUse] = {}
        self.decoders: dict[Any, Any] = {}  # those made of it (``decoder.decoder_of``): they end with it

    def written_for(self, subject: str, message: str = "") -> SchemaUse:
        """How new values of a subject are written: by its last version, with its id before the payload; ``message`` is
        the Protobuf message, else the first. ``NotFound`` names the subject, ``Invalid`` says what is wrong."""
        registered = self._last(subject)
        key = registered.id, subject, message
        if key not in self._written:
            self._keep(self._written, key, self._writer(registered, subject, message))
        return self._written[key]

    def _last(self, subject: str) -> RegisteredSchema:
        found = self._source.latest_schema(subject)
        if found is None:
            raise NotFound("There is no schema of the subject {subject!r}.",
                           "Register one: workbench schemas FILE register {subject} PATH.", subject=subject)
        return found

    def registered(self, subject: str, version: int = 0) -> tuple[RegisteredSchema, int]:
        """A version of a subject, 0 for the last one, and its number; ``NotFound`` where it is not there."""
        if version:
            found = self._source.schema_of_version(subject, version)
            if found is None:
                raise NotFound("There is no version {version} of the subject {subject!r}.", version=version,
                               subject=subject)
            return found, version
        found = self._last(subject)
        return found, self._place(found.id, subject)[1]

    def _writer(self, registered: RegisteredSchema, subject: str, message: str) -> SchemaUse:
        from workbench.serde.schemas.protobuf import ProtobufSchema, indexes_of

        parsed, indexes = self.parsed(registered), None
        if isinstance(parsed, ProtobufSchema):
            indexes = indexes_of(parsed.message_named(message)) if message else (0,)
        elif message:
            raise Invalid("The schema of the subject {subject!r} has no messages: it is {type}.", subject=subject,
                          type=registered.schema.type)
        return self._used(registered, subject, indexes or (0,), framing.prefix(registered.id, indexes))

    def alone(self, subject: str, message: str = "") -> SchemaUse | None:
        """The last version of a subject, for bytes without anything before them; None where there is none."""
        try:
            return self.written_for(subject, message)._replace(before=b"")
        except NotFound:
            return None

    def parsed(self, registered: RegisteredSchema) -> Parsed:
        found = self._parsed.get(registered.id)
        if found is None:
            from workbench.serde.schemas import parse

            found = parse(registered.schema, self._source.referred(registered.id))
            self._keep(self._parsed, registered.id, found)
        return found

    def parsed_by_id(self, schema_id: int) -> Parsed:
        """``NotFound`` where none has that id."""
        registered = self._source.schema_by_id(schema_id)
        if registered is None:
            raise NotFound("There is no schema {schema_id}.", schema_id=schema_id)
        return self.parsed(registered)

    def used(self, named: framing.Named, data: bytes, subject: str) -> SchemaUse | None:
        """The schema that bytes name before their payload; None where it is not registered, ``ValueError`` where no
        bytes can be read by it."""
        if not named.guid and not 0 < named.id <= framing.MAX_ID:
            return None
        registered = self._source.schema_by_guid(named.guid) if named.guid else self._source.schema_by_id(named.id)
        if registered is None:
            return None
        indexes, end = (0,), named.end
        if registered.schema.type == PROTOBUF:
            indexes, end = framing.indexes_at(data, named.end)
        try:
            return self._used(registered, subject, indexes, data[:end])
        except WorkbenchError as wrong:
            raise ValueError(f"schema {registered.id} can't be used. {wrong.message}") from None

    def _used(self, registered: RegisteredSchema, subject: str, indexes: tuple[int, ...], before: bytes) -> SchemaUse:
        where, version = self._place(registered.id, subject)
        serde = self._serde(registered, indexes)
        return SchemaUse(registered.id, registered.schema.type, where, version, serde, before)

    def _serde(self, registered: RegisteredSchema, indexes: tuple[int, ...]) -> SchemaSerde:
        key = registered.id, indexes
        found = self._made.get(key)
        if found is None:
            from workbench.serde.by_schema import serde_of

            found = serde_of(self.parsed(registered), indexes)
            self._keep(self._made, key, found)
        return found

    def _place(self, schema_id: int, subject: str) -> tuple[str, int]:
        places = self._source.versions_of(schema_id)
        for name, version in places:
            if name == subject:
                return name, version
        return places[0] if places else ("", 0)

    @staticmethod
    def _keep(table: dict[Any, Any], key: Any, value: Any) -> None:
        if len(table) >= _MOST_KEPT:
            table.clear()
        table[key] = value


class SchemaUses:
    """What the keys or values of one topic were written with, by what stands before them. ``subject`` is told where a
    schema is in several."""

    def __init__(self, serdes: Serdes, subject: str = "") -> None:
        self._serdes = serdes
        self._subject = subject
        self._known: dict[bytes, SchemaUse] = {}
        self._indexed: set[bytes] = set()

    def before(self, data: bytes) -> SchemaUse | None:
        """The schema that is named before the payload; None where none is, or none that is registered."""
        found = self._known.get(data[:5])
        if found is not None:
            return found
        if data[:5] in self._indexed:  # message indexes follow the id
            _, end = framing.indexes_at(data, 5)
            found = self._known.get(data[:end])
        elif data[:1] == b"\x01":
            found = self._known.get(data[:17])
        return found or self._asked(data)

    def in_header(self, header: bytes) -> SchemaUse | None:
        """The same of a header; the payload stands alone then."""
        found = self.before(header)
        return None if found is None else found._replace(before=b"")

    def _asked(self, data: bytes) -> SchemaUse | None:
        named = framing.named_in(data)
        found = None if named is None else self._serdes.used(named, data, self._subject)
        if found is not None:
            if len(self._known) >= _MOST_KEPT:
                self._known.clear()
            self._known[found.before] = found
            if found.type == PROTOBUF and data[0] == framing.BY_ID:
                self._indexed.add(data[:5])
        return found


def _decode_exactly(text: bytes) -> Any:
    try:
        return _exact(text)
    except RecursionError:
        raise ValueError("nested too deep") from None


NO_SCHEMAS = Serdes()
