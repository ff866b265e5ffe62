"""The bar under the tool bar when something is wrong: what happened, what is still true, and one button."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel

from workbench.ui.panels.blocks import label, push_button
from workbench.ui.theme import icons


class HostBar(QFrame):
    """Hidden until ``say``; ``pressed`` is its button."""

    pressed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("surface", "bar-bad")
        self.setAccessibleName(self.tr("Broker state"))
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 6, 12, 6)
        row.setSpacing(8)
        sign = QLabel()
        sign.setPixmap(icons.pixmap("problem_fill", "bad", 16, self.devicePixelRatioF()))
        self._words = label()
        self._words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._button = push_button(self.tr("Restart"), "restart")
        self._button.clicked.connect(self.pressed)
        row.addWidget(sign)
        row.addWidget(self._words, 1)
        row.addWidget(self._button)
        self.hide()

    @property
    def text(self) -> str:
        return self._words.text()

    def say(self, text: str, button: str = "") -> None:
        """Show a sentence; with ``button`` a way out of it."""
        self._words.setText(text)
        self._button.setText(button)
        self._button.setAccessibleName(button)
        self._button.setVisible(bool(button))
        self._button.setEnabled(True)
        self.setVisible(bool(text))

    def wait(self, text: str) -> None:
        """The button was pressed: say so and take no second press."""
        self._words.setText(text)
        self._button.setEnabled(False)
