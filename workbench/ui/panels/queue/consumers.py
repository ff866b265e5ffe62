"""Who takes messages from a queue: one row a consumer, its prefetch window as slots, what it acks a second.

Painted whole: a filled slot is a message it holds, a hollow one room for the next. GUI thread.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from workbench.core.snapshot import QueueConsumerStat
from workbench.ui.theme import words
from workbench.ui.theme.theme import theme

ROW = 24
SLOTS_SHOWN = 20
MOST_ROWS = 12
_SLOT = (6.0, 10.0)
_GAP = 2.0
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


def _by_name(consumer: QueueConsumerStat) -> tuple[bool, str, int]:
    """Those who read before those who wait; «billing-10» after «billing-9»."""
    stem, _, tail = consumer.consumer.rpartition("-")
    number = int(tail) if stem and tail.isascii() and tail.isdigit() else -1
    return not consumer.active, consumer.consumer if number < 0 else stem, number


class ConsumerRows(QWidget):
    """See the module."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.consumers: tuple[QueueConsumerStat, ...] = ()
        self.setAccessibleName(self.tr("Consumers"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self.update)
        self.show_consumers(())

    def show_consumers(self, consumers: Sequence[QueueConsumerStat]) -> None:
        found = tuple(sorted(consumers, key=_by_name))
        if found == self.consumers and self.height() > 1:
            return
        self.consumers = found
        rows = max(1, min(len(found), MOST_ROWS) + (len(found) > MOST_ROWS))
        self.setFixedHeight(rows * ROW)
        self.setAccessibleDescription("; ".join(f"{c.consumer}: {self.held_words(c)}" for c in found[:MOST_ROWS]))
        self.update()

    def held_words(self, consumer: QueueConsumerStat) -> str:
        """What it holds of what it may hold."""
        if not consumer.active:
            return self.tr("waits to take over")
        if not consumer.prefetch:
            return self.tr("{0}, no limit").format(words.count(consumer.in_flight))
        return self.tr("{0} of {1}").format(words.count(consumer.in_flight), words.count(consumer.prefetch))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self.consumers:
            painter.setFont(theme().font("body"))
            painter.setPen(theme().color("text_muted"))
            painter.drawText(QRectF(self.rect()), _LEFT, self.tr("Nobody takes messages from it."))
        for row, consumer in enumerate(self.consumers[:MOST_ROWS]):
            self._paint_row(painter, QRectF(0, row * ROW, self.width(), ROW), consumer)
        if len(self.consumers) > MOST_ROWS:
            painter.setFont(theme().font("body"))
            painter.setPen(theme().color("text_muted"))
            more = self.tr("and {0} more").format(words.count(len(self.consumers) - MOST_ROWS))
            painter.drawText(QRectF(0, MOST_ROWS * ROW, self.width(), ROW), _LEFT, more)
        painter.end()

    def _paint_row(self, painter: QPainter, row: QRectF, consumer: QueueConsumerStat) -> None:
        look, middle = theme(), row.center().y()
        painter.setPen(QPen(look.color("line"), 1))
        painter.drawLine(row.topLeft(), row.topRight())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.color("ok" if consumer.active else "line_strong"))
        painter.drawEllipse(QRectF(1, middle - 3.5, 7, 7))
        painter.setFont(look.font("body", 500))
        painter.setPen(look.color("text"))
        room = max(60.0, row.width() * 0.28)
        name = words.cut(consumer.consumer, painter.fontMetrics(), int(room))
        painter.drawText(QRectF(15, row.top(), room, ROW), _LEFT, name)
        rate = 54.0
        painter.setFont(look.font("body", mono=True))
        painter.setPen(look.color("text_muted"))
        painter.drawText(row, _RIGHT, words.rate(consumer.rate))
        held = 84.0
        painter.setFont(look.font("body"))
        painter.drawText(QRectF(row.right() - rate - held, row.top(), held, ROW), _RIGHT, self.held_words(consumer))
        left = 15 + room + 8
        self._paint_window(painter, QRectF(left, middle - 5, row.right() - rate - held - 10 - left, 10), consumer)

    def _paint_window(self, painter: QPainter, area: QRectF, consumer: QueueConsumerStat) -> None:
        """Slots while they are few and there is room; a bar beyond."""
        width, height = _SLOT
        fits = int((area.width() + _GAP) // (width + _GAP))
        if not consumer.active or area.width() < 12:
            return
        if not 0 < consumer.prefetch <= min(SLOTS_SHOWN, fits):
            self._paint_bar(painter, area, consumer)
            return
        for slot in range(consumer.prefetch):
            box = QRectF(area.left() + slot * (width + _GAP) + 0.5, area.top() + 0.5, width - 1, height - 1)
            filled = slot < consumer.in_flight
            painter.setPen(QPen(theme().color("queue" if filled else "line_strong"), 1))
            painter.setBrush(theme().color("queue", 0.8) if filled else Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box, 1.5, 1.5)

    def _paint_bar(self, painter: QPainter, area: QRectF, consumer: QueueConsumerStat) -> None:
        share = min(1.0, consumer.in_flight / consumer.prefetch) if consumer.prefetch else 0.0
        track = QRectF(area.left(), area.center().y() - 2, area.width(), 4)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().color("surface_sunken"))
        painter.drawRoundedRect(track, 2, 2)
        if share:
            track.setWidth(max(4.0, track.width() * share))
            painter.setBrush(theme().color("queue", 0.8))
            painter.drawRoundedRect(track, 2, 2)
