"""Groups, programs and topics that nobody drew: the inspector, the panel and the lists have them as all others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QMainWindow, QPushButton

from tests.ui.stage import orders_snapshot
from workbench.control.messages import Push
from workbench.core.snapshot import ClientStat, PartitionStat, TopicStat
from workbench.flow.document import Node
from workbench.flow.edits import AddNode, RemoveNode
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.models import outside
from workbench.ui.models.series import group_id, group_of_id, selected_group
from workbench.ui.panels.inspector.inspector import Inspector
from workbench.ui.panels.lists.groups import GroupsPanel
from workbench.ui.panels.lists.topics import TopicsPanel
from workbench.ui.window.own_panels import OwnPanels

TILL = ClientStat("till-7", "127.0.0.1:5002", "librdkafka 2", 42, rate_in=50.0, writes=("orders",), connections=1)
SENSORS = TopicStat("sensors", "stream", (PartitionStat(0, 0, 7), PartitionStat(1, 0, 9)), 3.0)


def tell(workspace: Workspace, **changes) -> None:
    workspace._take_push(Push(snapshot=replace(orders_snapshot(), **changes)))


@pytest.fixture
def inspector(qtbot, workspace: Workspace) -> Inspector:
    made = Inspector(workspace)
    qtbot.addWidget(made)
    made.resize(320, 600)
    made.show()
    return made


def test_a_selected_group_from_outside_has_the_inspector_of_any_other(inspector: Inspector, workspace: Workspace):
    workspace.select({"outside:fraud-check"})
    face = inspector.face("group")
    assert face.isVisible() and face._title.text() == "fraud-check"
    assert face._what.text() == "Group from outside on payments · generation 1"
    assert face.behind.accessibleName() or face.behind.isVisible()
    assert face.members.isVisible() and face.partitions.isVisible()
    assert not face.pause.isVisible() and not face.add.isVisible()  # not ours
    asked = []
    inspector.wishes.keep.connect(asked.append)
    inspector.wishes.replay.connect(asked.append)
    face.keep.click()
    face.replay.click()
    assert asked == ["outside:fraud-check", "outside:fraud-check"]
    workspace.select({"shipping"})
    assert face.pause.isVisible() and not face.keep.isVisible()


def test_a_program_that_writes_is_told_too(inspector: Inspector, workspace: Workspace):
    tell(workspace, clients=(TILL,))
    workspace.select({"outside:writer:till-7"})
    assert inspector.face("client").isVisible()
    assert inspector.face("client")._title.text() == "till-7"
    assert inspector.face("client")._what.text() == "librdkafka 2"
    tell(workspace, clients=())
    inspector.refresh()
    assert inspector.file_face.isVisible()  # it left


def test_a_topic_that_a_client_made_is_told_too(inspector: Inspector, workspace: Workspace):
    tell(workspace, topics=(*orders_snapshot().topics, SENSORS))
    workspace.select({"outside:topic:sensors"})
    assert inspector.face("topic").isVisible() and inspector.face("topic")._title.text() == "sensors"
    assert inspector.face("topic").keep.isVisible()


def test_its_panel_shows_members_that_are_not_ours_to_stop(qtbot, workspace: Workspace):
    window = QMainWindow()
    qtbot.addWidget(window)
    window.resize(1200, 900)
    window.show()
    panels = OwnPanels(window, workspace)
    panels.open("outside:fraud-check")
    panel = panels.panel("outside:fraud-check")
    assert panel is not None and panel.title == "fraud-check"
    assert panel.subtitle == "group from outside on payments"
    assert list(panel._cards) == ["fraud-check-1", "fraud-check-2"]
    for card in panel._cards.values():
        assert "librdkafka 2.12.1" in card._words.text()
        assert not any(button.isVisible() for button in card.findChildren(QPushButton))
    assert panel.replay_button.isVisible() and not panel.add.isVisible() and not panel.seek_button.isVisible()
    panels.close_all()


def test_lists_choose_what_is_from_outside(qtbot, workspace: Workspace):
    groups, topics = GroupsPanel(workspace), TopicsPanel(workspace)
    for panel in (groups, topics):
        qtbot.addWidget(panel)
        panel.show()
    tell(workspace, topics=(*orders_snapshot().topics, SENSORS))
    groups._follow(workspace.shown)
    groups._choose(groups.model.row_of("fraud-check"))
    assert workspace.selection == {"outside:fraud-check"}
    topics._show(workspace.shown)
    topics._select(topics.list.item(topics.list.count() - 1))
    assert workspace.selection == {"outside:topic:sensors"}


def test_the_chart_and_the_tape_take_it_as_the_group_in_front(workspace: Workspace):
    assert selected_group(workspace.document, frozenset({"outside:fraud-check"})) == "fraud-check"
    assert selected_group(workspace.document, frozenset({"outside:writer:till-7"})) == ""


@pytest.mark.parametrize("name", ["fraud-check", "topic:a", "writer:b", "group:c", "a:b", "<b>x</b>"])
def test_ids_lead_back_to_their_groups(name):
    assert group_of_id(group_id(name)) == name
    assert not group_of_id(outside.topic_id(name)) and not group_of_id(outside.writer_id(name))


def test_only_topics_that_came_while_the_window_watched_show_by_themselves(qapp):
    workspace = Workspace(Path("orders.flow"), None)
    document, new = workspace.document, outside.NewTopics()
    first = orders_snapshot()
    assert new.among(document, first) == []
    later = replace(first, topics=(*first.topics, SENSORS))
    assert new.among(document, later) == ["sensors"]
    AddNode(Node("s", "topic", "sensors")).apply(document)
    assert new.among(document, later) == []
    RemoveNode("s").apply(document)
    assert new.among(document, later) == ["sensors"]  # it is still there, and nobody drew it
    AddNode(Node("o", "topic", "own")).apply(document)
    assert new.among(document, later) == ["sensors"]
    own = replace(later, topics=(*later.topics, TopicStat("own", "stream", ())))
    assert new.among(document, own) == ["sensors"]
    RemoveNode("o").apply(document)
    assert new.among(document, own) == ["sensors"]  # its drawing made it, and it was taken off on purpose
