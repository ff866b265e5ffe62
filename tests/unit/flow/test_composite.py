"""Several edits as one act are done all or not at all."""

from __future__ import annotations

import pytest

from workbench.flow import codec
from workbench.flow.document import FlowDocument, Link, Node
from workbench.flow.edits import AddNode, Composite, RemoveLink, RenameNode


def test_an_act_of_several_edits_that_fails_leaves_the_drawing_as_it_was():
    document = FlowDocument([Node("p", "producer", "shop"), Node("t", "topic", "orders")], [Link("pt", "p", "t")])
    before = codec.dumps(document)
    act = Composite("Paste", (RemoveLink("pt"), RenameNode("t", "bills"), AddNode(Node("g", "group", "billing")),
                              RenameNode("nobody", "x")))
    with pytest.raises(Exception, match="nobody"):
        act.apply(document)
    assert codec.dumps(document) == before
