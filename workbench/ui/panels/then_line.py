"""A line over a panel while the past is shown: these figures are of then, what is pressed here acts now."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QWidget

from workbench.ui.bridge.workspace import Workspace
from workbench.ui.panels.blocks import label
from workbench.ui.theme import icons, words


class ThenLine(QFrame):
    """Hidden while the window is live."""

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", "banner-replay")
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 6, 10, 6)
        row.setSpacing(8)
        sign = QLabel()
        sign.setPixmap(icons.pixmap("replay", "replay", 16, self.devicePixelRatioF()))
        self.words = label("", "replay")
        self.words.setWordWrap(True)
        row.addWidget(sign)
        row.addWidget(self.words, 1)
        workspace.time_changed.connect(self._show)
        self._show(workspace.at_ms)

    def _show(self, at_ms: int | None) -> None:
        self.setVisible(at_ms is not None)
        if at_ms is not None:
            moment = words.clock(at_ms, millis=False)
            self.words.setText(self.tr("As it stood at {0}. What you press here acts now.").format(moment))
