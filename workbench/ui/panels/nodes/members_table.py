"""The members of a large group as a table, with the acts of one chosen member above it. GUI thread."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from workbench.core.acts import MemberControl
from workbench.core.snapshot import MemberStat, PartState
from workbench.ui.panels.nodes.member_card import is_dot, member_mark, state_words
from workbench.ui.panels.parts.blocks import push_button
from workbench.ui.panels.parts.figures import Cell, Column, FigureTable
from workbench.ui.theme import icons, words


class MembersTable(QWidget):
    """See the module. ``wanted`` names an act of ``ControlMember`` and the member, like a member's card does."""

    wanted = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._members: tuple[MemberStat, ...] = ()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(self._build_acts())
        self.table = FigureTable((
            Column(self.tr("Member"), 104, names=True), Column(self.tr("State"), stretch=True),
            Column(self.tr("Rate"), 58, number=True), Column(self.tr("Behind"), 58, number=True),
        ), self.tr("Members"))
        self.table.row_clicked.connect(self.choice.setCurrentIndex)
        column.addWidget(self.table)

    def _build_acts(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(4)
        self.choice = QComboBox()
        self.choice.setAccessibleName(self.tr("Member to act on"))
        self.choice.currentIndexChanged.connect(lambda _: self._show_acts())
        self.pause = push_button(self.tr("Pause"), "pause")
        self.kill = push_button(self.tr("Kill"), "kill")
        self.restart = push_button(self.tr("Restart"), "restart")
        self.pause.clicked.connect(lambda: self._want(
            MemberControl.RESUME if self._is(PartState.PAUSED) else MemberControl.PAUSE))
        self.kill.clicked.connect(lambda: self._want(
            MemberControl.REMOVE if self._is(PartState.KILLED) else MemberControl.KILL))
        self.restart.clicked.connect(lambda: self._want(MemberControl.RESTART))
        row.addWidget(self.choice, 1)
        for button in (self.pause, self.kill, self.restart):
            row.addWidget(button)
        return row

    def _chosen(self) -> MemberStat | None:
        return next((member for member in self._members if member.name == self.choice.currentText()), None)

    def _is(self, state: PartState) -> bool:
        member = self._chosen()
        return member is not None and member.state is state

    def _want(self, act: MemberControl) -> None:
        member = self._chosen()
        if member is not None:
            self.wanted.emit(act, member.name)

    def show_members(self, members: Sequence[MemberStat]) -> None:
        self._members = tuple(members)
        names = [member.name for member in members]
        if names != [self.choice.itemText(row) for row in range(self.choice.count())]:
            chosen = self.choice.currentText()
            self.choice.clear()
            self.choice.addItems(names)
            self.choice.setCurrentIndex(max(0, self.choice.findText(chosen)))
        self.table.show_rows([_row(member) for member in members])
        self._show_acts()

    def _show_acts(self) -> None:
        """The buttons offer what the chosen member can do."""
        paused, killed = self._is(PartState.PAUSED), self._is(PartState.KILLED)
        for button, text, glyph in (
            (self.pause, self.tr("Resume") if paused else self.tr("Pause"), "run" if paused else "pause"),
            (self.kill, self.tr("Remove") if killed else self.tr("Kill"), "kill"),
        ):
            if button.text() != text:
                button.setText(text)
                button.setAccessibleName(text)
                button.setIcon(icons.icon(glyph))
        chosen = self._chosen()
        for button in (self.pause, self.kill, self.restart):
            button.setVisible(chosen is None or bool(chosen.node_id))  # a client from outside is not ours to stop
        self.pause.setEnabled(not killed and not self._is(PartState.FAILED))


def _row(member: MemberStat) -> tuple[Cell, ...]:
    mark, role = member_mark(member)
    tone = role if role in ("warn", "bad") else "text_muted"
    behind = words.count(member.lag_records)
    name = Cell(member.name, role, glyph="dot" if is_dot(mark) else mark)
    return name, Cell(state_words(member), tone), Cell(words.rate(member.rate)), Cell(behind)
