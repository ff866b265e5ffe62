"""The status bar: state, rates and lag at the left; frames, host and file at the right. Numbers are the frame's."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStatusBar, QWidget

from workbench.core.snapshot import HostStat, RunState, Snapshot
from workbench.ui.bridge.workspace import Phase, Workspace
from workbench.ui.canvas.queue_view_states import untold_groups
from workbench.ui.models.health import LAG_ROLE, worst_lag
from workbench.ui.panels.parts.blocks import label, push_button, set_tone
from workbench.ui.theme import words

_ONE_LINE = int(Qt.TextFlag.TextSingleLine)
_CALM_MS = 500  # how often frames are told while no snapshot comes


class StatusLine(QStatusBar):
    """See the module. ``frames`` answers the canvas' frames a second."""

    def __init__(self, workspace: Workspace, frames: Callable[[], float]) -> None:
        super().__init__()
        self._workspace = workspace
        self._frames = frames
        self.setSizeGripEnabled(False)
        self.setAccessibleName(self.tr("Status"))
        bar = QWidget()
        row = self._row = QHBoxLayout(bar)
        row.setContentsMargins(12, 0, 12, 0)
        row.setSpacing(16)
        self._dot = label("●")
        self._state = label(self.tr("Starting"), "body")
        self._in, self._out, self._behind = label("", "muted"), label("", "muted"), label("", "muted")
        self._right, self._journal = label("", "muted"), label("", "muted")
        self.file = push_button("", variant="bare", tip=self.tr("Set how large the file may grow before a warning"))
        self.file.setProperty("quiet", True)
        self.file.hide()
        state = QHBoxLayout()
        state.setSpacing(6)
        state.addWidget(self._dot)
        state.addWidget(self._state)
        row.addLayout(state)
        for part in (self._in, self._out, self._behind):
            row.addWidget(part)
        row.addStretch(1)
        for part in (self._right, self.file, self._journal):
            row.addWidget(part)
        self.addWidget(bar, 1)
        self._timer = QTimer(self, interval=_CALM_MS)
        self._timer.timeout.connect(self.refresh)
        self._timer.start()
        workspace.shown_changed.connect(lambda _: self.refresh())
        workspace.phase_changed.connect(lambda _: self.refresh())

    def refresh(self) -> None:
        shown = self._workspace.shown
        text, tone = self._state_words(shown)
        _say(self._state, text)
        for part in (self._dot, self._state):
            set_tone(part, tone if part is self._dot or tone in ("bad", "replay") else "")
        if not self._workspace.loaded and self._workspace.at_ms is None:
            for part in (self._in, self._out, self._behind):
                _say(part, "")
            self._row.activate()
            return
        _say(self._in, self.tr("In {0}").format(words.rate(sum(t.rate_in for t in shown.topics))))
        untold = untold_groups(self._workspace.document, shown)
        rate, lag = sum(group.rate for group in shown.groups), sum(group.lag_records for group in shown.groups)
        _say(self._out, self.tr("Delivered {0}").format("–" if untold else words.rate(rate)))
        _say(self._behind, self.tr("Behind {0}").format("–" if untold else words.count(lag)))
        for part in (self._out, self._behind):
            part.setToolTip(self.tr("An older workbench did not journal what {0} read.").format(
                ", ".join(node.name for node in untold)) if untold else "")
        set_tone(self._behind, LAG_ROLE[worst_lag(shown)])
        _say(self._right, "    ".join(self._right_words()))
        self._tell_file(self._workspace.live.host)
        self._row.activate()  # now: a picture taken before the next turn of the loop would show cut words

    def _state_words(self, shown: Snapshot) -> tuple[str, str]:
        at_ms = self._workspace.at_ms
        if at_ms is not None:
            return self.tr("Replay, {0}").format(words.clock(at_ms, millis=False)), "replay"
        phases = {Phase.STARTING: (self.tr("Starting the broker"), "muted"),
                  Phase.SILENT: (self.tr("The broker does not answer"), "bad"),
                  Phase.LOST: (self.tr("Broker stopped"), "bad"), Phase.REFUSED: (self.tr("Not open"), "bad"),
                  Phase.READ_ONLY: (self.tr("Read-only"), "warn")}
        if self._workspace.phase in phases:
            return phases[self._workspace.phase]
        if shown.host.trouble:
            return self.tr("Nothing can be stored"), "bad"
        names = {
            RunState.RUNNING: (self.tr("Running, live"), "ok"),
            RunState.PAUSED: (self.tr("Paused"), "warn"),
            RunState.STOPPED: (self.tr("Ready"), "muted"),
        }
        return names[shown.run]

    def _right_words(self) -> list[str]:
        live = self._workspace.live
        parts = []
        if self._workspace.at_ms is not None:
            lag = sum(group.lag_records for group in live.groups)
            said = {RunState.RUNNING: self.tr("The flow runs on: live {0}, behind {1}"),
                    RunState.PAUSED: self.tr("The flow is paused: live {0}, behind {1}"),
                    RunState.STOPPED: self.tr("The flow is stopped: live {0}, behind {1}")}[live.run]
            parts.append(said.format(words.clock(live.at_ms, millis=False), words.count(lag)))
        frames = self._frames()
        if frames:
            parts.append(self.tr("Window {0} fps").format(round(frames)))
        if live.host.rss_bytes:
            parts.append(self.tr("Host {0}").format(words.size(live.host.rss_bytes)))
        return parts

    def _tell_file(self, host: HostStat) -> None:
        """How large the file is; a click sets how large it may grow."""
        size = words.size(host.file_bytes)
        text = self.tr("File {0} of {1}").format(size, words.size(host.budget_bytes)) if host.budget_bytes else (
            self.tr("File {0}").format(size))
        self.file.setVisible(bool(host.rss_bytes))
        if text != self.file.text():
            self.file.setText(text)
            self.file.setAccessibleName(text)
        told = host.journal_to_ms and self._workspace.at_ms is None
        _say(self._journal, self.tr("Journal to {0}").format(words.clock(host.journal_to_ms, millis=False))
             if told else "")


def _say(part: QLabel, text: str) -> None:
    """Another text. The window is laid out anew only when that takes another width: 0.6 ms, four times a second."""
    part.setText(text)
    part.ensurePolished()
    part.setFixedSize(part.fontMetrics().size(_ONE_LINE, text))  # a fixed label's own hint never shrinks
