"""How a drawn topic or queue says what its keys and values are written in, and the broker's words for it."""

from __future__ import annotations

from workbench.core.encodings import AUTO, CHOICES, KEY_ENCODING, KEY_SCHEMA, VALUE_ENCODING, VALUE_SCHEMA
from workbench.flow.params import Param

ENCODED = (
    Param("value_encoding", "choice", AUTO, "Values are", choices=CHOICES, section="Encoding",
          help="How tables, filters and conditions read values, and how edits and maps write them. auto: guessed."),
    Param("key_encoding", "choice", AUTO, "Keys are", choices=CHOICES, section="Encoding",
          help="The same of keys. auto takes a bare number for text: keys are names."),
    Param("value_schema", "text", "", "Schema of values", section="Encoding",
          help="The subject by whose last version values are written, or SUBJECT#MESSAGE. Empty: TOPIC-value."),
    Param("key_schema", "text", "", "Schema of keys", section="Encoding",
          help="The same of keys. Empty: TOPIC-key."),
)
ENCODING_CONFIG = {"value_encoding": VALUE_ENCODING, "key_encoding": KEY_ENCODING, "value_schema": VALUE_SCHEMA,
                   "key_schema": KEY_SCHEMA}
"""The broker's words for them."""
