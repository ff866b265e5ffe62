"""What every panel of a part shares: it follows its node and the shown snapshot, and goes when the node goes.

The title bar belongs to the dock around it, which asks ``title``, ``subtitle`` and ``glyph``. GUI thread.
"""

from __future__ import annotations

import shiboken6
from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from workbench.core.snapshot import Snapshot
from workbench.flow.document import Change, Node
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.canvas.kinds import icon_of
from workbench.ui.models.outside import part_of
from workbench.ui.panels.parts.blocks import label
from workbench.ui.panels.parts.then_line import ThenLine
from workbench.ui.theme.theme import theme


def section_title(text: str) -> QLabel:
    """The heading of a part of a panel."""
    made = label(text, "muted")
    made.setFont(theme().font("body", 600))
    return made


class NodePanel(QScrollArea):
    """See the module. Subclasses fill ``column`` and give ``refresh`` and ``subtitle``; below ``NARROW`` pixels their
    parts are told to stand under each other."""

    NARROW = 0
    closed_wanted = Signal()  # the node was deleted
    replay_wanted = Signal(str)  # node id of a group
    titled = Signal()  # its name, or what it is linked to, changed

    def __init__(self, workspace: Workspace, node_id: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self.node_id = node_id
        self.setObjectName("node-panel")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        body = QWidget()
        body.setObjectName("panel-body")
        self.setWidget(body)
        self.column = QVBoxLayout(body)
        self.column.setContentsMargins(14, 12, 14, 12)
        self.column.setSpacing(8)
        self.column.addWidget(ThenLine(workspace))
        self.narrow = False
        workspace.shown_changed.connect(self.take)
        self._unfollow = workspace.document.follow(self._take_change)

    # -- the node ------------------------------------------------------------------------------------------
    @property
    def node(self) -> Node | None:
        """The part, drawn or from outside; None once it was deleted."""
        return part_of(self._workspace.document, self._workspace.live, self.node_id)

    @property
    def title(self) -> str:
        node = self.node
        return node.name if node else ""

    @property
    def glyph(self) -> str:
        node = self.node
        return icon_of(node) if node else "info"

    @property
    def subtitle(self) -> str:
        raise NotImplementedError

    # -- room ----------------------------------------------------------------------------------------------
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = self.width() < self.NARROW
        if narrow != self.narrow:
            self.narrow = narrow
            way = QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight
            self.set_way(way, narrow)

    def set_way(self, way: QBoxLayout.Direction, narrow: bool) -> None:
        """Parts beside each other where there is room, under each other in a narrow dock."""

    # -- following -----------------------------------------------------------------------------------------
    def _take_change(self, change: Change) -> None:
        if not shiboken6.isValid(self):
            self._unfollow()
        elif self.node is None:
            self.closed_wanted.emit()
        else:
            self.titled.emit()
            self.take(self._workspace.shown)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.take(self._workspace.shown)

    def take(self, snapshot: Snapshot) -> None:
        """Show a snapshot, unless nobody sees it."""
        node = self.node
        if self.isVisible() and node is not None:
            self._say_wanted(node)
            self.refresh(node, snapshot)

    def _say_wanted(self, node: Node) -> None:
        """The part and what is linked to it: its partitions, its last events, what it has leased."""
        document = self._workspace.document
        beside = (*document.sources_of(node.id), *document.targets_of(node.id)) if document.has_node(node.id) else ()
        names = [node.name, *(one.name for one in beside)]
        self._workspace.wants.put(self, names, names, names)

    def refresh(self, node: Node, snapshot: Snapshot) -> None:
        raise NotImplementedError
