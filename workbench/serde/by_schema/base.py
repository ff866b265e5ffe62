"""What reads and writes the bytes of one schema, and its JSON form. Pure; any thread.

There are two ways to see such bytes. The *value* is what expressions see: times, decimals, whole numbers. The *form* is
JSON, driven by the schema and reversible: ``write(form(payload))`` means what ``payload`` meant, to the last digit and
to the branch of a union. Views, editors, exports and the command line show and take forms.

    bytes, fixed                        {"base64": "..."}
    decimal, uuid                       text: "12.50"
    date, time, timestamp               ISO 8601 text; the number itself where no calendar has it
    duration (Avro)                     {"months": 1, "days": 2, "millis": 3}
    not a number, ±infinity             "NaN", "Infinity", "-Infinity"
    enum                                its symbol
    union (Avro)                        null or the value; {"branch": value} only where two branches look alike in JSON
    fields of a message (Protobuf)      by name as in the .proto; those that can be unset are there only when set
    Timestamp, Duration (Protobuf)      "2026-11-30T12:00:00.000000001Z", "1.5s"
    wrapper, Struct, Value, ListValue   the value
    Any                                 {"@type": "...", and its fields}, or {"@type": "...", "base64": "..."}
    what the schema does not know       "@unknown": {"7": ...}, as Protobuf without a schema is shown
"""

from __future__ import annotations

from typing import Any, Protocol


class SchemaSerde(Protocol):
    @property
    def encoding(self) -> str:
        """``avro``, ``protobuf`` or ``json``."""
        ...

    @property
    def name(self) -> str:
        """The record or message that the bytes are of; may be empty."""
        ...

    @property
    def seen_as_it_is(self) -> bool:
        """Whether expressions have a word for all that can be in a value."""
        ...

    def value(self, payload: bytes) -> Any:
        """What expressions see; ``ValueError`` with a reason when the bytes are not of this schema, whole."""
        ...

    def form(self, payload: bytes) -> Any:
        """The JSON form; ``ValueError`` as above."""
        ...

    def write(self, form: Any) -> bytes:
        """``ValueError`` that names the field: ``items[3].price: expected a decimal(10,2), got 'abc'``."""
        ...

    def template(self) -> Any:
        """A form that can be written, to begin with: defaults where there are, else zeros."""
        ...


def mismatch(path: str, expected: str, got: Any) -> ValueError:
    shown = repr(got) if isinstance(got, str) else str(got)
    shown = shown if len(shown) <= 60 else f"{shown[:57]}..."
    return ValueError(f"{path}: expected {expected}, got {shown}" if path else f"expected {expected}, got {shown}")


def a(word: str) -> str:
    """The word with its article."""
    return f"an {word}" if word[0] in "aeio" else f"a {word}"
