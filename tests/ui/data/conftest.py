"""Workspaces for the data panels: one from the stage without a file, one with a real file that can grow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication, QWidget

from tests.ui.stage import (
    NOW_MS,
    StageCaller,
    file_snapshot,
    order_records,
    orders_document,
    orders_file,
    orders_snapshot,
)
from workbench.broker import Broker
from workbench.core.clock import ManualClock
from workbench.ui.bridge.operation import wait_for_work
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.theme.theme import theme


@pytest.fixture(autouse=True)
def dressed(qapp: QApplication, tmp_path: Path) -> Iterator[None]:
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(tmp_path / "settings"))
    theme().apply(qapp, "light")
    yield
    wait_for_work()


class Stage:
    """A workspace whose host is the stage; ``show`` puts a widget on screen and waits until it is there."""

    def __init__(self, qtbot, path: Path) -> None:
        self.qtbot = qtbot
        self.caller = StageCaller()
        self.workspace = Workspace(path, self.caller)
        drawn = orders_document()
        self.workspace.document.replace_all(drawn.nodes, drawn.links, drawn.title)

    def push(self, snapshot) -> None:
        self.caller.push(snapshot)
        self.qtbot.waitUntil(lambda: self.workspace.live == snapshot)

    def show(self, widget: QWidget, width: int, height: int) -> None:
        self.qtbot.addWidget(widget)
        widget.resize(width, height)
        with self.qtbot.waitExposed(widget):
            widget.show()

    def close(self) -> None:
        wait_for_work()
        self.workspace.close()


@pytest.fixture
def stage(qtbot, tmp_path: Path) -> Iterator[Stage]:
    made = Stage(qtbot, tmp_path / "none.flow")
    made.push(orders_snapshot())
    yield made
    made.close()


class RealStage(Stage):
    """The same over a real file; ``write`` appends as the host would, and pushes what the log holds then."""

    def __init__(self, qtbot, path: Path) -> None:
        super().__init__(qtbot, path)
        self.path = path
        self._at_ms = NOW_MS
        self.push(file_snapshot(path))

    def write(self, partition: int, count: int) -> None:
        self._at_ms += 1000
        with Broker.open(self.path, clock=ManualClock(self._at_ms)) as broker:
            first = sum(bounds.end for bounds in broker.bounds("orders"))
            broker.append("orders", partition, order_records(first, count, self._at_ms - first * 10)).result()
        self.push(file_snapshot(self.path, self._at_ms))


@pytest.fixture
def real(qtbot, tmp_path: Path) -> Iterator[RealStage]:
    made = RealStage(qtbot, orders_file(tmp_path))
    yield made
    made.close()
