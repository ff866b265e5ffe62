"""Bad drawings are refused with a sentence that says where."""

import json

import pytest

from workbench.core.errors import Invalid, TooNew
from workbench.flow import codec
from workbench.flow.document import FlowDocument, Node

GOOD = {
    "workbench.flow": 1,
    "nodes": [{"id": "a", "kind": "topic", "name": "orders"}, {"id": "b", "kind": "group", "name": "x"}],
    "links": [{"id": "l", "source": "a", "target": "b"}],
}


def changed(**more):
    return json.dumps(GOOD | more)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "line 1, column 1"),
        ('{\n "workbench.flow": 1,\n nodes: []}', "line 3, column 2"),
        ("[]", "no drawing of the workbench"),
        ("{}", "no drawing of the workbench"),
        ('{"workbench.flow": NaN}', "NaN"),
        (changed(nodes=5), "nodes must be a list"),
        (changed(nodes=[5]), "node 1: an object is needed"),
        (changed(nodes=[{"kind": "topic"}]), "node 1, id must be a text"),
        (changed(nodes=[{"id": "a", "kind": "tpic"}]), "no kind of node «tpic»"),
        (changed(nodes=[{"id": "a", "kind": "topic", "x": "far"}]), "node 1 (a), x must be a number"),
        (changed(nodes=[{"id": "a", "kind": "topic", "z": 1}]), "no field «z»"),
        (changed(nodes=[{"id": "a", "kind": "topic", "params": {"p": None}}]), "params.p"),
        (changed(nodes=GOOD["nodes"][:1] * 2), "«a» is there twice"),
        (changed(nodes=GOOD["nodes"][:1]), "ends at «b», which is not there"),
        (changed(links=[*GOOD["links"], {"id": "m", "source": "a", "target": "b"}]), "already linked"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_what_cannot_be_taken_is_said_with_its_place(text, part):
    with pytest.raises(Invalid) as caught:
        codec.loads(text)
    assert part in caught.value.sentence()


def test_a_newer_drawing_is_refused():
    with pytest.raises(TooNew, match="version 3"):
        codec.loads(changed(**{"workbench.flow": 3}))


def test_several_lines_of_text_are_a_list_of_lines():
    document = FlowDocument([Node("p", "producer", "p", params={"template": "{\n}\n"})])
    text = codec.dumps(document)
    assert json.loads(text)["nodes"][0]["params"]["template"] == ["{", "}", ""]
    assert codec.loads(text).node("p").params == {"template": "{\n}\n"}


