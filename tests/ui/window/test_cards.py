"""Cards over the whole window: nothing of the window covers them, and they leave it as it was when they go."""

from __future__ import annotations

import gc

import pytest
from PySide6.QtCore import QEvent, QPoint, QRect
from PySide6.QtWidgets import QApplication, QWidget

from tests.ui.stage import NOW_MS, orders_snapshot
from workbench.control.messages import Push
from workbench.core.offsets import ResetSpec
from workbench.ui.panels.replay.preview import ReplayPreview, open_replay_preview
from workbench.ui.window.panel_dock import PanelDock

HANDLE = "qt_qmainwindow_extended_splitter"


def gone(window) -> bool:
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    return not window.findChildren(ReplayPreview)


def test_after_a_replay_the_window_is_whole(open_window, qtbot):
    window = open_window(1024, 640)
    for later in range(1, 4):
        preview = open_replay_preview(window.workspace, window, "shipping", ResetSpec("shift", -100))
        qtbot.waitUntil(preview.apply.isEnabled)
        with qtbot.waitSignal(window.workspace.notice):
            preview.apply.click()
        del preview
        qtbot.waitUntil(lambda: gone(window))
        gc.collect()
        window.workspace._take_push(Push(snapshot=orders_snapshot(NOW_MS + later)))
        QApplication.processEvents()
    assert window.topbar.clients.isEnabled(), "the tool bar still has its own objects"


def test_no_handle_between_docks_takes_its_clicks(open_window, qtbot):
    window = open_window(1440, 900)
    preview = open_replay_preview(window.workspace, window, "shipping")
    qtbot.waitUntil(preview.apply.isEnabled)
    window.data_dock.setFixedHeight(window.data_dock.height() + 60)  # the window lays its docks out, and lifts handles
    QApplication.processEvents()
    qtbot.waitUntil(lambda: preview.height() > 200)
    for button in (preview.apply, preview.cancel, preview.form.where):
        for at in (button.rect().center(), button.rect().topLeft(), button.rect().bottomRight()):
            hit = window.childAt(button.mapTo(window, at))
            assert hit is not None and (preview.isAncestorOf(hit)), hit
    assert window.findChildren(QWidget, HANDLE)


@pytest.mark.parametrize("size", [(1440, 900), (1024, 640)])
def test_a_floating_panel_does_not_hide_the_preview_that_it_opens(open_window, qtbot, size: tuple[int, int]):
    """It is a window of its own, and above all that is in this one."""
    window = open_window(*size)
    window.own_panels.open("shipping")
    dock = next(dock for dock in window.findChildren(PanelDock))
    qtbot.waitUntil(lambda: dock.isVisible() and dock.isFloating())
    dock.move(window.canvas.mapToGlobal(QPoint(20, 20)))
    QApplication.processEvents()
    dock.panel.replay_button.click()
    qtbot.waitUntil(lambda: bool(window.findChildren(ReplayPreview)))
    preview = window.findChildren(ReplayPreview)[0]
    qtbot.waitUntil(preview.apply.isEnabled)
    seen = QRect(preview.mapToGlobal(QPoint(0, 0)), preview.size())
    assert not seen.intersects(QRect(dock.pos(), dock.size()))
    assert window.rect().contains(preview.geometry())
    qtbot.waitUntil(lambda: QApplication.activeWindow() is window and preview.form.where.hasFocus())
    dock.move(seen.topLeft())  # who moves it there means to
    preview.fit()
    assert preview.mapToGlobal(QPoint(0, 0)) == seen.topLeft()
