"""The batch a producer is filling: how long it has waited of its linger, how large it is of its size. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from workbench.core.snapshot import BatchGauge, ProducerStat
from workbench.ui.canvas.items.node_painter import NodePainter
from workbench.ui.panels.parts.blocks import label
from workbench.ui.theme import words
from workbench.ui.theme.theme import theme


class ShareBar(QWidget):
    """A track filled from the left."""

    def __init__(self, name: str, role: str = "producer", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._share, self._role = 0.0, role
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(120, 10)

    def show_share(self, share: float, said: str) -> None:
        self.setAccessibleDescription(said)
        if share != self._share:
            self._share = share
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        NodePainter(painter, theme()).bar(QRectF(0, 1.5, self.width(), 7), self._share, self._role)
        painter.end()


class BatchView(QWidget):
    """See the module."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        self.title = label("", "muted")
        self.title.setFont(theme().font("body", 600))
        grid.addWidget(self.title, 0, 0, 1, 3)
        self._linger = self._row(grid, 1, self.tr("Linger"))
        self._size = self._row(grid, 2, self.tr("Size"))
        self._words = label("", "caption")
        self._words.setWordWrap(True)
        grid.addWidget(self._words, 3, 0, 1, 3)

    def _row(self, grid: QGridLayout, row: int, name: str) -> tuple[ShareBar, QLabel]:
        grid.addWidget(label(name), row, 0)
        bar, figure = ShareBar(name), label("", "mono")
        figure.setMinimumWidth(108)
        figure.setAlignment(figure.alignment().AlignRight | figure.alignment().AlignVCenter)
        grid.addWidget(bar, row, 1)
        grid.addWidget(figure, row, 2)
        return bar, figure

    def show_stat(self, stat: ProducerStat | None) -> None:
        batch = stat.batch if stat else None
        where = f"{stat.topic}/{batch.partition}" if stat and batch else ""
        self.title.setText(self.tr("Batch being filled, {0}").format(where) if where else self.tr("Batch being filled"))
        self._show_bars(batch)
        waiting = words.plural(batch.records if batch else 0, self.tr("record waiting"), self.tr("records waiting"))
        last = self.tr("The last batch left {0}.").format(stat.last_flush) if stat and stat.last_flush else ""
        self._words.setText(f"{waiting}. {last}".strip())

    def _show_bars(self, batch: BatchGauge | None) -> None:
        age, linger = (batch.age_ms, batch.linger_ms) if batch else (0.0, 0.0)
        size, most = (batch.bytes, batch.max_bytes) if batch else (0, 0)
        for (bar, figure), share, said in (
            (self._linger, age / linger if linger else 0.0, self.tr("{0} of {1} ms").format(round(age), round(linger))),
            (self._size, size / most if most else 0.0, _of(size, most, self.tr("{0} of {1}"))),
        ):
            said = said if batch else "–"
            figure.setText(said)
            bar.show_share(min(1.0, share), said)


def _of(size: int, most: int, form: str) -> str:
    """``1.4 of 4.0 KiB``: the unit once where both have it."""
    part, whole = words.size(size), words.size(most)
    number, _, unit = part.partition(" ")
    return form.format(number if whole.endswith(f" {unit}") else part, whole)
