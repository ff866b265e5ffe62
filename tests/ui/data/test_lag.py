"""The lag chart: live and stored points, units, windows, legend, the past, and that pyqtgraph comes late."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from math import hypot

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from tests.entries import entry_of
from tests.ui.stage import NOW_MS, PAST_MS, SLOW_MS, START_MS, orders_lag, orders_snapshot
from workbench.core.journal import JournalEntry, LagSample
from workbench.core.snapshot import GroupPartitionStat, GroupStat, MemberStat, PartState, RunState, Snapshot
from workbench.flow.edits import RenameNode, set_param
from workbench.session.pauses import pauses
from workbench.ui.charts.lag import LagPanel, LegendEntry
from workbench.ui.charts.lag_curve import strokes
from workbench.ui.charts.ticks import number_ticks, time_ticks
from workbench.ui.models.lag_history import LagHistory, Renamed, stored_series, thinned
from workbench.ui.models.series import group_id
from workbench.ui.theme.theme import theme


class KeptLag:
    """A reader of the stage's samples."""

    def __enter__(self) -> KeptLag:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def journal(self, **_: object) -> list[JournalEntry]:
        return []

    def lag_samples(self, from_ms: int, to_ms: int, max_points: int) -> list[LagSample]:
        return [sample for sample in orders_lag() if from_ms <= sample.at_ms <= to_ms]


@pytest.fixture
def panel(stage, monkeypatch):
    monkeypatch.setattr(stage.workspace, "reader_for_work", KeptLag)
    stage.workspace.select(["shipping"])
    made = LagPanel(stage.workspace)
    stage.show(made, 320, 242)
    stage.qtbot.waitUntil(lambda: made._plot is not None and made._plot._frame is not None)
    stage.qtbot.waitUntil(lambda: len(lines(made)["shipping"].points) > 50)
    return made


def lines(panel: LagPanel) -> dict:
    return {line.name: line for line in panel._plot._frame.lines}


def test_one_line_a_group_with_its_own_dash_and_the_selected_one_filled(panel):
    drawn = lines(panel)
    assert set(drawn) == {"billing", "shipping", "fraud-check"}
    assert [name for name, line in drawn.items() if line.filled] == ["shipping"]
    assert drawn["billing"].dash == () and drawn["shipping"].dash == (6, 3)
    assert panel._plot._label.toPlainText() == "32,087"
    assert panel._plot._threshold_text.toPlainText() == "threshold of shipping: 10,000"


def ground(panel: LagPanel) -> str:
    """The colour that is really painted, in a corner where nothing else is."""
    return panel._plot.grab().toImage().pixelColor(2, panel._plot.height() - 3).name()


def test_the_ground_follows_the_theme_and_the_past(stage, panel, qapp):
    seen = []
    for mode, past in (("light", False), ("dark", False), ("dark", True), ("light", True)):
        theme().apply(qapp, mode)
        theme().set_past(past)
        stage.qtbot.waitUntil(lambda: ground(panel) == theme().color("surface").name())
        seen.append(ground(panel))
    theme().set_past(False)
    assert len(set(seen)) == 4


def test_live_points_go_on_at_the_right_edge(stage, panel):
    stage.push(orders_snapshot(NOW_MS + 1000))
    stage.qtbot.waitUntil(lambda: lines(panel)["shipping"].points[-1][0] == (NOW_MS + 1000) / 1000)
    assert panel._plot._frame.to_s == (NOW_MS + 1000) / 1000


def test_seconds(panel):
    QTest.mouseClick(panel.unit.button("seconds"), Qt.MouseButton.LeftButton)
    assert panel._plot._label.toPlainText() == "2 min 13 s"
    assert panel._plot._frame.threshold == 60.0


def test_the_legend_turns_a_line_off_and_on(panel):
    QTest.mouseClick(panel.legend_entry("billing"), Qt.MouseButton.LeftButton)
    assert set(lines(panel)) == {"shipping", "fraud-check"}
    QTest.mouseClick(panel.legend_entry("billing"), Qt.MouseButton.LeftButton)
    assert "billing" in lines(panel)


def entries(panel: LagPanel) -> list[str]:
    shown = [entry for entry in panel.legend.findChildren(LegendEntry) if not entry.isHidden()]
    return [entry.name for entry in sorted(shown, key=lambda entry: entry.x())]


def test_a_group_keeps_place_colour_and_dash_whoever_is_selected_or_goes(stage, panel):
    panel.resize(600, 242)

    def looks() -> dict:
        return {line.name: (line.colour.name(), line.dash) for line in panel._plot._frame.lines}

    stage.qtbot.waitUntil(lambda: entries(panel) == ["billing", "shipping", "fraud-check"])
    before = looks()
    stage.workspace.select(["billing"])
    assert (looks(), entries(panel)) == (before, ["billing", "shipping", "fraud-check"])
    kept = tuple(group for group in orders_snapshot().groups if group.name != "billing")
    stage.push(replace(orders_snapshot(NOW_MS + 1000), groups=kept))
    stage.qtbot.waitUntil(lambda: entries(panel) == ["shipping", "fraud-check"])
    panel._draw()
    assert looks() == {name: before[name] for name in ("shipping", "fraud-check")}


def test_a_threshold_names_its_owner_and_is_not_drawn_where_owners_differ(stage, panel):
    stage.workspace.select([])
    panel._draw()
    assert panel._plot._threshold_text.toPlainText() == "threshold of all groups: 10,000"
    stage.workspace.perform(set_param(stage.workspace.document, "shipping", "lag_threshold_records", 500))
    panel._draw()
    assert not panel._plot._threshold.isVisible() and not panel._plot._threshold_text.isVisible()
    stage.workspace.select(["shipping"])
    assert panel._plot._threshold_text.toPlainText() == "threshold of shipping: 500"


def test_a_value_that_rises_between_two_drawings_is_not_cut_at_the_top(panel):
    plot = panel._plot
    plot.show_value(NOW_MS / 1000, plot.viewRange()[1][1] * 1.5)
    box = plot._label.mapRectToScene(plot._label.boundingRect())
    assert plot.getPlotItem().getViewBox().sceneBoundingRect().top() - 1 <= box.top()


def test_words_on_the_plot_stand_clear_of_each_other(stage, panel):
    def box(item):
        return item.mapRectToScene(item.boundingRect())

    def clear() -> bool:
        plot = panel._plot
        shown = [box(item) for item in (plot._threshold_text, plot._label, plot._later_text) if item.isVisible()]
        return not any(a.intersects(b) for i, a in enumerate(shown) for b in shown[:i])

    panel.resize(420, 242)
    panel.choose_window("session")
    for lag in (9_000, 10_500, 200):
        groups = tuple(replace(g, partitions=(replace(g.partitions[0], committed=g.partitions[0].end - lag),))
                       if g.name == "shipping" else g for g in orders_snapshot().groups)
        stage.push(replace(orders_snapshot(NOW_MS + 10 * lag), groups=groups))
        panel._draw()
        assert clear()
    for at_ms in (PAST_MS - 400_000, PAST_MS, NOW_MS - 60_000):
        stage.workspace.show_past(at_ms, orders_snapshot(at_ms))
        assert clear()


@pytest.mark.parametrize("width", [300, 420])
@pytest.mark.parametrize("share", [0.15, 0.35, 0.5, 0.55, 0.7, 0.95])
def test_no_word_stands_across_the_playhead(stage, panel, width: int, share: float):
    panel.resize(width, 242)
    panel.choose_window("session")
    at_ms = round(START_MS + (NOW_MS - START_MS) * share)
    stage.workspace.select([])
    stage.workspace.show_past(at_ms, orders_snapshot(at_ms))
    panel._draw()
    plot = panel._plot
    head = plot.getPlotItem().getViewBox().mapViewToScene(QPointF(at_ms / 1000, 0)).x()
    for item in (plot._threshold_text, plot._later_text):
        box = item.mapRectToScene(item.boundingRect())
        assert not box.left() + 1 < head < box.right() - 1, item.toPlainText()
    assert "10,000" in plot._threshold_text.toPlainText()


@pytest.mark.parametrize("ago_ms", [70_000, 150_000, 280_000, 500_000])
def test_the_playhead_stands_on_the_chart_also_before_what_this_window_saw(stage, panel, ago_ms: int):
    panel._history = LagHistory()
    panel._history.add(orders_snapshot(NOW_MS))  # opened again just now
    stage.workspace.show_past(NOW_MS - ago_ms, orders_snapshot(NOW_MS - ago_ms))
    panel._draw()
    frame = panel._plot._frame
    assert frame.from_s < frame.now_s < frame.to_s


def many(count: int, at_ms: int) -> Snapshot:
    base = orders_snapshot().group("fraud-check")
    part = base.partitions[0]
    groups = tuple(replace(base, name=f"team-{n:02}", partitions=(replace(part, committed=part.end - n * 100),))
                   for n in range(count))
    return replace(orders_snapshot(at_ms), groups=groups)


def test_the_selected_group_stands_in_the_legend_however_little_room_there_is(stage, panel):
    stage.push(many(6, NOW_MS + 1000))
    panel.resize(300, 242)
    for name in ("team-05", "team-00", "team-03"):
        stage.workspace.select([group_id(name)])
        panel._draw()
        seen = [entry for entry in panel.legend.entries.values() if entry.isVisible()]
        assert panel.legend_entry(name) in seen and len(seen) >= 2
        edges = sorted((entry.geometry().left(), entry.geometry().right()) for entry in seen)
        assert all(right < left for (_, right), (left, _) in pairwise(edges))
        assert edges[-1][1] < panel.legend.more.geometry().left() + 1


def test_forty_groups_draw_those_most_behind_and_count_and_find_the_others(stage, panel):
    stage.push(many(40, NOW_MS + 1000))
    panel.resize(420, 242)
    panel._draw()
    assert set(lines(panel)) == {f"team-{n}" for n in range(32, 40)}
    shown = entries(panel)
    assert shown == [f"team-{n}" for n in range(32, 32 + len(shown))] and shown
    assert panel.legend.more.text() == f"+{40 - len(shown)}"
    panel.legend.open_list()
    rows = panel.legend.list.rows
    assert rows.item(0).text() == "team-39   3,900"
    panel.legend.list.search.setText("05")
    assert [rows.item(n).text() for n in range(40) if not rows.item(n).isHidden()] == ["team-05   500"]
    item = next(rows.item(n) for n in range(40) if not rows.item(n).isHidden())
    item.setCheckState(Qt.CheckState.Checked)
    assert "team-05" in lines(panel)
    panel.legend.list.close()


def test_windows(panel):
    panel.choose_window("1")
    assert panel._plot._frame.to_s - panel._plot._frame.from_s == 60
    panel.choose_window("session")
    assert panel._plot._frame.to_s - panel._plot._frame.from_s == pytest.approx(1226.204)


def test_the_past_moves_the_playhead_and_shades_what_comes_later(stage, panel):
    panel.choose_window("session")
    stage.workspace.show_past(PAST_MS, orders_snapshot(PAST_MS))
    frame = panel._plot._frame
    assert frame.past and frame.now_s == PAST_MS / 1000
    assert panel._plot._later.isVisible()
    assert panel._plot._label.toPlainText() == "38"
    stage.workspace.show_live()
    assert not panel._plot._later.isVisible()


def test_partitions_of_the_selected_group(panel):
    panel.show_partitions(True)
    assert [line.name for line in panel._plot._frame.lines] == [f"orders/{n}" for n in range(6)]


def test_under_the_pointer_every_group_is_named(panel):
    tip = panel._plot.tip_at(NOW_MS / 1000)
    assert "billing  22" in tip and "fraud-check  6" in tip


def test_a_new_theme_is_followed(qapp, panel):
    before = panel._plot.getAxis("left").textPen().color()
    theme().apply(qapp, "dark")
    assert panel._plot.getAxis("left").textPen().color() != before


def test_nothing_to_measure_yet(stage):
    stage.push(Snapshot(seq=3, at_ms=NOW_MS))
    made = LagPanel(stage.workspace)
    stage.show(made, 320, 242)
    stage.qtbot.waitUntil(lambda: made._plot is not None)
    assert made._stack.currentIndex() == 0


def test_pyqtgraph_and_numpy_are_not_imported_with_the_panels():
    code = (
        "import sys; import workbench.ui.charts.lag, workbench.ui.panels.records.panel, workbench.ui.panels.tape.tape,"
        " workbench.ui.panels.strip.timestrip, workbench.ui.panels.lists.groups, workbench.ui.panels.lists.problems,"
        " workbench.ui.panels.lists.log;"
        " print([m for m in ('pyqtgraph', 'numpy', 'qtawesome', 'cel') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_a_group_is_the_sum_of_its_partitions():
    series = stored_series(orders_lag(SLOW_MS, NOW_MS))
    _at, records, seconds = series["shipping", ""][-1]
    parts = [series["shipping", f"orders/{n}"][-1] for n in range(6)]
    assert records == sum(part[1] for part in parts)
    assert seconds == max(part[2] for part in parts)


def test_live_points_come_after_the_stored_ones_without_doubles():
    history = LagHistory()
    history.keep(stored_series(orders_lag()))
    for step in range(5):
        assert history.add(orders_snapshot(NOW_MS - 2000 + step * 500))
    assert not history.add(orders_snapshot(NOW_MS + 10))
    times = [point[0] for point in history.points(("shipping", ""), 0, NOW_MS)]
    assert times == sorted(set(times))


def test_no_more_is_kept_of_what_comes_than_a_chart_can_show():
    history = LagHistory()
    for step in range(600):  # a minute, ten times a second
        history.add(orders_snapshot(NOW_MS + step * 100))
    kept = history.points(("shipping", ""), 0, NOW_MS)
    assert 100 <= len(kept) <= 130
    assert sum(len(points) for points in history._live.values()) <= 130 * len(history._live)


def test_what_is_called_otherwise_goes_on_in_one_line(panel, stage):
    before = lines(panel)["shipping"].points
    stage.workspace.perform(RenameNode("shipping", "sending"))
    later = orders_snapshot(NOW_MS + 400)
    stage.push(replace(later, groups=tuple(replace(group, name="sending") if group.name == "shipping" else group
                                           for group in later.groups)))
    stage.qtbot.waitUntil(lambda: "sending" in lines(panel))
    assert lines(panel)["sending"].points[: len(before) - 1] == before[:-1]
    assert not any(key[0] == "shipping" for key in panel._history.keys)


def test_stored_points_are_under_the_names_of_now():
    half = NOW_MS - 30_000
    samples = [replace(s, group="dispatch", topic="sales") if s.group == "shipping" and s.at_ms > half else s
               for s in orders_lag()]
    series = stored_series(samples, [Renamed(half, "shipping", "dispatch")], [Renamed(half, "orders", "sales")])
    whole = stored_series(orders_lag())
    assert series["dispatch", ""] == whole["shipping", ""] and ("shipping", "") not in series
    assert series["dispatch", "sales/1"] == whole["shipping", "orders/1"]


def test_a_pause_is_no_lag_in_time_neither_in_what_is_kept_nor_in_what_comes():
    """Paused from ten seconds before the sample to two before it, with a record that waits for a minute."""
    at = NOW_MS
    acts = [entry_of("member", at - 10_000, group="shipping", member="shipping-1", detail={"act": "paused"}),
            entry_of("member", at - 2_000, group="shipping", member="shipping-1", detail={"act": "resumed"})]
    one = MemberStat("shipping-1", "shipping-1", PartState.RUNNING)
    part = GroupPartitionStat("orders", 0, 0, 10, 5, lag_ms=60_000)
    seen = GroupStat("shipping", "Stable", members=(one,), partitions=(part,), held_ms=8_000)
    live = Snapshot(1, at, run=RunState.RUNNING, groups=(seen,))
    stored = stored_series([LagSample(at, "shipping", "orders", 0, 5, 60_000)],
                           pauses=pauses(acts, live, ["shipping"], at - 3_600_000))
    history = LagHistory()
    history.add(live)
    for key in (("shipping", ""), ("shipping", "orders/0")):
        assert stored[key] == [(at / 1000, 5, 52.0)] == history.points(key, 0, at)
    assert seen.lag_ms == 52_000


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=400), st.integers(4, 60))
def test_thinning_keeps_ends_least_and_greatest(values: list[int], most: int):
    points = [(float(i), float(v), 0.0) for i, v in enumerate(values)]
    kept = thinned(points, most, 1)
    assert len(kept) <= max(most, len(values) if len(values) <= most else most)
    assert kept[0] == points[0] and kept[-1] == points[-1]
    assert max(kept, key=lambda p: p[1])[1] == max(values)
    assert min(kept, key=lambda p: p[1])[1] == min(values)
    assert [p[0] for p in kept] == sorted(p[0] for p in kept)


@given(st.floats(0, 1e9), st.floats(1, 1e9), st.integers(1, 20))
def test_ticks_are_round_few_and_inside(low: float, span: float, most: int):
    for ticks in (number_ticks(low, low + span, most), time_ticks(low, low + span, most)):
        assert len(ticks) <= most + 1
        assert all(low - 1e-6 <= tick <= low + span + 1e-6 for tick in ticks)


places = st.lists(st.tuples(st.floats(0, 500), st.floats(0, 500)), min_size=2, max_size=30)


@given(places)
def test_a_solid_line_is_a_stroke_a_pair_of_points(points: list[tuple[float, float]]):
    assert [(s.x1(), s.y1(), s.x2(), s.y2()) for s in strokes(points)] == [(*a, *b) for a, b in pairwise(points)]


def test_dashes_are_cut_where_they_begin_and_end():
    found = strokes([(0, 0), (4, 0), (20, 0)], (6, 3))
    assert [(s.x1(), s.x2()) for s in found] == [(0, 4), (4, 6), (9, 15), (18, 20)]


@given(places, st.sampled_from([(6.0, 3.0), (8.0, 3.0, 2.0, 3.0)]))
def test_dashes_cover_their_share_however_a_line_turns(points: list[tuple[float, float]], dash: tuple[float, ...]):
    whole = sum(hypot(x2 - x1, y2 - y1) for (x1, y1), (x2, y2) in pairwise(points))
    along, on = 0.0, 0.0
    while along < whole:
        for number, part in enumerate(dash):
            on += max(0.0, min(part, whole - along)) if number % 2 == 0 else 0.0
            along += part
    assert sum(stroke.length() for stroke in strokes(points, dash)) == pytest.approx(on, abs=1e-3)
