"""Tables are sorted by each column, in the order people expect, and who is chosen stays chosen."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests.ui.stage import NOW_MS
from workbench.core.snapshot import GroupPartitionStat, GroupStat, Snapshot
from workbench.ui.models.natural import natural
from workbench.ui.panels.lists.groups import GroupsPanel


def some(*behind: int) -> tuple[GroupStat, ...]:
    names = ("g10", "g2", "G1", "g1")
    return tuple(GroupStat(name, "Stable", generation=n, rate=n * 10.0,
                           partitions=(GroupPartitionStat("t", 0, 0, 100, 100 - lag, None, ""),))
                 for n, (name, lag) in enumerate(zip(names, behind, strict=True)))


@pytest.fixture
def panel(stage) -> GroupsPanel:
    made = GroupsPanel(stage.workspace)
    stage.show(made, 1120, 220)
    stage.push(Snapshot(seq=1, at_ms=NOW_MS, groups=some(5, 70, 0, 9)))
    return made


def names(panel: GroupsPanel) -> list[str]:
    return [group.name for group in panel.model.rows]


def test_names_come_in_natural_order(panel):
    assert names(panel) == ["G1", "g1", "g2", "g10"]
    assert sorted(["a10b2", "a2b10", "a2b9", "a"], key=natural) == ["a", "a2b9", "a2b10", "a10b2"]


def test_a_click_on_a_head_sorts_by_numbers_not_by_digits(stage, panel):
    head = panel.table.horizontalHeader()
    behind = next(n for n, column in enumerate(panel.model.columns) if column.title == "Behind")

    def press() -> None:
        at = head.sectionViewportPosition(behind) + 10
        QTest.mouseClick(head.viewport(), Qt.MouseButton.LeftButton, pos=head.viewport().rect().topLeft() + _x(at))

    press()
    assert names(panel) == ["G1", "g10", "g1", "g2"]
    press()
    assert names(panel) == ["g2", "g1", "g10", "G1"]
    panel.table.selectRow(0)
    stage.push(Snapshot(seq=2, at_ms=NOW_MS + 500, groups=some(5, 1, 0, 9)))
    assert names(panel) == ["g1", "g10", "g2", "G1"]
    assert panel.table.chosen().name == "g2"
    press()
    assert names(panel) == ["G1", "g1", "g2", "g10"]  # as they are given again


def test_every_column_sorts(panel):
    for column in range(panel.model.columnCount()):
        panel.model.sort(column, Qt.SortOrder.DescendingOrder)
        assert sorted(names(panel)) == sorted(["g10", "g2", "G1", "g1"])
    panel.model.sort(2, Qt.SortOrder.DescendingOrder)
    assert names(panel) == ["g1", "G1", "g2", "g10"]


def test_enter_and_a_double_click_open_the_panel(stage, panel):
    panel.table.selectRow(0)
    panel.table.setFocus()
    with stage.qtbot.waitSignal(panel.panel_wanted) as wanted:
        QTest.keyClick(panel.table, Qt.Key.Key_Return)
    assert wanted.args == ["outside:G1"]
    with stage.qtbot.waitSignal(panel.panel_wanted) as wanted:
        at = panel.table.visualRect(panel.model.index(2, 0)).center()
        QTest.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, pos=at)
        QTest.mouseDClick(panel.table.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert wanted.args == ["outside:g2"]


def _x(at: int):
    from PySide6.QtCore import QPoint

    return QPoint(at, 8)


def test_a_group_that_was_changed_keeps_its_row(panel):
    groups = some(5, 70, 0, 9)
    panel.model.show([replace(group, rate=1.0) for group in groups])
    assert len(names(panel)) == 4
