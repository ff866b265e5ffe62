"""Whatever is drawn: edits undo exactly, the text form keeps everything, tidying never overlaps."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.flow import clipboard, codec
from workbench.flow.arrange import arrange, size_of
from workbench.flow.document import FlowDocument, Link, Node
from workbench.flow.edits import (
    AddLink,
    AddNode,
    Composite,
    MoveNodes,
    RemoveLink,
    RemoveNode,
    RenameNode,
    ResizeNode,
    SetParams,
)
from workbench.flow.kinds import KINDS

KIND_NAMES = sorted(KINDS)
numbers = st.floats(-1e6, 1e6, allow_nan=False)
values = st.one_of(st.text(max_size=30), st.booleans(), st.integers(-(10**15), 10**15), numbers)
params = st.dictionaries(st.text(min_size=1, max_size=8), values, max_size=4)


@st.composite
def documents(draw):
    count = draw(st.integers(0, 9))
    nodes = [
        Node(f"n{i}", draw(st.sampled_from(KIND_NAMES)), draw(st.text(max_size=12)), draw(numbers), draw(numbers),
             params=draw(params))
        for i in range(count)
    ]
    pairs = draw(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=14, unique=True))
    links = [Link(f"l{a}-{b}", f"n{a}", f"n{b}", {}) for a, b in pairs if a < count and b < count]
    return FlowDocument(nodes, links, draw(st.text(max_size=12)))


def content(document):
    return {n.id: n for n in document.nodes}, {li.id: li for li in document.links}, document.title


@st.composite
def edits(draw, document):
    ids = [n.id for n in document.nodes]
    options = ["add"] + (["move", "rename", "resize", "params", "remove", "link"] if ids else [])
    options += ["unlink", "many"] if document.links else []
    act = draw(st.sampled_from(options))
    some = draw(st.sampled_from(ids)) if ids else ""
    if act == "add":
        return AddNode(Node(document.fresh_id("new"), draw(st.sampled_from(KIND_NAMES)), draw(st.text(max_size=5))))
    if act == "move":
        return MoveNodes({node_id: (draw(numbers), draw(numbers)) for node_id in draw(st.sets(st.sampled_from(ids)))})
    if act == "rename":
        return RenameNode(some, draw(st.text(max_size=5)))
    if act == "resize":
        return ResizeNode(some, draw(numbers), draw(numbers))
    if act == "params":
        return SetParams(some, draw(params))
    if act == "remove":
        return RemoveNode(some)
    if act == "unlink":
        return RemoveLink(draw(st.sampled_from([li.id for li in document.links])))
    if act == "many":
        return Composite("Delete", (RemoveLink(document.links[0].id), RenameNode(some, "x")))
    other = draw(st.sampled_from(ids))
    if any((li.source, li.target) == (some, other) for li in document.links):
        return MoveNodes({})
    return AddLink(Link(document.fresh_id("link"), some, other))


@given(st.data())
def test_any_edits_all_undone_give_the_same_drawing(data):
    document = data.draw(documents())
    before = content(document)
    undo = []
    for _ in range(data.draw(st.integers(1, 12))):
        undo.append(data.draw(edits(document)).apply(document))
    after = content(document)
    redo = [inverse.apply(document) for inverse in reversed(undo)]
    assert content(document) == before
    for again in reversed(redo):
        again.apply(document)
    assert content(document) == after


@given(documents())
def test_the_text_form_keeps_everything_and_is_stable(document):
    text = codec.dumps(document)
    back = codec.loads(text)
    assert content(back) == content(document)
    shuffled = FlowDocument(reversed(document.nodes), reversed(document.links), document.title)
    assert codec.dumps(shuffled) == text == codec.dumps(back)


@settings(max_examples=150)
@given(documents())
def test_tidying_never_overlaps_and_leaves_notes_and_frames(document):
    positions = arrange(document)
    assert set(positions) == {n.id for n in document.nodes if KINDS[n.kind].role != "drawing"}
    boxes = [(x, y, *size_of(document.node(node_id))) for node_id, (x, y) in positions.items()]
    for i, (x, y, w, h) in enumerate(boxes):
        for x2, y2, w2, h2 in boxes[i + 1 :]:
            assert x + w <= x2 or x2 + w2 <= x or y + h <= y2 or y2 + h2 <= y
    assert arrange(document) == positions


@given(documents())
def test_pasting_what_was_copied_adds_as_many_parts_with_fresh_ids(document):
    chosen = [n.id for n in document.nodes][:5]
    edit, added = clipboard.paste(document, clipboard.copy(document, chosen))
    before = content(document)
    undo = edit.apply(document)
    assert len(added) == len(chosen) and not set(added) & set(before[0])
    inner = [li for li in before[1].values() if li.source in chosen and li.target in chosen]
    assert len(document.links) == len(before[1]) + len(inner)
    for old, new in zip(chosen, added, strict=True):
        source, copied = document.node(old), document.node(new)
        assert replace(copied, id=old, name=source.name, x=source.x, y=source.y) == source
    undo.apply(document)
    assert content(document) == before
