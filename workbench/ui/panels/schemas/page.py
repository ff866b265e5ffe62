"""The Schemas page: subjects on the left; on the right two versions of the chosen one, field by field.

What is registered is read from the file beside the host: when the page is shown, after an act of this window, and while
it is shown every ``EVERY_MS``, for serializers register by themselves. One look at a time. GUI thread.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from workbench.core.changes import Changes
from workbench.core.errors import WorkbenchError
from workbench.core.schemas import Schema
from workbench.ui.bridge.operation import Operation
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.models.schemas import SubjectRow, Subjects, subjects_of
from workbench.ui.models.tables import Column, ValuesModel
from workbench.ui.panels.parts.blocks import Empty, push_button
from workbench.ui.panels.parts.values_table import ValuesTable
from workbench.ui.panels.schemas.adding import AddSchema
from workbench.ui.panels.schemas.subject import SubjectView
from workbench.ui.theme import words

EVERY_MS = 2_000


class SchemasPanel(QWidget):
    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._reading = False
        self.model: ValuesModel[SubjectRow] = ValuesModel((
            Column(self.tr("Subject"), lambda row: row.name, 0, strong=lambda row: True),
            Column(self.tr("Type"), lambda row: row.type, 86, tone=lambda row: "text_muted", spare=1),
            Column(self.tr("Versions"), lambda row: words.count(len(row.versions)), 68, right=True,
                   order=lambda row: len(row.versions), spare=2),
            Column(self.tr("Id"), lambda row: str(row.last.schema_id), 44, right=True, mono=True,
                   order=lambda row: row.last.schema_id, spare=3),
            Column(self.tr("Topic"), lambda row: ", ".join(row.topics) or "–", 96, spare=4),
        ), lambda row: row.name, self)
        self.table = ValuesTable(self.model, self.tr("Subjects"), sortable=True)
        self.subject = SubjectView(workspace)
        self.empty = Empty("list", self.tr("No schemas yet"), self.tr(
            "Serializers register theirs when Schema Registry is served (Clients button in the tool bar); or add one."))
        self.add = push_button(self.tr("Add a schema…"), "add")
        self.add.clicked.connect(lambda: self._open_add(""))
        self.subject.add_wanted.connect(self._open_add)
        self.subject.changed.connect(self.refresh)
        self._stack = QStackedWidget()
        self._build()
        self._timer = QTimer(self, interval=EVERY_MS)
        self._timer.timeout.connect(self.refresh)
        self.table.selectionModel().currentRowChanged.connect(lambda now, _: self._choose(now.row()))
        workspace.changed.connect(lambda changes: self.refresh() if changes & Changes.SCHEMAS else None)

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        split = QSplitter(Qt.Orientation.Horizontal)
        left = QWidget()
        rows = QVBoxLayout(left)
        rows.setContentsMargins(0, 0, 0, 6)
        rows.addWidget(self.table, 1)
        foot = QHBoxLayout()
        foot.setContentsMargins(10, 0, 10, 0)
        foot.addWidget(self.add)
        foot.addStretch(1)
        rows.addLayout(foot)
        split.addWidget(left)
        split.addWidget(self.subject)
        split.setSizes([380, 620])
        split.setStretchFactor(1, 1)
        split.setChildrenCollapsible(False)
        bare = QWidget()
        middle = QVBoxLayout(bare)
        middle.addWidget(self.empty, 1)
        self.first = push_button(self.tr("Add a schema…"), "add")
        self.first.clicked.connect(lambda: self._open_add(""))
        middle.addWidget(self.first, 0, Qt.AlignmentFlag.AlignHCenter)
        middle.addStretch(1)
        self._stack.addWidget(bare)
        self._stack.addWidget(split)
        column.addWidget(self._stack)

    # -- following ---------------------------------------------------------------------------------------------
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._timer.start()
        self.refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def refresh(self) -> None:
        """Look at the file again, on a worker."""
        if self._reading or not self.isVisible():
            return
        self._reading, lend = True, self._workspace.reader_for_work

        def read() -> Subjects:
            from workbench.session.schemas import LookedAt

            with lend() as reader:
                return subjects_of(LookedAt(reader.schemas()), [topic.name for topic in reader.topics()])

        Operation(self, read).done(self._show).failed(self._failed).run()

    def _failed(self, error: WorkbenchError) -> None:
        self._reading = False
        self.empty.say(self.tr("The schemas can't be read"), error.sentence())
        self._stack.setCurrentIndex(0)

    def _show(self, found: Subjects) -> None:
        self._reading = False
        chosen = self.table.chosen()
        self.model.show(found.rows)
        self._stack.setCurrentIndex(1 if found.rows else 0)
        names = [row.name for row in self.model.rows]
        if names:
            place = names.index(chosen.name) if chosen is not None and chosen.name in names else 0
            if self.table.currentIndex().row() != place:
                self.table.selectRow(place)
            self._choose(place)

    def _choose(self, row: int) -> None:
        if 0 <= row < len(self.model.rows):
            self.subject.show_subject(self.model.rows[row])

    def _open_add(self, subject: str) -> None:
        """With the last version of the subject to begin from."""
        lend = self._workspace.reader_for_work

        def read() -> Schema | None:
            with lend() as reader:
                found = reader.latest_schema(subject)
            return None if found is None else found.schema

        Operation(self, read).done(lambda begun: self._open_dialog(subject, begun)).failed(self._failed).run()

    def _open_dialog(self, subject: str, begun: Schema | None) -> None:
        dialog = AddSchema(self._workspace, subject, begun, self)
        dialog.registered.connect(self.refresh)
        dialog.open()
