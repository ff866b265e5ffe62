"""Seek: move what one member reads next in one partition. Nothing is committed by it. GUI thread."""

from __future__ import annotations

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from workbench.control.messages import SeekMember
from workbench.core.errors import WorkbenchError
from workbench.core.snapshot import GroupPartitionStat, GroupStat
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.panels.parts.blocks import label, push_button, set_property, set_tone
from workbench.ui.theme import words


class SeekForm(QFrame):
    """Hidden until the panel's Seek button shows it."""

    def __init__(self, workspace: Workspace, node_id: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._node_id = node_id
        self.setProperty("surface", "chip")
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 8, 10, 8)
        column.setSpacing(6)
        row = QHBoxLayout()
        row.setSpacing(8)
        self.partition = QComboBox()
        self.partition.setAccessibleName(self.tr("Partition to seek in"))
        self.partition.currentIndexChanged.connect(self._check)
        self.offset = QLineEdit()
        self.offset.setProperty("mono", True)
        self.offset.setPlaceholderText(self.tr("Offset"))
        self.offset.setAccessibleName(self.tr("Offset to read next"))
        self.offset.textChanged.connect(self._check)
        self.offset.returnPressed.connect(self._seek)
        self.move_button = push_button(self.tr("Move position"), variant="primary")
        self.move_button.clicked.connect(self._seek)
        row.addWidget(self.partition, 1)
        row.addWidget(self.offset, 1)
        row.addWidget(self.move_button)
        self._words = label("", "muted")
        self._words.setWordWrap(True)
        column.addLayout(row)
        column.addWidget(self._words)
        self.hide()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        chosen = self.partition.currentText()
        self.partition.clear()
        group = self._group()
        for p in group.partitions if group else ():
            self.partition.addItem(f"{p.topic}/{p.partition}", (p.topic, p.partition))
        self.partition.setCurrentIndex(max(0, self.partition.findText(chosen)))
        self.offset.setFocus()
        self._check()

    def _group(self) -> GroupStat | None:
        document = self._workspace.document
        if not document.has_node(self._node_id):
            return None
        return self._workspace.live.group(document.node(self._node_id).name)

    def _place(self) -> GroupPartitionStat | None:
        group, chosen = self._group(), tuple(self.partition.currentData() or ())
        return next((p for p in (group.partitions if group else ()) if (p.topic, p.partition) == chosen), None)

    def _wanted(self) -> int | None:
        text = self.offset.text().replace(",", "").replace(" ", "")
        return int(text) if text.isdigit() else None

    def _check(self) -> bool:
        """Say what would happen, or what is wrong."""
        place, offset = self._place(), self._wanted()
        inside = place is not None and offset is not None and place.log_start <= offset <= place.end
        wrong = bool(self.offset.text()) and not inside
        set_property(self.offset, "state", "bad" if wrong else "")
        set_tone(self._words, "bad" if wrong else "muted")
        self.move_button.setEnabled(inside)
        if place is None:
            self._words.setText(self.tr("This group reads no partition yet. Run the flow first."))
        elif wrong:
            self._words.setText(self.tr("Give an offset from {0} to {1}.").format(
                words.count(place.log_start), words.count(place.end)))
        elif offset is not None and place.position is not None and offset < place.position:
            again = words.count(place.position - offset)
            said = self.tr("The member reads {0} records again. Nothing is committed by it.")
            self._words.setText(said.format(again))
        else:
            self._words.setText(self.tr("Moves what the member reads next. Nothing is committed by it."))
        return inside

    def _seek(self) -> None:
        offset = self._wanted()
        if not self._check() or offset is None:
            return
        topic, partition = self.partition.currentData()
        command = SeekMember(self._node_id, topic, partition, offset)
        self._workspace.act(command, self).done(lambda _: self.hide()).failed(self._refuse).run()

    def _refuse(self, error: WorkbenchError) -> None:
        set_tone(self._words, "bad")
        self._words.setText(error.sentence())
