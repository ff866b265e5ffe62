"""What Qt's type stubs call optional and what is always there, in one place. GUI thread."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex
from PySide6.QtWidgets import QApplication, QLayout, QTreeWidgetItem, QWidget

Index = QModelIndex | QPersistentModelIndex
"""Where a model's or a delegate's override is asked about."""

BoundSignal = Any
"""A signal that a Protocol names: Qt binds it to its object, which the checker does not see through a Protocol."""


def application() -> QApplication:
    """The one there is; a window is never without."""
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    return app


def layout_of(widget: QWidget) -> QLayout:
    """Of a widget that was given one."""
    layout = widget.layout()
    assert layout is not None
    return layout


def parent_of(widget: QWidget) -> QWidget:
    """Of a widget that is made with a parent and lives in it."""
    parent = widget.parentWidget()
    assert parent is not None
    return parent


def empty(layout: QLayout) -> None:
    """Take everything out; its widgets are gone from sight at once, and soon for good."""
    while (item := layout.takeAt(0)) is not None:
        if (widget := item.widget()) is not None:
            widget.hide()
            widget.deleteLater()


def rows_below(item: QTreeWidgetItem) -> list[QTreeWidgetItem]:
    """The children of a row of a tree, in their order."""
    children = (item.child(place) for place in range(item.childCount()))
    return [child for child in children if child is not None]
