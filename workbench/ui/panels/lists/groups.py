"""All consumer groups as a table: who reads what, how far behind, and what can be done about it.

Choosing a row chooses the group on the canvas, and the other way round. GUI thread.
"""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QPoint, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QIcon, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QMenu, QStackedWidget, QVBoxLayout, QWidget

from workbench.control.messages import ControlGroup, ControlMember
from workbench.core.acts import GroupControl, MemberControl
from workbench.core.capabilities import Capabilities, capabilities
from workbench.core.errors import Unsupported
from workbench.core.health import Condition, Health
from workbench.core.snapshot import GroupStat, Snapshot
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.models.attached import connection_of, with_attached
from workbench.ui.models.health import LAG_ROLE, health_of, restartable
from workbench.ui.models.outside import group_part
from workbench.ui.models.series import group_node, group_series, selected_group
from workbench.ui.models.tables import Column, ValuesModel
from workbench.ui.panels.lists.deleting import ask_delete_group
from workbench.ui.panels.parts.loading import EmptyOnceLoaded
from workbench.ui.panels.parts.values_table import ValuesTable
from workbench.ui.panels.replay.preview import open_replay_preview
from workbench.ui.theme import icons, words


class GroupsPanel(QWidget):
    """See the module. ``panel_wanted`` names the node of a group whose panel should open."""

    panel_wanted = Signal(str)

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self.model: ValuesModel[GroupStat] = ValuesModel(self._columns(), lambda group: group.name, self)
        self.table = ValuesTable(self.model, self.tr("Groups"), sortable=True)
        self._stack = QStackedWidget()
        how = self.tr("Drag a group onto the canvas, or let a Kafka client join one.")
        self._stack.addWidget(EmptyOnceLoaded(self._workspace, "group", self.tr("No groups yet"), how))
        self._stack.addWidget(self.table)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._stack)
        workspace.shown_changed.connect(self._follow)
        workspace.selection_changed.connect(lambda _: self._mark_selected())
        self.table.selectionModel().currentRowChanged.connect(lambda now, _: self._choose(now.row()))
        self.model.modelReset.connect(self._mark_selected)
        self.table.customContextMenuRequested.connect(self._open_menu)
        self.table.doubleClicked.connect(lambda _: self.open_panel())
        for key in ("Return", "Enter"):
            QShortcut(QKeySequence(key), self.table, self.open_panel, context=Qt.ShortcutContext.WidgetShortcut)
        QShortcut(QKeySequence("R"), self.table, self.replay, context=Qt.ShortcutContext.WidgetShortcut)

    def _columns(self) -> list[Column[GroupStat]]:
        return [
            Column(self.tr("Group"), lambda g: g.name, 150, strong=lambda g: True, icon=self._icon),
            Column(self.tr("State"), self._state, 120, tone=self._state_tone),
            Column(self.tr("Generation"), lambda g: str(g.generation or "–"), 96, right=True, mono=True,
                   order=lambda g: g.generation, spare=3),
            Column(self.tr("Assignor"), lambda g: g.assignor or "–", 110, tone=lambda g: "text_muted", spare=4),
            Column(self.tr("Members"), lambda g: words.count(len(g.members)), 84, right=True, mono=True,
                   order=lambda g: len(g.members), spare=2),
            Column(self.tr("Reads"), self._reads, 0, tone=lambda g: "text_muted"),
            Column(self.tr("Rate"), lambda g: words.rate(g.rate), 80, right=True, mono=True, order=lambda g: g.rate),
            Column(self.tr("Behind"), lambda g: words.count(g.lag_records), 90, right=True, mono=True, tone=self._tone,
                   strong=lambda g: self._tone(g) != "text", order=lambda g: g.lag_records),
            Column(self.tr("In time"), lambda g: "–" if g.lag_ms is None else words.duration(g.lag_ms), 100, right=True,
                   mono=True, tone=self._tone, order=lambda g: -1 if g.lag_ms is None else g.lag_ms),
            Column(self.tr("Trend"), self._trend, 90, right=True, mono=True, tone=self._tone, order=lambda g: g.trend,
                   spare=1),
        ]

    def _reads(self, group: GroupStat) -> str:
        node = None if group.topics else group_node(self._workspace.document, group.name)
        if node is None:
            return ", ".join(group.topics) or "–"
        queues = ", ".join(source.name for source in self._workspace.document.sources_of(node.id))
        return self.tr("{0}, by leases").format(queues) if queues else "–"

    def _icon(self, group: GroupStat) -> QIcon:
        if self._connection(group):
            return icons.icon("plug", "external")
        drawn = group_node(self._workspace.document, group.name) is not None
        return icons.icon("group", "consumer") if drawn else icons.icon("client", "external")

    def _state(self, group: GroupStat) -> str:
        said = {Condition.PAUSED: self.tr("Paused"), Condition.KILLED: self.tr("Killed"),
                Condition.FAILED: self.tr("Failed"), Condition.STOPPED: self.tr("Stopped")}.get(
            self._health(group).condition)
        if said is not None:
            return said
        return {"PreparingRebalance": self.tr("Members join"), "CompletingRebalance": self.tr("Sharing out"),
                "Stable": self.tr("Reading"), "Empty": self.tr("No members")}.get(group.state, group.state)

    def _state_tone(self, group: GroupStat) -> str:
        health = self._health(group)
        if health.condition in (Condition.KILLED, Condition.FAILED, Condition.UNREAD):
            return LAG_ROLE[health.level]
        return "ok" if group.state == "Stable" and health.condition is not Condition.PAUSED else "text_muted"

    def _tone(self, group: GroupStat) -> str:
        return LAG_ROLE[self._health(group).lag]

    def _health(self, group: GroupStat) -> Health:
        return health_of(group, group_node(self._workspace.document, group.name), self._workspace.shown.run)

    def _trend(self, group: GroupStat) -> str:
        if abs(group.trend) < 1:
            return self.tr("steady")
        return f"{words.change(group.trend)}/s {'↗' if group.trend > 0 else '↘'}"

    # -- following -----------------------------------------------------------------------------------------
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._follow(self._workspace.shown)

    def _follow(self, snapshot: Snapshot) -> None:
        if self.isVisible():
            snapshot = with_attached(snapshot, self._workspace.live)
            order = list(group_series(self._workspace.document, snapshot))
            self.model.show(sorted(snapshot.groups, key=lambda group: order.index(group.name)))
            self._stack.setCurrentIndex(1 if snapshot.groups else 0)

    def _mark_selected(self) -> None:
        row = self.model.row_of(selected_group(self._workspace.document, self._workspace.selection))
        with QSignalBlocker(self.table.selectionModel()):
            if row >= 0:
                self.table.selectRow(row)
        self.table.viewport().update()

    def _choose(self, row: int) -> None:
        if 0 <= row < len(self.model.rows) and not self._connection(self.model.rows[row]):
            self._workspace.select([group_part(self._workspace.document, self.model.rows[row].name)])

    # -- acts ----------------------------------------------------------------------------------------------
    def open_panel(self) -> None:
        """Open the chosen group's panel, drawn or from outside."""
        group = self.table.chosen()
        if group is not None and not self._connection(group):
            self.panel_wanted.emit(group_part(self._workspace.document, group.name))

    def replay(self) -> None:
        """Open the preview for the chosen group, with its form."""
        group = self.table.chosen()
        if group is not None and (why_not := self._can(group).why_not("reset")):
            self._workspace.failed.emit(Unsupported(why_not))
        elif group is not None:
            open_replay_preview(self._workspace, self, group.name)

    def _open_menu(self, at: QPoint) -> None:
        group = self.table.chosen()
        if group is not None:
            self.menu_for(group).popup(self.table.viewport().mapToGlobal(at))

    def _connection(self, group: GroupStat) -> str:
        return connection_of(self._workspace.live, group.name)

    def _can(self, group: GroupStat) -> Capabilities:
        return capabilities(self._workspace.live, self._connection(group))

    def menu_for(self, group: GroupStat) -> QMenu:
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        node, can = group_node(self._workspace.document, group.name), self._can(group)
        replay = menu.addAction(icons.icon("replay", "consumer"), self.tr("Replay from… (R)"))
        replay.triggered.connect(self.replay)
        replay.setEnabled(not can.why_not("reset"))
        replay.setToolTip(can.why_not("reset") or replay.text())
        act = GroupControl.RESUME if group.paused else GroupControl.PAUSE
        pause = menu.addAction(icons.icon("run" if group.paused else "pause", "text"),
                               self.tr("Resume") if group.paused else self.tr("Pause"))
        if node is not None:
            pause.triggered.connect(partial(self._control, node.id, act))
        else:
            pause.setEnabled(False)
            pause.setToolTip(self.tr("It is an outside client; it is not ours to pause."))
        if node is not None and (gone := restartable(group)):
            restart = menu.addAction(icons.icon("restart", "text"), self.tr("Restart its members"))
            restart.triggered.connect(partial(self._restart, node.id, gone))
        menu.addSeparator()
        delete = menu.addAction(icons.icon("delete", "bad"), self.tr("Delete its offsets…"))
        kept = can.why_not("delete_group") or (self.tr("Members are still reading.") if group.members else "")
        delete.setEnabled(not kept)
        delete.setToolTip(kept)
        delete.triggered.connect(lambda *_: ask_delete_group(self._workspace, group, self.window()))
        if not self._connection(group):
            menu.addSeparator()
            menu.addAction(icons.icon("tear_off", "text"), self.tr("Open its panel (Enter)")).triggered.connect(
                self.open_panel)
        return menu

    def _control(self, node_id: str, act: GroupControl, _checked: bool = False) -> None:
        self._workspace.act(ControlGroup(node_id, act)).run()

    def _restart(self, node_id: str, members: tuple[str, ...], _checked: bool = False) -> None:
        for member in members:
            self._workspace.act(ControlMember(node_id, MemberControl.RESTART, member)).run()
