"""Small parts of the inspector and the node panels: figures with a caption, and tables whose numbers line up."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRectF, Qt, Signal
from PySide6.QtGui import QFontMetrics, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QToolTip, QVBoxLayout, QWidget

from workbench.ui.panels.parts.blocks import label, set_tone
from workbench.ui.theme import icons, words
from workbench.ui.theme.theme import theme

_APART = 10  # pixels between the numbers of two columns


class Figure(QWidget):
    """A caption over a number with its unit."""

    def __init__(self, caption: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(1)
        self._number, self._unit = label("–", "figure"), label("", "muted")
        column.addWidget(label(caption, "muted"))
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self._number)
        row.addWidget(self._unit, 0, Qt.AlignmentFlag.AlignBottom)
        row.addStretch(1)
        column.addLayout(row)

    def show_value(self, number: str, unit: str = "", tone: str = "") -> None:
        self._number.setText(number)
        self._unit.setText(unit)
        font = theme().font("figure")
        self._number.setFont(font)
        needed = QFontMetrics(font).horizontalAdvance(number) + 1  # a number is never cut
        set_tone(self._number, tone or "figure")
        if needed != self._number.minimumWidth():
            self._number.setMinimumWidth(needed)
            layout = self.layout()
            if layout is not None:
                layout.activate()  # now: painted before its turn, a longer number would run over its unit

    def show_rate(self, per_second: float) -> None:
        self.show_value(words.rate(per_second).removesuffix("/s"), "/s")


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its text, tone (a colour role), an icon before it, and a share 0..1 drawn as a bar instead.

    ``chip`` is the colour index of a record's key, which then stands in a chip.
    """

    text: str
    role: str = "text"
    glyph: str = ""
    strong: bool = False
    bar: float | None = None
    chip: int | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A column's title and width: a share of what is left when ``stretch``, else pixels. Numbers are right and mono;
    ``mono`` alone stays at the left, ``right`` alone in the interface's font. What is too long loses its end;
    ``names`` keep their last part, by which they often differ. The whole is in the tool tip."""

    title: str
    width: int = 60
    stretch: bool = False
    number: bool = False
    mono: bool = False
    right: bool = False
    names: bool = False


class FigureTable(QWidget):
    """A short table painted whole: no scrolling, rows of 22, hairlines between. ``row_clicked`` gives the row.

    Where no column has a title there is no head.
    """

    row_clicked = Signal(int)
    ROW = 22

    def __init__(self, columns: Sequence[Column], name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._head = any(column.title for column in columns)
        self._columns = tuple(columns)
        self._rows: tuple[tuple[Cell, ...], ...] = ()
        self._left_out: frozenset[int] = frozenset()
        self._needed = [0] * len(columns)
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(self.ROW)

    def show_rows(self, rows: Sequence[Sequence[Cell]]) -> None:
        found = tuple(tuple(row) for row in rows)
        if found != self._rows:
            self._rows = found
            self._needed = self._needed_widths()
            self.setFixedHeight(self.ROW * (len(found) + self._head) + 1)
            self.setAccessibleDescription("; ".join(", ".join(c.text for c in row) for row in found[:50]))
            self.update()

    def _needed_widths(self) -> list[int]:
        """Numbers are never cut, and do not touch: the longest of each column decides."""
        metrics = QFontMetrics(theme().font("body", 600, mono=True))
        longest = [max((row[at].text for row in self._rows), key=len, default="") for at in range(len(self._columns))]
        return [metrics.horizontalAdvance(text) + _APART if column.number and text else 0
                for column, text in zip(self._columns, longest, strict=True)]

    @property
    def rows(self) -> tuple[tuple[Cell, ...], ...]:
        return self._rows

    def leave_out(self, columns: Collection[int]) -> None:
        """Columns that there is no room for."""
        self._left_out = frozenset(columns)
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        row = int(event.position().y()) // self.ROW - self._head
        if 0 <= row < len(self._rows):
            self.row_clicked.emit(row)

    def event(self, event: QEvent) -> bool:
        """Whole words of a cell that may be cut."""
        if not isinstance(event, QHelpEvent):
            return super().event(event)
        row = event.pos().y() // self.ROW - self._head
        cells = self._rows[row] if 0 <= row < len(self._rows) else ()
        under = [cell.text for cell, box in zip(cells, self._boxes(), strict=False)
                 if box.left() <= event.pos().x() < box.right()]
        QToolTip.showText(event.globalPos(), under[0] if under else "", self)
        return True

    def _boxes(self) -> list[QRectF]:
        widths = [0 if at in self._left_out else max(column.width, self._needed[at])
                  for at, column in enumerate(self._columns)]
        fixed = sum(width for width, column in zip(widths, self._columns, strict=True) if not column.stretch)
        stretchy = sum(column.stretch for column in self._columns) or 1
        share = max(30, (self.width() - fixed) / stretchy)
        boxes, x = [], 0.0
        for column, own in zip(self._columns, widths, strict=True):
            width = share if column.stretch else own
            boxes.append(QRectF(x, 0, width, self.ROW))
            x += width
        return boxes

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        look = theme()
        boxes = self._boxes()
        painter.setFont(look.font("caption"))
        painter.setPen(look.color("text_muted"))
        for box, column in zip(boxes, self._columns, strict=True):
            if box.width():
                painter.drawText(box, _side(column), column.title)
        painter.setPen(QPen(look.color("line"), 1))
        first = max(0, event.rect().top() // self.ROW - self._head)  # of hundreds of rows, only those in view
        last = min(len(self._rows), event.rect().bottom() // self.ROW + 1)
        for line in range(first + self._head, last + 1):
            painter.drawLine(0, line * self.ROW, self.width(), line * self.ROW)
        for number in range(first, last):
            for box, column, cell in zip(boxes, self._columns, self._rows[number], strict=True):
                if box.width():
                    self._paint_cell(painter, box.translated(0, (number + self._head) * self.ROW), column, cell)
        painter.end()

    def _paint_cell(self, painter: QPainter, box: QRectF, column: Column, cell: Cell) -> None:
        look = theme()
        if cell.bar is not None:
            track = QRectF(box.left() + 2, box.center().y() - 2, box.width() - 10, 4)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.color("surface_sunken"))
            painter.drawRoundedRect(track, 2, 2)
            track.setWidth(max(2.0, track.width() * min(1.0, cell.bar)))
            painter.setBrush(look.color(cell.role))
            painter.drawRoundedRect(track, 2, 2)
            return
        if cell.glyph == "dot":
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.color(cell.role))
            painter.drawEllipse(QRectF(box.left() + 1, box.center().y() - 3.5, 7, 7))
            box = box.adjusted(15, 0, 0, 0)
        elif cell.glyph:
            sign = QRectF(box.left() - 2, box.center().y() - 7, 14, 14)
            icons.paint(painter, sign, cell.glyph, look.color(cell.role))
            box = box.adjusted(17, 0, 0, 0)
        painter.setFont(look.font("body", 600 if cell.strong else 400, mono=column.number or column.mono))
        if cell.chip is not None:
            box = _paint_chip(painter, box, cell)
        painter.setPen(look.color("text" if cell.glyph == "dot" else cell.role))
        painter.drawText(box, _side(column), shown(cell, column, painter.fontMetrics(), int(box.width()) + 1))


def shown(cell: Cell, column: Column, metrics: QFontMetrics, room: int) -> str:
    """What of a cell's text is drawn: numbers whole, names with their last part, the rest without its end."""
    if column.number:
        return cell.text
    return words.cut(cell.text, metrics, room) if column.names else metrics.elidedText(
        cell.text, Qt.TextElideMode.ElideRight, room)


def _paint_chip(painter: QPainter, box: QRectF, cell: Cell) -> QRectF:
    """The chip of a key with its colour; returns the room for its words."""
    look = theme()
    width = min(box.width() - 6, painter.fontMetrics().horizontalAdvance(cell.text) + 27)
    chip = QRectF(box.left() + 0.5, box.center().y() - 8.5, width, 18)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(look.color("line"), 1))
    painter.setBrush(look.color("surface_sunken"))
    painter.drawRoundedRect(chip, 5, 5)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(look.key_colour(cell.chip or 0))
    painter.drawEllipse(QRectF(chip.left() + 7, chip.center().y() - 3.5, 7, 7))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    return QRectF(chip.left() + 19, box.top(), chip.width() - 21, box.height())


def _side(column: Column) -> Qt.AlignmentFlag:
    right = column.number or column.right
    side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
