"""The export dialog: what it asks for, and a real export in a process of its own."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from PySide6.QtTest import QTest

from tests.ui.stage import NOW_MS, START_MS, StageCaller, file_snapshot, orders_file
from workbench.control.messages import Push
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.dialogs import export_run
from workbench.ui.dialogs.export import ExportDialog

WITHIN_MS = 30_000


@pytest.fixture
def filed(window, tmp_path):
    """A workspace on a real file of 1,200 records."""
    path = orders_file(tmp_path)
    made = Workspace(path, StageCaller())
    made._take_push(Push(snapshot=file_snapshot(path)))
    yield made
    made.close()


@pytest.fixture
def dialog(filed, window, tmp_path) -> ExportDialog:
    made = ExportDialog(filed, window)
    made.out.setText(str(tmp_path / "out.jsonl"))
    made.open()
    return made


def said(dialog: ExportDialog) -> str:
    return dialog._words.text()


def test_an_export_writes_every_record_and_says_where(qtbot, dialog, tmp_path):
    counts = []
    dialog.start.click()
    dialog._run.progressed.connect(lambda written, _: counts.append(written))
    assert dialog.cancel.text() == "Cancel" and not dialog.out.isEnabled()
    qtbot.waitUntil(lambda: dialog.show_file.isVisible(), timeout=WITHIN_MS)
    lines = (tmp_path / "out.jsonl").read_text().splitlines()
    assert len(lines) == 1200 and json.loads(lines[0])["topic"] == "orders"
    assert said(dialog) == f"1,200 records in {tmp_path / 'out.jsonl'}"
    assert counts[-1] == 1200
    assert dialog.cancel.text() == "Close" and dialog.start.isEnabled()


def test_how_many_records_there_are_follows_while_it_is_open(dialog, filed):
    before = filed.live
    topic = before.topic("orders")
    first = replace(topic.partitions[0], end=topic.partitions[0].end + 5)
    more = replace(topic, partitions=(first, *topic.partitions[1:]))
    filed._take_push(Push(snapshot=replace(before, seq=before.seq + 1, at_ms=before.at_ms + 1000, topics=tuple(
        more if one is topic else one for one in before.topics))))
    assert dialog.topics["orders"].text() == f"orders  ·  {topic.records + 5:,} records"


def type_into(field, text: str) -> None:
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, text)


def test_a_time_range_stands_in_the_fields_and_is_typed(dialog):
    assert (dialog.wish().from_ms, dialog.wish().to_ms) == (None, None)
    dialog.span.button("range").click()
    assert (dialog.from_.text(), dialog.to.text()) == ("2026-11-23 13:52:10.000", "2026-11-23 14:12:36.204")
    assert dialog.wish().to_ms == NOW_MS and dialog.wish().from_ms == START_MS
    type_into(dialog.from_, "14:11:40")
    type_into(dialog.to, "2026-11-23 14:11:41.5")
    assert (dialog.wish().from_ms, dialog.wish().to_ms) == (NOW_MS - 56_204, NOW_MS - 54_704)
    type_into(dialog.from_, "14:12")
    assert not dialog.start.isEnabled() and "ends before it begins" in said(dialog)
    type_into(dialog.from_, "half past two")
    assert not dialog.start.isEnabled() and said(dialog).startswith("«half past two» is not a time.")


def test_the_file_holds_exactly_the_range_that_was_typed(qtbot, dialog, tmp_path):
    dialog.span.button("range").click()
    type_into(dialog.from_, "14:11:40.000")
    type_into(dialog.to, "14:11:41.000")
    dialog.start.click()
    qtbot.waitUntil(lambda: dialog.show_file.isVisible(), timeout=WITHIN_MS)
    times = [json.loads(line)["timestamp"] for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert len(times) == 100
    assert min(times) >= "2026-11-23T14:11:40.000Z" and max(times) < "2026-11-23T14:11:41.000Z"


def test_the_range_may_be_that_of_the_time_strip(filed, window):
    plain = ExportDialog(filed, window)
    assert not plain.span.button("strip").isEnabled()
    made = ExportDialog(filed, window, (NOW_MS - 5_000, None))
    made.span.button("strip").click()
    assert (made.wish().from_ms, made.wish().to_ms) == (NOW_MS - 5_000, NOW_MS)


def test_topics_can_be_left_out_but_not_all(dialog):
    assert dialog.wish().topics == ()
    dialog.topics["orders"].setChecked(False)
    assert not dialog.start.isEnabled() and said(dialog) == "Choose at least one topic."
    dialog.what.button("journal").click()
    assert dialog.start.isEnabled() and not dialog.topics["orders"].isVisible()


def test_the_format_changes_the_ending_and_two_files_are_announced(dialog, tmp_path):
    dialog.form.button("csv").click()
    assert dialog.out.text() == str(tmp_path / "out.csv")
    dialog.what.button("all").click()
    assert said(dialog) == "The journal goes into out.journal.csv beside it."


def test_a_file_that_is_there_is_announced_and_a_folder_that_is_not_refused(dialog, tmp_path):
    (tmp_path / "old.jsonl").write_text("")
    dialog.out.setText(str(tmp_path / "old.jsonl"))
    assert said(dialog) == "old.jsonl is there already and will be replaced."
    dialog.out.setText(str(tmp_path / "nowhere" / "a.jsonl"))
    assert not dialog.start.isEnabled() and "no folder" in said(dialog)


@pytest.fixture
def slow(monkeypatch) -> None:
    """It waits long after its first records, or until it is to stop."""
    monkeypatch.setattr(export_run, "_ROOM_S", WITHIN_MS / 1000)


def test_cancel_stops_it_and_leaves_nothing(qtbot, slow, dialog, tmp_path):
    before = set(tmp_path.iterdir())
    dialog.start.click()
    qtbot.waitUntil(lambda: said(dialog) == "Written 500 of 1,200")
    dialog.cancel.click()
    qtbot.waitUntil(lambda: dialog._run is None, timeout=WITHIN_MS)
    assert said(dialog) == "Cancelled. Nothing was written."
    assert {p.name for p in set(tmp_path.iterdir()) - before if "out" in p.name} == set()


def test_a_failed_export_says_why(qtbot, dialog, filed, tmp_path):
    filed.path.unlink()
    dialog.start.click()
    qtbot.waitUntil(lambda: dialog._run is None, timeout=WITHIN_MS)
    assert "orders.flow" in said(dialog)
    assert not (tmp_path / "out.jsonl").exists()


def test_closing_it_ends_what_runs(qtbot, slow, dialog, tmp_path):
    dialog.start.click()
    run = dialog._run
    dialog.reject()
    assert not run.running
    assert not (tmp_path / "out.jsonl").exists()


def test_fields_stand_still_whatever_is_said(qtbot, dialog):
    def places():
        dialog.layout().activate()
        return [part.mapTo(dialog, part.rect().topLeft()) for part in (dialog.filter, dialog.span, dialog.out)]

    before = places()
    dialog._say("«2026-11-30 15:19:60» is not a time. Write it as 2026-11-23 14:02:11 or 14:02:11.", "bad")
    assert places() == before
    dialog.bar.show()
    assert places() == before
