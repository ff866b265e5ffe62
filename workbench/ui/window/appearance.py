"""How the window looks, as a person chooses it: light or dark, with less motion. Kept in the settings. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QObject

from workbench.ui.qt_types import application
from workbench.ui.settings import Settings
from workbench.ui.theme.theme import theme
from workbench.ui.window.actions import ActionBook


class Appearance(QObject):
    """See the module. The commands that choose show what is chosen."""

    def __init__(self, settings: Settings, book: ActionBook, parent: QObject) -> None:
        super().__init__(parent)
        self._settings, self._book = settings, book

    def set_theme(self, mode: str) -> None:
        self._settings.theme = mode
        theme().apply(application(), mode)
        self.mark()

    def toggle_motion(self) -> None:
        self._settings.reduced_motion = not theme().reduced_motion
        theme().set_reduced_motion(self._settings.reduced_motion)
        self.mark()

    def mark(self) -> None:
        """Tick the commands as it is."""
        for mode in ("light", "dark", "system"):
            self._book[f"view.{mode}"].setChecked(theme().mode == mode)
        self._book["view.motion"].setChecked(theme().reduced_motion)
