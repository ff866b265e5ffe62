"""The size budget in the window: where it is set, what is said of what can't be taken, and the warning."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from shiboken6 import isValid

from tests.ui.stage import orders_snapshot
from workbench.control.file import SetSizeBudget
from workbench.control.messages import Push
from workbench.core.snapshot import Problem
from workbench.ui.dialogs.file_size import SizePopover
from workbench.ui.dialogs.preferences import PreferencesDialog


@pytest.fixture
def popover(open_window, qtbot) -> SizePopover:
    window = open_window()
    live = orders_snapshot()
    host = replace(live.host, file_bytes=90 << 20, budget_bytes=4 << 30, rss_bytes=50 << 20)
    window.workspace._take_push(Push(snapshot=replace(live, host=host)))
    line = window.statusBar()
    qtbot.waitUntil(lambda: line.file.text() == "File 90 MiB of 4.0 GiB")
    QTest.mouseClick(line.file, Qt.MouseButton.LeftButton)
    found = window.findChild(SizePopover)
    qtbot.waitUntil(lambda: found.fields.budget.text() == "4.0 GiB")
    return found


def test_a_click_on_the_status_bar_sets_the_budget(popover: SizePopover, caller, qtbot):
    fields = popover.fields
    assert popover.isVisible() and fields.budget.hasFocus() and "90 MiB on disk" in fields.now.text()
    fields.budget.setText("")
    QTest.keyClicks(fields.budget, "500 MB")
    assert "381 MiB" in fields.said.text(), "four fifths of it"
    QTest.keyClick(fields.budget, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: caller.of(SetSizeBudget) == [SetSizeBudget(500_000_000)])
    fields.budget.clear()
    QTest.mouseClick(fields.take, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: caller.budget_bytes == 0)
    window = popover.parentWidget()
    assert window.rect().contains(popover.geometry())
    QTest.keyClick(fields.budget, Qt.Key.Key_Escape)
    assert not popover.isVisible()


def test_what_is_no_size_is_said_and_not_sent(popover: SizePopover, caller):
    popover.fields.budget.clear()
    QTest.keyClicks(popover.fields.budget, "lots")
    QTest.keyClick(popover.fields.budget, Qt.Key.Key_Return)
    assert "is no size" in popover.fields.said.text() and popover.fields.budget.text() == "lots"
    assert not caller.of(SetSizeBudget)


def test_the_warning_is_there_too(popover: SizePopover, qtbot):
    window = popover.parentWidget()
    live = window.workspace.live
    problem = Problem("file:size", "warn", "The file takes 3.6 GiB of its budget of 4.0 GiB.", "Keep less.")
    window.workspace._take_push(Push(snapshot=replace(live, problems=(problem,))))
    qtbot.waitUntil(lambda: popover.fields.warning.isVisible())
    assert popover.fields.warning.words.text() == problem.text
    qtbot.waitUntil(lambda: popover.height() >= popover.layout().totalHeightForWidth(popover.width()))
    foot = popover.fields.compact
    assert foot.mapTo(popover, foot.rect().bottomLeft()).y() < popover.height(), "nothing is squeezed or cut"
    popover.close()
    qtbot.waitUntil(lambda: not isValid(popover))
    window.workspace._take_push(Push(snapshot=replace(live, problems=(), seq=live.seq + 1)))
    qtbot.waitUntil(lambda: not window.workspace.live.problems)


def test_preferences_have_it_too(open_window, settings, caller, qtbot):
    window = open_window()
    dialog = PreferencesDialog(settings, window, window.workspace)
    dialog.open()
    qtbot.waitUntil(lambda: dialog.size_fields.budget.text() == "4.0 GiB")
    dialog.size_fields.budget.setText("1 GiB")
    dialog.size_fields.take.click()
    qtbot.waitUntil(lambda: caller.budget_bytes == 1 << 30)
    dialog.reject()
