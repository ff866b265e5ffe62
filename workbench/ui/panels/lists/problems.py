"""What needs a person: problems the host sees in the running flow, and what the drawing still lacks. GUI thread.

``count_changed`` carries how many there are and the worst severity, for the badge of the tab.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from workbench.core.snapshot import Snapshot
from workbench.flow import rules
from workbench.flow.document import Change
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.models.tables import Column, ValuesModel
from workbench.ui.panels.parts.loading import EmptyOnceLoaded
from workbench.ui.panels.parts.values_table import ValuesTable
from workbench.ui.theme import icons, words

CHECK_MS = 250
_NARROW = 640  # pixels


@dataclass(frozen=True, slots=True)
class ShownProblem:
    """``node_id`` is empty when it is about something that is not drawn."""

    severity: str
    subject: str
    text: str
    next_step: str
    node_id: str = ""
    since_ms: int = 0


class ProblemsPanel(QWidget):
    count_changed = Signal(int, str)  # how many, and the worst severity

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._drawn: list[ShownProblem] = []
        self._told = (0, "")
        self.model: ValuesModel[ShownProblem] = ValuesModel(
            self._columns(), lambda p: (p.severity, p.subject, p.text), self
        )
        self.table = ValuesTable(self.model, self.tr("Problems"), sortable=True)
        self.table.wrap_words()
        self._stack = QStackedWidget()
        how = self.tr("What is slow, failed or unfinished appears here, with what to do.")
        self._stack.addWidget(EmptyOnceLoaded(self._workspace, "exact", self.tr("No problems"), how))
        self._stack.addWidget(self.table)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._stack)
        self._check = QTimer(self, singleShot=True, interval=CHECK_MS)
        self._check.timeout.connect(self._check_drawing)
        workspace.shown_changed.connect(self._follow)
        unfollow = workspace.document.follow(self._drawing_changed)
        self.destroyed.connect(unfollow)
        self.table.clicked.connect(lambda _: self._select())
        self.table.activated.connect(lambda _: self._select())
        self._check_drawing()

    def _columns(self) -> list[Column[ShownProblem]]:
        mark = {"bad": ("failed", "bad"), "warn": ("problem_fill", "warn_mark")}
        def since() -> str:
            return self.tr("Since ({0})").format(words.zone_name())

        return [
            Column("", lambda p: "", 34, icon=lambda p: icons.icon(*mark.get(p.severity, ("info", "text_muted")))),
            Column(self.tr("About"), lambda p: p.subject, 160, strong=lambda p: True),
            Column(self.tr("What happened"), lambda p: p.text, tone=lambda p: "bad" if p.severity == "bad" else "text"),
            Column(self.tr("What to do"), lambda p: p.next_step, 300, tone=lambda p: "text_muted"),
            Column(since, lambda p: words.clock(p.since_ms, False) if p.since_ms else "", 90, mono=True,
                   order=lambda p: p.since_ms),
        ]

    def _drawing_changed(self, change: Change) -> None:
        self._check.start()

    def _check_drawing(self) -> None:
        document = self._workspace.document
        self._drawn = [
            ShownProblem("warn", document.node(node_id).name, *self._what_and_how(text), node_id)
            for node_id, text in rules.problems(document)
        ]
        self._follow(self._workspace.shown)

    def _what_and_how(self, text: str) -> tuple[str, str]:
        """What is wrong, and what to do about it: the first sentence of a rule and the rest, or where to change it."""
        what, stop, how = text.partition(". ")
        return (f"{what}.", how) if stop else (text, self.tr("Select it, and change its links or its settings."))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """What happened and what to do share the room; in a narrow dock the time gives way to them."""
        super().resizeEvent(event)
        narrow = self.width() < _NARROW
        self.table.setColumnHidden(4, narrow)
        self.table.setColumnWidth(1, 110 if narrow else 160)
        left = self.width() - 34 - self.table.columnWidth(1) - (0 if narrow else 90)
        self.table.setColumnWidth(3, max(120, int(left * 0.44)))

    def _follow(self, snapshot: Snapshot) -> None:
        """Counted even while hidden: the badge must be true."""
        seen = [self._of_host(problem) for problem in snapshot.problems]
        found = sorted([*seen, *self._drawn], key=lambda p: p.severity != "bad")
        self.model.show(found)
        self._stack.setCurrentIndex(1 if found else 0)
        told = len(found), found[0].severity if found else ""
        if told != self._told:
            self._told = told
            self.count_changed.emit(*told)

    def _of_host(self, problem) -> ShownProblem:
        kind, _, name = problem.subject.partition(":")
        node = next((n for n in self._workspace.document.nodes if n.name == name and kind != "connection"), None)
        return ShownProblem(problem.severity, name or kind, problem.text, problem.next_step, node.id if node else "",
                            problem.since_ms)

    @property
    def count(self) -> int:
        return self._told[0]

    def _select(self) -> None:
        problem = self.table.chosen()
        if problem is not None and problem.node_id:
            self._workspace.select([problem.node_id])
