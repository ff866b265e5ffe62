"""How large the file is, how large it may grow before a warning, and giving free room back to the disk.

``SizeFields`` is shown by a popover at the status bar and by the preferences; the numbers follow live. Nothing is ever
refused because of the budget. GUI thread.
"""

from __future__ import annotations

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from workbench.control.file import Compacted, CompactFile, FileSize, GetSize, SetSizeBudget
from workbench.core.errors import Invalid, WorkbenchError
from workbench.core.sizes import parse_size
from workbench.core.snapshot import Snapshot
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.dialogs.ask import ask
from workbench.ui.panels.parts.blocks import Banner, label, push_button, set_property
from workbench.ui.panels.parts.popover import Popover
from workbench.ui.qt_types import parent_of
from workbench.ui.theme import words

WIDTH = 340


class SizeFields(QWidget):
    """See the module. ``said_changed``: its words need another height."""

    said_changed = Signal()

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._found: FileSize | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self.now = label(self.tr("Asking the broker…"))
        self.now.setWordWrap(True)
        self.warning = Banner("banner-warn")
        column.addWidget(self.now)
        column.addWidget(self.warning)
        column.addWidget(label(self.tr("Warn before the file takes more than · empty: never"), "caption"))
        row = QHBoxLayout()
        row.setSpacing(6)
        self.budget = QLineEdit()
        self.budget.setAccessibleName(self.tr("Size budget"))
        self.budget.setPlaceholderText(self.tr("Never"))
        self.take = push_button(self.tr("Set"), variant="primary")
        self.take.clicked.connect(self.set_budget)
        self.budget.returnPressed.connect(self.set_budget)
        self.budget.textEdited.connect(lambda _: self._check())
        row.addWidget(self.budget, 1)
        row.addWidget(self.take)
        column.addLayout(row)
        self.said = label("", "muted")
        self.said.setWordWrap(True)
        column.addWidget(self.said)
        self.compact = push_button(self.tr("Give free room back…"))
        self.compact.clicked.connect(self._ask_compact)
        column.addWidget(self.compact)
        self._say(self.tr("From four fifths of it on you are warned. Nothing is refused."))
        workspace.live_changed.connect(self._show_live)
        self._ask(fill=True)

    # -- what it is ----------------------------------------------------------------------------------------
    def _ask(self, fill: bool) -> None:
        self._workspace.act(GetSize(), self).done(lambda found: self._show(found, fill)).failed(self._refuse).run()

    def _show(self, found: FileSize, fill: bool) -> None:
        self._found = found
        self.compact.setEnabled(not self._workspace.read_only)
        if fill:
            self.budget.setText(words.size(found.budget_bytes) if found.budget_bytes else "")
        self._show_live(self._workspace.live)
        self.said_changed.emit()

    def _show_live(self, live: Snapshot) -> None:
        """The size that the status bar says; what is free was asked for."""
        if self._found is not None:
            said = self.tr("{0} takes {1} on disk; {2} of it lie free for the next records. Its disk has {3} left.")
            self.now.setText(said.format(self._workspace.path.name, *map(words.size, (
                live.host.file_bytes or self._found.file_bytes, self._found.free_bytes,
                self._found.disk_free_bytes))))
        said = next((p.text for p in live.problems if p.subject == "file:size" and live.host.budget_bytes), "")
        if said != self.warning.words.text():
            self.warning.say(said)
            self.said_changed.emit()

    # -- the budget ----------------------------------------------------------------------------------------
    def _check(self) -> int | None:
        """What is typed, in bytes; None when it is no size, which is said."""
        text = self.budget.text().strip()
        try:
            size = parse_size(text) if text else 0
        except Invalid as error:
            self._say(error.sentence(), bad=True)
            return None
        self._say(self.tr("You are warned from {0} on. Nothing is refused.").format(words.size(size * 4 // 5)) if size
                  else self.tr("You are never warned of its size."))
        return size

    def set_budget(self) -> None:
        size = self._check()
        if size is not None:
            self._workspace.act(SetSizeBudget(size), self).done(lambda _: self._taken(size)).failed(self._refuse).run()

    def _taken(self, size: int) -> None:
        self._say(self.tr("The budget is {0}.").format(words.size(size)) if size else self.tr("There is none now."))

    # -- free room -----------------------------------------------------------------------------------------
    def _ask_compact(self) -> None:
        ask(self.tr("Give free room back"),
            self.tr("{0} lie free in the file. What deleted topics kept goes too: they can't be restored any more.")
            .format(words.size(self._found.free_bytes if self._found else 0)),
            self.tr("Nothing else that is stored changes. Appends may wait for a moment."),
            self.tr("Compact the file"), self._compact, self.window())

    def _compact(self) -> None:
        self.compact.setEnabled(False)
        self._say(self.tr("Giving free room back…"))
        self._workspace.act(CompactFile(), self).done(self._compacted).failed(self._refuse).run()

    def _compacted(self, done: Compacted) -> None:
        self._say(self.tr("{0} before, {1} after.").format(words.size(done.before), words.size(done.after)))
        self._ask(fill=False)

    def _refuse(self, error: WorkbenchError) -> None:
        self.compact.setEnabled(not self._workspace.read_only)
        self._say(error.sentence(), bad=True)

    def _say(self, text: str, bad: bool = False) -> None:
        set_property(self.budget, "state", "bad" if bad else "")
        self.said.setProperty("tone", "bad" if bad else "muted")
        self.said.style().polish(self.said)
        self.said.setText(text)
        self.said_changed.emit()


class SizePopover(Popover):
    """The same, over the status bar."""

    def __init__(self, workspace: Workspace, parent: QWidget) -> None:
        super().__init__(parent, "", "topic", "accent", WIDTH)
        self.title.setText(self.tr("Size of the file"))
        self.setAccessibleName(self.title.text())
        self.fields = SizeFields(workspace, self)
        self.body.addWidget(self.fields)
        self._anchor: QWidget | None = None
        self.fields.said_changed.connect(self.settle)

    def open_over(self, anchor: QWidget) -> None:
        """Above a widget at the lower edge of the window."""
        self._anchor = anchor
        self.settle()
        self.show()
        self.raise_()
        self.fields.budget.setFocus()
        self.fields.budget.selectAll()

    def settle(self) -> None:
        """As high as its words need, its foot where it was."""
        if self._anchor is None:
            return
        self.fit()
        window = parent_of(self)
        corner = self._anchor.mapTo(window, QPoint(self._anchor.width(), 0))
        self.move(max(8, min(corner.x() - self.width(), window.width() - self.width() - 8)),
                  max(8, corner.y() - self.height() - 6))
