"""The records table over a real file: any row at once, filter, tail that keeps its place, detail, acts."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.transactions import Writer
from tests.ui.panels.reading import words_of
from tests.ui.stage import NOW_MS, StageCaller, file_snapshot, orders_snapshot
from workbench.broker import Broker
from workbench.control.messages import AppendRecords, PlanReset
from workbench.core.clock import ManualClock
from workbench.core.queues import EXCHANGE, ROUTING_KEY
from workbench.core.records import Record, StoredRecord, TopicPartition
from workbench.core.snapshot import TopicStat
from workbench.ui.bridge.operation import wait_for_work
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.panels.records.panel import RecordsPanel
from workbench.ui.panels.replay.preview import ReplayPreview


@pytest.fixture
def panel(real):
    made = RecordsPanel(real.workspace)
    real.show(made, 1440, 516)
    real.qtbot.waitUntil(lambda: made.model.record(0) is not None)
    return made


def records(real, panel: RecordsPanel, rows: int) -> list[StoredRecord]:
    """The first rows, once all of them are there."""
    real.qtbot.waitUntil(lambda: None not in [panel.model.record(row) for row in range(rows)])
    return [panel.model.record(row) for row in range(rows)]


def go(real, panel: RecordsPanel, text: str) -> None:
    panel.bar.destination.setText(text)
    QTest.keyClick(panel.bar.destination, Qt.Key.Key_Return)
    real.qtbot.waitUntil(lambda: panel.table.currentIndex().isValid() and panel.detail.record is not None)
    QApplication.processEvents()  # the detail, which was not there before, is laid out


def filter_by(real, panel: RecordsPanel, text: str) -> None:
    panel.bar.filter.clear()
    QTest.keyClicks(panel.bar.filter, text)
    real.qtbot.waitUntil(lambda: panel.search.complete and panel.model.rowCount() == panel.search.progress.matched)


def test_in_a_narrow_panel_a_record_cuts_no_word_and_hides_no_time(real, panel):
    panel.resize(660, 226)
    panel.bar.tail.click()
    at = panel.table.visualRect(panel.model.index(1, 3)).center()
    QTest.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, pos=at)
    real.qtbot.waitUntil(lambda: panel.detail.isVisible() and panel.detail.record is not None)
    QApplication.processEvents()
    tabs = panel.detail.tabs
    assert tabs.width() >= tabs.sizeHint().width() and tabs.mapTo(panel, tabs.rect().topRight()).x() < panel.width()
    assert not panel.detail.decoder.isVisible()
    assert panel.table.horizontalScrollBar().value() == 0 and panel.table.columnAt(2) == 0
    assert panel.table.width() > 300
    panel.facts.say("Sorted by Key, as of 15:41:31. 9,125 records since then are not in it.")
    panel.facts.count("14,143 records")
    assert not panel.found.isVisible() and panel.said.text().endswith("…")
    assert panel.said.toolTip().endswith("not in it.\n14,143 records")
    panel.resize(1440, 516)
    panel.splitter.setSizes([1000, 440])
    real.qtbot.waitUntil(lambda: panel.found.isVisible() and panel.detail.decoder.isVisible())
    assert panel.said.text().endswith("not in it.")


def test_all_partitions_stand_by_time_newest_first(real, panel):
    assert panel.model.rowCount() == 1200
    times = [record.timestamp_ms for record in records(real, panel, 100)]
    assert times == sorted(times, reverse=True)
    assert panel.model.record(0).value.startswith(b'{"order_id":"O-1049199"')


def test_a_jump_to_an_offset_shows_that_record_in_full(real, panel):
    go(real, panel, "3 @ 42")
    real.qtbot.waitUntil(lambda: panel.detail.record.offset == 42)
    assert panel.detail.place.text() == "orders/3 @ 42"
    assert '"customer": "C-' in panel.detail.view.toPlainText()


def test_a_jump_to_a_time_finds_the_first_record_at_or_after_it(real, panel):
    go(real, panel, "14:11:40.000")
    wanted = next(n for n in range(1200) if n * 10 >= 3796)
    assert f"O-{1_048_000 + wanted}".encode() in panel.detail.record.value


def test_nonsense_to_go_to_is_answered_in_words(real, panel):
    with real.qtbot.waitSignal(real.workspace.failed) as told:
        panel.bar.destination.setText("over there")
        QTest.keyClick(panel.bar.destination, Qt.Key.Key_Return)
    assert "no offset and no time" in told.args[0].message


def test_one_partition_oldest_first(real, panel):
    panel.bar.order_chosen.emit(2, False)
    real.qtbot.waitUntil(lambda: panel.model.record(0) is not None)
    panel.table.scrollToTop()
    assert [(r.partition, r.offset) for r in records(real, panel, 3)] == [(2, 0), (2, 1), (2, 2)]
    assert panel.model.rowCount() == 200


def test_the_tail_follows_and_a_pause_keeps_its_place(real, panel):
    newest = panel.model.record(0)
    QTest.mouseClick(panel.bar.tail, Qt.MouseButton.LeftButton)
    real.write(1, 30)
    assert panel.model.rowCount() == 1200
    assert panel.model.record(0) == newest
    assert panel.bar.tail.text() == "Resume tail · 30 new"
    assert "30 records since then" in panel.said.text()
    QTest.mouseClick(panel.bar.tail, Qt.MouseButton.LeftButton)
    real.qtbot.waitUntil(lambda: panel.model.rowCount() == 1230)
    assert panel.model.record(0).offset == 229


def test_scrolling_away_pauses_the_tail(real, panel):
    centre = QPointF(panel.table.viewport().rect().center())
    turned = QWheelEvent(centre, centre, QPoint(), QPoint(0, -480), Qt.MouseButton.NoButton,
                         Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False)
    QApplication.sendEvent(panel.table.viewport(), turned)
    assert panel.table.verticalScrollBar().value() > 0
    real.write(0, 5)
    assert panel.bar.tail.text() == "Resume tail · 5 new"


def test_growth_never_flashes_rows_that_are_there(real, panel):
    real.write(4, 10)
    assert None not in [panel.model.record(row) for row in range(20)]
    real.qtbot.waitUntil(lambda: panel.model.rowCount() == 1210)
    assert None not in [panel.model.record(row) for row in range(20)]
    assert panel.model.record(0).partition == 4


def test_a_jump_past_a_pause_shows_what_came_since(real, panel):
    panel.pause_tail()
    real.write(2, 40)
    assert panel.model.rowCount() == 1200
    go(real, panel, "2 @ 239")
    real.qtbot.waitUntil(lambda: panel.detail.record.offset == 239)
    assert panel.table.currentIndex().row() == 0
    assert panel.model.rowCount() == 1240


def test_plain_text_is_looked_for_in_key_value_and_headers(real, panel):
    filter_by(real, panel, "c-24417")
    assert panel.bar.filter.property("state") == "ok"
    assert panel.model.rowCount() == 150
    real.qtbot.waitUntil(lambda: panel.model.record(0) is not None)
    assert {panel.model.record(0).key} == {b"C-24417"}


def test_an_expression_filters_and_says_how_many(real, panel):
    filter_by(real, panel, 'value.total > 299.0 && key.startsWith("C-2")')
    assert panel.found.text().startswith("8 of 1,200 match")
    assert "scanned 1,200 of 1,200" in panel.found.text()
    assert all(b'"total":299.25' in r.value or b'"total":300.25' in r.value for r in records(real, panel, 8))


def test_a_bad_expression_is_red_with_its_place_and_the_last_result_stays(real, panel):
    filter_by(real, panel, "value.total > 299.0")
    QTest.keyClicks(panel.bar.filter, " &&")
    real.qtbot.waitUntil(lambda: panel.bar.filter.property("state") == "bad")
    assert "line 1, column" in panel.said.text()
    assert panel.model.rowCount() == 8


def test_matches_that_arrive_are_counted_while_paused(real, panel):
    filter_by(real, panel, "C-24417")
    panel.pause_tail()
    real.write(0, 16)
    real.qtbot.waitUntil(lambda: panel.bar.tail.text() == "Resume tail · 2 new")
    assert "2 of the 16 records since then match" in panel.said.text()
    assert panel.model.rowCount() == 150


def test_clearing_the_filter_brings_all_back(real, panel):
    filter_by(real, panel, "C-24417")
    panel.bar.filter.clear()
    real.qtbot.waitUntil(lambda: panel.model.rowCount() == 1200)


def test_null_empty_and_headers_are_told_apart(real, panel):
    go(real, panel, "0 @ 5")
    real.qtbot.waitUntil(lambda: panel.detail.record.offset == 5)
    assert "tombstone" in panel.detail.view.toPlainText()
    go(real, panel, "0 @ 6")
    real.qtbot.waitUntil(lambda: panel.detail.record.offset == 6)
    assert "0 bytes" in panel.detail.view.toPlainText()
    cells = [panel.model.data(panel.model.index(panel.table.currentIndex().row() + step, 4)) for step in (0, 1)]
    assert cells == ["empty", "null"]


def test_what_does_not_count_is_named_and_explained_and_a_decision_shows_at_once(real, panel):
    with Broker.open(real.path, clock=ManualClock(NOW_MS)) as broker:
        begin = sum(bounds.end for bounds in broker.bounds("orders"))
        part = TopicPartition("orders", 0)
        aborted, slow = Writer(broker, "quick"), Writer(broker, "slow")
        aborted.write(part, b"taken back")
        aborted.end(commit=False)
        slow.write(part, b"waits")
        real.push(file_snapshot(real.path, NOW_MS + 1000))
        real.qtbot.waitUntil(lambda: panel.model.rowCount() == begin + 3)
        values = [panel.model.data(panel.model.index(row, 4)) for row in range(3)]
        assert sorted(values) == ["aborted: taken back", "transaction marker: abort", "undecided: waits"]
        end = broker.bounds("orders")[0].end
        for offset, words in ((end - 3, "read committed never"), (end - 2, "Transaction marker"), (end - 1, "open")):
            go(real, panel, f"0 @ {offset}")
            real.qtbot.waitUntil(lambda offset=offset: panel.detail.record.offset == offset)
            assert panel.detail.standing.isVisible() and words in panel.detail.standing.text()
            assert panel.detail.publish.isEnabled() is (offset != end - 2)
        slow.end()
        real.push(file_snapshot(real.path, NOW_MS + 2000))
        real.qtbot.waitUntil(lambda: not panel.detail.standing.isVisible())
        assert panel.detail.record.offset == end - 1 and panel.detail.record.counts


def test_changes_compare_with_the_record_before_of_that_key(real, panel):
    go(real, panel, "0 @ 18")
    real.qtbot.waitUntil(lambda: panel.detail.record.offset == 18)
    QTest.mouseClick(panel.detail.tabs.button("changes"), Qt.MouseButton.LeftButton)
    real.qtbot.waitUntil(lambda: "Since orders/0 @ 10" in panel.detail.view.toPlainText())
    assert '-   "order_id": "O-1048010",' in panel.detail.view.toPlainText()
    assert '+   "order_id": "O-1048018",' in panel.detail.view.toPlainText()


def test_hex_and_copy(real, panel):
    go(real, panel, "2 @ 1")
    real.qtbot.waitUntil(lambda: panel.detail.record.partition == 2)
    panel.detail.tabs.button("hex").click()
    assert "7b 22 6f 72" in panel.detail.view.toPlainText()
    QTest.mouseClick(panel.detail.copy, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text().startswith('{"order_id"')


def test_a_record_opens_the_replay_preview_for_a_group(real, panel):
    go(real, panel, "2 @ 100")
    real.qtbot.waitUntil(lambda: panel.detail.record.partition == 2)
    QTest.mouseClick(panel.detail.replay, Qt.MouseButton.LeftButton)
    action = panel.detail.menu.actions()[0]
    assert action.text() == "shipping"
    action.trigger()
    panel.detail.menu.close()
    preview = panel.findChild(ReplayPreview)
    assert preview is not None
    real.qtbot.waitUntil(lambda: bool(real.caller.of(PlanReset)))
    asked = real.caller.of(PlanReset)[0]
    assert (asked.group, asked.topic, asked.spec.kind) == ("shipping", "orders", "time")
    assert asked.spec.number == panel.detail.record.timestamp_ms
    preview.close()


def test_publish_again_writes_the_same_record_now(real, panel):
    go(real, panel, "3 @ 7")
    real.qtbot.waitUntil(lambda: panel.detail.record.partition == 3)
    QTest.mouseClick(panel.detail.publish, Qt.MouseButton.LeftButton)
    real.qtbot.waitUntil(lambda: bool(real.caller.of(AppendRecords)))
    sent = real.caller.of(AppendRecords)[0]
    assert (sent.topic, sent.partition) == ("orders", 3)
    assert sent.records[0].value == panel.detail.record.value
    assert sent.records[0].timestamp_ms is None


def test_published_again_it_goes_straight_and_does_not_claim_to_come_by_an_exchange(real, panel):
    came = ((EXCHANGE, b"shop"), (ROUTING_KEY, b"order.eu"), ("source", b"app"))
    panel.detail.publish_wanted.emit(StoredRecord("orders", 3, 7, NOW_MS, b"C-1", b"1", came))
    real.qtbot.waitUntil(lambda: bool(real.caller.of(AppendRecords)))
    assert real.caller.of(AppendRecords)[0].records[0].headers == (("source", b"app"),)


def test_the_past_shows_only_what_was_there(real, panel):
    shown = orders_snapshot()
    past = type(shown)(at_ms=1, live=False, topics=real.workspace.live.topics)
    topic = past.topics[0]
    cut = tuple(type(p)(p.partition, 0, p.end // 2) for p in topic.partitions)
    past = type(past)(at_ms=1, live=False, topics=(type(topic)("orders", "stream", cut),))
    real.workspace.show_past(1, past)
    assert panel.model.rowCount() == 600
    assert not panel.bar.tail.isEnabled()
    real.workspace.show_live()
    assert panel.model.rowCount() == 1200


def test_the_detail_goes_with_its_topic(real, panel):
    both = replace(real.workspace.live, topics=(*real.workspace.live.topics, TopicStat("jobs", "queue", ())))
    real.push(both)
    go(real, panel, "3 @ 42")
    panel.show_topic("jobs")
    assert panel.detail.record is None
    assert "No record chosen" in words_of(panel.detail)
    panel.show_topic("orders")
    real.qtbot.waitUntil(lambda: panel.model.record(0) is not None)
    assert panel.detail.record in (None, panel.model.record(0))  # the table chooses its first row when it has the focus
    go(real, panel, "3 @ 42")
    real.push(replace(both, seq=both.seq + 1, topics=both.topics[1:]))  # deleted
    assert (panel.topic, panel.detail.record) == ("jobs", None)


def test_a_jump_that_is_found_after_another_topic_was_chosen_leads_nowhere(real, panel):
    real.push(replace(real.workspace.live, topics=(*real.workspace.live.topics, TopicStat("jobs", "queue", ()))))
    panel.show_place("orders", 3, 42)
    panel.show_topic("jobs")
    wait_for_work()
    QApplication.processEvents()
    assert panel.detail.record is None and not panel.table.currentIndex().isValid()
    assert panel.bar.tail.text() == "Pause tail"


def test_keys_reach_filter_and_destination(real, panel):
    panel.table.setFocus()
    QTest.keyClick(panel.table, Qt.Key.Key_G, Qt.KeyboardModifier.ControlModifier)
    assert panel.bar.destination.hasFocus()
    QTest.keyClick(panel.bar.destination, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert panel.bar.filter.hasFocus()


def test_a_record_that_cannot_be_read_stands_as_such_and_hides_no_other(real, panel):
    """As files of before hold them: the batch was stored without a look inside."""
    with Broker.open(real.path, clock=ManualClock(NOW_MS)) as broker:
        begin = sum(bounds.end for bounds in broker.bounds("orders"))
        first = broker.append("orders", 0, [Record(b"k", b"one"), Record(b"k", b"two")]).result().base_offset
        broker.append("orders", 0, [Record(b"k", b"after")]).result()
        (number,) = [p.no for p in broker._topics["orders"].partitions if p.number == 0]
        head = "UPDATE batch SET data = CAST(substr(data, 1, 61) || x'0102030405' AS BLOB) WHERE id = ?"
        broker.store.write(lambda db: db.execute(head, (number << 40 | first,))).result()
    real.push(file_snapshot(real.path, NOW_MS + 1000))
    real.qtbot.waitUntil(lambda: panel.model.rowCount() == begin + 3)
    real.qtbot.waitUntil(lambda: panel.model.record(2) is not None)
    values = sorted(panel.model.data(panel.model.index(row, 4)) for row in range(3))
    assert values == ["after", "damaged: its bytes can't be read", "damaged: its bytes can't be read"]
    go(real, panel, f"0 @ {first}")
    real.qtbot.waitUntil(lambda: panel.detail.record.offset == first)
    assert panel.detail.standing.isVisible() and "can't be read" in panel.detail.standing.text()
    assert not panel.detail.publish.isEnabled() and not panel.detail.chip.isVisible()


def test_without_a_topic_the_order_says_what_it_will_be(qtbot, tmp_path):
    workspace = Workspace(tmp_path / "none.flow", StageCaller())
    panel = RecordsPanel(workspace)
    qtbot.addWidget(panel)
    with qtbot.waitExposed(panel):
        panel.show()
    assert (panel.bar.topic.text(), panel.bar.order.text()) == ("No topic", "By time, newest first")
    oldest = next(action for action in panel.bar.order.menu().actions() if action.text() == "Oldest first")
    oldest.trigger()
    assert panel.bar.order.text() == "By time, oldest first"
    workspace.close()
