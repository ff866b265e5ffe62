"""Encodings: the one place that turns the bytes of keys and values into values, and back."""

from workbench.serde.base import Decoded, Encoding
from workbench.serde.decoder import Decoder, as_bytes, decoder_of
from workbench.serde.names import names_of
from workbench.serde.plain import plain, plain_json
from workbench.serde.table import ENCODINGS, encoding

__all__ = ["ENCODINGS", "Decoded", "Decoder", "Encoding", "as_bytes", "decoder_of", "encoding", "names_of", "plain",
           "plain_json"]  # fmt: skip
