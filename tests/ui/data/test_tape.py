"""The log tape by mouse and keys: markers are handles, the wheel zooms, and a drop opens the preview."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QFontMetricsF, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.ui.stage import NOW_MS, PAST_MS, orders_snapshot
from workbench.control.messages import ApplyReset, PlanReset, Push
from workbench.core.offsets import ResetSpec
from workbench.core.snapshot import GroupPartitionStat, GroupStat, PartitionStat, Snapshot, TopicStat
from workbench.flow.document import FlowDocument, Node
from workbench.session.resets import carried_out
from workbench.ui.charts.tape import TapeView
from workbench.ui.charts.tape_strips import TimeAxis, strips_of
from workbench.ui.models.series import log_kinds, topic_order
from workbench.ui.models.views import Views
from workbench.ui.panels.records.bar import RecordsBar
from workbench.ui.panels.replay.preview import ReplayPreview
from workbench.ui.panels.tape.tape import TapePanel
from workbench.ui.theme.theme import theme


@pytest.fixture
def panel(stage):
    made = TapePanel(stage.workspace)
    stage.qtbot.addWidget(made.tools)
    stage.show(made, 1120, 260)
    return made


@pytest.fixture
def real_panel(real):
    made = TapePanel(real.workspace)
    real.qtbot.addWidget(made.tools)
    real.show(made, 1120, 260)
    return made


def drag(view: TapeView, start: QPointF, end: QPointF) -> None:
    QTest.mousePress(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, start.toPoint())
    for share in (0.3, 0.7, 1.0):
        QTest.mouseMove(view.viewport(), (start + (end - start) * share).toPoint())
    QTest.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, end.toPoint())


def test_every_partition_is_a_strip_in_the_order_of_the_drawing(stage, panel):
    places = [(strip.topic, strip.partition) for strip in panel._strips]
    assert places[:7] == [("orders", n) for n in range(6)] + [("payments", 0)]
    assert len(places) == 13
    slow = panel._strips[3]
    assert (slow.slowest.series.name, slow.slowest.behind, slow.slowest.level) == ("shipping", 10_712, 2)
    assert panel._strips[0].slowest.level == 0


def test_the_plot_leaves_room_for_the_longest_name_up_to_a_limit(panel):
    view, strips = panel.view, panel._strips
    narrow = view.plot()[0]
    view.show_strips([replace(strip, topic=strip.topic + "-of-today") for strip in strips])
    room = view.plot()[0]
    assert room > narrow
    assert QFontMetricsF(theme().font("body", 600)).horizontalAdvance("payments-of-today") < room - 40
    view.show_strips([replace(strip, topic=strip.topic * 40) for strip in strips])
    assert view.plot()[0] < view.viewport().width() / 4


def test_quick_snapshots_are_shown_together_and_the_last_one_counts(stage, panel, monkeypatch):
    shown = []
    monkeypatch.setattr(panel.view, "show_strips", lambda strips, front: shown.append(strips[0].end))
    begun = stage.workspace.shown.topics[0].partitions[0].end
    for step in range(1, 9):
        stage.push(grown(orders_snapshot(), step))
    stage.qtbot.waitUntil(lambda: bool(shown) and shown[-1] == begun + 8)
    assert len(shown) <= 3


def grown(snapshot: Snapshot, by: int) -> Snapshot:
    """The same with ``by`` records more in the first partition."""
    topic = snapshot.topics[0]
    first = replace(topic.partitions[0], end=topic.partitions[0].end + by)
    return replace(snapshot, topics=(replace(topic, partitions=(first, *topic.partitions[1:])), *snapshot.topics[1:]))


def test_legend_and_tip_name_groups_and_offsets(stage, panel):
    assert "billing, shipping, fraud-check" in panel.legend.accessibleName()
    tip = panel.view.tip_at(panel.view.strip_rect(3).center())
    assert "orders/3: 26,218 to 98,846" in tip
    assert "shipping: committed 88,134, position 88,634, 10,712 behind" in tip


def test_a_dragged_marker_asks_for_a_plan_and_its_drop_moves_the_group(real, real_panel):
    view = real_panel.view
    start = view.marker_at(2, "shipping")
    strip = real_panel._strips[2]
    end = QPointF(view.x_of(strip, 120), start.y())
    drag(view, start, end)
    real.qtbot.waitUntil(lambda: real_panel.findChild(ReplayPreview) is not None)
    preview = real_panel.findChild(ReplayPreview)
    real.qtbot.waitUntil(lambda: preview.apply.isEnabled())
    asked = real.caller.of(PlanReset)[-1]
    with real.workspace.reader_for_work() as reader:
        moment = reader.read("orders", 2, 120, 1)[0].timestamp_ms
    assert (asked.group, asked.topic) == ("shipping", "orders")
    assert asked.spec.kind == "time" and abs(asked.spec.number - moment) <= 120
    QTest.mouseClick(preview.apply, Qt.MouseButton.LeftButton)
    real.qtbot.waitUntil(lambda: bool(real.caller.of(ApplyReset)))
    sent = real.caller.of(ApplyReset)[0]
    shown = real.caller._plan("shipping", asked.spec, applied=False)
    assert (sent.group, sent.spec, sent.pause_members) == ("shipping", carried_out(shown.moves), True)


def test_escape_lets_go_of_a_dragged_marker(real, real_panel):
    view = real_panel.view
    start = view.marker_at(1, "shipping")
    QTest.mousePress(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, start.toPoint())
    QTest.mouseMove(view.viewport(), (start + QPointF(200, 0)).toPoint())
    assert view.holds("shipping")
    QTest.keyClick(view, Qt.Key.Key_Escape)
    QTest.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton)
    assert not view.holds("shipping")
    assert real_panel.findChild(ReplayPreview) is None


def test_keys_do_what_the_drag_does(real, real_panel):
    view = real_panel.view
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_Down)
    QTest.keyClick(view, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(view, Qt.Key.Key_Return)
    real.qtbot.waitUntil(lambda: real_panel.findChild(ReplayPreview) is not None)
    real_panel.findChild(ReplayPreview).close()


def test_the_menu_offers_the_same_for_every_group(real, real_panel):
    menu = real_panel.menu_for(real_panel._strips[4], 150)
    assert menu.actions()[0].text() == "Replay shipping from orders/4 @ 150"
    menu.actions()[0].trigger()
    real.qtbot.waitUntil(lambda: real_panel.findChild(ReplayPreview) is not None)
    preview = real_panel.findChild(ReplayPreview)
    real.qtbot.waitUntil(lambda: "from offset" in preview.title.text())
    preview.close()
    menu.close()


def turn(view: TapeView, at: QPointF, by: int, held=Qt.KeyboardModifier.NoModifier) -> None:
    turned = QWheelEvent(at, at, QPoint(), QPoint(0, by), Qt.MouseButton.NoButton, held, Qt.ScrollPhase.NoScrollPhase,
                         False)
    QApplication.sendEvent(view.viewport(), turned)


def test_the_wheel_with_ctrl_zooms_round_the_pointer_and_a_double_click_opens_the_record(stage, panel):
    view = panel.view
    strip, area = panel._strips[0], view.strip_rect(0)
    at = QPointF(view.x_of(strip, 60_000), area.center().y())
    before = view.shown_range
    turn(view, at, 240)
    assert view.shown_range == before  # the wheel alone scrolls
    turn(view, at, 240, Qt.KeyboardModifier.ControlModifier)
    after = view.shown_range
    assert after[1] - after[0] < before[1] - before[0]
    assert abs(view.x_of(strip, 60_000) - at.x()) < 0.5
    with stage.qtbot.waitSignal(panel.place_opened) as opened:
        QTest.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at.toPoint())
    assert opened.args[:2] == ["orders", 0] and abs(opened.args[2] - 60_000) < 200


def test_the_past_outlines_what_comes_later_and_a_plan_is_drawn(stage, panel):
    stage.workspace.show_past(PAST_MS, orders_snapshot(PAST_MS))
    assert (panel._strips[0].end, panel._strips[0].later_end) == (48_120, 98_412)
    before = panel.view.grab().toImage()
    plan = stage.caller.call(PlanReset("shipping", ResetSpec("time", PAST_MS))).plan
    stage.workspace.plan_shown.emit(plan)
    assert panel.view.grab().toImage() != before
    stage.workspace.plan_shown.emit(None)
    assert panel.view.grab().toImage() == before


def test_the_axis_of_time_places_records_by_when_they_were_written(real, real_panel):
    QTest.mouseClick(real_panel.axis.button("time"), Qt.MouseButton.LeftButton)
    real.qtbot.waitUntil(lambda: bool(real_panel._knots))
    real.qtbot.waitUntil(lambda: real_panel.view.shown_range[0] > NOW_MS - 120_000)
    axis = TimeAxis(real_panel._knots)
    strip = real_panel._strips[0]
    with real.workspace.reader_for_work() as reader:
        moment = reader.read("orders", 0, 100, 1)[0].timestamp_ms
    assert abs(axis.value(strip, 100) - moment) < 1_000
    assert abs(axis.offset(strip, moment) - 100) < 20


def test_no_topics_says_what_will_be_here(qtbot, stage):
    stage.push(Snapshot(seq=1, at_ms=NOW_MS))
    panel = TapePanel(stage.workspace)
    stage.qtbot.addWidget(panel.tools)
    stage.show(panel, 900, 240)
    assert panel._stack.currentIndex() == 0


def wide(partitions: int) -> Snapshot:
    parts = tuple(PartitionStat(n, 100 * n, 100_000 + n) for n in range(partitions))
    groups = []
    for g in range(4):
        places = tuple(
            GroupPartitionStat("wide", n, 100 * n, 100_000 + n, 90_000 - g * 9000) for n in range(partitions)
        )
        groups.append(GroupStat(f"group-{g}", "Stable", partitions=places))
    return Snapshot(seq=1, at_ms=NOW_MS, topics=(TopicStat("wide", "stream", parts),), groups=tuple(groups))


@pytest.mark.parametrize("partitions", [64, 1000])
def test_dragging_over_many_partitions_keeps_within_a_frame(stage, partitions: int):
    """64 partitions of four groups in sight: a marker follows the pointer at 60 frames a second (bounds are loose,
    for other work runs beside the tests)."""
    view = TapeView()
    stage.show(view, 1200, 64 * 23 + 40)
    snapshot = wide(partitions)
    view.show_strips(strips_of(FlowDocument(), snapshot, snapshot))
    assert (view.verticalScrollBar().maximum() > 0) == (partitions == 1000)
    start = view.marker_at(3, "group-0")
    QTest.mousePress(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, start.toPoint())
    took = []
    for step in range(12):
        begun = time.perf_counter()
        QTest.mouseMove(view.viewport(), (start - QPointF(20 * step, 0)).toPoint())
        view.viewport().repaint()
        took.append((time.perf_counter() - begun) * 1000)
    QTest.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton)
    assert min(took[2:]) < 16, took


# -- many topics, many groups ------------------------------------------------------------------------------
def crowd(groups: int = 40, partitions: int = 100, topics: int = 3) -> Snapshot:
    """Groups that all read all topics; group 17 is far behind on partition 42 of the second topic."""
    names = [f"topic-{n}" for n in range(topics)]
    stats = tuple(TopicStat(name, "stream", tuple(PartitionStat(p, 0, 100_000) for p in range(partitions)))
                  for name in names)

    def committed(group: int, topic: str, partition: int) -> int:
        return 1_000 if (group, topic, partition) == (17, "topic-1", 42) else 99_990 - group

    readers = tuple(
        GroupStat(f"g{g}", "Stable", partitions=tuple(
            GroupPartitionStat(name, p, 0, 100_000, committed(g, name, p), None, "m")
            for name in names for p in range(partitions)))
        for g in range(groups)
    )
    return Snapshot(seq=1, at_ms=NOW_MS, topics=stats, groups=readers)


@pytest.fixture
def crowded(stage, panel):
    stage.push(crowd())
    panel._follow(stage.workspace.shown)
    return panel


def test_the_group_that_is_furthest_behind_is_never_folded_away(crowded):
    strip = next(s for s in crowded._strips if (s.topic, s.partition) == ("topic-1", 42))
    assert len(strip.groups) == 40
    assert "g17" in [group.series.name for group in crowded.view.shown_groups(strip)]
    crowded.pin_group("g3")
    crowded.pin_group("g5")
    shown = [group.series.name for group in crowded.view.shown_groups(strip)]
    assert "g17" in shown and shown[0] in ("g3", "g5")


def test_a_word_finds_topics_partitions_and_groups(stage, crowded):
    assert crowded.bar.isVisible()
    for typed, found in (("topic-2", 100), ("topic-1/42", 1), ("g17", 300), ("topic-1 g17", 100), ("nobody", 0)):
        crowded.bar.search.setText(typed)
        assert len(crowded.view.strips) == found, typed
    assert crowded._stack.currentIndex() == 2  # says that nothing is like that
    crowded.bar.search.clear()
    assert len(crowded.view.strips) == 300


def test_strips_are_sorted_by_lag_and_topics_are_kept_on_top(stage, crowded):
    crowded.bar.sort.setCurrentIndex(2)
    first, second = crowded.view.strips[:2]
    assert (first.topic, first.partition) == ("topic-1", 42) and second.first_of_topic
    crowded.pin_topic("topic-2")
    assert crowded.view.strips[0].topic == "topic-2"
    assert crowded.view.strips[100].partition == 42
    crowded.bar.sort.setCurrentIndex(1)
    crowded.pin_topic("topic-2")
    assert [strip.topic for strip in crowded.view.strips[::100]] == ["topic-0", "topic-1", "topic-2"]


def test_the_wheel_scrolls_and_a_topics_name_stays(crowded):
    view = crowded.view
    turn(view, QPointF(600, 120), -480)
    assert view.verticalScrollBar().value() > 200
    scrolled = view.grab().toImage()
    for strip in view.strips:
        assert strip.topic != "topic-0" or strip.first_of_topic == (strip.partition == 0)
    name = scrolled.copy(30, 22, round(view.name_width), 26)
    blank = scrolled.copy(30, 22 + 3 * 23, round(view.name_width), 22)
    ink = theme().color("text").lightness()
    dark = lambda image: any(image.pixelColor(x, y).lightness() < ink + 60 for x in range(image.width())  # noqa: E731
                             for y in range(image.height()))
    assert dark(name) and not dark(blank)


def test_choosing_a_topic_brings_it_into_sight(stage, crowded):
    stage.workspace.select(["outside:topic:topic-2"])
    view = crowded.view
    index = next(i for i, strip in enumerate(view.strips) if strip.topic == "topic-2")
    assert view.strip_rect(index).top() > 22 and view.strip_rect(index + 2).bottom() < view.viewport().height()


def test_the_first_rows_marker_is_not_cut_by_the_header(panel):
    assert panel.view.marker_at(0, "billing").y() - 4 > 23


def test_the_legend_names_groups_where_there_is_room_and_leaves_none_out(crowded):
    legend = crowded.bar.legend
    everybody = {f"g{n}" for n in range(40)}
    for width in (300, 700, 1500, 4000):
        legend.resize(width, 24)
        entries = legend.fitting()
        said = {entry.group.name for entry in entries if entry.group is not None}
        more = [entry for entry in entries if not entry.marker]
        assert said == everybody or more
        assert sum(map(legend._width, entries)) <= width
    legend.resize(4000, 24)
    assert [entry.name for entry in legend.fitting()][:2] == ["g0", "g1"]
    assert len(legend.list_all().actions()) == 40


def test_a_crowd_is_laid_out_quickly(stage, crowded):
    """40 groups on 300 partitions are shown four times a second, and leave time for all the rest."""
    took = []
    for _ in range(3):
        began = time.perf_counter()
        crowded._follow(stage.workspace.shown)
        crowded.view.grab()
        took.append(time.perf_counter() - began)
    assert min(took) < 0.2


def test_what_is_in_sight_is_wanted_in_detail_with_who_reads_it_and_no_more(stage, panel):
    state, wants = orders_snapshot(), stage.workspace.wants
    many = tuple(TopicStat(f"zz-{i:03}", "stream", tuple(PartitionStat(p, 0, 9) for p in range(6))) for i in range(200))
    late = GroupStat("late", "Empty", partitions=(GroupPartitionStat("zz-199", 5, 0, 9, 1),))
    stage.workspace._take_push(Push(snapshot=replace(state, seq=2, at_ms=NOW_MS + 1_000, groups=(*state.groups, late),
                                                  topics=(*state.topics, *many))))
    stage.qtbot.waitUntil(lambda: len(panel._strips) > 1_200)
    bar = panel.view.verticalScrollBar()
    bar.setValue(bar.maximum())
    stage.qtbot.waitUntil(lambda: "zz-199" in wants.wanted.topics)
    assert "late" in wants.wanted.groups and len(wants.wanted.topics) < 5 and "billing" not in wants.wanted.groups
    bar.setValue(0)
    stage.qtbot.waitUntil(lambda: "orders" in wants.wanted.topics and "zz-199" not in wants.wanted.topics)
    panel.hide()
    wants.put(panel.bar)  # another region speaks: what the hidden one wanted does not count any more
    stage.qtbot.waitUntil(lambda: wants.wanted.topics == ())


def test_as_drawn_is_from_left_to_right_and_down_whatever_the_order_of_the_file():
    nodes = [Node("a", "topic", "copies", 700, 20), Node("b", "topic", "orders", 200, 40),
             Node("c", "topic", "invoices", 200, 240)]
    topics = tuple(TopicStat(name, "stream", ()) for name in ("copies", "extra-10", "extra-2", "invoices", "orders"))
    order = topic_order(FlowDocument(nodes), Snapshot(topics=topics))
    assert list(order) == ["orders", "invoices", "copies", "extra-2", "extra-10"]


def test_a_queue_and_a_dead_letter_topic_have_their_own_icons_on_tape_list_and_records(stage, panel):
    """As the drawing has them; what is not drawn as the broker says."""
    shown = replace(orders_snapshot(), topics=(*orders_snapshot().topics, TopicStat("jobs", "queue", ()),))
    document = FlowDocument([Node("d", "dead_letters", "orders.dlq", 0, 0), Node("q", "queue", "payments", 0, 0)])
    kinds = log_kinds(document, shown)
    assert kinds == {"orders": "topic", "payments": "queue", "invoices": "topic", "orders.dlq": "dead_letters",
                     "jobs": "queue"}
    bar = RecordsBar(Views(stage.workspace))
    bar.show_topics(list(kinds), kinds, "orders.dlq")
    drawn = {action.text(): action.icon().pixmap(16).toImage() for action in bar.topic.menu().actions()}
    assert drawn["orders"] == drawn["invoices"] != drawn["payments"] != drawn["orders.dlq"] != drawn["orders"]
    assert bar.topic.icon().pixmap(16).toImage() == drawn["orders.dlq"]
    stage.push(orders_snapshot())
    stage.workspace.document.replace_all(document.nodes, document.links, "")
    panel._follow(stage.workspace.shown)
    assert panel.view.kinds["orders.dlq"] == "dead_letters"
