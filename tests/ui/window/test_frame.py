"""One frame: a lag is one number in one colour wherever it stands, over a running flow; and when frames change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QTableView, QWidget

from tests.ui.stage import NOW_MS, PAST_MS, StageCaller, orders_snapshot
from workbench.control import messages as m
from workbench.control.messages import Push
from workbench.core.snapshot import RunState
from workbench.flow import codec
from workbench.flow.document import FlowDocument, Link, Node
from workbench.host import LocalHost, make_workspace
from workbench.ui.bridge.frame import FRAME_MS, wait_ms
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.canvas.items.node_painter import LEVEL_TEXT
from workbench.ui.canvas.view import FlowView
from workbench.ui.charts.lag import LagPanel
from workbench.ui.charts.tape import TapeView
from workbench.ui.models.health import LAG_ROLE
from workbench.ui.panels.inspector.inspector import Inspector
from workbench.ui.panels.lists.groups import GroupsPanel
from workbench.ui.panels.lists.topics import TopicsPanel
from workbench.ui.panels.tape.tape import TapePanel
from workbench.ui.theme import words
from workbench.ui.window.status import StatusLine

FRAMES = 200


def drawing() -> FlowDocument:
    nodes = [
        Node("shop", "producer", "shop", params={"rate": 4_000.0}),
        Node("orders", "topic", "orders", params={"partitions": 3}),
        Node("billing", "group", "billing",
             params={"members": 2, "process_ms": 1.0, "lag_threshold_records": 600, "auto_commit_ms": 50}),
    ]
    return FlowDocument(nodes, [Link("l1", "shop", "orders"), Link("l2", "orders", "billing")], "frame")


@pytest.fixture
def host(tmp_path: Path) -> Iterator[LocalHost]:
    make_workspace(tmp_path / "frame.flow")
    made = LocalHost(tmp_path / "frame.flow")
    try:
        made.call(m.SaveFlow(codec.dumps(drawing())))
        made.call(m.Run())
        yield made
    finally:
        made.close()


class Regions:
    """Every region that says how far a group is behind, over one workspace."""

    def __init__(self, qtbot, path: Path) -> None:
        self.workspace = Workspace(path, StageCaller())
        drawn = drawing()
        self.workspace.document.replace_all(drawn.nodes, drawn.links, drawn.title)
        self.canvas, self.inspector, self.tape = (
            FlowView(self.workspace), Inspector(self.workspace), TapePanel(self.workspace))
        self.groups, self.chart = GroupsPanel(self.workspace), LagPanel(self.workspace)
        self.status = StatusLine(self.workspace, lambda: 60.0)
        for widget in (self.canvas, self.inspector, self.tape, self.groups, self.chart, self.status):
            qtbot.addWidget(widget)
            widget.resize(700, 400)
            with qtbot.waitExposed(widget):
                widget.show()
        self.workspace.select(["billing"])
        qtbot.waitUntil(lambda: self.chart._plot is not None)

    def numbers(self) -> dict[str, tuple[str, str]]:
        """(text, colour role) of the lag of billing, by region."""
        look = self.canvas.flow.nodes["billing"].shown
        face, row = self.inspector.face("group"), self.groups.model.rows[0]
        parts = [group for strip in self.tape._strips for group in strip.groups]
        entry = self.chart.legend_entry("billing").line
        status = self.status._behind
        return {
            "canvas": (look.lag.partition(" ")[0], LEVEL_TEXT[look.level]),
            "inspector": (face.behind._number.text(), role_of(face.behind._number.property("tone"))),
            "tape": (words.count(sum(group.behind for group in parts)), "-"),
            "groups": (self.groups._columns()[7].text(row), self.groups._tone(row)),
            "legend": (entry.value, entry.role),
            "chart": (self.chart._plot._label.toPlainText(), "-"),
            "status": (status.text().rpartition(" ")[2], role_of(status.property("tone"))),
            "link": (self.canvas.flow.links["l2"].shown.label.partition(" ")[0] or "-",
                     LEVEL_TEXT[self.canvas.flow.links["l2"].shown.level]),
        }

    def partitions(self) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
        """The lag of every partition on the tape and in the inspector."""
        face = self.inspector.face("group")
        return ([(words.count(strip.slowest.behind), LAG_ROLE[strip.slowest.level]) for strip in self.tape._strips],
                [(row[4].text, row[4].role) for row in face.partitions.rows])


def role_of(tone: str | None) -> str:
    return "text" if tone in ("figure", "", None) else tone


@pytest.fixture
def regions(qtbot, tmp_path: Path, host: LocalHost) -> Iterator[Regions]:
    made = Regions(qtbot, tmp_path / "frame.flow")
    yield made
    made.canvas.close_canvas()
    made.workspace.close()


def test_a_lag_is_one_number_in_one_colour_in_every_region_of_a_frame(qtbot, monkeypatch, host: LocalHost,
                                                                            regions: Regions):
    monkeypatch.setattr("workbench.ui.bridge.frame.FRAME_MS", 20)  # so that 200 do not take a minute
    seen, paused, lags, roles = 0, False, set(), set()
    while seen < FRAMES or (len(roles) < 2 and seen < 10 * FRAMES):  # a fault is told once it has lasted two seconds
        before = regions.workspace.frame
        regions.workspace._take_push(Push(snapshot=host.call(m.TakeSnapshot())))
        qtbot.wait(1)
        group = regions.workspace.shown.group("billing")
        if regions.workspace.frame == before or group is None or not group.partitions:  # it has yet to join
            continue
        if not paused and seen >= FRAMES // 2 and roles != {"text"}:
            host.call(m.ControlGroup("billing", "pause"))
            paused = True
        seen += 1
        expected = words.count(group.lag_records), LAG_ROLE[group.health.lag]
        for region, (text, role) in regions.numbers().items():
            assert text in (expected[0], "-"), (region, seen)
            assert role in (expected[1], "-"), (region, seen)
        on_tape, in_inspector = regions.partitions()
        assert on_tape == in_inspector
        lags.add(group.lag_records)
        roles.add(expected[1])
    assert len(lags) > 20 and len(roles) > 1, "it did not move: nothing was tried"


def test_a_frame_stands_for_a_quarter_of_a_second_and_facts_do_not_wait():
    now = orders_snapshot(NOW_MS)
    assert wait_ms(now, orders_snapshot(NOW_MS + 100)) == FRAME_MS - 100
    assert wait_ms(now, orders_snapshot(NOW_MS + FRAME_MS)) == 0
    assert wait_ms(now, replace(orders_snapshot(NOW_MS + 100), run=RunState.PAUSED)) == 0
    held = tuple(replace(group, paused=True) for group in now.groups)
    assert wait_ms(now, replace(orders_snapshot(NOW_MS + 100), groups=held)) == 0
    assert wait_ms(now, orders_snapshot(PAST_MS)) == 0


def test_the_last_snapshot_is_shown_when_no_other_comes(qtbot, tmp_path: Path):
    workspace = Workspace(tmp_path / "none.flow", StageCaller())
    shown = []
    workspace.shown_changed.connect(lambda snapshot: shown.append(snapshot.at_ms))
    for after_ms in (0, 100, 200):
        workspace._take_push(Push(snapshot=orders_snapshot(NOW_MS + after_ms)))
    qtbot.waitUntil(lambda: shown == [NOW_MS, NOW_MS + 200])
    workspace.close()


@pytest.mark.parametrize("key", [Qt.Key.Key_End, Qt.Key.Key_Escape])
@pytest.mark.parametrize("where", ["canvas", "tape"])
def test_keys_lead_out_of_the_past_wherever_the_focus_is(qtbot, window, key: Qt.Key, where: str):
    window.workspace.select(["shipping"])
    window.workspace.show_past(PAST_MS, orders_snapshot(PAST_MS))
    window.show_data("tape")
    qtbot.waitUntil(lambda: bool(window.findChildren(TapeView)))
    target = window.canvas if where == "canvas" else window.findChildren(TapeView)[0]
    window.activateWindow()
    target.setFocus()
    qtbot.keyClick(target, key)
    qtbot.waitUntil(lambda: window.workspace.at_ms is None)
    assert window.workspace.selection == {"shipping"}


def test_the_topics_list_shows_the_frame_also_when_it_comes_back(qtbot, tmp_path: Path, host: LocalHost):
    """While it is hidden it does not follow; shown again, its numbers are those that stand beside it."""
    workspace = Workspace(tmp_path / "frame.flow", StageCaller())
    panel = TopicsPanel(workspace)
    qtbot.addWidget(panel)
    with qtbot.waitExposed(panel):
        panel.show()

    def told() -> list[str]:
        return [panel.list.item(row).data(Qt.ItemDataRole.AccessibleTextRole) for row in range(panel.list.count())]

    def frame() -> list[str]:
        return [f"{t.name}, {words.rate(t.rate_in)}, {words.count(t.records)}"
                for t in sorted(workspace.shown.topics, key=lambda topic: topic.name)]

    workspace._take_push(Push(snapshot=orders_snapshot(NOW_MS)))
    assert told() == frame()
    panel.hide()
    later = orders_snapshot(NOW_MS + 1_000)
    workspace._take_push(Push(snapshot=replace(later, topics=tuple(replace(t, rate_in=7.0) for t in later.topics))))
    panel.show()
    assert told() == frame() and "7" in told()[0]
    one = later.topics[0]
    workspace._take_push(Push(snapshot=replace(later, at_ms=NOW_MS + 2_000, topics=(replace(one, rate_in=9.0),))))
    assert told() == frame() and len(told()) == 1
    workspace._take_push(Push(snapshot=replace(later, at_ms=NOW_MS + 3_000)))
    assert told() == frame() and len(told()) == len(later.topics)
    workspace.close()


class Flushes(QObject):
    """At which repaint of the window each part painted first since ``begin``."""

    def __init__(self, window, parts: dict[str, QWidget]) -> None:
        super().__init__(window)
        self._window, self._parts = window, {part: name for name, part in parts.items()}
        self._flush, self.first = 0, {}
        for watched in (window, *self._parts):
            watched.installEventFilter(self)

    def begin(self) -> None:
        self.first.clear()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.UpdateRequest and watched is self._window:
            self._flush += 1
        elif event.type() == QEvent.Type.Paint and watched in self._parts:
            self.first.setdefault(self._parts[watched], self._flush)
        return False


@pytest.mark.parametrize("page", ["tape", "groups"])
def test_all_regions_of_a_frame_are_painted_in_one_flush(qtbot, window, page: str):
    """Else a picture of the screen has two frames in it, however equal the numbers are."""
    workspace = window.workspace
    window.show_data(page)
    kind = TapeView if page == "tape" else QTableView
    qtbot.waitUntil(lambda: any(view.isVisible() for view in window.data_dock.findChildren(kind)))
    table = next(view for view in window.data_dock.findChildren(kind) if view.isVisible())
    workspace.select(["shipping"])
    topics = window.findChild(TopicsPanel)
    parts = {"canvas": window.canvas.viewport(), "topics": topics.list.viewport(), page: table.viewport(),
             "status": window.findChild(StatusLine)._behind,
             "inspector": window.findChild(Inspector).face("group").behind._number}
    qtbot.wait(300)  # what is still being laid out
    flushes = Flushes(window, parts)
    for step in range(1, 6):
        flushes.begin()
        now = orders_snapshot(NOW_MS + 1_000 * step)
        moved = tuple(replace(topic, rate_in=topic.rate_in + 7 * step) for topic in now.topics)
        groups = tuple(replace(group, rate=group.rate + step, partitions=tuple(
            replace(part, end=part.end + 11 * step) for part in group.partitions)) for group in now.groups)
        workspace._take_push(Push(snapshot=replace(now, topics=moved, groups=groups)))
        qtbot.waitUntil(lambda: flushes.first.keys() == set(parts))
        assert len(set(flushes.first.values())) == 1, flushes.first
