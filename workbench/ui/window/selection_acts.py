"""Acts on the one part that is selected, or on a part or binding that is named: for commands, menus and panels.

GUI thread.
"""

from __future__ import annotations

from PySide6.QtCore import QObject

from workbench.flow.kinds import GROUPS
from workbench.ui.models.outside import group_id
from workbench.ui.window.dialogs import Dialogs
from workbench.ui.window.parts import WindowParts


class SelectionActs(QObject):
    """See the module."""

    def __init__(self, window: WindowParts, dialogs: Dialogs) -> None:
        super().__init__(window)
        self._window, self._dialogs = window, dialogs

    @property
    def chosen(self) -> str:
        """The id of the one selected part; empty without."""
        selection = self._window.workspace.selection
        return next(iter(selection)) if len(selection) == 1 else ""

    def rename(self) -> None:
        if self.chosen:
            self._window.canvas.rename(self.chosen)

    def open_panel(self) -> None:
        self._window.own_panels.open(self.chosen)

    def start_link(self) -> None:
        canvas = self._window.canvas
        if self.chosen:
            canvas.setFocus()
            canvas.keys.focus(self.chosen)
            canvas.start_key_link(self.chosen)

    def replay(self) -> None:
        self.replay_node(self.chosen)

    def replay_node(self, node_id: str) -> None:
        """Open the preview of a replay for a group's node, drawn or from outside."""
        workspace, dialogs = self._window.workspace, self._dialogs
        outside = [group.name for group in workspace.live.groups if group_id(group.name) == node_id]
        document = workspace.document
        if node_id and document.has_node(node_id) and document.node(node_id).kind in GROUPS:
            dialogs.replay(document.node(node_id).name)
        elif outside:
            dialogs.replay(outside[0])

    def edit_binding(self, link_id: str) -> None:
        """Show what a binding asks for, ready to be changed."""
        self._window.show_dock(self._window.side_dock, "inspector")
        self._window.inspector.edit_binding(link_id)
