"""The records table as a tool: columns, filters from what is there, menus, sorts, colours, raw bytes, what it keeps."""

from __future__ import annotations

import json

import pytest
from PySide6.QtCore import QItemSelection, QItemSelectionModel, QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from workbench.broker import BrokerReader
from workbench.control.messages import AppendRecords, SaveViews
from workbench.host import LocalHost
from workbench.ui.bridge.operation import wait_for_work
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.models.views import ColourRule, Views
from workbench.ui.panels.records.editor import RecordEditor
from workbench.ui.panels.records.panel import RecordsPanel
from workbench.ui.theme.theme import theme


@pytest.fixture
def panel(real):
    made = RecordsPanel(real.workspace)
    real.show(made, 1120, 280)
    real.qtbot.waitUntil(lambda: made.model.record(0) is not None)
    return made


def menu_at(real, panel: RecordsPanel, row: int, column: str) -> QMenu:
    """The menu of a cell, as a right click opens it."""
    index = panel.model.index(row, panel.model.columns.index(column))
    at = panel.table.visualRect(index).center()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, panel.table.viewport().mapToGlobal(at))
    QApplication.sendEvent(panel.table.viewport(), event)
    return opened(real, panel)


def opened(real, panel) -> QMenu:
    real.qtbot.waitUntil(lambda: bool([m for m in panel.findChildren(QMenu, "records_menu") if m.isVisible()]))
    return next(m for m in panel.findChildren(QMenu, "records_menu") if m.isVisible())


def pick(menu: QMenu, *path: str) -> None:
    """Trigger an entry by its words, submenus first."""
    at = menu
    for name in path[:-1]:
        at = next(action.menu() for action in at.actions() if action.text().startswith(name))
    next(action for action in at.actions() if action.text().startswith(path[-1])).trigger()
    menu.close()


def select(panel: RecordsPanel, first: int, last: int) -> None:
    rows = QItemSelection(panel.model.index(first, 0), panel.model.index(last, 0))
    both = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
    panel.table.selectionModel().select(rows, both)


def test_a_field_becomes_a_column_and_the_workspace_keeps_it(real, panel):
    pick(menu_at(real, panel, 0, "value"), "Add a column", "value.total")
    assert panel.model.columns == ("time", "partition", "offset", "key", "value.total", "value", "headers", "size")
    shown = panel.model.index(0, 4).data()
    assert shown == str(json.loads(panel.model.record(0).value)["total"])
    assert panel.model.headerData(4, Qt.Orientation.Horizontal) == "total"
    wait_for_work()
    saved = json.loads(real.caller.of(SaveViews)[-1].text)
    assert saved["columns"] == {"orders": ["value.total"]}


def test_a_value_under_the_pointer_is_filtered_by_joined_and_left_out(real, panel):
    total = json.loads(panel.model.record(0).value)["total"]
    pick(menu_at(real, panel, 0, "value"), "Filter by a field", "value.total")
    assert panel.bar.filter.text() == f"value.total == {total}"
    real.qtbot.waitUntil(lambda: panel.search.complete and panel.model.rowCount() == 4)
    real.qtbot.waitUntil(lambda: panel.model.record(0) is not None)
    key = panel.model.record(0).key.decode()
    pick(menu_at(real, panel, 0, "key"), "key = ", "…and not this")
    assert panel.bar.filter.text() == f'value.total == {total} && key != "{key}"'
    real.qtbot.waitUntil(lambda: panel.search.wanted.text.endswith(f'"{key}"') and panel.search.complete)
    assert panel.model.rowCount() < 4


def test_a_click_with_control_on_a_value_of_the_detail_filters_by_it(real, panel):
    panel.table.setCurrentIndex(panel.model.index(0, 0))
    real.qtbot.waitUntil(lambda: panel.detail.isVisible() and '"country"' in panel.detail.view.toPlainText())
    view = panel.detail.view
    text = view.toPlainText()
    cursor = view.textCursor()
    cursor.setPosition(text.index('"country": "') + 14)
    view.setTextCursor(cursor)
    view.ensureCursorVisible()
    at = view.cursorRect(cursor).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier, at)
    country = json.loads(panel.model.record(0).value)["country"]
    assert panel.bar.filter.text() == f'value.country == "{country}"'


def test_the_head_of_size_sorts_the_largest_first_then_the_smallest_then_by_time(real, panel):
    head = panel.table.horizontalHeader()
    size = panel.model.columns.index("size")
    with BrokerReader(real.path) as reader:
        sizes = sorted(r.size_bytes for p in range(6) for r in reader.read("orders", p, 0, 500))

    def shown(row: int) -> int | None:
        record = panel.model.record(row)
        return None if record is None else record.size_bytes

    head.sectionClicked.emit(size)
    real.qtbot.waitUntil(lambda: panel.sort.rows is not None and shown(0) == sizes[-1])
    assert panel.model.rowCount() == 1200 and panel.said.text().startswith("Sorted by Size, as of 14:12:36.")
    assert head.sortIndicatorSection() == size and panel.bar.order.text() == "By Size, largest first"
    real.write(1, 30)
    real.qtbot.waitUntil(lambda: "30 records since then are not in it" in panel.said.text())
    head.sectionClicked.emit(size)
    real.qtbot.waitUntil(lambda: shown(0) == sizes[0])
    head.sectionClicked.emit(size)
    real.qtbot.waitUntil(lambda: panel.model.rowCount() == 1230 and panel.sort.column == "")
    assert panel.bar.tail.text() == "Pause tail" and panel.bar.order.text() == "By time, newest first"


@pytest.mark.parametrize("column", ["time", "offset", "size"])
@pytest.mark.parametrize("order", [Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder])
def test_the_arrow_of_the_order_covers_no_letter_of_its_head(real, panel, column: str, order: Qt.SortOrder):
    head = panel.table.horizontalHeader()
    section = panel.model.columns.index(column)
    head.setSortIndicatorShown(False)
    plain = head.grab().toImage()
    head.setSortIndicatorShown(True)
    head.setSortIndicator(section, order)
    marked = head.grab().toImage()
    places = [(x, y) for x in range(plain.width()) for y in range(plain.height())]
    arrow = [(x, y) for x, y in places if plain.pixel(x, y) != marked.pixel(x, y)]
    ground = plain.pixel(plain.width() - 2, 3)
    assert arrow and not [(x, y) for x, y in arrow if plain.pixel(x, y) != ground]
    left = head.sectionViewportPosition(section)
    assert all(left <= x < left + head.sectionSize(section) for x, _ in arrow)


def test_rows_that_a_rule_matches_stand_on_its_colour(real, panel):
    panel.views.set_rules((ColourRule('value.country == "DE"', "queue"),))
    real.qtbot.waitUntil(lambda: all(panel.model.record(row) is not None for row in range(5)))
    for row in range(5):
        record = panel.model.record(row)
        wanted = bool(record.value) and json.loads(record.value)["country"] == "DE"
        assert panel.model.look(record)[0] == ("queue" if wanted else "")
        picture = panel.table.viewport().grab(panel.table.visualRect(panel.model.index(row, 4))).toImage()
        ground = picture.pixelColor(picture.width() - 2, 3).name()
        assert (ground == theme().color("queue_soft").name()) == wanted


def test_raw_is_the_value_as_its_bytes_lie(real, panel):
    panel.table.setCurrentIndex(panel.model.index(0, 0))
    real.qtbot.waitUntil(lambda: panel.detail.record is not None)
    panel.detail.tabs.button("raw").click()
    assert panel.detail.view.toPlainText().encode() == panel.model.record(0).value


def test_what_is_selected_is_copied_as_json_exported_and_published_again(real, panel, tmp_path):
    real.qtbot.waitUntil(lambda: panel.model.record(4) is not None)
    records = [panel.model.record(row) for row in range(5)]
    select(panel, 0, 4)
    pick(menu_at(real, panel, 2, "value"), "Copy", "As JSON")
    real.qtbot.waitUntil(lambda: QGuiApplication.clipboard().text().count("\n") == 4)
    lines = [json.loads(line) for line in QGuiApplication.clipboard().text().splitlines()]
    assert [(r["partition"], r["offset"]) for r in lines] == [(r.partition, r.offset) for r in reversed(records)]
    with real.qtbot.waitSignal(real.workspace.notice):
        panel.acts.export_into(tmp_path / "five.jsonl")
    written = (tmp_path / "five.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in written] == lines
    pick(menu_at(real, panel, 2, "value"), "Publish these again")
    real.qtbot.waitUntil(lambda: sum(len(c.records) for c in real.caller.of(AppendRecords)) == 5)
    sent = [(c.partition, r.value) for c in real.caller.of(AppendRecords) for r in c.records]
    assert sent == [(r.partition, r.value) for r in reversed(records)]


def test_a_copy_is_edited_and_sent_and_the_rest_stays_byte_for_byte(real, panel):
    record = panel.model.record(0)
    pick(menu_at(real, panel, 0, "value"), "Edit and send")
    editor = panel.findChild(RecordEditor)
    assert editor.record().value == record.value and editor.record().key == record.key
    editor.value.setPlainText(editor.value.toPlainText().replace('"paid"', '"open"'))
    editor.send.click()
    real.qtbot.waitUntil(lambda: bool(real.caller.of(AppendRecords)))
    sent = real.caller.of(AppendRecords)[0]
    assert sent.records[0].value == record.value.replace(b'"paid"', b'"open"')
    assert (sent.partition, sent.records[0].key, sent.records[0].headers) == (
        record.partition, record.key, record.headers)


def test_filters_rules_and_columns_lie_in_the_file(qtbot, real):
    workspace = Workspace(real.path, LocalHost(real.path))
    views = Views(workspace)
    views.keep_filter("value.total > 100")
    views.set_rules((ColourRule("value.total > 200", "warn"),))
    views.set_columns("orders", ("value.total",))
    wait_for_work()
    workspace.close()
    again = Views(real.workspace)
    again.load()
    assert again.filters == ("value.total > 100",)
    assert again.rules == (ColourRule("value.total > 200", "warn"),)
    assert again.columns == {"orders": ("value.total",)}


def test_a_file_with_views_of_another_version_is_read_as_far_as_it_goes(real):
    workspace = Workspace(real.path, LocalHost(real.path))
    text = '{"filters": ["a", 3], "rules": [{"text": "x", "colour": "pink"}, 1], "columns": {"orders": "no"}, "n": 1}'
    workspace.call(SaveViews(text))
    workspace.close()
    views = Views(real.workspace)
    views.load()
    assert (views.filters, views.rules, views.columns) == (("a",), (), {})


def test_six_rows_and_a_useful_detail_in_the_daily_layout(real, panel):
    assert panel.table.viewport().height() // 24 >= 6
    assert not panel.detail.isVisible()  # nothing is chosen: the table has all the room
    panel.table.setCurrentIndex(panel.model.index(0, 0))
    real.qtbot.waitUntil(lambda: panel.detail.isVisible() and panel.detail.view.viewport().height() > 0)
    QApplication.processEvents()
    line = panel.detail.view.fontMetrics().lineSpacing()
    assert panel.detail.view.viewport().height() // line >= 7
    assert panel.table.viewport().height() // 24 >= 6


def test_at_the_smallest_window_the_filter_has_a_line_of_its_own(real, panel):
    panel.window().resize(600, 280)
    real.qtbot.waitUntil(lambda: panel.bar.filter.width() > 500)
    assert panel.bar.filter.y() > panel.bar.topic.y()


def test_the_menu_of_the_bar_ticks_columns(real, panel):
    QTest.mouseClick(panel.bar.columns, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    menu = opened(real, panel)
    names = [action.text() for action in menu.actions()]
    assert "value.total" in names and "headers.source" in names and "Colour rules…" in names
    menu.close()
