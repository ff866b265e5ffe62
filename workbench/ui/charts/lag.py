"""Lag over time: one line a group, a threshold, and the playhead. The plot itself comes after the first paint.

Live points come from snapshots, older ones from the file, both at most two a pixel; lines are drawn once a second,
figures with the frame. A group keeps its place, colour and dash; the selected one is filled, its threshold is shown by
name, and with "each partition" its partitions are the lines. GUI thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QGridLayout, QMenu, QStackedWidget, QVBoxLayout, QWidget

from workbench.core.health import Level
from workbench.core.journal import GroupEntry, JournalEntry, TopicEntry
from workbench.core.snapshot import GroupStat, Snapshot
from workbench.flow.document import Change, NodeChanged
from workbench.flow.kinds import GROUPS
from workbench.session.pauses import pauses
from workbench.ui.bridge.operation import Operation
from workbench.ui.bridge.pace import Pace
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.charts.lag_legend import FEW, LagLegend, LegendEntry, LegendLine
from workbench.ui.models.attached import with_attached
from workbench.ui.models.health import LAG_ROLE
from workbench.ui.models.lag_history import LagHistory, Point, Renamed, SeriesKey, stored_series, thinned
from workbench.ui.models.series import GroupSeries, group_series, selected_group, threshold_of
from workbench.ui.panels.parts.blocks import Segments, label, push_button
from workbench.ui.panels.parts.loading import EmptyOnceLoaded
from workbench.ui.theme import words
from workbench.ui.theme.theme import theme

if TYPE_CHECKING:
    from workbench.ui.charts.lag_plot import Frame, LagPlot, Line

SHORTEST_MS = 60_000
WINDOWS_MS = {"1": 60_000, "5": 300_000, "15": 900_000, "session": 0}
RECORDS, SECONDS = 1, 2
WIDE = 560
_HISTORY_EVERY_MS = 30_000
_LONGEST_AGE_MS = 3_600_000  # pauses are looked for this far before what is shown
_MOST_ACTS = 10_000
_MOST_RENAMES = 10_000  # entries about topics and groups that are looked through for them
_DRAW_EVERY_MS = 1000  # a second is a few pixels at most, and a chart the dearest of views


class LagPanel(QWidget):
    series_toggled = Signal(str, bool)

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._history = LagHistory()
        self._which = RECORDS
        self._window = "5"
        self._by_partition = False
        self._plot: LagPlot | None = None
        self._hidden: set[str] = set()  # by a person
        self._asked: set[str] = set()  # by a person, though others are more behind
        self._top: list[str] = []
        self._drawn: set[str] = set()
        self._loading = False
        self._loaded_ms = 0
        self._pace = Pace(self._draw, _DRAW_EVERY_MS, self)
        self._build()
        unfollow = workspace.document.follow(self._take_change)
        self.destroyed.connect(lambda *_: unfollow())
        workspace.live_changed.connect(self._take_live)
        workspace.time_changed.connect(lambda _: self._pace.stop())  # what is shown next is shown at once
        workspace.shown_changed.connect(self._follow)
        workspace.selection_changed.connect(lambda _: self._draw())
        theme().changed.connect(self._dress)

    # -- building ------------------------------------------------------------------------------------------
    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 4)
        column.setSpacing(0)
        self.head = QWidget()  # the dock takes it for its title bar
        self._head = QGridLayout(self.head)
        self._head.setContentsMargins(14, 6, 8, 0)
        self._head.setHorizontalSpacing(8)
        self._head.setVerticalSpacing(6)
        self._head.setColumnStretch(1, 1)
        self.unit = Segments([("records", self.tr("Records")), ("seconds", self.tr("Seconds"))], self.tr("Unit"))
        self.unit.chosen.connect(self.choose_unit)
        self.window_button = push_button("", tip=self.tr("How much time is shown"))
        self.window_button.setProperty("small", True)
        self.window_button.setMenu(self._window_menu())
        self.legend = LagLegend()
        self.legend.toggled.connect(self.toggle)
        title = label(self.tr("Lag"))
        title.setFont(theme().font("body", 600))
        self._head.addWidget(title, 0, 0)
        self._head.addWidget(self.unit, 0, 2)
        self._head.addWidget(self.window_button, 0, 3)
        self._head.addWidget(self.legend, 1, 0, 1, 4)
        self._stack = QStackedWidget()
        self._stack.addWidget(
            EmptyOnceLoaded(self._workspace, "", self.tr("Nothing to measure yet"),
                            self.tr("Lag appears when a group reads a topic."))
        )
        column.addWidget(self.head)
        column.addWidget(self._stack, 1)
        self.choose_window("5")

    def _window_menu(self) -> QMenu:
        menu = QMenu(self)
        for key in WINDOWS_MS:
            menu.addAction(self._window_name(key)).triggered.connect(lambda _=False, key=key: self.choose_window(key))
        menu.addSeparator()
        each = menu.addAction(self.tr("Each partition of the selected group"))
        each.setCheckable(True)
        each.toggled.connect(self.show_partitions)
        return menu

    def _window_name(self, key: str) -> str:
        return self.tr("Session") if key == "session" else self.tr("{0} min").format(key)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        QTimer.singleShot(0, self, self._load_plot)

    def _load_plot(self) -> None:
        """Import pyqtgraph now that the window has been painted."""
        if self._plot is None:
            from workbench.ui.charts.lag_plot import LagPlot

            self._plot = LagPlot()
            self._plot.setAccessibleName(self.tr("Lag over time"))
            self._stack.addWidget(self._plot)
        self._draw()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = self.width() >= WIDE
        self._head.removeWidget(self.legend)
        if wide:
            self._head.addWidget(self.legend, 0, 1)
        else:
            self._head.addWidget(self.legend, 1, 0, 1, 4)
        self._draw()

    def _dress(self) -> None:
        if self._plot is not None:
            self._plot.restyle()
        self._draw()

    # -- choices -------------------------------------------------------------------------------------------
    def choose_unit(self, unit: str) -> None:
        self._which = SECONDS if unit == "seconds" else RECORDS
        self.unit.choose(unit)
        self._draw()

    def choose_window(self, key: str) -> None:
        self._window = key
        self.window_button.setText(self._window_name(key))
        self._loaded_ms = 0
        self._draw()

    def show_partitions(self, each: bool) -> None:
        self._by_partition = each
        self._draw()

    # -- following -----------------------------------------------------------------------------------------
    def _take_live(self, snapshot: Snapshot) -> None:
        if self._history.add(with_attached(snapshot, snapshot)) and self._workspace.at_ms is not None:
            self._pace.ask()

    def _span_ms(self) -> tuple[int, int]:
        """What is shown: the window up to now, or around the playhead when that is older."""
        live, at_ms = self._workspace.live.at_ms, self._workspace.at_ms
        length = WINDOWS_MS[self._window]
        if not length:
            first = self._workspace.live.host.started_ms or live - 60_000
            return first, max(live, first + 1000)
        if at_ms is not None and at_ms < live - length * 0.9:
            return at_ms - length // 2, at_ms + length // 2
        first_s = self._history.first_s
        known = live if first_s is None else live - first_s * 1000
        if at_ms is not None:
            known = max(known, live - at_ms)  # the playhead stands on the chart, wherever it is
        return live - int(min(length, max(known * 1.1, SHORTEST_MS))), live  # a young session fills its chart

    def _load_history(self, from_ms: int, to_ms: int) -> None:
        """Read older points from the file, now and then, and at once when other times are shown."""
        if self._loading or abs(to_ms - self._loaded_ms) < _HISTORY_EVERY_MS:
            return
        self._loading = True
        self._loaded_ms = to_ms
        workspace, most, live = self._workspace, max(200, self.width() * 2), self._workspace.live
        drawn = [node.name for node in workspace.document.of_kind(*GROUPS)]

        def read() -> dict[SeriesKey, list[Point]]:
            with workspace.reader_for_work() as reader:
                entries = reader.journal(from_ms=from_ms, kinds=("group", "topic"), limit=_MOST_RENAMES)
                begun_ms = from_ms - _LONGEST_AGE_MS
                acts = reader.journal(from_ms=begun_ms, kinds=("run", "member", "host"), limit=_MOST_ACTS)
                held = pauses(acts, live, drawn, begun_ms)
                return stored_series(reader.lag_samples(from_ms, to_ms, most), *_renames(entries), pauses=held)

        Operation(self, read).done(self._take_history).failed(lambda _: self._take_history({})).run()

    def _take_change(self, change: Change) -> None:
        """A line does not end because its group, or what that reads, is called otherwise."""
        if not isinstance(change, NodeChanged) or change.before.name == change.after.name:
            return
        old, new, kind = change.before.name, change.after.name, change.after.kind
        if kind in ("group", "forward"):
            self._history.rename(lambda key: (new, key[1]) if key[0] == old else key)
        elif kind in ("topic", "queue"):
            self._history.rename(lambda key: (key[0], new + key[1][len(old) :])
                                 if key[1].rpartition("/")[0] == old else key)

    def _take_history(self, stored: dict[SeriesKey, list[Point]]) -> None:
        self._loading = False
        if stored:
            self._history.keep(stored)
            self._draw()

    # -- drawing -------------------------------------------------------------------------------------------
    def _follow(self, shown: Snapshot) -> None:
        """The figures with the frame, the lines at their own pace."""
        if self._plot is None or not self.isVisible():
            return
        self._pace.ask()
        shown = with_attached(shown, self._workspace.live)
        looks = group_series(self._workspace.document, shown)
        self.legend.show_lines(self._lines_of(looks, shown), self.width() >= WIDE, self._front(looks, shown))
        front = self._front(looks, shown)
        group = shown.group(front) if front else None
        self._plot.show_value(shown.at_ms / 1000, None if group is None else self._value(group))

    def _front(self, looks: dict[str, GroupSeries], shown: Snapshot) -> str:
        """The group whose value and threshold the plot names: the selected one, or the only one; else none."""
        chosen = selected_group(self._workspace.document, self._workspace.selection)
        return chosen if chosen in looks else next(iter(looks)) if len(looks) == 1 else ""

    def _draw(self) -> None:
        shown = with_attached(self._workspace.shown, self._workspace.live)
        if self._plot is None or not self.isVisible():
            return
        looks = group_series(self._workspace.document, shown)
        self._stack.setCurrentIndex(1 if looks else 0)
        self._choose_drawn(looks, shown)
        self.legend.show_lines(self._lines_of(looks, shown), self.width() >= WIDE, self._front(looks, shown))
        if not looks:
            return
        from_ms, to_ms = self._span_ms()
        self._load_history(from_ms, to_ms)
        self._plot.draw(self._frame(looks, self._front(looks, shown), from_ms / 1000, to_ms / 1000))

    def _frame(self, looks: dict[str, GroupSeries], front: str, from_s: float, to_s: float) -> Frame:
        from workbench.ui.charts.lag_plot import Frame

        at_ms, live = self._workspace.at_ms, self._workspace.live.at_ms
        chosen = selected_group(self._workspace.document, self._workspace.selection)
        lines = self._partition_lines(chosen, from_s, to_s) if self._by_partition and chosen else [
            self._line(look, from_s, to_s) for look in looks.values() if look.name in self._drawn
        ]
        threshold, whose = self._threshold(looks, front)
        now = (live if at_ms is None else at_ms) / 1000
        group = with_attached(self._workspace.shown, self._workspace.live).group(front) if front else None
        behind = None if group is None else self._value(group)
        return Frame(lines, from_s, to_s, now, at_ms is not None, threshold, self._which, front, behind, whose)

    def _threshold(self, looks: dict[str, GroupSeries], front: str) -> tuple[float, str]:
        """(the threshold that is drawn, whose it is in words): of the group in front, else one that all share; 0 where
        they differ, for a line without an owner says nothing."""
        limits = {name: threshold_of(self._workspace.document, name) for name in looks if front in ("", name)}
        values = {float(records) if self._which == RECORDS else seconds for records, seconds in limits.values()}
        if len(values) != 1:
            return 0.0, ""
        return values.pop(), front or self.tr("all groups")

    def _line(self, look: GroupSeries, from_s: float, to_s: float) -> Line:
        from workbench.ui.charts.lag_plot import Line

        most = max(200, self.width() * 2)
        points = thinned(self._history.points((look.name, ""), from_s, to_s), most, self._which)
        chosen = selected_group(self._workspace.document, self._workspace.selection)
        return Line(look.name, look.colour, look.dash, points, filled=look.name == chosen)

    def _partition_lines(self, group: str, from_s: float, to_s: float) -> list[Line]:
        from workbench.ui.charts.lag_plot import Line

        keys = sorted(key for key in self._history.keys if key[0] == group and key[1])
        most = max(200, self.width() * 2)
        return [
            Line(key[1], theme().series(i)[0], theme().series(i)[1],
                 thinned(self._history.points(key, from_s, to_s), most, self._which))
            for i, key in enumerate(keys)
        ]

    # -- the legend ----------------------------------------------------------------------------------------
    def _lines_of(self, looks: dict[str, GroupSeries], shown: Snapshot) -> list[LegendLine]:
        """Every group in its order, with its lag as the frame says it."""
        found = []
        for name, look in looks.items():
            group = shown.group(name)
            value = "" if group is None else self._value_words(group)
            level = Level.OK if group is None or group.health is None else group.health.lag
            found.append(LegendLine(look, value, LAG_ROLE[level], 0.0 if group is None else self._value(group),
                                    name in self._drawn))
        return found

    def _value(self, group: GroupStat) -> float:
        return float(group.lag_records) if self._which == RECORDS else (group.lag_ms or 0) / 1000

    def _value_words(self, group: GroupStat) -> str:
        return words.count(group.lag_records) if self._which == RECORDS else words.duration(group.lag_ms or 0)

    def _choose_drawn(self, looks: dict[str, GroupSeries], shown: Snapshot) -> None:
        """Which lines are drawn: all of few; of many those most behind, and who is asked for. Who is drawn stays until
        another is behind by half as much again, so that lines do not take turns."""
        lag = {group.name: self._value(group) for group in shown.groups if group.name in looks}
        if len(looks) <= FEW:
            self._top = list(looks)
        else:
            self._top = [name for name in self._top if name in looks][:FEW]
            rest = sorted((name for name in looks if name not in self._top), key=lambda n: -lag.get(n, 0.0))
            self._top += rest[: FEW - len(self._top)]
            least = min(self._top, key=lambda name: lag.get(name, 0.0))
            if rest and rest[0] not in self._top and lag.get(rest[0], 0.0) > 1.5 * lag.get(least, 0.0) + 10:
                self._top[self._top.index(least)] = rest[0]
        chosen = selected_group(self._workspace.document, self._workspace.selection)
        self._drawn = {name for name in looks
                       if name not in self._hidden and (name in self._top or name in self._asked or name == chosen)}

    def toggle(self, name: str, shown: bool) -> None:
        self._hidden = self._hidden - {name} if shown else self._hidden | {name}
        self._asked = self._asked | {name} if shown else self._asked - {name}
        self.series_toggled.emit(name, shown)
        self._draw()

    def legend_entry(self, name: str) -> LegendEntry:
        return self.legend.entries[name]


def _renames(entries: Sequence[JournalEntry]) -> tuple[list[Renamed], list[Renamed]]:
    """Those of groups, and those of topics."""
    return ([Renamed(one.at_ms, one.group, one.to) for one in entries
             if isinstance(one, GroupEntry) and one.act == "renamed"],
            [Renamed(one.at_ms, one.was, one.topic) for one in entries
             if isinstance(one, TopicEntry) and one.act == "renamed"])
