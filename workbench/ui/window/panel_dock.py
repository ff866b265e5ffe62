"""The dock around a panel of one producer, group or queue: a title bar with what it is, pin, tear-off and close.

Pinned, it sits in the window's docks; torn off, it floats over everything and is dragged by its bar. GUI thread.
"""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QDockWidget, QHBoxLayout, QLabel, QMainWindow, QWidget

from workbench.ui.canvas.kinds import view_of
from workbench.ui.panels.nodes.panel import NodePanel
from workbench.ui.panels.parts.blocks import label, tool_button
from workbench.ui.theme import icons
from workbench.ui.theme.theme import theme

_AREA = Qt.DockWidgetArea.RightDockWidgetArea
_SHARE = 0.55  # of the window's height, when it is pinned


class PanelTitle(QWidget):
    """Icon, name, what it is; then the buttons. Its empty part is the dock's handle."""

    def __init__(self, dock: PanelDock, panel: NodePanel) -> None:
        super().__init__(dock)
        self._panel = panel
        self._dock = dock
        self.setObjectName("panel-title")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(36)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 0, 8, 0)
        row.setSpacing(4)
        self._sign = QLabel()
        self._name, self._what = label("", "title"), label("", "muted")
        row.addWidget(self._sign)
        row.addSpacing(4)
        row.addWidget(self._name)
        row.addSpacing(4)
        row.addWidget(self._what)
        row.addStretch(1)
        self.pin = tool_button("pin", self.tr("Pin it into the window"), role="text")
        self.pin.clicked.connect(dock.pin)
        self.tear = tool_button("tear_off", self.tr("Tear it off"), role="text")
        self.tear.clicked.connect(lambda: dock.setFloating(True))
        shut = tool_button("close", self.tr("Close"), role="text")
        shut.clicked.connect(dock.close)
        for button in (self.pin, self.tear, shut):
            row.addWidget(button)
        theme().changed.connect(self.refresh)
        panel.titled.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Say again what the panel is about, and which of pin and tear-off there is to do."""
        node = self._panel.node
        role = view_of(node).role if node is not None else "text_muted"
        self._sign.setPixmap(icons.pixmap(self._panel.glyph, role, 17, self.devicePixelRatioF()))
        self._name.setText(self._panel.title)
        self._what.setText(self._panel.subtitle)
        self.pin.setEnabled(self._dock.isFloating())
        self.tear.setEnabled(not self._dock.isFloating())

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setPen(QPen(theme().color("line"), 1))
        painter.drawLine(QPoint(0, self.height() - 1), QPoint(self.width(), self.height() - 1))
        painter.end()


class PanelDock(QDockWidget):
    """See the module."""

    def __init__(self, panel: NodePanel, window: QMainWindow) -> None:
        super().__init__(panel.title, window)
        self._window, self.panel = window, panel
        self.setObjectName(f"own-{panel.node_id}")
        self.setProperty("own", True)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWidget(panel)
        self._title = PanelTitle(self, panel)
        self.setTitleBarWidget(self._title)
        self.topLevelChanged.connect(lambda _: self._title.refresh())
        panel.titled.connect(lambda: self.setWindowTitle(panel.title))
        panel.closed_wanted.connect(self.close)

    def pin(self) -> None:
        """Into the window, in front of what stands lowest at the right: a third dock there would have no room."""
        self.setFloating(False)
        docks = [dock for dock in self._window.findChildren(QDockWidget) if dock is not self and dock.isVisible()
                 and not dock.isFloating() and self._window.dockWidgetArea(dock) == _AREA]
        if docks:
            self._window.tabifyDockWidget(max(docks, key=QWidget.y), self)
            self.raise_()
        QTimer.singleShot(0, self, self._take_room)

    def _take_room(self) -> None:
        """Once the window has laid it out; what stands above keeps what it needs."""
        if not self.isFloating():
            self._window.resizeDocks([self], [int(self._window.height() * _SHARE)], Qt.Orientation.Vertical)

    def paintEvent(self, event: QPaintEvent) -> None:
        """An outline while it floats: the frame that the desktop does not draw."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme().color("surface_raised"))
        painter.setPen(QPen(theme().color("line_strong"), 1))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()
