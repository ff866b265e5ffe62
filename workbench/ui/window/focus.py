"""Where the keyboard is: when what has the focus goes away, the focus returns to where one was before.

Left to itself Qt hands it to the next widget of the tab order: after a popover that was the first tool button, and
Space made a new workspace. Who moves the focus by mouse, Tab or by name is not disturbed; only a widget that was
hidden, disabled or destroyed under the focus is. GUI thread.
"""

from __future__ import annotations

from weakref import ReferenceType, ref

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

_KEPT = 12


class FocusKeeper(QObject):
    """Watches one window. ``home`` takes the focus when no place that one was at is left."""

    def __init__(self, window: QWidget, home: QWidget) -> None:
        super().__init__(window)
        self._window, self._home = window, home
        self._places: list[ReferenceType[QWidget]] = []  # oldest first
        QApplication.instance().focusChanged.connect(self._moved)

    def _moved(self, old: QWidget | None, new: QWidget | None) -> None:
        if not isValid(self._window) or not self._window.isActiveWindow() or QApplication.activePopupWidget():
            return
        if new is not None and new.window() is not self._window:
            return
        left_by_itself = old is not None and isValid(old) and _takes(old)
        if left_by_itself or (old is None and new is not None):  # the second: the window got the keyboard back
            self._remember(new)
        else:
            self._return(new)

    def _remember(self, place: QWidget | None) -> None:
        if place is None:
            return
        self._places = [known for known in self._places if known() not in (None, place)][-_KEPT:]
        self._places.append(ref(place))

    def _return(self, fallback: QWidget | None) -> None:
        places = [place for known in reversed(self._places) if (place := known()) is not None and isValid(place)]
        there = next((place for place in places if place.window() is self._window and _takes(place)), self._home)
        if there is not fallback:
            there.setFocus(Qt.FocusReason.OtherFocusReason)


def _takes(place: QWidget) -> bool:
    return place.isVisible() and place.isEnabled()
