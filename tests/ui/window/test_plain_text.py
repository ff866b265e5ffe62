"""Names are text. Whatever a topic, group, member, client, record or sentence is called, no label and no tool tip reads
it as HTML, and a menu can be read on its own ground."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QLabel, QMenu, QToolTip, QWidget

from tests.ui.stage import orders_document, orders_snapshot
from workbench.control.messages import Push
from workbench.core.offsets import ResetSpec
from workbench.core.records import StoredRecord
from workbench.flow.document import FlowDocument
from workbench.ui.bridge.operation import wait_for_work
from workbench.ui.panels.replay.preview import open_replay_preview

EVIL = "<b>x</b><img src=x>"
NAMES = ("orders.dlq", "orders", "payments", "invoices", "shipping-1", "shipping-2", "billing-1", "billing-2",
         "billing-3", "shipping", "billing", "fraud-check-1", "fraud-check-2", "fraud-check", "checkout web",
         "checkout mobile", "settlements", "C-26641")


def evil(text: str) -> str:
    found = next((name for name in NAMES if text == name), None)
    if found is not None:
        return EVIL + found
    if text.startswith("group:"):
        return "group:" + evil(text.removeprefix("group:"))
    return text.replace("shipping-2", EVIL + "shipping-2") if " " in text else text


def renamed(value: Any) -> Any:
    """The same value with every name made evil."""
    if isinstance(value, str):
        return evil(value)
    if isinstance(value, tuple):
        return tuple(renamed(part) for part in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        skipped = ("node_id", "id", "link_id")
        changes = {f.name: renamed(getattr(value, f.name)) for f in dataclasses.fields(value) if f.name not in skipped}
        return dataclasses.replace(value, **changes)
    return value


@pytest.fixture
def window(open_window, qtbot):
    made = open_window()
    drawn = orders_document()
    nodes = [dataclasses.replace(node, name=evil(node.name)) for node in drawn.nodes]
    evil_drawing = FlowDocument(nodes, list(drawn.links), EVIL)
    made.workspace.document.replace_all(evil_drawing.nodes, evil_drawing.links, evil_drawing.title)
    made.workspace._take_push(Push(snapshot=renamed(orders_snapshot())))
    wait_for_work()
    return made


def labels(*tops: QWidget) -> Iterator[QLabel]:
    for top in tops:
        yield from top.findChildren(QLabel)


def as_html(label: QLabel) -> bool:
    """Would the evil name act as HTML here?"""
    label.ensurePolished()
    formats = Qt.TextFormat
    if label.textFormat() == formats.PlainText:
        return False
    return label.textFormat() != formats.RichText or EVIL in label.text() or "<img" in label.text()


def seen(window) -> list[str]:
    """Texts of labels that show an evil name; none of them as HTML."""
    QApplication.processEvents()
    found = []
    for label in labels(*QApplication.topLevelWidgets()):
        if "<b>x" in label.text() or "&lt;b&gt;x" in label.text():
            assert not as_html(label), (label.objectName(), label.text())
            found.append(label.text())
    return found


def test_every_region_shows_names_as_they_are(window):
    shown: list[str] = []
    for node in window.workspace.document.nodes:
        window.workspace.select({node.id})
        shown += seen(window)
        window.own_panels.open(node.id)
        shown += seen(window)
    for page in window.data_dock.pages:
        window.show_data(page.key)
        shown += seen(window)
    assert len(shown) > 40


def test_a_problem_that_names_a_member_is_text_in_the_inspector(window):
    window.workspace.select({"shipping"})
    texts = seen(window)
    assert any("&lt;img src=x&gt;shipping-2 cannot keep up" in text for text in texts)


def test_a_replay_and_its_sentence_show_names_as_they_are(window, qtbot):
    target = ResetSpec("group", group=EVIL + "billing")
    preview = open_replay_preview(window.workspace, window, EVIL + "shipping", target)
    qtbot.waitUntil(lambda: "&lt;img" in preview.sentence.text())
    assert seen(window)
    preview.close()


def test_a_record_shows_its_key_headers_and_value_as_they_are(window, qtbot):
    window.show_data("records")
    name = EVIL.encode()
    record = StoredRecord("orders", 0, 7, 1_795_443_000_000, name, name, ((EVIL, name),))
    detail = next(page.widget for page in window.data_dock.pages if page.key == "records").detail
    detail.show_record(record)
    assert EVIL in seen(window)
    assert EVIL in detail.view.toPlainText()


def test_a_tool_tip_is_plain_text(window):
    QToolTip.showText(window.mapToGlobal(QPoint(40, 40)), EVIL, window)
    tip = next(w for w in QApplication.topLevelWidgets() if w.metaObject().className() == "QTipLabel")
    assert tip.text() == EVIL and tip.textFormat() == Qt.TextFormat.PlainText
    QToolTip.hideText()


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_menu_of_a_value_can_be_read(window, qapp, qtbot, mode):
    from workbench.ui.theme.theme import theme

    theme().apply(qapp, mode)
    detail = next(page.widget for page in window.data_dock.pages if page.key == "records").detail
    menu = detail.view.make_menu() if hasattr(detail.view, "make_menu") else detail.view.createStandardContextMenu()
    menu.setParent(detail.view, menu.windowFlags())
    menu.popup(window.mapToGlobal(QPoint(60, 60)))
    qtbot.waitUntil(menu.isVisible)
    picture = menu.grab().toImage()
    ground = picture.pixelColor(picture.width() // 2, 8)
    assert isinstance(menu, QMenu) and ground.name() == theme().color("surface_raised").name()
    menu.close()
