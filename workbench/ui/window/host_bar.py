"""The one home for what is wrong with host, file and disk: what happened, what is still true, and one button.

Several things may be wrong at once; each is said under a subject of its own and the first in ``ORDER`` is shown. The
sentence is never cut: it takes as many lines as it needs. GUI thread.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel

from workbench.ui.panels.parts.blocks import label, push_button, set_property
from workbench.ui.theme import icons
from workbench.ui.theme.theme import theme

ORDER = ("closing", "host", "act", "file", "disk", "read-only")
_ROLE = {"bad": "bad", "warn": "warn", "muted": "text_muted"}


@dataclass(frozen=True, slots=True)
class Said:
    text: str
    button: str = ""
    act: Callable[[], object] | None = None
    tone: str = "bad"


class HostBar(QFrame):
    """See the module. Hidden while nothing is said."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(self.tr("Broker state"))
        self._said: dict[str, Said] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 6, 12, 6)
        row.setSpacing(8)
        self._sign = QLabel()
        self._words = label()
        self._words.setWordWrap(True)
        self._words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._button = push_button("", tip=self.tr("What to do about it"))
        self._button.clicked.connect(self._press)
        row.addWidget(self._sign)
        row.addWidget(self._words, 1)
        row.addWidget(self._button)
        theme().changed.connect(self._show)
        self.hide()

    @property
    def text(self) -> str:
        """What is shown; empty when nothing is wrong."""
        return self._shown.text if self._said else ""

    @property
    def _shown(self) -> Said:
        return self._said[min(self._said, key=ORDER.index)]

    def has(self, subject: str) -> bool:
        return subject in self._said

    def say(self, subject: str, text: str, button: str = "", act: Callable[[], object] | None = None,
            tone: str = "bad") -> None:
        """Say something about a subject, in place of what was said of it; ``button`` is the way out of it."""
        said = Said(text, button, act, tone)
        if self._said.get(subject) != said:
            self._said[subject] = said
            self._show()

    def clear(self, subject: str) -> None:
        """That is mended."""
        if self._said.pop(subject, None) is not None:
            self._show()

    def _show(self) -> None:
        if not self._said:
            self.hide()
            return
        said = self._shown
        set_property(self, "surface", f"bar-{said.tone}")
        glyph = "problem_fill" if said.tone == "bad" else "info"
        self._sign.setPixmap(icons.pixmap(glyph, _ROLE[said.tone], 16, self.devicePixelRatioF()))
        self._words.setText(said.text)
        self._button.setText(said.button)
        self._button.setToolTip("")
        self._button.setAccessibleName(said.button)
        self._button.setVisible(bool(said.button))
        self.show()

    def _press(self) -> None:
        if self._said and (act := self._shown.act) is not None:
            act()
