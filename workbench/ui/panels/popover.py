"""A popover: a card over its window with a title, a body and a way out. Never modal; Esc closes it. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from workbench.ui.panels.blocks import label, rule, tool_button
from workbench.ui.theme import icons
from workbench.ui.theme.theme import theme

_EDGE = 8


class Popover(QFrame):
    """See the module. Subclasses fill ``body``."""

    def __init__(self, parent: QWidget, title: str, glyph: str, role: str, width: int) -> None:
        super().__init__(parent)
        self.setProperty("surface", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFixedWidth(min(width, max(260, parent.width() - 2 * _EDGE)))
        self.setAccessibleName(title)
        self._glyph, self._role = glyph, role
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 0, 1, 14)
        column.setSpacing(0)
        column.addLayout(self._build_head(title))
        column.addWidget(rule())
        self.body = QVBoxLayout()
        self.body.setContentsMargins(14, 12, 14, 0)
        self.body.setSpacing(8)
        column.addLayout(self.body)
        theme().changed.connect(self._dress)

    def _build_head(self, title: str) -> QHBoxLayout:
        head = QHBoxLayout()
        head.setContentsMargins(14, 8, 8, 8)
        head.setSpacing(10)
        self._sign = QLabel()
        self.title = label(title, "title")
        shut = tool_button("close", self.tr("Close"), self.tr("Close (Esc)"), "text")
        shut.clicked.connect(self.close)
        head.addWidget(self._sign)
        head.addWidget(self.title, 1)
        head.addWidget(shut)
        self._dress()
        return head

    def _dress(self) -> None:
        self._sign.setPixmap(icons.pixmap(self._glyph, self._role, 18, self.devicePixelRatioF()))

    def fit(self) -> None:
        """As high as its words need at this width."""
        self.layout().activate()
        needed = self.layout().totalHeightForWidth(self.width())
        self.resize(self.width(), needed if needed > 0 else self.layout().totalSizeHint().height())

    def place_under(self, anchor: QWidget) -> None:
        """Under a widget of the same window, kept inside it."""
        self.fit()
        window = self.parentWidget()
        corner = anchor.mapTo(window, QPoint(0, anchor.height() + 4))
        x = max(_EDGE, min(corner.x(), window.width() - self.width() - _EDGE))
        y = max(_EDGE, min(corner.y(), window.height() - self.height() - _EDGE))
        self.move(x, y)

    def open_under(self, anchor: QWidget) -> None:
        self.place_under(anchor)
        self.show()
        self.raise_()
        self.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)
