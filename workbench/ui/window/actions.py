"""Every command of the window, once: menus, tool bar, tooltips, the command palette and the sheet of keys read it.

An action is known by a dotted name (``run.start``); its section is the part before the dot. GUI thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from workbench.ui.theme.icons import icon

Keys = str | QKeySequence.StandardKey | tuple[str, ...]


class ActionBook:
    """The actions by name, owned by the window. ``note`` shortcuts are carried out elsewhere and only shown."""

    def __init__(self, window: QWidget) -> None:
        self._window = window
        self._actions: dict[str, QAction] = {}

    def add(self, name: str, text: str, act: Callable[[], object], keys: Keys = "", glyph: str = "", *,
            tip: str = "", checkable: bool = False, scope: QWidget | None = None) -> QAction:
        """A new action. With ``scope`` its keys work only while that widget, or one inside it, has the focus."""
        action = QAction(text, self._window)
        action.setObjectName(name)
        action.setCheckable(checkable)
        if isinstance(keys, QKeySequence.StandardKey):
            action.setShortcuts(keys)
        elif keys:
            action.setShortcuts([QKeySequence(key) for key in (keys if isinstance(keys, tuple) else (keys,))])
        if glyph:
            action.setIcon(icon(glyph))
        shown = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        words = tip or text.replace("…", "").replace("&", "")
        action.setToolTip(f"{words} ({shown})" if shown else words)
        action.triggered.connect(lambda *_: act())
        if scope is not None:
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            scope.addAction(action)
        else:
            self._window.addAction(action)
        self._actions[name] = action
        return action

    def note(self, name: str, text: str, act: Callable[[], object], keys: str, glyph: str = "") -> QAction:
        """An action whose key the canvas itself listens to: the key is shown in the menu, not bound twice."""
        action = self.add(name, text, act, glyph=glyph)
        action.setProperty("keys", keys)
        action.setToolTip(f"{text} ({keys})")
        return action

    def __getitem__(self, name: str) -> QAction:
        return self._actions[name]

    def __contains__(self, name: str) -> bool:
        return name in self._actions

    def __iter__(self) -> Iterator[tuple[str, QAction]]:
        return iter(self._actions.items())

    def section(self, prefix: str) -> list[QAction]:
        return [action for name, action in self._actions.items() if name.startswith(prefix + ".")]
