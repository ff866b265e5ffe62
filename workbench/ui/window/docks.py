"""Docks whose title bar is a row of tabs: drag its empty part to move the dock, tear a page off with its button.

A ``PageDock`` holds pages (a key, a title, an icon, a widget). A page that was torn off floats in a dock of its own,
which may be docked anywhere; closing that puts the page back. What a page shows at the right of the tab row is its
``tools`` widget, if it has one. GUI thread.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QIcon, QMouseEvent, QMoveEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QDockWidget,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QSizePolicy,
    QStackedWidget,
    QTabBar,
    QToolButton,
    QWidget,
)

from workbench.ui.panels.parts.blocks import set_tone
from workbench.ui.theme.icons import icon
from workbench.ui.theme.theme import theme

_ICONS_FROM = 720  # width of a dock
_ASIDE = 28  # pixels that a torn-off page stands away from its place
_TITLE = 32


@dataclass(slots=True)
class Page:
    key: str
    title: str
    glyph: str
    widget: QWidget
    badge: int = 0
    badge_tone: str = "bad"

    @property
    def corner(self) -> QWidget | None:
        return getattr(self.widget, "tools", None)


class _TornTitle(QWidget):
    """What a torn-off page is, and the way back: a button, a double click, or closing it."""

    def __init__(self, dock: TornDock, page: Page) -> None:
        super().__init__(dock)
        self._dock = dock
        self.setFixedHeight(32)
        self.setObjectName("dock_header")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setToolTip(self.tr("Drag here to move it, double click to put it back among the tabs"))
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(12, 0, 6, 0)
        self.row.setSpacing(8)
        sign, title = QLabel(), QLabel(page.title)
        if page.glyph:
            sign.setPixmap(icon(page.glyph, "text_muted").pixmap(QSize(16, 16)))
        title.setFont(theme().font("body", 600))
        self.row.addWidget(sign)
        self.row.addWidget(title)
        self.row.addStretch(1)
        if page.corner is not None:
            self.row.addWidget(page.corner, 1000)
        for glyph, name in (("pin", self.tr("Put it back among the tabs")), ("close", self.tr("Close"))):
            button = QToolButton()
            button.setIcon(icon(glyph, "text"))
            button.setToolTip(name)
            button.setAccessibleName(name)
            button.clicked.connect(dock.close)
            self.row.addWidget(button)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        event.accept()
        self._dock.close()


class TornDock(QDockWidget):
    """A page on its own; ``closed`` puts it back."""

    closed = Signal(str)

    def __init__(self, page: Page, parent: QMainWindow) -> None:
        super().__init__(page.title, parent)
        self.setObjectName(f"torn-{page.key}")
        self._key = page.key
        self.setTitleBarWidget(_TornTitle(self, page))

    def closeEvent(self, event: QCloseEvent) -> None:
        super().closeEvent(event)
        self.closed.emit(self._key)

    def paintEvent(self, event: QPaintEvent) -> None:
        """An outline while it floats: the frame that the desktop does not draw."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme().color("surface"))
        painter.setPen(QPen(theme().color("line_strong"), 1))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()


def place_near(home: QRect, size: QSize, room: QRect) -> QRect:
    """Where something torn off stands: a little above and left of where it was, whole on the screen."""
    size = size.boundedTo(room.size())
    wish = home.topLeft() - QPoint(_ASIDE, _ASIDE)
    x = max(room.left(), min(wish.x(), room.right() + 1 - size.width()))
    y = max(room.top(), min(wish.y(), room.bottom() + 1 - size.height()))
    return QRect(QPoint(x, y), size)


class _Tabs(QTabBar):
    """Tabs that are never hidden, and as narrow as their words: beside an icon Qt leaves room for another."""

    _SPARE = 12

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setDrawBase(False)
        self.setExpanding(False)
        self.setUsesScrollButtons(False)
        self.setIconSize(QSize(16, 16))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(name)

    def tabSizeHint(self, index: int) -> QSize:
        hint = super().tabSizeHint(index)
        return hint if self.tabIcon(index).isNull() else QSize(hint.width() - self._SPARE, hint.height())

    def minimumTabSizeHint(self, index: int) -> QSize:
        return self.tabSizeHint(index)


class PageDock(QDockWidget):
    """See the module. ``page_shown`` names the page in front."""

    page_shown = Signal(str)

    def __init__(self, name: str, title: str, window: QMainWindow, *, tearable: bool = False) -> None:
        super().__init__(title, window)
        self.setObjectName(name)
        self._tearable = tearable
        self._window = window
        self.pages: list[Page] = []
        self._torn: dict[str, TornDock] = {}
        self._home = QRect()
        self._stack = QStackedWidget()
        self._stack.setMinimumSize(160, 120)  # else the largest page decides how small the dock may be
        self.setWidget(self._stack)
        self.setTitleBarWidget(self._make_header())

    def _make_header(self) -> QWidget:
        header = QWidget()
        header.setFixedHeight(32)
        header.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        header.setObjectName("dock_header")
        header.setToolTip(self.tr("Drag here to move the panel, double click to let it float"))
        row = QHBoxLayout(header)
        row.setContentsMargins(3, 0, 8, 0)
        row.setSpacing(8)
        self._tabs = _Tabs(self.windowTitle())
        self._tabs.currentChanged.connect(self._show_index)
        self._corners = QStackedWidget()
        self._corners.setFixedHeight(28)
        self._corners.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._tear = QToolButton()
        self._tear.setIcon(icon("tear_off", "text_muted"))
        self._tear.setToolTip(self.tr("Tear this page off"))
        self._tear.setAccessibleName(self.tr("Tear this page off"))
        self._tear.clicked.connect(lambda: self.tear_off(self.current))
        row.addWidget(self._tabs)
        row.addWidget(self._corners, 1000)
        row.addStretch(1)  # takes the room when a page has no tools
        row.addWidget(self._tear)
        self._tear.setVisible(self._tearable)
        self._dock_it = QToolButton()
        self._dock_it.setIcon(icon("pin", "text"))
        self._dock_it.setToolTip(self.tr("Put it back into the window"))
        self._dock_it.setAccessibleName(self.tr("Put it back into the window"))
        self._dock_it.clicked.connect(lambda: self.setFloating(False))
        self._dock_it.hide()
        row.addWidget(self._dock_it)
        self.topLevelChanged.connect(self._take_place)
        return header

    def moveEvent(self, event: QMoveEvent) -> None:
        super().moveEvent(event)
        self._note_home()

    def _note_home(self) -> None:
        if not self.isFloating() and self.isVisible():
            self._home = QRect(self.mapToGlobal(QPoint(0, 0)), self.size())

    def _take_place(self, floating: bool) -> None:
        """Floating, it stands where it stood, with a way back; Qt may put it into the screen's corner."""
        self._dock_it.setVisible(floating)
        if floating and not self._home.isNull() and self.pos().manhattanLength() < _ASIDE:
            self.setGeometry(place_near(self._home, self._home.size(), self._window.screen().availableGeometry()))

    # -- pages ---------------------------------------------------------------------------------------------
    def add_page(self, key: str, title: str, glyph: str, widget: QWidget) -> None:
        self.pages.append(Page(key, title, glyph, widget))
        self._lay_out(key if len(self.pages) == 1 else self.current)

    def replace_page(self, key: str, widget: QWidget) -> None:
        """Put the real widget where a placeholder was."""
        page = self._page(key)
        old, page.widget = page.widget, widget
        self._lay_out(self.current)
        old.deleteLater()

    @property
    def current(self) -> str:
        return str(self._tabs.tabData(self._tabs.currentIndex()) or "")

    def show_page(self, key: str) -> None:
        """Bring the page to the front, wherever it is."""
        if key in self._torn:
            self._torn[key].show()
            self._torn[key].raise_()
            return
        self.show()
        self._bring(key)

    def _bring(self, key: str) -> None:
        for index in range(self._tabs.count()):
            if self._tabs.tabData(index) == key:
                self._tabs.setCurrentIndex(index)

    def set_badge(self, key: str, number: int, tone: str = "bad") -> None:
        """A count beside a title, in the colour of the worst; 0 hides it."""
        page = self._page(key)
        if (page.badge, page.badge_tone) == (number, tone):
            return
        page.badge, page.badge_tone = number, tone
        for index in range(self._tabs.count()):
            if self._tabs.tabData(index) == key:
                self._show_badge(index, page)

    def _show_badge(self, index: int, page: Page) -> None:
        chip = self._tabs.tabButton(index, QTabBar.ButtonPosition.RightSide)
        if isinstance(chip, QLabel) and len(chip.text()) == len(str(page.badge)) and page.badge:
            chip.setText(str(page.badge))  # a new chip would lay out the window and all its tabs
            chip.setAccessibleName(chip.text())
            set_tone(chip, page.badge_tone)
        else:
            self._tabs.setTabButton(index, QTabBar.ButtonPosition.RightSide, _badge(page))

    def _page(self, key: str) -> Page:
        return next(page for page in self.pages if page.key == key)

    def _lay_out(self, front: str) -> None:
        self._tabs.blockSignals(True)
        while self._tabs.count():
            self._tabs.removeTab(0)
        for page in self.pages:
            if page.key in self._torn:
                continue
            index = self._tabs.addTab(page.title)
            self._tabs.setTabButton(index, QTabBar.ButtonPosition.RightSide, _badge(page))
            self._tabs.setTabIcon(index, self._tab_icon(page))
            self._tabs.setTabData(index, page.key)
            if self._stack.indexOf(page.widget) < 0:
                self._stack.addWidget(page.widget)
            if page.corner is not None and self._corners.indexOf(page.corner) < 0:
                self._corners.addWidget(page.corner)
        self._tabs.blockSignals(False)
        self._bring(front)
        self._show_index(self._tabs.currentIndex())

    def _tab_icon(self, page: Page) -> QIcon:
        return icon(page.glyph, "text_muted") if page.glyph and self.width() >= _ICONS_FROM else QIcon()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a narrow dock the icons of the tabs give way to what stands beside them."""
        super().resizeEvent(event)
        self._note_home()
        before = event.oldSize().width()
        if (before >= _ICONS_FROM) != (event.size().width() >= _ICONS_FROM):
            for index in range(self._tabs.count()):
                self._tabs.setTabIcon(index, self._tab_icon(self._page(str(self._tabs.tabData(index)))))

    def _show_index(self, index: int) -> None:
        if index < 0:
            return
        page = self._page(str(self._tabs.tabData(index)))
        self._stack.setCurrentWidget(page.widget)
        self._corners.setVisible(page.corner is not None)
        if page.corner is not None:
            self._corners.setCurrentWidget(page.corner)
        self.page_shown.emit(page.key)

    # -- tearing off ---------------------------------------------------------------------------------------
    def tear_off(self, key: str) -> None:
        """Give the page a floating dock of its own; the last page stays."""
        if key in self._torn or len(self.pages) - len(self._torn) <= 1:
            return
        page = self._page(key)
        home, size = QRect(self.mapToGlobal(QPoint(0, 0)), self.size()), self._stack.size() + QSize(0, _TITLE)
        self._stack.removeWidget(page.widget)
        if page.corner is not None:
            self._corners.removeWidget(page.corner)
        dock = TornDock(page, self._window)
        dock.setWidget(page.widget)
        page.widget.show()
        if page.corner is not None:
            page.corner.show()
        dock.closed.connect(self.put_back)
        self._torn[key] = dock
        self._window.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, dock)
        dock.setFloating(True)
        dock.setGeometry(place_near(home, size, self._window.screen().availableGeometry()))
        dock.show()
        self._lay_out(next(p.key for p in self.pages if p.key not in self._torn))

    def put_back(self, key: str) -> None:
        dock = self._torn.pop(key, None)
        if dock is None:
            return
        self._lay_out(key)  # takes the page and its tools from the dock
        self.show()
        dock.setWidget(QWidget())
        self._window.removeDockWidget(dock)
        dock.deleteLater()

    def put_all_back(self) -> None:
        """Every page that was torn off is a tab again, and the dock itself stands in the window."""
        for key in self.torn:
            self.put_back(key)
        self.setFloating(False)
        self.show()

    @property
    def torn(self) -> list[str]:
        return list(self._torn)


def _badge(page: Page) -> QWidget | None:
    """A count in the colour of trouble, beside a tab's title."""
    if not page.badge:
        return None
    chip = QLabel(str(page.badge))
    chip.setProperty("tone", page.badge_tone)
    chip.setObjectName("badge")
    chip.setAccessibleName(chip.text())
    return chip
