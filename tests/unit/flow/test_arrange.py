"""Layers go from left to right; aligning and distributing move only what they should."""

import pytest

from workbench.core.errors import Invalid
from workbench.flow.arrange import align, arrange, distribute, size_of
from workbench.flow.document import FlowDocument, Link, Node
from workbench.flow.samples import load_sample, samples


@pytest.mark.parametrize("name", [sample.name for sample in samples()])
def test_every_link_of_a_sample_goes_to_the_right_but_the_one_that_closes_a_round(name):
    document = load_sample(name)
    positions = arrange(document)

    def goes_back(link):
        return positions[link.source][0] + size_of(document.node(link.source))[0] >= positions[link.target][0]

    round_ = ["pay-wait-to-failed"] if name == "retry-stages" else []
    assert [link.id for link in document.links if goes_back(link)] == round_


def test_rounds_are_drawn_too():
    nodes = [Node("t", "topic", "a"), Node("g", "group", "x"), Node("t2", "topic", "b"), Node("g2", "group", "y")]
    links = [Link("1", "t", "g"), Link("2", "g", "t2"), Link("3", "t2", "g2"), Link("4", "g2", "t")]
    assert len(set(arrange(FlowDocument(nodes, links)).values())) == 4


NODES = [Node("a", "topic", "a", 0, 0), Node("b", "group", "b", 300, 40), Node("c", "producer", "c", 900, 500)]


def test_aligning():
    document = FlowDocument(NODES)
    assert {x for x, _ in align(document, "abc", "left").values()} == {0}
    assert align(document, "abc", "right")["a"] == (900, 0)
    assert {y for _, y in align(document, "abc", "top").values()} == {0}
    assert align(document, "abc", "bottom")["a"] == (0, 562 - 98)
    middles = {y + size_of(document.node(i))[1] / 2 for i, (_, y) in align(document, "abc", "middle").items()}
    assert len(middles) == 1
    with pytest.raises(Invalid):
        align(document, "abc", "upside")


def test_distributing_gives_equal_gaps():
    document = FlowDocument(NODES)
    placed = distribute(document, "cab", across=True)
    assert (placed["a"], placed["c"]) == ((0, 0), (900, 500))
    assert placed["b"][0] - 162 == pytest.approx(900 - (placed["b"][0] + 190))
