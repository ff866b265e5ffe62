"""The session's journal in words, newest at the foot, live. A double click shows that moment.

Read by id from its own reader off the GUI thread, while visible and at most twice a second. GUI thread.
"""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QStackedWidget, QVBoxLayout, QWidget

from workbench.core.errors import WorkbenchError
from workbench.core.journal import JournalEntry
from workbench.ui.bridge.operation import Operation
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.models.journal_words import FAMILIES, ICONS, family_name, sentence
from workbench.ui.models.tables import Column, ValuesModel
from workbench.ui.panels.parts.blocks import Banner, label
from workbench.ui.panels.parts.loading import EmptyOnceLoaded
from workbench.ui.panels.parts.values_table import ValuesTable
from workbench.ui.theme import icons, words

EVERY_MS = 500
KEPT_ENTRIES = 5_000
FIRST_ENTRIES = 1_000
_PAGE = 2_000


class LogPanel(QWidget):
    """``moment_wanted`` asks for a time to be shown (the window hands it to the time strip)."""

    moment_wanted = Signal(object)  # int ms

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._last_id = -1
        self._reading = False
        self._entries: list[JournalEntry] = []
        self.model: ValuesModel[JournalEntry] = ValuesModel(self._columns(), lambda entry: entry.id, self)
        self.table = ValuesTable(self.model, self.tr("Log of the session"))
        self._build()
        self._tick = QTimer(self, interval=EVERY_MS)
        self._tick.timeout.connect(self.read_on)
        self.table.doubleClicked.connect(lambda _: self._show_moment())
        self.table.activated.connect(lambda _: self._show_moment())

    def _columns(self) -> list[Column[JournalEntry]]:
        return [
            Column(lambda: self.tr("Time ({0})").format(words.zone_name()),
                   lambda e: words.clock(e.at_ms), 118, mono=True),
            Column("", lambda e: "", 34, icon=lambda e: icons.icon(*ICONS.get(e.kind, ("info", "text_muted")))),
            Column(self.tr("What happened"), sentence, 0),
            Column(self.tr("Kind"), lambda e: e.kind, 100, tone=lambda e: "text_muted"),
        ]

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        row = QHBoxLayout()
        row.setContentsMargins(12, 6, 12, 6)
        row.setSpacing(8)
        self.family = QComboBox()
        self.family.setAccessibleName(self.tr("Kinds to show"))
        for family in FAMILIES:
            self.family.addItem(family_name(family), family)
        self.family.setCurrentIndex(1)
        self.family.currentIndexChanged.connect(lambda _: self._again())
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Find in the log"))
        self.search.setAccessibleName(self.tr("Find in the log"))
        self.search.textChanged.connect(lambda _: self._filter())
        self.said = label("", "muted")
        row.addWidget(self.family)
        row.addWidget(self.search, 1)
        row.addWidget(self.said)
        self.banner = Banner()
        self._stack = QStackedWidget()
        how = self.tr("Starts, joins, moves and faults are written here as they happen.")
        self._stack.addWidget(EmptyOnceLoaded(self._workspace, "log", self.tr("Nothing happened yet"), how))
        self._stack.addWidget(self.table)
        column.addLayout(row)
        column.addWidget(self.banner)
        column.addWidget(self._stack, 1)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._tick.start()
        self.read_on()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._tick.stop()

    def _again(self) -> None:
        self._last_id = -1
        self._entries = []
        self.model.show([])
        self.read_on()

    def read_on(self) -> None:
        """Read what was journalled since; the first time the last hour, or as much as fits."""
        if self._reading:
            return
        self._reading = True
        kinds = FAMILIES[self.family.currentData()]
        workspace, after, now_ms = self._workspace, self._last_id, self._workspace.live.at_ms

        def read() -> list[JournalEntry]:
            with workspace.reader_for_work() as reader:
                if after >= 0:
                    return reader.journal(after_id=after, kinds=kinds, limit=_PAGE)
                for minutes in (1, 60, 0):
                    from_ms = now_ms - minutes * 60_000 if minutes else None
                    found = reader.journal(from_ms=from_ms, kinds=kinds, limit=1 << 20)
                    if len(found) >= FIRST_ENTRIES or not minutes:
                        break
                return found[-FIRST_ENTRIES:]

        Operation(self, read).done(lambda found: self._take(kinds, found)).failed(self._fail).run()

    def _take(self, kinds: tuple[str, ...], found: list[JournalEntry]) -> None:
        self._reading = False
        self.banner.say("")
        if kinds != FAMILIES[self.family.currentData()]:
            self._again()
            return
        self._last_id = max(self._last_id, 0, *(entry.id for entry in found)) if found else max(self._last_id, 0)
        self._entries = (self._entries + found)[-KEPT_ENTRIES:]
        bar = self.table.verticalScrollBar()
        at_foot = bar.value() >= bar.maximum()
        self.model.append([entry for entry in found if self._wanted(entry)], KEPT_ENTRIES)
        if at_foot:
            self.table.scrollToBottom()
        self._say()

    def _fail(self, error: WorkbenchError) -> None:
        self._reading = False
        self.banner.say(error.sentence())

    def _wanted(self, entry: JournalEntry) -> bool:
        return self.search.text().strip().lower() in f"{sentence(entry)} {entry.kind}".lower()

    def _filter(self) -> None:
        self.model.show([entry for entry in self._entries if self._wanted(entry)])
        self.table.scrollToBottom()
        self._say()

    def _say(self) -> None:
        shown, there = self.model.rowCount(), len(self._entries)
        self._stack.setCurrentIndex(1 if there else 0)
        self.said.setText(words.plural(shown, self.tr("entry"), self.tr("entries")) if there else "")

    def _show_moment(self) -> None:
        entry = self.table.chosen()
        if entry is not None:
            self.moment_wanted.emit(entry.at_ms)
