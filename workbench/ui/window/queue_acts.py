"""Acts on the selected queue, for commands, menus and the inspector: each opens its panel and what belongs to it.

Keeps the commands of queues enabled only while one queue is selected. GUI thread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from workbench.ui.bridge.workspace import Workspace
from workbench.ui.window.actions import ActionBook
from workbench.ui.window.own_panels import OwnPanels

if TYPE_CHECKING:
    from workbench.ui.panels.queue.panel import QueuePanel


class QueueActs(QObject):
    """See the module."""

    def __init__(self, workspace: Workspace, panels: OwnPanels, parent: QObject) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._panels = panels

    def follow(self, book: ActionBook) -> None:
        """Enable the commands of queues as the selection goes."""
        def show(_chosen: object = None) -> None:
            for action in book.section("queue"):
                action.setEnabled(bool(self.selected()))

        self._workspace.selection_changed.connect(show)
        show()

    def selected(self) -> str:
        """The id of the one selected queue; empty without."""
        document, chosen = self._workspace.document, self._workspace.selection
        node_id = next(iter(chosen)) if len(chosen) == 1 else ""
        is_queue = bool(node_id) and document.has_node(node_id) and document.node(node_id).kind == "queue"
        return node_id if is_queue else ""

    def messages(self, node_id: str = "") -> QueuePanel | None:
        """Open the panel of a queue, by default the selected one."""
        node_id = node_id or self.selected()
        self._panels.open(node_id)
        from workbench.ui.panels.queue.panel import QueuePanel  # off the first paint's way

        panel = self._panels.panel(node_id)
        return panel if isinstance(panel, QueuePanel) else None

    def receive(self, node_id: str = "") -> None:
        panel = self.messages(node_id)
        if panel is not None:
            panel.open_receive()

    def redrive(self, node_id: str = "") -> None:
        panel = self.messages(node_id)
        if panel is not None:
            panel.open_redrive()

    def purge(self, node_id: str = "") -> None:
        panel = self.messages(node_id)
        if panel is not None:
            panel.open_purge()
