"""What an encoding is, and what comes of decoding. Pure values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from workbench.serde.plain import plain

if TYPE_CHECKING:
    from workbench.serde.serdes import SchemaUse


class Decoded(NamedTuple):
    """What bytes mean. A NamedTuple, because a scan makes a hundred thousand a second.

    ``confidence`` is 1.0 where the encoding was chosen, or can't be anything else; less where it was guessed. When
    bytes are not what they were said to be, ``error`` is the sentence and ``value`` the bytes themselves. ``schema`` is
    the one that ``data`` was read by, where it was by one.
    """

    value: Any
    encoding: str
    confidence: float = 1.0
    error: str = ""
    schema: SchemaUse | None = None
    data: bytes = b""

    def in_words(self) -> Any:
        """The value as JSON can say it: the form that its schema drives (``by_schema.base``), else ``plain``."""
        return plain(self.value) if self.schema is None else self.schema.form(self.data)


class Encoding(Protocol):
    """One way to write values as bytes. Pure; any thread."""

    @property
    def name(self) -> str: ...

    def decode(self, data: bytes) -> Any:
        """The value; ``ValueError`` with a reason when the bytes are not of this encoding, whole."""
        ...

    def encode(self, value: Any) -> bytes:
        """``ValueError`` with a reason for a value that it can't write."""
        ...

    def likelihood(self, value: Any, data: bytes) -> float:
        """How likely bytes that decode to ``value`` were meant so: 0 to 1. Asked after ``decode`` only."""
        ...
