"""Lag over time: one line a group, its threshold, and the playhead. The plot itself comes after the first paint.

Live points come from snapshots, older ones from the file, both at most two a pixel. The legend turns lines off and on;
the selected group is the one that is filled, and with "each partition" its partitions are the lines. GUI thread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QGridLayout, QMenu, QSizePolicy, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from workbench.core.snapshot import Snapshot
from workbench.ui.bridge.operation import Operation
from workbench.ui.bridge.pace import Pace
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.models.lag_history import LagHistory, Point, SeriesKey, stored_series, thinned
from workbench.ui.models.series import GroupSeries, group_series, selected_group, threshold_of
from workbench.ui.panels.blocks import Segments, label, push_button
from workbench.ui.panels.loading import EmptyOnceLoaded
from workbench.ui.theme import words
from workbench.ui.theme.theme import theme

if TYPE_CHECKING:
    from workbench.ui.charts.lag_plot import Frame, LagPlot, Line

SHORTEST_MS = 60_000
WINDOWS_MS = {"1": 60_000, "5": 300_000, "15": 900_000, "session": 0}
RECORDS, SECONDS = 1, 2
WIDE = 560
_HISTORY_EVERY_MS = 30_000
_DRAW_EVERY_MS = 1000  # a second is a few pixels at most, and a chart the dearest of views


class LegendEntry(QToolButton):
    """A line's sample and its name; checked while the line is shown."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = name
        self.value = ""
        self._series: GroupSeries | None = None
        self._dash: tuple[int, ...] = ()
        self.setCheckable(True)
        self.setChecked(True)
        self.setAccessibleName(name)
        self.setToolTip(self.tr("Show or hide {0}").format(name))

    def show_series(self, series: GroupSeries, dash: tuple[int, ...], value: str) -> None:
        if (series, dash, value) == (self._series, self._dash, self.value):
            return
        self._series, self._dash = series, dash
        if value != self.value:
            self.value = value
            self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        value = metrics.horizontalAdvance(f" {self.value}") if self.value else 0
        return QSize(22 + metrics.horizontalAdvance(self.name) + value + 6, 20)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._series is None:
            return
        painter, look, middle = QPainter(self), theme(), self.height() / 2
        pen = QPen(self._series.colour, 1.75)
        if self._dash:
            pen.setDashPattern([part / 1.75 for part in self._dash])
        painter.setOpacity(1.0 if self.isChecked() else 0.35)
        painter.setPen(pen)
        painter.drawLine(0, round(middle), 16, round(middle))
        painter.setFont(look.font("caption"))
        painter.setPen(look.color("text"))
        text = f"{self.name} {self.value}" if self.value else self.name
        painter.drawText(self.rect().adjusted(22, 0, 0, 0), int(Qt.AlignmentFlag.AlignVCenter), text)
        if self.hasFocus():
            painter.setPen(QPen(look.color("focus"), 1))
            painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), 4, 4)


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
        self._hidden: set[str] = set()
        self._entries: dict[str, LegendEntry] = {}
        self._loading = False
        self._loaded_ms = 0
        self._pace = Pace(self._draw, _DRAW_EVERY_MS, self)
        self._build()
        workspace.live_changed.connect(self._take_live)
        workspace.shown_changed.connect(self._pace.ask)
        workspace.time_changed.connect(lambda _: self._pace.stop())  # what is shown next is shown at once
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
        self.legend = QWidget()
        self.legend.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)  # else it keeps the dock wide
        self._legend_row = QGridLayout(self.legend)
        self._legend_row.setContentsMargins(0, 0, 0, 0)
        self._legend_row.setHorizontalSpacing(12)
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
        if self._history.add(snapshot) and self._workspace.at_ms is not None:
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
        return live - int(min(length, max(known * 1.1, SHORTEST_MS))), live  # a young session fills its chart

    def _load_history(self, from_ms: int, to_ms: int) -> None:
        """Read older points from the file, now and then, and at once when other times are shown."""
        if self._loading or abs(to_ms - self._loaded_ms) < _HISTORY_EVERY_MS:
            return
        self._loading = True
        self._loaded_ms = to_ms
        workspace, most = self._workspace, max(200, self.width() * 2)

        def read() -> dict[SeriesKey, list[Point]]:
            with workspace.reader_for_work() as reader:
                return stored_series(reader.lag_samples(from_ms, to_ms, most))

        Operation(self, read).done(self._take_history).failed(lambda _: self._take_history({})).run()

    def _take_history(self, stored: dict[SeriesKey, list[Point]]) -> None:
        self._loading = False
        if stored:
            self._history.keep(stored)
            self._draw()

    # -- drawing -------------------------------------------------------------------------------------------
    def _draw(self) -> None:
        shown = self._workspace.shown
        if self._plot is None or not self.isVisible():
            return
        looks = group_series(self._workspace.document, shown)
        self._stack.setCurrentIndex(1 if looks else 0)
        if not looks:
            self._show_legend({}, "", shown)
            return
        front = selected_group(self._workspace.document, self._workspace.selection)
        front = front if front in looks else max(shown.groups, key=lambda group: group.lag_records).name
        from_ms, to_ms = self._span_ms()
        self._load_history(from_ms, to_ms)
        self._show_legend(looks, front, shown)
        self._plot.draw(self._frame(looks, front, from_ms / 1000, to_ms / 1000))

    def _frame(self, looks: dict[str, GroupSeries], front: str, from_s: float, to_s: float) -> Frame:
        from workbench.ui.charts.lag_plot import Frame

        at_ms, live = self._workspace.at_ms, self._workspace.live.at_ms
        chosen = selected_group(self._workspace.document, self._workspace.selection)
        lines = self._partition_lines(chosen, from_s, to_s) if self._by_partition and chosen else [
            self._line(looks[name], (name, ""), front, looks, from_s, to_s)
            for name in looks if name not in self._hidden
        ]  # fmt: skip
        records, seconds = threshold_of(self._workspace.document, front)
        threshold = float(records) if self._which == RECORDS else seconds
        now = (live if at_ms is None else at_ms) / 1000
        group = self._workspace.shown.group(front)
        behind = None if group is None else group.lag_records if self._which == RECORDS else (group.lag_ms or 0) / 1000
        return Frame(lines, from_s, to_s, now, at_ms is not None, threshold, self._which, front, behind)

    def _line(self, look: GroupSeries, key: SeriesKey, front: str, looks: dict[str, GroupSeries], from_s: float,
              to_s: float) -> Line:  # fmt: skip
        from workbench.ui.charts.lag_plot import Line

        most = max(200, self.width() * 2)
        points = thinned(self._history.points(key, from_s, to_s), most, self._which)
        chosen = selected_group(self._workspace.document, self._workspace.selection)
        return Line(look.name, look.colour, dash_of(look, front, looks), points, filled=look.name == chosen)

    def _partition_lines(self, group: str, from_s: float, to_s: float) -> list[Line]:
        from workbench.ui.charts.lag_plot import Line

        keys = sorted(key for key in self._history.keys if key[0] == group and key[1])
        most = max(200, self.width() * 2)
        return [
            Line(key[1], theme().series(i)[0], theme().series(i)[1],
                 thinned(self._history.points(key, from_s, to_s), most, self._which))
            for i, key in enumerate(keys)
        ]  # fmt: skip

    # -- the legend ----------------------------------------------------------------------------------------
    def _show_legend(self, looks: dict[str, GroupSeries], front: str, shown: Snapshot) -> None:
        order = sorted(looks, key=lambda name: (name != front, looks[name].index))
        if list(self._entries) != order:
            self._rebuild_legend(order)
        wide = self.width() >= WIDE
        for name, entry in self._entries.items():
            group = shown.group(name)
            value = words.count(group.lag_records) if wide and group is not None else ""
            entry.show_series(looks[name], dash_of(looks[name], front, looks), value)

    def _rebuild_legend(self, order: list[str]) -> None:
        """Entries that stay are only moved: groups that take turns in front would be dressed anew each time."""
        before, self._entries = self._entries, {}
        for index, name in enumerate(order):
            entry = self._entries[name] = before.pop(name, None) or self._new_entry(name)
            self._legend_row.addWidget(entry, 0, index)
            self._legend_row.setColumnStretch(index, 0)
        self._legend_row.setColumnStretch(len(order), 1)
        for entry in before.values():
            self._legend_row.removeWidget(entry)
            entry.deleteLater()

    def _new_entry(self, name: str) -> LegendEntry:
        entry = LegendEntry(name)
        entry.setChecked(name not in self._hidden)
        entry.toggled.connect(lambda shown: self._toggle(name, shown))
        return entry

    def _toggle(self, name: str, shown: bool) -> None:
        self._hidden ^= {name}
        self.series_toggled.emit(name, shown)
        self._draw()

    def legend_entry(self, name: str) -> LegendEntry:
        return self._entries[name]


def dash_of(look: GroupSeries, front: str, looks: dict[str, GroupSeries]) -> tuple[int, ...]:
    """The front group's line is solid; the group that would be takes the front one's dash."""
    if look.name == front:
        return ()
    return look.dash or looks[front].dash
