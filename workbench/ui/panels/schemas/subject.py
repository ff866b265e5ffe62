"""One subject: its level, two of its versions side by side with what changed, what can be done with it. GUI thread."""

from __future__ import annotations

from collections import Counter
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QMessageBox, QVBoxLayout, QWidget

from workbench.control.schemas import DeleteSchemas, SetCompatibility
from workbench.core.errors import WorkbenchError
from workbench.core.schemas import LEVELS, SchemaVersion
from workbench.ui.bridge.operation import Operation
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.models.schemas import FieldRow, SubjectRow, side_by_side
from workbench.ui.models.tables import Column, ValuesModel
from workbench.ui.panels.parts.blocks import Banner, label, tool_button
from workbench.ui.panels.parts.values_table import ValuesTable

_TONES = {"added": "ok", "removed": "bad", "changed": "warn", "": "text"}


class SubjectView(QWidget):
    add_wanted = Signal(str)  # a subject to which a version is to be added
    changed = Signal()

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._row: SubjectRow | None = None
        self._read_for: tuple[int, ...] = ()
        self.name = label("", "title")
        self.about = label("", "muted")
        self.about.setWordWrap(True)
        self.level = QComboBox()
        self.level.setAccessibleName(self.tr("Compatibility of the subject"))
        self.before, self.after = QComboBox(), QComboBox()
        self.before.setAccessibleName(self.tr("Earlier version"))
        self.after.setAccessibleName(self.tr("Later version"))
        self.refused = Banner("banner-bad")
        changes = {"added": self.tr("added"), "removed": self.tr("removed"), "changed": self.tr("changed"), "": ""}
        self.model: ValuesModel[FieldRow] = ValuesModel((
            Column(self.tr("Field"), lambda row: row.path, 0, mono=True, strong=lambda row: bool(row.change)),
            Column(self.tr("Earlier"), lambda row: row.before or "–", 104, mono=True,
                   tone=lambda row: "text_muted", spare=1),
            Column(self.tr("Later"), lambda row: row.after or "–", 124, mono=True),
            Column(self.tr("Change"), lambda row: changes[row.change], 70, tone=lambda row: _TONES[row.change]),
        ), lambda row: row.path, self)
        self.table = ValuesTable(self.model, self.tr("Fields of the two versions"))
        self.more = tool_button("add", self.tr("Add a version"), self.tr("Add a version…"), "text")
        self.gone = tool_button("delete", self.tr("Delete version"), "", "text")
        self.summary = label("", "muted")
        self._build()
        self.level.activated.connect(self._set_level)
        for box in (self.before, self.after):
            box.activated.connect(lambda _: self._compare())
        self.more.clicked.connect(lambda: self.add_wanted.emit(self._row.name if self._row is not None else ""))
        self.gone.clicked.connect(self._ask_delete)

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 6)
        column.setSpacing(6)
        head = QHBoxLayout()
        head.addWidget(self.name, 1)
        head.addWidget(label(self.tr("Compatibility"), "muted"))
        head.addWidget(self.level)
        column.addLayout(head)
        column.addWidget(self.about)
        which = QHBoxLayout()
        for part in (label(self.tr("Version"), "muted"), self.before, label(self.tr("against"), "muted"), self.after):
            which.addWidget(part)
        which.addWidget(self.summary, 1)
        which.addWidget(self.more)
        which.addWidget(self.gone)
        column.addLayout(which)
        column.addWidget(self.refused)
        column.addWidget(self.table, 1)

    # -- showing -----------------------------------------------------------------------------------------------
    def show_subject(self, row: SubjectRow) -> None:
        """The last two versions; what a person chose stays while it is there."""
        other = self._row is None or self._row.name != row.name
        grown = self._row is not None and self._row.versions != row.versions
        if row == self._row:
            return
        self._row = row
        self.name.setText(row.name)
        used = ", ".join(row.topics)
        self.about.setText(self.tr("{0}. Used by the topic {1}.").format(row.type, used) if used else
                           self.tr("{0}. No topic is named like it.").format(row.type))
        if other:
            self.refused.say("")
        self._fill_levels(row)
        if other or grown:
            self._fill_versions(row)
        self._compare()

    def _fill_levels(self, row: SubjectRow) -> None:
        self.level.clear()
        above = self.tr("as for all") if row.own_level else self.tr("{0}, as for all").format(row.level)
        self.level.addItem(above, None)
        for level in LEVELS:
            self.level.addItem(level, level)
        self.level.setCurrentIndex(LEVELS.index(row.level) + 1 if row.own_level else 0)

    def _fill_versions(self, row: SubjectRow) -> None:
        self.before.clear()
        self.after.clear()
        self.before.addItem(self.tr("none"), None)
        for one in row.versions:
            self.before.addItem(str(one.version), one)
            self.after.addItem(str(one.version), one)
        self.after.setCurrentIndex(self.after.count() - 1)
        self.before.setCurrentIndex(max(0, self.before.count() - 2))

    def _compare(self) -> None:
        before: SchemaVersion | None = self.before.currentData()
        after: SchemaVersion | None = self.after.currentData()
        if after is None:
            return
        said = self.tr("Delete version {0}").format(after.version)
        self.gone.setToolTip(said)
        self.gone.setAccessibleName(said)
        lend = self._workspace.reader_for_work

        def read() -> tuple[FieldRow, ...]:
            from workbench.session.schemas import LookedAt

            with lend() as reader:
                return side_by_side(LookedAt(reader.schemas()), before, after)

        Operation(self, read).done(self._show_fields).failed(lambda error: self.refused.say(error.sentence())).run()

    def _show_fields(self, rows: tuple[FieldRow, ...]) -> None:
        self.model.show(rows)
        counted = Counter(row.change for row in rows if row.change)
        told = {"added": self.tr("{0} added"), "removed": self.tr("{0} removed"), "changed": self.tr("{0} changed")}
        said = ", ".join(told[change].format(counted[change]) for change in told if counted[change])
        self.summary.setText(said if said or self.before.currentData() is None else self.tr("the same fields"))

    # -- acts --------------------------------------------------------------------------------------------------
    def _set_level(self, _: int) -> None:
        if self._row is not None and (self.level.currentData() is not None or self._row.own_level):
            self._do(SetCompatibility(self._row.name, self.level.currentData()))

    def _ask_delete(self) -> None:
        row, one = self._row, self.after.currentData()
        if row is None or one is None:
            return
        box = QMessageBox(QMessageBox.Icon.Question, self.tr("Delete version"), self.tr(
            "Delete version {0} of {1}? It is no longer offered to programs; records written with it can still be "
            "read.").format(one.version, row.name), QMessageBox.StandardButton.Cancel, self)
        sure = box.addButton(self.tr("Delete"), QMessageBox.ButtonRole.DestructiveRole)
        sure.clicked.connect(partial(self._do, DeleteSchemas(row.name, one.version)))
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()

    def _do(self, command: DeleteSchemas | SetCompatibility, *_: object) -> None:
        self._workspace.act(command).done(lambda _: self._done()).failed(self._refuse).run()

    def _done(self) -> None:
        self.refused.say("")
        self.changed.emit()

    def _refuse(self, error: WorkbenchError) -> None:
        self.refused.say(error.sentence())
        self._row = None
        self.changed.emit()
