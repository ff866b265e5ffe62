"""The inspector's face for a consumer group: how far behind, why, its members, its partitions, what can be done."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from workbench.control.messages import ControlGroup, ControlMember
from workbench.core.acts import GroupControl, MemberControl
from workbench.core.health import Condition, Health, Level
from workbench.core.snapshot import GroupStat, MemberStat, PartState, Snapshot
from workbench.flow.document import Node
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.canvas.queue_view_states import queues_read
from workbench.ui.models.health import LAG_ROLE, health_of, lag_level, restartable
from workbench.ui.models.member_count import change_members
from workbench.ui.panels.inspector.wishes import Wishes
from workbench.ui.panels.parts.blocks import label, push_button, set_property
from workbench.ui.panels.parts.figures import Cell, Column, Figure, FigureTable
from workbench.ui.panels.parts.ring import LagRing
from workbench.ui.panels.parts.then_line import now_words
from workbench.ui.theme import icons, words
from workbench.ui.theme.theme import theme

GONE = (PartState.KILLED, PartState.FAILED)
_BANNERS = {Level.OK: ("sunken", "info", "text_muted"), Level.WARN: ("banner-warn", "problem_fill", "warn"),
            Level.BAD: ("banner-bad", "problem_fill", "bad")}
MAX_PARTITIONS = 64


class GroupSection(QWidget):
    """See the module."""

    def __init__(self, workspace: Workspace, wishes: Wishes) -> None:
        super().__init__()
        self._workspace, self._wishes = workspace, wishes
        self._node: Node | None = None
        self._gone: tuple[str, ...] = ()
        self._restarts = False
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addLayout(self._head())
        column.addWidget(self._banner_box())
        column.addLayout(self._figures())
        self.members = FigureTable((Column(self.tr("Members"), stretch=True, names=True),
                                    Column(self.tr("Partitions"), 74),
                                    Column(self.tr("Rate"), 54, number=True),
                                    Column(self.tr("Behind"), 50, number=True)), self.tr("Members"))
        self.partitions = FigureTable((Column(self.tr("Partition"), stretch=True, names=True),
                                       Column(self.tr("Position"), 58, number=True),
                                       Column(self.tr("Committed"), 66, number=True),
                                       Column(self.tr("End"), 56, number=True),
                                       Column(self.tr("Behind"), 54, number=True)), self.tr("Partitions"))
        column.addWidget(self.members)
        column.addWidget(self.partitions)
        self._more = label("", "muted")
        self._more.setWordWrap(True)
        column.addWidget(self._more)
        self.acts = self._buttons()

    def _head(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(10)
        self.ring = LagRing()
        words_column = QVBoxLayout()
        words_column.setSpacing(0)
        self._title, self._what = label("", "heading"), label("", "muted")
        self._what.setWordWrap(True)
        words_column.addWidget(self._title)
        words_column.addWidget(self._what)
        row.addWidget(self.ring)
        row.addLayout(words_column, 1)
        panel = push_button("", "tear_off", "flat", self.tr("Open the group's panel"))
        panel.clicked.connect(lambda: self._node and self._wishes.panel.emit(self._node.id))
        row.addWidget(panel, 0, Qt.AlignmentFlag.AlignTop)
        return row

    def _banner_box(self) -> QFrame:
        self.banner = QFrame()
        row = QHBoxLayout(self.banner)
        row.setContentsMargins(10, 8, 10, 8)
        row.setSpacing(8)
        self._sign, self.words = QLabel(), QLabel()
        self.words.setWordWrap(True)
        self.words.setTextFormat(Qt.TextFormat.RichText)
        self.words.linkActivated.connect(self._follow_link)
        row.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.words, 1)
        return self.banner

    def _figures(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self.behind = Figure(self.tr("Behind"))
        self.in_time = Figure(self.tr("In time"))
        self.in_time.setToolTip(self.tr("Age of what waits longest, without the time that the group was held"))
        self.trend = Figure(self.tr("Trend"))
        for figure in (self.behind, self.in_time, self.trend):
            row.addWidget(figure, 1)
        return row

    def _buttons(self) -> QWidget:
        acts = QWidget()
        row = QHBoxLayout(acts)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        self.replay = push_button(self.tr("Replay from…"), "replay", "primary", role="text_on_accent")
        self.pause = push_button(self.tr("Pause"), "pause")
        self.add = push_button(self.tr("Member"), "add", tip=self.tr("Add a member"))
        self.replay.clicked.connect(lambda: self._node and self._wishes.replay.emit(self._node.id))
        self.pause.clicked.connect(self._toggle)
        self.add.clicked.connect(self._add_member)
        self.keep = push_button(self.tr("Keep"), "pin", tip=self.tr("Keep it on the drawing, without members of ours"))
        self.keep.clicked.connect(lambda: self._node and self._wishes.keep.emit(self._node.id))
        for button, share in ((self.replay, 4), (self.pause, 3), (self.add, 3), (self.keep, 3)):
            button.setProperty("narrow", True)
            button.setMinimumWidth(10)
            row.addWidget(button, share)
        return acts

    def _add_member(self) -> None:
        """One more in the drawing: a running group follows, and undo takes it back."""
        if self._node is not None:
            change_members(self._workspace, self._node.id, 1)

    def _follow_link(self, target: str) -> None:
        if self._node is not None and target == "restart":
            self._restart()
        elif self._node is not None:
            self._wishes.settings.emit(self._node.id)

    def _restart(self) -> None:
        """Start again who was killed or failed, now."""
        if self._node is None or (stat := self._workspace.live.group(self._node.name)) is None:
            return
        for member in restartable(stat):
            self._workspace.act(ControlMember(self._node.id, MemberControl.RESTART, member)).run()

    def _toggle(self) -> None:
        if self._restarts:
            self._restart()
        elif self._node is not None:
            stat = self._workspace.live.group(self._node.name)
            act = GroupControl.RESUME if stat is not None and stat.paused else GroupControl.PAUSE
            self._workspace.act(ControlGroup(self._node.id, act)).run()

    # -- showing -------------------------------------------------------------------------------------------
    def show_node(self, node: Node, shown: Snapshot) -> None:
        self._node = node
        stat = shown.group(node.name) or GroupStat(node.name, "Empty")
        drawn = [source.name for source in self._workspace.document.sources_of(node.id)]
        topics = ", ".join(drawn or stat.topics)
        self._title.setText(node.name)
        by_leases = not stat.partitions and bool(queues_read(self._workspace.document, node, shown))
        how = self.tr("by leases") if by_leases else self.tr("generation {0}").format(stat.generation)
        is_drawn = self._workspace.document.has_node(node.id)
        said = self.tr("Group on {0} · {1}") if is_drawn else self.tr("Group from outside on {0} · {1}")
        if not topics:
            said = self.tr("Group that reads nothing yet") if is_drawn else self.tr("Group from outside, reads nothing")
        self._what.setText(said.format(topics, how))
        for button, shown_for in ((self.pause, is_drawn), (self.add, is_drawn), (self.keep, not is_drawn)):
            button.setVisible(shown_for)
        health = health_of(stat, node, shown.run)
        self.ring.show_health(health)
        self._gone = restartable(stat)
        self._show_banner(health, is_drawn)
        role = LAG_ROLE[health.lag]
        what = self.tr("messages") if by_leases else self.tr("records")
        self._show_figures(stat, role if role != "text" else "", what)
        self.members.show_rows([_member_row(member, role) for member in stat.members])
        listed = stat.partitions[:MAX_PARTITIONS]
        self.partitions.show_rows([_partition_row(p, LAG_ROLE[lag_level(p, stat, node)]) for p in listed])
        self.replay.setHidden(by_leases)  # there are no offsets to move
        self.members.leave_out((1, 3) if by_leases else ())
        more = len(stat.partitions) - len(listed)
        said = self.tr("and {0} more partitions, on the log tape").format(more) if more > 0 else ""
        if is_drawn and not drawn:
            said = self.tr("It reads nothing yet. Draw a link to it from a topic or a queue.")
        self.members.setHidden(not stat.members or (is_drawn and not drawn))
        self.partitions.setHidden(by_leases or not listed)
        self._more.setText(said)
        self._more.setVisible(bool(said))
        self._show_act(self._workspace.live.group(node.name) or stat)  # it acts now

    def _show_act(self, stat: GroupStat) -> None:
        """Pause, resume; where nobody is left to pause, restart."""
        none_left = bool(stat.members) and len(restartable(stat)) == len(stat.members)
        text, glyph = (self.tr("Restart"), "restart") if none_left else (
            (self.tr("Resume"), "run") if stat.paused else (self.tr("Pause"), "pause"))
        self._restarts = none_left
        self.pause.setText(text)
        self.pause.setIcon(icons.icon(glyph))

    def _show_figures(self, stat: GroupStat, tone: str, what: str) -> None:
        self.behind.show_value(words.count(stat.lag_records), what, tone)
        lag_ms = stat.lag_ms
        self.in_time.show_value(*_split(words.duration(lag_ms, narrow=True)) if lag_ms is not None else ("–", ""))
        steady = abs(stat.trend) < 0.5
        self.trend.show_value(self.tr("steady") if steady else words.change(stat.trend), "" if steady else "/s",
                              tone if stat.trend > 0.5 else "")

    def _show_banner(self, health: Health, is_drawn: bool) -> None:
        """What it is found to be and what helps; in the past also that it is the past."""
        past = self._workspace.at_ms is not None
        self.banner.setVisible(bool(health.text) or past)
        if not (health.text or past):
            return
        surface, sign, role = _BANNERS[health.level]
        if health.condition is Condition.PAUSED:
            sign = "pause"
        if past:
            surface, sign, role = "banner-replay", "replay", "replay"
        then = now_words(self._workspace) if past else ""
        said = self._health_words(health, is_drawn and not past) if health.text else ""
        set_property(self.banner, "surface", surface)
        self._sign.setPixmap(icons.pixmap(sign, role, 16, self.devicePixelRatioF()))
        self.words.setText(f"{then} {said}".strip())
        self.words.setToolTip(health.next_step)

    def _health_words(self, health: Health, with_link: bool) -> str:
        first, _, rest = health.text.replace("/s", "/\u2060s").partition(". ")  # a rate stays on one line
        said = f"<b>{escape(first)}{'.' if rest else ''}</b> {escape(rest)}"
        if not with_link or not health.is_problem:
            return said
        target, name = ("restart", self.tr("Restart")) if self._gone else ("why", self.tr("Settings"))
        return f'{said} <a href="{target}" style="color:{theme().color("accent").name()}">{name}</a>'


def _member_row(member: MemberStat, role: str) -> tuple[Cell, ...]:
    numbers = " ".join(str(partition) for _, partition in member.partitions[:6])
    numbers += " …" if len(member.partitions) > 6 else ""
    if member.state in GONE:
        name = Cell(member.name, "bad", "kill" if member.state is PartState.KILLED else "failed")
    elif member.slow:
        name = Cell(member.name, "warn", "slow")
    elif member.state is PartState.PAUSED:
        name = Cell(member.name, "text_muted", "pause")
    else:
        name = Cell(member.name, "ok" if member.state is PartState.RUNNING else "text_muted", "dot")
    slow = "warn" if member.slow else "text"
    return (name, Cell(numbers or "–"), Cell(words.rate(member.rate), slow),
            Cell(words.count(member.lag_records), role if member.slow and role != "text" else "text"))


def _partition_row(part, role: str) -> tuple[Cell, ...]:
    return (
        Cell(f"{part.topic}/{part.partition}"),
        Cell("–" if part.position is None else words.count(part.position), "text_muted"),
        Cell("–" if part.committed is None else words.count(part.committed)),
        Cell(words.count(part.end), "text_muted"),
        Cell(words.count(part.lag_records), role, strong=role != "text"),
    )


def _split(text: str) -> tuple[str, str]:
    """A duration's number and unit apart: «2:13 min»."""
    number, _, unit = text.partition(" ")
    return number, unit
