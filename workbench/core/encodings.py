"""The names of encodings, and the topic settings that choose them. What they do is in ``serde``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

AUTO = "auto"
BY_SCHEMA = ("avro", "protobuf")
"""Those that need a schema; JSON may have one."""
ENCODING_NAMES = ("json", "text", "bytes", "msgpack", "cbor", *BY_SCHEMA)
KEY_ENCODING, VALUE_ENCODING = "key.encoding", "value.encoding"
KEY_SCHEMA, VALUE_SCHEMA = "key.schema", "value.schema"
CHOICES = (AUTO, *ENCODING_NAMES)
TITLES = {"json": "JSON", "text": "text", "bytes": "bytes", "msgpack": "MessagePack", "cbor": "CBOR", "avro": "Avro",
          "protobuf": "Protobuf"}
"""As people write them within a sentence."""


class Coding(NamedTuple):
    """How the keys or the values of a topic are written. ``subject`` names the schema of new ones, and of those that
    name none themselves; ``given`` says that a person chose it, else it follows from the topic's name. ``message`` is
    which of a Protobuf schema's messages; empty: the first."""

    encoding: str = AUTO
    subject: str = ""
    message: str = ""
    given: bool = False


def encodings_of(config: Mapping[str, str]) -> tuple[str, str]:
    """How a topic with these settings encodes key and value; ``auto`` where it does not say."""
    return config.get(KEY_ENCODING, AUTO), config.get(VALUE_ENCODING, AUTO)


class Encoded(Protocol):
    """A topic as a snapshot has it."""

    @property
    def key_encoding(self) -> str: ...
    @property
    def value_encoding(self) -> str: ...
    @property
    def key_schema(self) -> str: ...
    @property
    def value_schema(self) -> str: ...


def settings_of(topic: Encoded) -> dict[str, str]:
    """The settings that say how it is written."""
    return {KEY_ENCODING: topic.key_encoding, VALUE_ENCODING: topic.value_encoding, KEY_SCHEMA: topic.key_schema,
            VALUE_SCHEMA: topic.value_schema}


def codings_of(config: Mapping[str, str], topic: str = "") -> tuple[Coding, Coding]:
    """The same with their schemas. A setting is ``SUBJECT`` or ``SUBJECT#MESSAGE``; without one the subject is
    ``TOPIC-key`` or ``TOPIC-value``, as Kafka's serializers name it."""
    key, value = encodings_of(config)
    return (coding_of(key, config.get(KEY_SCHEMA, ""), f"{topic}-key" if topic else ""),
            coding_of(value, config.get(VALUE_SCHEMA, ""), f"{topic}-value" if topic else ""))


def coding_of(encoding: str, setting: str, usual: str) -> Coding:
    subject, _, message = setting.partition("#")
    return Coding(encoding, subject or usual, message, bool(subject))
