"""A group's panel: members, partitions, what it receives, and acts that reach the host."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt

from tests.ui.panels.reading import assert_nothing_cut, button, nameless, words_of
from tests.ui.stage import NOW_MS, PAST_MS, orders_snapshot
from workbench.control.messages import ControlGroup, ControlMember, Push, SeekMember
from workbench.core.snapshot import PartState
from workbench.flow.edits import RemoveNode, RenameNode
from workbench.ui.panels.nodes.group import GroupPanel


@pytest.fixture
def panel(qtbot, workspace) -> GroupPanel:
    made = GroupPanel(workspace, "shipping")
    qtbot.addWidget(made)
    made.resize(474, 640)
    made.show()
    return made


def texts(table) -> list[tuple[str, ...]]:
    return [tuple(cell.text for cell in row) for row in table.rows]


def with_member(snapshot, name: str, **changes):
    """The snapshot with one member of shipping changed."""
    group = snapshot.group("shipping")
    members = tuple(replace(m, **changes) if m.name == name else m for m in group.members)
    groups = tuple(replace(g, members=members) if g.name == "shipping" else g for g in snapshot.groups)
    return replace(snapshot, groups=groups)


def test_members_partitions_and_records_are_those_of_the_snapshot(panel):
    said = words_of(panel)
    assert "Members, assigned by range" in said
    assert "6.7 ms an event · partitions 3 4 5" in said
    assert texts(panel.partitions)[3] == ("orders/3", "2", "88,634", "88,134", "98,846", "", "", "10,712")
    assert texts(panel.received)[0] == ("14:12:36.200", "3 @ 88,633", "", "C-26641", "2 min 7 s", "at work")
    assert "Commit after work, every 500 ms" in said and "463 sent to orders.dlq" in said


def test_the_furthest_behind_are_marked_and_their_bars_full(panel):
    rows = panel.partitions.rows
    assert [row[7].role for row in rows] == ["text"] * 3 + ["bad"] * 3
    assert rows[3][6].bar == 1.0 and rows[0][6].bar < 0.01


def test_buttons_of_a_member_reach_the_host(qtbot, panel, caller):
    for name in ("Pause shipping-2", "Kill shipping-2", "Restart shipping-1"):
        qtbot.mouseClick(button(panel, name), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(caller.of(ControlMember)) == 3)
    assert {(c.act, c.member) for c in caller.of(ControlMember)} == {
        ("pause", "shipping-2"), ("kill", "shipping-2"), ("restart", "shipping-1")}
    assert {c.node_id for c in caller.of(ControlMember)} == {"shipping"}


def test_a_paused_member_can_be_resumed_and_a_killed_one_removed(qtbot, panel, workspace, caller):
    workspace._take_push(Push(snapshot=with_member(orders_snapshot(), "shipping-1", state=PartState.PAUSED)))
    button(panel, "Resume shipping-1").click()
    workspace._take_push(Push(snapshot=with_member(orders_snapshot(), "shipping-2", state=PartState.KILLED)))
    assert not panel._cards["shipping-2"].pause.isEnabled()
    button(panel, "Remove shipping-2").click()
    qtbot.waitUntil(lambda: len(caller.of(ControlMember)) == 2)
    assert {(c.act, c.member) for c in caller.of(ControlMember)} == {("resume", "shipping-1"), ("remove", "shipping-2")}
    qtbot.waitUntil(lambda: workspace.document.node("shipping").params["members"] == 1)


def crowd(number: int):
    """The snapshot with so many members in shipping."""
    snapshot = orders_snapshot()
    one = snapshot.group("shipping").members[0]
    members = tuple(replace(one, name=f"shipping-{n}", member_id=f"m{n}") for n in range(1, number + 1))
    groups = tuple(replace(g, members=members) if g.name == "shipping" else g for g in snapshot.groups)
    return replace(snapshot, groups=groups)


def test_more_than_eight_members_stand_in_a_table_with_the_same_acts(qtbot, panel, workspace, caller):
    workspace._take_push(Push(snapshot=crowd(8)))
    assert len(panel._cards) == 8 and not panel.many.isVisible()
    workspace._take_push(Push(snapshot=crowd(12)))
    assert panel._cards == {} and len(panel.many.table.rows) == 12
    qtbot.mouseClick(panel.many.table, Qt.MouseButton.LeftButton, pos=QPoint(20, 22 * 5 + 4))  # under the head: the 5th
    assert panel.many.choice.currentText() == "shipping-5"
    panel.many.kill.click()
    qtbot.waitUntil(lambda: bool(caller.of(ControlMember)))
    assert caller.of(ControlMember)[0] == ControlMember("shipping", "kill", "shipping-5")
    killed = with_member(crowd(12), "shipping-5", state=PartState.KILLED)
    workspace._take_push(Push(snapshot=killed))
    assert panel.many.kill.text() == "Remove" and not panel.many.pause.isEnabled()
    assert nameless(panel) == []
    assert_nothing_cut(qtbot, panel)


def test_the_whole_group_pauses_and_resumes(qtbot, panel, workspace, caller):
    panel.pause.click()
    snapshot = orders_snapshot()
    paused = tuple(replace(g, paused=True) if g.name == "shipping" else g for g in snapshot.groups)
    workspace._take_push(Push(snapshot=replace(snapshot, groups=paused)))
    assert panel.pause.text() == "Resume all"
    panel.pause.click()
    qtbot.waitUntil(lambda: {c.act for c in caller.of(ControlGroup)} == {"pause", "resume"})


def test_one_more_member_is_an_edit_that_undo_takes_back(panel, workspace):
    panel.add.click()
    assert workspace.document.node("shipping").params["members"] == 3
    workspace.undo_stack.undo()
    assert workspace.document.node("shipping").params["members"] == 2


def test_seek_moves_a_position_inside_the_log_only(qtbot, panel, caller):
    button(panel, "Seek…").click()
    panel.seek.partition.setCurrentIndex(3)
    panel.seek.offset.setText("99,999,999")
    assert not panel.seek.move_button.isEnabled()
    assert "Give an offset from 26,218 to 98,846." in words_of(panel.seek)
    panel.seek.offset.setText("48,120")
    assert "reads 40,514 records again" in words_of(panel.seek)
    panel.seek.move_button.click()
    qtbot.waitUntil(lambda: bool(caller.of(SeekMember)))
    assert caller.of(SeekMember)[0] == SeekMember("shipping", "orders", 3, 48_120)
    qtbot.waitUntil(panel.seek.isHidden)


def test_hold_keeps_the_rows_while_the_rest_goes_on(panel, workspace):
    before = texts(panel.received)
    panel.hold.click()
    workspace._take_push(Push(snapshot=orders_snapshot(NOW_MS + 5000)))
    assert texts(panel.received) == before
    assert texts(panel.partitions)[0][4] != "98,412"
    panel.hold.click()
    assert texts(panel.received) != before


def test_in_the_past_it_says_that_acts_are_of_now(panel, workspace):
    workspace.show_past(PAST_MS, orders_snapshot(PAST_MS))
    assert "As it stood at 14:02:11. What you press here acts now." in words_of(panel)
    assert texts(panel.partitions)[0][4] == "48,120"
    workspace.show_live()
    assert "acts now" not in words_of(panel)


def test_it_follows_its_node_and_asks_to_close_when_that_goes(qtbot, panel, workspace):
    workspace.perform(RenameNode("shipping", "dispatch"))
    assert (panel.title, panel.subtitle) == ("dispatch", "group on orders")
    with qtbot.waitSignal(panel.closed_wanted):
        workspace.perform(RemoveNode("shipping"))


def test_hidden_it_takes_no_snapshots_and_catches_up_when_shown(panel, workspace):
    panel.hide()
    before = texts(panel.partitions)
    workspace._take_push(Push(snapshot=orders_snapshot(NOW_MS + 5000)))
    assert texts(panel.partitions) == before
    panel.show()
    assert texts(panel.partitions) != before


def test_every_control_has_a_name_and_no_word_is_cut(qtbot, panel):
    assert nameless(panel) == []
    assert_nothing_cut(qtbot, panel)


def test_members_that_read_several_topics_make_the_panel_no_wider(qtbot, panel, workspace):
    """Else its tables are cut at the right, with how far each partition is behind."""
    shared = tuple((topic, number) for topic in ("orders", "payments") for number in range(3))
    snapshot = with_member(with_member(orders_snapshot(), "shipping-1", partitions=shared), "shipping-2",
                           partitions=shared)
    panel.resize(484, 690)
    workspace._take_push(Push(snapshot=snapshot))
    qtbot.waitUntil(lambda: "partitions orders 0 1 2, payments 0 1 2" in words_of(panel))
    qtbot.waitUntil(lambda: panel.widget().width() <= panel.viewport().width())
    assert panel.partitions.mapTo(panel.viewport(), panel.partitions.rect().topRight()).x() < panel.viewport().width()
    for state in (PartState.PAUSED, PartState.KILLED):  # their buttons say more
        held = with_member(with_member(orders_snapshot(), "shipping-1", state=state), "shipping-2", state=state)
        workspace._take_push(Push(snapshot=held))
        qtbot.waitUntil(lambda state=state: panel._cards["shipping-1"]._shown.state is state)
        qtbot.waitUntil(lambda: panel.widget().width() <= panel.viewport().width())
    assert_nothing_cut(qtbot, panel)


def test_in_a_narrow_dock_nothing_is_cut_and_nothing_lies_beside_the_window(qtbot, panel):
    panel.resize(320, 400)
    qtbot.waitUntil(lambda: panel.horizontalScrollBar().maximum() == 0)
    assert_nothing_cut(qtbot, panel)
