"""What all dialogs share. They stand beside the window, which stays usable: nothing here could lose data.

GUI thread.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from workbench.ui.panels.parts.blocks import label


class Sheet(QDialog):
    """See the module. Goes for good when it is closed; Escape closes it."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(16, 16, 16, 16)
        self.column.setSpacing(12)

    def open(self) -> None:
        """Show it, without stopping the window behind."""
        self.show()
        self.raise_()
        self.activateWindow()

    def add_foot(self, *buttons: QPushButton) -> None:
        """Buttons at the lower right."""
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch(1)
        for button in buttons:
            row.addWidget(button)
        self.column.addLayout(row)


def words_under(text: str, lines: int = 0) -> QLabel:
    """A sentence in the quiet tone that takes as many lines as it needs; room for ``lines`` is kept, so that what
    stands above does not jump with each sentence."""
    made = label(text, "muted")
    made.setWordWrap(True)
    made.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
    made.setMinimumHeight(lines * made.fontMetrics().lineSpacing())
    return made


def keep_place(part: QWidget) -> None:
    """Its room stays while it is hidden."""
    policy = part.sizePolicy()
    policy.setRetainSizeWhenHidden(True)
    part.setSizePolicy(policy)
