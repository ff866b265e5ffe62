"""The line over the table: what is shown, how much was found, and a way to stop looking. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from workbench.ui.panels.parts.blocks import label, push_button, set_tone
from workbench.ui.theme import icons, words

_ASIDE, _APART = 48, 16  # margins and the mark; between the two


class FactsLine(QWidget):
    """See the module. ``said`` and ``found`` are set by the panel; ``say`` sets the first with its tone and mark."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._whole = ""
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 12, 6)
        row.setSpacing(8)
        self._mark = QLabel()
        self.said = label("", "muted")
        self.found = label("", "muted")
        self.stop = push_button(self.tr("Stop"), variant="link", tip=self.tr("Stop looking; what was found stays"))
        for widget in (self._mark, self.said):
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(self.found)
        row.addWidget(self.stop)
        self.said.setMinimumWidth(1)
        self.setFixedHeight(26)

    def say(self, text: str, tone: str = "muted", paused: bool = False) -> None:
        self._mark.setVisible(paused)
        if paused:
            self._mark.setPixmap(icons.pixmap("pause", "warn_mark", 12, self.devicePixelRatioF()))
        set_tone(self.said, tone)
        self._whole = text
        self._fit()

    def count(self, text: str) -> None:
        """How many were found, or are there."""
        self.found.setText(text)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """What is shown is said first; where both have no room the number stands in its tip, and the rest of it too."""
        metrics, room = self.said.fontMetrics(), self.width() - _ASIDE
        wide = metrics.horizontalAdvance(self._whole) + metrics.horizontalAdvance(self.found.text()) + _APART
        self.found.setVisible(wide <= room or not self._whole)
        shown = self._whole if wide <= room else words.cut(self._whole, metrics, room)
        self.said.setText(shown)
        self.said.setToolTip("" if wide <= room else f"{self._whole}\n{self.found.text()}")


def empty_words(topic: str, live: bool, looked_at_all: bool | None) -> tuple[str, str]:
    """Why the table is empty and what to do; ``looked_at_all`` is None without a filter."""
    if not topic:
        return _tr("No topics yet"), _tr("Records appear here once a topic is there.")
    if looked_at_all is not None:
        if looked_at_all:
            return _tr("No record matches"), _tr("Change the filter, or clear it.")
        return _tr("Looking…"), _tr("Matches appear as they are found.")
    if not live:
        return (_tr("Nothing of then is kept in {0}").format(topic),
                _tr("It was empty, or what it held has been removed since."))
    return (_tr("No records in {0} yet").format(topic),
            _tr("Run the flow, or send one event from a producer's panel."))


def _tr(text: str) -> str:
    return QCoreApplication.translate("records", text)
