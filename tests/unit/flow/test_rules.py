"""Links that are refused say why; a drawing's problems are sentences."""

import pytest

from workbench.flow.document import FlowDocument, Link, Node
from workbench.flow.rules import problems, why_not

NODES = [
    Node("p", "producer", "checkout"), Node("f", "file", "log"), Node("t", "topic", "orders"),
    Node("t2", "topic", "invoices"), Node("g", "group", "billing"), Node("g2", "group", "shipping"),
    Node("w", "forward", "mapper"), Node("d", "dead_letters", "dlq"), Node("n", "note", "hello"),
]


def document(*pairs):
    return FlowDocument(NODES, [Link(f"{a}{b}", a, b) for a, b in pairs])


@pytest.mark.parametrize(
    ("source", "target"),
    [("p", "t"), ("f", "t"), ("t", "g"), ("t", "w"), ("d", "g"), ("g", "t"), ("g", "d"), ("w", "t2"), ("p", "d")],
)
def test_what_may_be_linked(source, target):
    assert why_not(document(), source, target) == ""


@pytest.mark.parametrize(
    ("pairs", "source", "target", "sentence"),
    [
        ((), "g", "g2", "A group cannot feed a group."),
        ((), "t", "t2", "A topic cannot feed a topic."),
        ((), "p", "g", "A producer cannot feed a group."),
        ((), "f", "g", "A file cannot feed a group."),
        ((), "g", "p", "A group cannot feed a producer."),
        ((), "t", "t", "A part cannot feed itself."),
        ((), "n", "t", "A note takes no links."),
        ([("p", "t")], "p", "t", "These two are already linked."),
        ([("p", "t")], "p", "t2", "A producer feeds one topic, and checkout feeds orders."),
        ([("g", "t")], "g", "t2", "A group forwards to one topic, and billing forwards to orders."),
        ([("t", "g")], "g", "t", "billing reads orders: its events would go round for ever."),
        ([("g", "t")], "t", "g", "billing forwards to orders: its events would go round for ever."),
    ],
)
def test_why_not(pairs, source, target, sentence):
    assert why_not(document(*pairs), source, target) == sentence


def test_a_group_may_forward_and_have_dead_letters():
    assert why_not(document(("t", "g"), ("g", "t2")), "g", "d") == ""


def texts_of(*nodes, links=()):
    return [text for _, text in problems(FlowDocument(nodes, links))]


@pytest.mark.parametrize(
    ("node", "part"),
    [
        (Node("a", "topic", ""), "needs a name"),
        (Node("a", "topic", "a b"), "no topic name"),
        (Node("a", "topic", ".."), "no topic name"),
        (Node("a", "topic", "x" * 250), "no topic name"),
        (Node("a", "topic", "ok", params={"partitions": 0}), "Partitions can't be «0»"),
        (Node("a", "topic", "ok", params={"colour": 1}), "no setting «colour»"),
        (Node("a", "producer", "p", params={"template": '{"a": "{int 1}"}', "key": ""}), "«{int 1}» at line 1"),
        (Node("a", "producer", "p", params={"template": "{}", "key": "id"}), "no field «id»"),
        (Node("a", "group", "g", params={"filter": "value.x >"}), "at line 1, column 10"),
        (Node("a", "group", "g", params={"map": "nope + 1"}), "«nope», which is not there"),
        (Node("a", "producer", "p", params={"headers": '{"a": '}), "headers are not JSON"),
        (Node("a", "producer", "p", params={"headers": "[1]"}), 'headers must be an object. Write {"name": "text"}'),
        (Node("a", "producer", "p", params={"headers": '{"a": "\\ud83d"}'}), "half a character"),
        (Node("a", "group", "g", params={"member_process_ms": "2, soon"}), "«2, soon». Write numbers of ms"),
        (Node("a", "group", "g", params={"member_process_ms": "-1"}), "Write numbers of ms between commas"),
        (Node("a", "group", "g", params={"start": "offset"}), "offset «». Give a whole number from 0"),
        (Node("a", "group", "g", params={"start": "offset", "start_at": "9" * 30}), "Give a whole number from 0"),
        (Node("a", "group", "g", params={"start": "time", "start_at": "noon"}), "time «noon». Write it like 2026"),
        (Node("a", "file", "f"), "No file is chosen"),
        (Node("a", "file", "f", params={"path": "-"}), "keeps no spacing without a field for the time. Name the field"),
        (Node("a", "file", "f", params={"format": "lines", "time": "at"}), "has no field «at». Give a word's number"),
        (Node("a", "file", "f", params={"format": "lines", "key": "/(/"}), "no regular expression"),
        (Node("a", "file", "f", params={"format": "lines", "key": "0"}), "They count from 1"),
        (Node("a", "file", "f", params={"path": "/does/not/exist"}), "is not there"),
        (Node("a", "file", "f", params={"path": "/"}), "is a folder"),
        (Node("a", "group", "g"), "reads no topic yet"),
        (Node("a", "producer", "p"), "feeds no topic yet"),
        (Node("a", "topic", "t"), "Nothing writes to t"),
        (Node("a", "weird", "t"), "no kind of node «weird»"),
    ],
)
def test_a_problem_is_named(node, part):
    assert any(part in text for text in texts_of(node)), texts_of(node)


def test_settings_written_as_text_that_can_be_read_are_no_problem(tmp_path):
    log = tmp_path / "access.log"
    log.write_text("10.0.0.1 2026-11-23T14:00:00Z\n")
    nodes = [Node("p", "producer", "p", params={"headers": '{"source": "shop", "trace": null, "v": 4}'}),
             Node("f", "file", "f", params={"path": str(log), "format": "lines", "key": "1", "time": "/T(.*)Z/"}),
             Node("t", "topic", "t"),
             Node("g", "group", "g", params={"member_process_ms": "2,,6.7", "start": "offset", "start_at": "12"}),
             Node("h", "group", "h", params={"start": "time", "start_at": "2026-11-23T14:00:00Z"})]
    links = [Link("1", "p", "t"), Link("2", "f", "t"), Link("3", "t", "g"), Link("4", "t", "h")]
    assert texts_of(*nodes, links=links) == []


def test_names_are_one_of_a_role():
    found = problems(FlowDocument([Node("a", "topic", "orders"), Node("b", "dead_letters", "orders")]))
    assert ("b", "There are two topics called «orders».") in found
    assert not any("two" in text for text in texts_of(Node("a", "topic", "orders"), Node("b", "group", "orders")))


def test_events_that_may_come_back_are_a_warning():
    nodes = [Node("t", "topic", "a"), Node("g", "group", "x"), Node("t2", "topic", "b"), Node("g2", "group", "y")]
    links = [Link("1", "t", "g"), Link("2", "g", "t2"), Link("3", "t2", "g2"), Link("4", "g2", "t")]
    assert any("round for ever" in text for text in texts_of(*nodes, links=links))
    assert not any("round for ever" in text for text in texts_of(*nodes, links=links[:3]))
