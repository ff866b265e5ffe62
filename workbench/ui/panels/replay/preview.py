"""Before and after of moving a group, and the button that does it: a popover, never a modal dialog.

``open_replay_preview`` is the one way in: from a group's menu, a record, the tape, the R key. It asks the host for a
plan (``PlanReset``), shows it here and, by ``workspace.plan_shown``, as arrows on the tape; the button sends
``ApplyReset`` and puts an undo on the stack that brings the old offsets back. GUI thread.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QKeyEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from workbench.control.messages import ApplyReset, Plan, PlanReset
from workbench.core.errors import Invalid, WorkbenchError
from workbench.core.offsets import ResetPlan, ResetSpec
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.models.series import group_node
from workbench.ui.panels.blocks import Banner, Segments, label, push_button, set_property, tool_button
from workbench.ui.panels.replay import sentences as replaying
from workbench.ui.panels.replay.act import MoveGroup, copy_of_group
from workbench.ui.panels.replay.moves_table import MovesTable
from workbench.ui.theme import icons, words
from workbench.ui.theme.theme import theme

WIDTH = 484
_TYPING_MS = 150


def open_replay_preview(workspace: Workspace, parent: QWidget, group: str, spec: ResetSpec | None = None, *,
                        topic: str = "", origin: tuple[int, int] | None = None) -> ReplayPreview:  # fmt: skip
    """Open the preview over ``parent``'s window. Without ``spec`` its form is open for a choice; ``origin`` is the
    (partition, offset) it was opened from."""
    window = parent.window()
    for open_ in window.findChildren(ReplayPreview):
        open_.close()
    preview = ReplayPreview(workspace, group, spec, topic, origin, window)
    preview.place_over(window)
    preview.show()
    preview.raise_()
    preview.apply.setFocus()
    return preview


class ReplayPreview(QFrame):
    """See the module. Moves with its window's corner; Esc closes it."""

    def __init__(self, workspace: Workspace, group: str, spec: ResetSpec | None, topic: str,
                 origin: tuple[int, int] | None, parent: QWidget) -> None:  # fmt: skip
        super().__init__(parent)
        self.setObjectName("replay_preview")
        self.setProperty("surface", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._workspace = workspace
        self.group = group
        self._topic = topic
        self._origin = origin
        self._spec = spec
        self._plan: ResetPlan | None = None
        self._asked = 0
        self._risk: replaying.RetentionRisk | None = None
        self._typing = QTimer(self, singleShot=True, interval=_TYPING_MS)
        self._typing.timeout.connect(self._take_form)
        self._build()
        self.form.setVisible(spec is None)
        if spec is None:
            self._change_mode("time")
        else:
            self._ask(spec)
        theme().changed.connect(self._dress)
        parent.installEventFilter(self)

    # -- building ------------------------------------------------------------------------------------------
    def _build(self) -> None:
        self.setFixedWidth(WIDTH)
        self.setAccessibleName(self.tr("Replay group {0}").format(self.group))
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 0, 1, 14)
        column.setSpacing(0)
        column.addLayout(self._build_head())
        line = QFrame()
        line.setProperty("line", "rule")
        column.addWidget(line)
        body = QVBoxLayout()
        body.setContentsMargins(14, 12, 14, 0)
        body.setSpacing(8)
        column.addLayout(body)
        self.sentence = QLabel()
        self.sentence.setWordWrap(True)
        self.sentence.setTextFormat(Qt.TextFormat.RichText)
        self.sentence.setMinimumHeight(34)
        self.moves = MovesTable()
        self.refused = Banner("banner-bad")
        body.addWidget(self._build_form())
        body.addWidget(self.sentence)
        body.addWidget(self.moves)
        body.addLayout(self._build_ways())
        body.addWidget(self._build_warning())
        body.addWidget(self.refused)
        body.addSpacing(2)
        body.addLayout(self._build_foot())

    def _build_head(self) -> QHBoxLayout:
        head = QHBoxLayout()
        head.setContentsMargins(14, 8, 8, 8)
        head.setSpacing(10)
        self._icon = QLabel()
        self.title = label("", "title")
        shut = tool_button("close", self.tr("Close"), self.tr("Close (Esc)"), "text")
        shut.clicked.connect(self.close)
        head.addWidget(self._icon)
        head.addWidget(self.title, 1)
        head.addWidget(shut)
        self._dress()
        return head

    def _build_form(self) -> QWidget:
        self.form = QWidget()
        column = QVBoxLayout(self.form)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        texts = {"time": self.tr("Time"), "offset": self.tr("Offset"), "earliest": self.tr("Earliest"),
                 "latest": self.tr("Latest"), "shift": self.tr("Shift"), "duration": self.tr("Back by"),
                 "group": self.tr("As group")}  # fmt: skip
        self.mode = Segments([(mode, texts[mode]) for mode in replaying.MODES], self.tr("Where to"))
        self.mode.chosen.connect(self._change_mode)
        self.where = QLineEdit()
        self.where.setProperty("mono", True)
        self.where.setAccessibleName(self.tr("Where to start"))
        self.where.textChanged.connect(lambda _: self._typing.start())
        self.other = QComboBox()
        self.other.setAccessibleName(self.tr("Other group"))
        self.other.addItems([g.name for g in self._workspace.live.groups if g.name != self.group])
        self.other.currentIndexChanged.connect(lambda _: self._take_form())
        self.form_error = label("", "bad")
        self.form_error.hide()
        for widget in (self.mode, self.where, self.other, self.form_error):
            column.addWidget(widget)
        return self.form

    def _build_ways(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(2)
        self.pause = QRadioButton()
        self.anew = QRadioButton(self.tr("Read as a new group · {0} keeps its offsets").format(self.group))
        self.new_name = QLineEdit(self._fresh_name())
        self.new_name.setAccessibleName(self.tr("Name of the new group"))
        self.new_name.hide()
        self._ways = QButtonGroup(self)
        for button in (self.pause, self.anew):
            self._ways.addButton(button)
            column.addWidget(button)
        column.addWidget(self.new_name)
        self.pause.setChecked(True)
        self.anew.toggled.connect(self.new_name.setVisible)
        self.anew.toggled.connect(lambda _: self._show_plan())
        self.anew.setEnabled(group_node(self._workspace.document, self.group) is not None)
        if not self.anew.isEnabled():
            self.anew.setToolTip(self.tr("Only a drawn group can be copied."))
        return column

    def _fresh_name(self) -> str:
        return self._workspace.document.fresh_name("group", f"{self.group}-replay")

    def _build_warning(self) -> QFrame:
        self.warning = QFrame()
        self.warning.setProperty("surface", "banner-warn")
        row = QHBoxLayout(self.warning)
        row.setContentsMargins(10, 8, 12, 8)
        row.setSpacing(8)
        mark = QLabel()
        mark.setPixmap(icons.pixmap("problem_fill", "warn", 16, self.devicePixelRatioF()))
        self.warning_words = label()
        self.warning_words.setWordWrap(True)
        self.hold = QCheckBox()
        self.hold.setFont(theme().font("body", 500))
        column = QVBoxLayout()
        column.setSpacing(4)
        column.addWidget(self.warning_words)
        column.addWidget(self.hold)
        row.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(column, 1)
        self.warning.hide()
        return self.warning

    def _build_foot(self) -> QHBoxLayout:
        foot = QHBoxLayout()
        foot.setSpacing(8)
        self.foot = label(self.tr("Undo brings the old offsets back."), "caption")
        self.cancel = push_button(self.tr("Cancel"))
        self.cancel.clicked.connect(self.close)
        self.apply = push_button(self.tr("Replay"), variant="primary")
        self.apply.clicked.connect(self._apply)
        self.apply.setEnabled(False)
        foot.addWidget(self.foot)
        foot.addStretch(1)
        foot.addWidget(self.cancel)
        foot.addWidget(self.apply)
        return foot

    def _dress(self) -> None:
        self._icon.setPixmap(icons.pixmap("replay", "consumer", 18, self.devicePixelRatioF()))

    def place_over(self, window: QWidget) -> None:
        """Over the canvas of the window, or in its corner when there is no canvas."""
        canvas = window.findChild(QWidget, "canvas")
        corner = canvas.mapTo(window, QPoint(12, 11)) if canvas is not None else QPoint(12, 12)
        self._fit()
        corner.setX(max(0, min(corner.x(), window.width() - self.width() - 8)))
        corner.setY(max(0, min(corner.y(), window.height() - self.height() - 8)))
        self.move(corner)

    def _fit(self) -> None:
        """As high as its words and rows need at this width; ``adjustSize`` would take the words for narrower."""
        self.layout().activate()
        self.resize(WIDTH, self.layout().totalHeightForWidth(WIDTH))

    # -- the form ------------------------------------------------------------------------------------------
    def _change_mode(self, mode: str) -> None:
        hints = {"time": "14:02:11", "offset": "48120", "shift": "-1000", "duration": "PT10M"}
        self.where.setVisible(mode in hints)
        self.where.setPlaceholderText(hints.get(mode, ""))
        self.other.setVisible(mode == "group")
        self.where.setText(words.clock(self._first_guess_ms(), False) if mode == "time" else "")
        self._typing.start()

    def _first_guess_ms(self) -> int:
        """The moment that is shown; live, ten minutes back or the start of the session."""
        live = self._workspace.live
        if self._workspace.at_ms is not None:
            return self._workspace.at_ms
        return max(live.at_ms - 600_000, live.host.started_ms)

    def _take_form(self) -> None:
        mode = self.mode.current
        text = self.other.currentText() if mode == "group" else self.where.text()
        try:
            spec = replaying.read_spec(mode, text, self._workspace.live.at_ms)
        except Invalid as reason:
            self._spec, self._plan = None, None
            self._say_wrong(reason.message if self.where.text() else "")
            set_property(self.where, "state", "bad" if self.where.text() else "")
            self._show_plan()
            return
        self._say_wrong("")
        set_property(self.where, "state", "")
        self._ask(spec)

    def _say_wrong(self, text: str) -> None:
        self.form_error.setText(text)
        self.form_error.setVisible(bool(text))

    # -- the plan ------------------------------------------------------------------------------------------
    def _ask(self, spec: ResetSpec) -> None:
        """Ask the host what it would do; only the last answer counts."""
        self._spec = spec
        self._asked += 1
        asked = self._asked
        self._workspace.act(PlanReset(self.group, spec, self._topic), self).done(
            lambda reply: self._take_plan(asked, reply)).failed(self._refuse).run()  # fmt: skip

    def _take_plan(self, asked: int, reply: Plan) -> None:
        if asked == self._asked:
            self._plan = reply.plan
            self._show_plan()

    def _refuse(self, error: WorkbenchError) -> None:
        self._plan = None
        self._show_plan()
        self.refused.say(error.sentence())

    def _show_plan(self) -> None:
        plan, spec = self._plan, self._spec
        self.refused.say("")
        for widget in (self.moves, self.pause, self.anew):
            widget.setVisible(plan is not None)
        if plan is None or spec is None:
            self.title.setText(self.tr("Replay group {0}").format(self.group))
            self.sentence.setText(self.tr("Choose where the group should go on reading."))
            self.warning.hide()
            self.apply.setEnabled(False)
            self._workspace.plan_shown.emit(None)
            return
        self.title.setText(replaying.title(self.group, spec, plan.moves, self._origin))
        self.sentence.setText(replaying.sentence(spec, plan.moves, self._origin))
        group = self._workspace.live.group(self.group)
        self.moves.show_moves(plan.moves, {m.member_id: m.name for m in group.members} if group else {})
        self._show_ways(plan)
        self._show_risk(plan, spec)
        self._show_button(plan)
        self._workspace.plan_shown.emit(plan)

    def _show_ways(self, plan: ResetPlan) -> None:
        seconds = words.duration(replaying.PAUSE_MS)
        if plan.members == 0:
            self.pause.setText(self.tr("Move the offsets · no member is reading"))
        elif plan.members == 1:
            self.pause.setText(self.tr("Pause the member, move, resume · about {0} without reading").format(seconds))
        elif plan.members == 2:
            self.pause.setText(self.tr("Pause both members, move, resume · about {0} without reading").format(seconds))
        else:
            self.pause.setText(self.tr("Pause all {0} members, move, resume · about {1} without reading").format(
                plan.members, seconds))  # fmt: skip

    def _show_risk(self, plan: ResetPlan, spec: ResetSpec) -> None:
        found = replaying.retention_risk(self._workspace.document, self._workspace.live, plan, spec,
                                         self._workspace.live.at_ms)  # fmt: skip
        if found is not None and self._risk is None:
            self.hold.setChecked(True)
        self._risk = found
        self.warning.setVisible(found is not None)
        if found is not None:
            self.warning_words.setText(
                self.tr("Retention reaches these offsets in {0}, and {1} reads too slowly to stay ahead of it.").format(
                    words.duration(found.in_ms), found.slowest or self.group))  # fmt: skip
            self.hold.setText(self.tr("Hold retention of {0} until the replay ends").format(found.topic))

    def _show_button(self, plan: ResetPlan) -> None:
        skipped = sum(move.skipped for move in plan.moves)
        refused = plan.refused if plan.members == 0 else ""
        self.refused.say(refused)
        moves = any(move.before != move.after for move in plan.moves)
        self.apply.setEnabled(not refused and (moves or self.anew.isChecked()))
        if plan.read_again or not skipped:
            text = self.tr("Replay {0}").format(words.plural(plan.read_again, self.tr("record"), self.tr("records")))
        else:
            text = self.tr("Skip {0}").format(words.plural(skipped, self.tr("record"), self.tr("records")))
        if not moves and not self.anew.isChecked():
            text = self.tr("Nothing moves")
        self.apply.setText(text)
        self.apply.setAccessibleName(text)
        undo = self.tr("Undo brings the old offsets back.")
        now = self.tr("This acts on the running flow, now.")
        self.foot.setText(now if self._workspace.at_ms is not None and self.anew.isChecked() else undo)

    # -- doing it ------------------------------------------------------------------------------------------
    def _apply(self) -> None:
        plan, spec = self._plan, self._spec
        if plan is None or spec is None:
            return
        self.apply.setEnabled(False)
        hold = self._risk is not None and self.hold.isChecked()
        act = ApplyReset(self.group, spec, self._topic, pause_members=plan.members > 0, hold_retention=hold)
        if self.anew.isChecked():
            name = self.new_name.text().strip() or self._fresh_name()
            offsets = {move.partition: move.after for move in plan.moves if move.topic == plan.moves[0].topic}
            act = ApplyReset(name, ResetSpec("offsets", offsets=offsets), plan.moves[0].topic)
        self._workspace.act(act, self).done(self._applied).failed(self._refuse_apply).run()

    def _applied(self, reply: Plan) -> None:
        plan = reply.plan
        if self.anew.isChecked():
            self._workspace.perform(copy_of_group(self._workspace.document, self.group, plan.group, self._topic))
        else:
            self._workspace.undo_stack.push(MoveGroup(self._workspace, plan))
        self._workspace.notice.emit(self.tr("{0} moved. {1} to read again.").format(
            plan.group, words.plural(plan.read_again, self.tr("record"), self.tr("records"))))  # fmt: skip
        self.close()

    def _refuse_apply(self, error: WorkbenchError) -> None:
        self.refused.say(error.sentence())
        self.apply.setEnabled(True)

    # -- Qt ------------------------------------------------------------------------------------------------
    def event(self, event: QEvent) -> bool:
        known = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest:  # something inside got another size, came or went
            self._fit()
        return known

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and isinstance(watched, QWidget):
            self.place_over(watched)
        return False

    def closeEvent(self, event: QCloseEvent) -> None:
        self._workspace.plan_shown.emit(None)
        super().closeEvent(event)
