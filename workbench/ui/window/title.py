"""The file's name at the end of the menu bar, and whether it is saved."""

from __future__ import annotations

import time

from PySide6.QtWidgets import QHBoxLayout, QWidget

from workbench.ui.bridge.workspace import Phase
from workbench.ui.panels.parts.blocks import label
from workbench.ui.theme import words
from workbench.ui.theme.theme import theme
from workbench.ui.theme.tokens import SIZE


class Title(QWidget):
    """«orders.flow · saved 14:12:30»."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(int(SIZE["menu"]))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 14, 0)
        row.setSpacing(6)
        self._kept = False  # there is another word than «saved»
        self._name, self._state = label(), label("", "muted")
        self._name.setFont(theme().font("body", 600))
        row.addWidget(self._name)
        row.addWidget(self._state)

    def show_file(self, name: str) -> None:
        self._name.setText(name)
        self.saved(int(time.time() * 1000))

    def show_phase(self, phase: Phase) -> None:
        """A file that is not open, or only looked at, is not saved."""
        said = {Phase.REFUSED: self.tr("· not open"), Phase.READ_ONLY: self.tr("· read-only")}.get(phase, "")
        if said or self._kept:
            self._state.setText(said)
        self._kept = bool(said)

    def saved(self, at_ms: int) -> None:
        if self._kept:
            return
        self._state.setText(self.tr("· saved {0}").format(words.clock(at_ms, millis=False)))

    def unsaved(self) -> None:
        self._state.setText(self.tr("· saving…"))
