"""A queue's panel: figures, windows, countdowns, messages with their story, and acts that reach the host."""

from __future__ import annotations

from dataclasses import replace
from threading import Event

import pytest
from PySide6.QtCore import QCoreApplication, QObject, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QBoxLayout
from shiboken6 import delete

from tests.ui.panels.reading import assert_nothing_cut, button, nameless, words_of
from tests.ui.queue_stage import message, upload_messages, upload_snapshot
from tests.ui.stage import NOW_MS
from workbench.control.messages import Push
from workbench.control.queues import PeekQueue, PurgeQueue, ReceiveMessages, SettleMessages
from workbench.core.errors import Refused
from workbench.core.queues import DeadLetterEvent, DeadLetterReason, MessageId, MessageState, Receipt
from workbench.core.snapshot import LeaseStat, QueueConsumerStat, Snapshot
from workbench.flow.document import Link
from workbench.flow.edits import AddLink, RemoveLink
from workbench.ui.bridge.operation import wait_for_work
from workbench.ui.models.queue_clock import QueueClock
from workbench.ui.models.queue_messages import MessageFeed
from workbench.ui.panels.nodes.group import GroupPanel
from workbench.ui.panels.queue.lease_bars import LeaseBars, frame_ms, is_near, remaining
from workbench.ui.panels.queue.panel import QueuePanel
from workbench.ui.panels.queue.purge import PurgePopover


@pytest.fixture
def panel(qtbot, workspace) -> QueuePanel:
    made = QueuePanel(workspace, "transcode")
    qtbot.addWidget(made)
    made.resize(980, 740)
    made.show()
    qtbot.waitUntil(lambda: made.table.messages.rowCount() == 100)
    return made


def choose_dead(qtbot, panel: QueuePanel) -> None:
    panel.filter.button("dead").click()
    qtbot.waitUntil(lambda: panel.table.messages.rowCount() == 5)
    panel.table.selectRow(0)


def choose_in_flight(qtbot, panel: QueuePanel, count: int = 2) -> None:
    panel.filter.button("in_flight").click()
    qtbot.waitUntil(lambda: panel.table.messages.rowCount() == 24)
    panel.table.choose({message.id for message in panel.feed.messages[:count]})


def test_it_says_how_the_queue_stands_and_who_takes_from_it(panel):
    said = words_of(panel)
    for word in ("184", "24", "12", "5", "64/s", "42/s", "Consumers, prefetch 10", "100 of 225"):
        assert word in said
    assert panel.subtitle == "SQS queue, shared"
    assert "encoder-2: 8 of 10" in panel.consumers.accessibleDescription()
    assert "0-3865, encoder-1" in panel.leases.accessibleDescription()
    assert nameless(panel) == []


def test_an_answer_that_comes_after_the_panel_is_gone_reaches_nobody(qtbot, workspace):
    parent = QObject()
    feed = MessageFeed(workspace, parent)
    feed.show("transcode", ())
    delete(parent)
    wait_for_work()
    QCoreApplication.processEvents()
    assert feed.messages == ()  # and nobody met a deleted object on the way: that would fail the test


def test_no_word_is_cut(qtbot, panel):
    assert_nothing_cut(qtbot, panel)


def test_messages_are_filtered_by_state_at_the_host(qtbot, panel, caller):
    choose_dead(qtbot, panel)
    assert caller.of(PeekQueue)[-1].states == (MessageState.DEAD,)
    assert {m.state for m in panel.table.messages.messages} == {MessageState.DEAD}


def test_the_next_page_comes_at_the_end_and_what_is_chosen_stays(qtbot, panel):
    panel.table.selectRow(3)
    bar = panel.table.verticalScrollBar()
    bar.setValue(bar.maximum())
    qtbot.waitUntil(lambda: panel.table.messages.rowCount() == 200)
    assert [m.id for m in panel.table.chosen()] == [MessageId(0, 141)]


def test_the_story_is_told_from_the_journal(qtbot, panel):
    choose_dead(qtbot, panel)
    qtbot.waitUntil(lambda: len(panel.detail.story.chapters) == 8)
    said = [chapter.text for chapter in panel.detail.story.chapters]
    assert said[0] == "Sent to transcode" and said[2].startswith("Given back by encoder-1")
    assert said[-1] == "Died (rejected), kept here"
    panel.detail.tabs.button("value").click()
    assert '"codec": "av1"' in panel.detail.view.toPlainText()


def test_a_message_says_by_which_exchange_and_key_it_came(qtbot, panel):
    detail = panel.detail
    for exchange, key, said in (
        (None, None, ""), ("orders", "order.eu", "Came by orders, with the routing key «order.eu»"),
        ("orders", "", "Came by orders, without a routing key"),
        ("", "work", "Came by the default exchange, with the routing key «work»"),
    ):
        detail.show_message("transcode", message(5, MessageState.READY, exchange=exchange, routing_key=key))
        assert (detail.came_by.text(), detail.came_by.isVisibleTo(detail)) == (said, bool(said))
    died = DeadLetterEvent("work", DeadLetterReason.REJECTED, 1, NOW_MS, NOW_MS, MessageId(0, 5), "", "orders",
                           "order.eu")
    detail.show_message("transcode", message(5, MessageState.READY, deaths=(died,)))  # sent here straight
    assert detail.came_by.text() == "Had come to work by orders, with the routing key «order.eu»"


def test_leases_of_chosen_messages_are_settled_by_their_receipts(qtbot, panel, caller):
    choose_in_flight(qtbot, panel)
    assert "2 messages in flight" in words_of(panel)
    panel.settle.ack.click()
    qtbot.waitUntil(lambda: bool(caller.of(SettleMessages)))
    asked = caller.of(SettleMessages)[0]
    assert (asked.queue, asked.act, asked.receipts) == ("transcode", "ack", (Receipt(0, 3865, 2), Receipt(0, 3866, 1)))
    qtbot.waitUntil(lambda: "2 messages acked" in words_of(panel))


def test_after_an_ack_the_focus_is_on_the_messages(qtbot, panel, caller):
    choose_in_flight(qtbot, panel)
    panel.activateWindow()
    panel.settle.ack.setFocus()
    qtbot.waitUntil(panel.settle.ack.hasFocus)
    QTest.keyClick(panel.settle.ack, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: bool(caller.of(SettleMessages)))
    panel.table.choose(set())  # they are gone from the list
    panel.settle.show_receipts((), 0)
    assert not panel.settle.ack.isEnabled()
    assert panel.table.hasFocus()


def test_giving_back_can_wait_and_a_refusal_is_said_in_place(qtbot, panel, caller, monkeypatch):
    choose_in_flight(qtbot, panel, 1)
    panel.settle.nack.menu().actions()[2].trigger()
    qtbot.waitUntil(lambda: bool(caller.of(SettleMessages)))
    assert (caller.of(SettleMessages)[0].act, caller.of(SettleMessages)[0].delay_ms) == ("nack", 5_000)
    qtbot.waitUntil(lambda: "1 message given back" in words_of(panel))
    choose_in_flight(qtbot, panel, 3)

    def refuse(command):
        raise Refused("The lease of 0-3865 ran out.", "It is with somebody else now.")

    monkeypatch.setattr(caller, "call", refuse)
    panel.settle.reject.click()
    qtbot.waitUntil(lambda: "The lease of 0-3865 ran out" in words_of(panel))


def test_a_nack_and_a_reject_say_why_and_the_reason_stands_there_for_the_next(qtbot, panel, caller, workspace):
    choose_in_flight(qtbot, panel, 1)
    panel.settle.reject.click()
    qtbot.waitUntil(lambda: len(caller.of(SettleMessages)) == 1)
    choose_in_flight(qtbot, panel, 2)
    qtbot.keyClicks(panel.settle.reason, "  codec av1  is not known ")
    panel.settle.reject.click()
    qtbot.waitUntil(lambda: "2 messages rejected" in words_of(panel))
    group = GroupPanel(workspace, "encoder")
    qtbot.addWidget(group)
    group.show()
    held = group.held.queue("transcode")
    assert not held.settle.reason.isVisible()  # nothing is chosen
    qtbot.mouseClick(held.leases, Qt.MouseButton.LeftButton, pos=QPoint(40, 5))
    assert held.settle.reason.isVisible() and held.settle.reason.text() == "codec av1 is not known"
    held.settle.nack.menu().actions()[0].trigger()
    qtbot.waitUntil(lambda: len(caller.of(SettleMessages)) == 3)
    qtbot.mouseClick(held.leases, Qt.MouseButton.LeftButton, pos=QPoint(40, 29))
    held.settle.ack.click()
    qtbot.waitUntil(lambda: len(caller.of(SettleMessages)) == 4)
    said = "codec av1 is not known (by hand)"
    assert [(asked.act, asked.reason) for asked in caller.of(SettleMessages)] == [
        ("reject", "by hand"), ("reject", said), ("nack", said), ("ack", "")]


def test_an_answer_that_comes_late_leaves_what_was_chosen_meanwhile(qtbot, panel, caller, monkeypatch):
    go, ask = Event(), caller.call

    def slow(command):
        if isinstance(command, SettleMessages) and command.act == "reject":
            assert go.wait(20)
        return ask(command)

    monkeypatch.setattr(caller, "call", slow)
    choose_in_flight(qtbot, panel, 1)
    panel.settle.reject.click()
    choose_in_flight(qtbot, panel, 3)
    qtbot.waitUntil(lambda: "3 messages in flight" in words_of(panel))
    go.set()
    qtbot.waitUntil(lambda: "1 message rejected" in words_of(panel))  # of that act, not of what is chosen now
    panel.settle.ack.click()
    qtbot.waitUntil(lambda: "3 messages acked" in words_of(panel))
    assert [len(asked.receipts) for asked in caller.of(SettleMessages)] == [1, 3]


def test_what_is_not_in_flight_can_not_be_settled(qtbot, panel):
    choose_dead(qtbot, panel)
    assert not panel.settle.ack.isEnabled()
    assert "The one chosen is not in flight." in words_of(panel)


def test_messages_received_by_hand_are_chosen_ready_to_be_settled(qtbot, panel, caller):
    panel.open_receive()
    panel.receive.count.setValue(3)
    panel.receive.seconds.setValue(120)
    panel.receive.take.click()
    qtbot.waitUntil(lambda: len(panel.table.chosen()) == 3)
    assert caller.of(ReceiveMessages)[0] == ReceiveMessages("transcode", "the window", 3, 0, 120_000)
    assert {m.consumer for m in panel.table.chosen()} == {"the window"}
    assert panel.settle.ack.isEnabled()


def test_a_lease_that_is_clicked_is_chosen_in_the_list(qtbot, panel):
    qtbot.mouseClick(panel.leases, Qt.MouseButton.LeftButton, pos=QPoint(40, 24 * 2 + 5))
    qtbot.waitUntil(lambda: [m.id for m in panel.table.chosen()] == [MessageId(0, 3867)])


def test_a_purge_says_what_is_lost_before_and_does_it_once(qtbot, panel, caller):
    panel.open_purge()
    popover = panel.window().findChild(PurgePopover)
    qtbot.waitUntil(lambda: popover.purge.text() == "Purge 201 messages")
    assert "201 messages will be removed for good" in words_of(popover)
    assert_nothing_cut(qtbot, popover)
    assert [command.dry_run for command in caller.of(PurgeQueue)] == [True]
    popover.purge.click()
    qtbot.waitUntil(lambda: [command.dry_run for command in caller.of(PurgeQueue)] == [True, False])


def test_an_error_is_a_banner_and_can_be_tried_again(qtbot, panel, caller, monkeypatch):
    whole = caller.call

    def refuse(command):
        raise Refused("The queue is being deleted.", "Wait a moment.")

    monkeypatch.setattr(caller, "call", refuse)
    panel.filter.button("ready").click()
    qtbot.waitUntil(lambda: "The queue is being deleted." in words_of(panel))
    monkeypatch.setattr(caller, "call", whole)
    button(panel, "Try again").click()
    qtbot.waitUntil(lambda: panel.table.messages.rowCount() == 100)
    assert "being deleted" not in words_of(panel)


def test_held_the_list_stays_while_the_queue_goes_on(qtbot, panel, caller):
    panel.hold.click()
    asked = len(caller.of(PeekQueue))
    panel._refresh_list()
    assert len(caller.of(PeekQueue)) == asked
    panel.hold.click()
    qtbot.waitUntil(lambda: len(caller.of(PeekQueue)) > asked)


def test_in_a_narrow_dock_everything_stands_under_each_other(qtbot, panel):
    choose_in_flight(qtbot, panel)
    panel.open_receive()
    panel.resize(320, 800)
    assert panel._list.direction() == QBoxLayout.Direction.TopToBottom
    assert_nothing_cut(qtbot, panel)
    qtbot.waitUntil(lambda: panel.horizontalScrollBar().maximum() == 0)
    assert heads_of(panel.table) == ["State", "Message", "Group or key"], "the others would be cut"
    panel.resize(980, 740)
    assert panel._list.direction() == QBoxLayout.Direction.LeftToRight
    assert heads_of(panel.table)[3:] == ["Tries", "Age", "Until", "By, or why"]


def heads_of(table) -> list[str]:
    """The heads that are seen whole."""
    head, seen = table.horizontalHeader(), []
    for column in range(head.count()):
        text = table.model().headerData(column, Qt.Orientation.Horizontal)
        if not head.isSectionHidden(column) and head.sectionViewportPosition(column) < table.viewport().width():
            assert head.fontMetrics().horizontalAdvance(text) + 16 <= head.sectionSize(column), f"«{text}» is cut"
            seen.append(text)
    return seen


# -- countdowns --------------------------------------------------------------------------------------------
LEASE = LeaseStat(0, 1, "a-1", 1, 0, 30_000)


def test_a_countdown_is_the_share_that_is_left_and_nears_its_end():
    assert remaining(LEASE, 0) == 1.0 and remaining(LEASE, 15_000) == 0.5 and remaining(LEASE, 40_000) == 0.0
    assert not is_near(LEASE, 20_000) and is_near(LEASE, 25_000)


def test_frames_come_no_oftener_than_a_pixel_or_the_canvas_makes_them():
    assert frame_ms([LEASE], 100) == 250
    assert frame_ms([replace(LEASE, until_ms=10_000)], 200) == 50
    assert frame_ms([replace(LEASE, until_ms=1)], 200) == 16


def test_bars_run_on_without_a_snapshot_only_while_they_are_seen(qtbot):
    seconds = [0.0]
    clock = QueueClock(lambda: seconds[0])
    clock.take(upload_snapshot())
    bars = LeaseBars(clock)
    qtbot.addWidget(bars)
    bars.show_leases([LEASE], 1)
    assert not bars.timer.isActive()
    bars.show()
    bars.show_leases([LEASE], 1)
    assert bars.timer.isActive()
    seconds[0] = 2.0
    assert clock.now_ms() == NOW_MS + 2_000
    seconds[0] = 60.0
    assert clock.now_ms() == NOW_MS + 3_000  # no word from the host: it stands
    bars.hide()
    assert not bars.timer.isActive()


# -- a consumer's panel ------------------------------------------------------------------------------------
def test_a_groups_panel_settles_what_its_members_hold(qtbot, workspace, caller):
    panel = GroupPanel(workspace, "encoder")
    qtbot.addWidget(panel)
    panel.resize(484, 740)
    panel.show()
    assert "Leased from transcode: 24 messages" in words_of(panel)
    held = panel.held.queue("transcode")
    qtbot.mouseClick(held.leases, Qt.MouseButton.LeftButton, pos=QPoint(40, 5))
    held.settle.reject.click()
    qtbot.waitUntil(lambda: bool(caller.of(SettleMessages)))
    assert caller.of(SettleMessages)[0].receipts == (Receipt(0, 3865, 2),)
    assert nameless(panel) == []
    assert_nothing_cut(qtbot, panel)
    assert not panel.seek_button.isVisible() and not panel.replay_button.isVisible(), "there are no offsets to move"
    assert "Ack after work    failed ones go back" in words_of(panel)
    panel.resize(320, 500)
    assert_nothing_cut(qtbot, panel)
    qtbot.waitUntil(lambda: panel.horizontalScrollBar().maximum() == 0)


def test_a_groups_panel_shows_each_queue_it_reads_and_settles_in_the_right_one(qtbot, workspace, caller):
    workspace.perform(AddLink(Link("g4", "subtitles", "encoder")))
    panel = GroupPanel(workspace, "encoder")
    qtbot.addWidget(panel)
    panel.resize(484, 900)
    panel.show()
    said = words_of(panel)
    assert "Leased from transcode: 24 messages" in said and "Leased from subtitles: 0 messages" in said
    workspace._take_push(Push(snapshot=also_reading_subtitles(upload_snapshot(NOW_MS + 1_000))))
    subtitles = panel.held.queue("subtitles")
    assert subtitles.title.text() == "Leased from subtitles: 2 messages"
    assert [consumer.consumer for consumer in subtitles.consumers.consumers] == ["encoder-1"]
    qtbot.mouseClick(subtitles.leases, Qt.MouseButton.LeftButton, pos=QPoint(40, 5))
    subtitles.settle.ack.click()
    qtbot.waitUntil(lambda: bool(caller.of(SettleMessages)))
    asked = caller.of(SettleMessages)[0]
    assert (asked.queue, asked.act, asked.receipts) == ("subtitles", "ack", (Receipt(0, 70, 1),))
    assert_nothing_cut(qtbot, panel)
    workspace.perform(RemoveLink("g4"))
    assert "subtitles" not in " ".join(words_of(panel))


def also_reading_subtitles(snapshot: Snapshot) -> Snapshot:
    """A member of the encoder holds two messages of the subtitles."""
    leases = tuple(LeaseStat(0, offset, "encoder-1", 1, NOW_MS, NOW_MS + 60_000) for offset in (70, 71))
    reader = QueueConsumerStat("encoder-1", 2, 10, 3.0, node_id="encoder")
    queues = [replace(q, consumers=(*q.consumers, reader), leases=leases) if q.name == "subtitles" else q
              for q in snapshot.queues]
    return replace(snapshot, queues=tuple(queues))


def test_hidden_it_takes_nothing(qtbot, panel, workspace, caller):
    panel.hide()
    asked = len(caller.of(PeekQueue))
    workspace._take_push(Push(snapshot=upload_snapshot(NOW_MS + 5_000)))
    panel._refresh_list()
    assert len(caller.of(PeekQueue)) == asked and not panel._ticks.isActive()
    assert len(upload_messages()) == 225


def test_a_reason_that_is_too_long_is_said_and_never_cut(qtbot, panel, caller):
    choose_in_flight(qtbot, panel, 1)
    panel.settle.reason.setText("x" * 130)
    assert panel.settle.reason.text() == "x" * 130
    assert "at most 120 letters, and this one 130" in words_of(panel)
    assert not panel.settle.reject.isEnabled() and not panel.settle.nack.isEnabled() and panel.settle.ack.isEnabled()
    panel.settle.reason.setText("no stock")
    panel.settle.reject.click()
    qtbot.waitUntil(lambda: len(caller.of(SettleMessages)) == 1)


@pytest.mark.parametrize("typed", ["101", "99999", "1.5", "x"])
def test_a_count_to_receive_that_cannot_be_taken_is_said_before_anything_is_asked(qtbot, panel, caller, typed):
    panel.open_receive()
    form = panel.receive
    form.count.lineEdit().setText(typed)
    assert form.count.text() == typed and "Give a whole number from 1 to 100." in words_of(panel)
    assert not form.take.isEnabled()
    form.receive()
    assert not caller.of(ReceiveMessages)
