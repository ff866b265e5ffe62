#!/usr/bin/env python3
"""The README's pictures: the real window with a living flow, driven on whatever display is there.

    python3 packaging/dev.py shot        (brings a virtual screen and calls this)
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from workbench.core.queues import MessageId
from workbench.host import make_workspace
from workbench.ui.bridge.host_link import HostLink
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.panels.queue.message_table import MessageTable
from workbench.ui.panels.replay.preview import ReplayPreview
from workbench.ui.settings import Settings
from workbench.ui.theme.theme import theme
from workbench.ui.window.files import saved_drawing
from workbench.ui.window.main_window import MainWindow
from workbench.ui.window.panel_dock import PanelDock

WARM_S = 25.0


def wait(seconds: float) -> None:
    loop = QEventLoop()
    QTimer.singleShot(int(seconds * 1000), loop.quit)
    loop.exec()


def open_window(folder: Path, sample: str) -> MainWindow:
    path = folder / f"{sample}.flow"
    if sample != "empty":
        make_workspace(path, sample)
    else:
        make_workspace(path)
    workspace = Workspace(path, None)
    link = HostLink(workspace)
    window = MainWindow(workspace, Settings(folder), link)
    window.load_drawing(saved_drawing(path))
    window.host_watch.run_when_ready()
    link.connect_host()
    window.show()
    return window


def node(window: MainWindow, name: str) -> str:
    return next(n.id for n in window.workspace.document.nodes if n.name == name)


def save(window: MainWindow, out: Path, name: str) -> None:
    out.mkdir(parents=True, exist_ok=True)
    window.grab().save(str(out / f"{name}.png"))


def daily(window: MainWindow, out: Path) -> None:
    window.workspace.select({node(window, "shipping")})
    for mode in ("light", "dark"):
        theme().apply(QApplication.instance(), mode)
        wait(1.0)
        save(window, out, f"run-{mode}")


def records(window: MainWindow, out: Path) -> None:
    window.layouts.use("investigate")
    window.show_records("orders")
    wait(2.0)
    save(window, out, "records-dark")
    window.layouts.use("run")
    window.show_data("tape")
    wait(0.5)


def replay(window: MainWindow, out: Path) -> None:
    theme().apply(QApplication.instance(), "light")
    window.strip.seek(window.workspace.live.at_ms - int(WARM_S * 600))
    wait(2.0)
    window.selected.replay_node(node(window, "shipping"))
    wait(1.5)
    save(window, out, "replay-light")
    for preview in window.findChildren(ReplayPreview):
        preview.close()
    window.strip.go_live()


def panels(window: MainWindow, out: Path) -> None:
    """Floating panels are windows of their own, so this one is a picture of the screen."""
    for name in ("checkout web", "shipping"):
        window.own_panels.open(node(window, name))
    right = max(window.findChildren(PanelDock), key=lambda dock: dock.x())
    right.move(right.x() + 60, right.y())
    wait(2.5)
    out.mkdir(parents=True, exist_ok=True)
    window.screen().grabWindow(0).save(str(out / "panels-light.png"))
    window.own_panels.close_all()


def queues(window: MainWindow, out: Path) -> None:
    """The queue that takes the dead letters, and the story of one of them."""
    window.own_panels.open(node(window, "invoices.dlq"))
    wait(2.0)
    for table in window.findChildren(MessageTable):
        table.choose({MessageId(0, 2)})
    wait(2.0)
    out.mkdir(parents=True, exist_ok=True)
    window.screen().grabWindow(0).save(str(out / "queues-light.png"))
    window.own_panels.close_all()


def main() -> int:
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("docs/pictures")
    app = QApplication(sys.argv[:1])
    app.setQuitOnLastWindowClosed(False)
    theme().apply(app, "light")
    scenes: tuple[Callable[[MainWindow, Path], None], ...] = (daily, records, replay, panels)
    with tempfile.TemporaryDirectory() as folder:
        window = open_window(Path(folder), "orders-full")
        wait(WARM_S)
        for scene in scenes:
            scene(window, out)
        window.close()
        empty = open_window(Path(folder), "empty")
        wait(2.5)
        save(empty, out, "empty-light")
        empty.close()
        first = open_window(Path(folder), "orders")
        first.dialogs.tour()
        wait(8.0)
        save(first, out, "first-run-light")
        first.close()
        letters = open_window(Path(folder), "poison-message")
        wait(12.0)
        queues(letters, out)
        letters.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
