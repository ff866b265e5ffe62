"""Commands of queues in the window: enabled by the selection, each opens the panel with what belongs to it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from tests.ui.panels.reading import button
from tests.ui.queue_stage import QueueCaller, upload_document, upload_snapshot
from workbench.control.messages import Push
from workbench.flow import codec
from workbench.ui.panels.queue.panel import QueuePanel
from workbench.ui.panels.queue.purge import PurgePopover
from workbench.ui.panels.queue.redrive import RedrivePopover

NAMES = ("queue.messages", "queue.receive", "queue.redrive", "queue.purge")


@pytest.fixture
def caller() -> QueueCaller:
    return QueueCaller()


@pytest.fixture
def queues(window):
    window.load_drawing(codec.dumps(upload_document()))
    window.workspace._take_push(Push(snapshot=upload_snapshot()))
    return window


def test_they_wait_for_one_selected_queue(queues):
    assert not any(queues.actions_book[name].isEnabled() for name in NAMES)
    queues.workspace.select({"video"})
    assert not any(queues.actions_book[name].isEnabled() for name in NAMES)
    queues.workspace.select({"transcode"})
    assert all(queues.actions_book[name].isEnabled() for name in NAMES)


def test_each_opens_the_panel_with_what_belongs_to_it(queues):
    queues.workspace.select({"transcode"})
    queues.actions_book["queue.receive"].trigger()
    panel = queues.own_panels.panel("transcode")
    assert isinstance(panel, QueuePanel) and panel.receive.isVisible()
    queues.actions_book["queue.redrive"].trigger()
    assert panel.window().findChild(RedrivePopover) is not None
    queues.actions_book["queue.purge"].trigger()
    assert panel.window().findChild(PurgePopover) is not None


def test_a_pinned_panel_has_a_place_of_its_own_and_room(qtbot, queues):
    docks = []
    for node_id in ("transcode", "encoder"):
        queues.own_panels.open(node_id)
        docks.append(queues.own_panels.panel(node_id).parentWidget())
        qtbot.mouseClick(button(docks[-1], "Pin it into the window"), Qt.MouseButton.LeftButton)
    first, last = docks
    assert not first.isFloating() and not last.isFloating()
    assert set(queues.tabifiedDockWidgets(last)) == {queues.lag_dock, first}, "tabs, not a third and a fourth row"
    qtbot.waitUntil(lambda: last.height() > queues.height() / 3)
    assert queues.side_dock.isVisible()


def test_a_binding_is_edited_in_the_inspector(queues):
    queues.canvas.binding_wanted.emit("b2")
    assert queues.inspector.binding_face.title.text() == "video to transcode"
    assert queues.canvas.flow.links["b2"].selected


def test_queues_stand_in_the_lists_as_what_they_are(queues, qtbot):
    topics = queues.topics.list
    qtbot.waitUntil(lambda: any(topics.item(n).toolTip().startswith("transcode:") for n in range(topics.count())))
    assert queues.topics._foot(queues.workspace.shown.topic("transcode"), queues.workspace.shown) == (
        "queue", "225 to do")
