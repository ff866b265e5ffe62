"""The dialog that asks for a file, where Qt draws it itself: a size that shows what it holds. GUI thread."""

from __future__ import annotations

from PySide6.QtWidgets import QFileDialog, QTreeView


def show_whole_columns(dialog: QFileDialog) -> None:
    """Where Qt draws the dialog itself: room for names, and sizes and times that are not cut."""
    tree = dialog.findChild(QTreeView, "treeView")
    if tree is None:
        return
    dialog.resize(860, 520)
    header = tree.header()
    header.setStretchLastSection(False)
    for column in range(header.count()):
        header.setSectionResizeMode(column, header.ResizeMode.Stretch if column == 0
                                    else header.ResizeMode.ResizeToContents)
    header.hideSection(2)  # what kind of file: the filter says so
