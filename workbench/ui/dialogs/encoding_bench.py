"""The encoding bench: events of a topic, or typed ones, in every encoding and with every codec, as bars and figures.

The work is done beside, on a copy of at most ten thousand events; nothing is stored. GUI thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any

from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPlainTextEdit, QWidget

from workbench.core.errors import Invalid, WorkbenchError
from workbench.core.points import EARLIEST, LATEST
from workbench.serde import encoding
from workbench.session.encoding_bench import Measured, events_in, measure
from workbench.session.reading import merged, spans
from workbench.ui.bridge.operation import Operation
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.dialogs.sheet import Sheet
from workbench.ui.models.records import encoding_name
from workbench.ui.panels.parts.blocks import label, push_button, set_tone
from workbench.ui.panels.parts.figures import Cell, Column, FigureTable
from workbench.ui.theme import words
from workbench.ui.theme.theme import theme

MOST = 10_000
_CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
_TYPED = '{"id": 1, "customer": "Ada", "total": 12.5}\n{"id": 2, "customer": "Bo", "total": 3.25}'
Found = tuple[int, Sequence[Measured]]


class EncodingBench(Sheet):
    """``topic`` is chosen at first, if it is there."""

    def __init__(self, workspace: Workspace, parent: QWidget | None = None, topic: str = "") -> None:
        super().__init__("", parent)
        self.setWindowTitle(self.tr("Compare encodings"))
        self._workspace = workspace
        self._build_source(topic)
        self.text = QPlainTextEdit(_TYPED)
        self.text.setAccessibleName(self.tr("Events, one JSON value a line"))
        self.text.setFont(theme().font("body", mono=True))
        self.text.setFixedHeight(96)
        self.column.addWidget(self.text)
        self.table = FigureTable(self._columns(), self.tr("Encodings"))
        self.column.addWidget(self.table)
        self.said = label("", "muted")
        self.said.setWordWrap(True)
        self.column.addWidget(self.said)
        self.close_button = push_button(self.tr("Close"))
        self.close_button.clicked.connect(self.close)
        self.column.addStretch(1)
        self.add_foot(self.close_button)
        self._show_source()
        self.resize(760, 420)

    def _build_source(self, topic: str) -> None:
        row = QHBoxLayout()
        row.setSpacing(8)
        self.source = QComboBox()
        self.source.setAccessibleName(self.tr("Events of"))
        for each in self._workspace.live.topics:
            self.source.addItem(each.name, each.name)
        self.source.addItem(self.tr("Typed text"), None)
        self.source.setCurrentIndex(max(0, self.source.findData(topic)))
        self.source.currentIndexChanged.connect(lambda _: self._show_source())
        self.go = push_button(self.tr("Compare"), variant="primary")
        self.go.clicked.connect(self.compare)
        row.addWidget(label(self.tr("Events of"), "muted"))
        row.addWidget(self.source, 1)
        row.addWidget(self.go)
        self.column.addLayout(row)

    def _columns(self) -> list[Column]:
        figures = [self.tr("Bytes"), self.tr("Of JSON"), self.tr("Write µs"), self.tr("Read µs")]
        batches = [self.tr("Batch"), *_CODECS[1:]]
        return [Column(self.tr("Encoding"), 92), Column("", 60, stretch=True),
                *(Column(title, 64, number=True) for title in (*figures, *batches))]

    def _show_source(self) -> None:
        self.text.setVisible(self.source.currentData() is None)

    # -- comparing -------------------------------------------------------------------------------------------
    def compare(self) -> None:
        topic, text = self.source.currentData(), self.text.toPlainText()
        self.go.setEnabled(False)
        self._say(self.tr("Comparing…"))
        work = (lambda: _typed(text)) if topic is None else (lambda: _of_topic(self._workspace, topic))
        Operation(self, work).done(self._show).failed(self._refuse).run()

    def _show(self, found: Found) -> None:
        count, rows = found
        self.go.setEnabled(True)
        most = max(each.bytes for each in rows) or 1
        self.table.show_rows([self._row(each, rows[0], most) for each in rows])
        notes = [f"{encoding_name(each.encoding)}: {each.note}." for each in rows if each.note]
        told = self.tr("{0} events. Bytes are of their values; a batch holds them all, with the codec named.")
        self._say(" ".join([told.format(words.count(count)), *notes]))

    def _row(self, each: Measured, json: Measured, most: int) -> list[Cell]:
        name = Cell(encoding_name(each.encoding), strong=True)
        if not each.batch_bytes:
            return [name, Cell(""), *(Cell("–", "text_muted") for _ in range(4 + len(_CODECS)))]
        share = f"{each.bytes / json.bytes:.0%}" if json.bytes else "–"
        figures = (words.count(each.bytes), share, f"{each.encode_us:.2f}", f"{each.decode_us:.2f}",
                   *(words.count(each.batch_bytes[codec]) for codec in _CODECS))
        return [name, Cell("", "accent", bar=each.bytes / most), *map(Cell, figures)]

    def _refuse(self, error: WorkbenchError) -> None:
        self.go.setEnabled(True)
        self._say(error.sentence(), "bad")

    def _say(self, text: str, tone: str = "muted") -> None:
        set_tone(self.said, tone)
        self.said.setText(text)


def _of_topic(workspace: Workspace, topic: str) -> Found:
    with workspace.reader_for_work() as reader:
        ranges = spans(reader, topic, EARLIEST, LATEST, None, decided=True)
        events, serdes = events_in(islice(merged(reader, topic, ranges), MOST), workspace.decoder)
    return len(events), measure(events, serdes)


def _typed(text: str) -> Found:
    events: list[Any] = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                events.append(encoding("json").decode(line.encode()))
            except ValueError as wrong:
                raise Invalid("Line {number} is no JSON: {wrong}.", "Give one JSON value a line.", number=number,
                              wrong=wrong) from None
    return len(events), measure(events[:MOST])
