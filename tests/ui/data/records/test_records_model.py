"""The model under the records table: a tail that never shows grey rows, a pause, and spans longer than Qt can count."""

from __future__ import annotations

import threading

import pytest

from workbench.core.records import StoredRecord
from workbench.session.rows import page_rows_of
from workbench.ui.models import records
from workbench.ui.models.records import MAX_ROWS, RecordsModel


class GatedRows:
    """Any number there is; reads wait while the gate is shut, and are written down."""

    page_rows = 128
    connection = ""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.reads: list[tuple[int, int]] = []

    def read(self, reader, first: int, count: int) -> dict[int, StoredRecord]:
        self.reads.append((first, count))
        assert self.gate.wait(10)
        return {n: StoredRecord("orders", 0, n, n, None, b"%d" % n) for n in range(first, first + count)}


@pytest.fixture
def rows():
    made = GatedRows()
    yield made
    made.gate.set()


@pytest.fixture
def model(real, rows):
    made = RecordsModel(real.workspace)
    made.show(rows, 0, 1000)
    assert made.record(0) is None
    real.qtbot.waitUntil(lambda: made.record(0) is not None and made.record(127) is not None)
    rows.reads.clear()
    return made


def offsets(model: RecordsModel, count: int) -> list[int | None]:
    return [record.offset if (record := model.record(row)) else None for row in range(count)]


def test_a_quick_tail_shows_what_is_loaded_until_the_newest_are_here(real, rows, model):
    rows.gate.clear()
    for end in range(1050, 3050, 50):
        model.grow(0, end)
        assert offsets(model, 40) == list(range(999, 959, -1))
    rows.gate.set()
    real.qtbot.waitUntil(lambda: model.rowCount() == 3000)
    assert offsets(model, 40) == list(range(2999, 2959, -1))
    assert len(rows.reads) <= 3 and all(count <= rows.page_rows for _, count in rows.reads)


def test_what_was_on_its_way_when_the_tail_was_paused_stays_away(real, rows, model):
    rows.gate.clear()
    model.grow(0, 1050)
    model.grow(0, model.end)
    with real.qtbot.waitSignal(model.page_loaded):
        rows.gate.set()
    assert model.rowCount() == 1000


def test_more_rows_than_the_view_can_count_are_a_window_of_the_newest(real, rows):
    model = RecordsModel(real.workspace)
    model.show(rows, 0, 3 * MAX_ROWS)
    assert model.rowCount() == MAX_ROWS
    assert model.number_of(0) == 3 * MAX_ROWS - 1
    model.grow(0, 3 * MAX_ROWS + 7)
    real.qtbot.waitUntil(lambda: model.end == 3 * MAX_ROWS + 7)
    assert model.rowCount() == MAX_ROWS


def test_a_jump_out_of_the_window_moves_it(real, rows):
    model = RecordsModel(real.workspace)
    model.show(rows, 0, 3 * MAX_ROWS)
    model.include(500)
    row = model.row_of(500)
    assert (model.rowCount(), model.number_of(row)) == (MAX_ROWS, 500)
    real.qtbot.waitUntil(lambda: model.record(row) is not None)
    assert model.record(row).offset == 500
    model.grow(0, model.end)
    assert model.row_of(500) == row


def test_pages_of_huge_records_are_small_and_few(real, model, rows, monkeypatch):
    assert page_rows_of(1_000_000, 300_000_000) == 128 and page_rows_of(0, 0) == 128
    assert page_rows_of(10, 1_000_000_000) == 1 and page_rows_of(100, 1_000_000_000) == 6
    monkeypatch.setattr(records, "KEPT_BYTES", 600)
    for row in (200, 400, 600, 800):
        model.record(row)
        real.qtbot.waitUntil(lambda row=row: model.record(row) is not None)
    held = [sum(one.size_bytes for one in page.values()) for page in model._pages.values()]
    assert sum(held) <= 600 or len(held) == 1, "what was looked at last stays, the rest is read again"
    assert model.record(800) is not None
