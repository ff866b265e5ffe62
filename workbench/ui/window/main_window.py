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
from PySide6.QtWidgets import QMainWindow, QMenu, QSplitter, QToolBar, QVBoxLayout, QWidget

from workbench.core.errors import WorkbenchError
from workbench.flow import codec
from workbench.flow.kinds import GROUPS
from workbench.ui.bridge.host_link import HostLink
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.canvas.view import FlowView
from workbench.ui.models.outside import group_id
from workbench.ui.models.series import series_book
from workbench.ui.panels.inspector.inspector import Inspector
from workbench.ui.panels.inspector.settings_form import SettingsForm
from workbench.ui.panels.lists.outline import OutlinePanel
from workbench.ui.panels.lists.palette import PalettePanel
from workbench.ui.panels.lists.topics import TopicsPanel
from workbench.ui.panels.strip.timestrip import TimeStrip
from workbench.ui.panels.systems.panel import SystemsPanel
from workbench.ui.qt_types import application, layout_of
from workbench.ui.settings import Settings
from workbench.ui.theme.theme import theme
from workbench.ui.theme.tokens import SIZE
from workbench.ui.window import commands, pages
from workbench.ui.window.actions import ActionBook
from workbench.ui.window.autosave import Autosave
from workbench.ui.window.closing import Closing
from workbench.ui.window.dialogs import Dialogs
from workbench.ui.window.docks import PageDock
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
from workbench.ui.window.status import StatusLine
from workbench.ui.window.title import Title
from workbench.ui.window.toolbar import TopBar

_STEP = 32
_SMALLEST, _LEAST = QSize(1024, 640), QSize(960, 560)  # below the least, docks would lie over each other
_FRAME = QSize(4, 32)  # what a window manager adds; Qt knows it only later


class MainWindow(QMainWindow):
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
        self.dialogs = Dialogs(self)
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
        self.topbar = TopBar(self.workspace, self.actions_book, self.faults)
        self.addToolBar(Qt.ToolBarArea.TopToolBarArea, self.topbar)
        self.canvas = FlowView(self.workspace)
        self.host_bar = HostBar()
        centre = QWidget()
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.host_bar)
        column.addWidget(self.canvas, 1)
        self.setCentralWidget(centre)
        self.parts_dock = self._parts()
        self.rail = Rail(self.parts_dock, {"palette": "topic", "outline": "list", "systems": "plug"}, self)
        self.addToolBar(Qt.ToolBarArea.LeftToolBarArea, self.rail)
        self.side_dock = self._side()
        self.data_dock = pages.data_dock(self)
        self.lag_dock = pages.lag_dock(self)
        self.setCorner(Qt.Corner.BottomLeftCorner, Qt.DockWidgetArea.BottomDockWidgetArea)
        self.strip = TimeStrip(self.workspace)
        self.addToolBar(Qt.ToolBarArea.BottomToolBarArea, _fixed_bar("time_strip", self.tr("Time"), self.strip))
        self.status = StatusLine(self.workspace, lambda: self.canvas.frame_stats().fps)
        self.setStatusBar(self.status)
        self.own_panels = OwnPanels(self, self.workspace)
        self.queue_acts = QueueActs(self.workspace, self.own_panels, self)

    def _parts(self) -> PageDock:
        dock = PageDock("parts", self.tr("Parts"), self)
        self.palette_panel = PalettePanel()
        self.outline = OutlinePanel(self.workspace)
        self.topics = TopicsPanel(self.workspace)
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(self.palette_panel)
        split.addWidget(self.topics)
        split.setSizes([250, 180])
        split.setChildrenCollapsible(False)
        split.setHandleWidth(1)
        dock.add_page("palette", self.tr("Palette"), "", split)
        dock.add_page("outline", self.tr("Outline"), "", self.outline)
        self.systems = SystemsPanel(self.workspace)
        dock.add_page("systems", self.tr("Systems"), "", self.systems)
        return dock

    def _side(self) -> PageDock:
        dock = PageDock("side", self.tr("Selection"), self)
        self.inspector = Inspector(self.workspace)
        dock.add_page("inspector", self.tr("Inspector"), "", self.inspector)
        dock.add_page("settings", self.tr("Settings"), "", SettingsForm(self.workspace))
        return dock

    def _fill_menus(self) -> None:
        self.menus = Menus(self.workspace, self.actions_book, self.faults)
        self.menus.recent = lambda: self.settings.recent
        self.menus.open_recent = self.files.open_wanted.emit
        self.menus.align = self.canvas.acts.align
        self.menus.distribute = self.canvas.acts.distribute
        self.menus.keep = self.canvas.acts.keep
        self.menus.replay = self.dialogs.replay
        self.menus.edit_binding = self.edit_binding
        self.menus.show_records = self.show_records
        self.menus.fill(self.menuBar())
        self.menuBar().setFixedHeight(int(SIZE["menu"]))
        self.title = Title()
        self.menuBar().setCornerWidget(self.title, Qt.Corner.TopRightCorner)
        self._show_name()

    def _connect(self) -> None:
        workspace, canvas = self.workspace, self.canvas
        canvas.panel_wanted.connect(self.own_panels.open)
        canvas.replay_wanted.connect(self.replay_node)
        canvas.menu_wanted.connect(self._open_context_menu)
        canvas.run_wanted.connect(self.running.toggle)
        canvas.binding_wanted.connect(self.edit_binding)
        canvas.empty.sample_wanted.connect(self.dialogs.samples)
        canvas.empty.file_wanted.connect(self.files.play_file)
        canvas.empty.recording_wanted.connect(self.files.open)
        self.palette_panel.place_wanted.connect(canvas.place)
        self.topics.topic_wanted.connect(lambda: canvas.place("topic"))
        self.topics.records_wanted.connect(self.show_records)
        self.status.file.clicked.connect(self.dialogs.file_size)
        self.topics.deleted_wanted.connect(self.dialogs.deleted_topics)
        self.systems.records_wanted.connect(self.show_records)
        self.systems.attach_wanted.connect(self.dialogs.attach)
        self.systems.came.connect(lambda: self.show_dock(self.parts_dock, "systems"))
        self.outline.panel_wanted.connect(self.own_panels.open)
        self.inspector.panel_wanted.connect(self.own_panels.open)
        self.inspector.replay_wanted.connect(self.replay_node)
        self.inspector.clients_wanted.connect(self.dialogs.clients)
        self.inspector.redrive_wanted.connect(self.queue_acts.redrive)
        self.inspector.purge_wanted.connect(self.queue_acts.purge)
        self.inspector.link_wanted.connect(self.edit_binding)
        self.inspector.keep_wanted.connect(canvas.acts.keep)
        self.inspector.settings_wanted.connect(lambda _: self.side_dock.show_page("settings"))
        self.own_panels.replay_wanted.connect(self.replay_node)
        self.topbar.time_chosen.connect(self._choose_time)
        workspace.movement_shown.connect(canvas.feed)
        workspace.time_changed.connect(self._take_time)
        workspace.notice.connect(lambda text: self.status.showMessage(text, 6000))
        self.autosave.saved.connect(self.title.saved)
        self.autosave.unsaved.connect(self.title.unsaved)
        workspace.undo_stack.canUndoChanged.connect(self.actions_book["edit.undo"].setEnabled)
        workspace.undo_stack.canRedoChanged.connect(self.actions_book["edit.redo"].setEnabled)
        for name, can in (("undo", workspace.undo_stack.canUndo()), ("redo", workspace.undo_stack.canRedo())):
            self.actions_book[f"edit.{name}"].setEnabled(can)
        self.mark_theme()

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

    # -- what is selected ----------------------------------------------------------------------------------
    def _selected(self) -> str:
        return next(iter(self.workspace.selection)) if len(self.workspace.selection) == 1 else ""

    def rename_selected(self) -> None:
        if self._selected():
            self.canvas.rename(self._selected())

    def open_selected_panel(self) -> None:
        self.own_panels.open(self._selected())

    def start_link(self) -> None:
        if self._selected():
            self.canvas.setFocus()
            self.canvas.keys.focus(self._selected())
            self.canvas.start_key_link(self._selected())

    def replay_selected(self) -> None:
        self.replay_node(self._selected())

    def replay_node(self, node_id: str) -> None:
        """Open the preview of a replay for a group's node, drawn or from outside."""
        document = self.workspace.document
        outside = [group.name for group in self.workspace.live.groups if group_id(group.name) == node_id]
        if node_id and document.has_node(node_id) and document.node(node_id).kind in GROUPS:
            self.dialogs.replay(document.node(node_id).name)
        elif outside:
            self.dialogs.replay(outside[0])

    def edit_binding(self, link_id: str) -> None:
        """Show what a binding asks for, ready to be changed."""
        self.show_dock(self.side_dock, "inspector")
        self.inspector.edit_binding(link_id)

    def _open_context_menu(self, subject: str, place) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.menus.context(menu, subject)
        menu.popup(place)

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
    def show_data(self, key: str) -> None:
        self.show_dock(self.data_dock, key)

    def show_dock(self, dock: PageDock, key: str) -> None:
        dock.show()
        dock.show_page(key)

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

    # -- looks ---------------------------------------------------------------------------------------------
    def set_theme(self, mode: str) -> None:
        self.settings.theme = mode
        theme().apply(application(), mode)
        self.mark_theme()

    def toggle_motion(self) -> None:
        self.settings.reduced_motion = not theme().reduced_motion
        theme().set_reduced_motion(self.settings.reduced_motion)
        self.mark_theme()

    def mark_theme(self) -> None:
        for mode in ("light", "dark", "system"):
            self.actions_book[f"view.{mode}"].setChecked(theme().mode == mode)
        self.actions_book["view.motion"].setChecked(theme().reduced_motion)

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


def _fixed_bar(name: str, title: str, widget: QWidget) -> QToolBar:
    """A tool bar that can't be moved or hidden, around one widget."""
    bar = QToolBar(title)
    bar.setObjectName(name)
    bar.setMovable(False)
    bar.toggleViewAction().setEnabled(False)
    bar.toggleViewAction().setVisible(False)
    bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
    bar.setStyleSheet("QToolBar { padding: 0; margin: 0; spacing: 0; border: none; }")  # over the sheet's tool bars
    bar.addWidget(widget)
    layout_of(bar).setContentsMargins(0, 0, 0, 0)
    return bar
