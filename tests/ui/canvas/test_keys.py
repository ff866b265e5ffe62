"""Everything on the canvas by keys: walk, move, link, rename, copy, zoom, and the words a screen reader gets."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from tests.ui.canvas.conftest import Hand
from tests.ui.stage import orders_snapshot
from workbench.ui.canvas.view import FlowView
from workbench.ui.canvas.walk import along_link, next_node

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
Key = Qt.Key


def chosen(view: FlowView) -> set[str]:
    return set(view.workspace.selection)


def test_tab_walks_the_nodes_with_a_ring_and_leaves_after_the_last(view: FlowView, hand: Hand):
    walked = []
    for _ in view.workspace.document.nodes:
        hand.key(Key.Key_Tab)
        (node_id,) = chosen(view)
        walked.append(node_id)
        assert [i for i, item in view.flow.nodes.items() if item.focused] == [node_id]
    assert walked[:4] == ["checkout-web", "checkout-mobile", "settlements", "orders"]
    assert len(set(walked)) == len(walked)
    assert not view.keys.press(_key_event(Key.Key_Tab))
    hand.key(Key.Key_Tab)
    hand.click(hand.body("orders"))
    assert not any(item.focused for item in view.flow.nodes.values())


def _key_event(key):
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QKeyEvent

    return QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier)


def test_ctrl_arrow_goes_along_links(view: FlowView, hand: Hand):
    view.workspace.select({"checkout-web"})
    for key, there in ((Key.Key_Right, "orders"), (Key.Key_Right, "shipping"), (Key.Key_Down, "billing"),
                       (Key.Key_Right, "invoices"), (Key.Key_Left, "billing")):
        hand.key(key, CTRL)
        assert chosen(view) == {there}
    assert along_link(view.workspace.document, "invoices", 1, 0) is None
    assert next_node(view.workspace.document, None, -1) == "invoices"


def test_arrows_move_and_a_row_of_presses_is_one_step(view: FlowView, hand: Hand):
    hand.click(hand.body("orders"))
    for _ in range(3):
        hand.key(Key.Key_Right)
    hand.key(Key.Key_Down, SHIFT)
    node = view.workspace.document.node("orders")
    assert (node.x, node.y) == (248, 50)
    assert view.workspace.undo_stack.count() == 1
    hand.click(hand.body("billing"))
    hand.key(Key.Key_Left)
    assert view.workspace.undo_stack.count() == 2
    view.workspace.undo_stack.undo()
    view.workspace.undo_stack.undo()
    assert (view.workspace.document.node("orders").x, view.workspace.document.node("orders").y) == (236, 30)


def test_a_link_by_keys_offers_what_is_allowed_first(view: FlowView, hand: Hand):
    view.workspace.select({"payments"})
    hand.key(Key.Key_L)
    targets = {i for i, item in view.flow.nodes.items() if item.target == "allowed"}
    assert targets == {"shipping"}
    hand.key(Key.Key_Down)
    assert any(item.target == "refused" for item in view.flow.nodes.values())
    assert view.bubble.isVisible()
    hand.key(Key.Key_Up)
    hand.key(Key.Key_Return)
    assert any((li.source, li.target) == ("payments", "shipping") for li in view.workspace.document.links)
    hand.key(Key.Key_L)
    count = len(view.workspace.document.links)
    hand.key(Key.Key_Escape)
    assert not any(item.target for item in view.flow.nodes.values())
    assert len(view.workspace.document.links) == count


def test_enter_and_r_ask_for_panel_and_replay(view: FlowView, hand: Hand):
    panels, replays = [], []
    view.panel_wanted.connect(panels.append)
    view.replay_wanted.connect(replays.append)
    view.workspace.select({"shipping"})
    hand.key(Key.Key_Return)
    hand.key(Key.Key_R)
    view.workspace.select({"orders"})
    hand.key(Key.Key_R)
    view.caller.push(orders_snapshot())
    view.flow.refresh_looks()
    view.workspace.select({"outside:fraud-check"})
    hand.key(Key.Key_R)
    assert (panels, replays) == (["shipping"], ["shipping", "outside:fraud-check"])


def test_delete_removes_nodes_with_links_and_undo_brings_all_back(view: FlowView, hand: Hand):
    view.workspace.select({"orders", "billing"})
    hand.key(Key.Key_Delete)
    assert set(view.flow.nodes) == {n.id for n in view.workspace.document.nodes}
    assert "orders" not in view.flow.nodes and len(view.flow.links) == 2
    view.workspace.undo_stack.undo()
    assert len(view.flow.nodes) == 9 and len(view.flow.links) == 8


def test_copy_paste_cut_and_duplicate(view: FlowView, hand: Hand):
    view.workspace.select({"orders", "shipping"})
    hand.key(Key.Key_C, CTRL)
    hand.key(Key.Key_V, CTRL)
    first = chosen(view)
    assert len(first) == 2 and not first & {"orders", "shipping"}
    assert len(view.flow.links) == 9
    hand.key(Key.Key_V, CTRL)
    rects = [view.flow.nodes[next(i for i in ids if "shipping" in view.flow.nodes[i].node.name)].pos()
             for ids in (first, chosen(view))]
    assert rects[0] != rects[1]
    view.workspace.select({"invoices"})
    hand.key(Key.Key_D, CTRL)
    (copy,) = chosen(view)
    assert view.workspace.document.node(copy).name == "invoices-2"
    hand.key(Key.Key_X, CTRL)
    assert copy not in view.flow.nodes
    assert "invoices-2" in QGuiApplication.clipboard().text()


def test_pasting_something_else_is_said_and_changes_nothing(view: FlowView, hand: Hand):
    told = []
    view.workspace.failed.connect(told.append)
    QGuiApplication.clipboard().setText("hello")
    hand.key(Key.Key_V, CTRL)
    assert len(told) == 1 and told[0].next_step
    assert view.workspace.undo_stack.count() == 0


def test_undo_and_redo_and_select_all_by_keys(view: FlowView, hand: Hand):
    hand.key(Key.Key_A, CTRL)
    assert len(chosen(view)) == 9
    hand.key(Key.Key_Right)
    hand.key(Key.Key_Z, CTRL)
    assert view.workspace.document.node("orders").x == 236
    hand.key(Key.Key_Z, CTRL | SHIFT)
    assert view.workspace.document.node("orders").x == 240
    hand.key(Key.Key_Escape)
    assert chosen(view) == set()


def test_rename_in_place(view: FlowView, hand: Hand):
    view.workspace.select({"billing"})
    hand.key(Key.Key_F2)
    field = view.rename_field()
    field.selectAll()
    QTest.keyClicks(field, "shipping")
    assert view.bubble.text() == "There is already a group called «shipping»."
    QTest.keyClick(field, Key.Key_Return)
    assert view.workspace.document.node("billing").name == "billing"
    field.selectAll()
    QTest.keyClicks(field, "invoicing")
    assert not view.bubble.isVisible()
    QTest.keyClick(field, Key.Key_Return)
    assert view.workspace.document.node("billing").name == "invoicing"
    hand.key(Key.Key_F2)
    QTest.keyClicks(view.rename_field(), "x")
    QTest.keyClick(view.rename_field(), Key.Key_Escape)
    assert view.workspace.document.node("billing").name == "invoicing"


@pytest.mark.parametrize("name", ["", "   "])
def test_a_node_keeps_its_name_when_the_new_one_is_empty(view: FlowView, name: str):
    view.rename("billing")
    view.rename_field().setText(name)
    view.rename_field().commit()
    assert view.workspace.document.node("billing").name == "billing"


# -- zoom --------------------------------------------------------------------------------------------------
def test_zoom_by_keys_stays_in_its_bounds(view: FlowView, hand: Hand):
    for _ in range(20):
        hand.key(Key.Key_Plus, CTRL)
    assert view.zoom == 3.0
    for _ in range(30):
        hand.key(Key.Key_Minus, CTRL)
    assert view.zoom == 0.25
    hand.key(Key.Key_1, CTRL)
    assert view.zoom == 1.0
    hand.key(Key.Key_0, CTRL)
    assert view.scene_rect().contains(view.flow.drawn_rect())


def test_the_wheel_zooms_at_the_pointer(view: FlowView, hand: Hand):
    from PySide6.QtCore import QPoint
    from PySide6.QtGui import QWheelEvent
    from PySide6.QtWidgets import QApplication

    at = QPointF(hand.place((510, 182)))
    event = QWheelEvent(at, view.viewport().mapToGlobal(at), QPoint(), QPoint(0, 240), Qt.MouseButton.NoButton,
                        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False)
    QApplication.sendEvent(view.viewport(), event)
    assert view.zoom > 1.2
    assert (view.to_scene(at) - QPointF(510, 182)).manhattanLength() < 2
    assert view.zoom_bar.findChildren(type(view.zoom_bar._figure))[1].text() == f"{round(view.zoom * 100)} %"


def test_place_finds_room_at_the_middle(view: FlowView):
    ids = [view.place("topic") for _ in range(3)]
    rects = [item.rect for item in view.flow.nodes.values()]
    assert len(set(ids)) == 3
    assert not any(a.intersects(b) for i, a in enumerate(rects) for b in rects[i + 1 :])
    assert view.place("topic", name="orders") == "orders"


def test_align_distribute_and_tidy_are_one_step_each(view: FlowView):
    view.workspace.select({"checkout-web", "checkout-mobile", "settlements"})
    view.acts.nudge(0, 4)
    view.acts.align("right")
    view.acts.distribute(across=False)
    view.acts.tidy()
    labels = [view.workspace.undo_stack.text(i) for i in range(view.workspace.undo_stack.count())]
    assert labels[0] == "Move" and "Tidy" in labels and len(labels) <= 4
    assert view.flow.nodes["orders"].pos().x() == view.workspace.document.node("orders").x


def test_the_selected_node_is_described_in_words(view: FlowView):
    view.caller.push(orders_snapshot())
    view.workspace.select({"shipping"})
    words = view.accessibleDescription()
    assert view.accessibleName() == "Canvas"
    assert "shipping, group" in words and "2 members" in words and "32,087 behind" in words
    view.workspace.select(())
    assert "9 nodes" in view.accessibleDescription()
