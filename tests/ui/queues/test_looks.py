"""What queues, exchanges, bindings and groups that read by leases show on the canvas."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtTest import QTest

from tests.ui.queue_stage import upload_document, upload_snapshot
from tests.ui.stage import NOW_MS
from workbench.core.queues import QueueCounts
from workbench.core.snapshot import QueueConsumerStat, QueueStat, RunState, Snapshot
from workbench.flow.document import FlowDocument, Link, Node
from workbench.flow.edits import AddLink, AddNode, RemoveLink, SetLinkParams, SetParams
from workbench.session.timeline import Movement as Moved
from workbench.ui.bridge.movement import delivery_links
from workbench.ui.canvas import shapes
from workbench.ui.canvas.items.queue_painters import held_cells
from workbench.ui.canvas.kinds import node_view_state, spoken
from workbench.ui.canvas.queue_view_states import routing_link_sentence
from workbench.ui.canvas.view import FlowView
from workbench.ui.canvas.view_states import link_view_state
from workbench.ui.canvas.view_values import Held, Level
from workbench.ui.models.past import Seen, movements


def look(node_id: str, snapshot: Snapshot | None = None):
    document = upload_document()
    return node_view_state(document.node(node_id), snapshot or upload_snapshot(), document)


def test_a_queue_says_each_state_with_its_number():
    shown = look("transcode")
    assert shown.held == Held(184, 24, 12, 5)
    assert shown.foot == "184 ready · 24 leased · 12 delayed"
    assert (shown.figure, shown.dead) == ("64/s", "5 dead")
    assert "5 dead" in spoken(Node("t", "queue", "transcode"), shown)


def test_a_queue_names_whose_rules_it_follows_and_that_dead_letters_lie_in_it():
    assert look("transcode").subtitle == "SQS queue · 42/s out"
    assert look("dead").subtitle == "dead letters"


def test_cells_fill_the_room_by_share_and_none_is_too_narrow_to_see():
    cells = held_cells(QRectF(0, 0, 138, 10), Held(100_000, 1, 0, 1))
    assert [state for _, state in cells] == ["ready", "leased", "dead"]
    assert min(cell.width() for cell, _ in cells) >= 4
    assert cells[-1][0].right() == pytest.approx(138)


def test_an_exchange_counts_its_bindings_until_something_finds_no_queue():
    shown = look("video")
    assert (shown.subtitle, shown.warning, shown.foot) == ("exchange · topic", "119 unrouted", "last video.private")
    routed = replace(upload_snapshot(), exchanges=())
    assert look("video", routed).foot == "3 bindings · 0 unrouted"


def test_a_binding_shows_what_it_asks_for():
    document, snapshot = upload_document(), upload_snapshot()
    assert link_view_state(document, document.link("b1"), snapshot, None).key == "video.*.en"
    assert link_view_state(document, document.link("u"), snapshot, None).key == ""
    SetParams("video", {"type": "headers"}).apply(document)
    SetLinkParams("b1", {"arguments": "format=pdf\nsize=a4", "match": "any"}).apply(document)
    assert link_view_state(document, document.link("b1"), snapshot, None).key == "format=pdf or size=a4"
    SetParams("video", {"type": "fanout"}).apply(document)
    assert link_view_state(document, document.link("b1"), snapshot, None).key == ""


def test_a_link_with_several_bindings_shows_the_first_and_how_many_more():
    document, snapshot = upload_document(), upload_snapshot()
    SetLinkParams("b1", {"key": "video.*.en\nvideo.*.de\n\naudio.#"}).apply(document)
    assert link_view_state(document, document.link("b1"), snapshot, None).key == "video.*.en +2"
    routed = replace(snapshot, exchanges=())
    assert node_view_state(document.node("video"), routed, document).foot == "5 bindings · 0 unrouted"
    SetParams("video", {"type": "headers"}).apply(document)
    SetLinkParams("b1", {"arguments": "format=pdf\nor\nsize=a4"}).apply(document)
    assert link_view_state(document, document.link("b1"), snapshot, None).key == "format=pdf +1"


def test_dead_letters_and_the_way_to_an_alternate_differ_by_dashes_and_by_words():
    document, snapshot = upload_document(), upload_snapshot()
    AddNode(Node("else", "exchange", "else")).apply(document)
    AddLink(Link("x", "video", "else", {"carries": "unrouted"})).apply(document)
    AddLink(Link("y", "subtitles", "else", {"routing_key": "lost"})).apply(document)
    alternate, dead = (link_view_state(document, document.link(name), snapshot, None) for name in ("x", "y"))
    assert (alternate.alternate, alternate.dead_letters, alternate.key, alternate.worded) == (
        True, False, "unrouted", True)
    assert (dead.alternate, dead.dead_letters, dead.key, dead.worded) == (False, True, "lost", False)
    assert shapes.dashes("alternate", 1) != shapes.dashes("dead_letters", 1)
    routed = replace(snapshot, exchanges=())
    assert node_view_state(document.node("video"), routed, document).foot == "3 bindings · 0 unrouted", "it is none"
    assert routing_link_sentence(document, document.link("x")) == (
        "What video can't route goes to else, its alternate exchange.")
    assert routing_link_sentence(document, document.link("y")) == (
        "Dead letters of subtitles go through else, with the key lost. "
        "What no binding takes stays in subtitles, marked.")


def test_dead_letters_of_a_queue_go_along_a_dashed_link():
    document, snapshot = upload_document(), upload_snapshot()
    assert link_view_state(document, document.link("d"), snapshot, None).dead_letters
    assert not link_view_state(document, document.link("b3"), snapshot, None).dead_letters


def test_the_ring_of_a_group_that_reads_a_queue_is_what_waits():
    shown = look("checker")
    assert (shown.level, shown.lag) == (Level.BAD, "6,400 waiting")
    assert look("subtitler").lag == "212 waiting · 3.6 s"
    assert [pill.text for pill in look("subtitler").pills] == ["1 · 29/s", "2 · 29/s"]


def test_a_group_that_was_not_started_shows_its_drawn_members_and_no_fault_however_old_what_waits_is():
    before = upload_snapshot()
    alone = replace(before, groups=(), run=RunState.STOPPED, queues=tuple(
        replace(q, consumers=(), oldest_ms=3_600_000) for q in before.queues))
    shown = look("encoder", alone)
    assert shown.idle and shown.subtitle == "3 members" and [pill.text for pill in shown.pills] == ["1", "2", "3"]
    assert (shown.lag, shown.level, shown.ring) == ("not started", Level.OK, 0.0)  # its queue tells what waits
    empty = replace(alone, queues=tuple(replace(q, counts=QueueCounts()) for q in alone.queues))
    assert look("encoder", empty).lag == "not started"


def test_consumers_of_the_past_are_known_by_name_alone():
    document = upload_document()
    queue = QueueStat("subtitles", "subtitles", consumers=(QueueConsumerStat("subtitler-2", 3),))
    past = Snapshot(live=False, queues=(queue,))
    assert [pill.text[0] for pill in node_view_state(document.node("subtitler"), past, document).pills] == ["2"]


def test_leased_messages_of_the_past_move_to_the_group_of_their_consumer():
    document = upload_document()
    assert delivery_links(document, "transcode", "transcode", "encoder-2") == ["g2"]
    assert delivery_links(document, "transcode", "transcode", "by hand") == []


@pytest.fixture
def view(qtbot, workspace):
    made = FlowView(workspace)
    qtbot.addWidget(made)
    made.resize(1240, 460)
    made.show()
    made.set_zoom(1.0)
    made.centre_on(QPointF(600, 190))
    yield made
    made.close_canvas()


def test_keys_lie_on_their_links_and_can_be_taken_by_them(view):
    link = view.flow.links["b1"]
    assert link.tag.isVisible() and link.tag.text == "video.*.en"
    edge = link.tag.pos() + QPointF(link.tag.body().right() - 3, 6)
    assert view.flow.link_at(edge) is link
    view.set_zoom(0.5)
    assert not link.tag.isVisible()


def test_keys_follow_edits_and_undo(view, workspace):
    workspace.perform(SetLinkParams("b1", {"key": "video.de"}))
    assert view.flow.links["b1"].tag.text == "video.de"
    workspace.undo_stack.undo()
    assert view.flow.links["b1"].tag.text == "video.*.en"
    workspace.perform(SetParams("video", {"type": "fanout"}))
    assert not view.flow.links["b1"].tag.isVisible()


def test_an_exchange_counts_a_new_binding_at_once(view, workspace):
    workspace.live = replace(workspace.live, exchanges=())
    workspace.shown = workspace.live
    workspace.perform(RemoveLink("b3"))
    assert view.flow.nodes["video"].shown.foot == "2 bindings · 0 unrouted"
    workspace.perform(AddLink(Link("b4", "video", "dead", {"key": "x"})))
    assert view.flow.nodes["video"].shown.foot == "3 bindings · 0 unrouted"


def test_a_double_click_on_a_binding_asks_to_edit_it_and_on_a_queue_for_its_panel(qtbot, view):
    tag = view.flow.links["b3"].tag
    with qtbot.waitSignal(view.binding_wanted) as wanted:
        QTest.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=view.from_scene(tag.pos()).toPoint())
    assert wanted.args == ["b3"]
    middle = view.from_scene(view.flow.nodes["transcode"].rect.center()).toPoint()
    with qtbot.waitSignal(view.panel_wanted) as wanted:
        QTest.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=middle)
    assert wanted.args == ["transcode"]


def test_a_chosen_link_is_told_to_the_workspace_and_taken_from_it(view, workspace):
    view.flow.select_links({"b1"})
    assert workspace.link_selection == {"b1"}
    workspace.select_links({"b2"})
    assert view.flow.links["b2"].selected and not view.flow.links["b1"].selected


def test_the_pointer_is_told_in_words_what_shows_by_share_alone(view):
    said = view.told_at(view.flow.nodes["transcode"].rect.center())
    assert "184 ready · 24 leased · 12 delayed" in said and "5 dead" in said
    assert view.told_at(view.flow.links["b3"].tag.pos()).startswith("Binding: video.public.#.")
    assert view.told_at(QPointF(-500, -500)) == ""


# -- exchanges in the past ---------------------------------------------------------------------------------
def moved(queue: str, count: int) -> Moved:
    return Moved(NOW_MS, "append", queue, 0, 10, 9 + count)


def along(document: FlowDocument, *seen: Seen) -> dict[str, int]:
    found: dict[str, int] = {}
    for movement in movements(document, seen):
        found[movement.link_id] = found.get(movement.link_id, 0) + movement.count
    return found


def test_what_was_published_goes_along_the_links_of_its_exchange_once_into_it():
    document = upload_document()
    for exchange in ("video", None):  # told by the records, or the only one it can have been
        seen = [Seen(moved("subtitles", 4), (1,), exchange), Seen(moved("transcode", 9), (2,), exchange)]
        assert along(document, *seen) == {"b1": 4, "b2": 9, "u": 9}
    assert along(document, Seen(moved("copyright.dead", 3), (), "")) == {"d": 3}


def test_through_two_exchanges_and_where_several_may_have_been_the_records_decide():
    document = upload_document()
    document.put_node(Node("pre", "exchange", "pre", 0, 300))
    document.put_node(Node("late", "producer", "late", 0, 400))
    document.put_link(Link("p", "pre", "video"))
    document.put_link(Link("l", "late", "pre"))
    assert along(document, Seen(moved("subtitles", 4), (), "pre")) == {"p": 4, "b1": 4, "l": 4}
    assert along(document, Seen(moved("subtitles", 4), (), "video")) == {"b1": 4, "u": 4}
    assert along(document, Seen(moved("subtitles", 4), (), None)) == {"b1": 4}
