"""Purging a queue, with what will be lost said first: a popover whose button carries the count. GUI thread."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QWidget

from workbench.control.queues import Purge, PurgeQueue
from workbench.core.errors import WorkbenchError
from workbench.core.queues import PurgePlan
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.panels.parts.blocks import Banner, label, push_button
from workbench.ui.panels.parts.figures import Cell, Column, FigureTable
from workbench.ui.panels.parts.popover import Popover
from workbench.ui.theme import words

WIDTH = 430


class PurgePopover(Popover):
    """See the module."""

    def __init__(self, workspace: Workspace, queue: str, parent: QWidget) -> None:
        self._workspace, self.queue = workspace, queue
        super().__init__(parent, self._title(queue), "purge", "bad", WIDTH)
        self.sentence = label(self.tr("Counting what is there…"))
        self.sentence.setWordWrap(True)
        self.table = FigureTable((Column(self.tr("State"), stretch=True), Column(self.tr("Messages"), 80, number=True),
                                  Column("", 110, right=True)), self.tr("What is lost"))
        self.refused = Banner("banner-bad")
        for widget in (self.sentence, self.table, self.refused):
            self.body.addWidget(widget)
        self.body.addLayout(self._build_foot())
        workspace.act(PurgeQueue(queue, dry_run=True), self).done(self._show_plan).failed(self._refuse).run()

    def _title(self, queue: str) -> str:
        return self.tr("Purge {0}").format(queue)

    def _build_foot(self) -> QHBoxLayout:
        foot = QHBoxLayout()
        foot.setSpacing(8)
        self.note = label(self.tr("Nothing brings them back."), "caption")
        self.cancel = push_button(self.tr("Cancel"))
        self.cancel.clicked.connect(self.close)
        self.purge = push_button(self.tr("Purge"), variant="danger")
        self.purge.setEnabled(False)
        self.purge.clicked.connect(self._purge)
        foot.addWidget(self.note)
        foot.addStretch(1)
        foot.addWidget(self.cancel)
        foot.addWidget(self.purge)
        return foot

    def _show_plan(self, reply: Purge) -> None:
        plan = reply.plan
        lost = _lost(plan)
        gone, stays = self.tr("lost"), self.tr("stay")
        rows = [(self.tr("Ready"), plan.ready, gone), (self.tr("Delayed"), plan.delayed, gone),
                (self.tr("Dead"), plan.dead, gone), (self.tr("In flight"), plan.kept_in_flight, stays)]
        self.table.show_rows([
            (Cell(name), Cell(words.count(n)), Cell(what if n else "", "bad" if what == gone else "text_muted"))
            for name, n, what in rows
        ])
        if not lost:
            self.sentence.setText(self.tr("There is nothing to purge: {0} stay with their consumers.").format(
                words.plural(plan.kept_in_flight, "message", "messages")))
        else:
            self.sentence.setText(self.tr("{0} will be removed for good. What is in flight stays with its "
                                          "consumers.").format(words.plural(lost, "message", "messages")))
        self.purge.setText(self.tr("Purge {0}").format(words.plural(lost, "message", "messages")))
        self.purge.setAccessibleName(self.purge.text())
        self.purge.setEnabled(bool(lost))
        self.fit()

    def _purge(self) -> None:
        self.purge.setEnabled(False)
        self._workspace.act(PurgeQueue(self.queue), self).done(self._done).failed(self._refuse).run()

    def _done(self, reply: Purge) -> None:
        lost = words.plural(_lost(reply.plan), "message", "messages")
        self._workspace.notice.emit(self.tr("{0} of {1} are gone.").format(lost, self.queue))
        self.close()

    def _refuse(self, error: WorkbenchError) -> None:
        self.refused.say(error.sentence())
        self.fit()


def _lost(plan: PurgePlan) -> int:
    return plan.ready + plan.delayed + plan.dead
