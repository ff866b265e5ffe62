"""Where a group should go on reading, as a person chooses and types it. Says what was read by signals. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QComboBox, QLineEdit, QVBoxLayout, QWidget

from workbench.core.errors import Invalid, WorkbenchError
from workbench.core.offsets import ResetSpec
from workbench.core.snapshot import Snapshot
from workbench.core.times import parse_moment
from workbench.session.resets import as_it_stood, read_spec
from workbench.ui.bridge.operation import Operation
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.models.past import open_past
from workbench.ui.panels.parts.blocks import Segments, label, set_property
from workbench.ui.theme import words

TYPING_MS = 150
BACK_MS = 600_000
_HINTS = {"time": "14:02:11", "offset": "48120", "shift": "-1000", "duration": "10 min", "stood": "14:02:11"}


class TargetForm(QWidget):
    """See the module. ``stood_ms`` is the moment of the past whose offsets were read last, None for other targets."""

    chosen = Signal(object)  # ResetSpec
    unclear = Signal()

    def __init__(self, workspace: Workspace, group: str, topic: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace, self._group, self._topic = workspace, group, topic
        self.stood_ms: int | None = None
        self._asked = 0
        self._typing = QTimer(self, singleShot=True, interval=TYPING_MS)
        self._typing.timeout.connect(self.take)
        self._build()

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        texts = (("time", self.tr("Time")), ("offset", self.tr("Offset")), ("earliest", self.tr("Earliest")),
                 ("latest", self.tr("Latest")), ("shift", self.tr("Shift")), ("duration", self.tr("Back by")),
                 ("stood", self.tr("As then")), ("group", self.tr("As group")))
        self.mode = Segments(texts, self.tr("Where to"))
        self.mode.button("stood").setToolTip(self.tr("The offsets that this group had at a moment of the past"))
        self.mode.button("group").setToolTip(self.tr("The offsets that another group has committed"))
        self.mode.chosen.connect(self.change_mode)
        self.where = QLineEdit()
        self.where.setProperty("mono", True)
        self.where.setAccessibleName(self.tr("Where to start"))
        self.where.textChanged.connect(lambda _: self._typing.start())
        self.other = QComboBox()
        self.other.setAccessibleName(self.tr("Other group"))
        self.other.addItems([g.name for g in self._workspace.live.groups if g.name != self._group])
        self.other.currentIndexChanged.connect(lambda _: self.take())
        self.error = label("", "bad")
        self.error.setWordWrap(True)
        self.error.hide()
        for widget in (self.mode, self.where, self.other, self.error):
            column.addWidget(widget)

    @property
    def settled(self) -> bool:
        """Nothing was typed since it was last read."""
        return not self._typing.isActive()

    def start(self) -> None:
        self.change_mode("time")

    def change_mode(self, mode: str) -> None:
        typed = mode in _HINTS
        self.where.setVisible(typed)
        self.where.setPlaceholderText(_HINTS.get(mode, ""))
        self.other.setVisible(mode == "group")
        now_ms = self._workspace.live.at_ms
        timed = mode in ("time", "stood")
        self.where.setToolTip(self.tr("A time of the day, or a day and a time; {0}").format(words.zone_name())
                              if timed else "")
        guess = self._first_guess_ms()
        same_day = words.date(guess) == words.date(now_ms)
        exact = self._workspace.at_ms is not None
        self.where.setText((words.clock(guess, exact) if same_day else words.moment(guess, exact)) if timed else "")
        if typed and (self.mode.button(mode).underMouse() or not self.isVisible()):  # arrows stay on the choices
            self.where.setFocus()
            self.where.selectAll()
        self._typing.start()

    def _first_guess_ms(self) -> int:
        """The moment that is shown; live, ten minutes back or the start of the session."""
        live = self._workspace.live
        if self._workspace.at_ms is not None:
            return self._workspace.at_ms
        return max(live.at_ms - BACK_MS, live.host.started_ms)

    def take(self) -> None:
        """Read what stands there and say it."""
        self._typing.stop()
        self._asked += 1
        self.stood_ms = None
        mode = self.mode.current
        text = self.other.currentText() if mode == "group" else self.where.text()
        try:
            if mode == "stood":
                self._look_up(parse_moment(text, self._workspace.live.at_ms, words.zone()))
                return
            spec = read_spec(mode, text, self._workspace.live.at_ms, words.zone())
        except Invalid as reason:
            self._say_wrong(reason.sentence() if text.strip() else "")
            return
        self._say(spec)

    def _look_up(self, at_ms: int) -> None:
        """The offsets of a moment: what is shown now, or read from the journal off this thread."""
        workspace, asked = self._workspace, self._asked
        if at_ms == workspace.at_ms:
            self._take_then(asked, at_ms, workspace.shown)
            return

        def read() -> Snapshot:
            past, source = open_past(workspace.path)
            try:
                return past.state_at(at_ms)
            finally:
                source.close()

        Operation(self, read).done(lambda then: self._take_then(asked, at_ms, then)).failed(
            lambda error: self._say_wrong(error.sentence())).run()

    def _take_then(self, asked: int, at_ms: int, then: Snapshot) -> None:
        if asked != self._asked:
            return
        try:
            spec = as_it_stood(self._group, then, [t.name for t in self._workspace.live.topics], self._topic)
        except WorkbenchError as reason:
            self._say_wrong(reason.sentence())
            return
        self.stood_ms = at_ms
        self._say(spec)

    def _say(self, spec: ResetSpec) -> None:
        self._show_error("")
        set_property(self.where, "state", "")
        self.chosen.emit(spec)

    def _say_wrong(self, text: str) -> None:
        self._show_error(text)
        set_property(self.where, "state", "bad" if text else "")
        self.unclear.emit()

    def _show_error(self, text: str) -> None:
        self.error.setText(text)
        self.error.setVisible(bool(text))
