"""Redriving dead messages: what goes where is said before, edits are kept, it can be stopped."""

from __future__ import annotations

import threading

import pytest

from tests.entries import entry_of
from tests.ui.panels.reading import assert_nothing_cut, nameless, words_of
from tests.ui.queue_stage import upload_messages
from workbench.control.queues import RedriveQueue, StopRedrive
from workbench.core.queues import Edit, MessageId, MessageState
from workbench.serde import GUESSING
from workbench.ui.models.edited import value_of
from workbench.ui.models.queue_stats import sent_on
from workbench.ui.panels.queue.redrive import RedrivePopover


@pytest.fixture
def make(qtbot, workspace):
    from PySide6.QtWidgets import QWidget

    window = QWidget()
    qtbot.addWidget(window)
    window.resize(980, 740)
    window.show()

    def made(chosen: int = 0) -> RedrivePopover:
        dead = [m for m in upload_messages() if m.state is MessageState.DEAD]
        popover = RedrivePopover(workspace, "transcode", dead[:chosen], window)
        popover.show()
        qtbot.waitUntil(popover.apply.isEnabled)
        return popover

    return made


def done(caller) -> list[RedriveQueue]:
    return [command for command in caller.of(RedriveQueue) if not command.dry_run]


def test_nothing_is_sent_before_the_button_that_carries_the_count(qtbot, make, caller):
    popover = make()
    assert popover.apply.text() == "Redrive 5 messages" and done(caller) == []
    assert "All 5 dead messages" in popover.all.text()
    assert [cell.text for cell in popover.preview.rows[0]] == ["transcode", "5"]
    assert nameless(popover) == []
    assert_nothing_cut(qtbot, popover)
    popover.apply.click()
    qtbot.waitUntil(lambda: "5 messages sent on." in words_of(popover))
    assert done(caller)[0].spec.messages == ()


def test_those_chosen_go_to_another_queue_at_a_rate(qtbot, make, caller):
    popover = make(2)
    popover.to.setCurrentIndex(popover.to.findData("subtitles"))
    popover.rate.setValue(25)
    qtbot.waitUntil(lambda: [cell.text for cell in popover.preview.rows[0]] == ["subtitles", "2"])
    popover.apply.click()
    qtbot.waitUntil(lambda: bool(done(caller)))
    spec = done(caller)[0].spec
    assert (spec.messages, spec.to, spec.rate) == ((MessageId(0, 120), MessageId(0, 127)), "subtitles", 25.0)


def test_messages_are_edited_first_and_only_what_differs_is_an_edit(qtbot, make, caller):
    popover = make(2)
    popover.edit_first.setChecked(True)
    form = popover.form
    form.value.setPlainText(form.value.toPlainText().replace("av1", "h264"))
    assert popover.apply.text() == "Redrive 2 messages, 1 edited"
    form.which.setCurrentIndex(1)
    form.key.setText("V-1")
    form.key.textEdited.emit("V-1")
    assert popover.apply.text() == "Redrive 2 messages, 2 edited"
    form.back.click()
    popover.apply.click()
    qtbot.waitUntil(lambda: bool(done(caller)))
    edits = done(caller)[0].spec.edits
    wanted = b'{"video":"V-3310","format":"1080p","seconds":120,"codec":"h264"}'
    assert edits == {MessageId(0, 120): Edit(value=wanted)}


def test_taking_back_an_edit_leaves_the_editor_at_its_message(make):
    popover = make(2)
    popover.edit_first.setChecked(True)
    form = popover.form
    form.which.setCurrentIndex(1)
    form.value.setPlainText("{}")
    form.back.click()
    assert form.edits == {} and "V-3317" in form.value.toPlainText() and form.which.currentIndex() == 1


def test_json_goes_compact_where_it_was_json_and_what_is_none_is_said():
    assert value_of('{\n  "a": 1\n}', b'{"a":2}', GUESSING) == (b'{"a":1}', "", "")
    assert value_of("{oops", b'{"a":2}', GUESSING).odd.startswith("1:")
    assert value_of("{oops", b"plain", GUESSING) == (b"{oops", "", "")


def test_how_far_it_is_stands_in_the_journal_whatever_dies_meanwhile():
    entries = [entry_of("redrive", 5, "orders", 0, 0, 9, 10, group="orders", id=1),
               entry_of("redrive", 6, "orders", 0, 12, 12, 1, group="orders", id=2),
               entry_of("redrive", 6, "bills", 0, 1, 1, 1, group="bills", id=3)]

    class Source:
        def journal(self, after_id=0, from_ms=None, to_ms=None, kinds=(), limit=1000):
            return [e for e in entries if e.id > after_id and e.at_ms >= from_ms][:limit]

    assert (sent_on(Source(), "orders", 5), sent_on(Source(), "orders", 6)) == (11, 1)


def test_it_can_be_stopped_while_it_runs(qtbot, make, caller):
    going, stopped = threading.Event(), threading.Event()

    def until_stopped() -> None:
        going.set()
        stopped.wait(10)

    caller.before_redrive = until_stopped
    popover = make()
    popover.apply.click()
    qtbot.waitUntil(going.is_set)
    assert popover.stop.isVisible() and not popover.apply.isVisible()
    popover.stop.click()
    qtbot.waitUntil(lambda: bool(caller.of(StopRedrive)))  # does not wait for the end of what it stops
    stopped.set()
    qtbot.waitUntil(lambda: "sent on." in words_of(popover))
