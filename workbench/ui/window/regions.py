"""The canvas and the panels beside it: each is wired to the rest of the window where it is made. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QToolBar, QWidget

from workbench.ui.canvas.view import FlowView
from workbench.ui.panels.inspector.inspector import Inspector
from workbench.ui.panels.inspector.settings_form import SettingsForm
from workbench.ui.panels.lists.outline import OutlinePanel
from workbench.ui.panels.lists.palette import PalettePanel
from workbench.ui.panels.lists.topics import TopicsPanel
from workbench.ui.panels.systems.panel import SystemsPanel
from workbench.ui.qt_types import layout_of
from workbench.ui.window.docks import PageDock
from workbench.ui.window.whole import WholeWindow


def canvas(window: WholeWindow) -> FlowView:
    made = FlowView(window.workspace)
    made.panel_wanted.connect(window.own_panels.open)
    made.replay_wanted.connect(window.selected.replay_node)
    made.binding_wanted.connect(window.selected.edit_binding)
    made.menu_wanted.connect(lambda subject, place: window.menus.open_context(subject, place))
    made.run_wanted.connect(window.running.toggle)
    made.empty.sample_wanted.connect(window.dialogs.samples)
    made.empty.file_wanted.connect(window.files.play_file)
    made.empty.recording_wanted.connect(window.files.open)
    window.workspace.movement_shown.connect(made.feed)
    return made


def palette(window: WholeWindow) -> PalettePanel:
    made = PalettePanel()
    made.place_wanted.connect(window.canvas.place)
    return made


def outline(window: WholeWindow) -> OutlinePanel:
    made = OutlinePanel(window.workspace)
    made.panel_wanted.connect(window.own_panels.open)
    return made


def topics(window: WholeWindow) -> TopicsPanel:
    made = TopicsPanel(window.workspace)
    made.topic_wanted.connect(lambda: window.canvas.place("topic"))
    made.records_wanted.connect(window.show_records)
    made.deleted_wanted.connect(window.dialogs.deleted_topics)
    return made


def systems(window: WholeWindow) -> SystemsPanel:
    made = SystemsPanel(window.workspace)
    made.records_wanted.connect(window.show_records)
    made.attach_wanted.connect(window.dialogs.attach)
    made.came.connect(lambda: window.show_dock(window.parts_dock, "systems"))
    return made


def inspector(window: WholeWindow) -> Inspector:
    made = Inspector(window.workspace)
    wishes = made.wishes
    wishes.panel.connect(window.own_panels.open)
    wishes.settings.connect(lambda _: window.side_dock.show_page("settings"))
    wishes.replay.connect(window.selected.replay_node)
    wishes.binding.connect(window.selected.edit_binding)
    wishes.keep.connect(window.canvas.acts.keep)
    wishes.redrive.connect(window.queue_acts.redrive)
    wishes.purge.connect(window.queue_acts.purge)
    wishes.clients.connect(window.dialogs.clients)
    return made


def parts_dock(window: WholeWindow) -> PageDock:
    """What can be drawn and what there is, left of the canvas."""
    dock = PageDock("parts", window.tr("Parts"), window)
    split = QSplitter(Qt.Orientation.Vertical)
    split.addWidget(window.palette_panel)
    split.addWidget(window.topics)
    split.setSizes([250, 180])
    split.setChildrenCollapsible(False)
    split.setHandleWidth(1)
    dock.add_page("palette", window.tr("Palette"), "", split)
    dock.add_page("outline", window.tr("Outline"), "", window.outline)
    dock.add_page("systems", window.tr("Systems"), "", window.systems)
    return dock


def side_dock(window: WholeWindow) -> PageDock:
    """What is selected, right of the canvas."""
    dock = PageDock("side", window.tr("Selection"), window)
    dock.add_page("inspector", window.tr("Inspector"), "", window.inspector)
    dock.add_page("settings", window.tr("Settings"), "", SettingsForm(window.workspace))
    return dock


def fixed_bar(name: str, title: str, widget: QWidget) -> QToolBar:
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
