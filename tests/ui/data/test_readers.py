"""Readers are lent, kept for the next, and never left open."""

from __future__ import annotations

from functools import partial

import pytest

from tests.ui.stage import orders_file
from workbench.broker import BrokerReader
from workbench.core.errors import Missing, NotFound
from workbench.ui.bridge.readers import Readers


def test_a_reader_is_lent_again_but_never_to_two_at_once(tmp_path):
    readers = Readers(partial(BrokerReader, orders_file(tmp_path, 40)))
    with readers.lend() as one, readers.lend() as other:
        assert one is not other
    with readers.lend() as again:
        assert again in (one, other)
    readers.close()


def test_one_that_failed_is_closed_and_not_lent_again(tmp_path):
    readers = Readers(partial(BrokerReader, orders_file(tmp_path, 40)))
    with pytest.raises(NotFound), readers.lend() as broken:
        broken.bounds("nowhere")
    with readers.lend() as fresh:
        assert fresh is not broken
    readers.close()


def test_a_missing_file_is_said(tmp_path):
    readers = Readers(partial(BrokerReader, tmp_path / "none.flow"))
    with pytest.raises(Missing), readers.lend():
        pass
