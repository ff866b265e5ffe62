"""The window on one workspace: regions, docks and who is told what. It holds the parts together and does little else.

    menu bar · title
    tool bar
    [broker bar]
    palette | canvas          | inspector
    topics  |                 | settings
    --------+-----------------+----------
    records, tape, groups ... | lag
    time strip (never hidden)
    status bar
"""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from workbench.core.errors import WorkbenchError
from workbench.flow import codec
from workbench.ui.bridge.host_link import HostLink
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.models.series import series_book
from workbench.ui.panels.strip.timestrip import TimeStrip
from workbench.ui.settings import Settings
from workbench.ui.theme.theme import theme
from workbench.ui.theme.tokens import SIZE
from workbench.ui.window import commands, pages, regions
from workbench.ui.window.actions import ActionBook
from workbench.ui.window.appearance import Appearance
from workbench.ui.window.autosave import Autosave
from workbench.ui.window.closing import Closing
from workbench.ui.window.dialogs import Dialogs
from workbench.ui.window.files import Files
from workbench.ui.window.focus import FocusKeeper
from workbench.ui.window.host_bar import HostBar
from workbench.ui.window.host_watch import HostWatch
from workbench.ui.window.layouts import Layouts
from workbench.ui.window.menus import Menus
from workbench.ui.window.own_panels import OwnPanels
from workbench.ui.window.queue_acts import QueueActs
from workbench.ui.window.rail import Rail
from workbench.ui.window.running import Running
from workbench.ui.window.selection_acts import SelectionActs
from workbench.ui.window.status import StatusLine
from workbench.ui.window.title import Title
from workbench.ui.window.toolbar import TopBar
from workbench.ui.window.whole import WholeWindow

_STEP = 32
_SMALLEST, _LEAST = QSize(1024, 640), QSize(960, 560)  # below the least, docks would lie over each other
_FRAME = QSize(4, 32)  # what a window manager adds; Qt knows it only later


class MainWindow(WholeWindow):
    """See the module. ``closed`` comes once, after everything was put in order."""

    closed = Signal()

    def __init__(self, workspace: Workspace, settings: Settings, link: HostLink) -> None:
        super().__init__()
        self.workspace, self.settings, self.link = workspace, settings, link
        workspace.setParent(self)  # it goes with its window, and with it all that follows it
        self._series = series_book(workspace.document)
        self._series.names.update(settings.series(workspace.path))
        self.setObjectName("window")
        room = self.screen().availableSize() - _FRAME
        self.setMinimumSize(_SMALLEST.boundedTo(room).expandedTo(_LEAST))  # whole, with its frame, on such a screen
        self.resize(min(1440, room.width()), min(900, room.height()))
        self.setDockNestingEnabled(True)
        self.setAnimated(False)
        self.files = Files(self, workspace)
        self.running = Running(workspace)
        self.layouts = Layouts(self, settings)
        self.autosave = Autosave(workspace)
        self.actions_book = ActionBook(self)
        self.appearance = Appearance(settings, self.actions_book, self)
        self.dialogs = Dialogs(self)
        self.selected = SelectionActs(self, self.dialogs)
        commands.add_early(self.actions_book, self)
        self.faults = QMenu(self.tr("Faults"), self)
        self.faults.aboutToShow.connect(lambda: self.running.fill_faults(self.faults))
        self._build()
        commands.add_late(self.actions_book, self)
        self._fill_menus()
        self._connect()
        self.host_watch = HostWatch(self)
        self.closing = Closing(self)
        self.focus = FocusKeeper(self, self.canvas, self.actions_book)
        self._laid_out = False

    # -- building ------------------------------------------------------------------------------------------
    def _build(self) -> None:
        self.own_panels = OwnPanels(self, self.workspace)
        self.own_panels.replay_wanted.connect(self.selected.replay_node)
        self.queue_acts = QueueActs(self.workspace, self.own_panels, self)
        self.topbar = TopBar(self.workspace, self.actions_book, self.faults)
        self.topbar.time_chosen.connect(self._choose_time)
        self.addToolBar(Qt.ToolBarArea.TopToolBarArea, self.topbar)
        self.canvas = regions.canvas(self)
        self.host_bar = HostBar()
        centre = QWidget()
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.host_bar)
        column.addWidget(self.canvas, 1)
        self.setCentralWidget(centre)
        self.palette_panel, self.outline = regions.palette(self), regions.outline(self)
        self.topics, self.systems = regions.topics(self), regions.systems(self)
        self.parts_dock = regions.parts_dock(self)
        self.rail = Rail(self.parts_dock, {"palette": "topic", "outline": "list", "systems": "plug"}, self)
        self.addToolBar(Qt.ToolBarArea.LeftToolBarArea, self.rail)
        self.inspector = regions.inspector(self)
        self.side_dock = regions.side_dock(self)
        self.data_dock = pages.data_dock(self)
        self.lag_dock = pages.lag_dock(self)
        self.setCorner(Qt.Corner.BottomLeftCorner, Qt.DockWidgetArea.BottomDockWidgetArea)
        self.strip = TimeStrip(self.workspace)
        self.addToolBar(Qt.ToolBarArea.BottomToolBarArea, regions.fixed_bar("time_strip", self.tr("Time"), self.strip))
        self.status = StatusLine(self.workspace, lambda: self.canvas.frame_stats().fps)
        self.status.file.clicked.connect(self.dialogs.file_size)
        self.setStatusBar(self.status)

    def _fill_menus(self) -> None:
        self.menus = Menus(self, self.dialogs, self.selected)
        self.menus.fill(self.menuBar())
        self.menuBar().setFixedHeight(int(SIZE["menu"]))
        self.title = Title()
        self.menuBar().setCornerWidget(self.title, Qt.Corner.TopRightCorner)
        self._show_name()

    def _connect(self) -> None:
        workspace = self.workspace
        workspace.time_changed.connect(self._take_time)
        workspace.notice.connect(lambda text: self.status.showMessage(text, 6000))
        self.autosave.saved.connect(self.title.saved)
        self.workspace.phase_changed.connect(self.title.show_phase)
        self.autosave.unsaved.connect(self.title.unsaved)
        workspace.undo_stack.canUndoChanged.connect(self.actions_book["edit.undo"].setEnabled)
        workspace.undo_stack.canRedoChanged.connect(self.actions_book["edit.redo"].setEnabled)
        for name, can in (("undo", workspace.undo_stack.canUndo()), ("redo", workspace.undo_stack.canRedo())):
            self.actions_book[f"edit.{name}"].setEnabled(can)
        self.appearance.mark()

    # -- the file ------------------------------------------------------------------------------------------
    @property
    def untouched(self) -> bool:
        """Whether nothing is in it and nobody did anything in it: it makes room for a file opened from it."""
        workspace, live = self.workspace, self.workspace.live
        return (workspace.connected and workspace.loaded and not workspace.document.nodes
                and not workspace.undo_stack.count() and not live.topics and not live.clients
                and not live.host.listeners)

    def load_drawing(self, text: str) -> None:
        """Show a drawing from its text form; a text that can't be read is said, and nothing is shown."""
        if text:
            try:
                read = codec.loads(text)
            except WorkbenchError as error:
                self.workspace.failed.emit(error)
                return
            self.workspace.document.replace_all(read.nodes, read.links, read.title)
            self.workspace.undo_stack.clear()
            self.topbar.show_state()
        self.autosave.took(codec.dumps(self.workspace.document))
        self._show_name()

    def _show_name(self) -> None:
        self.title.show_file(self.workspace.path.name)
        self.setWindowTitle(f"{self.workspace.path.name} – Event-flow workbench")

    # -- time ----------------------------------------------------------------------------------------------
    def _choose_time(self, key: str) -> None:
        """Live, or the past: from the moment of now, with the strip ready to be dragged."""
        if key == "live":
            self.strip.go_live()
        else:
            self.strip.seek(self.workspace.live.at_ms)
            self.strip.setFocus()

    def _take_time(self, at_ms: int | None) -> None:
        """In the past its colours, and End and Home wherever the focus is (a field that is typed in keeps them)."""
        theme().set_past(at_ms is not None)
        where = Qt.ShortcutContext.WidgetWithChildrenShortcut if at_ms is None else Qt.ShortcutContext.WindowShortcut
        for name in ("replay.live", "replay.start"):
            if name in self.actions_book and self.actions_book[name].shortcutContext() != where:
                self.actions_book[name].setShortcutContext(where)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc that nobody else wanted leaves the past."""
        if event.key() == Qt.Key.Key_Escape and self.workspace.at_ms is not None:
            self.strip.go_live()
            return
        super().keyPressEvent(event)

    # -- regions -------------------------------------------------------------------------------------------
    def show_records(self, topic: str, connection: str = "") -> None:
        self.show_data("records")
        pages.records(self).show_topic(topic, connection)

    def show_place(self, topic: str, partition: int, offset: int) -> None:
        self.show_data("records")
        pages.records(self).show_place(topic, partition, offset)

    def focus_filter(self) -> None:
        self.show_data("records")
        pages.records(self).bar.filter.setFocus()

    def focus_next_region(self) -> None:
        regions = [w for w in (self.palette_panel.search, self.canvas, self.inspector, self.data_dock.widget(),
                               self.strip) if w.isVisible()]
        held = [i for i, w in enumerate(regions) if w.hasFocus() or w.isAncestorOf(self.focusWidget() or self)]
        regions[((held[0] if held else -1) + 1) % len(regions)].setFocus(Qt.FocusReason.TabFocusReason)

    # -- Qt ------------------------------------------------------------------------------------------------
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._laid_out:
            self._laid_out = True
            self.layouts.restore()
            self.layouts.fit_width(self.width())
            QTimer.singleShot(0, self.layouts, self.layouts.settle)
            self.canvas.first_painted.connect(self._after_first_paint)

    def _after_first_paint(self) -> None:
        self.canvas.setFocus()
        self.canvas.fit()
        pages.fill(self)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._laid_out:
            self.layouts.fit_width(event.size().width())

    def come_forward(self) -> None:
        """Somebody opened the same file again."""
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()

    def shift(self, steps: int) -> None:
        """Stand a little beside the place of the last window, so that both are seen."""
        if steps and not self.isMaximized():
            room = self.screen().availableGeometry()
            self.move(min(self.x() + steps * _STEP, max(room.left(), room.right() - self.width())),
                      min(self.y() + steps * _STEP, max(room.top(), room.bottom() - self.height())))

    def close_for_good(self) -> None:
        """A signal to end: what can't be stored does not keep the window."""
        self.closing.insists = True
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        """The drawing is stored and the host told; then everything is let go of, in order. See ``closing``."""
        if not self.closing.ask():
            event.ignore()
            return
        self.layouts.save()
        self.settings.set_series(self.workspace.path, self._series.names)
        self.settings.sync()
        self.own_panels.close_all()
        theme().set_past(False)
        self.autosave.close()
        self.canvas.close_canvas()
        self.strip.close_past()
        self.workspace.close()
        super().closeEvent(event)
        self.closed.emit()
