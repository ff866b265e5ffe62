"""The names of encodings, and the topic settings that choose them. What they do is in ``serde``."""

from __future__ import annotations

from collections.abc import Mapping

AUTO = "auto"
ENCODING_NAMES = ("json", "text", "bytes", "msgpack", "cbor")
KEY_ENCODING, VALUE_ENCODING = "key.encoding", "value.encoding"
CHOICES = (AUTO, *ENCODING_NAMES)
TITLES = {"json": "JSON", "text": "text", "bytes": "bytes", "msgpack": "MessagePack", "cbor": "CBOR"}
"""As people write them within a sentence."""


def encodings_of(config: Mapping[str, str]) -> tuple[str, str]:
    """How a topic with these settings encodes key and value; ``auto`` where it does not say."""
    return config.get(KEY_ENCODING, AUTO), config.get(VALUE_ENCODING, AUTO)
