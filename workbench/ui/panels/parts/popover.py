"""A popover: a card over its window with a title, a body and a way out. Never modal; Esc closes it. GUI thread.

Four things every card over the window owes, in one place (``Floating``):

- it stays on top: a main window lifts the handles between its docks over everything whenever it lays them out, and a
  handle over a button would take its clicks;
- Tab walks what is inside it, and does not leave it; Esc closes it wherever the focus inside is;
- the focus goes back to where it was when it closes, if that is still there;
- its focus never falls out of it when a button inside is disabled.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QDockWidget,
    QFrame,
    QHBoxLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from workbench.ui.panels.parts.blocks import label, rule, tool_button
from workbench.ui.qt_types import layout_of, parent_of
from workbench.ui.theme import icons
from workbench.ui.theme.theme import theme

_EDGE = 8
_HANDLE = "qt_qmainwindow_extended_splitter"  # so Qt names the handles between docks


class Floating(QFrame):
    """See the module. A child of its window; it goes for good when it is closed."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("surface", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._came_from = QApplication.focusWidget()
        self._handles: list[QWidget] = []
        parent.installEventFilter(self)
        self._stay_on_top()

    # -- on top --------------------------------------------------------------------------------------------
    def _stay_on_top(self) -> None:
        """Watch the handles there are now, and be over them."""
        direct = Qt.FindChildOption.FindDirectChildrenOnly
        for handle in parent_of(self).findChildren(QWidget, _HANDLE, direct):
            if handle not in self._handles:
                self._handles.append(handle)
                handle.installEventFilter(self)
        self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.ZOrderChange and watched is not self.parent():
            self.raise_()
        elif kind in (QEvent.Type.LayoutRequest, QEvent.Type.Resize) and watched is self.parent():
            QTimer.singleShot(0, self, self._stay_on_top)  # once the window has laid its docks out
        return False

    # -- the focus -----------------------------------------------------------------------------------------
    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab and Shift+Tab go round inside, in the order the parts were made. (Not by ``nextInFocusChain``: PySide
        makes what that returns a child of who was asked, and the whole window's objects would go with this card.)"""
        stops = [widget for widget in self.findChildren(QWidget) if _takes_tab(widget)]
        held = self.focusWidget()
        at = stops.index(held) if held in stops else (-1 if forward else 0)
        if stops:
            reason = Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason
            stops[(at + (1 if forward else -1)) % len(stops)].setFocus(reason)
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        held = self.focusWidget()
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and isinstance(held, QAbstractButton):
            held.click()
        event.accept()  # no key that is typed in here is meant for what is behind

    def closeEvent(self, event: QCloseEvent) -> None:
        held = QApplication.focusWidget()
        inside = held is None or held is self or self.isAncestorOf(held)
        super().closeEvent(event)
        back = self._came_from
        if event.isAccepted() and inside and back is not None and isValid(back) and back.isVisible():
            back.activateWindow()
            back.setFocus(Qt.FocusReason.OtherFocusReason)


def _takes_tab(widget: QWidget) -> bool:
    """Of buttons that exclude each other only the one that is pressed: arrows lead to the others."""
    tabbed = Qt.FocusPolicy(widget.focusPolicy() & Qt.FocusPolicy.TabFocus) == Qt.FocusPolicy.TabFocus
    if not (tabbed and widget.isVisible() and widget.isEnabled() and widget.focusProxy() is None):
        return False
    group = widget.group() if isinstance(widget, QAbstractButton) else None
    return group is None or not group.exclusive() or group.checkedButton() in (None, widget)


def beside_floating(window: QWidget, card: QRect) -> int:
    """Where the left edge of a card in ``window`` goes, so that no panel that floats over the window hides it: panels
    are windows, and above all that is in this one. Where no room is left, the panels give way."""
    docks = [dock for dock in window.findChildren(QDockWidget) if dock.isFloating() and dock.isVisible()]
    panels = [QRect(window.mapFromGlobal(dock.pos()), dock.size()) for dock in docks]
    over = [panel for panel in panels if panel.intersects(card)]
    lefts = [card.x(), *(x for panel in over for x in (panel.right() + _EDGE, panel.left() - _EDGE - card.width()))]
    for x in lefts:
        there = QRect(x, card.y(), card.width(), card.height())
        if _EDGE <= x <= window.width() - card.width() - _EDGE and not any(map(there.intersects, panels)):
            return x
    for dock, panel in zip(docks, panels, strict=True):
        if panel in over:
            dock.move(window.mapToGlobal(QPoint(card.right() + _EDGE, panel.y())))
    return card.x() if not over else _EDGE


class Popover(Floating):
    """A ``Floating`` with a head. Subclasses fill ``body``."""

    def __init__(self, parent: QWidget, title: str, glyph: str, role: str, width: int) -> None:
        super().__init__(parent)
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
        layout = layout_of(self)
        layout.activate()
        by_width = layout.hasHeightForWidth()  # without a wrapped text in sight it answers 1
        needed = layout.totalHeightForWidth(self.width()) if by_width else 0
        self.resize(self.width(), needed if needed > 0 else layout.totalSizeHint().height())

    def place_under(self, anchor: QWidget) -> None:
        """Under a widget of the same window, kept inside it."""
        self.fit()
        window = parent_of(self)
        corner = anchor.mapTo(window, QPoint(0, anchor.height() + 4))
        x = max(_EDGE, min(corner.x(), window.width() - self.width() - _EDGE))
        y = max(_EDGE, min(corner.y(), window.height() - self.height() - _EDGE))
        self.move(x, y)

    def open_under(self, anchor: QWidget) -> None:
        self.place_under(anchor)
        self.show()
        self.raise_()
        self.setFocus()
