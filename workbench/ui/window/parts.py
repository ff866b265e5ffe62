"""The parts of the window, and how one of them is brought to the front: what those who wire and act on them know.

``MainWindow`` makes and holds them; nothing that it makes knows it, only this. GUI thread.
"""

from __future__ import annotations

from PySide6.QtWidgets import QDockWidget, QMainWindow, QMenu

from workbench.ui.bridge.host_link import HostLink
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.canvas.view import FlowView
from workbench.ui.panels.inspector.inspector import Inspector
from workbench.ui.panels.lists.outline import OutlinePanel
from workbench.ui.panels.lists.palette import PalettePanel
from workbench.ui.panels.lists.topics import TopicsPanel
from workbench.ui.panels.strip.timestrip import TimeStrip
from workbench.ui.panels.systems.panel import SystemsPanel
from workbench.ui.settings import Settings
from workbench.ui.window.actions import ActionBook
from workbench.ui.window.appearance import Appearance
from workbench.ui.window.autosave import Autosave
from workbench.ui.window.docks import PageDock
from workbench.ui.window.files import Files
from workbench.ui.window.host_bar import HostBar
from workbench.ui.window.own_panels import OwnPanels
from workbench.ui.window.queue_acts import QueueActs
from workbench.ui.window.rail import Rail
from workbench.ui.window.running import Running
from workbench.ui.window.status import StatusLine
from workbench.ui.window.toolbar import TopBar


class WindowParts(QMainWindow):
    """See the module."""

    workspace: Workspace
    settings: Settings
    link: HostLink
    files: Files
    running: Running
    autosave: Autosave
    actions_book: ActionBook
    appearance: Appearance
    faults: QMenu
    topbar: TopBar
    canvas: FlowView
    host_bar: HostBar
    own_panels: OwnPanels
    queue_acts: QueueActs
    palette_panel: PalettePanel
    outline: OutlinePanel
    topics: TopicsPanel
    systems: SystemsPanel
    inspector: Inspector
    parts_dock: PageDock
    side_dock: PageDock
    data_dock: PageDock
    lag_dock: QDockWidget
    rail: Rail
    strip: TimeStrip
    status: StatusLine

    def show_data(self, key: str) -> None:
        self.show_dock(self.data_dock, key)

    def show_dock(self, dock: PageDock, key: str) -> None:
        dock.show()
        dock.show_page(key)

    def show_records(self, topic: str, connection: str = "") -> None:
        raise NotImplementedError

    def show_place(self, topic: str, partition: int, offset: int) -> None:
        raise NotImplementedError
