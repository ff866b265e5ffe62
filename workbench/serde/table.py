"""All encodings. Adding one is a module with an ``Encoding``, a line here and its name in ``core.encodings``."""

from __future__ import annotations

from collections.abc import Mapping

from workbench.core.encodings import CHOICES
from workbench.core.errors import Invalid
from workbench.serde.avro import Avro
from workbench.serde.base import Encoding
from workbench.serde.binary import Binary
from workbench.serde.cbor import Cbor
from workbench.serde.json import Json
from workbench.serde.msgpack import MessagePack
from workbench.serde.protobuf import Protobuf
from workbench.serde.text import Text

ENCODINGS: Mapping[str, Encoding] = {
    each.name: each for each in (Json(), Text(), Binary(), MessagePack(), Cbor(), Avro(), Protobuf())
}
GUESSED = tuple(ENCODINGS[name] for name in ("json", "text", "msgpack", "cbor", "bytes"))
"""In this order bytes are tried when nobody said what they are."""


def encoding(name: str) -> Encoding:
    """``Invalid`` names those there are."""
    if name not in ENCODINGS:
        raise Invalid("There is no encoding {name!r}.", "Use one of: {choices}.", name=name, choices=', '.join(CHOICES))
    return ENCODINGS[name]
