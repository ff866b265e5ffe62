"""A queue's panel in the past: its messages as they stood at the playhead, told from a real journal; nothing of then is
settled by mistake."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from shiboken6 import delete

from tests.ui.panels.reading import assert_nothing_cut, words_of
from tests.ui.queue_stage import QueueCaller, upload_document, upload_snapshot
from tests.ui.stage import NOW_MS
from workbench.broker import Broker, BrokerReader
from workbench.core.clock import ManualClock
from workbench.core.queues import MessageState
from workbench.core.records import Record
from workbench.core.snapshot import GroupStat
from workbench.flow.document import Node
from workbench.session.timeline import Timeline
from workbench.ui.bridge.operation import wait_for_work
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.panels.queue.panel import QueuePanel
from workbench.ui.theme.theme import theme
from workbench.ui.window.status import StatusLine

KEYS = (b"A-1", b"A-2", b"A-3")


@pytest.fixture
def moments(tmp_path):
    """A file, and the instants at which three messages were sent, two taken, one acked and one given back."""
    clock, at = ManualClock(), {}

    def pass_time(name: str) -> None:
        broker.keep_house()
        clock.advance(100)
        broker.keep_house()
        at[name] = clock.now_ms()
        clock.advance(900)

    with Broker.create(tmp_path / "a.flow", clock=clock, background=False) as broker:
        broker.create_topic("transcode", 1, "queue")
        pass_time("empty")
        broker.append("transcode", 0, [Record(key, b'{"n":1}') for key in KEYS]).result()
        pass_time("sent")
        taken = [delivery.receipt for delivery in broker.queues.receive("transcode", "ann", 2)]
        pass_time("taken")
        broker.queues.ack("transcode", taken[:1]).result()
        broker.queues.nack("transcode", taken[1:], delay_ms=60_000, reason="no encoder free")
        pass_time("settled")
    return tmp_path / "a.flow", at


def test_what_an_older_workbench_did_not_journal_is_said_instead_of_nought(qtbot, qapp):
    """Its queues have consumers, and no group is named."""
    workspace = Workspace(Path("uploads.flow"), QueueCaller())
    drawn = upload_document()
    workspace.document.replace_all(drawn.nodes, drawn.links, drawn.title)
    line = StatusLine(workspace, lambda: 0.0)
    qtbot.addWidget(line)
    line.show()
    workspace.show_past(NOW_MS, replace(upload_snapshot(), live=False))
    line.refresh()
    assert "Delivered –" in words_of(line) and "Behind –" in words_of(line)
    named = tuple(GroupStat(name, "Stable", rate=5.0, waiting=7) for name in ("subtitler", "encoder", "checker"))
    workspace.show_past(NOW_MS, replace(upload_snapshot(), live=False, groups=named))
    line.refresh()
    assert "Delivered 15/s" in words_of(line) and "Behind 21" in words_of(line)
    workspace.close()
    theme().set_past(False)


@pytest.fixture
def workspace(qapp, moments):
    theme().apply(qapp, "light")
    made = Workspace(moments[0], QueueCaller())
    made.document.replace_all([Node("q", "queue", "transcode", 0, 0)], [], "a")
    yield made
    wait_for_work()
    made.close()
    theme().set_past(False)


def go_to(workspace: Workspace, at_ms: int) -> None:
    with BrokerReader(workspace.path) as reader:
        workspace.show_past(at_ms, Timeline(reader).state_at(at_ms))


def rows(panel: QueuePanel) -> list[tuple]:
    return [(m.id.offset, m.state.value, m.attempts, m.consumer) for m in panel.table.messages.messages]


def test_the_list_follows_the_playhead(qtbot, workspace, moments):
    at = moments[1]
    go_to(workspace, at["sent"])
    panel = QueuePanel(workspace, "q")
    qtbot.addWidget(panel)
    panel.show()
    qtbot.waitUntil(lambda: rows(panel) == [(n, "ready", 0, "") for n in range(3)])
    go_to(workspace, at["taken"])
    taken = [(0, "in_flight", 1, "ann"), (1, "in_flight", 1, "ann"), (2, "ready", 0, "")]
    qtbot.waitUntil(lambda: rows(panel) == taken)
    go_to(workspace, at["settled"])
    qtbot.waitUntil(lambda: rows(panel) == [(1, "delayed", 1, ""), (2, "ready", 0, "")])
    assert panel.shown_words.text() == "2 of 2"
    assert_nothing_cut(qtbot, panel)
    panel.filter.button("delayed").click()
    qtbot.waitUntil(lambda: rows(panel) == [(1, "delayed", 1, "")])
    go_to(workspace, at["empty"])
    qtbot.waitUntil(lambda: rows(panel) == [])
    panel.filter.button("all").click()
    qtbot.waitUntil(lambda: "The queue was empty then" in words_of(panel))


def test_what_was_in_flight_then_can_not_be_settled_now_and_later_lines_of_its_story_are_muted(
    qtbot, workspace, moments
):
    go_to(workspace, moments[1]["taken"])
    panel = QueuePanel(workspace, "q")
    qtbot.addWidget(panel)
    panel.show()
    qtbot.waitUntil(lambda: len(rows(panel)) == 3)
    panel.table.selectRow(1)
    assert panel.settle.isHidden() and "What you press here acts now." in words_of(panel)
    assert not panel.leases.timer.isActive()
    assert panel.table.chosen()[0].state is MessageState.IN_FLIGHT
    qtbot.waitUntil(lambda: len(panel.detail.story.chapters) == 3)
    assert [(c.text.split(" ")[0], c.to_come) for c in panel.detail.story.chapters] == [
        ("Sent", False), ("Leased", False), ("Given", True)]
    workspace.show_live()
    qtbot.waitUntil(lambda: not panel.settle.isHidden() and len(rows(panel)) == 100)  # as the stage's host tells


def test_a_closed_panel_hears_no_more_of_time(qtbot, workspace, moments):
    panel = QueuePanel(workspace, "q")
    panel.show()
    delete(panel)
    with qtbot.captureExceptions() as raised:
        go_to(workspace, moments[1]["taken"])
        workspace.show_live()
    assert raised == []
