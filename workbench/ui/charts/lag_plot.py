"""The lag chart's plot, on pyqtgraph: imported only once the window is up, for that import is most of a start.

It draws what it is given: lines, a threshold, the playhead, what comes later, and the numbers under the pointer.
Colours, that of the ground too, come from the theme at each ``restyle``: pyqtgraph does not follow the palette. GUI
thread.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QBrush, QColor, QPen
from PySide6.QtWidgets import QWidget

from workbench.ui.charts.lag_curve import Curve
from workbench.ui.charts.ticks import number_ticks, time_ticks
from workbench.ui.models.lag_history import Point
from workbench.ui.theme import words
from workbench.ui.theme.theme import theme


@dataclass(frozen=True, slots=True)
class Line:
    name: str
    colour: QColor
    dash: tuple[int, ...]
    points: Sequence[Point]
    filled: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """Everything the plot shows. ``now_s`` is the playhead; after it lies what comes later."""

    lines: Sequence[Line]
    from_s: float
    to_s: float
    now_s: float
    past: bool
    threshold: float
    which: int  # 1 records, 2 seconds
    front: str = ""  # whose value the tracker shows; empty: nobody's
    front_value: float | None = None  # that value, as the snapshot says it
    whose: str = ""  # threshold, in words


def short(value: float) -> str:
    """``10 k``, ``1.5 M``, ``400`` for an axis."""
    for limit, unit in ((1e6, " M"), (1e4, " k")):
        if value >= limit:
            return f"{value / (limit if unit == ' M' else 1e3):g}{unit}"
    return words.count(round(value)) if value == round(value) else f"{value:g}"


_WORDS_PX = 18


class _TimeAxis(pg.AxisItem):
    def tickValues(self, minVal: float, maxVal: float, size: float) -> list:  # noqa: N803 (pyqtgraph's names)
        ticks = time_ticks(minVal * 1000, maxVal * 1000, max(1, min(8, int(size / 46))),
                           words.zone_offset_ms(maxVal * 1000))
        return [(1.0, [tick / 1000 for tick in ticks])]

    def tickStrings(self, values: list, scale: float, spacing: float) -> list[str]:
        fine = len(values) > 1 and (values[1] - values[0]) < 60
        return [words.clock(round(v * 1000), False)[: 8 if fine else 5] for v in values]


class _ValueAxis(pg.AxisItem):
    def tickValues(self, minVal: float, maxVal: float, size: float) -> list:  # noqa: N803
        return [(1.0, number_ticks(minVal, maxVal, max(2, int(size / 36))))]

    def tickStrings(self, values: list, scale: float, spacing: float) -> list[str]:
        return [short(v) for v in values]


class LagPlot(pg.PlotWidget):
    def __init__(self, parent: QWidget | None = None) -> None:
        axes = {"bottom": _TimeAxis("bottom"), "left": _ValueAxis("left")}
        super().__init__(parent, axisItems=axes)
        self.setFrameShape(pg.PlotWidget.Shape.NoFrame)
        self.setMenuEnabled(False)
        self.setMouseEnabled(x=False, y=False)
        self.hideButtons()
        self._plot: Any = self.plotItem  # pyqtgraph gives it most of its methods when it is made
        self._plot.setContentsMargins(0, 6, 10, 0)
        self._curves: list[Curve] = []
        self._used = 0  # how many of them the frame needs
        self._frame: Frame | None = None
        self._threshold = pg.InfiniteLine(angle=0)
        self._threshold_text = pg.TextItem(anchor=(1, 1))
        self._head = pg.InfiniteLine(angle=90)
        self._cross = pg.InfiniteLine(angle=90)
        self._later = pg.LinearRegionItem(movable=False)
        self._later_text = pg.TextItem(anchor=(1, 0))
        self._dot = pg.ScatterPlotItem(size=8)
        self._label = pg.TextItem(anchor=(1, 0.5))
        for item, depth in ((self._later, -10), (self._threshold, 5), (self._threshold_text, 6), (self._head, 8),
                            (self._cross, 7), (self._dot, 9), (self._label, 10), (self._later_text, 6)):
            item.setZValue(depth)
            self._plot.addItem(item, ignoreBounds=True)
        self._cross.hide()
        self._plot.scene().sigMouseMoved.connect(self._point)
        self.restyle()

    def restyle(self) -> None:
        """Take the theme's colours and fonts."""
        look = theme()
        self.setBackground(look.color("surface"))
        for name in ("left", "bottom"):
            axis = self.getAxis(name)
            axis.setTickFont(look.font("caption"))
            axis.setTextPen(look.color("text_muted"))
            axis.setPen(QPen(look.color("line"), 1))
            axis.setStyle(tickLength=0, tickTextOffset=6)
        self.getAxis("left").setWidth(44)
        self.getAxis("left").setGrid(60)
        self.getAxis("bottom").setHeight(24)
        warn = look.color("warn_mark")
        self._threshold.setPen(pg.mkPen(warn, width=1.5, dash=[4, 3]))
        self._threshold_text.setColor(look.color("warn"))
        self._threshold_text.fill = QBrush(look.color("surface", 0.85))  # lines go behind the words
        self._later_text.setColor(look.color("text_muted"))
        self._label.setColor(look.color("text"))
        self._label.fill = QBrush(look.color("surface_raised"))
        self._label.border = QPen(look.color("line"), 1)
        self._cross.setPen(pg.mkPen(look.color("text_muted"), width=1, dash=[2, 3]))
        self._later.setBrush(look.color("surface_sunken", 0.75))
        for line in self._later.lines:
            line.setPen(QPen(Qt.PenStyle.NoPen))
        for text in (self._threshold_text, self._later_text, self._label):
            text.setFont(look.font("caption"))

    def draw(self, frame: Frame) -> None:
        self._frame = frame
        self._used = 0
        most = frame.threshold * 1.18
        for line in frame.lines:
            self._add(line, frame)
            most = max(most, max((p[frame.which] for p in line.points), default=0) * 1.12)
        for curve in self._curves[self._used :]:
            curve.hide()
        self._plot.setXRange(frame.from_s, frame.to_s, padding=0)
        self._plot.setYRange(0, max(most, 1), padding=0)
        self._draw_threshold(frame)
        colour = theme().color("replay" if frame.past else "accent", 1 if frame.past else 0.6)
        self._head.setPen(pg.mkPen(colour, width=2))
        self._head.setValue(frame.now_s)
        self._later.setVisible(frame.past)
        self._later_text.setPlainText(self.tr("later"))
        self._later_text.setVisible(frame.past and self._later_text.boundingRect().width() < self._room_after(frame))
        if frame.past:
            self._later.setRegion((frame.now_s, frame.to_s + 60))
        self._track(frame.now_s)

    def _draw_threshold(self, frame: Frame) -> None:
        self._threshold.setVisible(frame.threshold > 0)
        self._threshold_text.setVisible(frame.threshold > 0)
        self._threshold.setValue(frame.threshold)
        top, height = self.viewRange()[1][1], max(1.0, self.getViewBox().height())
        below_top = (top - frame.threshold) / max(top, 1) * height
        at_left = self._say_threshold(frame)
        self._threshold_text.setAnchor((0 if at_left else 1, 1 if below_top > _WORDS_PX else 0))
        self._threshold_text.setPos(frame.from_s if at_left else frame.to_s, frame.threshold)
        crowded = not at_left and below_top < 2.5 * _WORDS_PX
        self._later_text.setAnchor((1, 1 if crowded else 0))
        self._later_text.setPos(frame.to_s, 0 if crowded else top)

    def _say_threshold(self, frame: Frame) -> bool:
        """As much of its words as has room beside the playhead and the value there; whether they stand at its left."""
        value = words.count(round(frame.threshold)) if frame.which == 1 else words.duration(frame.threshold * 1000)
        after, width = self._room_after(frame), self.getViewBox().width()
        at_left = after < width / 2
        room = width - after - self._label.boundingRect().width() * 1.25 if at_left else after
        whole = self.tr("threshold of {0}: {1}").format(frame.whose, value)
        for said in (whole, self.tr("threshold {0}").format(value), value):
            self._threshold_text.setPlainText(said)
            if self._threshold_text.boundingRect().width() <= room:
                break
        return at_left

    def _room_after(self, frame: Frame) -> float:
        """Pixels right of the playhead."""
        return self.getViewBox().width() * (frame.to_s - frame.now_s) / max(frame.to_s - frame.from_s, 0.001)

    def _add(self, line: Line, frame: Frame) -> None:
        xs, ys = [p[0] for p in line.points], [p[frame.which] for p in line.points]
        cut = bisect_right(xs, frame.now_s) if frame.past else len(xs)
        pen = pg.mkPen(line.colour, width=2.5 if line.filled else 1.75, dash=list(line.dash) or None)
        fill = QColor(line.colour)
        fill.setAlphaF(0.12)
        if line.filled:
            self._curve(xs[:cut], ys[:cut], pen, fill)
        else:
            self._curve(xs[:cut], ys[:cut], pen)
        if cut < len(xs):
            later = QColor(line.colour)
            later.setAlphaF(0.7)
            self._curve(xs[max(0, cut - 1) :], ys[max(0, cut - 1) :], pg.mkPen(later, width=1, dash=[3, 3]))

    def _curve(self, xs: list[float], ys: list[float], pen: QPen, fill: QColor | None = None) -> None:
        """Draw by the next curve there is: taking them out and in again costs more than all the rest."""
        if self._used == len(self._curves):
            self._curves.append(Curve())
            self._plot.addItem(self._curves[-1], ignoreBounds=True)
        curve = self._curves[self._used]
        self._used += 1
        curve.draw(xs, ys, pen, fill)
        curve.show()

    # -- the tracker ---------------------------------------------------------------------------------------
    def value_at(self, line: Line, at_s: float) -> float | None:
        xs = [p[0] for p in line.points]
        index = bisect_right(xs, at_s + 0.001) - 1
        return None if index < 0 or self._frame is None else line.points[index][self._frame.which]

    def show_value(self, at_s: float, value: float | None) -> None:
        """Another value of the group in front, between two drawings of the lines."""
        if self._frame is not None and self._frame.front and value != self._frame.front_value:
            self._frame = replace(self._frame, front_value=value, now_s=at_s)
            self._track(min(at_s, self._frame.to_s))

    def _track(self, at_s: float) -> None:
        """A dot on the front line, and its value in a box beside it."""
        frame = self._frame
        line = None if frame is None else next((li for li in frame.lines if li.name == frame.front), None)
        value = None if line is None or frame is None else frame.front_value
        self._dot.setVisible(value is not None)
        self._label.setVisible(value is not None)
        if value is None or line is None or frame is None:
            return
        rim = pg.mkPen(theme().color("surface"), width=1)
        self._dot.setData([at_s], [value], brush=pg.mkBrush(line.colour), pen=rim)
        self._label.setPlainText(self._words(value))
        low = value < self.viewRange()[1][1] * 0.5
        self._label.setAnchor((1.25, 1.3 if low else 0.5))
        self._label.setPos(at_s, min(value, self._highest()))

    def _highest(self) -> float:
        """Where the box with the value stands at most: between two drawings a value may rise over the plot."""
        top, height = self.viewRange()[1][1], max(1.0, self.getViewBox().height())
        return top * max(0.0, 1 - self._label.boundingRect().height() / 2 / height)

    def _words(self, value: float) -> str:
        frame = self._frame
        return words.duration(value * 1000) if frame is not None and frame.which == 2 else words.count(round(value))

    def _point(self, at: QPointF) -> None:
        """The pointer moved over the plot: a line under it, and every group's value as a tip."""
        frame = self._frame
        box = self._plot.getViewBox()
        inside = frame is not None and box.sceneBoundingRect().contains(at)
        self._cross.setVisible(inside)
        if frame is None or not inside:
            self.setToolTip("")
            return
        at_s = box.mapSceneToView(at).x()
        self._cross.setValue(at_s)
        self.setToolTip(self.tip_at(at_s))

    def tip_at(self, at_s: float) -> str:
        assert self._frame is not None
        rows = [words.clock(round(at_s * 1000), False)]
        for line in self._frame.lines:
            value = self.value_at(line, at_s)
            if value is not None:
                rows.append(f"{line.name}  {self._words(value)}")
        return "\n".join(rows)
