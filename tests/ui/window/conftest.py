"""A whole window on the stage of the mockups: its host answers from the stage, its data pages are there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.ui.stage import StageCaller, orders_document, orders_file, orders_snapshot
from workbench.control.messages import Push
from workbench.flow import codec
from workbench.ui.bridge.host_link import HostLink
from workbench.ui.bridge.operation import wait_for_work
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.settings import Settings
from workbench.ui.theme.theme import theme
from workbench.ui.window.main_window import MainWindow


@pytest.fixture
def caller() -> StageCaller:
    return StageCaller()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path)


@pytest.fixture
def open_window(
    qtbot, qapp, caller: StageCaller, settings: Settings, tmp_path: Path
) -> Iterator[Callable[..., MainWindow]]:
    """Opens windows of a size; closes them in the end."""
    made: list[MainWindow] = []
    path = orders_file(tmp_path)
    theme().apply(qapp, "light")

    def make(width: int = 1440, height: int = 900, drawn: bool = True) -> MainWindow:
        workspace = Workspace(path, caller)
        window = MainWindow(workspace, settings, HostLink(workspace))
        window.load_drawing(codec.dumps(orders_document()) if drawn else "")
        made.append(window)
        window.resize(width, height)
        window.show()
        qtbot.waitUntil(lambda: type(window.data_dock.pages[0].widget).__name__ == "RecordsPanel", timeout=20_000)
        window.resize(width, height)
        workspace._take_push(Push(snapshot=orders_snapshot()))
        qapp.processEvents()
        return window

    yield make
    for window in made:
        window.close()
        wait_for_work()
        window.deleteLater()
    qapp.processEvents()


@pytest.fixture
def window(open_window) -> MainWindow:
    return open_window()
