"""Where the keyboard is after what had it goes: where one was, never the first button of the tool bar."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QPushButton, QWidget

from workbench.control.messages import Pause
from workbench.ui.panels.clients.popover import ClientsPopover
from workbench.ui.window.main_window import MainWindow


@pytest.fixture
def active(window: MainWindow, qtbot) -> MainWindow:
    with qtbot.waitActive(window):
        window.activateWindow()
    window.canvas.setFocus()
    return window


def kafka(window: MainWindow) -> QWidget:
    window.dialogs.clients()
    return window.findChild(ClientsPopover)


def replay(window: MainWindow) -> QWidget:
    window.dialogs.replay("shipping")
    return next(child for child in window.findChildren(QWidget) if type(child).__name__ == "ReplayPreview")


@pytest.mark.parametrize(
    ("open_", "way"),
    [(kafka, "escape"), (kafka, "close"), (replay, "escape"), (replay, "close"), (replay, "delete")],
)
def test_after_a_popover_one_is_where_one_was(active: MainWindow, qtbot, caller, open_: Callable, way: str):
    popover = open_(active)
    field = popover.findChild(QPushButton)
    field.setFocus()
    assert popover.isAncestorOf(QApplication.focusWidget())
    if way == "escape":
        QTest.keyClick(popover, Qt.Key.Key_Escape)
    elif way == "close":
        popover.close()
    else:
        popover.deleteLater()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is active.canvas)
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: bool(caller.of(Pause)))
    assert not active.findChildren(QFileDialog)


def test_a_button_that_is_disabled_under_the_focus_gives_it_back(active: MainWindow, qtbot):
    before = active.palette_panel.search
    button = QPushButton("Ack", active)
    button.show()
    before.setFocus()
    button.setFocus()
    button.setEnabled(False)
    qtbot.waitUntil(lambda: QApplication.focusWidget() is before)


def test_a_page_that_goes_under_the_focus_gives_it_to_the_place_before(active: MainWindow, qtbot):
    active.data_dock.widget().setFocus()
    active.focus_filter()
    qtbot.waitUntil(lambda: type(QApplication.focusWidget()).__name__ != "FlowView")
    active.data_dock.hide()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is active.canvas)


def test_moving_on_by_tab_or_mouse_is_not_disturbed(active: MainWindow, qtbot):
    active.palette_panel.search.setFocus()
    QTest.keyClick(active.palette_panel.search, Qt.Key.Key_Tab)
    assert QApplication.focusWidget() not in (None, active.palette_panel.search, active.canvas)
