"""The inspector of queues, exchanges and bindings, the profile's card, and the words of the journal."""

from __future__ import annotations

import pytest

from tests.entries import entry_of
from tests.ui.panels.reading import assert_nothing_cut, nameless, words_of
from tests.ui.queue_stage import upload_journal
from workbench.broker import profile
from workbench.core.queues import DeadLetterEvent, DeadLetterReason, MessageId, MessageState
from workbench.flow.document import Link, Node
from workbench.flow.edits import AddLink, AddNode, SetLinkParams, set_param
from workbench.session.message_history import HistoryLine
from workbench.ui.models import journal_words, queue_words
from workbench.ui.models.queue_history import tell
from workbench.ui.panels.inspector.inspector import Inspector


@pytest.fixture
def inspector(qtbot, workspace) -> Inspector:
    made = Inspector(workspace)
    qtbot.addWidget(made)
    made.resize(320, 900)
    made.show()
    return made


def test_a_queue_shows_its_counts_and_where_its_dead_go(qtbot, inspector, workspace):
    workspace.select({"copyright"})
    said = words_of(inspector)
    assert "Queue, shared" in said and "6,400" in said
    assert "463 dead messages went to copyright.dead." in said
    assert not inspector.face("queue").redrive.isEnabled()
    workspace.select({"dead"})
    assert inspector.face("queue").redrive.text() == "Redrive 463…"
    assert nameless(inspector) == []
    assert_nothing_cut(qtbot, inspector)


def test_the_profile_is_chosen_by_name_and_says_what_it_would_refuse(inspector, workspace):
    workspace.select({"transcode"})
    card = inspector.face("queue").profile
    card._choose(card.choice.findData("sqs"))
    assert workspace.document.node("transcode").params["profile"] == "sqs"
    inspector.refresh()
    assert card.features.isVisible() and not card.why.isVisible()
    workspace.perform(set_param(workspace.document, "transcode", "type", "exclusive"))
    inspector.refresh()
    assert "no exclusive, failover or key-shared type" in words_of(inspector)
    workspace.undo_stack.undo()
    workspace.undo_stack.undo()
    inspector.refresh()
    assert not card.features.isVisible()


def test_the_card_counts_what_the_table_of_profiles_says(inspector, workspace):
    workspace.select({"transcode"})
    workspace.perform(set_param(workspace.document, "transcode", "profile", "rabbitmq"))
    inspector.refresh()
    levels = [str(feature.level) for feature in profile("rabbitmq").features.values()]
    said = inspector.face("queue").profile.features.head.text()
    assert said == "{} modelled, {} approximated, {} absent".format(
        *(levels.count(level) for level in ("modelled", "approximated", "absent")))


def test_an_exchange_lists_its_bindings_and_what_found_no_queue(qtbot, inspector, workspace):
    workspace.select({"video"})
    face = inspector.face("exchange")
    assert "119 messages found no queue, the last with key «video.private»." in words_of(inspector)
    assert [row[0].text for row in face.bindings.rows] == ["video.*.en", "video.#", "video.public.#"]
    with qtbot.waitSignal(inspector.wishes.binding) as wanted:
        face.bindings.row_clicked.emit(1)
    assert wanted.args == ["b2"]


def test_a_binding_is_edited_where_it_is_inspected_and_undo_takes_it_back(inspector, workspace):
    inspector.edit_binding("b1")
    field = inspector.binding_face.fields["key"]
    assert field.editor.hasFocus()
    field.editor.setPlainText("video.de")
    assert workspace.document.link("b1").params["key"] == "video.de"
    workspace.undo_stack.undo()
    assert workspace.document.link("b1").params["key"] == "video.*.en"


def test_a_binding_of_headers_has_arguments_and_how_they_match(inspector, workspace):
    workspace.perform(set_param(workspace.document, "video", "type", "headers"))
    inspector.edit_binding("b1")
    assert set(inspector.binding_face.fields) == {"arguments", "match"}
    workspace.perform(set_param(workspace.document, "video", "type", "fanout"))
    inspector.refresh()
    assert "A fanout exchange sends everything." in words_of(inspector)


def test_every_binding_of_a_link_has_its_row(qtbot, inspector, workspace):
    workspace.perform(SetLinkParams("b1", {"key": "video.*.en\nvideo.*.de"}))
    workspace.select({"video"})
    face = inspector.face("exchange")
    assert [row[0].text for row in face.bindings.rows] == ["video.*.en", "video.*.de", "video.#", "video.public.#"]
    with qtbot.waitSignal(inspector.wishes.binding) as wanted:
        face.bindings.row_clicked.emit(1)
    assert wanted.args == ["b1"]
    inspector.edit_binding("b1")
    field = inspector.binding_face.fields["key"]
    field.editor.setPlainText("a\nb\nc")
    assert workspace.document.link("b1").params["key"] == "a\nb\nc"
    workspace.undo_stack.undo()
    assert workspace.document.link("b1").params["key"] == "video.*.en\nvideo.*.de"


def test_a_link_between_exchanges_can_be_made_the_way_to_the_alternate_and_back(qtbot, inspector, workspace):
    workspace.perform(AddNode(Node("else", "exchange", "else", params={"type": "fanout"})))
    workspace.perform(AddLink(Link("x", "video", "else", {"key": "a"})))
    inspector.edit_binding("x")
    face = inspector.binding_face
    assert set(face.fields) == {"carries", "key"}
    box = face.fields["carries"].editor
    box.activated.emit(box.findText("unrouted"))
    inspector.refresh()
    assert set(face.fields) == {"carries"}
    assert "What video can't route goes to else, its alternate exchange." in words_of(inspector)
    assert nameless(inspector) == []
    assert_nothing_cut(qtbot, inspector)
    workspace.select({"video"})
    assert "It keeps nothing. What no binding takes goes to else." in words_of(inspector)
    workspace.undo_stack.undo()
    inspector.edit_binding("x")
    assert set(face.fields) == {"carries", "key"}
    assert workspace.document.link("x").params == {"key": "a"}


def test_dead_letters_through_an_exchange_say_so_on_both_sides(qtbot, inspector, workspace):
    workspace.perform(AddNode(Node("lost", "exchange", "lost", params={"type": "topic"})))
    workspace.perform(AddLink(Link("y", "subtitles", "lost")))
    inspector.edit_binding("y")
    field = inspector.binding_face.fields["routing_key"]
    field.editor.insert("k")
    field.editor.textEdited.emit("k")
    assert workspace.document.link("y").params == {"routing_key": "k"}
    assert_nothing_cut(qtbot, inspector)
    workspace.select({"subtitles"})
    assert "Dead messages go through the exchange lost." in words_of(inspector)
    workspace.select({"lost"})
    assert "but for dead letters of subtitles: those stay there, marked." in words_of(inspector)


# -- words -------------------------------------------------------------------------------------------------
def test_every_kind_of_entry_about_queues_is_a_sentence_with_an_icon():
    for kind in queue_words.KINDS:
        entry = entry_of(kind, 0, "orders", 0, 3, 5, 3, group="orders", member="a-1", detail={"act": "attached"})
        said = journal_words.sentence(entry)
        assert "orders" in said and said != kind
        assert kind in journal_words.ICONS
    rejected = next(e for e in upload_journal() if e.kind == "nack" and not e.requeue)
    assert journal_words.sentence(rejected) == (
        "Message 0-120 of transcode rejected by encoder-3: codec av1 is not known")


def test_a_letter_tells_its_death_before_it_was_sent_here():
    from tests.ui.queue_stage import message

    letter = message(7, MessageState.READY, deaths=(
        DeadLetterEvent("orders", DeadLetterReason.LIMIT, 3, 10, 90, MessageId(0, 1), "no"),))
    lines = [HistoryLine(100, "dead", "died (delivery_limit), moved to letters", "orders"),
             HistoryLine(100, "append", "sent to letters", "letters")]
    assert [c.text for c in tell(letter, lines, "letters")] == [
        "orders: died (delivery_limit), moved to letters", "Sent to letters"]


def test_without_a_journal_the_deaths_that_it_carries_still_tell():
    from tests.ui.queue_stage import message

    letter = message(7, MessageState.READY, deaths=(
        DeadLetterEvent("orders", DeadLetterReason.LIMIT, 3, 10, 90, MessageId(0, 1), "no"),))
    assert "The delivery limit was reached 3 times in orders: no" in " ".join(c.text for c in tell(letter, (), "x"))
