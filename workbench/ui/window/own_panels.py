"""Panels of single producers, groups and queues: one dock each, any number at once, floating or docked.

A panel is opened by double click, Enter or a menu; asking again raises it. It goes when its node goes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtWidgets import QMainWindow

from workbench.flow.document import Node
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.canvas.kinds import PanelView, loaded, view_of
from workbench.ui.models.outside import part_of
from workbench.ui.models.series import PREFIX

if TYPE_CHECKING:
    from workbench.ui.panels.nodes.panel import NodePanel
    from workbench.ui.window.panel_dock import PanelDock

_MARGIN = 24


def panel_of(node: Node) -> PanelView | None:
    """The panel that a part has; None for none."""
    panel = view_of(node).panel
    return panel if panel is not None and (panel.outside or not node.id.startswith(PREFIX)) else None


class OwnPanels(QObject):
    """See the module. ``replay_wanted`` passes on a group panel's wish."""

    replay_wanted = Signal(str)

    def __init__(self, window: QMainWindow, workspace: Workspace) -> None:
        super().__init__(window)
        self._window = window
        self._workspace = workspace
        self._docks: dict[str, PanelDock] = {}

    def open(self, node_id: str) -> None:
        """Open or raise the panel of a producer, a group (drawn or from outside) or a queue; other nodes have none."""
        node = part_of(self._workspace.document, self._workspace.live, node_id)
        what = panel_of(node) if node is not None else None
        if node is None or what is None:
            return
        node_id = node.id
        if node_id not in self._docks:
            self._docks[node_id] = self._make(node_id, what)
        self._docks[node_id].show()
        self._docks[node_id].raise_()

    def _make(self, node_id: str, what: PanelView) -> PanelDock:
        from workbench.ui.window.panel_dock import PanelDock  # off the first paint's way

        dock = PanelDock(self._panel(node_id, what), self._window)
        dock.destroyed.connect(lambda *_: self._docks.pop(node_id, None))
        self._window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
        dock.setFloating(True)
        width, height = what.size
        room = self._window.screen().availableGeometry().adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
        dock.resize(min(width, room.width()), min(height, self._window.height() - 2 * _MARGIN, room.height()))
        shift = 28 * (len(self._docks) % 8)
        place = self._window.mapToGlobal(QPoint(228 + shift * 14 % 420, 92 + shift))
        dock.move(max(room.left(), min(place.x(), room.right() - dock.width())),
                  max(room.top(), min(place.y(), room.bottom() - dock.height())))
        return dock

    def _panel(self, node_id: str, what: PanelView) -> NodePanel:
        panel: NodePanel = loaded(what.made_by)(self._workspace, node_id)  # imported off the first paint's way
        panel.replay_wanted.connect(self.replay_wanted)
        return panel

    def panel(self, node_id: str) -> NodePanel | None:
        """The panel of a part, where it is open."""
        dock = self._docks.get(node_id)
        return dock.panel if dock is not None else None

    def close_all(self) -> None:
        for dock in list(self._docks.values()):
            dock.close()
        self._docks.clear()
