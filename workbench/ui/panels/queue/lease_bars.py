"""Messages in flight, those whose lease ends first on top, each with a bar that shrinks until it comes back.

The bars run on by the clock between snapshots: a frame whenever the quickest bar has a pixel to lose, never more often
than the canvas makes frames, and none while nobody sees them or the past is shown. GUI thread.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from workbench.core.snapshot import LeaseStat
from workbench.ui.models.queue_clock import QueueClock
from workbench.ui.models.queue_words import attempt_words
from workbench.ui.theme import words
from workbench.ui.theme.theme import theme
from workbench.ui.theme.tokens import MOTION

ROW = 24
_SLOWEST_MS = 250
_NEAR_SHARE = 0.2
_NEAR_MS = 3_000
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


def remaining(lease: LeaseStat, now_ms: float) -> float:
    """The share of the lease that is left, 0 to 1; all of one that no clock ends."""
    if not lease.until_ms:
        return 1.0
    whole = lease.until_ms - lease.leased_ms
    return min(1.0, max(0.0, (lease.until_ms - now_ms) / whole)) if whole > 0 else 0.0


def is_near(lease: LeaseStat, now_ms: float) -> bool:
    """Whether the lease is about to run out."""
    if not lease.until_ms:
        return False
    left = lease.until_ms - now_ms
    return remaining(lease, now_ms) < _NEAR_SHARE or left < min(_NEAR_MS, (lease.until_ms - lease.leased_ms) / 2)


def frame_ms(leases: Sequence[LeaseStat], bar_px: float) -> int:
    """How long until the quickest bar is a pixel shorter."""
    spans = [max(1, lease.until_ms - lease.leased_ms) for lease in leases if lease.until_ms]
    quickest = min(spans, default=_SLOWEST_MS * 1000) / max(1.0, bar_px)
    return round(min(_SLOWEST_MS, max(MOTION["frame_ms"], quickest)))


class LeaseBars(QWidget):
    """See the module. ``chosen`` carries the lease that was clicked."""

    chosen = Signal(object)  # LeaseStat

    def __init__(self, clock: QueueClock, most: int = 8, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._clock = clock
        self._most = most
        self._total = 0
        self._rows = 1  # only grows while it is seen: leases come and go many times a second, and nothing may jump
        self.leases: tuple[LeaseStat, ...] = ()
        self.selected: frozenset[tuple[int, int]] = frozenset()
        self.setAccessibleName(self.tr("Leases"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.timer = QTimer(self)
        self.timer.timeout.connect(self._tick)
        theme().changed.connect(self.update)
        self.show_leases((), 0)

    def show_leases(self, leases: Sequence[LeaseStat], total: int) -> None:
        """The leases that end first, of ``total``."""
        self.leases, self._total = tuple(leases)[: self._most], total
        more = total > len(self.leases)
        self._rows = max(self._rows, len(self.leases) + (more and bool(self.leases)))
        self.setFixedHeight(self._rows * ROW)
        now_ms = self._clock.now_ms()
        self.setAccessibleDescription("; ".join(
            f"{lease.partition}-{lease.offset}, {lease.consumer}, {self._left_words(lease, now_ms)}"
            for lease in self.leases))
        self._settle()
        self.update()

    def mark(self, messages: frozenset[tuple[int, int]]) -> None:
        """Show these messages as chosen."""
        self.selected = messages
        self.update()

    # -- frames ---------------------------------------------------------------------------------------------
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._settle()

    def hideEvent(self, event: QHideEvent) -> None:
        self.timer.stop()
        self._rows = 1
        super().hideEvent(event)

    def _settle(self) -> None:
        if not (self.isVisible() and self._clock.live and self.leases):
            self.timer.stop()
            return
        every = _SLOWEST_MS if theme().reduced_motion else frame_ms(self.leases, self._bar(QRectF(self.rect())).width())
        if not self.timer.isActive() or self.timer.interval() != every:
            self.timer.start(every)

    def _tick(self) -> None:
        if not self.visibleRegion().isEmpty():
            self.update()

    # -- pointer --------------------------------------------------------------------------------------------
    def mousePressEvent(self, event: QMouseEvent) -> None:
        row = int(event.position().y()) // ROW
        if 0 <= row < len(self.leases):
            self.chosen.emit(self.leases[row])

    # -- painting -------------------------------------------------------------------------------------------
    @staticmethod
    def _bar(row: QRectF) -> QRectF:
        left = row.left() + max(150.0, row.width() * 0.52)
        return QRectF(left, row.center().y() - 3, max(20.0, row.right() - 70 - left), 6)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        now_ms = self._clock.now_ms()
        for number, lease in enumerate(self.leases):
            self._paint_row(painter, QRectF(0, number * ROW, self.width(), ROW), lease, now_ms)
        painter.setFont(theme().font("body"))
        painter.setPen(theme().color("text_muted"))
        rest = QRectF(0, len(self.leases) * ROW, self.width(), ROW)
        if not self.leases:
            painter.drawText(rest, _LEFT, self.tr("Nothing is in flight."))
        elif self._total > len(self.leases):
            more = self.tr("and {0} more that end later").format(words.count(self._total - len(self.leases)))
            painter.drawText(rest, _LEFT, more)
        painter.end()

    def _paint_row(self, painter: QPainter, row: QRectF, lease: LeaseStat, now_ms: float) -> None:
        look, near = theme(), is_near(lease, now_ms)
        if (lease.partition, lease.offset) in self.selected:
            painter.fillRect(row, look.color("accent_soft"))
        painter.setPen(QPen(look.color("line"), 1))
        painter.drawLine(row.topLeft(), row.topRight())
        bar = self._bar(row)
        if lease.keyed:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.key_colour(lease.colour))
            painter.drawEllipse(QRectF(1, row.center().y() - 3.5, 7, 7))
        painter.setFont(look.font("body", mono=True))
        painter.setPen(look.color("text"))
        place = f"{lease.partition}-{lease.offset}"
        painter.drawText(QRectF(15, row.top(), bar.left() - 15, ROW), _LEFT, place)
        x = 15 + painter.fontMetrics().horizontalAdvance(place) + 10
        said = lease.consumer + (f" · {attempt_words(lease.attempt)}" if lease.attempt > 1 else "")
        painter.setFont(look.font("body"))
        painter.setPen(look.color("text_muted"))
        said = painter.fontMetrics().elidedText(said, Qt.TextElideMode.ElideRight, int(bar.left() - x - 8))
        painter.drawText(QRectF(x, row.top(), bar.left() - x, ROW), _LEFT, said)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.color("surface_sunken"))
        painter.drawRoundedRect(bar, 3, 3)
        share = remaining(lease, now_ms)
        if share > 0:
            painter.setBrush(look.color("warn_mark" if near else "queue", 1.0 if near else 0.8))
            painter.drawRoundedRect(QRectF(bar.left(), bar.top(), max(3.0, bar.width() * share), bar.height()), 3, 3)
        painter.setFont(look.font("body", 600 if near else 400, mono=True))
        painter.setPen(look.color("warn" if near else "text_muted"))
        painter.drawText(row, _RIGHT, self._left_words(lease, now_ms))

    def _left_words(self, lease: LeaseStat, now_ms: float) -> str:
        if not lease.until_ms:
            return self.tr("until it is acked")
        left = lease.until_ms - now_ms
        return self.tr("back now") if left <= 0 else words.duration(left, narrow=True)
