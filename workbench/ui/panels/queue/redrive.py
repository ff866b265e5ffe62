"""Redriving dead messages: which, to where, how fast, edited first or not; with the counts before it is done.

A popover. The host is asked what would go where (``dry_run``) after each change; the button carries the count. While
it runs the popover shows how far it is and can stop it; it may be closed meanwhile, the host goes on. GUI thread.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QProgressBar,
    QRadioButton,
    QWidget,
)

from workbench.control.queues import RedriveOutcome, RedriveQueue, StopRedrive
from workbench.core.errors import WorkbenchError
from workbench.core.queues import QueuedMessage, Redriven, RedriveSpec
from workbench.core.snapshot import Snapshot
from workbench.flow.params import Param
from workbench.serde import GUESSING
from workbench.ui.bridge.operation import Operation
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.models.queue_stats import dead_in, sent_on
from workbench.ui.panels.parts.blocks import Banner, label, push_button
from workbench.ui.panels.parts.figures import Cell, Column, FigureTable
from workbench.ui.panels.parts.number_field import NumberField
from workbench.ui.panels.parts.popover import Popover
from workbench.ui.panels.queue.edit_form import MOST, EditForm
from workbench.ui.qt_types import parent_of
from workbench.ui.theme import words

WIDTH = 484
_ASK_MS = 200
_LOOK_MS = 300


class RedrivePopover(Popover):
    """See the module. ``chosen`` are messages that were chosen in the list; none offers all."""

    def __init__(self, workspace: Workspace, queue: str, chosen: Sequence[QueuedMessage], parent: QWidget) -> None:
        self._workspace, self.queue, self._chosen = workspace, queue, tuple(chosen)
        super().__init__(parent, self.tr("Redrive dead messages of {0}").format(queue), "redrive", "queue", WIDTH)
        self._asked = 0
        self._count = 0
        self._began_ms = 0
        self._running = False
        self._later = QTimer(self, singleShot=True, interval=_ASK_MS)
        self._later.timeout.connect(self._ask)
        self._looks = QTimer(self, interval=_LOOK_MS)
        self._looks.timeout.connect(self._look)
        self._build()
        self._ask()
        workspace.live_changed.connect(self._follow)

    # -- building -------------------------------------------------------------------------------------------
    def _build(self) -> None:
        self.sentence = label(self.tr("Asking what would go where…"))
        self.sentence.setWordWrap(True)
        self.body.addWidget(self.sentence)
        self._build_which()
        self._build_where()
        self._build_edit()
        self.preview = FigureTable((Column(self.tr("To"), stretch=True, names=True),
                                    Column(self.tr("Messages"), 90, number=True)),
                                   self.tr("What goes where"))
        self.progress = QProgressBar()
        self.progress.setAccessibleName(self.tr("Progress"))
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(6)
        self.progress.hide()
        self.refused = Banner("banner-bad")
        for widget in (self.preview, self.progress, self.refused):
            self.body.addWidget(widget)
        self.body.addSpacing(2)
        self.body.addLayout(self._build_foot())

    def _build_which(self) -> None:
        number = len(self._chosen)
        self.those = QRadioButton(self.tr("The one chosen") if number == 1 else self.tr("The {0} chosen").format(
            words.count(number)))
        self.all = QRadioButton()
        self._which = QButtonGroup(self)
        for button in (self.those, self.all):
            self._which.addButton(button)
            self.body.addWidget(button)
        self.those.setVisible(bool(number))
        (self.those if number else self.all).setChecked(True)
        self._name_all()
        self.those.toggled.connect(self._change)

    def _name_all(self) -> None:
        dead = dead_in(self._workspace.live, self.queue)
        self.all.setText(self.tr("All {0}").format(words.plural(dead, "dead message", "dead messages")))

    def _build_where(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(8)
        self.to = QComboBox()
        self.to.setAccessibleName(self.tr("Where to"))
        self.to.addItem(self.tr("where each came from"), "")
        for other in self._workspace.live.queues:
            if not other.subscription:
                self.to.addItem(other.name, other.name)
        self.to.currentIndexChanged.connect(self._change)
        rate = Param("rate", "float", 0.0, self.tr("Messages a second"), low=0, high=100_000)
        self.rate = NumberField(rate, 0, self.tr("as fast as it goes"))
        self.rate.complained.connect(self._show_wrong_rate)
        self.rate.setFixedHeight(self.to.sizeHint().height())
        row.addWidget(label(self.tr("To"), "muted"))
        row.addWidget(self.to, 1)
        row.addWidget(label(self.tr("Rate"), "muted"))
        row.addWidget(self.rate, 1)
        self.body.addLayout(row)

    def _build_edit(self) -> None:
        self.edit_first = QCheckBox(self.tr("Edit them first"))
        self.edit_first.setVisible(0 < len(self._chosen) <= MOST)
        decoder = self._workspace.decoder(self._chosen[0].record.topic) if self._chosen else GUESSING
        self.form = EditForm(self._chosen, decoder) if self._chosen else None
        self.body.addWidget(self.edit_first)
        if self.form is not None:
            self.form.hide()
            self.body.addWidget(self.form)
            self.form.changed.connect(self._name_button)
        self.edit_first.toggled.connect(self._show_form)
        self.those.toggled.connect(self.edit_first.setEnabled)

    def _build_foot(self) -> QHBoxLayout:
        foot = QHBoxLayout()
        foot.setSpacing(8)
        self.note = label(self.tr("They keep the story of their deaths."), "caption")
        self.cancel = push_button(self.tr("Cancel"))
        self.cancel.clicked.connect(self.close)
        self.stop = push_button(self.tr("Stop"), "stop")
        self.stop.clicked.connect(self._stop)
        self.stop.hide()
        self.apply = push_button(self.tr("Redrive"), variant="primary")
        self.apply.setEnabled(False)
        self.apply.clicked.connect(self._redrive)
        foot.addWidget(self.note)
        foot.addStretch(1)
        for button in (self.cancel, self.stop, self.apply):
            foot.addWidget(button)
        return foot

    def _show_form(self, shown: bool) -> None:
        if self.form is not None:
            self.form.setVisible(shown)
        self._name_button()
        self._place_again()

    def _place_again(self) -> None:
        """As high as needed, without leaving the window at its foot."""
        self.fit()
        self.move(self.x(), max(8, min(self.y(), parent_of(self).height() - self.height() - 8)))

    # -- the plan -------------------------------------------------------------------------------------------
    def spec(self) -> RedriveSpec:
        """What the form says."""
        some = self.those.isChecked() and bool(self._chosen)
        edits = self.form.edits if self.form is not None and some and self.edit_first.isChecked() else {}
        messages = tuple(message.id for message in self._chosen) if some else ()
        return RedriveSpec(messages, str(self.to.currentData()), self.rate.value(), dict(edits))

    def _change(self, *_: object) -> None:
        self._later.start()

    def _show_wrong_rate(self, why: str) -> None:
        self.refused.say(why)
        self._name_button()

    def _ask(self) -> None:
        self._asked += 1
        asked = self._asked
        self._workspace.act(RedriveQueue(self.queue, self.spec(), dry_run=True), self).done(
            lambda reply: self._show_plan(asked, reply.redriven)).failed(self._refuse).run()

    def _show_plan(self, asked: int, plan: Redriven) -> None:
        if asked != self._asked or self._running:
            return
        self.refused.say(self.rate.wrong)
        self._count = sum(plan.moved.values())
        self._show_rows(plan)
        self.sentence.setText(
            self.tr("Each is written anew, with a new time, and leaves {0} in the same step.").format(self.queue)
            if self._count else self.tr("There is nothing to send on."))
        self._name_button()
        self._place_again()

    def _show_rows(self, plan: Redriven) -> None:
        rows = [(Cell(name), Cell(words.count(number))) for name, number in plan.moved.items()]
        if plan.kept:
            said = self.tr("stay: {0}").format(plan.reason) if plan.reason else self.tr("stay")
            rows.append((Cell(said, "warn"), Cell(words.count(plan.kept), "warn")))
        self.preview.show_rows(rows)
        self.preview.setVisible(bool(rows))

    def _name_button(self) -> None:
        many = words.plural(self._count, "message", "messages")
        edited = len(self.spec().edits)
        said = self.tr("Redrive {0}").format(many)
        self.apply.setText(self.tr("{0}, {1} edited").format(said, words.count(edited)) if edited else said)
        self.apply.setAccessibleName(self.apply.text())
        self.apply.setEnabled(bool(self._count) and not self.rate.wrong)

    # -- running --------------------------------------------------------------------------------------------
    def _redrive(self) -> None:
        """Send them on. It may take long, so it goes beside the other acts: «Stop» must not wait for its end."""
        command, workspace = RedriveQueue(self.queue, self.spec()), self._workspace
        self._running = True
        self._began_ms = workspace.live.at_ms + 1
        self._looks.start()
        self.progress.setRange(0, max(1, self._count))
        self.progress.setValue(0)
        self._show_running(True)
        self._show_sent(0)
        Operation(self, lambda: workspace.call(command)).done(self._done).failed(self._refuse).run()

    def _show_running(self, running: bool) -> None:
        for widget in (self.apply, self.cancel):
            widget.setVisible(not running)
        for widget in (self.stop, self.progress):
            widget.setVisible(running)
        for widget in (self.those, self.all, self.to, self.rate, self.edit_first, *((self.form,) if self.form else ())):
            widget.setEnabled(not running)
        self._place_again()

    def _follow(self, live: Snapshot) -> None:
        """More may die while the form is open: the plan follows."""
        if not self._running and self.apply.isVisible():
            before = self.all.text()
            self._name_all()
            if self.all.isChecked() and self.all.text() != before and not self._later.isActive():
                self._later.start()

    def _look(self) -> None:
        """Ask the journal how far it is."""
        workspace, queue, from_ms = self._workspace, self.queue, self._began_ms

        def read() -> int:
            with workspace.reader_for_work() as reader:
                return sent_on(reader, queue, from_ms)

        Operation(self, read).done(self._show_sent).run()

    def _show_sent(self, sent: int) -> None:
        if self._running:
            sent = min(self._count, sent)
            self.progress.setValue(sent)
            self.sentence.setText(self.tr("{0} of {1} are sent on.").format(
                words.count(sent), words.count(self._count)))

    def _stop(self) -> None:
        self.stop.setEnabled(False)
        self._workspace.act(StopRedrive(self.queue), self).failed(self._refuse).run()

    def _done(self, reply: RedriveOutcome) -> None:
        self._running = False
        self._looks.stop()
        done = reply.redriven
        self._show_running(False)
        self._show_rows(done)
        for widget in (self.those, self.all, self.to, self.rate, self.edit_first):
            widget.setEnabled(False)
        self.apply.hide()
        self.cancel.setText(self.tr("Close"))
        self.cancel.setAccessibleName(self.cancel.text())
        sent = words.plural(sum(done.moved.values()), "message", "messages")
        self.sentence.setText(self.tr("{0} sent on.").format(sent))
        self._place_again()

    def _refuse(self, error: WorkbenchError) -> None:
        self._looks.stop()
        if self._running:
            self._running = False
            self._show_running(False)
        self.apply.setEnabled(False)
        self.refused.say(error.sentence())
        self._place_again()
