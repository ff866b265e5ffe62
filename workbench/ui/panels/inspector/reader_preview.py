"""What a group's reader schema makes of what its topics were written with, by field, under the setting that names it.

Looked up on a worker a moment after the last letter; fields that stay as they are are not listed. GUI thread.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from workbench.core.errors import WorkbenchError
from workbench.ui.bridge.operation import Operation
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.panels.parts.blocks import label, set_tone
from workbench.ui.panels.parts.figures import Cell, Column, FigureTable

if TYPE_CHECKING:
    from workbench.session.schemas.resolution import Resolved  # at its first use: it brings the broker with it

_STILL_MS = 300
_MOST_VERSIONS, _MOST_ROWS = 5, 40
_ROLES = {"breaks": "bad", "dropped": "text_muted"}

Asked = tuple[str, tuple[str, ...]]


class ReaderPreview(QWidget):
    """See the module."""

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._asked: Asked = "", ()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        self.said = label("", "muted")
        self.said.setWordWrap(True)
        self.said.setMinimumWidth(10)
        self.table = FigureTable((Column(self.tr("Field"), stretch=True, names=True), Column(self.tr("Read as"), 74),
                                  Column(self.tr("Why"), stretch=True)), self.tr("Read by schema, by field"))
        column.addWidget(self.said)
        column.addWidget(self.table)
        self._still = QTimer(self, singleShot=True, interval=_STILL_MS)
        self._still.timeout.connect(self._look)
        self.hide()

    def show_reader(self, reader: str, subjects: tuple[str, ...]) -> None:
        """``subjects`` are those that the group's topics are written by."""
        asked = reader.strip(), subjects
        if asked != self._asked:
            self._asked = asked
            self.setVisible(bool(asked[0]))
            self._still.start()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._still.start()  # what is registered may be more by now

    def _look(self) -> None:
        asked, lend = self._asked, self._workspace.reader_for_work
        if not asked[0] or not self.isVisible():
            return

        def look() -> list[Resolved]:
            from workbench.session.schemas import LookedAt, read_with

            with lend() as reader:
                lookup = LookedAt(reader.schemas()).lookup
                return [read_with(lookup, asked[0], each) for subject in asked[1]
                        for each in reversed(lookup.versions(subject)[-_MOST_VERSIONS:])]

        Operation(self, look).done(partial(self._show, asked)).failed(partial(self._refuse, asked)).run()

    def _refuse(self, asked: Asked, error: WorkbenchError) -> None:
        if asked == self._asked:
            self._say(error.sentence(), "bad")

    def _show(self, asked: Asked, found: list[Resolved]) -> None:
        if asked != self._asked:
            return
        broken = [each for each in found if not each.fits]
        if not found:
            self._say(self.tr("No schema is registered of what it reads."), "muted")
            return
        if broken:
            first = next(row.told for row in broken[0].rows if row.state == "breaks")
            told = self.tr("{0} of {1} versions can't be read whole.").format(len(broken), len(found))
            self._say(f"{told} {first}", "bad")
        else:
            self._say(self.tr("All versions can be read."), "muted")
        rows = [row for each in found for row in self._rows(each)]
        if len(rows) > _MOST_ROWS:
            rows = [*rows[:_MOST_ROWS], (Cell("…"), Cell(""), Cell(self.tr("{0} more").format(len(rows) - _MOST_ROWS)))]
        self.table.show_rows(rows)
        self.table.show()

    def _rows(self, one: Resolved) -> list[tuple[Cell, Cell, Cell]]:
        names = {"same": self.tr("same"), "promoted": self.tr("promoted"), "filled in": self.tr("filled in"),
                 "dropped": self.tr("dropped"), "breaks": self.tr("breaks")}
        head = (Cell(f"{one.writer.subject} {one.writer.version}", strong=True),
                Cell(self.tr("fits") if one.fits else names["breaks"], "text_muted" if one.fits else "bad"), Cell(""))
        return [head, *((Cell(row.field or self.tr("(the value)")),
                         Cell(names[row.state], _ROLES.get(row.state, "text")), Cell(row.told, "text_muted"))
                        for row in one.rows if row.state != "same")]

    def _say(self, text: str, tone: str) -> None:
        self.said.setText(text)
        set_tone(self.said, tone)
        self.table.hide()
