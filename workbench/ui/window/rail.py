"""What stands in for the left dock in a narrow window: a rail of 40 px that brings it back, page by page, and away."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QMainWindow, QToolBar, QToolButton

from workbench.ui.theme.icons import icon
from workbench.ui.window.docks import PageDock

WIDTH = 40


class Rail(QToolBar):
    """One button a page of the dock; pressed again it folds the dock away."""

    def __init__(self, dock: PageDock, glyphs: dict[str, str], window: QMainWindow) -> None:
        super().__init__(window)
        self._dock = dock
        self.setObjectName("rail")
        self.setWindowTitle(self.tr("Parts, folded"))
        self.setMovable(False)
        self.setOrientation(Qt.Orientation.Vertical)
        self.setFixedWidth(WIDTH)
        self.setIconSize(QSize(18, 18))
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.toggleViewAction().setVisible(False)
        self._buttons: dict[str, QToolButton] = {}
        for page in dock.pages:
            button = QToolButton()
            button.setIcon(icon(glyphs[page.key], "text_muted", on_role="accent"))
            button.setCheckable(True)
            button.setFixedSize(30, 30)
            button.setToolTip(page.title)
            button.setAccessibleName(page.title)
            button.clicked.connect(lambda _=False, key=page.key: self._toggle(key))
            self._buttons[page.key] = button
            self.addWidget(button)
        dock.visibilityChanged.connect(lambda _: self._mark())
        dock.page_shown.connect(lambda _: self._mark())
        self.hide()

    def _toggle(self, key: str) -> None:
        if self._dock.isVisible() and self._dock.current == key:
            self._dock.hide()
        else:
            self._dock.show()
            self._dock.show_page(key)
        self._mark()

    def _mark(self) -> None:
        for key, button in self._buttons.items():
            button.setChecked(self._dock.isVisible() and self._dock.current == key)
