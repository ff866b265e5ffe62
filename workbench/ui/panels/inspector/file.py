"""The inspector when nothing is selected: what this file holds, its groups, and how to join with a client."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QGridLayout, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from workbench.core.snapshot import GroupStat
from workbench.core.sums import RunningSum
from workbench.flow.document import Node
from workbench.flow.samples import lines_to_look_at
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.canvas.queue_view_states import untold_groups
from workbench.ui.models.health import LAG_ROLE, health_of
from workbench.ui.models.protocols import served
from workbench.ui.models.series import group_nodes
from workbench.ui.panels.inspector.wishes import Wishes
from workbench.ui.panels.parts.blocks import label, push_button, tool_button
from workbench.ui.panels.parts.figures import Cell, Column, FigureTable
from workbench.ui.theme import words
from workbench.ui.theme.theme import theme


class Guide(QWidget):
    """What to look at, beside the drawing of a sample: numbered lines with air between them."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: tuple[str, ...] = ()
        self._labels: list[QLabel] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 4, 0, 8)
        self._grid.setHorizontalSpacing(6)
        self._grid.setVerticalSpacing(8)
        self._grid.setColumnStretch(1, 1)
        self._grid.addWidget(_head(self.tr("What to look at")), 0, 0, 1, 2)
        self.hide()

    def show_lines(self, lines: tuple[str, ...]) -> None:
        self.setVisible(bool(lines))
        if lines == self._lines:
            return
        for gone in self._labels:
            self._grid.removeWidget(gone)
            gone.hide()
            gone.deleteLater()
        self._lines, self._labels = lines, []
        for row, line in enumerate(lines, 1):
            number, said = label(f"{row}.", "muted"), label(line)
            said.setWordWrap(True)
            self._grid.addWidget(number, row, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(said, row, 1)
            self._labels += (number, said)


class FileSection(QWidget):
    """See the module."""

    def __init__(self, workspace: Workspace, wishes: Wishes) -> None:
        super().__init__()
        self._wishes = wishes
        self._workspace = workspace
        self._records = RunningSum(lambda topic: topic.records)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        self.title, self.text = label("", "heading"), label("", "muted")
        for words_of_it in (self.title, self.text):
            words_of_it.setWordWrap(True)
            column.addWidget(words_of_it)
        self.guide = Guide()
        column.addWidget(self.guide)
        column.addWidget(_head(self.tr("This file")))
        self.table = FigureTable((Column("", stretch=True), Column("", 130, number=True)), self.tr("This file"))
        column.addWidget(self.table)
        self._groups_head = _head(self.tr("Groups"))
        column.addWidget(self._groups_head)
        self.groups = FigureTable((Column("", stretch=True), Column("", 150, number=True)), self.tr("Groups"))
        column.addWidget(self.groups)
        column.addWidget(self._client_box())

    def _client_box(self) -> QWidget:
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 6, 0, 0)
        column.addWidget(_head(self.tr("Your own program")))
        self.how = label()
        self.how.setWordWrap(True)
        column.addWidget(self.how)
        self.serve = push_button(self.tr("Serve clients"), "client", role="external")
        self.serve.clicked.connect(self._wishes.clients)
        column.addWidget(self.serve)
        self._served = QWidget()
        row = QHBoxLayout(self._served)
        row.setContentsMargins(0, 0, 0, 0)
        self.address = QLineEdit()
        self.address.setReadOnly(True)
        self.address.setProperty("mono", True)
        self.address.setAccessibleName(self.tr("Setting for clients"))
        copy = tool_button("copy", self.tr("Copy the setting"))
        copy.clicked.connect(lambda: QApplication.clipboard().setText(self.address.text()))
        row.addWidget(self.address, 1)
        row.addWidget(copy)
        column.addWidget(self._served)
        return box

    def refresh(self) -> None:
        shown, document = self._workspace.shown, self._workspace.document
        chosen = len(self._workspace.selection)
        title = document.title or self._workspace.path.stem
        self.title.setText(self.tr("{0} parts selected").format(chosen) if chosen > 1 else title)
        empty = not document.nodes
        self.text.setText(self.tr("Nothing is drawn yet.") if empty else self.tr(
            "Pick a node to see its offsets, members and settings here."))
        lines = () if empty or chosen > 1 else lines_to_look_at(document.title)
        self.guide.show_lines(lines)
        records = self._records(shown.topics)
        rows = [(self.tr("Log"), words.plural(records, self.tr("record"), self.tr("records"))),
                (self.tr("Topics"), words.count(len(shown.topics))),
                (self.tr("Groups"), words.count(len(shown.groups) + len(untold_groups(document, shown)))),
                (self.tr("Size on disk"), words.size(self._workspace.live.host.file_bytes))]
        if shown.clients:
            rows.append((self.tr("Clients"), words.count(len(shown.clients))))
        if not self._workspace.loaded:
            rows = [(name, "–") for name, _ in rows]
        elif self._workspace.read_only:
            rows = [row for row in rows if row[0] != self.tr("Size on disk")]
        self.table.show_rows([(Cell(name), Cell(value)) for name, value in rows])
        self._groups_head.setVisible(bool(shown.groups))
        self.groups.setVisible(bool(shown.groups))
        nodes = group_nodes(document)
        self.groups.show_rows([self._group_row(group, nodes.get(group.name)) for group in shown.groups[:40]])
        on = served(self._workspace.live)
        self._served.setVisible(bool(on))
        self.serve.setVisible(not on)
        names = ", ".join(protocol.label for protocol, _ in on)
        self.how.setText(
            self.tr("Served: {0}. Point any client at the address below. Its topics and groups appear on the canvas by "
                    "themselves.").format(names) if on
            else self.tr("Programs with clients of real systems can write to and read from this file."))
        self.address.setText(on[0][0].setting.format(on[0][1]) if on else "")
        self.address.setCursorPosition(0)

    def _group_row(self, group: GroupStat, node: Node | None) -> tuple[Cell, Cell]:
        health = health_of(group, node, self._workspace.shown.run)
        return (Cell(group.name, LAG_ROLE[health.level], "problem" if health.is_problem else ""),
                Cell(words.behind(group.lag_records), LAG_ROLE[health.lag]))


def _head(text: str) -> QWidget:
    made = label(text, "muted")
    made.setFont(theme().font("caption", 600))
    return made
