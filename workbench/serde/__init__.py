"""Encodings: the one place that turns the bytes of keys and values into values, and back."""

from workbench.serde.base import Decoded, Encoding
from workbench.serde.decoder import (
    GUESSING,
    Decoder,
    DecoderOf,
    as_bytes,
    decoder_of,
    decoders_of,
    guessing,
)
from workbench.serde.lines import header_line, key_line, shown, value_line
from workbench.serde.names import NAMES, names_of, seen
from workbench.serde.plain import from_plain, plain, plain_json, restored
from workbench.serde.serdes import NO_SCHEMAS, SchemaSource, SchemaUse, Serdes
from workbench.serde.table import ENCODINGS, encoding

__all__ = [
    "ENCODINGS", "GUESSING", "NAMES", "NO_SCHEMAS", "Decoded", "Decoder", "DecoderOf", "Encoding", "SchemaSource",
    "SchemaUse", "Serdes", "as_bytes", "decoder_of", "decoders_of", "encoding", "from_plain", "guessing", "header_line",
    "key_line", "names_of", "plain", "plain_json", "restored", "seen", "shown", "value_line",
]
