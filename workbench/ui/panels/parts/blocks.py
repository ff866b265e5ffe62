"""Small parts the data panels share: words in a tone, a choice in segments, what to show when there is nothing.

Plain widgets without state of the workspace. GUI thread.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from workbench.ui.theme import icons
from workbench.ui.theme.theme import theme

ICON_AND_GAP = QSize(19, 16)
"""An icon of 16 with a gap behind it: a styled button leaves too little before its text."""


def label(text: str = "", tone: str = "", parent: QWidget | None = None) -> QLabel:
    """A line of words; ``tone`` as the style sheet knows them."""
    made = QLabel(text, parent)
    made.setTextFormat(Qt.TextFormat.PlainText)
    if tone:
        made.setProperty("tone", tone)
    return made


def set_tone(widget: QLabel, tone: str) -> None:
    """Change the tone of a line that is shown already."""
    if widget.property("tone") != tone:
        widget.setProperty("tone", tone)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def set_property(widget: QWidget, name: str, value: object) -> None:
    """Set a property that the style sheet looks at."""
    if widget.property(name) != value:
        widget.setProperty(name, value)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def push_button(text: str, icon: str = "", variant: str = "plain", tip: str = "", role: str = "text") -> QPushButton:
    made = QPushButton(text)
    made.setProperty("variant", variant)
    made.setIconSize(ICON_AND_GAP)
    if icon:
        made.setIcon(icons.icon(icon, role))
    if tip:
        made.setToolTip(tip)
    made.setAccessibleName(text or tip)
    return made


def tool_button(icon: str, name: str, tip: str = "", role: str = "text_muted") -> QToolButton:
    """A button of one icon; ``name`` is what a screen reader says."""
    made = QToolButton()
    made.setIcon(icons.icon(icon, role))
    made.setAccessibleName(name)
    made.setToolTip(tip or name)
    made.setAutoRaise(True)
    return made


def set_able(button: QWidget, why_not: str, sensible: bool = True) -> None:
    """Enabled where the act can be done and makes sense now. Why it can't be done is its tool tip, in place of its
    own, which comes back."""
    own = button.property("own_tip")
    if own is None:
        own = button.toolTip()
        button.setProperty("own_tip", own)
    button.setEnabled(sensible and not why_not)
    button.setToolTip(why_not or own)


def set_usable(button: QWidget, usable: bool, home: QWidget) -> None:
    """Enable or disable a button. Qt hands the focus of a disabled one to whatever comes next in the window; here it
    goes ``home``, where one was at work."""
    if not usable and button.hasFocus():
        home.setFocus(Qt.FocusReason.OtherFocusReason)
    button.setEnabled(usable)


def rule() -> QFrame:
    """A hairline across."""
    line = QFrame()
    line.setProperty("line", "rule")
    return line


class Segments(QWidget):
    """One of a few choices, side by side."""

    chosen = Signal(str)

    def __init__(self, choices: Sequence[tuple[str, str]], name: str, small: bool = True,
                 parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self._group = QButtonGroup(self)
        self._buttons: dict[str, QPushButton] = {}
        for index, (key, text) in enumerate(choices):
            button = push_button(text, variant="segment")
            button.setCheckable(True)
            button.setProperty("small", small)
            button.setStyleSheet(_edges(index == 0, index == len(choices) - 1))
            button.setAccessibleName(f"{name}: {text}")
            button.clicked.connect(lambda _=False, key=key: self.chosen.emit(key))
            self._group.addButton(button)
            self._buttons[key] = button
            row.addWidget(button)
        self.choose(choices[0][0])

    def choose(self, key: str) -> None:
        """Mark a choice without telling anybody."""
        self._buttons[key].setChecked(True)

    @property
    def current(self) -> str:
        return next((key for key, button in self._buttons.items() if button.isChecked()), "")

    def button(self, key: str) -> QPushButton:
        return self._buttons[key]


def _edges(first: bool, last: bool) -> str:
    """Round the outer corners only, and let neighbours share a border."""
    sides = {"left": first, "right": last}
    corners = [f"border-{edge}-{side}-radius: {6 if outer else 0}px;"
               for side, outer in sides.items() for edge in ("top", "bottom")]
    return " ".join([*corners, "" if first else "border-left-width: 0;"])


class Empty(QWidget):
    """Nothing here yet: one line what will be here, one line how."""

    def __init__(self, icon: str, title: str, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(4)
        column.addStretch(1)
        self._icon_name = icon
        self._icon = QLabel()
        self._icon.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        if icon:
            column.addWidget(self._icon)
            column.addSpacing(8)
        self.title = label(title)
        self.text = label(text, "muted")
        for line in (self.title, self.text):
            line.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            line.setWordWrap(True)
            column.addWidget(line)
        column.addStretch(1)
        self.title.setFont(theme().font("body", 600))
        theme().changed.connect(self._dress)
        self._dress()

    def _dress(self) -> None:
        if self._icon_name:
            self._icon.setPixmap(icons.pixmap(self._icon_name, "line_strong", 24, self.devicePixelRatioF()))

    def say(self, title: str, text: str) -> None:
        self.title.setText(title)
        self.text.setText(text)


class Banner(QFrame):
    """Something went wrong here: what happened, what is still true, and one button."""

    def __init__(self, surface: str = "banner-bad", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", surface)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 12, 8)
        row.setSpacing(8)
        self._icon = QLabel()
        role = "warn" if surface == "banner-warn" else "bad"
        self._icon.setPixmap(icons.pixmap("problem_fill", role, 16, self.devicePixelRatioF()))
        self.words = label()
        self.words.setWordWrap(True)
        self.button = push_button("")
        self.button.hide()
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.words, 1)
        row.addWidget(self.button)
        self.hide()

    def say(self, text: str, button: str = "") -> None:
        """Show the banner with these words; an empty text puts it away."""
        self.words.setText(text)
        self.button.setText(button)
        self.button.setAccessibleName(button)
        self.button.setVisible(bool(button))
        self.setVisible(bool(text))
