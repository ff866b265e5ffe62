"""A line over a panel while the past is shown: these figures are of then, what is pressed here acts now."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QWidget

from workbench.core.snapshot import RunState
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.panels.parts.blocks import label
from workbench.ui.theme import icons, words


def now_words(workspace: Workspace) -> str:
    """That what is shown is of then, and what the flow does meanwhile."""
    said = {RunState.RUNNING: _tr("As it stood at {0}. The flow keeps running at {1}."),
            RunState.PAUSED: _tr("As it stood at {0}. The flow is paused at {1}."),
            RunState.STOPPED: _tr("As it stood at {0}. The flow is stopped at {1}.")}[workspace.live.run]
    return said.format(words.clock(workspace.at_ms or 0, millis=False), words.clock(workspace.live.at_ms, millis=False))


def _tr(text: str) -> str:
    return QCoreApplication.translate("then", text)


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
            self.words.setText(self._sentence(words.clock(at_ms, millis=False)))

    def _sentence(self, moment: str) -> str:
        return self.tr("As it stood at {0}. What you press here acts now.").format(moment)


class NowLine(ThenLine):
    """The same over settings, which no journal keeps: they are of now even while the past is shown."""

    def _sentence(self, moment: str) -> str:
        return self.tr("These are the settings of now, not of {0}. What you change here acts now.").format(moment)
