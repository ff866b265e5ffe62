"""Groups, problems and the log: what they say, what they select, what they ask for."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests.entries import entry_of
from tests.ui.stage import NOW_MS, START_MS, orders_snapshot
from workbench.control.messages import ApplyReset, ControlGroup, DeleteGroup
from workbench.core.journal import JournalEntry
from workbench.core.snapshot import GroupStat, Snapshot
from workbench.flow.document import Node
from workbench.flow.edits import AddNode, RenameNode
from workbench.ui.dialogs.ask import Question
from workbench.ui.models.journal_words import sentence
from workbench.ui.models.series import group_series
from workbench.ui.panels.clients.page import ClientsPanel
from workbench.ui.panels.lists.deleting import ask_delete_group
from workbench.ui.panels.lists.groups import GroupsPanel
from workbench.ui.panels.lists.log import LogPanel
from workbench.ui.panels.lists.problems import ProblemsPanel
from workbench.ui.panels.replay.preview import ReplayPreview


def cells(panel, row: int) -> list[str]:
    model = panel.model
    return [model.data(model.index(row, column)) for column in range(model.columnCount())]


@pytest.fixture
def groups(stage):
    made = GroupsPanel(stage.workspace)
    stage.show(made, 1120, 220)
    return made


def test_groups_say_how_they_do(groups):
    assert cells(groups, 1) == [
        "shipping",
        "Reading",
        "2",
        "range",
        "2",
        "orders",
        "390/s",
        "32,087",
        "2 min 13 s",
        "+90/s ↗",
    ]
    assert cells(groups, 0)[7:] == ["22", "0.04 s", "steady"]


def heads_in_sight(table) -> list[str]:
    """The columns that can be seen whole, without scrolling."""
    head, model = table.horizontalHeader(), table.model()
    return [model.headerData(column, Qt.Orientation.Horizontal) for column in range(model.columnCount())
            if not table.isColumnHidden(column) and head.sectionSize(column) >= 34
            and head.sectionViewportPosition(column) + head.sectionSize(column) <= table.viewport().width()]


@pytest.mark.parametrize(("width", "left_out"), [
    (1120, []), (900, ["Assignor"]), (704, ["Generation", "Assignor", "Members", "Trend"]),
])
def test_where_there_is_little_room_the_least_columns_go_and_none_hides_behind_a_bar(stage, groups, width, left_out):
    stage.show(groups, width, 220)
    every = ["Group", "State", "Generation", "Assignor", "Members", "Reads", "Rate", "Behind", "In time", "Trend"]
    assert heads_in_sight(groups.table) == [name for name in every if name not in left_out]
    assert not groups.table.horizontalScrollBar().maximum()


def test_clients_fit_a_narrow_window_too(stage):
    made = ClientsPanel(stage.workspace)
    stage.show(made, 704, 220)
    assert not made.table.horizontalScrollBar().maximum()
    assert {"Client", "Writes", "In", "Reads", "Out", "Note"} <= set(heads_in_sight(made.table))


def test_a_row_and_the_canvas_select_each_other(stage, groups):
    at = groups.table.visualRect(groups.model.index(1, 0)).center()
    QTest.mouseClick(groups.table.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
    assert stage.workspace.selection == frozenset({"shipping"})
    stage.workspace.select(["billing"])
    assert groups.table.currentIndex().row() == 0


def test_r_opens_the_replay_form(stage, groups):
    groups.table.selectRow(1)
    QTest.keyClick(groups.table, Qt.Key.Key_R)
    preview = groups.findChild(ReplayPreview)
    assert preview is not None and preview.form.isVisible()
    preview.close()


def test_the_menu_pauses_and_deletes_with_reasons(stage, groups):
    menu = groups.menu_for(orders_snapshot().group("shipping"))
    pause, delete = menu.actions()[1], menu.actions()[3]
    assert not delete.isEnabled() and delete.toolTip() == "Members are still reading."
    pause.trigger()
    stage.qtbot.waitUntil(lambda: stage.caller.of(ControlGroup) == [ControlGroup("shipping", "pause")])
    outside = groups.menu_for(orders_snapshot().group("fraud-check"))
    assert "not ours" in outside.actions()[1].toolTip()
    empty = groups.menu_for(GroupStat("old", "Empty"))
    empty.actions()[3].trigger()
    question = groups.findChild(Question)
    assert stage.caller.of(DeleteGroup) == [] and "old has committed 0 offsets" in question.lost.text()
    question.go_on.click()
    stage.qtbot.waitUntil(lambda: stage.caller.of(DeleteGroup) == [DeleteGroup("old")])


def test_a_deleted_groups_offsets_come_back_by_undo(stage, groups):
    billing = orders_snapshot().group("billing")
    question = ask_delete_group(stage.workspace, billing, groups)
    question.cancel.click()
    assert stage.caller.of(DeleteGroup) == []
    ask_delete_group(stage.workspace, billing, groups).go_on.click()
    stage.qtbot.waitUntil(lambda: stage.caller.of(DeleteGroup) == [DeleteGroup("billing")])
    stage.workspace.undo_stack.undo()
    stage.qtbot.waitUntil(lambda: bool(stage.caller.of(ApplyReset)))
    (back,) = stage.caller.of(ApplyReset)
    committed = {place.partition: place.committed for place in billing.partitions if place.topic == "orders"}
    assert back.group == "billing" and back.spec.places["orders"] == committed


def test_a_new_outside_group_recolours_nobody(stage):
    before = group_series(stage.workspace.document, orders_snapshot())
    more = Snapshot(groups=(*orders_snapshot().groups, GroupStat("aaa", "Stable"), GroupStat("backup", "Stable")))
    after = group_series(stage.workspace.document, more)
    assert [after[name].index for name in ("billing", "shipping")] == [
        before[name].index for name in ("billing", "shipping")
    ]
    assert len({look.letter for look in after.values()}) == len(after)


def test_a_renamed_group_keeps_its_look(stage):
    document, before = stage.workspace.document, group_series(stage.workspace.document, orders_snapshot())
    node = next(node for node in document.of_kind("group") if node.name == "shipping")
    stage.workspace.perform(RenameNode(node.id, "delivery"))
    groups = tuple(replace(group, name="delivery") if group.name == "shipping" else group
                   for group in orders_snapshot().groups)
    after = group_series(document, replace(orders_snapshot(), groups=groups))
    assert after["delivery"].index == before["shipping"].index


def test_problems_of_host_and_drawing_with_their_count(stage):
    panel = ProblemsPanel(stage.workspace)
    stage.show(panel, 1120, 200)
    assert [row.subject for row in panel.model.rows] == ["shipping", "settlements"]
    assert cells(panel, 0)[2].startswith("shipping-2 cannot keep up.")
    with stage.qtbot.waitSignal(panel.count_changed) as counted:
        stage.workspace.perform(AddNode(Node("lonely", "group", "lonely")))
    assert counted.args == [3, "bad"]
    at = panel.table.visualRect(panel.model.index(0, 2)).center()
    QTest.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
    assert stage.workspace.selection == frozenset({"shipping"})


def test_no_problems_is_said(qtbot, stage):
    stage.workspace.document.replace_all([], [])
    stage.push(Snapshot(seq=2, at_ms=NOW_MS))
    panel = ProblemsPanel(stage.workspace)
    stage.show(panel, 800, 200)
    assert panel.count == 0 and panel._stack.currentIndex() == 0


def entry(kind: str, number: int, **fields) -> JournalEntry:
    return entry_of(kind, START_MS + number * 100, id=number, **fields)


class Journal:
    """A reader whose journal grows."""

    def __init__(self) -> None:
        self.entries = [
            entry("run", 1, detail={"act": "started"}),
            entry("join", 2, group="shipping", member="shipping-1"),
            entry("append", 3, topic="orders", partition=3, first=100, last=149, count=50),
            entry("fault", 4, detail={"text": "shipping-2: 6.7 ms an event"}),
        ]

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def journal(self, after_id=0, from_ms=None, to_ms=None, kinds=(), limit=1000) -> list[JournalEntry]:
        return [e for e in self.entries if e.id > after_id and (not kinds or e.kind in kinds)]


def test_the_log_in_words_live_filtered_and_searched(stage, monkeypatch):
    journal = Journal()
    monkeypatch.setattr(stage.workspace, "reader_for_work", lambda: journal)
    panel = LogPanel(stage.workspace)
    stage.show(panel, 1000, 240)
    stage.qtbot.waitUntil(lambda: panel.model.rowCount() == 2)
    assert [cells(panel, row)[2] for row in (0, 1)] == ["The flow started", "Fault: shipping-2: 6.7 ms an event"]
    panel.family.setCurrentIndex(0)
    stage.qtbot.waitUntil(lambda: panel.model.rowCount() == 4)
    journal.entries.append(entry("leave", 5, group="shipping", member="shipping-1", detail={"reason": "it was killed"}))
    stage.qtbot.waitUntil(lambda: panel.model.rowCount() == 5)
    assert cells(panel, 4)[2] == "shipping-1 left shipping: it was killed"
    QTest.keyClicks(panel.search, "killed")
    assert panel.model.rowCount() == 1
    with stage.qtbot.waitSignal(panel.moment_wanted) as wanted:
        at = panel.table.visualRect(panel.model.index(0, 2)).center()
        QTest.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
        QTest.mouseDClick(panel.table.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
    assert wanted.args == [START_MS + 500]


@pytest.mark.parametrize(("made", "said"), [
    (entry("append", 1, topic="orders", partition=3, first=100, last=149, count=50),
     "50 records written to orders/3, 100–149"),
    (entry("deliver", 1, topic="o", partition=0, first=7, last=7, count=1, member="m", detail={"again": True}),
     "1 record of o/0 read again by m, 7"),
    (entry("deliver", 1, topic="o", partition=0, first=7, last=9, count=3, member="m", detail={"held": True}),
     "3 records of o/0 handed to m, 7–9"),
    (entry("done", 1, topic="o", partition=0, first=7, last=7, count=1, member="m"), "1 record of o/0 worked by m, 7"),
    (entry("send", 1, topic="o", partition=0, count=2, member="shop",
           detail={"sequence": 0, "outcome": "unknown", "retries": 4}),
     "2 records sent by shop to o/0: never answered, sent again 4 times"),
    (entry("commit", 1, topic="o", partition=0, last=98_412, group="g"), "g committed o/0 @ 98,412"),
    (entry("reset", 1, topic="o", group="g", detail={"moves": [[0, 98_398, 48_120], [1, None, 3]]}),
     "g was moved on o: 0: 98,398 → 48,120, 1: – → 3"),
    (entry("retention", 1, topic="o", partition=2, first=0, last=500),
     "Retention moved the start of o/2 from 0 to 500"),
    (entry("topic", 1, topic="o", detail={"act": "created"}), "Topic o created"),
    (entry("bookmark", 1, detail={"text": "before"}), "Bookmark: before"),
    (entry("flow", 1, detail={"digest": "x"}), "The drawing was saved"),
    (entry("rebalance", 1, group="g", detail={"generation": 2, "assignor": "range", "assignment": {"a": [], "b": []}}),
     "g shared out its partitions: generation 2, 2 members, range"),
])
def test_entries_are_sentences(made: JournalEntry, said: str):
    assert sentence(made) == said
