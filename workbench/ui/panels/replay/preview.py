"""Before and after of moving a group, and the button that does it: a popover, never a modal dialog.

``open_replay_preview`` is the one way in: from a group's menu, a record, the tape, the R key. It asks the host for a
plan (``PlanReset``), again and again while the group reads on, shows it here and, by ``workspace.plan_shown``, as
arrows on the tape. The plan that stands there when the button goes down is the one that is done: ``ApplyReset``
carries its offsets, partition by partition, and the undo stack gets what brings the old ones back. GUI thread.
"""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from workbench.control.messages import ApplyReset, Plan, PlanReset
from workbench.core.errors import WorkbenchError
from workbench.core.offsets import ResetPlan, ResetSpec
from workbench.session.resets import RetentionRisk, carried_out, only, retention_risk
from workbench.ui.bridge.pace import Pace
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.models.series import group_node
from workbench.ui.panels.parts.blocks import Banner, label, push_button
from workbench.ui.panels.parts.popover import Popover, beside_floating
from workbench.ui.panels.replay import sentences
from workbench.ui.panels.replay.act import MoveGroup, copy_of_group
from workbench.ui.panels.replay.moves_table import MOST_ROWS, ROW, MovesTable
from workbench.ui.panels.replay.target_form import TargetForm
from workbench.ui.qt_types import layout_of, parent_of
from workbench.ui.theme import icons, words
from workbench.ui.theme.theme import theme

WIDTH = 496
FOLLOW_MS = 400
FEWEST_ROWS = 2
_EDGE = 8


def open_replay_preview(workspace: Workspace, parent: QWidget, group: str, spec: ResetSpec | None = None, *,
                        topic: str = "", origin: tuple[int, int] | None = None) -> ReplayPreview:
    """Open the preview over ``parent``'s window. Without ``spec`` its form is open for a choice; ``origin`` is the
    (partition, offset) it was opened from."""
    window = parent.window()
    for open_ in window.findChildren(ReplayPreview):
        open_.close()
    preview = ReplayPreview(workspace, group, spec, topic, origin, window)
    preview.fit()
    preview.show()
    preview.raise_()
    window.activateWindow()  # it may have been asked for in a panel that floats, and the keys are for it now
    preview.take_focus()
    return preview


class ReplayPreview(Popover):
    """See the module. Stands over the canvas of its window, moved as far as it takes to be whole."""

    def __init__(self, workspace: Workspace, group: str, spec: ResetSpec | None, topic: str,
                 origin: tuple[int, int] | None, parent: QWidget) -> None:
        super().__init__(parent, "", "replay", "consumer", WIDTH)
        self.setObjectName("replay_preview")
        self.setAccessibleName(self.tr("Replay group {0}").format(group))
        self._workspace = workspace
        self.group = group
        self._topic = topic
        self._origin = origin
        self._spec = spec
        self._plan: ResetPlan | None = None
        self._pressed: ResetPlan | None = None  # what stood there when the button went down
        self._busy = False
        self._asked = 0
        self._left: int | None = None  # where it was opened; it stays there, whatever is moved over it
        self._risk: RetentionRisk | None = None
        self._build()
        self.form.setVisible(spec is None)
        self._pace = Pace(self._ask_again, FOLLOW_MS, self)
        workspace.live_changed.connect(self._pace.ask)
        if spec is None:
            self.form.start()
        else:
            self._ask(spec)

    # -- building ------------------------------------------------------------------------------------------
    def _build(self) -> None:
        self.form = TargetForm(self._workspace, self.group, self._topic)
        self.form.chosen.connect(self._ask)
        self.form.unclear.connect(self._forget)
        self.form.where.returnPressed.connect(self._enter)
        self.sentence = QLabel()
        self.sentence.setWordWrap(True)
        self.sentence.setTextFormat(Qt.TextFormat.RichText)
        self.sentence.setMinimumHeight(34)
        self.moves = MovesTable()
        self.moves.chosen_changed.connect(self._show_chosen)
        self.refused = Banner("banner-bad")
        self.body.addWidget(self.form)
        self.body.addWidget(self.sentence)
        self.body.addWidget(self.moves)
        self.body.addLayout(self._build_ways())
        self.body.addWidget(self._build_warning())
        self.body.addWidget(self.refused)
        self.body.addSpacing(2)
        self.body.addLayout(self._build_foot())

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
        self.anew.toggled.connect(lambda _: self._show_chosen())
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
        self.apply.pressed.connect(self._hold)
        self.apply.clicked.connect(self._apply)
        self.apply.released.connect(self._let_go)
        self.apply.setEnabled(False)
        foot.addWidget(self.foot)
        foot.addStretch(1)
        foot.addWidget(self.cancel)
        foot.addWidget(self.apply)
        return foot

    def take_focus(self) -> None:
        """The field that is to be filled; else the card itself, until there is a button to press."""
        if self.form.isVisible():
            self.form.where.setFocus(Qt.FocusReason.OtherFocusReason)
            self.form.where.selectAll()
        else:
            self.setFocus(Qt.FocusReason.OtherFocusReason)

    def fit(self) -> None:
        """As high as its words and rows need, and over the canvas, but always whole: it moves up, then shows fewer
        rows (``adjustSize`` would take the words for narrower than they are)."""
        window = parent_of(self)
        self.moves.show_rows(MOST_ROWS)
        needed = self._needed()
        room = window.height() - 2 * _EDGE
        if needed > room and self.moves.isVisibleTo(self):
            rows = min(MOST_ROWS, self.moves.row_count) - -(-(needed - room) // ROW)
            self.moves.show_rows(max(FEWEST_ROWS, rows))
            needed = self._needed()
        self.resize(self.width(), needed)
        canvas = window.findChild(QWidget, "canvas")
        corner = canvas.mapTo(window, QPoint(12, 11)) if canvas is not None else QPoint(12, 12)
        y = max(0, min(corner.y(), window.height() - needed - _EDGE))
        if self._left is None:
            x = max(0, min(corner.x(), window.width() - self.width() - _EDGE))
            self._left = beside_floating(window, QRect(x, 0, self.width(), window.height()))  # it grows yet
        self.move(self._left, y)

    def _needed(self) -> int:
        layout = layout_of(self)
        layout.activate()
        return layout.totalHeightForWidth(self.width())

    # -- the plan ------------------------------------------------------------------------------------------
    def _enter(self) -> None:
        """Enter in the field: what was typed is read at once; what is read already leads on to the button."""
        if not self.form.settled:
            self.form.take()
        elif self.apply.isEnabled():
            self.apply.setFocus(Qt.FocusReason.TabFocusReason)

    def _forget(self) -> None:
        self._asked += 1
        self._spec = self._plan = None
        self._show_plan()

    def _ask_again(self) -> None:
        """The group reads on, and the log grows: the plan follows."""
        if self._spec is not None and self._plan is not None and self.form.settled and not self._busy:
            self._ask(self._spec)

    def _ask(self, spec: ResetSpec) -> None:
        """Ask the host what it would do; only the last answer counts."""
        self._spec = spec
        self._asked += 1
        question = self._workspace.act(PlanReset(self.group, spec, self._topic), self)
        question.done(partial(self._take_plan, self._asked)).failed(partial(self._refuse, self._asked)).run()

    def _take_plan(self, asked: int, reply: Plan) -> None:
        if asked == self._asked and self._pressed is None and not self._busy:
            self._plan = reply.plan
            self._show_plan()
            if self.focusWidget() in (None, self) and self.hasFocus() and self.apply.isEnabled():
                self.apply.setFocus(Qt.FocusReason.OtherFocusReason)

    def _refuse(self, asked: int, error: WorkbenchError) -> None:
        if asked == self._asked:
            self._plan = None
            self._show_plan()
            self.refused.say(error.sentence())

    def _chosen(self) -> ResetPlan | None:
        """The plan without the partitions that stay."""
        return None if self._plan is None else only(self._plan, self.moves.left_out)

    def _show_plan(self) -> None:
        spec, whole = self._spec, self._plan
        self.refused.say("")
        for widget in (self.moves, self.pause, self.anew):
            widget.setVisible(whole is not None)
        if whole is None or spec is None:
            self._show_nothing()
            return
        group = self._workspace.live.group(self.group)
        self.moves.show_moves(whole.moves, {m.member_id: m.name for m in group.members} if group else {})
        self._show_chosen()

    def _show_chosen(self) -> None:
        """What the partitions that go along make of it."""
        plan, spec = self._chosen(), self._spec
        if plan is None or spec is None:
            return
        stood_ms = self.form.stood_ms
        self.title.setText(sentences.title(self.group, spec, plan.moves, self._origin, stood_ms))
        self.sentence.setText(sentences.sentence(spec, plan.moves, self._origin, stood_ms))
        self._show_ways(plan)
        self._show_risk(plan, spec)
        self._show_button(plan)
        self._workspace.plan_shown.emit(plan)
        self.fit()

    def _show_nothing(self) -> None:
        self.title.setText(self.tr("Replay group {0}").format(self.group))
        self.sentence.setText(self.tr("Choose where the group should go on reading."))
        self.warning.hide()
        self._name_button(self.tr("Replay"))
        self.apply.setEnabled(False)
        self._workspace.plan_shown.emit(None)
        self.fit()

    def _show_ways(self, plan: ResetPlan) -> None:
        seconds = words.duration(sentences.PAUSE_MS)
        if plan.members == 0:
            self.pause.setText(self.tr("Move the offsets · no member is reading"))
        elif plan.members == 1:
            self.pause.setText(self.tr("Pause the member, move, resume · about {0} without reading").format(seconds))
        elif plan.members == 2:
            self.pause.setText(self.tr("Pause both members, move, resume · about {0} without reading").format(seconds))
        else:
            self.pause.setText(self.tr("Pause all {0} members, move, resume · about {1} without reading").format(
                plan.members, seconds))

    def _show_risk(self, plan: ResetPlan, spec: ResetSpec) -> None:
        found = retention_risk(self._workspace.document, self._workspace.live, plan, spec, self._workspace.live.at_ms)
        if found is not None and self._risk is None:
            self.hold.setChecked(True)
        self._risk = found
        self.warning.setVisible(found is not None)
        if found is not None:
            self.warning_words.setText(
                self.tr("Retention reaches these offsets in {0}, and {1} reads too slowly to stay ahead of it.").format(
                    words.duration(found.in_ms), found.slowest or self.group))
            self.hold.setText(self.tr("Hold retention of {0} until the replay ends").format(found.topic))

    def _show_button(self, plan: ResetPlan) -> None:
        refused = plan.refused if plan.members == 0 else ""
        self.refused.say(refused)
        moves = any(move.before != move.after for move in plan.moves)
        can = bool(plan.moves) and (moves or self.anew.isChecked())
        self._name_button(sentences.button(plan) if can else self.tr("Nothing moves"))
        self.apply.setEnabled(can and not refused and not self._busy)
        undo = self.tr("Undo brings the old offsets back.")
        now = self.tr("This acts on the running flow, now.")
        self.foot.setText(now if self._workspace.at_ms is not None and self.anew.isChecked() else undo)

    def _name_button(self, text: str) -> None:
        self.apply.setText(text)
        self.apply.setAccessibleName(text)

    # -- doing it ------------------------------------------------------------------------------------------
    def _hold(self) -> None:
        """The number on the button is the one that was pressed; nothing that comes meanwhile changes it."""
        self._pressed = self._chosen()

    def _let_go(self) -> None:
        if not self._busy:
            self._pressed = None

    def _apply(self) -> None:
        plan = self._pressed or self._chosen()
        if plan is None or not plan.moves:
            return
        self._busy, self._pressed = True, plan
        self.apply.setEnabled(False)
        hold = self._risk is not None and self.hold.isChecked()
        name = (self.new_name.text().strip() or self._fresh_name()) if self.anew.isChecked() else self.group
        act = ApplyReset(name, carried_out(plan.moves), pause_members=plan.members > 0, hold_retention=hold)
        if self.anew.isChecked():
            act = ApplyReset(name, carried_out(plan.moves))
        self._workspace.act(act, self).done(lambda reply: self._applied(plan, reply)).failed(self._refuse_apply).run()

    def _applied(self, seen: ResetPlan, reply: Plan) -> None:
        plan = reply.plan
        if self.anew.isChecked():
            self._workspace.perform(copy_of_group(self._workspace.document, self.group, plan.group, self._topic))
        else:
            self._workspace.undo_stack.push(MoveGroup(self._workspace, plan))
        self._workspace.notice.emit(sentences.moved(seen, plan))
        self.close()
        self._workspace.show_live()  # what was moved runs now; the past would hide it

    def _refuse_apply(self, error: WorkbenchError) -> None:
        self._busy, self._pressed = False, None
        self.refused.say(error.sentence())
        self.apply.setEnabled(True)

    # -- Qt ------------------------------------------------------------------------------------------------
    def event(self, event: QEvent) -> bool:
        known = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest:  # something inside got another size, came or went
            self.fit()
        return known

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and watched is self.parent():
            self.fit()
        return super().eventFilter(watched, event)

    def closeEvent(self, event: QCloseEvent) -> None:
        self._pace.stop()
        self._workspace.plan_shown.emit(None)
        super().closeEvent(event)
