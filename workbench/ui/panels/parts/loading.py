"""What a page shows before the file was read: not that there is nothing, but that it is not known yet. GUI thread.

    opened ──150 ms──► bars and «Loading» ──first state──► what there is, or that there is none
                                  └─ the file can't be opened ─► that nothing was loaded
"""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, QTimer
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from workbench.ui.bridge.workspace import Phase, Workspace
from workbench.ui.panels.parts.blocks import Empty
from workbench.ui.theme.theme import theme

PATIENCE_MS = 150
_BAR, _GAP = 10.0, 22.0
_WIDTHS = (0.62, 0.48, 0.55)


class EmptyOnceLoaded(Empty):
    """Says its words only once a state was read. ``loading`` says whether bars are shown."""

    def __init__(self, workspace: Workspace, icon: str, title: str, text: str, parent: QWidget | None = None) -> None:
        super().__init__(icon, title, text, parent)
        self._workspace = workspace
        self._patience = QTimer(self, interval=PATIENCE_MS, singleShot=True)
        self._patience.timeout.connect(self._show_words)
        workspace.phase_changed.connect(self._show_words)
        workspace.live_changed.connect(self._take_first)
        if not workspace.loaded:
            self._patience.start()
        self._show_words()

    @property
    def loading(self) -> bool:
        workspace = self._workspace
        return not workspace.loaded and workspace.phase is not Phase.REFUSED and not self._patience.isActive()

    def say(self, title: str, text: str) -> None:
        super().say(title, text)
        self._show_words()

    def _take_first(self, _live: object) -> None:
        self._workspace.live_changed.disconnect(self._take_first)
        self._show_words()

    def _show_words(self, _phase: object = None) -> None:
        loaded = self._workspace.loaded
        for part in (self._icon, self.title, self.text):
            if part.parent() is self:  # an icon that is not wanted would become a window
                part.setVisible(loaded)
        if not loaded:
            self.setAccessibleDescription(self.tr("Not loaded") if self._workspace.phase is Phase.REFUSED
                                          else self.tr("Loading"))
        else:
            self.setAccessibleDescription("")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._workspace.loaded or self._patience.isActive():
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        words = self.accessibleDescription()
        width = min(360.0, self.width() - 48.0)
        top = self.height() / 2 - len(_WIDTHS) * _GAP / 2 - 12
        left = (self.width() - width) / 2
        painter.setFont(theme().font("body"))
        painter.setPen(theme().color("text_muted"))
        if not self.loading:
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, words)
            return
        painter.drawText(QRectF(left, top, width, 18), Qt.AlignmentFlag.AlignLeft, f"{words}…")
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().color("line"))
        for row, share in enumerate(_WIDTHS):
            painter.drawRoundedRect(QRectF(left, top + 28 + row * _GAP, width * share, _BAR), 4, 4)
