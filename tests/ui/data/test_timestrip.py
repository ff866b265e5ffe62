"""The time strip: drag into the past, marks, playing with what moved, and back to live."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.ui.stage import MARKS, NOW_MS, PAST_MS, SLOW_MS, START_MS, StageTimeline, order_records
from workbench.control.messages import SetBookmark
from workbench.core.keys import key_colour
from workbench.core.records import StoredRecord
from workbench.core.snapshot import Snapshot
from workbench.session.timeline import Movement as Moved
from workbench.ui.charts.strip_range import RECENT_MS
from workbench.ui.panels.strip.timestrip import TimeStrip


class MovingTimeline(StageTimeline):
    """The stage, with something on its way in every asked span."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def state_at(self, at_ms: int) -> Snapshot:
        self.asked.append(at_ms)
        return super().state_at(at_ms)

    def flow_of(self, from_ms: int, to_ms: int) -> list[Moved]:
        delivered = Moved(from_ms, "deliver", "orders", 0, 0, 4, "shipping", "shipping-1", True)
        return [Moved(from_ms, "append", "orders", 0, 10, 19), delivered]


class Source:
    """Records for the colours of dots."""

    closed = False

    def read(self, topic: str, partition: int, offset: int, max_records: int) -> list[StoredRecord]:
        return [StoredRecord(topic, partition, offset + i, NOW_MS, r.key, r.value)
                for i, r in enumerate(order_records(offset, max_records, NOW_MS))]

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def past():
    return MovingTimeline(), Source()


@pytest.fixture
def strip(stage, past):
    made = TimeStrip(stage.workspace, open_=lambda: past)
    stage.show(made, 1440, 69)
    stage.qtbot.waitUntil(lambda: len(made._marks) == len(MARKS))
    yield made
    made.close_past()
    assert past[1].closed


def drag_to(strip: TimeStrip, ms: int) -> None:
    view = strip.view
    start, end = QPointF(view.playhead_x(), 30), QPointF(view.x_of(ms), 30)
    QTest.mousePress(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, start.toPoint())
    for share in (0.25, 0.5, 0.75, 1.0):
        QTest.mouseMove(view, (start + (end - start) * share).toPoint())
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, end.toPoint())


def settled(stage, strip: TimeStrip) -> None:
    stage.qtbot.waitUntil(lambda: not strip._seeking and strip._wanted_ms is None)


def test_live_it_says_session_and_clock(stage, strip):
    assert strip.session.text() == "Session 20 min 26 s"
    assert (strip.clock.text(), strip.state.text(), strip.day.text()) == ("14:12:36.204", "live · UTC", "23 Nov 2026")
    assert not strip.back.isVisible()


def test_dragging_the_playhead_shows_the_past_and_the_last_wish_wins(stage, strip, past):
    drag_to(strip, PAST_MS)
    settled(stage, strip)
    at = stage.workspace.at_ms
    assert abs(at - PAST_MS) < 2_000
    assert stage.workspace.shown.at_ms == at and not stage.workspace.shown.live
    assert past[0].asked[-1] == at
    assert len(past[0].asked) <= 4
    assert strip.state.text().startswith("10 min 2") and strip.back.isVisible()


def test_back_to_live(stage, strip):
    drag_to(strip, PAST_MS)
    settled(stage, strip)
    QTest.mouseClick(strip.back, Qt.MouseButton.LeftButton)
    assert stage.workspace.at_ms is None and stage.workspace.shown.live


def test_the_flow_goes_on_underneath(stage, strip):
    drag_to(strip, PAST_MS)
    settled(stage, strip)
    shown = stage.workspace.shown
    stage.push(Snapshot(seq=9, at_ms=NOW_MS + 5_000))
    assert stage.workspace.shown is shown
    assert strip.state.text().startswith("10 min")


def test_marks_by_keys_and_mouse(stage, strip):
    view = strip.view
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_BracketLeft)
    settled(stage, strip)
    assert stage.workspace.at_ms == SLOW_MS + 160_000
    QTest.keyClick(view, Qt.Key.Key_BracketLeft)
    settled(stage, strip)
    assert stage.workspace.at_ms == SLOW_MS + 18_000
    QTest.keyClick(view, Qt.Key.Key_BracketRight)
    settled(stage, strip)
    assert stage.workspace.at_ms == SLOW_MS + 160_000
    QTest.keyClick(view, Qt.Key.Key_Home)
    settled(stage, strip)
    assert stage.workspace.at_ms == START_MS
    at = QPointF(view.x_of(PAST_MS), 8).toPoint()
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
    settled(stage, strip)
    assert stage.workspace.at_ms == PAST_MS
    QTest.keyClick(view, Qt.Key.Key_End)
    assert stage.workspace.at_ms is None


def test_marks_too_close_become_one_with_a_count(stage, strip):
    clusters = strip.view.clusters()
    assert [len(cluster.marks) for cluster in clusters] == [1] * 7
    strip.resize(700, 69)
    stage.qtbot.waitUntil(lambda: strip.view.width() < 500)
    clusters = strip.view.clusters()
    assert max(len(cluster.marks) for cluster in clusters) == 2
    tip = strip.view.tip_at(QPointF(clusters[0].x, 8))
    assert "13:52:10.000  started" in tip and "generation 1" in tip


def test_a_bookmark_is_sent_for_the_shown_moment(stage, strip):
    strip.seek(PAST_MS)
    settled(stage, strip)
    QTest.keyClick(strip.view, Qt.Key.Key_M)
    stage.qtbot.waitUntil(lambda: stage.caller.of(SetBookmark) == [SetBookmark(PAST_MS)])


def test_playing_moves_the_time_and_the_dots_by_the_speed(stage, strip):
    strip.seek(PAST_MS)
    settled(stage, strip)
    strip.set_speed(4.0)
    moved = []
    stage.workspace.movement_shown.connect(moved.extend)
    QTest.mouseClick(strip.play, Qt.MouseButton.LeftButton)
    assert strip.playing
    strip._frames.stop()
    strip.advance(150)
    stage.qtbot.waitUntil(lambda: stage.workspace.at_ms == PAST_MS + 600)
    stage.qtbot.waitUntil(lambda: len(moved) == 3)
    by_link = {move.link_id: move for move in moved}
    assert by_link["checkout-web-to-orders"].count + by_link["checkout-mobile-to-orders"].count == 10
    read_again = by_link["orders-to-shipping"]
    assert (read_again.count, read_again.again) == (5, 5)
    assert read_again.colours == tuple(key_colour(r.key) for r in order_records(0, 5, 0))


def test_playing_to_the_end_is_live_again(stage, strip):
    strip.seek(NOW_MS - 100)
    settled(stage, strip)
    strip.toggle_play()
    strip._frames.stop()
    strip.advance(200)
    assert stage.workspace.at_ms is None


def turn(view, by: int, sideways: int = 0, x: float = 400) -> None:
    at = QPointF(x, 30)
    turned = QWheelEvent(at, at, QPoint(), QPoint(sideways, by), Qt.MouseButton.NoButton,
                         Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False)
    QApplication.sendEvent(view, turned)


def test_the_wheel_zooms_and_zooming_out_shows_the_whole_session(stage, strip):
    view = strip.view
    whole, moment = view.view_range(), view.ms_at(400)
    turn(view, 480)
    low, high = view.view_range()
    assert high - low < (whole[1] - whole[0]) / 2
    assert abs(view.ms_at(400) - moment) <= 2
    turn(view, -960)
    assert view.view_range() == whole


def test_turned_sideways_the_wheel_goes_to_earlier_and_later(strip):
    view = strip.view
    turn(view, 480)
    low, high = view.view_range()
    turn(view, 0, sideways=120)
    assert view.view_range() == pytest.approx((low - (high - low) / 10, high - (high - low) / 10), abs=1)


def test_what_holds_the_live_end_moves_with_it_until_the_playhead_is_in_the_past(stage, strip):
    view = strip.view
    turn(view, 480, x=view.playhead_x())
    low, high = view.view_range()
    later = stage.workspace.live.at_ms + 10_000
    view.show_session(START_MS, later)
    assert view.view_range() == pytest.approx((low + 10_000, high + 10_000), abs=1)
    view.show_time(later - 5_000)
    held = view.view_range()
    view.show_session(START_MS, later + 60_000)
    assert view.view_range() == held
    view.show_time(None)
    assert view.view_range()[1] > later + 60_000


def test_a_long_session_shows_what_is_newest_and_a_moment_outside_turns_the_page(stage, strip):
    view, day_ms = strip.view, 86_400_000
    view.show_session(NOW_MS - 3 * day_ms, NOW_MS)
    low, high = view.view_range()
    assert high - low == RECENT_MS
    assert low < NOW_MS < high
    view.show_time(NOW_MS - 2 * day_ms)
    low, high = view.view_range()
    assert low < NOW_MS - 2 * day_ms < high
    view.show_time(None)
    assert view.view_range()[1] > NOW_MS
    for _ in range(4):
        turn(view, -1200)
    assert view.view_range()[0] == NOW_MS - 3 * day_ms


def test_a_range_is_drawn_with_shift(stage, strip):
    view = strip.view
    start, end = QPoint(int(view.x_of(PAST_MS)), 30), QPoint(int(view.x_of(SLOW_MS)), 30)
    with stage.qtbot.waitSignal(view.range_changed) as told:
        QTest.mousePress(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier, start)
        QTest.mouseMove(view, end)
        QTest.mouseRelease(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier, end)
    first, last = told.args[0]
    assert abs(first - PAST_MS) < 2_000 and abs(last - SLOW_MS) < 2_000


def test_before_anything_runs_it_says_so(stage, past):
    stage.workspace.live = Snapshot()
    made = TimeStrip(stage.workspace, open_=lambda: past)
    stage.show(made, 1440, 69)
    assert made.clock.text() == "--:--:--" and made.session.text() == "No session yet"
    assert not made.play.isEnabled() and made.view.empty
    made.close_past()


# -- a time that is typed -----------------------------------------------------------------------------------
def test_a_time_is_typed_where_the_clock_stands(stage, strip):
    QTest.mouseClick(strip.clock, Qt.MouseButton.LeftButton)
    assert strip.jump.isVisible() and strip.jump.selectedText() == "14:12:36.204"
    QTest.keyClicks(strip.jump, "14:02:11.087")
    QTest.keyClick(strip.jump, Qt.Key.Key_Return)
    stage.qtbot.waitUntil(lambda: stage.workspace.at_ms == PAST_MS)
    assert not strip.jump.isVisible()


def test_a_digit_on_the_strip_begins_a_time_and_nonsense_is_said(stage, strip):
    strip.view.setFocus()
    stage.qtbot.waitUntil(strip.view.hasFocus)
    QTest.keyClick(strip.view, Qt.Key.Key_1)
    assert strip.jump.hasFocus() and strip.jump.text() == "1"
    QTest.keyClicks(strip.jump, "x")
    QTest.keyClick(strip.jump, Qt.Key.Key_Return)
    assert strip.jump.isVisible() and strip.jump.property("state") == "bad"
    QTest.keyClick(strip.jump, Qt.Key.Key_Escape)
    assert not strip.jump.isVisible() and stage.workspace.at_ms is None
    stage.qtbot.waitUntil(strip.view.hasFocus)


def test_a_time_outside_the_session_is_its_nearest_end(stage, strip):
    strip.jump_to(START_MS - 60_000)
    stage.qtbot.waitUntil(lambda: stage.workspace.at_ms == START_MS)
    strip.jump_to(NOW_MS + 60_000)
    assert stage.workspace.at_ms is None
