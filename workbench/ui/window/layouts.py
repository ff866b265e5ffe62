"""Where the docks stand: three layouts to choose, the last one restored, and the left dock folded when it is narrow."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, QTimer

from workbench.ui.settings import STATE_VERSION, Settings
from workbench.ui.theme.tokens import SIZE
from workbench.ui.window.parts import WindowParts

_FOLD_BELOW = 1120
_BOTTOM_SHARE = 0.34  # of a low window; the canvas keeps the rest
Area = Qt.DockWidgetArea


class Layouts(QObject):
    """See the module."""

    def __init__(self, window: WindowParts, settings: Settings) -> None:
        super().__init__(window)
        self._window = window
        self._settings = settings
        self._folded = False

    def restore(self) -> None:
        """The layout of the last time, or the daily one."""
        kept = self._settings.layout()
        window = self._window
        if kept is None or not (window.restoreGeometry(kept[0]) and window.restoreState(kept[1], STATE_VERSION)):
            self.use("run")

    def save(self) -> None:
        if self._folded:  # the next window may be wide
            self._fold(False)
        self._settings.save_layout(self._window.saveGeometry(), self._window.saveState(STATE_VERSION))

    def use(self, name: str) -> None:
        """``run`` as it comes, ``design`` with room to draw, ``investigate`` with room for records."""
        window = self._window
        for key in window.data_dock.torn:
            window.data_dock.put_back(key)
        docks = ((window.parts_dock, Area.LeftDockWidgetArea), (window.side_dock, Area.RightDockWidgetArea),
                 (window.lag_dock, Area.RightDockWidgetArea),
                 (window.data_dock, Area.BottomDockWidgetArea))
        for dock, area in docks:
            dock.setFloating(False)
            window.addDockWidget(area, dock)
            dock.show()
        window.splitDockWidget(window.side_dock, window.lag_dock, Qt.Orientation.Vertical)
        wide = name == "investigate"
        window.setCorner(Qt.Corner.BottomRightCorner, Area.BottomDockWidgetArea if wide else Area.RightDockWidgetArea)
        height = min(SIZE["bottom_dock"], window.height() * _BOTTOM_SHARE)
        if wide:
            window.parts_dock.hide()
            window.side_dock.hide()
            window.data_dock.show_page("records")
            height = 516
        elif name == "design":
            window.data_dock.hide()
            window.lag_dock.hide()
            window.side_dock.show_page("settings")
        right = window.width() // 2 if wide else int(SIZE["right_dock"])
        self._size(height, right)
        QTimer.singleShot(0, window, lambda: self._size(height, right))  # once more, when what was shown has its place

    def _size(self, bottom: float, right: int) -> None:
        window = self._window
        docks = [window.parts_dock, window.side_dock, window.lag_dock]
        window.resizeDocks(docks, [int(SIZE["left_dock"]), right, right], Qt.Orientation.Horizontal)
        window.resizeDocks([window.data_dock], [int(bottom)], Qt.Orientation.Vertical)
        window.resizeDocks([window.side_dock, window.lag_dock], [496, 242], Qt.Orientation.Vertical)
        QTimer.singleShot(0, window.canvas, window.canvas.fit)

    def fit_width(self, width: int) -> None:
        """Fold the left dock into its rail in a narrow window, and bring it back in a wide one."""
        narrow = width < _FOLD_BELOW
        if narrow and not self._folded and not self._window.parts_dock.isHidden():
            self._fold(True)
        elif not narrow and self._folded:
            self._fold(False)

    def settle(self) -> None:
        """Once the window is up: Qt shows restored docks after they were folded."""
        if self._folded:
            self._fold(True)

    def _fold(self, folded: bool) -> None:
        self._folded = folded
        self._window.parts_dock.setVisible(not folded)
        self._window.rail.setVisible(folded)
