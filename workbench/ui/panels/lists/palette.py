"""The palette: parts to drag onto the canvas; Enter or a double click puts one at the middle of the view."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QDrag, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QAbstractButton, QApplication, QGridLayout, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from workbench.flow.kinds import KINDS, Kind
from workbench.ui.canvas.gestures.drop import Part
from workbench.ui.canvas.kinds import role_of
from workbench.ui.theme import icons
from workbench.ui.theme.theme import theme


class PartCard(QAbstractButton):
    """One kind. Drags itself; ``placed`` comes from Enter, Space or a double click."""

    placed = Signal(str)

    def __init__(self, kind: Kind, parent: QWidget) -> None:
        super().__init__(parent)
        self.kind = kind
        self._pressed_at = QPoint()
        self.setText(kind.short)
        self.setAccessibleName(kind.label)
        self.setAccessibleDescription(kind.help)
        self.setToolTip(f"{kind.help}\n" + self.tr("Drag it onto the canvas, or press Enter."))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.setMinimumSize(84, 28)
        self.setFixedHeight(28)

    def sizeHint(self) -> QSize:
        return QSize(90, 28)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        look = theme()
        rect = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        line = "text_muted" if self.underMouse() else "line_strong"
        painter.setPen(QPen(look.color("focus" if self.hasFocus() else line), 2 if self.hasFocus() else 1))
        painter.setBrush(look.color("surface_raised"))
        painter.drawRoundedRect(rect, 6, 6)
        icons.paint(painter, QRectF(7, 6, 16, 16), self.kind.icon, look.color(role_of(self.kind.name)))
        painter.setPen(look.color("text"))
        painter.setFont(look.font("body", 500))
        room = rect.adjusted(27, 0, -2, 0)
        text = painter.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, int(room.width()))
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed_at = event.position().toPoint()
        self.setFocus()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        moved = (event.position().toPoint() - self._pressed_at).manhattanLength()
        if event.buttons() & Qt.MouseButton.LeftButton and moved >= QApplication.startDragDistance():
            start_drag(self, Part(self.kind.name))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.placed.emit(self.kind.name)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.placed.emit(self.kind.name)
        else:
            super().keyPressEvent(event)


def start_drag(source: QWidget, part: Part) -> None:
    """Drag a part; what lies under the pointer is a small picture of it."""
    ratio = source.devicePixelRatioF()
    picture = QPixmap(QSize(round(28 * ratio), round(28 * ratio)))
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(theme().color("surface_raised"))
    painter.setPen(theme().color("line_strong"))
    painter.drawRoundedRect(QRectF(0.5, 0.5, 27, 27), 7, 7)
    icons.paint(painter, QRectF(6, 6, 16, 16), KINDS[part.kind].icon, theme().color(role_of(part.kind)))
    painter.end()
    drag = QDrag(source)
    drag.setMimeData(part.to_mime())
    drag.setPixmap(picture)
    drag.setHotSpot(QPoint(14, 14))
    drag.exec(Qt.DropAction.CopyAction)


class PalettePanel(QWidget):
    """See the module. ``place_wanted`` names a kind."""

    place_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Palette"))
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 12, 8, 12)  # two cards with their names whole, beside the scroll bar
        column.setSpacing(8)
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Find a part"))
        self.search.setAccessibleName(self.tr("Find a part"))
        self.search.setClearButtonEnabled(True)
        self.search.addAction(icons.icon("search", "text_muted"), QLineEdit.ActionPosition.LeadingPosition)
        self.search.textChanged.connect(self._lay_out)
        self.search.returnPressed.connect(self._place_first)
        column.addWidget(self.search)
        parts = QWidget()
        parts.setObjectName("palette-parts")
        rows = QVBoxLayout(parts)
        rows.setContentsMargins(0, 0, 0, 0)
        self._grid = QGridLayout()
        self._grid.setSpacing(6)
        rows.addLayout(self._grid)
        rows.addStretch(1)
        scrolled = QScrollArea()  # in a low window there is not room for all
        scrolled.setFrameShape(QScrollArea.Shape.NoFrame)
        scrolled.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scrolled.setWidgetResizable(True)
        scrolled.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scrolled.setWidget(parts)
        column.addWidget(scrolled, 1)
        self.cards = [PartCard(kind, parts) for kind in KINDS.values()]
        for card in self.cards:
            card.placed.connect(self.place_wanted)
        self._lay_out("")

    def _lay_out(self, wanted: str) -> None:
        words = wanted.casefold().strip()
        while self._grid.count():
            self._grid.takeAt(0)
        shown = 0
        for card in self.cards:
            fits = words in f"{card.kind.label} {card.kind.name} {card.kind.help}".casefold()
            card.setVisible(fits)
            if fits:
                self._grid.addWidget(card, shown // 2, shown % 2)
                shown += 1

    def _place_first(self) -> None:
        first = next((card for card in self.cards if not card.isHidden()), None)
        if first is not None:
            self.place_wanted.emit(first.kind.name)
