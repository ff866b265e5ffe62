"""What the pointer does on the canvas: select, move, link, resize, drop; each one undo step, each cancellable."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPointF, Qt
from PySide6.QtWidgets import QApplication

from tests.ui.canvas.conftest import Hand
from workbench.core.snapshot import Snapshot
from workbench.flow.document import Node
from workbench.flow.edits import AddNode
from workbench.ui.canvas.gestures.drop import MIME, Part
from workbench.ui.canvas.view import FlowView

SHIFT = Qt.KeyboardModifier.ShiftModifier
Key = Qt.Key


def chosen(view: FlowView) -> set[str]:
    return set(view.workspace.selection)


def at(view: FlowView, node_id: str) -> tuple[float, float]:
    node = view.workspace.document.node(node_id)
    return node.x, node.y


def ends(view: FlowView) -> set[tuple[str, str]]:
    return {(link.source, link.target) for link in view.workspace.document.links}


# -- select ------------------------------------------------------------------------------------------------
def test_a_click_selects_and_shift_adds_and_takes_away(view: FlowView, hand: Hand):
    hand.click(hand.body("orders"))
    assert chosen(view) == {"orders"}
    hand.click(hand.body("billing"), SHIFT)
    assert chosen(view) == {"orders", "billing"}
    hand.click(hand.body("orders"), SHIFT)
    assert chosen(view) == {"billing"}
    hand.click((430, 440))
    assert chosen(view) == set()


def test_a_rubber_band_selects_what_it_touches_and_escape_gives_it_up(view: FlowView, hand: Hand):
    hand.drag((215, 20), (420, 400))
    assert chosen(view) == {"orders", "payments"}
    hand.press((200, 450))
    hand.move((20, 20))
    assert "settlements" in chosen(view)
    hand.key(Key.Key_Escape)
    assert chosen(view) == {"orders", "payments"}
    hand.release((20, 20))
    assert chosen(view) == {"orders", "payments"}


def test_a_link_can_be_selected_and_deleted(view: FlowView, hand: Hand):
    item = view.flow.links["payments-to-billing"]
    hand.click(item.path().pointAtPercent(0.4))
    assert view.flow.selected_links == {"payments-to-billing"}
    hand.key(Key.Key_Delete)
    assert ("payments", "billing") not in ends(view)
    view.workspace.undo_stack.undo()
    assert ("payments", "billing") in ends(view)
    assert "payments-to-billing" in view.flow.links


# -- move --------------------------------------------------------------------------------------------------
def test_dragging_moves_on_the_grid_as_one_step_and_links_follow(view: FlowView, hand: Hand):
    before = view.flow.links["orders-to-billing"].path().pointAtPercent(1)
    hand.drag(hand.body("billing"), hand.body("billing") + QPointF(31, 58))
    x, y = at(view, "billing")
    assert (x, y) == (540, 240) and x % 4 == 0 and y % 4 == 0
    assert view.flow.links["orders-to-billing"].path().pointAtPercent(1) - before == QPointF(30, 58)
    assert view.workspace.undo_stack.count() == 1
    view.workspace.undo_stack.undo()
    assert at(view, "billing") == (510, 182)
    assert view.flow.nodes["billing"].pos() == QPointF(510, 182)
    view.workspace.undo_stack.redo()
    assert at(view, "billing") == (540, 240)


def test_shift_snaps_to_the_coarse_grid(view: FlowView, hand: Hand):
    hand.drag(hand.body("billing"), hand.body("billing") + QPointF(23, 41), SHIFT)
    assert at(view, "billing") == (540, 220)


def test_the_whole_selection_moves_and_a_press_alone_moves_nothing(view: FlowView, hand: Hand):
    view.workspace.select({"orders", "payments"})
    hand.drag(hand.body("orders"), hand.body("orders") + QPointF(20, 0))
    assert at(view, "orders") == (256, 32)
    assert at(view, "payments") == (256, 288)
    count = view.workspace.undo_stack.count()
    hand.click(hand.body("invoices"))
    assert view.workspace.undo_stack.count() == count


def test_escape_puts_back_what_is_being_moved(view: FlowView, hand: Hand):
    hand.press(hand.body("shipping"))
    hand.move(hand.body("shipping") + QPointF(60, 60))
    assert view.flow.nodes["shipping"].pos() != QPointF(510, 27)
    hand.key(Key.Key_Escape)
    hand.release((700, 300))
    assert view.flow.nodes["shipping"].pos() == QPointF(510, 27)
    assert view.workspace.undo_stack.count() == 0


def test_a_frame_takes_along_what_lies_in_it(view: FlowView, hand: Hand):
    view.workspace.perform(AddNode(Node("frame-1", "frame", "Shop front", 0, -20, 200, 200)))
    hand.drag((100, -12), (100, 28))
    assert at(view, "frame-1") == (0, 20)
    assert at(view, "checkout-web") == (16, 56)
    assert at(view, "settlements") == (16, 302)


def test_a_note_is_resized_by_its_corner_in_one_step(view: FlowView, hand: Hand):
    view.workspace.perform(AddNode(Node("note-1", "note", "Why", 240, 160, 160, 60)))
    hand.click(hand.body("note-1"))
    hand.drag((396, 216), (436, 256))
    node = view.workspace.document.node("note-1")
    assert (node.w, node.h) == (200, 100)
    view.workspace.undo_stack.undo()
    assert view.flow.nodes["note-1"].rect.width() == 160


# -- link --------------------------------------------------------------------------------------------------
def test_dragging_from_port_to_port_links_both_ways(view: FlowView, hand: Hand):
    hand.drag(hand.port("payments", "out"), hand.port("shipping", "in"))
    assert ("payments", "shipping") in ends(view)
    view.workspace.undo_stack.undo()
    assert ("payments", "shipping") not in ends(view)
    hand.drag(hand.port("shipping", "in"), hand.port("payments", "out"))
    assert ("payments", "shipping") in ends(view)


def test_a_link_may_be_let_go_anywhere_on_the_node(view: FlowView, hand: Hand):
    hand.drag(hand.port("payments", "out"), hand.body("shipping"))
    assert ("payments", "shipping") in ends(view)


def test_a_refused_link_says_why_beside_the_pointer(view: FlowView, hand: Hand):
    before = ends(view)
    hand.press(hand.port("billing", "out"))
    hand.move(hand.body("shipping"))
    assert view.bubble.isVisible()
    assert view.bubble.text() == "A group cannot feed a group."
    assert view.flow.nodes["shipping"].target == "refused"
    hand.release(hand.body("shipping"))
    assert not view.bubble.isVisible()
    assert view.flow.nodes["shipping"].target == ""
    assert ends(view) == before


def test_a_link_dropped_on_nothing_or_escaped_is_not_made(view: FlowView, hand: Hand):
    before, items = ends(view), len(view.flow.items())
    hand.drag(hand.port("payments", "out"), (440, 440))
    hand.press(hand.port("payments", "out"))
    hand.move(hand.body("shipping"))
    assert view.flow.nodes["shipping"].target == "allowed"
    hand.key(Key.Key_Escape)
    hand.release(hand.body("shipping"))
    assert ends(view) == before
    assert len(view.flow.items()) == items


# -- pan ---------------------------------------------------------------------------------------------------
def test_the_middle_button_and_space_pan(view: FlowView, hand: Hand):
    runs = []
    view.run_wanted.connect(lambda: runs.append(1))
    middle = view.scene_rect().center()
    hand.drag((430, 440), (480, 440), button=Qt.MouseButton.MiddleButton)
    assert view.scene_rect().center().x() < middle.x() - 20
    from PySide6.QtTest import QTest

    middle = view.scene_rect().center()
    QTest.keyPress(view, Key.Key_Space)
    hand.drag((430, 440), (430, 400))
    QTest.keyRelease(view, Key.Key_Space)
    assert view.scene_rect().center().y() > middle.y() + 10
    assert chosen(view) == set() and not runs
    QTest.keyClick(view, Key.Key_Space)
    assert runs == [1]


# -- drops -------------------------------------------------------------------------------------------------
def test_a_part_shows_a_ghost_and_becomes_a_selected_node(view: FlowView, hand: Hand):
    items = len(view.flow.items())
    assert hand.drag_in(Part("topic"), (450, 400))
    assert len(view.flow.items()) == items + 1
    assert hand.drop((450, 400))
    (node_id,) = chosen(view)
    node = view.workspace.document.node(node_id)
    assert (node.kind, node.x, node.y) == ("topic", 368, 352)
    assert view.flow.nodes[node_id].opacity() == 1.0
    view.workspace.undo_stack.undo()
    assert len(view.flow.items()) == items


def test_an_existing_topic_dropped_again_is_selected(view: FlowView, hand: Hand):
    hand.drag_in(Part("topic", {}, "orders"), (450, 400))
    hand.drop((450, 400))
    assert chosen(view) == {"orders"}
    assert view.workspace.undo_stack.count() == 0


def test_a_topic_of_the_file_keeps_its_name_and_settings(view: FlowView, hand: Hand):
    hand.drag_in(Part("topic", {"partitions": 12}, "audit"), (450, 400))
    hand.drop((450, 400))
    node = view.workspace.document.named("topic", "audit")
    assert node is not None and node.params == {"partitions": 12}


def test_a_group_dropped_on_a_group_adds_a_member(view: FlowView, hand: Hand):
    hand.drag_in(Part("group"), hand.body("billing"))
    assert view.flow.nodes["billing"].target == "allowed"
    hand.drop(hand.body("billing"))
    assert view.workspace.document.node("billing").params["members"] == 4
    assert view.flow.nodes["billing"].target == ""


def test_a_drag_that_leaves_takes_its_ghost_along(view: FlowView, hand: Hand):
    items = len(view.flow.items())
    hand.drag_in(Part("group"), (450, 400))
    hand.drag_away()
    assert len(view.flow.items()) == items


@pytest.mark.parametrize("payload", [b"", b"{", b"[]", b'{"kind": "rocket"}', b'{"kind": "topic", "params": 7}'])
def test_nonsense_is_refused(view: FlowView, hand: Hand, payload: bytes):
    mime = QMimeData()
    mime.setData(MIME, payload)
    assert not hand.drag_in(mime, (450, 400))


def test_text_is_refused(view: FlowView, hand: Hand):
    mime = QMimeData()
    mime.setText("orders")
    assert not hand.drag_in(mime, (450, 400))


# -- others ------------------------------------------------------------------------------------------------
def test_double_click_asks_for_a_panel_and_right_click_for_a_menu(view: FlowView, hand: Hand, qtbot):
    from PySide6.QtGui import QContextMenuEvent
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication

    panels, menus = [], []
    view.panel_wanted.connect(panels.append)
    view.menu_wanted.connect(lambda node_id, at: menus.append(node_id))
    QTest.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=hand.place(hand.body("shipping")))
    assert panels == ["shipping"]
    for where in (hand.body("orders"), QPointF(430, 440)):
        place = hand.place(where)
        event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, view.viewport().mapToGlobal(place))
        QApplication.sendEvent(view.viewport(), event)
    assert menus == ["orders", ""]
    assert chosen(view) == set()


def test_hover_shows_on_the_node_under_the_pointer_only(view: FlowView, hand: Hand):
    hand.move(hand.body("orders"))
    assert view.flow.nodes["orders"].hovered
    hand.move(hand.body("payments"))
    assert not view.flow.nodes["orders"].hovered and view.flow.nodes["payments"].hovered
    assert view.workspace.shown == Snapshot()


def test_a_link_does_not_stay_lit_beside_a_node_that_was_chosen_elsewhere(view: FlowView, hand: Hand):
    view.flow.select_links({"orders-to-shipping"})
    assert view.flow.links["orders-to-shipping"].selected
    view.workspace.select({"billing"})  # in a list, by the keyboard, from the command palette
    assert not view.flow.links["orders-to-shipping"].selected and not view.workspace.link_selection


def test_nothing_stays_lit_when_the_pointer_leaves(view: FlowView, hand: Hand):
    chain = view.flow.links["billing-to-invoices"].chain
    hand.move(chain[len(chain) // 3] + QPointF(0, 1))
    hand.move(chain[len(chain) // 3])
    assert view.flow.links["billing-to-invoices"].hovered
    QApplication.sendEvent(view, QEvent(QEvent.Type.Leave))
    assert not view.flow.links["billing-to-invoices"].hovered


# -- drops on what is there --------------------------------------------------------------------------------
@pytest.mark.parametrize(("kind", "onto", "link"), [
    ("group", "orders", ("orders", "new")), ("forward", "invoices", ("invoices", "new")),
    ("producer", "orders", ("new", "orders")), ("file", "payments", ("new", "payments")),
    ("dead_letters", "billing", ("billing", "new")), ("topic", "fresh", ("fresh", "new")),
])
def test_what_is_dropped_on_a_part_is_linked_and_stands_beside_it(view: FlowView, hand: Hand, kind, onto, link):
    AddNode(Node("fresh", "producer", "fresh", 430, 420)).apply(view.workspace.document)
    before = ends(view)
    hand.drag_in(Part(kind), hand.body(onto))
    assert view.bubble.isVisible()
    hand.drop(hand.body(onto))
    (made,) = chosen(view)
    assert ends(view) - before == {tuple(made if end == "new" else end for end in link)}
    rects = {node_id: item.rect for node_id, item in view.flow.nodes.items()}
    assert not any(rects[made].intersects(rect) for node_id, rect in rects.items() if node_id != made)
    view.workspace.undo_stack.undo()
    assert made not in view.flow.nodes and ends(view) == before


def test_a_drawing_that_was_seen_whole_is_still_after_a_drop(view: FlowView, hand: Hand):
    view.fit()
    hand.drag_in(Part("group"), hand.body("payments"))
    hand.drop(hand.body("payments"))
    hand.drag_in(Part("group"), hand.body("payments"))
    hand.drop(hand.body("payments"))
    assert view.scene_rect().contains(view.flow.drawn_rect())


def test_what_cannot_be_linked_does_not_cover_what_it_is_dropped_on(view: FlowView, hand: Hand):
    before = ends(view)
    hand.drag_in(Part("topic"), hand.body("orders"))
    hand.drop(hand.body("orders"))
    (made,) = chosen(view)
    assert ends(view) == before
    assert not view.flow.nodes[made].rect.intersects(view.flow.nodes["orders"].rect)


def test_a_drawn_topic_that_is_dragged_again_is_no_second_one(view: FlowView, hand: Hand):
    items = len(view.flow.items())
    hand.drag_in(Part("topic", {}, "orders"), (450, 400))
    assert not [item for item in view.flow.items() if item.isVisible() and item.opacity() < 1]  # no ghost
    assert view.flow.nodes["orders"].target == "allowed" and view.bubble.text() == "orders is in the drawing already"
    hand.drop((450, 400))
    assert chosen(view) == {"orders"} and len(view.flow.items()) == items and not view.flow.nodes["orders"].target


def test_a_new_binding_asks_for_its_key(view: FlowView, hand: Hand):
    document = view.workspace.document
    AddNode(Node("x", "exchange", "shipping", 236, 420, params={"type": "topic"})).apply(document)
    AddNode(Node("q", "queue", "work", 510, 420)).apply(document)
    view.fit()
    asked = []
    view.binding_wanted.connect(asked.append)
    hand.drag(hand.port("x", "out"), hand.port("q", "in"))
    (link,) = document.links_of("q")
    assert asked == [link.id]
