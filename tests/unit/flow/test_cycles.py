"""Circles on a drawing: told where some key can travel them, not where none can, and as «may» where keys do not say."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.broker.exchanges.routing import Topology
from workbench.core.routing import Binding, Exchange, ExchangeType
from workbench.flow.cycles import dead_letters_come_back, exchange_comes_back
from workbench.flow.document import FlowDocument, Link, Node
from workbench.flow.rules import why_not

KEYS = [".".join(words) for length in range(5) for words in product("abz", repeat=length)]


def exchange(name, kind="topic", **params):
    return Node(name, "exchange", name, params={"type": kind, **params})


def bound(source, target, key=""):
    return Link(f"{source}-{target}", source, target, {"key": key} if key else {})


@pytest.mark.parametrize(
    ("first", "second", "comes"),
    [
        ("order.#", "order.eu", True), ("order.#", "refund.#", None), ("*.eu", "order.*", True), ("*", "*.*", None),
        ("#.eu", "order.#", True), ("a.*.#", "*.b", True), ("a.#", "b\na.c", True), ("#", "#", True),
    ],
)
def test_a_circle_of_exchanges_is_one_only_for_keys_that_suit_all_its_bindings(first, second, comes):
    drawing = FlowDocument([exchange("x"), exchange("y")], [bound("x", "y", first), bound("y", "x", second)])
    assert exchange_comes_back(drawing, drawing.node("x")) is comes
    assert exchange_comes_back(drawing, drawing.node("y")) is comes


def test_a_direct_key_is_taken_word_for_word():
    nodes = [exchange("x", "direct"), exchange("y", "direct")]
    assert exchange_comes_back(FlowDocument(nodes, [bound("x", "y", "a.*"), bound("y", "x", "a.b")]), nodes[0]) is None
    assert exchange_comes_back(FlowDocument(nodes, [bound("x", "y", "a.*"), bound("y", "x", "a.*")]), nodes[0]) is True


def test_headers_and_alternates_may_close_a_circle():
    by_headers = FlowDocument([exchange("x", "headers"), exchange("y", "fanout")],
                              [Link("1", "x", "y", {"arguments": "a=1"}), Link("2", "y", "x")])
    assert exchange_comes_back(by_headers, by_headers.node("y")) is False
    alternate = [exchange("x", alternate="y"), exchange("y", "fanout"), Node("q", "queue", "q")]
    unrouted = FlowDocument(alternate, [bound("x", "q", "a"), bound("y", "x")])
    assert exchange_comes_back(unrouted, unrouted.node("y")) is False
    assert exchange_comes_back(FlowDocument(alternate, [bound("x", "q", "#"), bound("y", "x")]), alternate[1]) is None
    assert exchange_comes_back(FlowDocument(alternate, [bound("y", "x")]), alternate[1]) is True


def test_a_link_is_refused_only_where_it_closes_a_circle_with_the_key_it_begins_with():
    nodes = [exchange("x"), exchange("y")]
    assert "cycle" in why_not(FlowDocument(nodes, [bound("x", "y", "#")]), "y", "x")
    assert why_not(FlowDocument(nodes, [bound("x", "y", "order.*")]), "y", "x") == ""


def retrying(back="#", to_stage="#", key="", stage_key=""):
    """What dies in work waits in a stage and comes back by the exchange it first came by."""
    nodes = [exchange("in"), exchange("retry"), Node("work", "queue", "work"), Node("stage", "queue", "stage")]
    links = [bound("in", "work", back), Link("d", "work", "retry", {"routing_key": key}),
             bound("retry", "stage", to_stage), Link("e", "stage", "in", {"routing_key": stage_key})]
    return FlowDocument(nodes, links)


@pytest.mark.parametrize(
    ("keys", "comes"),
    [
        ({}, True), ({"back": "order.#", "to_stage": "order.eu"}, True),
        ({"back": "order.#", "to_stage": "refund.#"}, None), ({"back": "order.#", "key": "refund"}, None),
        ({"back": "order.#", "key": "refund", "stage_key": "order.again"}, True),
        ({"to_stage": "work", "key": "other"}, None),
    ],
)
def test_dead_letters_come_back_where_their_key_leads_them(keys, comes):
    drawing = retrying(**keys)
    assert dead_letters_come_back(drawing, drawing.node("work")) is comes


def test_dead_letters_that_go_straight_have_the_name_of_their_queue_as_key():
    nodes = [exchange("in"), Node("work", "queue", "work"), Node("stage", "queue", "stage")]
    links = [Link("1", "work", "stage"), Link("2", "stage", "in"), bound("in", "work", "stage")]
    assert dead_letters_come_back(FlowDocument(nodes, links), nodes[1]) is True
    other = FlowDocument(nodes, [*links[:2], bound("in", "work", "order.#")])
    assert dead_letters_come_back(other, nodes[1]) is False, "unless they died in stage before, with a key that suits"


PATTERN = st.lists(st.sampled_from(("a", "b", "*", "#")), max_size=2).map(".".join)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("xyw"), st.sampled_from("xyw"), PATTERN), max_size=5))
def test_it_says_what_trying_all_keys_would(bindings):
    pairs = {(source, target): key for source, target, key in bindings if source != target}
    drawing = FlowDocument([exchange(name) for name in "xyw"], [bound(*pair, key) for pair, key in pairs.items()])
    asked = [Binding(source, target, key, to_exchange=True) for (source, target), key in pairs.items()]
    made = Topology([Exchange(name, ExchangeType.TOPIC) for name in "xyw"], asked)

    def returns(key):
        reached, waiting = set(), ["x"]
        while waiting:
            hits = {hit.destination for hit in made._matcher(waiting.pop())(key, ())}
            waiting += hits - reached
            reached |= hits
        return "x" in reached

    assert exchange_comes_back(drawing, drawing.node("x")) == (True if any(map(returns, KEYS)) else None)


def test_a_drawing_with_far_too_many_ways_is_given_up_as_perhaps():
    names = [f"x{number}" for number in range(14)]
    links = [bound(one, other, f"#.{one}.*.#") for one in names for other in names if one != other]
    drawing = FlowDocument([exchange(name) for name in [*names, "y"]], [*links, bound("y", "x0", "#")])
    assert exchange_comes_back(drawing, drawing.node("y")) is False
