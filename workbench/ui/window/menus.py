"""The menus: which actions stand where, and the menus of nodes, links and the empty canvas."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtWidgets import QMenu, QMenuBar

from workbench.control.messages import ControlGroup, ControlMember, ControlProducer
from workbench.core.acts import GroupControl, MemberControl, ProducerControl
from workbench.flow.arrange import Alignment
from workbench.flow.kinds import KINDS
from workbench.ui.canvas.kinds import view_of
from workbench.ui.canvas.queue_view_states import is_routing_link
from workbench.ui.models import outside
from workbench.ui.models.health import restartable
from workbench.ui.models.queue_stats import dead_in
from workbench.ui.theme.icons import icon
from workbench.ui.window.dialogs import Dialogs
from workbench.ui.window.own_panels import panel_of
from workbench.ui.window.parts import WindowParts
from workbench.ui.window.selection_acts import SelectionActs

# A name adds the action, "-" a separator, "section.*" all of a section that is not placed by name.
LAYOUT: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("File", ("file.new", "file.open", "@recent", "@samples", "-", "file.save_as", "file.import", "file.take_in",
              "file.export", "file.drawing", "-", "file.encodings", "file.size", "file.deleted", "-", "file.close")),
    ("Edit", ("edit.undo", "edit.redo", "-", "edit.cut", "edit.copy", "edit.paste", "edit.duplicate", "edit.delete",
              "edit.select_all", "-", "edit.rename", "tools.preferences")),
    ("View", ("view.zoom_in", "view.zoom_out", "view.actual", "view.fit", "-", "@panels", "@layouts", "-",
              "view.light", "view.dark", "view.system", "-", "view.motion")),
    ("Flow", ("@add", "-", "flow.tidy", "@align", "-", "flow.panel", "flow.link", "-",
              "queue.messages", "queue.receive", "queue.redrive", "queue.purge")),
    ("Run", ("run.toggle", "run.start", "run.pause", "run.step", "run.stop", "-", "@speed", "@faults")),
    ("Replay", ("replay.group", "-", "replay.live", "replay.play", "replay.previous", "replay.next", "replay.start",
                "replay.jump", "-", "replay.bookmark")),
    ("Tools", ("tools.commands", "tools.filter", "-", "tools.clients", "tools.attach", "-", "tools.preferences")),
    ("Help", ("help.tour", "help.keys", "help.guide", "-", "help.about")),
)


class Menus(QObject):
    """Fills the menu bar, and the context menus of the canvas."""

    def __init__(self, window: WindowParts, dialogs: Dialogs, selected: SelectionActs) -> None:
        super().__init__(window)
        self._window, self._dialogs, self._selected = window, dialogs, selected
        self._workspace = window.workspace
        self._actions = window.actions_book

    def fill(self, bar: QMenuBar) -> None:
        titles = {"File": self.tr("File"), "Edit": self.tr("Edit"), "View": self.tr("View"), "Flow": self.tr("Flow"),
                  "Run": self.tr("Run"), "Replay": self.tr("Replay"), "Tools": self.tr("Tools"),
                  "Help": self.tr("Help")}
        for title, entries in LAYOUT:
            menu = bar.addMenu(titles[title])
            for entry in entries:
                if entry == "-":
                    menu.addSeparator()
                elif entry.startswith("@"):
                    self._sub(menu, entry[1:])
                else:
                    self._put(menu, entry)

    def _put(self, menu: QMenu, name: str) -> None:
        action = self._actions[name]
        keys = action.property("keys")
        menu.addAction(action)
        if keys and "\t" not in action.text():
            action.setText(f"{action.text()}\t{keys}")

    def _sub(self, menu: QMenu, what: str) -> None:
        if what == "faults":
            menu.addMenu(self._window.faults)
            return
        titles = {"recent": self.tr("Open recent"), "samples": self.tr("Samples"), "panels": self.tr("Panels"),
                  "layouts": self.tr("Layouts"), "add": self.tr("Add"), "align": self.tr("Align"),
                  "speed": self.tr("Speed")}
        sub = menu.addMenu(titles[what])
        if what == "recent":
            sub.aboutToShow.connect(lambda: self._fill_recent(sub))
        elif what == "align":
            self._fill_align(sub)
        else:
            section = {"samples": "sample", "panels": "panel", "layouts": "layout", "add": "add", "speed": "run.speed"}
            for action in self._actions.section(section[what]):
                sub.addAction(action)

    def _fill_recent(self, menu: QMenu) -> None:
        menu.clear()
        for path in self._window.settings.recent:
            action = menu.addAction(path.name)
            action.setToolTip(str(path))
            action.setEnabled(path.exists())
            action.triggered.connect(lambda *_, path=path: self._window.files.open_wanted.emit(path))
        if menu.isEmpty():
            menu.addAction(self.tr("None yet")).setEnabled(False)

    def _fill_align(self, menu: QMenu) -> None:
        ways: dict[Alignment, str] = {
            "left": self.tr("Left edges"), "centre": self.tr("Centres"), "right": self.tr("Right edges"),
            "top": self.tr("Top edges"), "middle": self.tr("Middles"), "bottom": self.tr("Bottom edges"),
        }
        for how, text in ways.items():
            self._add_way(menu, text, how)
        menu.addSeparator()
        acts = self._window.canvas.acts
        menu.addAction(self.tr("Distribute across")).triggered.connect(lambda *_: acts.distribute(True))
        menu.addAction(self.tr("Distribute down")).triggered.connect(lambda *_: acts.distribute(False))

    def _add_way(self, menu: QMenu, text: str, how: Alignment) -> None:
        menu.addAction(text).triggered.connect(lambda *_: self._window.canvas.acts.align(how))

    # -- context menus -------------------------------------------------------------------------------------
    def open_context(self, subject: str, place: QPoint) -> None:
        """Open the menu of ``subject`` at a global place."""
        menu = QMenu(self._window)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.context(menu, subject)
        menu.popup(place)

    def context(self, menu: QMenu, subject: str) -> None:
        """Fill the menu of a node or link (its id), or of the empty canvas ("")."""
        document = self._workspace.document
        if document.has_node(subject):
            self._of_node(menu, subject)
            menu.addSeparator()
            for name in ("edit.rename", "edit.duplicate", "edit.copy", "edit.delete"):
                menu.addAction(self._actions[name])
        elif subject.startswith(outside.PREFIX):
            self._of_client(menu, subject)
        elif document.has_link(subject):
            if is_routing_link(document, document.link(subject)):
                edit = menu.addAction(icon("key", "queue"), self.tr("Edit what it carries"))
                edit.triggered.connect(lambda *_: self._selected.edit_binding(subject))
            menu.addAction(self._actions["edit.delete"])
        else:
            add = menu.addMenu(icon("add"), self.tr("Add"))
            for action in self._actions.section("add"):
                add.addAction(action)
            for name in ("edit.paste", "edit.select_all", "flow.tidy", "view.fit"):
                menu.addAction(self._actions[name])

    def _of_node(self, menu: QMenu, node_id: str) -> None:
        node = self._workspace.document.node(node_id)
        role = KINDS[node.kind].role
        if panel_of(node):
            menu.addAction(self._actions["flow.panel"])
        for name in view_of(node).menu:
            menu.addAction(self._actions[name])
        if node.kind == "queue":
            self._actions["queue.redrive"].setEnabled(bool(dead_in(self._workspace.live, node.name)))
        if role == "group":
            group = self._workspace.live.group(node.name)
            paused = group is not None and group.paused
            if group is not None and (gone := restartable(group)):
                text = self.tr("Restart {0}").format(gone[0]) if len(gone) == 1 else self.tr("Restart its members")
                menu.addAction(icon("restart"), text).triggered.connect(lambda *_: self._restart(node_id, gone))
            self._pause(menu, paused, lambda: ControlGroup(
                node_id, GroupControl.RESUME if paused else GroupControl.PAUSE))
        elif role == "producer":
            stat = self._workspace.live.producer(node_id)
            paused = stat is not None and stat.state.value == "paused"
            self._pause(menu, paused, lambda: ControlProducer(
                node_id, ProducerControl.RESUME if paused else ProducerControl.PAUSE))
        if not KINDS[node.kind].drawn_only:
            menu.addAction(self._actions["flow.link"])

    def _restart(self, node_id: str, members: tuple[str, ...]) -> None:
        for member in members:
            self._workspace.act(ControlMember(node_id, MemberControl.RESTART, member)).run()

    def _of_client(self, menu: QMenu, subject: str) -> None:
        """A client or a topic that is not in the drawing: it can be kept, looked into, and its group moved."""
        group = next((g for g in self._workspace.live.groups if outside.group_id(g.name) == subject), None)
        topic = next((t for t in self._workspace.live.topics if outside.topic_id(t.name) == subject), None)
        if group is not None:
            menu.addAction(self._actions["flow.panel"])
        keep = menu.addAction(icon("pin"), self.tr("Keep on the drawing"))
        keep.triggered.connect(lambda *_: self._window.canvas.acts.keep(subject))
        if topic is not None:
            show = menu.addAction(icon("records"), self.tr("Show its records"))
            show.triggered.connect(lambda *_: self._window.show_records(topic.name))
            return
        if group is not None:
            replay = menu.addAction(icon("replay", "consumer"), self.tr("Replay from…"))
            replay.triggered.connect(lambda *_: self._dialogs.replay(group.name))
        menu.addAction(self._actions["panel.clients"])

    def _pause(self, menu: QMenu, paused: bool, command: Callable[[], ControlGroup | ControlProducer]) -> None:
        text, glyph = (self.tr("Resume"), "run") if paused else (self.tr("Pause"), "pause")
        menu.addAction(icon(glyph), text).triggered.connect(lambda *_: self._workspace.act(command()).run())
