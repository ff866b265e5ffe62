"""Frames: whatever the cut, the same payloads; hostile lengths refused before memory is taken."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.control.frames import MAX_FRAME_BYTES, FrameReader, frame
from workbench.core.errors import Corrupt


@given(st.lists(st.binary(max_size=300), max_size=20), st.data())
def test_payloads_survive_any_cut(payloads: list[bytes], data: st.DataObject):
    stream = b"".join(frame(payload) for payload in payloads)
    reader, seen, at = FrameReader(), [], 0
    while at < len(stream):
        size = data.draw(st.integers(1, 200))
        seen += reader.feed(stream[at : at + size])
        at += size
    assert seen == payloads


@pytest.mark.parametrize("length", [MAX_FRAME_BYTES + 1, 2**31 - 1, 2**32 - 1])
def test_a_hostile_length_is_refused(length: int):
    with pytest.raises(Corrupt, match="at most"):
        FrameReader().feed(struct.pack(">I", length))


def test_the_limit_of_a_reader_holds():
    reader = FrameReader(max_bytes=10)
    assert reader.feed(frame(b"0123456789")) == [b"0123456789"]
    with pytest.raises(Corrupt):
        reader.feed(frame(b"0123456789A"))


def test_a_message_over_the_limit_is_not_sent():
    with pytest.raises(Corrupt, match="too large"):
        frame(bytes(MAX_FRAME_BYTES + 1))
