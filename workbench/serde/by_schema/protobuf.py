"""The bytes of one Protobuf message type, by the protobuf runtime: no generated code, no compiler."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from workbench.serde.by_schema.protobuf_reading import Read, Readers
from workbench.serde.by_schema.protobuf_template import template
from workbench.serde.by_schema.protobuf_writing import fill

if TYPE_CHECKING:
    from google.protobuf.descriptor import Descriptor


class ProtobufSerde:
    encoding = "protobuf"
    seen_as_it_is = True

    def __init__(self, message: Descriptor) -> None:
        from google.protobuf.message_factory import GetMessageClass

        self.name = message.full_name
        self.descriptor = message
        self._class = GetMessageClass(message)
        self._parse = self._class.FromString
        self._value: Read = Readers(form=False).message(message)

    def value(self, payload: bytes) -> Any:
        return self._value(self._parsed(payload))

    def form(self, payload: bytes) -> Any:
        return self._form(self._parsed(payload))

    def write(self, form: Any) -> bytes:
        made = self._class()
        try:
            fill(form, made, "")
            return made.SerializeToString(deterministic=True)
        except RecursionError:
            raise ValueError("nested too deep") from None

    def template(self) -> Any:
        return template(self.descriptor)

    @cached_property
    def _form(self) -> Read:
        return Readers(form=True).message(self.descriptor)

    def _parsed(self, payload: bytes) -> Any:
        try:
            return self._parse(payload)
        except Exception as wrong:  # google's DecodeError, which is no ValueError
            told = str(wrong).rpartition("': ")[2]
            raise ValueError(f"it is no message {self.name}: {told.rstrip('.')}") from None
