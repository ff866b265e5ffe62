"""A store's own panel: its counts, its outage, and its rows in the order of their keys.

The rows are read from the file beside the host, at most once a second, the first ``MOST`` after the key that is looked
for. In the past the counts are those of then; the rows are not kept and stay hidden. GUI thread.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QLineEdit

from workbench.core.snapshot import Snapshot, StoreStat
from workbench.core.stores import StoreRow
from workbench.flow.document import Node
from workbench.ui.bridge.operation import Operation
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.models.tables import Column, ValuesModel
from workbench.ui.panels.nodes.panel import NodePanel
from workbench.ui.panels.parts.blocks import Banner, label
from workbench.ui.panels.parts.values_table import ValuesTable
from workbench.ui.panels.store.figures import CountsRow, OutageControl, about, say_outage
from workbench.ui.theme import words

MOST = 500
_EVERY_MS = 1_000


class StorePanel(NodePanel):
    """See the module."""

    def __init__(self, workspace: Workspace, node_id: str) -> None:
        super().__init__(workspace, node_id)
        self._read_for: tuple[object, ...] = ()
        self._reading = False
        self.banner = Banner("banner-warn")
        self.column.addWidget(self.banner)
        self.counts = CountsRow()
        self.column.addWidget(self.counts)
        self.outage = OutageControl(workspace, lambda: self.node_id)
        self.column.addWidget(self.outage)
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Keys from"))
        self.search.setAccessibleName(self.tr("Show keys from here on"))
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._read)
        self.column.addWidget(self.search)
        self.model: ValuesModel[StoreRow] = ValuesModel((
            Column(self.tr("Key"), lambda row: _text(row.key), 100, mono=True),
            Column(self.tr("Value"), lambda row: _text(row.value), mono=True),
            Column(self.tr("Version"), lambda row: words.count(row.version), 64, right=True,
                   order=lambda row: row.version),
            Column(self.tr("Record"), lambda row: f"{row.topic}/{row.partition} {row.offset}", 140, mono=True, spare=2),
            Column(self.tr("Written"), lambda row: words.clock(row.written_ms, millis=False), 92, mono=True,
                   spare=1),
        ), lambda row: row.key, self)
        self.table = ValuesTable(self.model, self.tr("Rows"))
        self.column.addWidget(self.table, 1)
        self.whole = label()
        self.whole.setWordWrap(True)
        self.whole.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.whole.setAccessibleName(self.tr("The whole value of the chosen row"))
        self.whole.hide()
        self.table.selectionModel().currentChanged.connect(lambda *_: self._show_whole())
        self.column.addWidget(self.whole)
        self.note = label("", "muted")
        self.note.setWordWrap(True)
        self.column.addWidget(self.note)
        self._timer = QTimer(self, singleShot=True, interval=_EVERY_MS)
        self._timer.timeout.connect(self._read_if_changed)

    @property
    def subtitle(self) -> str:
        return about(self._stat())

    def _stat(self) -> StoreStat:
        return self._workspace.shown.store(self.title) or StoreStat(self.title)

    def refresh(self, node: Node, snapshot: Snapshot) -> None:
        stat = snapshot.store(node.name) or StoreStat(node.name)
        say_outage(self.banner, stat)
        self.counts.show_stat(stat)
        self.outage.show_stat(stat, snapshot.live)
        for widget in (self.search, self.table):
            widget.setVisible(snapshot.live)
        if not snapshot.live:
            self.whole.hide()
            self.note.setText(self.tr("The counts are those of then. The rows of then are not kept."))
            self._read_for = ()
        elif not self._timer.isActive():
            self._read_if_changed()
            self._timer.start()

    def _read_if_changed(self) -> None:
        stat = self._stat()
        if self.isVisible() and self._read_for != (stat.name, stat.writes, self.search.text()):
            self._read()

    def _read(self) -> None:
        """On a worker; one at a time."""
        if self._reading or not self._workspace.shown.live:
            return
        stat, wanted = self._stat(), self.search.text()
        self._reading, self._read_for = True, (stat.name, stat.writes, wanted)
        name, lend = stat.name, self._workspace.reader_for_work

        def read() -> list[StoreRow]:
            with lend() as reader:
                return reader.store_rows(name, _before(wanted), MOST)

        Operation(self, read).done(lambda rows: self._show(rows, wanted)).failed(
            lambda error: self._failed(error.sentence())).run()

    def _show_whole(self) -> None:
        """The value of the chosen row, which its cell has no room for."""
        row = self.table.chosen()
        self.whole.setText("" if row is None else _text(row.value))
        self.whole.setVisible(row is not None and self._workspace.shown.live)

    def _failed(self, sentence: str) -> None:
        self._reading = False
        self.note.setText(sentence)

    def _show(self, rows: list[StoreRow], wanted: str) -> None:
        self._reading = False
        if not self._workspace.shown.live:
            return
        self.model.show(rows)
        self._show_whole()
        total = self._stat().rows
        if not rows:
            said = self.tr("No key from there on.") if wanted else self.tr(
                "No rows yet. Link a group to it and run: each record it worked is written by its key.")
        else:
            said = self.tr("{0} of {1} rows").format(words.count(len(rows)), words.count(max(total, len(rows))))
        self.note.setText(said)
        if self.search.text() != wanted:
            self._read()


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _before(text: str) -> bytes | None:
    """The key just before ``text``, so that ``text`` itself is the first to be shown."""
    data = text.encode()
    if not data:
        return None
    return data[:-1] + bytes([data[-1] - 1]) + b"\xff" * 8 if data[-1] else data[:-1]
