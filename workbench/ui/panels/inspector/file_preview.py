"""What a file source would make of its file: what it was found to be, its first events, what would be refused.

It shows what ``runtime.reading.preview`` tells, the same that ``workbench produce --dry-run`` prints. The beginning of
the file is read off the GUI thread, when the settings have been still for a moment; a pipe is not looked into.
"""

from __future__ import annotations

import re
import time
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from workbench.core.errors import Invalid, WorkbenchError
from workbench.core.times import format_time
from workbench.flow.settings import FileSettings
from workbench.ui.bridge.operation import Operation
from workbench.ui.panels.parts.blocks import label
from workbench.ui.panels.parts.figures import Cell, Column, FigureTable
from workbench.ui.theme import words

if TYPE_CHECKING:  # they bring the broker, which the first paint does without
    from workbench.runtime.reading.base import Event
    from workbench.runtime.reading.preview import Preview
    from workbench.runtime.reading.reader import ReadSettings

ROWS = 4
LOOKED_AT_EVENTS = 1_000
_LINE, _SECONDS, _EXACT, _KEY = range(4)
_STILL_MS = 250
_LONGEST_VALUE = 160
_OPTION = re.compile(r" \(--[a-z-]+\)")


def _now_ms() -> int:
    return int(time.time() * 1000)


class FilePreview(QWidget):
    """See the module. Hidden while no file is chosen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._asked: ReadSettings | None = None
        self._looking: ReadSettings | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 2, 0, 4)
        self._column.setSpacing(4)
        self._what, self._columns, self._value = self._line(), self._line("muted"), self._line("mono")
        at = self.tr("Time (UTC)")
        columns = (Column(self.tr("Line"), 44, mono=True), Column(at, 152, mono=True), Column(at, 184, mono=True),
                   Column(self.tr("Key"), stretch=True, mono=True))
        self._table = FigureTable(columns, self.tr("First events"))
        self._column.insertWidget(2, self._table)
        self._refused, self._notes, self._count = self._line("bad"), self._line("warn"), self._line("muted")
        self._still = QTimer(self)
        self._still.setSingleShot(True)
        self._still.setInterval(_STILL_MS)
        self._still.timeout.connect(self._look)
        self.hide()

    @property
    def refused(self) -> str:
        """What it says is wrong with the file."""
        return self._refused.text()

    def _line(self, tone: str = "") -> QLabel:
        made = label("", tone)
        made.setWordWrap(True)
        made.setMinimumWidth(10)
        self._column.addWidget(made)
        return made

    def show_settings(self, file: FileSettings | None) -> None:
        """Look at the file anew where the settings that say how to read it are others."""
        try:
            from workbench.runtime.reading.reader import ReadSettings

            asked = None if file is None else ReadSettings.of(file)
        except Invalid:
            asked = None
        if asked == self._asked:
            return
        self._asked = asked
        self.setVisible(asked is not None)
        if asked is not None:
            self._still.start()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._still.start()  # the file may be another by now

    def _look(self) -> None:
        if self._asked is None or not self.isVisible() or self._looking is not None:
            return
        self._looking = self._asked
        from workbench.runtime.reading.preview import preview_beginning

        look = partial(preview_beginning, self._asked, _now_ms, ROWS, LOOKED_AT_EVENTS)
        Operation(self, look).done(self._show).failed(self._tell).run()

    def _looked(self) -> None:
        """Look again when the settings changed meanwhile."""
        if self._looking != self._asked:
            self._still.start()
        self._looking = None

    def _tell(self, reason: WorkbenchError) -> None:
        """It can't be read at all."""
        self._say(self._refused, _plain(reason.sentence()))
        for line in (self._what, self._columns, self._value, self._notes, self._count):
            self._say(line, "")
        self._table.hide()
        self._looked()

    def _show(self, seen: Preview) -> None:
        self._say(self._what, self._kind(seen))
        names = ", ".join(seen.header)
        self._say(self._columns, self.tr("Columns: {0}").format(names) if names else "")
        self._show_first(seen)
        self._say(self._value, _short(seen.first[0].value) if seen.first else "")
        self._say(self._refused, _plain("\n".join(seen.problems)))
        self._say(self._notes, _plain("\n".join(seen.notes)))
        events = words.plural(seen.events, self.tr("event"), self.tr("events"))
        said = self.tr("The file holds {0}.") if seen.whole else self.tr("Of its beginning, {0}.")
        self._say(self._count, said.format(events))
        self._looked()

    def _show_first(self, seen: Preview) -> None:
        """The first events' keys and times, those of the two that were asked for; a fraction takes a wider column."""
        timed, keyed = any(self._wants("time", "time_format")), any(self._wants("key"))
        exact = any((event.time_ms or 0) % 1000 for event in seen.first)
        shown = {_LINE: True, _SECONDS: timed and not exact, _EXACT: timed and exact, _KEY: keyed}
        self._table.leave_out([column for column, wanted in shown.items() if not wanted])
        self._table.show_rows([self._row(event, exact) for event in seen.first])
        self._table.setVisible(bool(seen.first) and (timed or keyed))

    def _wants(self, *names: str) -> list[str]:
        return [getattr(self._looking, name, "") for name in names]

    def _kind(self, seen: Preview) -> str:
        kinds = {"jsonl": self.tr("JSON Lines"), "json": self.tr("JSON document"), "csv": self.tr("CSV"),
                 "lines": self.tr("Plain lines"), "avro": self.tr("Avro file"),
                 "protobuf": self.tr("Protobuf messages behind their lengths")}
        told = [kinds.get(seen.format, seen.label)]
        marks = {",": self.tr("comma"), ";": self.tr("semicolon"), "\t": self.tr("tab")}
        if seen.delimiter:
            told.append(self.tr("delimiter {0}").format(marks.get(seen.delimiter, seen.delimiter)))
        if seen.packed:
            told.append(self.tr("gzip"))
        if seen.charset:
            told.append(self.tr("{0}, a guess").format(seen.charset) if seen.charset_is_guessed else seen.charset)
        return " · ".join(told)

    def _row(self, event: Event, exact: bool) -> tuple[Cell, ...]:
        at = Cell(self.tr("none"), "text_muted") if event.time_ms is None else Cell(_moment(event.time_ms, exact))
        key = Cell(self.tr("null"), "text_muted") if event.key is None else Cell(_short(event.key))
        nothing = Cell("")
        return Cell(str(event.line), "text_muted"), nothing if exact else at, at if exact else nothing, key

    @staticmethod
    def _say(line: QLabel, text: str) -> None:
        line.setText(text)
        line.setVisible(bool(text))


def _moment(ms: int, exact: bool) -> str:
    return format_time(ms).replace("T", " ")[: 23 if exact else 19]


def _plain(sentence: str) -> str:
    """Without the options of the command line: here they are fields."""
    return _OPTION.sub("", sentence)


def _short(value: bytes) -> str:
    text = " ".join(value.decode("utf-8", "replace").split())
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"
