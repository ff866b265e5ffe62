"""A payload to read: mono lines with numbers beside them, JSON in colours, changed lines marked. GUI thread."""

from __future__ import annotations

import re

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QSyntaxHighlighter,
    QTextCharFormat,
)
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from workbench.ui.theme.theme import theme

_TOKENS = re.compile(
    r'(?P<name>"(?:[^"\\]|\\.)*")(?=\s*:)|(?P<string>"(?:[^"\\]|\\.)*")'
    r"|(?P<number>-?\b\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\b)|(?P<word>\b(?:true|false|null)\b)|(?P<mark>[{}\[\]:,])"
)
_ROLES = {"name": "text", "string": "producer", "number": "stream", "word": "queue", "mark": "text_muted"}


class _Colours(QSyntaxHighlighter):
    """JSON tokens by role, or whole lines by their first sign."""

    mode = "text"

    def highlightBlock(self, text: str) -> None:
        if self.mode == "changes":
            role = {"+": "ok", "-": "bad"}.get(text[:1], "text_muted")
            self._tint(0, len(text), role)
        elif self.mode == "json":
            for token in _TOKENS.finditer(text):
                self._tint(token.start(), token.end() - token.start(), _ROLES[str(token.lastgroup)])

    def _tint(self, start: int, length: int, role: str) -> None:
        look = QTextCharFormat()
        look.setForeground(theme().color(role))
        self.setFormat(start, length, look)


class _Numbers(QWidget):
    def __init__(self, view: PayloadView) -> None:
        super().__init__(view)
        self._view = view

    def paintEvent(self, event: QPaintEvent) -> None:
        self._view.paint_numbers(QPainter(self), event.rect())


class PayloadView(QPlainTextEdit):
    """Read-only text; ``show_text(text, mode)`` with mode ``json``, ``text``, ``bytes`` or ``changes``.

    ``picked`` comes for a click with Ctrl, ``asked`` for the menu where no text is selected; both with the place in
    the text. Who does not set ``has_menu`` gets the usual menu of a text.
    """

    picked = Signal(int)
    asked = Signal(int, object)  # position, global point
    has_menu = False

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setReadOnly(True)
        self.setFrameShape(QPlainTextEdit.Shape.NoFrame)
        self.setProperty("bare", True)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._numbers = _Numbers(self)
        self._colours = _Colours(self.document())
        self.updateRequest.connect(self._follow_scroll)
        theme().changed.connect(self._dress)
        self._dress()

    @property
    def mode(self) -> str:
        return self._colours.mode

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if control and event.button() == Qt.MouseButton.LeftButton and not self.textCursor().hasSelection():
            self.picked.emit(self.cursorForPosition(event.position().toPoint()).position())

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self.has_menu and not self.textCursor().hasSelection():
            self.asked.emit(self.cursorForPosition(event.pos()).position(), event.globalPos())
        else:
            super().contextMenuEvent(event)

    def show_text(self, text: str, mode: str = "text") -> None:
        self._colours.mode = mode
        self.setLineWrapMode(
            QPlainTextEdit.LineWrapMode.WidgetWidth if mode == "text" else QPlainTextEdit.LineWrapMode.NoWrap
        )
        self.setPlainText(text)
        self.setViewportMargins(self._gutter(), 0, 0, 0)
        self._place_numbers()
        self._numbers.update()

    def _dress(self) -> None:
        self.setFont(theme().font("body", mono=True))
        self.setStyleSheet("QPlainTextEdit { border: none; background: transparent; padding: 0; }")  # not its menu
        self._colours.rehighlight()

    def _gutter(self) -> int:
        return self.fontMetrics().horizontalAdvance("0" * max(2, len(str(self.blockCount())))) + 20

    def _place_numbers(self) -> None:
        area = self.contentsRect()
        self._numbers.setGeometry(QRect(area.left(), area.top(), self._gutter(), area.height()))

    def _follow_scroll(self, rect: QRect, dy: int) -> None:
        if dy:
            self._numbers.scroll(0, dy)
        else:
            self._numbers.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_numbers()

    def paint_numbers(self, painter: QPainter, rect: QRect) -> None:
        painter.setFont(self.font())
        painter.setPen(theme().color("text_muted"))
        block = self.firstVisibleBlock()
        top = self.blockBoundingGeometry(block).translated(self.contentOffset()).top()
        while block.isValid() and top <= rect.bottom():
            height = self.blockBoundingRect(block).height()
            line = QRect(0, round(top), self._gutter() - 12, self.fontMetrics().height())
            painter.drawText(line, int(Qt.AlignmentFlag.AlignRight), str(block.blockNumber() + 1))
            top += height
            block = block.next()
