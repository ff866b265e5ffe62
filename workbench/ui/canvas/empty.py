"""What an empty canvas shows: how a flow looks, one line what to do, and three ways to start. Real buttons.

It lies over the viewport and lets the pointer through between its buttons, so that parts can be dropped anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QLabel, QPushButton, QSpacerItem, QVBoxLayout, QWidget

from workbench.ui.canvas import shapes
from workbench.ui.canvas.items.node_painter import NodePainter
from workbench.ui.qt_types import empty, layout_of
from workbench.ui.theme.theme import theme

_HINT = QSize(120, 44)
_HINT_GAP = 76
_CARD = QSize(212, 86)
_CARD_GAP = 14
_SIGN, _PAD = 30, 11  # what a card's icon takes, and what is left free at its ends
_TITLE_ONLY = 38  # the height of a card without its words
_ROOMY, _LOW, _TINY = 330, 230, 130  # heights from which the hint, the words of the cards, and the line have room


class StartCard(QAbstractButton):
    """A choice with its icon, title and two lines."""

    def __init__(self, glyph: str, title: str, text: str, first: bool, parent: QWidget) -> None:
        super().__init__(parent)
        self._glyph = glyph
        self._words = text
        self._first = first
        self._with_sign = True
        self.setText(title)
        self.setAccessibleName(title)
        self.setAccessibleDescription(text)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFixedSize(_CARD)

    def needed(self, with_sign: bool) -> int:
        """The width of its title, whole."""
        return ceil(QFontMetricsF(theme().font("title")).horizontalAdvance(self.text())) + 2 * _PAD + with_sign * _SIGN

    def sit_in(self, width: int, with_words: bool, with_sign: bool = True) -> None:
        """As large as there is room for; where that is little, the title alone, with the words as a tip."""
        self._with_sign = with_sign
        self.setFixedSize(width, _CARD.height() if with_words else _TITLE_ONLY)
        self.setToolTip("" if with_words else self._words)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        draw = NodePainter(painter, theme())
        role = "accent" if self._first else "text"
        line = "accent" if self._first else "line_strong"
        if self.underMouse():
            line = "accent" if self._first else "text_muted"
        rect = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        draw.box(rect, "surface_sunken" if self.isDown() else "surface_raised", 8, line=line)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme().color("focus"), 2))
            painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        with_words = self.height() >= _CARD.height()
        middle = 24 if with_words else self.height() / 2
        if self._with_sign:
            draw.icon(QPointF(24, middle), self._glyph, role, 17)
        left = _PAD + self._with_sign * _SIGN
        draw.text(QRectF(left, middle - 10, self.width() - left, 20), self.text(), "title", role)
        if not with_words:
            painter.end()
            return
        painter.setFont(theme().font("body"))
        painter.setPen(theme().color("text_muted"))
        painter.drawText(QRectF(15, 40, self.width() - 24, 44), Qt.TextFlag.TextWordWrap, self._words)
        painter.end()


class EmptyCanvas(QWidget):
    """See the module."""

    sample_wanted = Signal()
    file_wanted = Signal()
    recording_wanted = Signal()
    recent_wanted = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._recent = QHBoxLayout()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addStretch(3)
        self._hint_room = QSpacerItem(0, _HINT.height() + 30)
        column.addItem(self._hint_room)
        column.addWidget(self._label(self.tr("Start a flow"), "hero"))
        column.addSpacing(6)
        line = self._label(self.tr("Drag a topic from the palette, or choose one of these."), "muted")
        line.setFont(theme().font("title", 400))
        column.addWidget(line)
        self._line = line
        self._spare = (QSpacerItem(0, 21), QSpacerItem(0, 28))
        column.addItem(self._spare[0])
        column.addLayout(self._cards())
        column.addItem(self._spare[1])
        column.addLayout(self._recent)
        column.addStretch(2)
        theme().changed.connect(self.update)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Nothing is cut in a small canvas: the hint goes, then the words of the cards."""
        super().resizeEvent(event)
        room = self.size()
        self._hint_room.changeSize(0, _HINT.height() + 30 if room.height() >= _ROOMY else 0)
        for spacer, height in zip(self._spare, (21, 28) if room.height() >= _LOW else (8, 0), strict=True):
            spacer.changeSize(0, height)
        self._line.setVisible(room.height() >= _TINY)
        cards = self.findChildren(StartCard)
        free = room.width() - 2 * _CARD_GAP - 24
        width = min(_CARD.width(), free // max(1, len(cards)))
        signs = sum(card.needed(with_sign=True) for card in cards) <= free
        fits = all(card.needed(signs) <= width for card in cards)
        spare = max(0, free - sum(card.needed(signs) for card in cards)) // max(1, len(cards))
        words = room.height() >= _LOW and width >= _CARD.width()
        for card in cards:
            card.sit_in(width if fits else card.needed(signs) + spare, words, signs)
        layout = layout_of(self)
        layout.invalidate()
        layout.activate()

    def _label(self, text: str, tone: str) -> QLabel:
        label = QLabel(text, self)
        label.setProperty("tone", tone)
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        return label

    def _cards(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(_CARD_GAP)
        row.addStretch()
        for number, (glyph, title, text, wanted) in enumerate((
            ("sample", self.tr("Open a sample"), self.tr("Orders, a video upload, or a slow consumer behind a burst."),
             self.sample_wanted),
            ("file", self.tr("Play a file"), self.tr("JSON Lines, CSV or plain text, at its own pace or faster."),
             self.file_wanted),
            ("open", self.tr("Open a recording"), self.tr("A .flow file, with its log, drawing and journal."),
             self.recording_wanted),
        )):
            card = StartCard(glyph, title, text, number == 0, self)
            card.clicked.connect(wanted.emit)
            row.addWidget(card)
        row.addStretch()
        return row

    def set_recent(self, files: Sequence[tuple[str, str, str]]) -> None:
        """Recent files as (path, name, when in words); those that are gone are left out by the caller."""
        empty(self._recent)
        if not files:
            return
        self._recent.addStretch()
        self._recent.addWidget(self._label(self.tr("Recent:"), "muted"))
        for path, name, when in files[:3]:
            button = QPushButton(name, self)
            button.setProperty("variant", "link")
            button.setToolTip(path)
            button.setCursor(Qt.CursorShape.PointingHandCursor)
            button.clicked.connect(lambda _=False, path=path: self.recent_wanted.emit(path))
            self._recent.addWidget(button)
            self._recent.addWidget(self._label(f"· {when}", "muted"))
            self._recent.addSpacing(10)
        self._recent.addStretch()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The hint: a producer, a topic and a group in dashed lines, above the title."""
        title = next(child for child in self.findChildren(QLabel) if child.property("tone") == "hero")
        y = title.geometry().top() - 30 - _HINT.height()
        if y < 4:
            return
        painter = QPainter(self)
        draw = NodePainter(painter, theme())
        x = (self.width() - 3 * _HINT.width() - 2 * _HINT_GAP) / 2
        parts = (("producer", "producer", self.tr("Producer")), ("topic", "stream", self.tr("Topic")),
                 ("group", "consumer", self.tr("Group")))
        for number, (kind, role, text) in enumerate(parts):
            rect = QRectF(x + number * (_HINT.width() + _HINT_GAP), y, _HINT.width(), _HINT.height())
            draw.shape(shapes.outline(rect, kind), None, "line_strong", 1, dash=[4, 3])
            draw.icon(QPointF(rect.left() + 25, rect.center().y()), kind, role, 18)
            draw.text(rect.adjusted(42, 0, 0, 0), text, role="text_muted")
            if number:
                painter.setPen(draw.pen("line_strong", 1.5, [3, 2.5]))
                painter.drawLine(QPointF(rect.left() - _HINT_GAP, rect.center().y()),
                                 QPointF(rect.left(), rect.center().y()))
        painter.end()
