"""The samples to start from, a card each: what it is, what to look at, and a button that opens a copy. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from workbench.flow.samples import Sample, samples
from workbench.ui.dialogs.sheet import Sheet, words_under
from workbench.ui.panels.parts.blocks import label, push_button
from workbench.ui.theme import icons
from workbench.ui.theme.theme import theme

_COLUMNS = 2
_CARD_WIDTH = 320


class SampleCard(QFrame):
    """One sample."""

    wanted = Signal()

    def __init__(self, sample: Sample, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", "card")
        self.setAccessibleName(sample.title)
        self.setFixedWidth(_CARD_WIDTH)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        head = QHBoxLayout()
        head.setSpacing(8)
        self._sign = QLabel()
        title = label(sample.title, "title")
        self.button: QPushButton = push_button(self.tr("Open"))
        self.button.setAccessibleName(self.tr("Open {0}").format(sample.title))
        self.button.clicked.connect(self.wanted)
        head.addWidget(self._sign)
        head.addWidget(title, 1)
        head.addWidget(self.button)
        column.addLayout(head)
        summary = label(sample.summary)
        summary.setWordWrap(True)
        column.addWidget(summary)
        for line in sample.lines_to_look_at:
            column.addLayout(_point(line))
        column.addStretch(1)
        column.activate()
        self.setMinimumHeight(column.totalHeightForWidth(_CARD_WIDTH))  # wrapped lines ask for too little
        theme().changed.connect(self._dress)
        self._dress()

    def _dress(self) -> None:
        self._sign.setPixmap(icons.pixmap("sample", "accent", 16, self.devicePixelRatioF()))


def _point(text: str) -> QHBoxLayout:
    """A line to look at, with its dot."""
    row = QHBoxLayout()
    row.setSpacing(6)
    row.addWidget(label("•", "muted"), 0, Qt.AlignmentFlag.AlignTop)
    row.addWidget(words_under(text), 1)
    return row


class SamplesDialog(Sheet):
    """See the module. ``chosen`` gives the sample's name and title."""

    chosen = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.setWindowTitle(self.tr("Samples"))
        self.column.addWidget(words_under(self.tr("Each opens as a new file of your own. Change and break what you "
                                                  "like.")))
        grid = QGridLayout()
        grid.setSpacing(12)
        self.cards: list[SampleCard] = []
        for place, sample in enumerate(samples()):
            card = SampleCard(sample)
            card.wanted.connect(lambda sample=sample: self._choose(sample))
            grid.addWidget(card, place // _COLUMNS, place % _COLUMNS)
            self.cards.append(card)
        self.column.addLayout(grid)
        close = push_button(self.tr("Close"))
        close.clicked.connect(self.reject)
        self.add_foot(close)
        self.cards[0].button.setFocus()

    def _choose(self, sample: Sample) -> None:
        self.chosen.emit(sample.name, sample.title)
        self.accept()
