"""One entry says all of a kind: what the drawing and the window know of it agree, for every kind."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QWidget

from workbench.core.snapshot import ClientStat, Snapshot
from workbench.flow.arrange import size_of as tidy_size
from workbench.flow.document import FlowDocument, Node
from workbench.flow.kinds import KINDS
from workbench.flow.rules import why_not
from workbench.ui.canvas import shapes
from workbench.ui.canvas.kinds import VIEWS, icon_of, loaded, node_view_state, role_of, spoken, view_of
from workbench.ui.models.outside import STAND_INS, node_of_client, writer_id
from workbench.ui.theme.icons import icon


def test_every_kind_has_an_entry_in_the_window():
    assert set(VIEWS) == set(KINDS) | set(STAND_INS)


@pytest.mark.parametrize("kind", list(KINDS))
def test_a_kind_is_as_large_on_the_canvas_as_in_a_tidy_drawing(kind: str):
    node = Node("n", kind, "n", w=512, h=256)
    assert shapes.size_of(node) == tidy_size(node)
    assert shapes.size_of(Node("n", kind, "n")) == KINDS[kind].size


@pytest.mark.parametrize("kind", list(KINDS))
def test_a_part_has_the_ports_that_its_links_need(kind: str):
    """Some kind may be linked to it, or it to some kind, exactly when it has that port."""
    def linked(source: str, target: str) -> bool:
        document = FlowDocument([Node("a", source, "a"), Node("b", target, "b")], [])
        return not why_not(document, "a", "b")

    assert shapes.has_out(kind) == any(linked(kind, other) for other in KINDS)
    assert shapes.has_in(kind) == any(linked(other, kind) for other in KINDS)


@pytest.mark.parametrize("kind", list(VIEWS))
def test_what_an_entry_names_is_there(qapp, kind: str):
    node = Node("n", kind, "one")
    view = view_of(node)
    assert not icon(icon_of(node), role_of(kind)).isNull()
    for made_by in filter(None, (view.inspector, view.panel.made_by if view.panel else "")):
        assert issubclass(loaded(made_by), QWidget)
    assert spoken(node, node_view_state(node, Snapshot())).startswith("one, ")


def test_a_note_stands_for_a_program_only_if_it_was_kept_of_it():
    client = ClientStat("till", "127.0.0.1:1", "librdkafka", writes=("orders",), connections=1)
    named = FlowDocument([Node("n", "note", "till", params={"text": "Where money comes in"})], [])
    assert node_of_client(named, client) == writer_id("till")
    kept = FlowDocument([Node("n", "note", "Our till", params={"client": "till"})], [])
    assert node_of_client(kept, client) == "n"
