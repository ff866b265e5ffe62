"""A producer's panel: rate, batch, one event by hand, what it sent."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt
from PySide6.QtTest import QTest

from tests.ui.panels.reading import assert_nothing_cut, button, nameless, words_of
from tests.ui.stage import NOW_MS, orders_snapshot
from workbench.control.messages import AppendedList, AppendRecords, ControlProducer, Push
from workbench.core.keys import partition_murmur2
from workbench.core.records import Appended
from workbench.core.snapshot import PartState
from workbench.flow.edits import RemoveLink, SetParams
from workbench.ui.panels.nodes.compose import json_fault, key_bytes
from workbench.ui.panels.nodes.producer import ProducerPanel
from workbench.ui.panels.parts.dial import scale_end


@pytest.fixture
def panel(qtbot, workspace) -> ProducerPanel:
    made = ProducerPanel(workspace, "checkout-web")
    qtbot.addWidget(made)
    made.resize(398, 660)
    made.show()
    return made


def rate_of(workspace) -> float:
    return workspace.document.node("checkout-web").params["rate"]


def test_the_batch_fills_and_the_last_one_is_told(panel):
    said = words_of(panel)
    assert "Batch being filled, orders/4" in said
    assert "124 of 200 ms" in said and "1.4 of 4.0 KiB" in said
    assert "6 records waiting. The last batch left by linger: 10 records, 2.3 KiB." in said


def test_the_dial_turns_by_hand_wheel_and_keys(qtbot, panel, workspace):
    QTest.keyClick(panel.dial, Qt.Key.Key_Right)
    assert rate_of(workspace) == 310.0
    QTest.keyClick(panel.dial, Qt.Key.Key_Home)
    assert rate_of(workspace) == 0.0
    QTest.mouseClick(panel.dial, Qt.MouseButton.LeftButton, pos=QPoint(59, 8))  # twelve o'clock: half the scale
    assert rate_of(workspace) == pytest.approx(panel.dial.maximum() / 2, rel=0.03)


def test_turning_in_one_go_is_one_undo_step(panel, workspace):
    QTest.mousePress(panel.dial, Qt.MouseButton.LeftButton, pos=QPoint(20, 40))
    for x in (40, 59, 80):
        QTest.mouseMove(panel.dial, QPoint(x, 12))
    QTest.mouseRelease(panel.dial, Qt.MouseButton.LeftButton, pos=QPoint(80, 12))
    assert rate_of(workspace) > 500
    workspace.undo_stack.undo()
    assert rate_of(workspace) == 300.0
    assert panel.dial.value() == 300


def test_a_rate_at_the_end_of_the_scale_gets_a_longer_scale(panel):
    QTest.keyClick(panel.dial, Qt.Key.Key_End)
    assert panel.dial.value() == 1000 and panel.dial.maximum() > 1000
    assert [scale_end(value) for value in (0, 3, 50, 300, 400_000)] == [10, 10, 200, 1000, 1_000_000]


def test_the_shape_is_a_setting(panel, workspace):
    panel.shape.button("poisson").click()
    assert workspace.document.node("checkout-web").params["shape"] == "poisson"
    workspace.undo_stack.undo()
    assert panel.shape.current == "constant"


def test_pause_flush_restart_reach_the_host(qtbot, panel, workspace, caller):
    for name in ("Pause", "Flush", "Restart"):
        button(panel, name).click()
    stats = tuple(replace(p, state=PartState.PAUSED) for p in orders_snapshot().producers)
    workspace._take_push(Push(snapshot=replace(orders_snapshot(), producers=stats)))
    button(panel, "Resume").click()
    qtbot.waitUntil(lambda: len(caller.of(ControlProducer)) == 4)
    assert {c.act for c in caller.of(ControlProducer)} == {"pause", "flush", "restart", "resume"}


def test_a_failed_producer_says_why_and_offers_to_restart(panel, workspace):
    stats = tuple(replace(p, state=PartState.FAILED, reason="The template has no field customer.")
                  for p in orders_snapshot().producers)
    workspace._take_push(Push(snapshot=replace(orders_snapshot(), producers=stats)))
    assert "The template has no field customer." in words_of(panel)
    assert panel.fault.button.text() == "Restart"


# -- compose -----------------------------------------------------------------------------------------------
def test_the_form_starts_with_an_event_of_the_generator(panel):
    assert panel.compose.key.text().startswith("C-")
    assert json_fault(panel.compose.value.toPlainText()) == ("", 0)


def test_the_partition_of_a_key_is_told_before_it_is_sent(panel):
    panel.compose.key.setText("C-24417")
    assert panel.compose.partition.currentText() == f"Partition by key: {partition_murmur2(b'C-24417', 6)}"


def test_one_event_with_headers_goes_to_the_topic(qtbot, panel, caller):
    form = panel.compose
    form.key.setText("C-1")
    form.value.setPlainText('{"total": 1}')
    button(form, "Add a header").click()
    QTest.keyClicks(form.headers._field, "source=hand")
    QTest.keyClick(form.headers._field, Qt.Key.Key_Return)
    form.send_one.click()
    qtbot.waitUntil(lambda: bool(caller.of(AppendRecords)))
    sent = caller.of(AppendRecords)[0]
    assert (sent.topic, sent.partition, sent.partitioner) == ("orders", None, "murmur2")
    assert [(r.key, r.value, r.headers) for r in sent.records] == [(b"C-1", b'{"total": 1}', (("source", b"hand"),))]


def test_ten_at_once_into_a_chosen_partition(qtbot, panel, caller):
    panel.compose.partition.setCurrentIndex(3)
    panel.compose.send_many.click()
    qtbot.waitUntil(lambda: bool(caller.of(AppendRecords)))
    sent = caller.of(AppendRecords)[0]
    assert (len(sent.records), sent.partition) == (10, 2)


def test_tombstone_empty_and_no_key_are_three_things(qtbot, panel, caller):
    form = panel.compose
    form.value.setPlainText("")
    assert "The value is empty, which is not null." in words_of(form)
    form.key.setText("")
    form.send_one.click()
    form.key.setText('""')
    form.tombstone.setChecked(True)
    form.send_one.click()
    qtbot.waitUntil(lambda: len(caller.of(AppendRecords)) == 2)
    pairs = {(c.records[0].key, c.records[0].value) for c in caller.of(AppendRecords)}
    assert pairs == {(None, b""), (b"", None)}
    assert [key_bytes(text) for text in ("", '""', "a")] == [None, b"", b"a"]


def test_what_is_not_json_is_told_with_its_line_and_still_sent(panel):
    panel.compose.value.setPlainText('{"a": 1,\n "b" 2}')
    assert "Not JSON at line 2" in words_of(panel.compose)
    assert panel.compose.send_one.isEnabled()


@pytest.mark.parametrize("text", ["[" * 20_000, "9" * 5000])
def test_a_value_that_no_reader_takes_is_sent_as_it_is(qtbot, panel, caller, text):
    panel.compose.value.setPlainText(text)
    panel.compose.send_one.click()
    qtbot.waitUntil(lambda: bool(caller.of(AppendRecords)))
    assert caller.of(AppendRecords)[0].records[0].value == text.encode()


def test_a_paste_of_megabytes_is_refused_in_a_sentence(panel):
    panel.compose.value.setPlainText("1")
    pasted = QMimeData()
    pasted.setText("x" * 5_000_000)
    panel.compose.value.insertFromMimeData(pasted)
    assert panel.compose.value.toPlainText() == "1"
    assert "at most 50,000 letters. Play larger ones from a file." in words_of(panel.compose)
    pasted.setText("2")
    panel.compose.value.insertFromMimeData(pasted)
    assert sorted(panel.compose.value.toPlainText()) == ["1", "2"]


def test_settings_that_can_not_be_read_do_not_keep_the_panel_from_opening(qtbot, workspace):
    workspace.perform(SetParams("checkout-web", {"batch_bytes": "many", "headers": "{"}))
    panel = ProducerPanel(workspace, "checkout-web")
    qtbot.addWidget(panel)
    panel.show()
    assert json_fault(panel.compose.value.toPlainText()) == ("", 0)
    assert panel.compose.headers.headers() == ()


def test_without_a_topic_it_says_so_and_sends_nothing(panel, workspace):
    workspace.perform(RemoveLink("checkout-web-to-orders"))
    assert "Link it to a topic first" in words_of(panel.compose)
    assert not panel.compose.send_one.isEnabled()
    assert panel.subtitle == "producer"


def test_sent_by_hand_stands_with_what_the_producer_sent(qtbot, panel, caller, monkeypatch):
    reply = AppendedList((Appended("orders", 2, 99_200, 1, orders_snapshot().at_ms),))
    monkeypatch.setattr(caller, "call", lambda command: reply)
    panel.compose.key.setText("C-9")
    panel.compose.send_one.click()
    qtbot.waitUntil(lambda: panel.sent.rows[0][1].text == "C-9")
    assert panel.sent.rows[0][2].text == "2 @ 99,200"
    assert panel.sent.rows[0][3].text.startswith("acked ")
    assert panel.sent.rows[1][1].text == "C-24417"


def test_a_file_has_a_pace_in_place_of_a_shape(qtbot, workspace):
    panel = ProducerPanel(workspace, "settlements")
    qtbot.addWidget(panel)
    panel.show()
    assert (panel.subtitle, panel.shape.current) == ("file to payments", "original")
    assert panel.speed.isVisible() and not panel.dial.isVisible()
    panel.shape.button("rate").click()
    assert panel.dial.isVisible() and not panel.speed.isVisible()
    assert workspace.document.node("settlements").params["pace"] == "rate"


def test_a_file_has_its_path_its_speed_and_how_far_it_is(qtbot, workspace):
    panel = ProducerPanel(workspace, "settlements")
    qtbot.addWidget(panel)
    panel.show()
    assert "Choose the file to play." in words_of(panel)
    QTest.keyClicks(panel.file.path.editor, "a.jsonl")
    assert workspace.document.node("settlements").params["path"] == "a.jsonl"
    assert "38 % read" in words_of(panel)
    panel.speed.editor.setValue(100)
    assert workspace.document.node("settlements").params["speed"] == 100.0
    workspace.undo_stack.undo()
    workspace.undo_stack.undo()
    assert "path" not in workspace.document.node("settlements").params
    assert nameless(panel) == []


def test_numbers_change_four_times_a_second_and_the_last_one_is_shown(qtbot, panel, workspace):
    last = words_of(panel)
    workspace._take_push(Push(snapshot=orders_snapshot(NOW_MS + 100)))
    workspace._take_push(Push(snapshot=orders_snapshot(NOW_MS + 200)))
    assert words_of(panel) == last
    sent = f"{orders_snapshot(NOW_MS + 200).producer('checkout-web').sent:,} sent"
    qtbot.waitUntil(lambda: sent in words_of(panel))
    workspace._take_push(Push(snapshot=orders_snapshot(NOW_MS + 500)))
    assert sent not in words_of(panel)


def test_every_control_has_a_name_and_no_word_is_cut(qtbot, panel):
    assert nameless(panel) == []
    assert_nothing_cut(qtbot, panel)


def test_in_a_narrow_dock_nothing_is_cut_and_nothing_lies_beside_the_window(qtbot, panel):
    panel.resize(320, 400)
    qtbot.waitUntil(lambda: panel.horizontalScrollBar().maximum() == 0)
    assert_nothing_cut(qtbot, panel)
