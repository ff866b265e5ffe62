"""A workspace on the stage of the mockups, an owner for dialogs, and a book of a few commands."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QWidget

from tests.ui.stage import StageCaller, orders_document, orders_snapshot
from workbench.control.messages import Push
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.theme.theme import theme
from workbench.ui.window.actions import ActionBook


@pytest.fixture
def window(qtbot, qapp) -> QWidget:
    """What dialogs belong to; they go for good by themselves."""
    theme().apply(qapp, "light")
    made = QWidget()
    qtbot.addWidget(made)
    return made


@pytest.fixture
def workspace(window) -> Iterator[Workspace]:
    """Live at 14:12:36, with the drawing of the mockups."""
    made = Workspace(Path("orders.flow"), StageCaller())
    document = orders_document()
    made.document.replace_all(document.nodes, document.links, document.title)
    made._take_push(Push(snapshot=orders_snapshot()))
    yield made
    made.close()


@pytest.fixture
def done() -> list[str]:
    """Names of the commands that were carried out."""
    return []


@pytest.fixture
def book(window, done) -> ActionBook:
    made = ActionBook(window)
    for name, text, keys in (
        ("run.start", "Run", "F5"), ("run.step", "Step", "F10"), ("edit.redo", "Redo", ("Ctrl+Shift+Z", "Ctrl+Y")),
        ("view.dark", "Dark", ""), ("panel.groups", "Groups", "Alt+3"),
    ):
        made.add(name, text, lambda name=name: done.append(name), keys)
    made.add("run.speed.2", "2×", lambda: done.append("run.speed.2"), tip="Run at 2 times the speed")
    made.note("edit.duplicate", "Duplicate", lambda: done.append("edit.duplicate"), "Ctrl+D")
    made["run.step"].setEnabled(False)
    return made
