"""How a queue stands, in one glance: its figures, and the cell that shows them by share. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from workbench.core.snapshot import QueueStat
from workbench.ui.canvas.items.queue_painters import paint_held, paint_state
from workbench.ui.canvas.queue_view_states import held_of
from workbench.ui.canvas.view_values import Held
from workbench.ui.panels.parts.blocks import label, set_tone
from workbench.ui.theme import words
from workbench.ui.theme.theme import theme


class HeldBar(QWidget):
    """The cell of a queue, as on its node."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._held = Held()
        self.setFixedHeight(10)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Messages by state"))
        theme().changed.connect(self.update)

    def show_held(self, held: Held) -> None:
        if held != self._held:
            self._held = held
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_held(painter, theme(), QRectF(self.rect()), self._held)
        painter.end()


class _StateKey(QWidget):
    """The key of a state's part of the cell."""

    def __init__(self, state: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self.setFixedSize(QSize(10, 10))
        theme().changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_state(painter, theme(), QRectF(0.5, 0.5, 9, 9), self._state)
        painter.end()


class StateFigure(QWidget):
    """A number under its key and its word."""

    def __init__(self, state: str, caption: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(1)
        row = QHBoxLayout()
        row.setSpacing(6)
        if state:
            row.addWidget(_StateKey(state), 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(label(caption, "muted"))
        row.addStretch(1)
        self._number = label("–", "figure")
        column.addLayout(row)
        column.addWidget(self._number)

    def show_value(self, text: str, tone: str = "figure") -> None:
        self._number.setText(text)
        self._number.setFont(theme().font("figure"))
        set_tone(self._number, tone)


class CountsLine(QWidget):
    """Ready, in flight, delayed, dead; then what comes in, what goes out, and the age of the oldest."""

    def __init__(self, rates: bool = True, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self._rows = QHBoxLayout()
        self._rows.setSpacing(16)
        self.ready = StateFigure("ready", self.tr("Ready"))
        self.in_flight = StateFigure("leased", self.tr("In flight"))
        self.delayed = StateFigure("delayed", self.tr("Delayed"))
        self.dead = StateFigure("dead", self.tr("Dead"))
        self.rate_in, self.rate_out = StateFigure("", self.tr("In"), self), StateFigure("", self.tr("Acked"), self)
        self.oldest = StateFigure("", self.tr("Oldest waits"), self)  # a widget without a parent outlives the window
        for figure in (self.rate_in, self.rate_out, self.oldest):
            figure.setVisible(rates)
        moving = (self.rate_in, self.rate_out, self.oldest) if rates else ()
        for figures in ((self.ready, self.in_flight, self.delayed, self.dead), moving):
            row = QHBoxLayout()
            row.setSpacing(16)
            for figure in figures:
                row.addWidget(figure, 1)
            self._rows.addLayout(row, len(figures))
        self.bar = HeldBar()
        column.addLayout(self._rows)
        column.addWidget(self.bar)

    def set_way(self, way: QBoxLayout.Direction) -> None:
        """States beside what moves, or above it."""
        self._rows.setDirection(way)
        self._rows.setSpacing(16 if way == QBoxLayout.Direction.LeftToRight else 6)

    def show_queue(self, stat: QueueStat) -> None:
        counts = stat.counts
        self.ready.show_value(words.count(counts.ready))
        self.in_flight.show_value(words.count(counts.in_flight))
        self.delayed.show_value(words.count(counts.delayed))
        self.dead.show_value(words.count(counts.dead), "bad" if counts.dead else "figure")
        self.rate_in.show_value(words.rate(stat.rate_in))
        self.rate_out.show_value(words.rate(stat.rate_out))
        waits = stat.oldest_ms is not None and counts.ready
        self.oldest.show_value(words.duration(stat.oldest_ms or 0, narrow=True) if waits else "–")
        self.bar.show_held(held_of(stat))
