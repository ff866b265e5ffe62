"""A producer's own panel: its rate, the batch being filled, one event by hand, what it sent. GUI thread.

Rate and shape are edits of the drawing (undo takes them back, a running flow follows at once); pause, flush and
restart are commands. A file source has its pace in place of the shape, its speed in place of the rate unless it goes
by rate, which file it is and how far it has read.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from workbench.control.messages import ControlProducer
from workbench.core.acts import ProducerControl
from workbench.core.snapshot import PartState, ProducerStat, SentRecord, Snapshot
from workbench.flow.document import Node
from workbench.flow.edits import set_param
from workbench.flow.kinds import kind_of
from workbench.flow.settings import FileSettings, ProducerSettings, shown_settings
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.panels.inspector.file_part import FilePart
from workbench.ui.panels.inspector.setting_fields import SettingField
from workbench.ui.panels.nodes.compose import ComposeForm
from workbench.ui.panels.nodes.panel import NodePanel, section_title
from workbench.ui.panels.parts.batch_gauge import BatchView
from workbench.ui.panels.parts.blocks import Banner, Segments, label, push_button
from workbench.ui.panels.parts.dial import RateDial
from workbench.ui.panels.parts.figures import Cell, Column, FigureTable
from workbench.ui.panels.parts.sparkline import Sparkline
from workbench.ui.theme import icons, words

_SENT_SHOWN = 5


class ProducerPanel(NodePanel):
    """See the module."""

    NARROW = 380

    def __init__(self, workspace: Workspace, node_id: str, parent: QWidget | None = None) -> None:
        super().__init__(workspace, node_id, parent)
        self._by_hand: deque[SentRecord] = deque(maxlen=_SENT_SHOWN)
        self._gestures = 0
        column = self.column
        self.fault = Banner("banner-bad")
        self.fault.button.clicked.connect(lambda: self._control(ProducerControl.RESTART))
        column.addWidget(self.fault)
        self._file = self.node is not None and self.node.kind == "file"
        if self._file:
            self._build_file(column)
        column.addLayout(self._build_rate())
        self.batch = BatchView()
        column.addWidget(self.batch)
        column.addLayout(self._build_acts())
        column.addSpacing(2)
        column.addWidget(section_title(self.tr("Compose one event")))
        self.compose = ComposeForm(workspace, node_id)
        self.compose.sent.connect(self._add_sent)
        column.addWidget(self.compose)
        self._build_sent(column)
        column.addStretch(1)
        workspace.live_changed.connect(self._record)
        self.resize(398, 640)

    # -- building ------------------------------------------------------------------------------------------
    def _build_file(self, column: QVBoxLayout) -> None:
        self.file = FilePart("")
        self.file.edited.connect(lambda name, value: self._set(name, value, f"{name} {self.node_id}"))
        self.speed = SettingField(kind_of("file").param("speed"), 1.0)
        self.speed.setFixedWidth(118)
        self.speed.edited.connect(self._set)
        column.addWidget(self.file)

    def _build_rate(self) -> QHBoxLayout:
        row = self._rate = QHBoxLayout()
        row.setSpacing(14)
        self.dial = RateDial(self.tr("Rate"), self.tr("events/s"))
        self.dial.valueChanged.connect(self._set_rate)
        self.dial.sliderPressed.connect(self._new_gesture)
        row.addWidget(self.dial)
        if self._file:
            row.addWidget(self.speed, 0, Qt.AlignmentFlag.AlignTop)
        side = QVBoxLayout()
        side.setSpacing(4)
        if self._file:
            choices = (("original", self.tr("Original")), ("rate", self.tr("Rate")), ("flat_out", self.tr("Flat out")))
            self.shape = Segments(choices, self.tr("Pace"))
        else:
            choices = (("constant", self.tr("Constant")), ("burst", self.tr("Burst")), ("ramp", self.tr("Ramp")),
                       ("poisson", self.tr("Poisson")))
            self.shape = Segments(choices, self.tr("Shape"))
        self.shape.chosen.connect(lambda key: self._set("pace" if self._file else "shape", key))
        side.addWidget(self.shape)
        self.line = Sparkline(self.tr("Rate over the last minute"), "producer")
        side.addWidget(self.line, 1)
        foot = QHBoxLayout()
        foot.addWidget(label(self.tr("last 60 s"), "muted"))
        foot.addStretch(1)
        self._totals: QLabel = label("", "muted")
        foot.addWidget(self._totals)
        side.addLayout(foot)
        row.addLayout(side, 1)
        return row

    def set_way(self, way: QBoxLayout.Direction, narrow: bool) -> None:
        self._rate.setDirection(way)
        self.compose.set_way(way)

    def _build_acts(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(6)
        self.pause = push_button(self.tr("Pause"), "pause")
        self.pause.clicked.connect(self._pause)
        self.flush = push_button(self.tr("Flush"), "send", tip=self.tr("Send the batch as it is now"))
        self.flush.clicked.connect(lambda: self._control(ProducerControl.FLUSH))
        self.restart = push_button(self.tr("Restart"), "restart", tip=self.tr("Start it from its beginning"))
        self.restart.clicked.connect(lambda: self._control(ProducerControl.RESTART))
        for button in (self.pause, self.flush, self.restart):
            button.setProperty("small", True)
            row.addWidget(button)
        row.addStretch(1)
        return row

    def _build_sent(self, column: QVBoxLayout) -> None:
        column.addWidget(section_title(self.tr("Sent")))
        self.sent = FigureTable((Column("", 100, mono=True), Column("", stretch=True, mono=True),
                                 Column("", 88, number=True), Column("", 90, right=True)), self.tr("Sent"))
        column.addWidget(self.sent)
        self._nothing = label(self.tr("What it sends shows here, with the time until the broker answered."), "muted")
        self._nothing.setWordWrap(True)
        column.addWidget(self._nothing)

    # -- following -----------------------------------------------------------------------------------------
    @property
    def subtitle(self) -> str:
        """What it is and what it feeds, for the title bar."""
        topic = self.compose.topic
        what = self.tr("file") if self._file else self.tr("producer")
        return self.tr("{0} to {1}").format(what, topic.name) if topic else what

    def _record(self, live: Snapshot) -> None:
        stat = live.producer(self.node_id)
        self.line.add(live.at_ms, stat.rate if stat else 0.0)

    def refresh(self, node: Node, snapshot: Snapshot) -> None:
        stat = snapshot.producer(self.node_id)
        self._show_settings(node, stat)
        self._show_state(stat)
        self.batch.show_stat(stat)
        self.compose.refresh()
        self._show_sent(stat)

    def _show_settings(self, node: Node, stat: ProducerStat | None) -> None:
        if not self._file:
            made = shown_settings(node, ProducerSettings)
            self.shape.choose(made.shape)
            self.dial.show_rate(made.rate_per_s)
            return
        played = shown_settings(node, FileSettings)
        self.shape.choose(played.pace)
        self.dial.show_rate(played.rate_per_s)
        self.dial.setVisible(played.pace == "rate")
        self.speed.setVisible(played.pace == "original")
        self.speed.show_value(played.speed)
        self.file.show_part(played, stat)

    def _show_state(self, stat: ProducerStat | None) -> None:
        sent, failed = (stat.sent, stat.failed) if stat else (0, 0)
        known = stat is None or stat.measured
        self._totals.setText(self.tr("{0} sent, {1} failed").format(words.count(sent), words.count(failed)) if known
                             else self.tr("figures of then are not kept"))
        paused = stat is not None and stat.state is PartState.PAUSED
        self.pause.setText(self.tr("Resume") if paused else self.tr("Pause"))
        self.pause.setAccessibleName(self.pause.text())
        self.pause.setIcon(icons.icon("run" if paused else "pause"))
        runs = stat is not None and stat.state in (PartState.RUNNING, PartState.PAUSED)
        self.pause.setEnabled(runs)
        self.flush.setEnabled(runs)
        self.restart.setEnabled(stat is not None and stat.state is not PartState.IDLE)
        reason = stat.reason or self.tr("It stopped.") if stat is not None and stat.state is PartState.FAILED else ""
        self.fault.say(reason, self.tr("Restart"))

    def _show_sent(self, stat: ProducerStat | None) -> None:
        known = [*self._by_hand, *(stat.recent if stat else ())]
        latest = sorted(known, key=lambda r: r.at_ms, reverse=True)[:_SENT_SHOWN]
        self.sent.show_rows([(
            Cell(words.clock(r.at_ms)), Cell(self.tr("null") if r.key is None else r.key, chip=r.colour),
            Cell(f"{r.partition} @ {words.count(r.offset)}"),
            Cell(self.tr("acked {0} ms").format(f"{r.acked_ms:.1f}"), "ok"),
        ) for r in latest])
        self.sent.setVisible(bool(latest))
        self._nothing.setVisible(not latest)

    # -- acts ----------------------------------------------------------------------------------------------
    def _new_gesture(self) -> None:
        self._gestures += 1

    def _set_rate(self, rate: int) -> None:
        self._set("rate", float(max(rate, 0.001) if self._file else rate), f"rate {self.node_id} {self._gestures}")

    def _set(self, name: str, value: Any, merge_key: str = "") -> None:
        node = self.node
        if node is not None and kind_of(node.kind).value(node.params, name) != value:
            self._workspace.perform(set_param(self._workspace.document, node.id, name, value), merge_key)

    def _pause(self) -> None:
        stat = self._workspace.live.producer(self.node_id)
        paused = stat is not None and stat.state is PartState.PAUSED
        self._control(ProducerControl.RESUME if paused else ProducerControl.PAUSE)

    def _control(self, act: ProducerControl) -> None:
        self._workspace.act(ControlProducer(self.node_id, act)).run()

    def _add_sent(self, record: SentRecord) -> None:
        self._by_hand.appendleft(record)
        self._show_sent(self._workspace.shown.producer(self.node_id))
