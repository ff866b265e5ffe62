"""Queues, exchanges and bindings on a drawing: what may be linked, what is wrong, and what the broker is asked for."""

import pytest

from workbench.core.errors import Invalid
from workbench.core.routing import Binding, Exchange, ExchangeType
from workbench.flow import codec
from workbench.flow.document import FlowDocument, Link, Node
from workbench.flow.edits import SetLinkParams
from workbench.flow.kinds import kind_of, link_params
from workbench.flow.routing import alternate_links, binding_links, drawn_bindings, drawn_exchange
from workbench.flow.rules import name_problem, problems, why_not
from workbench.flow.topics import drawn_topics
from workbench.flow.written import read_arguments, read_keys, read_routing_key

NODES = [
    Node("p", "producer", "checkout"), Node("t", "topic", "orders"), Node("d", "dead_letters", "dlt"),
    Node("q", "queue", "work"), Node("q2", "queue", "parked"), Node("q3", "queue", "lost"),
    Node("x", "exchange", "uploads"), Node("x2", "exchange", "videos"),
    Node("g", "group", "billing"), Node("w", "forward", "mapper"),
]


def document(*pairs):
    return FlowDocument(NODES, [Link(f"{a}-{b}", a, b) for a, b in pairs])


@pytest.mark.parametrize(
    ("source", "target"),
    [("p", "q"), ("p", "x"), ("x", "q"), ("x", "x2"), ("q", "g"), ("q", "w"), ("q", "q2"), ("q", "x"), ("w", "q"),
     ("w", "x")],
)
def test_what_may_be_linked(source, target):
    assert why_not(document(), source, target) == ""


@pytest.mark.parametrize(
    ("pairs", "source", "target", "sentence"),
    [
        ((), "x", "t", "An exchange feeds queues, and orders is a topic."),
        ((), "x", "d", "An exchange feeds queues, and dlt is a topic."),
        ((), "x", "g", "A group reads from an exchange through a queue. Put one between."),
        ((), "q", "t", "The dead letters of a queue go to a queue or an exchange, and orders is a topic."),
        ([("q", "x")], "q", "q2", "work already sends its dead letters to uploads."),
        ([("q", "q2")], "q", "x", "work already sends its dead letters to parked."),
        ((), "t", "q", "A topic cannot feed a queue."),
        ((), "t", "x", "A topic cannot feed an exchange."),
        ((), "q", "p", "A queue cannot feed a producer."),
        ([("p", "x")], "p", "q", "A producer feeds one exchange, and checkout feeds uploads."),
        ([("q", "q2")], "q", "q3", "work already sends its dead letters to parked."),
        ([("q", "q2")], "q2", "q", "Dead letters would go in a cycle: those of work come to parked."),
        ([("q", "q2"), ("q2", "q3")], "q3", "q", "Dead letters would go in a cycle: those of work come to lost."),
        ([("x", "x2")], "x2", "x", "Bindings would go in a cycle: uploads leads to videos."),
        ([("q", "g")], "g", "d", "billing reads a queue, which has dead letters of its own. Link work to a queue."),
        ([("q", "g")], "g", "q", "billing reads work: its events would go round for ever."),
        ([("w", "x")], "w", "q", "A group forwards to one exchange, and mapper forwards to uploads."),
    ],
)
def test_why_not(pairs, source, target, sentence):
    assert why_not(document(*pairs), source, target) == sentence


def told(nodes, links=()):
    return problems(FlowDocument(nodes, links))


def flow_of(queue=(), group=(), queues=1):
    """A producer, a queue (or two) and a group that reads it, with no problem as such."""
    names = ["work", "more"][:queues]
    nodes = [Node("p", "producer", "p"), Node("g", "group", "billing", params=dict(group)),
             *(Node(name, "queue", name, params=dict(queue)) for name in names)]
    return nodes, [Link("1", "p", "work"), *(Link(f"r{name}", name, "g") for name in names)]


@pytest.mark.parametrize(
    ("queue", "group", "part"),
    [
        ({"visibility_ms": 0}, {}, "Visibility time-out can't be «0». Give a whole number from 1 to 43,200,000 ms."),
        ({"visibility_ms": 31_536_000_000}, {}, "Visibility time-out can't be"),
        ({"prefetch": 1_000_000}, {}, "Prefetch can't be «1000000». Give a whole number from 0 to 100,000 messages."),
        ({"ordered_groups": True, "max_priority": 9}, {}, "a priority would break a group's order"),
        ({"max_length": 10, "overflow": "dead_letter"}, {}, "What work can't hold has nowhere to go"),
        ({"max_length": 0}, {}, "work would keep nothing: keep at most is 0."),
        ({"ttl_ms": 0}, {}, "work would keep nothing: time to live is 0."),
        ({"type": "exclusive"}, {"members": 3}, "only one of the 3 members of billing can read it"),
        ({}, {"fail_if": "value.bad"}, "a message that fails in billing comes back for ever"),
        ({}, {"prefetch": 10, "process_ms": 4000.0}, "holds messages for up to 40 s, and work lends them for 30 s"),
        ({"visibility_ms": 1000}, {"process_ms": 200.0, "prefetch": 6}, "lends them for 1 s:"),
        ({}, {"fail_if": "value.x >"}, "«Fail if» can't be read"),
        ({}, {"routing_key": "a.{b"}, "«a.{b» is no routing key. Write fields in braces"),
    ],
)
def test_settings_that_defeat_a_queue_are_said(queue, group, part):
    found = told(*flow_of(queue.items(), group.items()))
    assert any(part in text for _, text in found), found


def test_a_queue_read_well_is_no_problem():
    limited = {"max_deliveries": 3, "ordered_groups": True}
    assert told(*flow_of(limited.items(), {"fail_if": "value.bad", "members": 3, "process_ms": 20.0}.items())) == []
    assert told(*flow_of((), {"fail_if": "value.bad", "on_failure": "reject"}.items(), queues=2)) == []


def test_reading_a_queue_and_a_stream_by_offsets_is_said():
    nodes, links = flow_of()
    nodes, links = [*nodes, Node("t", "topic", "orders")], [*links, Link("2", "t", "g")]
    assert ("g", "billing reads a queue by leases and a topic by offsets. Let it read by leases, or draw two groups.") \
        in told(nodes, links)
    nodes[1] = Node("g", "group", "billing", params={"reading": "leases"})
    assert told(nodes, links) == []


def exchange_flow(kind="topic", params=None, **more):
    nodes = [Node("p", "producer", "p"), Node("x", "exchange", "up", params={"type": kind, **more}),
             Node("q", "queue", "w")]
    return nodes, [Link("1", "p", "x"), Link("2", "x", "q", params or {})]


@pytest.mark.parametrize(
    ("kind", "params", "part"),
    [
        ("topic", {}, "The binding from up to w has no key: it takes only messages without a routing key."),
        ("topic", {"key": "k" * 300}, "has a key of more than 255 bytes"),
        ("headers", {}, "asks for no headers: it takes every message"),
        ("headers", {"match": "any"}, "asks for no headers: it takes no message"),
        ("headers", {"arguments": "pdf"}, "can't ask for «pdf». Write one header a line, as format=pdf."),
        ("fanout", {"speed": 3}, "has no setting «speed»"),
    ],
)
def test_bindings_that_were_hardly_meant_are_said(kind, params, part):
    assert any(part in text for node, text in told(*exchange_flow(kind, params)) if node == "x")


def test_good_bindings_are_no_problem():
    assert told(*exchange_flow("topic", {"key": "order.*"})) == []
    assert told(*exchange_flow("fanout")) == []
    assert told(*exchange_flow("headers", {"arguments": "format=pdf\n\nkind = report", "match": "any"})) == []


def test_an_exchange_that_leads_nowhere_or_back_is_said():
    alone = [Node("x", "exchange", "up")]
    texts = [text for _, text in told(alone)]
    assert any("up has no binding" in text for text in texts) and "Nothing sends to up yet." in texts
    cycle = [Node("x", "exchange", "up", params={"alternate": "down"}), Node("y", "exchange", "down")]
    texts = [text for _, text in told(cycle, [Link("1", "y", "x", {"key": "k"})])]
    assert sum("a message passes each exchange once" in text for text in texts) == 2
    unknown = [Node("x", "exchange", "up", params={"alternate": "gone"})]
    assert any("«gone», which is not drawn" in text for _, text in told(unknown))


def test_dead_letters_in_a_circle_are_said_of_each_queue():
    queues = [Node(name, "queue", name) for name in "abc"]
    links = [Link("1", "a", "b"), Link("2", "b", "a"), Link("3", "c", "a")]
    cycles = [(node, text) for node, text in told(queues, links) if "cycle" in text]
    assert cycles == [("a", "The dead letters of a go in a cycle."), ("b", "The dead letters of b go in a cycle.")]
    assert [topic.name for topic in drawn_topics(FlowDocument(queues, links))]  # ends


@pytest.mark.parametrize("name", ["amq.direct", "x" * 300, "bell\x07"])
def test_names_that_no_exchange_can_have(name):
    assert name_problem(kind_of("exchange"), name)
    assert name_problem(kind_of("exchange"), "order events") == ""


def test_a_queue_asks_for_what_was_set_and_its_dead_letters_come_first():
    nodes = [Node("q", "queue", "work", params={"max_deliveries": 3, "ordered_groups": True, "visibility_ms": 30_000}),
             Node("d", "queue", "work.dlq"), Node("t", "topic", "orders")]
    topics = list(drawn_topics(FlowDocument(nodes, [Link("1", "q", "d")])))
    assert [(t.name, t.kind, t.partitions) for t in topics] == [
        ("work.dlq", "queue", 1), ("orders", "stream", 3), ("work", "queue", 1)]
    assert topics[0].config == {}
    assert topics[2].config == {
        "queue.max.deliveries": "3", "queue.ordered.groups": "true", "queue.dead.letter": "work.dlq"}


def test_bindings_are_read_from_links():
    nodes = [Node("x", "exchange", "up", params={"type": "headers", "alternate": " rest "}),
             Node("y", "exchange", "rest"), Node("q", "queue", "w")]
    links = [Link("1", "x", "q", {"arguments": "format=pdf\nkind=report", "match": "any"}), Link("2", "x", "y")]
    drawing = codec.loads(codec.dumps(FlowDocument(nodes, links)))
    assert drawn_exchange(drawing, drawing.node("x")) == Exchange("up", ExchangeType.HEADERS, "rest")
    assert [drawn_bindings(drawing, link) for link in binding_links(drawing)] == [
        (Binding("up", "w", "", False, (("format", "pdf"), ("kind", "report")), True),),
        (Binding("up", "rest", to_exchange=True),)]


def test_one_link_holds_all_bindings_between_its_parts():
    """As RabbitMQ allows many between an exchange and a queue: keys, or sets of headers."""
    drawing = FlowDocument(*exchange_flow("topic", {"key": "order.#\n\n refund.* \norder.#"}))
    assert drawn_bindings(drawing, drawing.link("2")) == (Binding("up", "w", "order.#"), Binding("up", "w", "refund.*"))
    drawing = FlowDocument(*exchange_flow("headers", {"arguments": "a=1\nb=2\nOR\nc=3", "match": "all"}))
    asked = [binding.arguments for binding in drawn_bindings(drawing, drawing.link("2"))]
    assert asked == [(("a", "1"), ("b", "2")), (("c", "3"),)]
    written = codec.dumps(drawing)
    assert codec.dumps(codec.loads(written)) == written


def test_a_link_between_exchanges_may_be_the_way_to_the_alternate():
    drawing = FlowDocument([Node("x", "exchange", "up"), Node("y", "exchange", "rest")], [Link("1", "x", "y")])
    assert [param.name for param in link_params(drawing, drawing.link("1"))] == ["carries", "key"]
    assert drawn_exchange(drawing, drawing.node("x")).alternate == ""
    undo = SetLinkParams("1", {"carries": "unrouted"}).apply(drawing)
    assert drawn_exchange(drawing, drawing.node("x")) == Exchange("up", alternate="rest")
    assert ([link.id for link in alternate_links(drawing)], list(binding_links(drawing))) == (["1"], [])
    assert [param.name for param in link_params(drawing, drawing.link("1"))] == ["carries"]
    assert codec.to_plain(codec.loads(codec.dumps(drawing))) == codec.to_plain(drawing)
    undo.apply(drawing)
    assert [drawn_bindings(drawing, link) for link in binding_links(drawing)] == [
        (Binding("up", "rest", to_exchange=True),)]


def test_an_alternate_that_an_older_drawing_names_becomes_a_link():
    old = {"workbench.flow": 1, "nodes": [
        {"id": "x", "kind": "exchange", "name": "up", "params": {"alternate": "rest", "type": "topic"}},
        {"id": "y", "kind": "exchange", "name": "rest", "params": {"alternate": "elsewhere"}},
        {"id": "z", "kind": "exchange", "name": "both", "params": {"alternate": "rest"}},
        {"id": "link-1", "kind": "queue", "name": "work"},
    ], "links": [{"id": "zy", "source": "z", "target": "y", "params": {"key": "a"}}]}
    drawing = codec.from_plain(old)
    assert (drawing.node("x").params, drawing.link("link-2")) == (
        {"type": "topic"}, Link("link-2", "x", "y", {"carries": "unrouted"}))
    for name, alternate in (("x", "rest"), ("y", "elsewhere"), ("z", "rest")):
        assert drawn_exchange(drawing, drawing.node(name)).alternate == alternate
    assert codec.dumps(codec.loads(codec.dumps(drawing))) == codec.dumps(drawing)


def test_a_queue_sends_its_dead_to_a_drawn_exchange_with_the_links_routing_key():
    nodes = [Node("q", "queue", "work"), Node("x", "exchange", "dead")]
    for params, key in (({}, {}), ({"routing_key": " order.dead "}, {"queue.dead.letter.routing.key": "order.dead"})):
        drawing = FlowDocument(nodes, [Link("1", "q", "x", params)])
        assert next(drawn_topics(drawing)).config == {"queue.dead.letter.exchange": "dead"} | key
    assert [param.name for param in link_params(drawing, drawing.link("1"))] == ["routing_key"]


def dead_letter_flow(*links, **params):
    nodes = [Node("p", "producer", "p"), Node("g", "group", "g"), Node("q", "queue", "work", params=params),
             Node("x", "exchange", "dead", params={"type": "fanout"}), Node("d", "queue", "parked"),
             Node("y", "exchange", "else", params={"type": "fanout"})]
    return told(nodes, [Link("1", "p", "q"), Link("2", "q", "g"), Link("3", "q", "x"), *links])


def test_what_is_wrong_with_a_dead_letter_exchange():
    parked = Link("4", "x", "d")
    rest = ("y", "Nothing sends to else yet."), ("y", "else has no binding: what is sent to it reaches no queue. "
                                                 "Draw a link from it to a queue.")
    assert set(dead_letter_flow(parked)) == set(rest)
    assert ("x", "dead has no binding: what is sent to it reaches no queue. Draw a link from it to a queue.") in (
        dead_letter_flow())
    comes_back = ("q", "The dead letters of work can come back to it through dead: those that a consumer rejected go "
                  "round, the others end there, marked.")
    assert comes_back in dead_letter_flow(Link("4", "x", "q"))
    assert comes_back in dead_letter_flow(Link("4", "x", "y", {"carries": "unrouted"}), Link("5", "y", "q"))
    assert comes_back in dead_letter_flow(parked, Link("5", "d", "x"), Link("6", "x", "q"))
    parks = {"overflow": "dead_letter", "max_length": 3}
    assert not any("nowhere to go" in text for _, text in dead_letter_flow(parked, **parks))


def test_what_is_wrong_with_alternates():
    nodes = [Node(name, "exchange", name, params={"type": "fanout"}) for name in ("x", "y", "z")] + [
        Node("p", "producer", "p"), Node("q", "queue", "q")]
    base = [Link("1", "p", "x"), Link("2", "y", "q"), Link("3", "z", "q")]
    way = {"carries": "unrouted"}
    assert told(nodes, [*base, Link("4", "x", "y", way), Link("5", "x", "z")]) == []
    assert told(nodes, [*base, Link("4", "x", "y", way), Link("5", "x", "z", way)]) == [
        ("x", "x has more than one alternate exchange: y, z. What it can't route goes to the first only.")]
    cycle = [Link("4", "x", "y", way), Link("5", "y", "x", way), Link("6", "x", "z")]
    assert told(nodes, [*base, *cycle]) == [], "a fanout exchange that leads anywhere needs no alternate"
    keyed = [Node("x", "exchange", "x", params={"type": "topic"}), Node("y", "exchange", "y"), *nodes[2:]]
    may = told(keyed, [*base[:1], Link("2", "y", "q", {"key": "a"}), base[2], *cycle[:2],
                       Link("6", "x", "z", {"key": "b"})])
    assert may == [(name, f"Bindings may lead from {name} back to it: a message passes each exchange once.")
                   for name in "xy"]
    assert told(nodes, [*base, Link("4", "x", "y", {"carries": "all"}), Link("5", "x", "z")]) == [
        ("x", "The binding from x to y: Carries can't be «all». Choose one of bound, unrouted.")]


def test_a_bindings_key_is_set_and_taken_back():
    drawing = FlowDocument(*exchange_flow("topic", {"key": "a"}))
    undo = SetLinkParams("2", {"key": "order.#"}).apply(drawing)
    assert [binding.key for binding in drawn_bindings(drawing, drawing.link("2"))] == ["order.#"]
    undo.apply(drawing)
    assert [binding.key for binding in drawn_bindings(drawing, drawing.link("2"))] == ["a"]
    assert [param.name for param in link_params(drawing, drawing.link("2"))] == ["key"]
    assert link_params(drawing, drawing.link("1")) == ()


@pytest.mark.parametrize("text", ["order.{", "a}b", "{}"])
def test_a_routing_key_that_cannot_be_read_says_how_it_is_written(text):
    with pytest.raises(Invalid, match="no routing key"):
        read_routing_key(text)


def test_arguments_say_what_is_wrong():
    assert (read_arguments(""), read_keys("")) == (((),), ("",))
    with pytest.raises(Invalid, match=r"A set of headers is empty\."):
        read_arguments("a=1\nor\n")
    with pytest.raises(Invalid, match="«=x»"):
        read_arguments("=x")
