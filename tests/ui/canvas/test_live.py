"""What the canvas shows of the flow: looks from snapshots, dots, pauses, the past, an empty canvas, the first steps."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QHelpEvent, QPainter, QPixmap, QRegion
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QStyleOptionGraphicsItem, QToolTip, QWidget

from tests.ui.canvas.conftest import Hand
from tests.ui.stage import NOW_MS, PAST_MS, orders_document, orders_snapshot
from workbench.core.snapshot import (
    ClientStat,
    GroupStat,
    MemberStat,
    PartitionStat,
    PartState,
    RunState,
    Snapshot,
    TopicStat,
)
from workbench.flow.document import Link, Node
from workbench.flow.edits import AddLink, AddNode, SetParams
from workbench.ui.bridge.movement import Movement, append_links, delivery_links, spread
from workbench.ui.canvas.coach import Coach
from workbench.ui.canvas.empty import StartCard
from workbench.ui.canvas.gestures.drop import Part
from workbench.ui.canvas.kinds import node_view_state
from workbench.ui.canvas.view import FlowView
from workbench.ui.canvas.view_values import Level
from workbench.ui.models.outside import node_of_client
from workbench.ui.theme.theme import theme


def push(view: FlowView, after_ms: int = 0, **changes) -> Snapshot:
    at_ms = NOW_MS + after_ms
    snapshot = replace(orders_snapshot(), at_ms=at_ms, **{"links": orders_snapshot(at_ms).links} | changes)
    view.caller.push(snapshot)
    return snapshot


# -- looks -------------------------------------------------------------------------------------------------
def test_the_numbers_of_the_mockup(view: FlowView):
    push(view)
    looks = {node_id: item.shown for node_id, item in view.flow.nodes.items()}
    shipping, billing, orders = looks["shipping"], looks["billing"], looks["orders"]
    assert (shipping.subtitle, shipping.lag) == ("2 members · 390/s", "32,087 behind")
    assert (shipping.level, shipping.ring, shipping.trend) == (Level.BAD, 1.0, 1)
    assert [pill.text for pill in shipping.pills] == ["1 · 240/s", "2 · 150/s"]
    assert [pill.mark for pill in shipping.pills] == ["ok", "slow"]
    assert (billing.lag, billing.level) == ("22 behind · 0.04 s", Level.OK)
    assert [pill.text for pill in billing.pills] == ["1", "2", "3"]
    assert (orders.figure, orders.subtitle, orders.foot) == ("480/s", "6 partitions", "432,295 kept")
    assert len(orders.cells) == 6
    assert looks["checkout-web"].subtitle == "generator · 300/s"
    assert looks["checkout-web"].gauge == pytest.approx(124 / 200, abs=0.02)
    assert looks["settlements"].subtitle == "file · 96/s at 1×"
    assert looks["orders-dlq"].subtitle == "463 records"
    link = view.flow.links["orders-to-shipping"]
    assert link.shown.label == "32,087 waiting" and link.bar.isVisible()
    assert not view.flow.links["orders-to-billing"].bar.isVisible()


def test_many_members_show_as_a_count_and_the_worst():
    stat = orders_snapshot().group("shipping")
    members = tuple(replace(stat.members[0], name=f"shipping-{n}", slow=n == 5) for n in range(1, 8))
    snapshot = replace(orders_snapshot(), groups=(replace(stat, members=members),))
    pills = node_view_state(Node("shipping", "group", "shipping"), snapshot).pills
    assert [pill.text for pill in pills] == ["7 in all", "5 · 240/s"]


@pytest.mark.parametrize(("state", "text", "mark"), [
    (PartState.KILLED, "2 killed", "kill"), (PartState.FAILED, "2 failed", "failed"), (PartState.PAUSED, "2", "pause"),
    (PartState.JOINING, "2 joins", "line_strong"),
])
def test_a_member_says_its_state_in_words_and_a_mark(state: PartState, text: str, mark: str):
    stat = orders_snapshot().group("shipping")
    members = (stat.members[0], replace(stat.members[1], state=state))
    snapshot = replace(orders_snapshot(), groups=(replace(stat, members=members),))
    pill = node_view_state(Node("shipping", "group", "shipping"), snapshot).pills[1]
    assert (pill.text, pill.mark) == (text, mark)


def test_of_a_stopped_flow_groups_show_their_drawn_members_and_what_they_have_not_read(view: FlowView):
    groups = tuple(replace(group, state="Empty", members=(), rate=0.0, health=None)
                   for group in orders_snapshot().groups)
    push(view, run=RunState.STOPPED, groups=groups, problems=())
    look = view.flow.nodes["shipping"].shown
    assert (look.subtitle, look.lag, look.level) == ("2 members · stopped", "32,087 behind", Level.OK)
    assert [pill.text for pill in look.pills] == ["1", "2"] and look.idle


@pytest.mark.parametrize("zoom", [1.0, 0.5])
@pytest.mark.parametrize("how", ["stopped", "paused"])
def test_the_ring_of_a_group_that_stands_still_promises_no_health(view: FlowView, zoom: float, how: str):
    view.set_zoom(zoom)
    group, green = orders_snapshot().group("shipping"), theme().color("ok")

    def has_green() -> bool:
        item = view.flow.nodes["shipping"]
        picture = QPixmap(260, 160)
        picture.fill(theme().color("surface"))
        painter = QPainter(picture)
        item.paint(painter, QStyleOptionGraphicsItem(), None)
        painter.end()
        image = picture.toImage()
        return any(image.pixelColor(x, y) == green for x in range(64) for y in range(66))

    push(view, groups=(replace(group, partitions=group.partitions[:1], members=group.members[:1], health=None),))
    assert view.flow.nodes["shipping"].shown.level is Level.OK and has_green()
    if how == "stopped":
        push(view, 100, run=RunState.STOPPED, groups=(replace(group, state="Empty", members=(), health=None),))
    else:
        push(view, 100, groups=(replace(group, paused=True, health=None),))
    assert view.flow.nodes["shipping"].shown.ring == 1.0 and not has_green()


@pytest.mark.parametrize("kind", ["producer", "file", "group"])
def test_what_was_just_dropped_is_no_fault_but_waits_for_a_link(view: FlowView, kind: str):
    view.workspace.perform(AddNode(Node("new", kind, "new", 0, 500)))
    push(view)
    look = view.flow.nodes["new"].shown
    assert "not linked yet" in (look.subtitle, look.lag) and look.idle and not look.failed and look.level is Level.OK


def test_a_failed_producer_says_why(view: FlowView):
    stat = replace(orders_snapshot().producers[0], state=PartState.FAILED, reason="file not found")
    push(view, producers=(stat,))
    look = view.flow.nodes["checkout-web"].shown
    assert (look.subtitle, look.failed) == ("stopped", "file not found")


@pytest.mark.parametrize("zoom", [1.0, 0.5, 0.25])
@pytest.mark.parametrize("kind", ["producer", "file", "topic", "queue", "exchange", "group", "forward", "client",
                                  "dead_letters", "note", "frame"])
def test_every_kind_is_painted_at_every_zoom(bare: FlowView, kind: str, zoom: float):
    bare.set_zoom(zoom)
    before = bare.grab().toImage()
    bare.workspace.perform(AddNode(Node("n", kind, "part", *bare.scene_rect().center().toTuple(), params={})))
    bare.centre_on(bare.flow.nodes["n"].rect.center())
    assert bare.grab().toImage() != before


def test_a_thousand_partitions_fit(view: FlowView):
    view.workspace.perform(SetParams("orders", {"partitions": 1000}))
    assert len(view.flow.nodes["orders"].shown.cells) == 1000
    assert not view.grab().isNull()


# -- dots --------------------------------------------------------------------------------------------------
def test_dots_set_out_by_key_colour_and_keep_within_their_number(view: FlowView, qtbot):
    for tick in range(8):
        push(view, tick * 100)
        QTest.qWait(20)
    dots = view.flow.dots()
    assert 5 < len(dots) < 24 * 8
    assert {colour for _, _, colour, _ in dots} <= {*range(8), -1}  # -1: keys of outside clients are not known
    assert view.flow.clock.active
    assert f"1 dot = {view.flow.step}" in view.legend.text()
    qtbot.waitUntil(lambda: view.frame_stats().frames > 3, timeout=3000)


def test_dots_follow_their_link(view: FlowView, qtbot):
    view.feed([Movement(0, "orders-to-billing", 3, (1, 2, 3))])
    qtbot.waitUntil(lambda: len(view.flow.dots()) >= 2, timeout=2000)
    item = view.flow.links["orders-to-billing"]
    assert all(item.hit(QPointF(x, y), 2.0) for x, y, _, _ in view.flow.dots())


def test_a_pause_lets_the_dots_stand_still(view: FlowView, qtbot):
    push(view, -100)
    push(view)
    qtbot.waitUntil(lambda: len(view.flow.dots()) >= 2, timeout=2000)
    push(view, 100, run=RunState.PAUSED, links=())
    assert not view.flow.clock.active
    stood = view.flow.dots()
    QTest.qWait(60)
    assert view.flow.dots() == stood
    push(view, 200, links=())
    assert view.flow.clock.active


def test_no_frames_while_hidden_or_still(view: FlowView, qtbot):
    push(view, -100)
    push(view)
    assert view.flow.clock.active
    view.hide()
    assert not view.flow.clock.active
    push(view, 100)
    assert not view.flow.clock.active
    view.show()
    view.feed([Movement(0, "orders-to-billing", 1)])
    qtbot.waitUntil(lambda: not view.flow.clock.active, timeout=5000)


def test_reduced_motion_shows_the_rate_instead(view: FlowView):
    theme().set_reduced_motion(True)
    try:
        push(view)
        assert view.flow.dots() == [] and not view.flow.clock.active
        bar = view.flow.links["orders-to-billing"].bar
        assert bar.isVisible() and bar.text == "480/s"
    finally:
        theme().set_reduced_motion(False)


def test_re_read_events_are_hollow(view: FlowView, qtbot):
    view.feed([Movement(0, "orders-to-billing", 4, (1,), again=4)])
    qtbot.waitUntil(lambda: bool(view.flow.dots()), timeout=2000)
    assert all(again for _, _, _, again in view.flow.dots())


def test_a_removed_link_takes_its_dots_along(view: FlowView, qtbot):
    view.feed([Movement(0, "orders-to-billing", 3, (1,))])
    qtbot.waitUntil(lambda: bool(view.flow.dots()), timeout=2000)
    view.flow.select_links({"orders-to-billing"})
    view.acts.delete()
    assert view.flow.dots() == []


# -- the past ----------------------------------------------------------------------------------------------
def test_the_past_is_shown_as_it_stood_with_its_dots(view: FlowView, qtbot):
    push(view)
    view.workspace.show_past(PAST_MS, orders_snapshot(PAST_MS))
    theme().set_past(True)
    shipping = view.flow.nodes["shipping"].shown
    assert (shipping.lag, shipping.level) == ("38 behind · 0.1 s", Level.OK)
    assert view.flow.nodes["orders"].shown.foot == "288,377 kept"
    assert view.flow.dots() == []
    edge = view.grab().toImage().pixelColor(1, 200)
    assert edge.red() > edge.blue() + 20
    view.workspace.movement_shown.emit([Movement(PAST_MS, "orders-to-billing", 3, (1, 2))])
    qtbot.waitUntil(lambda: bool(view.flow.dots()), timeout=2000)
    push(view, 100)
    assert view.flow.nodes["shipping"].shown.lag == "38 behind · 0.1 s"
    view.workspace.show_live()
    assert view.flow.nodes["shipping"].shown.level == Level.BAD


@pytest.mark.parametrize(("run", "said", "paused"), [
    (RunState.RUNNING, "generator · running", False), (RunState.PAUSED, "generator · paused", True),
    (RunState.STOPPED, "generator", False),
])
def test_in_the_past_a_producer_stood_as_the_flow_did_without_a_rate_nobody_kept(view: FlowView, run, said, paused):
    then = replace(orders_snapshot(PAST_MS), producers=(), run=run)
    view.workspace.show_past(PAST_MS, then)
    look = view.flow.nodes["checkout-web"].shown
    assert (look.subtitle, look.paused, look.idle) == (said, paused, run is RunState.STOPPED)
    assert not view.workspace.shown.producer("checkout-web").measured


def test_pills_flash_when_members_join_and_not_over_a_jump_in_time(view: FlowView):
    def joined(at_ms: int, generation: int, **more) -> Snapshot:
        base = orders_snapshot(at_ms)
        groups = tuple(replace(group, generation=generation) if group.name == "shipping" else group
                       for group in base.groups)
        return replace(base, at_ms=at_ms, groups=groups, **more)

    item = view.flow.nodes["shipping"]
    view.caller.push(joined(NOW_MS + 1_000, 3))
    item.mark(lit=False)
    view.workspace.show_past(PAST_MS, joined(PAST_MS, 1, live=False))
    view.workspace.show_past(PAST_MS + 200_000, joined(PAST_MS + 200_000, 2, live=False))
    assert not item.lit
    view.workspace.show_live()
    assert not item.lit
    view.caller.push(joined(NOW_MS + 2_000, 4))
    assert item.lit


def test_dots_stay_under_way_while_the_past_plays_on_and_go_with_a_jump(view: FlowView):
    push(view)
    past = replace(orders_snapshot(PAST_MS), live=False)
    view.workspace.show_past(PAST_MS, past)
    view.flow.feed([Movement(PAST_MS, "orders-to-billing", 3)])
    view.workspace.show_past(PAST_MS + 100, past)
    field = view.flow._whole_field()
    assert field.moving(view.flow.clock.now_ms())
    view.workspace.show_past(PAST_MS - 60_000, past)
    assert not field.moving(view.flow.clock.now_ms())


def test_journalled_events_find_their_links():
    document = orders_document()
    assert set(append_links(document, "orders")) == {"checkout-web-to-orders", "checkout-mobile-to-orders"}
    assert delivery_links(document, "payments", "billing") == ["payments-to-billing"]
    moves = spread(5, append_links(document, "orders"), 7, again=True)
    assert sum(m.count for m in moves) == 7 and all(m.again == m.count for m in moves)
    assert spread(5, [], 7) == []


def test_another_drawing_is_shown_whole_and_nothing_of_the_old_stays(view: FlowView):
    view.workspace.select({"orders"})
    far = Node("far", "topic", "far", 5_000, 5_000)
    view.workspace.document.replace_all([far], [])
    assert set(view.flow.nodes) == {"far"} and not view.flow.links and not view.flow.dots()
    assert view.scene_rect().contains(view.flow.nodes["far"].rect)
    assert view.workspace.selection == frozenset()


# -- empty, corners, first steps ---------------------------------------------------------------------------
def test_an_empty_canvas_offers_three_ways_and_takes_a_drop(bare: FlowView, qtbot):
    from workbench.ui.canvas.empty import StartCard
    from workbench.ui.canvas.gestures.drop import Part

    assert bare.empty.isVisible() and not bare.minimap.isVisible()
    asked = []
    bare.empty.sample_wanted.connect(lambda: asked.append("sample"))
    bare.empty.file_wanted.connect(lambda: asked.append("file"))
    bare.empty.recording_wanted.connect(lambda: asked.append("recording"))
    for card in bare.empty.findChildren(StartCard):
        QTest.mouseClick(card, Qt.MouseButton.LeftButton)
        assert card.accessibleName()
    assert asked == ["sample", "file", "recording"]
    hand = Hand(bare)
    hand.drag_in(Part("topic"), bare.scene_rect().center())
    hand.drop(bare.scene_rect().center())
    assert not bare.empty.isVisible() and bare.minimap.isVisible()
    bare.workspace.undo_stack.undo()
    assert bare.empty.isVisible()


def test_recent_files_are_links(bare: FlowView):
    from PySide6.QtWidgets import QPushButton

    opened = []
    bare.empty.recent_wanted.connect(opened.append)
    bare.empty.set_recent([("/a/orders.flow", "orders.flow", "today")])
    next(b for b in bare.empty.findChildren(QPushButton) if b.text() == "orders.flow").click()
    assert opened == ["/a/orders.flow"]


class Paints(QObject):
    """Counts how often widgets were painted, by their class."""

    def __init__(self, *widgets: QWidget) -> None:
        super().__init__()
        self.counted: Counter[str] = Counter()
        for widget in widgets:
            widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            self.counted[type(watched).__name__] += 1
        return False


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_a_frame_of_the_canvas_leaves_what_floats_over_it_alone(view: FlowView, qapp, mode: str):
    theme().apply(qapp, mode)
    qapp.processEvents()
    paints = Paints(view.viewport(), view.minimap, view.legend, view.zoom_bar, *view.zoom_bar.findChildren(QWidget))
    view.viewport().update()
    view.flow.nodes["orders"].update()
    qapp.processEvents()
    assert paints.counted == {"QWidget": 1}


def test_what_floats_covers_all_of_its_rectangle(view: FlowView):
    """Nobody paints below it: a corner left out would keep what was there."""
    for widget in (view.minimap, view.legend, view.zoom_bar):
        picture = QPixmap(widget.size())
        picture.fill(QColor("magenta"))
        widget.render(picture, QPoint(), QRegion(), QWidget.RenderFlag.DrawChildren)
        seen = picture.toImage()
        corners = [seen.pixelColor(x, y).name() for x in (0, seen.width() - 1) for y in (0, seen.height() - 1)]
        assert "#ff00ff" not in corners


def test_numbers_that_change_together_are_painted_within_a_quarter_of_a_second(view: FlowView, qtbot):
    """A few nodes a frame, however many there are."""
    push(view, -100)
    push(view)
    qtbot.waitUntil(lambda: view.flow.clock.active)
    items = list(view.flow.nodes.values())
    left, frames = [], 0
    for item in items:
        view.flow._paint_soon(item)
    while view.flow._unpainted:
        view.flow._paint_some()
        frames += 1
        left.append(len(view.flow._unpainted))
    assert frames <= 16 and left[0] >= len(items) - 2


def test_the_minimap_goes_where_it_is_pressed(view: FlowView):
    view.set_zoom(2.0)
    QTest.mouseClick(view.minimap, Qt.MouseButton.LeftButton, pos=view.minimap.rect().center())
    drawn = view.flow.drawn_rect().united(view.scene_rect()).center()
    assert (view.scene_rect().center() - drawn).manhattanLength() < 120


def test_what_waits_for_a_paused_group_has_no_colour_of_a_fault(view: FlowView):
    link = next(link for link in view.workspace.document.links if link.target == "shipping")
    push(view)
    item = view.flow.links[link.id]
    assert (item.shown.mark, item.bar.mark) == ("warn_mark", "warn_mark")
    group = orders_snapshot().group("shipping")
    paused = tuple(replace(member, state=PartState.PAUSED) for member in group.members)
    push(view, 100, groups=(replace(group, members=paused, paused=True),))
    assert view.flow.nodes["shipping"].shown.level is Level.OK
    assert "waiting" in item.shown.label and (item.shown.mark, item.bar.mark) == ("link", "link")


def test_the_first_steps_tick_when_they_were_really_done(view: FlowView, hand: Hand):
    push(view)
    coach = Coach(view)
    finished = []
    coach.finished.connect(lambda: finished.append(1))
    assert coach.current == 0
    params = view.workspace.document.node("billing").params
    view.workspace.perform(SetParams("billing", {**params, "members": 4}))
    assert coach.done == [True, False, False, False]
    hand.click(hand.body("shipping"))
    assert coach.done[1]
    view.workspace.show_past(PAST_MS, orders_snapshot(PAST_MS))
    view.workspace.show_live()
    assert coach.done[2] and not finished
    group = orders_snapshot().group("billing")
    back = tuple(replace(p, committed=p.committed - 50) for p in group.partitions)
    push(view, 100)
    push(view, 200, groups=(replace(group, partitions=back),))
    assert all(coach.done) and finished == [1]
    assert not view.grab().isNull()
    coach.leave()


def test_the_first_steps_tell_only_the_current_one_where_four_have_no_room(qtbot, view: FlowView):
    push(view)
    coach = Coach(view)
    view.resize(1400, 500)
    qtbot.waitUntil(lambda: coach.width() > 1200)
    assert not coach.is_narrow() and coach._column(0).width() == coach.width() / 4
    view.resize(664, 300)
    qtbot.waitUntil(lambda: coach.width() < 664)
    assert coach.is_narrow()
    title, body = QFontMetricsF(theme().font("title")), QFontMetricsF(theme().font("caption"))
    for number, (head, text) in enumerate(coach._texts):
        coach.done = [n < number for n in range(4)]
        told = coach._column(number)
        assert title.horizontalAdvance(head) < told.width() - 64
        lines = body.boundingRect(QRectF(0, 0, told.width() - 22, 900), Qt.TextFlag.TextWordWrap, text)
        assert lines.height() <= 2 * body.lineSpacing() + 1
        columns = [coach._column(n) for n in range(4)]
        assert all(a.right() == b.left() for a, b in itertools.pairwise(columns))
        assert columns[-1].right() == coach.width() and (number == 3 or columns[-1].left() + 28 < coach._close.x())
        assert not coach.grab().isNull()
    coach.leave()


# -- outside clients ---------------------------------------------------------------------------------------
def test_outside_clients_appear_beside_their_topic_and_go_again(view: FlowView):
    push(view)
    item = view.flow.outside.nodes["outside:fraud-check"]
    assert item.shown.subtitle == "2 clients · 6 behind"
    assert item.rect.left() > view.flow.nodes["payments"].rect.right()
    assert not any(item.rect.intersects(other.rect) for other in view.flow.nodes.values())
    assert len(view.flow.outside.links) == 1
    assert not view.workspace.document.has_node("outside:fraud-check")
    before = item.rect.top()
    view.workspace.select({"payments"})
    view.acts.nudge(0, 40)
    assert item.rect.top() > before
    push(view, 300, groups=orders_snapshot().groups[:2])
    view.flow.refresh_looks()
    assert not view.flow.outside.nodes and not view.flow.outside.links


def test_a_program_that_writes_stands_left_of_its_topic_with_its_rate_and_dots(view: FlowView, qtbot):
    till = ClientStat("till-7", "127.0.0.1:5002", "librdkafka 2", rate_in=50.0, writes=("orders", "unknown"),
                      connections=1)
    for tick in range(8):
        push(view, tick * 100, clients=(till,), links=(), groups=())
        QTest.qWait(20)
    item = view.flow.outside.nodes["outside:writer:till-7"]
    assert item.shown.subtitle == "librdkafka 2 · 50/s"
    assert item.rect.right() < view.flow.nodes["orders"].rect.left()
    link = view.flow.outside.links["outside:writer:till-7:orders"]
    assert (link.chain[0], link.chain[-1]) == (item.port("out"), view.flow.nodes["orders"].port("in"))
    assert {colour for _, _, colour, _ in view.flow.dots()} == {-1}
    push(view, 900, clients=(replace(till, connections=0),))
    view.flow.refresh_looks()
    assert "outside:writer:till-7" not in view.flow.outside.nodes


def test_keeping_an_outside_group_draws_it_without_members_and_can_be_undone(view: FlowView):
    push(view)
    document = view.workspace.document
    view.acts.keep("outside:fraud-check")
    node = document.named("group", "fraud-check")
    assert node.params["members"] == 0
    assert [(link.source, link.target) for link in document.links_of(node.id)] == [("payments", node.id)]
    assert not view.flow.outside.nodes
    view.workspace.undo_stack.undo()
    assert document.named("group", "fraud-check") is None
    assert "outside:fraud-check" in view.flow.outside.nodes


def test_events_still_move_to_a_group_that_was_kept(view: FlowView):
    push(view)
    view.acts.keep("outside:fraud-check")
    for tick in range(1, 9):
        push(view, tick * 100, links=(), clients=(), groups=orders_snapshot().groups[2:])
        QTest.qWait(20)
    assert {colour for _, _, colour, _ in view.flow.dots()} >= {-1}


def test_keeping_a_program_that_writes_leaves_one_note(view: FlowView):
    till = ClientStat("till-7", "127.0.0.1:5002", "librdkafka 2", writes=("orders",), connections=1)
    push(view, clients=(till,))
    for _ in range(2):
        view.acts.keep("outside:writer:till-7")
    notes = view.workspace.document.of_kind("note")
    assert [(note.name, note.params["text"]) for note in notes] == [("till-7", "Writes to orders.")]


def test_a_program_that_was_kept_is_at_its_note_and_nowhere_else(view: FlowView):
    till = ClientStat("till-7", "127.0.0.1:5002", "librdkafka 2", rate_in=50.0, writes=("orders",), connections=1)
    push(view, clients=(till,), links=(), groups=())
    view.acts.keep("outside:writer:till-7")
    (note,) = view.workspace.document.of_kind("note")
    for tick in range(1, 9):
        push(view, tick * 100, clients=(till,), links=(), groups=())
        QTest.qWait(20)
    view.flow.refresh_looks()
    assert not view.flow.outside.nodes
    link = view.flow.outside.links["outside:writer:till-7:orders"]
    assert link.chain[0] == view.flow.nodes[note.id].port("out")
    assert {colour for _, _, colour, _ in view.flow.dots()} == {-1}
    assert node_of_client(view.workspace.document, till) == note.id
    view.workspace.select({note.id})
    view.acts.delete()
    push(view, 1000, clients=(till,), links=(), groups=())
    view.flow.refresh_looks()
    assert "outside:writer:till-7" in view.flow.outside.nodes


def test_the_canvas_comes_up_without_numpy_and_the_icons_package():
    import subprocess
    import sys

    code = ("import sys, workbench.ui.canvas.view, workbench.ui.canvas.coach;"
            "print([m for m in ('numpy', 'pyqtgraph', 'qtawesome') if m in sys.modules])")
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


# -- topics that clients make ------------------------------------------------------------------------------
def _sensors(count: int = 1) -> tuple[TopicStat, ...]:
    return tuple(TopicStat(f"sensors-{n}", "stream", (PartitionStat(0, 0, 7),), 3.0) for n in range(count))


def test_topics_that_clients_make_come_into_view_with_who_is_at_work_on_them(view: FlowView):
    push(view)
    view.flow.refresh_looks()
    view.fit()
    probe = ClientStat("probe", "127.0.0.1:5003", "", rate_in=5.0, writes=("sensors-0",), connections=1)
    topics = (*orders_snapshot().topics, *_sensors(12))
    push(view, 300, topics=topics, clients=(probe,))
    view.flow.refresh_looks()
    nodes = view.flow.outside.nodes
    assert {f"outside:topic:sensors-{n}" for n in range(12)} < nodes.keys() and "outside:writer:probe" in nodes
    bodies = [item.rect for item in view.flow.everything()]
    assert not any(a.intersects(b) for i, a in enumerate(bodies) for b in bodies[:i])
    assert all(view.scene_rect().contains(rect) for rect in bodies)  # all was in view, and still is
    assert nodes["outside:topic:sensors-3"].shown.foot == "7 kept"
    before = {node_id: item.pos() for node_id, item in nodes.items()}
    push(view, 600, topics=(*topics, TopicStat("more", "stream", (PartitionStat(0, 0, 0),))), clients=())
    view.flow.refresh_looks()
    assert all(nodes[node_id].pos() == at for node_id, at in before.items() if node_id in nodes)  # nobody jumps


def test_who_comes_while_a_part_is_looked_at_comes_whole_into_that_part(view: FlowView):
    push(view, groups=orders_snapshot().groups[:2], clients=())
    view.flow.refresh_looks()
    view.set_zoom(1.0)
    view.centre_on(QPointF(400, 120))  # the topic's foot is below the lower edge
    seen = view.scene_rect()
    push(view, 300, topics=(*orders_snapshot().topics, *_sensors()))
    view.flow.refresh_looks()
    for node_id in ("outside:fraud-check", "outside:topic:sensors-0"):
        assert view.scene_rect() == seen and seen.contains(view.flow.outside.nodes[node_id].rect)


def test_a_topic_from_outside_is_kept_with_the_group_that_reads_it(view: FlowView):
    group = orders_snapshot().groups[2]
    reads = tuple(replace(p, topic="sensors-0") for p in group.partitions[:1])
    push(view)
    view.flow.refresh_looks()
    push(view, 300, topics=(*orders_snapshot().topics, *_sensors()), groups=(replace(group, partitions=reads),))
    view.flow.refresh_looks()
    view.acts.keep("outside:fraud-check")
    document = view.workspace.document
    topic, kept = document.named("topic", "sensors-0"), document.named("group", "fraud-check")
    assert [(link.source, link.target) for link in document.links_of(kept.id)] == [(topic.id, kept.id)]
    assert topic.params["partitions"] == 1
    assert not view.flow.outside.nodes
    view.workspace.undo_stack.undo()
    assert "outside:topic:sensors-0" in view.flow.outside.nodes


def test_a_group_dropped_on_a_topic_from_outside_reads_it(view: FlowView, hand: Hand):
    push(view)
    view.flow.refresh_looks()
    push(view, 300, topics=(*orders_snapshot().topics, *_sensors()))
    view.flow.refresh_looks()
    view.fit()
    at = view.flow.outside.nodes["outside:topic:sensors-0"].rect.center()
    hand.drag_in(Part("group"), at)
    hand.drop(at)
    document = view.workspace.document
    topic = document.named("topic", "sensors-0")
    assert [node.id for node in document.targets_of(topic.id)] == list(view.workspace.selection)
    assert "outside:topic:sensors-0" not in view.flow.outside.nodes
    view.workspace.undo_stack.undo()
    assert document.named("topic", "sensors-0") is None and "outside:topic:sensors-0" in view.flow.outside.nodes


def test_an_empty_canvas_shows_what_clients_bring(bare: FlowView):
    push(bare, groups=(), clients=())
    bare.flow.refresh_looks()
    assert bare.empty.isVisible()
    push(bare, 300, topics=(*orders_snapshot().topics, *_sensors()), groups=(), clients=())
    bare.flow.refresh_looks()
    assert not bare.empty.isVisible() and "outside:topic:sensors-0" in bare.flow.outside.nodes


def test_all_that_comes_to_an_empty_canvas_is_seen_whole(bare: FlowView):
    bare.fit()
    push(bare, groups=(), clients=())
    bare.flow.refresh_looks()
    probe = ClientStat("probe", "127.0.0.1:5003", "", rate_in=5.0, writes=("sensors-0", "sensors-1"), connections=1)
    push(bare, 300, topics=_sensors(2), groups=(), clients=(probe,))
    bare.flow.refresh_looks()
    nodes = bare.flow.outside.nodes
    assert nodes["outside:writer:probe"].rect.right() < nodes["outside:topic:sensors-0"].rect.left()
    assert bare.scene_rect().contains(bare.flow.drawn_rect())


def test_a_double_click_or_enter_opens_the_panel_of_a_group_from_outside(view: FlowView, hand: Hand):
    push(view)
    view.flow.refresh_looks()
    opened = []
    view.panel_wanted.connect(opened.append)
    at = view.flow.outside.nodes["outside:fraud-check"].rect.center()
    view.centre_on(at)
    QTest.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=hand.place(at))
    hand.click(at)
    hand.key(Qt.Key.Key_Return)
    assert opened == ["outside:fraud-check"] * 2
    assert "fraud-check" in view.accessibleDescription()


# -- a group that is not linked yet ------------------------------------------------------------------------
def test_a_fresh_group_has_not_failed(view: FlowView):
    AddNode(Node("g2", "group", "group-2")).apply(view.workspace.document)
    itself = MemberStat("", "group-2", PartState.IDLE, node_id="g2", reason="group-2 reads no topic yet.")
    push(view, groups=(GroupStat("group-2", "Empty", members=(itself,)),))
    view.flow.refresh_looks()
    look = view.flow.nodes["g2"].shown
    assert (look.failed, look.level, look.lag) == ("", Level.OK, "not linked yet")
    assert [pill.level for pill in look.pills] == [Level.OK]
    AddLink(Link("l", "orders", "g2")).apply(view.workspace.document)
    broken = replace(itself, state=PartState.FAILED, reason="Commit every can't be 0.")
    push(view, 300, groups=(GroupStat("group-2", "Empty", members=(broken,)),))
    view.flow.refresh_looks()
    assert [pill.text for pill in view.flow.nodes["g2"].shown.pills] == ["could not start"]  # no member 2 has failed


# -- large drawings ----------------------------------------------------------------------------------------
def test_two_hundred_nodes_fit_as_simple_shapes(view: FlowView, hand: Hand):
    nodes = [Node(f"n{n}", ("producer", "topic", "group")[n % 3], f"node {n}", (n % 20) * 280, (n // 20) * 420)
             for n in range(200)]
    view.workspace.document.replace_all(nodes, [])
    assert view.zoom < 0.25 and view.flow.detail() == "shapes"
    assert view.scene_rect().contains(view.flow.drawn_rect())
    fitted = view.zoom
    for _ in range(10):
        hand.key(Qt.Key.Key_Minus, Qt.KeyboardModifier.ControlModifier)
    assert view.zoom == pytest.approx(fitted)  # no further out than all of it
    assert not view.grab().isNull()


@pytest.mark.parametrize("size", [(1000, 520), (720, 260), (640, 180), (480, 160)])
def test_the_ways_to_start_are_whole_in_any_canvas(bare: FlowView, size):
    bare.resize(*size)
    cards = bare.empty.findChildren(StartCard)
    room = bare.empty.rect()
    assert len(cards) == 3 and all(room.contains(card.geometry()) for card in cards)
    assert not any(a.geometry().intersects(b.geometry()) for a, b in itertools.pairwise(cards))
    assert all(card.toolTip() for card in cards) == (size[1] < 300)  # words that have no room are a tip
    assert not bare.grab().isNull()


def test_in_a_low_canvas_a_wide_drawing_lies_beside_the_zoom_bar_and_is_larger(view: FlowView):
    view.resize(664, 196)  # what a window of 1024 x 640 leaves
    view.fit()
    drawn = view.flow.drawn_rect()
    shown = QRectF(view.from_scene(drawn.topLeft()), view.from_scene(drawn.bottomRight()))
    assert QRectF(view.viewport().rect()).contains(shown)
    assert not shown.intersects(QRectF(view.zoom_bar.geometry()))
    assert shown.height() > 0.85 * view.viewport().height()
    view.resize(664, 600)
    view.fit()
    shown = QRectF(view.from_scene(drawn.topLeft()), view.from_scene(drawn.bottomRight()))
    assert abs(shown.center().x() - view.viewport().width() / 2) < 2, "where there is room it lies in the middle"


@pytest.mark.parametrize("width", [1000, 660, 472, 380])
def test_no_title_of_a_start_card_is_cut_however_narrow_the_canvas_is(bare: FlowView, width: int):
    bare.resize(width, 160)
    cards = bare.empty.findChildren(StartCard)
    titles = QFontMetricsF(theme().font("title"))
    for card in cards:
        sign = 30 if card._with_sign else 0
        assert card.width() >= titles.horizontalAdvance(card.text()) + sign + 2 * 11
        assert bare.empty.rect().contains(card.geometry())
    assert all(one.geometry().right() < other.geometry().left() for one, other in itertools.pairwise(cards))


def test_an_open_tool_tip_follows_the_numbers_and_a_closed_one_stays_closed(view: FlowView, hand: Hand, qtbot):
    push(view)
    at = hand.place(hand.body("shipping"))
    QApplication.sendEvent(view.viewport(), QHelpEvent(QEvent.Type.ToolTip, at, view.viewport().mapToGlobal(at)))
    assert QToolTip.isVisible() and "32,087 behind" in QToolTip.text()
    group = orders_snapshot().group("shipping")
    nearer = tuple(replace(place, committed=place.end) for place in group.partitions[:1])
    less = replace(group, partitions=nearer + group.partitions[1:], health=None)
    push(view, 100, groups=(less,))
    assert less.lag_records < 32_087
    assert QToolTip.isVisible() and f"{less.lag_records:,} behind" in QToolTip.text()
    QToolTip.hideText()
    qtbot.waitUntil(lambda: not QToolTip.isVisible())
    push(view, 200, groups=(group,))
    assert not QToolTip.isVisible()
