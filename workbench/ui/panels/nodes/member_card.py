"""One member of a group as a card: how it does, and pause, kill, restart. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QSize, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from workbench.core.acts import MemberControl
from workbench.core.snapshot import MemberStat, PartState
from workbench.ui.panels.parts.blocks import label, push_button, set_property, set_tone
from workbench.ui.theme import icons, words
from workbench.ui.theme.theme import theme

_MARKS = {
    PartState.RUNNING: ("ok", "ok"), PartState.PAUSED: ("pause", "text_muted"), PartState.KILLED: ("kill", "bad"),
    PartState.FAILED: ("failed", "bad"),
}


def member_mark(member: MemberStat) -> tuple[str, str]:
    """(dot role or icon, role) that stands before a member's name; slowness is told where it works."""
    if member.state is PartState.RUNNING and member.slow:
        return "slow", "warn"
    return _MARKS.get(member.state, ("line_strong", "text_muted"))


def is_dot(mark: str) -> bool:
    return mark in ("ok", "line_strong")


def shared_out(member: MemberStat) -> str:
    """The member's partitions: ``0 1 2``, or with topics where it reads several."""
    topics = list(dict.fromkeys(topic for topic, _ in member.partitions))
    numbers = {t: " ".join(str(p) for topic, p in sorted(member.partitions) if topic == t) for t in topics}
    if len(topics) == 1:
        return numbers[topics[0]]
    return ", ".join(f"{topic} {numbers[topic]}" for topic in topics)


def state_words(member: MemberStat) -> str:
    """What a member does, in a few words."""
    tr = QCoreApplication.translate
    said = {
        PartState.PAUSED: tr("member", "paused"), PartState.KILLED: tr("member", "killed"),
        PartState.JOINING: tr("member", "joining"), PartState.IDLE: tr("member", "stopped"),
        PartState.FAILED: member.reason or tr("member", "failed"), PartState.DONE: tr("member", "done"),
    }.get(member.state)
    if said is None and not member.node_id:
        said = member.client or tr("member", "from outside")
    if said is None:
        said = tr("member", "{0} ms an event").format(f"{member.process_ms:.1f}")
    owned = shared_out(member)
    return f"{said} · {tr('member', 'partitions {0}').format(owned)}" if owned else said


class MemberCard(QFrame):
    """See the module. ``wanted`` names an act of ``ControlMember`` and the member."""

    wanted = Signal(str, str)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = name
        self._shown: MemberStat | None = None
        self.setProperty("surface", "card")
        self.setAccessibleName(name)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 8, 10, 8)
        column.setSpacing(3)
        head = QHBoxLayout()
        head.setSpacing(7)
        self._mark = QLabel()
        self._mark.setFixedWidth(14)
        title = label(name)
        title.setFont(theme().font("body", 600))
        self._rate = label("", "mono")
        head.addWidget(self._mark)
        head.addWidget(title, 1)
        head.addWidget(self._rate)
        self._words = label("", "muted")
        self._words.setWordWrap(True)  # partitions of several topics are many words, and a panel no wider for them
        column.addLayout(head)
        column.addWidget(self._words)
        column.addSpacing(4)
        column.addLayout(self._build_buttons())
        theme().changed.connect(self._dress)

    def _build_buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(4)
        self.pause = self._button("pause", self.tr("Pause"))
        self.kill = self._button("kill", self.tr("Kill"))
        self.restart = self._button("restart", self.tr("Restart"))
        self.kill.setToolTip(self.tr("End it at once, without a goodbye: the group notices after its session time-out"))
        self.pause.clicked.connect(lambda: self._want(
            MemberControl.RESUME if self._is(PartState.PAUSED) else MemberControl.PAUSE))
        self.kill.clicked.connect(lambda: self._want(
            MemberControl.REMOVE if self._is(PartState.KILLED) else MemberControl.KILL))
        self.restart.clicked.connect(lambda: self._want(MemberControl.RESTART))
        for button in (self.pause, self.kill, self.restart):
            row.addWidget(button)
        row.addStretch(1)
        return row

    def _button(self, icon: str, text: str) -> QPushButton:
        made = push_button(text, icon)
        made.setProperty("tight", True)
        made.setIconSize(QSize(14, 14))
        made.setAccessibleName(f"{text} {self.name}")
        return made

    def _is(self, state: PartState) -> bool:
        return self._shown is not None and self._shown.state is state

    def _want(self, act: MemberControl) -> None:
        self.wanted.emit(act, self.name)

    def show_member(self, member: MemberStat) -> None:
        if member == self._shown:
            return
        self._shown = member
        self._rate.setText(words.rate(member.rate))
        self._words.setText(state_words(member))
        self._words.setToolTip(self._words.text())
        paused, gone = member.state is PartState.PAUSED, member.state in (PartState.KILLED, PartState.FAILED)
        killed = member.state is PartState.KILLED
        self._say(self.pause, self.tr("Resume") if paused else self.tr("Pause"), "" if paused else "pause")
        self._say(self.kill, self.tr("Remove") if killed else self.tr("Kill"), "" if killed else "kill")
        self.pause.setEnabled(not gone)
        for button in (self.pause, self.kill, self.restart):
            button.setVisible(bool(member.node_id))  # a client from outside is not ours to stop
        self._dress()

    def _say(self, button: QPushButton, text: str, icon: str) -> None:
        """The longer words stand without an icon: two cards beside each other have room for no more."""
        if button.text() != text:
            button.setText(text)
            button.setIcon(icons.icon(icon) if icon else QIcon())
            button.setAccessibleName(f"{text} {self.name}")

    def _dress(self) -> None:
        if self._shown is None:
            return
        mark, role = member_mark(self._shown)
        tone = {"warn": "warn", "bad": "bad"}.get(role, "muted")
        set_property(self, "surface", {"warn": "card-warn", "bad": "card-bad"}.get(tone, "card"))
        set_tone(self._words, tone)
        if is_dot(mark):
            self._mark.setText("●")
            set_tone(self._mark, "ok" if mark == "ok" else "muted")
        else:
            self._mark.setPixmap(icons.pixmap(mark, role, 14, self.devicePixelRatioF()))
