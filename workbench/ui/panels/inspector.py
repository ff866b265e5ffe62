"""The inspector: what is selected, in figures and tables. Group, producer, topic, or the whole file.

It paints ``shown``, so in the past it tells of the past. Each face is a widget of its own. GUI thread.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from workbench.flow.document import Change
from workbench.flow.kinds import KINDS
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.panels.inspect_file import FileFace
from workbench.ui.panels.inspect_group import GroupFace
from workbench.ui.panels.inspect_part import ProducerFace, TopicFace

_EVERY_MS = 250


class Inspector(QScrollArea):
    """See the module. ``replay_wanted`` and ``panel_wanted`` carry a node id, ``why_wanted`` a node to set."""

    replay_wanted = Signal(str)
    panel_wanted = Signal(str)
    settings_wanted = Signal(str)
    menu_wanted = Signal(str)
    kafka_wanted = Signal()  # Kafka clients are to be served

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(self.tr("Inspector"))
        self._faces = QStackedWidget()
        self.file_face = FileFace(workspace)
        self.group_face = GroupFace(workspace)
        self.producer_face = ProducerFace(workspace)
        self.topic_face = TopicFace(workspace)
        for face in (self.file_face, self.group_face, self.producer_face, self.topic_face):
            page = QWidget()
            page.setMinimumWidth(10)
            column = QVBoxLayout(page)
            column.setContentsMargins(12, 12, 12, 12)
            column.addWidget(face)
            column.addStretch(1)
            self._faces.addWidget(page)
        self.setWidget(self._faces)
        for face in (self.group_face, self.producer_face):
            face.panel_wanted.connect(self.panel_wanted)
            face.settings_wanted.connect(self.settings_wanted)
        self.file_face.kafka_wanted.connect(self.kafka_wanted)
        self.group_face.replay_wanted.connect(self.replay_wanted)
        self._node_id = ""
        self._timer = QTimer(self, interval=_EVERY_MS, singleShot=True)
        self._timer.timeout.connect(self.refresh)
        workspace.shown_changed.connect(self._soon)
        workspace.selection_changed.connect(lambda _: self.refresh())
        workspace.time_changed.connect(lambda _: self.refresh())
        self._unfollow = workspace.document.follow(self._changed)
        self.destroyed.connect(lambda *_: self._unfollow())
        self.refresh()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def _changed(self, _change: Change) -> None:
        self._soon()

    def _soon(self, _shown: object = None) -> None:
        """At most four times a second, and not while hidden."""
        if self.isVisible() and not self._timer.isActive():
            self._timer.start()

    def refresh(self) -> None:
        """Show the selected node as ``shown`` has it."""
        document, chosen = self._workspace.document, self._workspace.selection
        node_id = next(iter(chosen)) if len(chosen) == 1 else ""
        face: QWidget = self.file_face
        if node_id and document.has_node(node_id):
            node = document.node(node_id)
            faces = {"group": self.group_face, "producer": self.producer_face, "topic": self.topic_face}
            face = faces.get(KINDS[node.kind].role, self.file_face)
            if face is not self.file_face:
                face.show_node(node, self._workspace.shown)
        if face is self.file_face:
            self.file_face.refresh()
        page = face.parentWidget()
        if self._faces.currentWidget() is not page:
            self._faces.setCurrentWidget(page)
            self.verticalScrollBar().setValue(0)
