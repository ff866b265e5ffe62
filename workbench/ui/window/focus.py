"""Where the keyboard is: when what has the focus goes away, the focus returns to where one was before.

Left to itself Qt hands it to the next widget of the tab order: after a popover that was the first tool button, and
Space made a new workspace. Who moves the focus by mouse, Tab or by name is not disturbed; only a widget that was
hidden, disabled or destroyed under the focus is.

A text field would also take some of the window's own keys for editing (on X11 Ctrl+K empties the line, Ctrl+E goes to
its end): a key of the window means the same wherever one is. GUI thread.
"""

from __future__ import annotations

from weakref import ReferenceType, ref

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QTextEdit, QWidget
from shiboken6 import isValid

from workbench.ui.qt_types import application
from workbench.ui.window.actions import ActionBook

_KEPT = 12
_TEXT = (QLineEdit, QPlainTextEdit, QTextEdit)
_Standard = QKeySequence.StandardKey
_EDITING = (_Standard.MoveToEndOfLine, _Standard.DeleteEndOfLine, _Standard.DeleteCompleteLine, _Standard.Delete,
            _Standard.MoveToStartOfLine, _Standard.DeleteStartOfWord, _Standard.Deselect)


class FocusKeeper(QObject):
    """Watches one window. ``home`` takes the focus when no place that one was at is left."""

    def __init__(self, window: QWidget, home: QWidget, actions: ActionBook) -> None:
        super().__init__(window)
        editing = {chord.toString() for key in _EDITING for chord in QKeySequence.keyBindings(key)}
        ours = {chord.toString() for _, action in actions for chord in action.shortcuts()
                if action.shortcutContext() == Qt.ShortcutContext.WindowShortcut}
        self.kept_from_text = editing & ours
        self._window, self._home = window, home
        self._places: list[ReferenceType[QWidget]] = []  # oldest first
        application().focusChanged.connect(self._moved)

    def _moved(self, old: QWidget | None, new: QWidget | None) -> None:
        if not isValid(self._window) or not self._window.isActiveWindow() or QApplication.activePopupWidget():
            return
        if new is not None and new.window() is not self._window:
            return
        if isinstance(new, _TEXT):
            new.removeEventFilter(self)  # so that it is there once
            new.installEventFilter(self)
        if new is None:  # what had it is being destroyed
            QTimer.singleShot(0, self, self._return_if_nobody)
        elif old is None or (isValid(old) and _takes(old)):  # None: the window got the keyboard back
            self._remember(new)
        else:
            self._return(new)

    def _return_if_nobody(self) -> None:
        if self._window.isActiveWindow() and QApplication.focusWidget() is None:
            self._return(None)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A text field asks whether it may have the key instead of the window."""
        if (isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride
                and QKeySequence(event.keyCombination()).toString() in self.kept_from_text):
            event.ignore()
            return True
        return False

    def _remember(self, place: QWidget) -> None:
        self._places = [known for known in self._places if known() not in (None, place)][-_KEPT:]
        self._places.append(ref(place))

    def _return(self, fallback: QWidget | None) -> None:
        places = [place for known in reversed(self._places) if (place := known()) is not None and isValid(place)]
        there = next((place for place in places if place.window() is self._window and _takes(place)), self._home)
        if there is not fallback:
            there.setFocus(Qt.FocusReason.OtherFocusReason)


def _takes(place: QWidget) -> bool:
    return place.isVisible() and place.isEnabled()
