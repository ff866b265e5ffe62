"""A time to go to, typed where the clock of the time strip stands. Enter goes there, Esc or a click elsewhere does not.

GUI thread.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QLabel, QLineEdit, QToolTip, QWidget

from workbench.core.errors import Invalid
from workbench.core.times import parse_moment
from workbench.ui.panels.parts.blocks import set_property
from workbench.ui.theme import words


class ClockLabel(QLabel):
    """A clock that is pressed to type another time."""

    pressed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setCursor(Qt.CursorShape.IBeamCursor)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.pressed.emit()


class TimeField(QLineEdit):
    """Hidden until ``open_at``; ``chosen`` is the moment in ms. What can't be read is said, and the field stays."""

    chosen = Signal(object)  # int ms

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("mono", True)
        self.setAccessibleName(self.tr("Time to go to"))
        self.setPlaceholderText("14:02:11")
        self._today_ms = 0
        self._back: QWidget | None = None
        self.returnPressed.connect(self._take)
        self.textEdited.connect(lambda _: set_property(self, "state", ""))
        self.hide()

    def open_at(self, ms: int, typed: str = "") -> None:
        """Show the moment ``ms`` to be changed, or what was typed already; a bare clock time is of its day."""
        self._today_ms = ms
        self._back = self.window().focusWidget()
        set_property(self, "state", "")
        self.setText(typed or words.clock(ms))
        self.setToolTip(self.tr("A time of the day, or a day and a time; {0}").format(words.zone_name(ms)))
        self.show()
        self.raise_()
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        if not typed:
            self.selectAll()

    def _take(self) -> None:
        try:
            ms = parse_moment(self.text(), self._today_ms, words.zone())
        except Invalid as reason:
            set_property(self, "state", "bad")
            QToolTip.showText(self.mapToGlobal(QPoint(0, -48)), reason.sentence(), self)
            return
        self._shut()
        self.chosen.emit(ms)

    def _shut(self) -> None:
        back, self._back = self._back, None
        self.hide()
        if back is not None and back is not self:
            back.setFocus(Qt.FocusReason.OtherFocusReason)

    def event(self, event: QEvent) -> bool:
        """Every key that is typed here is text: none is a command of the window."""
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._shut()
        else:
            super().keyPressEvent(event)
            event.accept()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.hide()
