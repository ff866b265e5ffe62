"""What every encoding must do, written once; a test class names its encoding and gives values it can write."""

from __future__ import annotations

import json
from typing import Any, final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.encodings import ENCODING_NAMES, TITLES
from workbench.core.errors import Invalid
from workbench.serde import Decoder, encoding, plain_json, restored


class EncodingContract:
    name: str
    values: st.SearchStrategy[Any]
    never: Any  # a value that it can't write
    broken: bytes | None  # bytes that are none of it; None where all bytes are

    def decoder(self) -> Decoder:
        """One that reads and writes values so."""
        return Decoder(value=self.name)

    @final
    def test_it_is_known_by_name(self):
        assert encoding(self.name).name == self.name
        assert self.name in ENCODING_NAMES

    @final
    def test_values_come_back_as_they_were(self):
        @given(self.values)
        def holds(value: Any) -> None:
            data = self.decoder().value_bytes(value)
            assert data is not None
            decoded = self.decoder().value(data)
            assert (decoded.value, decoded.encoding, decoded.confidence, decoded.error) == (value, self.name, 1.0, "")
            assert type(decoded.value) is type(value)
            json.dumps(decoded.in_words(), allow_nan=False)
            assert self.decoder().value_bytes(restored(decoded.in_words(), decoded.value)) == data

        holds()

    @final
    def test_any_bytes_are_answered(self):
        """No bytes raise anything: what is not of the encoding stays as bytes, with the reason."""

        @given(st.binary(max_size=200))
        def holds(data: bytes) -> None:
            for decoder in (self.decoder(), Decoder()):
                decoded = decoder.value(data)
                if decoded.error:
                    assert decoded.value == data
                plain_json(decoded.value)

        holds()

    @final
    def test_what_it_is_not_is_said_and_kept(self):
        if self.broken is None:
            pytest.skip(f"all bytes are {self.name}")
        decoded = self.decoder().value(self.broken)
        assert decoded.value == self.broken
        assert decoded.encoding == "bytes"
        assert decoded.error.startswith(f"It is no {TITLES[self.name]}: ")

    @final
    def test_what_it_cannot_write_is_said(self):
        with pytest.raises((ValueError, Invalid), match=r"\w"):
            self.decoder().value_bytes(self.never)
