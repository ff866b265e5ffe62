"""Under a value that was read as Protobuf without a schema: what else each of its fields could be."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from workbench.ui.models.readings import Reading
from workbench.ui.panels.parts.blocks import label
from workbench.ui.panels.parts.figures import Cell, Column, FigureTable

_TALLEST = 154  # six lines and the head


class Readings(QScrollArea):
    """See the module. Hidden while there is nothing to say."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName(self.tr("Other readings"))
        self.viewport().setAutoFillBackground(False)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        self.title = label(self.tr("No schema says what its fields are. They could be:"), "muted")
        self.title.setWordWrap(True)
        self.table = FigureTable((Column(self.tr("Field"), 44, mono=True), Column(self.tr("Type"), 110),
                                  Column(self.tr("Value"), stretch=True, mono=True)), self.tr("Other readings"))
        column.addWidget(self.title)
        column.addWidget(self.table)
        column.addStretch(1)
        self.setWidget(page)
        page.setAutoFillBackground(False)  # it was set to by that
        self.hide()

    def show_readings(self, found: Sequence[Reading]) -> None:
        rows = [(Cell(each.field if not at else "", strong=True), Cell(name, "text" if not at else "text_muted"),
                 Cell(told)) for each in found for at, (name, told) in enumerate(each.meanings)]
        self.table.show_rows(rows)
        self.setFixedHeight(min(_TALLEST, self.title.sizeHint().height() + 4 + self.table.height()))
        self.setVisible(bool(rows))
