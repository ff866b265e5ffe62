"""The inspector's faces for a producer and for a topic."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from workbench.control.messages import ControlProducer
from workbench.core.acts import ProducerControl
from workbench.core.snapshot import GroupStat, PartState, ProducerStat, Snapshot, TopicStat
from workbench.flow.document import Node
from workbench.flow.kinds import KINDS
from workbench.flow.settings import FileSettings, shown_settings
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.canvas.kinds import icon_of, role_of
from workbench.ui.models.health import LAG_ROLE, health_of
from workbench.ui.models.series import group_node
from workbench.ui.panels.inspector.file_preview import FilePreview
from workbench.ui.panels.inspector.wishes import Wishes
from workbench.ui.panels.parts.blocks import Banner, label, push_button
from workbench.ui.panels.parts.figures import Cell, Column, Figure, FigureTable
from workbench.ui.theme import icons, words
from workbench.ui.theme.theme import theme

_MAX_ROWS = 64


class Tile(QWidget):
    """A kind's icon on its soft square."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon, self._role = "topic", "stream"
        self.setFixedSize(QSize(36, 36))

    def show_node(self, node: Node) -> None:
        self._icon, self._role = icon_of(node), role_of(node.kind)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        role = self._role
        soft = "surface_sunken" if role == "text_muted" else f"{role}_soft"
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().color(soft))
        painter.drawRoundedRect(QRectF(self.rect()), 7, 7)
        icons.paint(painter, QRectF(9, 9, 18, 18), self._icon, theme().color(role))
        painter.end()


class InspectorSection(QWidget):
    """A tile, a title and a line under it; subclasses add the rest to ``column``, and what can be done to ``acts``,
    which the inspector keeps in sight."""

    def __init__(self, workspace: Workspace, wishes: Wishes) -> None:
        super().__init__()
        self._workspace, self._wishes = workspace, wishes
        self._node: Node | None = None
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(12)
        row = QHBoxLayout()
        row.setSpacing(10)
        self._tile, self._title, self._what = Tile(), label("", "heading"), label("", "muted")
        text = QVBoxLayout()
        text.setSpacing(0)
        text.addWidget(self._title)
        text.addWidget(self._what)
        row.addWidget(self._tile)
        row.addLayout(text, 1)
        self.column.addLayout(row)
        self.acts = QWidget()
        self.buttons = QHBoxLayout(self.acts)
        self.buttons.setContentsMargins(0, 0, 0, 0)
        self.buttons.setSpacing(6)

    def _show_head(self, node: Node, what: str) -> None:
        self._node = node
        self._tile.show_node(node)
        self._title.setText(node.name)
        self._what.setText(what)


class ProducerSection(InspectorSection):
    """Rate, what was sent, the batch being filled, pause and flush; of a file, what is in it."""

    def __init__(self, workspace: Workspace, wishes: Wishes) -> None:
        super().__init__(workspace, wishes)
        self.banner = Banner()
        self.column.addWidget(self.banner)
        self.banner.button.clicked.connect(lambda: self._control(ProducerControl.RESTART))
        row = QHBoxLayout()
        self.rate, self.sent, self.failed = (Figure(self.tr(text)) for text in ("Rate", "Sent", "Failed"))
        for figure in (self.rate, self.sent, self.failed):
            row.addWidget(figure, 1)
        self.column.addLayout(row)
        self.batch = label("", "muted")
        self.batch.setWordWrap(True)
        self.column.addWidget(self.batch)
        self.panel = push_button(self.tr("Open panel"), "tear_off", "primary", self.tr("Open its panel"),
                                 "text_on_accent")
        self.pause = push_button(self.tr("Pause"), "pause")
        self.flush = push_button(self.tr("Flush"), "send", tip=self.tr("Send the batch being filled now"))
        self.panel.clicked.connect(lambda: self._node and self._wishes.panel.emit(self._node.id))
        self.pause.clicked.connect(lambda: self._control(
            ProducerControl.RESUME if self._paused() else ProducerControl.PAUSE))
        self.flush.clicked.connect(lambda: self._control(ProducerControl.FLUSH))
        for button, share in ((self.panel, 4), (self.pause, 3), (self.flush, 3)):
            button.setProperty("narrow", True)
            button.setMinimumWidth(10)
            self.buttons.addWidget(button, share)
        self.preview = FilePreview()
        self.column.addWidget(self.preview)

    def _paused(self) -> bool:
        stat = self._workspace.live.producer(self._node.id) if self._node else None
        return stat is not None and stat.state is PartState.PAUSED

    def _control(self, act: ProducerControl) -> None:
        if self._node is not None:
            self._workspace.act(ControlProducer(self._node.id, act)).run()

    def show_node(self, node: Node, shown: Snapshot) -> None:
        stat = shown.producer(node.id) or ProducerStat(node.id, node.name, PartState.IDLE)
        self.preview.show_settings(shown_settings(node, FileSettings) if node.kind == "file" else None)
        targets = ", ".join(target.name for target in self._workspace.document.targets_of(node.id))
        kind = KINDS[node.kind].label
        self._show_head(node, self.tr("{0} to {1} · {2}").format(kind, targets or "–", stat.state.value))
        self._show_figures(stat)
        failed = stat.state is PartState.FAILED
        self.banner.say(stat.reason if failed else "", self.tr("Try again") if failed else "")
        self.batch.setText(self._batch_words(stat))
        self.pause.setText(self.tr("Resume") if self._paused() else self.tr("Pause"))
        self.pause.setIcon(icons.icon("run" if self._paused() else "pause"))

    def _show_figures(self, stat: ProducerStat) -> None:
        known = stat.measured
        self.rate.show_value(words.rate(stat.rate).rsplit("/", 1)[0] if known else "–", "/s" if known else "")
        self.sent.show_value(words.count(stat.sent) if known else "–")
        self.failed.show_value(words.count(stat.failed) if known else "–", "", "bad" if stat.failed else "")

    def _batch_words(self, stat: ProducerStat) -> str:
        if not stat.measured:
            return self.tr("Figures of single producers are not kept; those of the topic are.")
        filling = stat.batch
        text = self.tr("Nothing waits in a batch.")
        if filling is not None:
            text = self.tr("Batch for partition {0}: {1} records, {2} of {3}, {4} of {5}.").format(
                filling.partition, filling.records, words.size(filling.bytes), words.size(filling.max_bytes),
                words.duration(filling.age_ms), words.duration(filling.linger_ms))
        if stat.last_flush:
            text += "\n" + self.tr("The last batch left {0}").format(stat.last_flush)
        return text


class TopicSection(InspectorSection):
    """What a topic keeps, by partition, and who reads it."""

    def __init__(self, workspace: Workspace, wishes: Wishes) -> None:
        super().__init__(workspace, wishes)
        row = QHBoxLayout()
        self.rate, self.kept, self.bytes = (Figure(self.tr(text)) for text in ("Rate", "Kept", "Size"))
        for figure in (self.rate, self.kept, self.bytes):
            row.addWidget(figure, 1)
        self.column.addLayout(row)
        self.partitions = FigureTable((Column(self.tr("Partition"), stretch=True),
                                       Column(self.tr("Start"), 72, number=True),
                                       Column(self.tr("End"), 72, number=True),
                                       Column(self.tr("Rate"), 66, number=True)), self.tr("Partitions"))
        self.groups = FigureTable((Column(self.tr("Read by"), stretch=True),
                                   Column(self.tr("Behind"), 80, number=True)), self.tr("Groups"))
        self.column.addWidget(self.partitions)
        self.column.addWidget(self.groups)
        self._note = label("", "muted")
        self._note.setWordWrap(True)
        self.column.addWidget(self._note)
        self.keep = push_button(self.tr("Keep on the drawing"), "pin")
        self.keep.clicked.connect(lambda: self._node and self._wishes.keep.emit(self._node.id))
        self.buttons.addWidget(self.keep, 0, Qt.AlignmentFlag.AlignLeft)

    def show_node(self, node: Node, shown: Snapshot) -> None:
        self.keep.setVisible(not self._workspace.document.has_node(node.id))
        stat = shown.topic(node.name) or TopicStat(node.name, "stream", ())
        count = len(stat.partitions) or KINDS[node.kind].value(node.params, "partitions")
        self._show_head(node, words.plural(count, self.tr("partition"), self.tr("partitions")))
        self.rate.show_rate(stat.rate_in)
        self.kept.show_value(words.count(stat.records))
        self.bytes.show_value(*words.size(stat.size_bytes).split(" ", 1))
        rows = [(Cell(f"{node.name}/{p.partition}"), Cell(words.count(p.log_start), "text_muted"),
                 Cell(words.count(p.end)), Cell(words.rate(p.rate_in), "text_muted"))
                for p in stat.partitions[:_MAX_ROWS]]
        self.partitions.show_rows(rows)
        readers = [(Cell(group.name, "consumer", "dot"), Cell(words.count(behind), self._role(group)))
                   for group in shown.groups
                   if node.name in group.topics
                   for behind in [sum(p.lag_records for p in group.partitions if p.topic == node.name)]]
        self.groups.setVisible(bool(readers))
        self.groups.show_rows(readers)
        self._note.setText("" if readers else self.tr("No group reads it. It keeps what it is sent all the same."))
        self._note.setVisible(not readers)

    def _role(self, group: GroupStat) -> str:
        node = group_node(self._workspace.document, group.name)
        return LAG_ROLE[health_of(group, node, self._workspace.shown.run).lag]
