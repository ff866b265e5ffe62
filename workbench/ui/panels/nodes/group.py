"""A group's own panel: its members with pause, kill, restart; its partitions; what it receives; seek and replay.

All acts are commands to the host; «+ Member» is an edit of the drawing, so that undo takes it back. While the past is
shown, figures are of then and a line says that acts are of now. GUI thread.
"""

from __future__ import annotations

from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QBoxLayout, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from workbench.control.messages import ControlGroup, ControlMember
from workbench.core.acts import GroupControl, MemberControl
from workbench.core.health import Level
from workbench.core.snapshot import GroupStat, Snapshot
from workbench.flow.document import Node
from workbench.flow.settings import ConsumingSettings, shown_settings
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.models.health import LAG_ROLE, MARK_ROLE, lag_level
from workbench.ui.models.member_count import change_members
from workbench.ui.panels.nodes.member_card import MemberCard
from workbench.ui.panels.nodes.members_table import MembersTable
from workbench.ui.panels.nodes.panel import NodePanel, section_title
from workbench.ui.panels.parts.blocks import label, push_button
from workbench.ui.panels.parts.figures import Cell, Column, FigureTable
from workbench.ui.panels.queue.held import HeldSection
from workbench.ui.panels.replay.seek_form import SeekForm
from workbench.ui.theme import icons, words

_RECEIVED = 7
_MOST_CARDS = 8
_SLOW_MS = 10_000
_STATE_ROLE = {"at work": "accent", "committed": "ok", "failed": "bad", "forwarded": "ok"}


class GroupPanel(NodePanel):
    """See the module."""

    NARROW = 430

    def __init__(self, workspace: Workspace, node_id: str, parent: QWidget | None = None) -> None:
        super().__init__(workspace, node_id, parent)
        self._cards: dict[str, MemberCard] = {}
        self._held = False
        column = self.column
        column.addLayout(self._build_acts())
        self.seek = SeekForm(workspace, node_id)
        column.addWidget(self.seek)
        column.addSpacing(4)
        self._members_title = section_title(self.tr("Members"))
        column.addWidget(self._members_title)
        self._members = QGridLayout()
        self._members.setSpacing(8)
        column.addLayout(self._members)
        self.many = MembersTable()
        self.many.wanted.connect(self._control)
        self.many.hide()
        column.addWidget(self.many)
        self.held = HeldSection(workspace)
        self.held.hide()
        column.addWidget(self.held)
        self._build_tables(column)
        column.addStretch(1)
        self._build_foot(column)
        self.resize(474, 640)

    # -- building ------------------------------------------------------------------------------------------
    def _build_acts(self) -> QHBoxLayout:
        self._acts, row = QHBoxLayout(), QHBoxLayout()
        for layout in (self._acts, row):
            layout.setSpacing(8)
        self.pause = push_button(self.tr("Pause all"), "pause")
        self.pause.clicked.connect(self._pause)
        self.seek_button = push_button(self.tr("Seek…"), "seek",
                                 tip=self.tr("Move what a member reads next; nothing is committed"))
        self.seek_button.clicked.connect(lambda: self.seek.setVisible(self.seek.isHidden()))
        self.replay_button = push_button(self.tr("Replay from…"), "replay",
                                  tip=self.tr("Move the whole group, with a preview (R)"))
        self.replay_button.clicked.connect(lambda: self.replay_wanted.emit(self.node_id))
        self.add = push_button(self.tr("Member"), "add", tip=self.tr("Add a member; the work is shared again"))
        self.add.clicked.connect(self._add_member)
        for button in (self.pause, self.seek_button, self.replay_button):
            row.addWidget(button)
        row.addStretch(1)
        self._acts.addLayout(row, 1)
        self._acts.addWidget(self.add)
        return self._acts

    def set_way(self, way: QBoxLayout.Direction, narrow: bool) -> None:
        for button, glyph in ((self.seek_button, "seek"), (self.replay_button, "replay")):
            button.setIcon(QIcon() if narrow else icons.icon(glyph))
        self._lay_out_cards(list(self._cards))
        self.held.set_narrow(narrow)
        self.partitions.leave_out((2, 4, 5) if narrow else ())
        self.received.leave_out((2, 4) if narrow else ())
        self.take(self._workspace.shown)

    def _build_tables(self, column: QVBoxLayout) -> None:
        column.addSpacing(8)
        self._partitions_title = section_title(self.tr("Partitions"))
        column.addWidget(self._partitions_title)
        self.partitions = FigureTable((
            Column(self.tr("Partition"), stretch=True, mono=True, names=True),
            Column(self.tr("Member"), 50, mono=True, names=True),
            Column(self.tr("Position"), 60, number=True), Column(self.tr("Committed"), 74, number=True),
            Column(self.tr("End"), 58, number=True), Column("", 12), Column(self.tr("Behind"), 52),
            Column("", 50, number=True),
        ), self.tr("Partitions"))
        column.addWidget(self.partitions)
        column.addSpacing(6)
        head = QHBoxLayout()
        self.hold = push_button(self.tr("Hold"), "pause", tip=self.tr("Keep these rows still; the group goes on"))
        self.hold.setProperty("small", True)
        self.hold.setCheckable(True)
        self.hold.toggled.connect(self._hold)
        self._received_title = section_title(self.tr("Received, live"))
        head.addWidget(self._received_title, 1)
        head.addWidget(self.hold)
        column.addLayout(head)
        self.received = FigureTable((
            Column(self.tr("Taken at"), 92, mono=True), Column(self.tr("Record"), 86, number=True), Column("", 10),
            Column(self.tr("Key"), stretch=True, mono=True), Column(self.tr("Event age"), 76, number=True),
            Column(self.tr("State"), 76, right=True),
        ), self.tr("Received, live"))
        column.addWidget(self.received)
        self._nothing = label("", "muted")
        self._nothing.setWordWrap(True)
        column.addWidget(self._nothing)

    def _build_foot(self, column: QVBoxLayout) -> None:
        foot = QHBoxLayout()
        self._settings_words, self._dead_words = label("", "muted"), label("", "muted")
        self._settings_words.setWordWrap(True)
        foot.addWidget(self._settings_words, 1)
        foot.addWidget(self._dead_words)
        column.addLayout(foot)

    # -- following -----------------------------------------------------------------------------------------
    @property
    def subtitle(self) -> str:
        """What it is and what it reads, for the title bar."""
        node = self.node
        if node is None:
            return self.tr("group")
        topics = ", ".join(source.name for source in self._workspace.document.sources_of(node.id))
        if self._drawn(node):
            return self.tr("group on {0}").format(topics) if topics else self.tr("group")
        stat = self._workspace.live.group(node.name)
        topics = ", ".join(stat.topics) if stat is not None else ""
        return self.tr("group from outside on {0}").format(topics) if topics else self.tr("group from outside")

    def _drawn(self, node: Node) -> bool:
        return self._workspace.document.has_node(node.id)

    def refresh(self, node: Node, snapshot: Snapshot) -> None:
        stat = snapshot.group(node.name)
        self._show_members(stat)
        self.held.show_group(self._workspace, node, snapshot)
        self._show_partitions(stat)
        if not self._held:
            self._show_received(stat)
        self._show_foot(node, stat)
        paused = stat is not None and stat.paused
        self.pause.setText(self.tr("Resume all") if paused else self.tr("Pause all"))
        self.pause.setIcon(icons.icon("run" if paused else "pause"))
        self.pause.setAccessibleName(self.pause.text())
        self.pause.setEnabled(stat is not None and any(member.node_id for member in stat.members))
        for button in (self.pause, self.add):
            button.setVisible(self._drawn(node))

    def _show_members(self, stat: GroupStat | None) -> None:
        members = stat.members if stat else ()
        in_cards = members if len(members) <= _MOST_CARDS else ()
        names = [member.name for member in in_cards]
        if names != list(self._cards):
            self._lay_out_cards(names)
        for member in in_cards:
            self._cards[member.name].show_member(member)
        self.many.setVisible(len(members) > _MOST_CARDS)
        if len(members) > _MOST_CARDS:
            self.many.show_members(members)
        by = stat.assignor if stat else ""
        self._members_title.setText(self.tr("Members, assigned by {0}").format(by) if by else self.tr("Members"))

    def _lay_out_cards(self, names: list[str]) -> None:
        for card in self._cards.values():
            self._members.removeWidget(card)
            card.hide()
            card.deleteLater()
        self._cards = {}
        for place, name in enumerate(names):
            card = self._cards[name] = MemberCard(name)
            card.wanted.connect(self._control)
            across = 1 if self.narrow else 2
            self._members.addWidget(card, place // across, place % across)

    def _show_partitions(self, stat: GroupStat | None) -> None:
        parts = stat.partitions if stat else ()
        most = max((p.lag_records for p in parts), default=0) or 1
        names = {member.member_id: member.name for member in (stat.members if stat else ()) if member.member_id}
        rows = []
        for p in parts:
            lag, level = p.lag_records, Level.OK if stat is None else lag_level(p, stat, self.node)
            owner = names.get(p.member_id, "–").rpartition("-")[2] or "–"
            rows.append((
                Cell(f"{p.topic}/{p.partition}"), Cell(owner, "text_muted"), Cell(_offset(p.position), "text_muted"),
                Cell(_offset(p.committed)), Cell(words.count(p.end), "text_muted"), Cell(""),
                Cell("", MARK_ROLE[level], bar=lag / most),
                Cell(words.count(lag), LAG_ROLE[level], strong=level > Level.OK),
            ))
        self.partitions.show_rows(rows)
        by_leases = self._by_leases(stat)
        for widget in (self.partitions, self._partitions_title):
            widget.setHidden(by_leases or not parts)
        self.replay_button.setHidden(by_leases)
        self.seek_button.setHidden(by_leases or not (stat and any(member.node_id for member in stat.members)))
        under = self.narrow and not by_leases
        self._acts.setDirection(QBoxLayout.Direction.TopToBottom if under else QBoxLayout.Direction.LeftToRight)

    def _by_leases(self, stat: GroupStat | None) -> bool:
        """Whether it competes for messages: there are no offsets to move then."""
        return not (stat and stat.partitions) and not self.held.isHidden()

    def _show_received(self, stat: GroupStat | None) -> None:
        recent = stat.recent[:_RECEIVED] if stat else ()
        self.received.show_rows([(
            Cell(words.clock(r.at_ms)), Cell(f"{r.partition} @ {words.count(r.offset)}"), Cell(""),
            Cell(self.tr("null") if r.key is None else r.key, chip=r.colour),
            Cell(_age(r.age_ms), "warn" if r.age_ms > _SLOW_MS else "text"),
            Cell(r.state, _STATE_ROLE.get(r.state, "text_muted")),
        ) for r in recent])
        ours = stat is None or not stat.members or any(member.node_id for member in stat.members)
        for widget in (self._received_title, self.hold):
            widget.setVisible(ours)  # what programs from outside took is not told
        self.received.setVisible(bool(recent))
        self._nothing.setVisible(not recent and ours)
        self._nothing.setText(self.tr("Records show here as the members take them."))

    def _show_foot(self, node: Node, stat: GroupStat | None) -> None:
        if not self._drawn(node):
            self._settings_words.setText(self.tr("It comes from outside: its programs say how they read."))
            self._dead_words.clear()
            return
        settings = shown_settings(node, ConsumingSettings)
        said = self._lease_words(settings) if self._by_leases(stat) else self._commit_words(settings)
        self._settings_words.setText("    ".join(said))
        failed = sum(member.failed for member in stat.members) if stat else 0
        dead = next((n.name for n in self._workspace.document.targets_of(node.id) if n.kind == "dead_letters"), "")
        said = self.tr("{0} sent to {1}") if dead else self.tr("{0} failed")
        self._dead_words.setText(said.format(words.count(failed), dead) if failed else "")

    def _commit_words(self, settings: ConsumingSettings) -> tuple[str, str]:
        commit = {"auto": self.tr("Commit by itself"), "before": self.tr("Commit before work"),
                  "after": self.tr("Commit after work")}[settings.commit]
        every = self.tr("{0}, every {1} ms").format(commit, words.count(settings.auto_commit_ms))
        return every, self.tr("Poll {0}").format(words.count(settings.poll_records))

    def _lease_words(self, settings: ConsumingSettings) -> tuple[str, str]:
        ack = {"after": self.tr("Ack after work"), "auto": self.tr("Ack as they are handed out"),
               "none": self.tr("No acks")}[settings.ack]
        failed = {"nack": self.tr("failed ones go back"), "reject": self.tr("failed ones are rejected"),
                  "expire": self.tr("failed ones run out")}[settings.on_failure]
        return ack, failed if settings.ack == "after" else ""

    # -- acts ----------------------------------------------------------------------------------------------
    def _pause(self) -> None:
        node = self.node
        stat = self._workspace.live.group(node.name) if node else None
        act = GroupControl.RESUME if stat is not None and stat.paused else GroupControl.PAUSE
        if node is not None:
            self._workspace.act(ControlGroup(node.id, act)).run()

    def _add_member(self) -> None:
        node = self.node
        if node is not None:
            change_members(self._workspace, node.id, 1)

    def _control(self, act: str, member: str) -> None:
        node = self.node
        if node is None:
            return
        operation = self._workspace.act(ControlMember(node.id, MemberControl(act), member))
        if act == MemberControl.REMOVE:
            operation.done(lambda _: self._draw_one_less())
        operation.run()

    def _draw_one_less(self) -> None:
        """The drawing follows a member that was removed."""
        node = self.node
        if node is not None and shown_settings(node, ConsumingSettings).members:
            change_members(self._workspace, node.id, -1)

    def _hold(self, held: bool) -> None:
        self._held = held
        self.hold.setText(self.tr("Go on") if held else self.tr("Hold"))
        self.hold.setIcon(icons.icon("run" if held else "pause"))
        self.hold.setAccessibleName(self.hold.text())
        self.take(self._workspace.shown)


def _offset(offset: int | None) -> str:
    return "–" if offset is None else words.count(offset)


def _age(ms: int) -> str:
    return words.duration(ms)
