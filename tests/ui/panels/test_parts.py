"""Palette, topics and outline: what they show, and what dragging, Enter and choosing in them do."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QDrag
from PySide6.QtTest import QTest

from tests.ui.panels.reading import nameless
from tests.ui.stage import NOW_MS, orders_snapshot
from workbench.control.messages import DeleteTopic, Push
from workbench.control.transfers import RestoreTopic
from workbench.flow.edits import RemoveNode, RenameNode
from workbench.flow.kinds import KINDS
from workbench.ui.canvas.gestures.drop import Part
from workbench.ui.panels.lists.deleting import ask_delete_topic
from workbench.ui.panels.lists.outline import OutlinePanel
from workbench.ui.panels.lists.palette import PalettePanel
from workbench.ui.panels.lists.topics import TopicsPanel
from workbench.ui.theme import words

LEFT, NO = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def dragged(monkeypatch) -> list[Part]:
    """Parts that a drag would carry: the offscreen platform has no drags of its own."""
    parts: list[Part] = []
    monkeypatch.setattr(QDrag, "exec", lambda drag, *_: parts.append(Part.from_mime(drag.mimeData())))
    return parts


def drag_from(widget, at: QPoint) -> None:
    QTest.mousePress(widget, LEFT, NO, at)
    QTest.mouseMove(widget, at + QPoint(4, 2))
    QTest.mouseMove(widget, at + QPoint(30, 10))
    QTest.mouseRelease(widget, LEFT, NO, at + QPoint(30, 10))


# -- palette -----------------------------------------------------------------------------------------------
@pytest.fixture
def palette(qtbot, workspace) -> PalettePanel:
    made = PalettePanel()
    qtbot.addWidget(made)
    made.resize(212, 300)
    made.show()
    return made


def test_the_palette_has_a_card_for_every_kind_that_works(palette):
    assert [card.kind.name for card in palette.cards] == list(KINDS)
    assert nameless(palette) == []


@pytest.mark.parametrize("kind", list(KINDS))
def test_a_card_drags_its_kind(palette, dragged, kind):
    card = next(card for card in palette.cards if card.kind.name == kind)
    drag_from(card, card.rect().center())
    assert dragged == [Part(kind)]


def test_a_press_without_a_move_is_no_drag(palette, dragged):
    QTest.mouseClick(palette.cards[0], LEFT)
    assert dragged == []


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Space])
def test_enter_and_space_place_a_part(qtbot, palette, key):
    with qtbot.waitSignal(palette.place_wanted) as placed:
        QTest.keyClick(palette.cards[1], key)
    assert placed.args == [palette.cards[1].kind.name]


def test_a_double_click_places_a_part(qtbot, palette):
    with qtbot.waitSignal(palette.place_wanted):
        QTest.mouseDClick(palette.cards[0], LEFT)


def test_the_search_finds_by_name_and_by_what_it_is_for_and_enter_places(qtbot, palette):
    QTest.keyClicks(palette.search, "GROU")
    assert "group" in [card.kind.name for card in palette.cards if card.isVisible()]
    palette.search.setText("dead letters")
    with qtbot.waitSignal(palette.place_wanted) as placed:
        QTest.keyClick(palette.search, Qt.Key.Key_Return)
    assert placed.args == ["dead_letters"]
    palette.search.setText("no such part")
    assert not [card for card in palette.cards if card.isVisible()]


# -- topics ------------------------------------------------------------------------------------------------
@pytest.fixture
def topics(qtbot, workspace) -> TopicsPanel:
    made = TopicsPanel(workspace)
    qtbot.addWidget(made)
    made.resize(212, 240)
    made.show()
    workspace._take_push(Push(snapshot=orders_snapshot()))
    return made


def test_every_topic_is_listed_with_its_figures_for_a_screen_reader(topics):
    said = [topics.list.item(i).data(Qt.ItemDataRole.AccessibleTextRole) for i in range(topics.list.count())]
    assert "orders, 480/s, 432,295" in said and len(said) == 4


def test_topics_stand_in_the_order_of_their_names_two_before_ten(topics, workspace):
    one = orders_snapshot().topics[0]
    names = ["copy-1", "copy-10", "copy-2", "Copy-3", "audit"]
    workspace._take_push(Push(snapshot=replace(orders_snapshot(NOW_MS + 1000), topics=tuple(
        replace(one, name=name) for name in names))))
    said = [topics.list.item(i).data(Qt.ItemDataRole.AccessibleTextRole).partition(",")[0]
            for i in range(topics.list.count())]
    assert said == ["audit", "copy-1", "copy-2", "Copy-3", "copy-10"]


def test_a_topic_drags_with_its_name_and_partitions(topics, dragged):
    row = next(i for i in range(4) if topics.list.item(i).toolTip().startswith("payments"))
    drag_from(topics.list.viewport(), topics.list.visualItemRect(topics.list.item(row)).center())
    assert dragged == [Part("topic", {"partitions": 3}, "payments")]


def test_choosing_a_topic_selects_it_on_the_canvas_and_activating_shows_records(qtbot, topics, workspace):
    item = next(topics.list.item(i) for i in range(4) if topics.list.item(i).toolTip().startswith("orders:"))
    QTest.mouseClick(topics.list.viewport(), LEFT, NO, topics.list.visualItemRect(item).center())
    assert workspace.selection == {"orders"}
    with qtbot.waitSignal(topics.records_wanted) as wanted:
        topics.list.itemActivated.emit(item)
    assert wanted.args == ["orders"]


# -- outline -----------------------------------------------------------------------------------------------
@pytest.fixture
def outline(qtbot, workspace) -> OutlinePanel:
    made = OutlinePanel(workspace)
    qtbot.addWidget(made)
    made.show()
    return made


def rows(outline: OutlinePanel) -> list[str]:
    root = outline.tree.invisibleRootItem()
    found = []
    for i in range(root.childCount()):
        top = root.child(i)
        found.append(top.text(0))
        found += [f"  {top.child(k).text(0)}" for k in range(top.childCount())]
    return found


def test_the_outline_is_the_drawing_in_words(outline):
    assert rows(outline)[:5] == ["orders", "  checkout web", "  checkout mobile", "  shipping", "  billing"]
    said = outline.tree.topLevelItem(0).child(2).data(0, Qt.ItemDataRole.AccessibleTextRole)
    assert said == "Group shipping reads"
    assert outline.tree.topLevelItem(0).child(2).text(1).startswith("32,087 behind")


def test_the_outline_follows_the_drawing_and_the_selection_both_ways(outline, workspace):
    workspace.perform(RenameNode("shipping", "dispatch"))
    assert "  dispatch" in rows(outline)
    workspace.perform(RemoveNode("checkout-mobile"))
    assert "  checkout mobile" not in rows(outline)
    workspace.select({"payments"})
    assert [item.text(0) for item in outline.tree.selectedItems()] == ["payments"]
    outline.tree.setCurrentItem(outline.tree.topLevelItem(0))
    assert workspace.selection == {"orders"}


def test_enter_in_the_outline_opens_a_panel(qtbot, outline):
    with qtbot.waitSignal(outline.panel_wanted) as wanted:
        outline.tree.itemActivated.emit(outline.tree.topLevelItem(0).child(0), 0)
    assert wanted.args == ["checkout-web"]


def test_deleting_a_topic_names_what_is_lost_and_undo_brings_it_back(qtbot, topics, workspace, caller):
    stat = next(stat for stat in workspace.live.topics if stat.name == "orders")
    question = ask_delete_topic(workspace, stat, topics)
    assert words.count(stat.records) in question.lost.text() and "billing" in question.lost.text()
    assert question.cancel.isDefault() and not question.go_on.isDefault()
    QTest.keyClick(question, Qt.Key.Key_Escape)
    assert caller.of(DeleteTopic) == []
    ask_delete_topic(workspace, stat, topics).go_on.click()
    qtbot.waitUntil(lambda: caller.of(DeleteTopic) == [DeleteTopic("orders")])
    workspace.undo_stack.undo()
    qtbot.waitUntil(lambda: caller.of(RestoreTopic) == [RestoreTopic("orders")])
