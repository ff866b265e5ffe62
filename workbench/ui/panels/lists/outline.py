"""The outline: the drawing as a tree of words, for the keyboard and for screen readers. The canvas' text twin."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from workbench.core.snapshot import Snapshot
from workbench.flow.document import Change, Node
from workbench.flow.kinds import HOLDERS, KINDS
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.canvas.kinds import icon_of, role_of
from workbench.ui.qt_types import rows_below
from workbench.ui.theme import words
from workbench.ui.theme.icons import icon

_ID = Qt.ItemDataRole.UserRole


class OutlinePanel(QWidget):
    """See the module. ``panel_wanted`` names a node whose panel should open."""

    panel_wanted = Signal(str)

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._stale = True
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        self.tree = QTreeWidget()
        self.tree.setHeaderHidden(True)
        self.tree.setColumnCount(2)
        self.tree.setIconSize(QSize(16, 16))
        self.tree.setIndentation(14)
        self.tree.setAccessibleName(self.tr("Outline of the drawing"))
        self.tree.setSelectionMode(QTreeWidget.SelectionMode.ExtendedSelection)
        self.tree.header().setStretchLastSection(False)
        self.tree.header().setSectionResizeMode(0, self.tree.header().ResizeMode.Stretch)
        self.tree.header().setSectionResizeMode(1, self.tree.header().ResizeMode.ResizeToContents)
        self.tree.itemSelectionChanged.connect(self._select)
        self.tree.itemActivated.connect(lambda item, _column: self.panel_wanted.emit(item.data(0, _ID)))
        column.addWidget(self.tree)
        self._unfollow = workspace.document.follow(self._changed)
        workspace.shown_changed.connect(self._show)
        workspace.selection_changed.connect(self._show_selection)
        self.destroyed.connect(lambda *_: self._unfollow())

    def _changed(self, _change: Change) -> None:
        self._stale = True
        if self.isVisible():
            self.rebuild()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stale:
            self.rebuild()

    def rebuild(self) -> None:
        """Topics with what feeds them and what reads them beneath; then everything that has no topic."""
        self._stale = False
        document = self._workspace.document
        self.tree.blockSignals(True)
        self.tree.clear()
        placed: set[str] = set()
        for topic in document.of_kind(*HOLDERS):
            row = self._row(self.tree.invisibleRootItem(), topic, "")
            for node in document.sources_of(topic.id):
                placed.add(node.id)
                self._row(row, node, self.tr("writes"))
            for node in document.targets_of(topic.id):
                placed.add(node.id)
                self._row(row, node, self.tr("reads"))
            row.setExpanded(True)
        for node in document.nodes:
            if node.id not in placed and node.kind not in HOLDERS:
                self._row(self.tree.invisibleRootItem(), node, "")
        self.tree.blockSignals(False)
        self._show_selection(self._workspace.selection)
        self._show(self._workspace.shown)

    def _row(self, parent: QTreeWidgetItem, node: Node, how: str) -> QTreeWidgetItem:
        row = QTreeWidgetItem(parent, [node.name, how])
        row.setIcon(0, icon(icon_of(node), role_of(node.kind)))
        row.setData(0, _ID, node.id)
        row.setData(0, Qt.ItemDataRole.AccessibleTextRole, f"{KINDS[node.kind].label} {node.name} {how}".strip())
        return row

    def _rows(self) -> list[QTreeWidgetItem]:
        top = rows_below(self.tree.invisibleRootItem())
        return [*top, *(below for row in top for below in rows_below(row))]

    def _show(self, shown: Snapshot) -> None:
        """Beside each group how far it is behind, beside each topic its rate."""
        if not self.isVisible():
            return
        document = self._workspace.document
        for row in self._rows():
            node_id = row.data(0, _ID)
            if not document.has_node(node_id):
                continue
            node = document.node(node_id)
            group, topic = shown.group(node.name), shown.topic(node.name)
            text = row.text(1)
            if KINDS[node.kind].role == "group" and group is not None:
                text = words.behind(group.lag_records)
            elif KINDS[node.kind].role == "topic" and topic is not None:
                text = words.rate(topic.rate_in)
            if text != row.text(1):
                row.setText(1, text)

    def _select(self) -> None:
        self._workspace.select(row.data(0, _ID) for row in self.tree.selectedItems())

    def _show_selection(self, chosen: frozenset[str]) -> None:
        if not self.isVisible():
            return
        self.tree.blockSignals(True)
        for row in self._rows():
            row.setSelected(row.data(0, _ID) in chosen)
        self.tree.blockSignals(False)
