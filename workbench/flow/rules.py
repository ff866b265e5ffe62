"""What may be linked, and what is wrong with a drawing, as sentences.

    producer, file --> topic, dead letters --> group, forward --> topic (forwarding), dead letters (failed events)
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from workbench.core.errors import Invalid
from workbench.flow.document import FlowDocument, Node
from workbench.flow.expressions import Expression
from workbench.flow.kinds import Kind, kind_of
from workbench.flow.template import check_template
from workbench.flow.written import field_of_line, read_headers, start_policy, times_by_member

_FEEDS = {("producer", "topic"), ("topic", "group"), ("group", "topic")}
_TOPIC_NAME = re.compile(r"[A-Za-z0-9._-]{1,249}")
_EXPRESSIONS = ("filter", "map", "map_key")


def why_not(document: FlowDocument, source_id: str, target_id: str) -> str:
    """Why the two can't be linked, as one sentence; empty when they can."""
    source, target = document.node(source_id), document.node(target_id)
    roles = kind_of(source.kind).role, kind_of(target.kind).role
    if source_id == target_id:
        return "A part cannot feed itself."
    for node, role in ((source, roles[0]), (target, roles[1])):
        if role == "drawing":
            return f"A {node.kind} takes no links."
    if roles not in _FEEDS:
        return f"A {_noun(source)} cannot feed a {_noun(target)}."
    if any(node.id == target_id for node in document.targets_of(source_id)):
        return "These two are already linked."
    if roles[0] == "producer":
        fed = next(iter(document.targets_of(source_id)), None)
        return f"A producer feeds one topic, and {source.name} feeds {fed.name}." if fed else ""
    if roles[0] == "topic":
        back = any(node.id == source_id for node in document.targets_of(target_id))
        return f"{target.name} forwards to {source.name}: its events would go round for ever." if back else ""
    return _why_not_forward(document, source, target)


def _why_not_forward(document: FlowDocument, group: Node, topic: Node) -> str:
    if any(node.id == topic.id for node in document.sources_of(group.id)):
        return f"{group.name} reads {topic.name}: its events would go round for ever."
    same = next((node for node in document.targets_of(group.id) if node.kind == topic.kind), None)
    if same is None:
        return ""
    if topic.kind == "dead_letters":
        return f"{group.name} already sends its failed events to {same.name}."
    return f"A group forwards to one topic, and {group.name} forwards to {same.name}."


def _noun(node: Node) -> str:
    return "file" if node.kind == "file" else kind_of(node.kind).role


def problems(document: FlowDocument) -> list[tuple[str, str]]:
    """Everything wrong or unfinished, as (node id, sentence), in the order of the drawing."""
    found: list[tuple[str, str]] = []
    taken: dict[tuple[str, str], str] = {}
    for node in document.nodes:
        try:
            kind = kind_of(node.kind)
        except Invalid as reason:
            found.append((node.id, reason.sentence()))
            continue
        texts = [*_name(node, kind, taken), *_params(node, kind), *_unlinked(document, node, kind)]
        found += [(node.id, text) for text in texts]
    found += _rounds(document)
    return found


def name_problem(kind: Kind, name: str) -> str:
    """Why a part of this kind can't have that name; empty when it can."""
    if kind.role == "drawing":
        return ""
    if not name.strip():
        return f"A {kind.role} needs a name."
    if kind.role == "topic" and (not _TOPIC_NAME.fullmatch(name) or name in (".", "..")):
        return f"«{name}» is no topic name: use letters, digits, dot, dash and underscore, up to 249."
    if len(name) > 249:
        return f"A {kind.role}'s name has at most 249 letters."
    return ""


def _name(node: Node, kind: Kind, taken: dict[tuple[str, str], str]) -> Iterator[str]:
    wrong = name_problem(kind, node.name)
    if wrong:
        yield wrong
    elif kind.role != "drawing" and taken.setdefault((kind.role, node.name), node.id) != node.id:
        yield f"There are two {kind.role}s called «{node.name}»."


def _params(node: Node, kind: Kind) -> Iterator[str]:
    for name, value in node.params.items():
        try:
            kind.param(name).check(value)
        except Invalid as reason:
            yield reason.sentence()
    try:
        values = kind.complete(node.params)
    except Invalid:
        return
    for check in _checks(node, kind, values):
        try:
            check()
        except Invalid as reason:
            yield reason.sentence()
    if node.kind == "file":
        yield from _file(values["path"])
        if values["path"] and values["pace"] == "original" and not values["time"]:
            yield f"{node.name} keeps no spacing without a field for the time. Name the field, or choose another pace."


def _checks(node: Node, kind: Kind, values: dict[str, Any]) -> Iterator[Callable[[], object]]:
    """What raises ``Invalid`` when a setting written as text can't be read."""
    if node.kind == "producer":
        yield partial(check_template, values["template"], values["key"])
        yield partial(read_headers, values["headers"])
    elif node.kind == "file" and values["format"] == "lines":
        yield partial(field_of_line, values["key"])
        yield partial(field_of_line, values["time"])
    elif kind.role == "group":
        yield partial(times_by_member, values["member_process_ms"])
        yield partial(start_policy, values["start"], values["start_at"])
        written = (name for name in _EXPRESSIONS if values[name].strip())
        yield from (partial(Expression, values[name], kind.param(name).label) for name in written)


def _file(path: str) -> Iterator[str]:
    if not path:
        yield "No file is chosen."
    elif path != "-" and not Path(path).expanduser().exists():
        yield f"The file {path} is not there."
    elif path != "-" and Path(path).expanduser().is_dir():
        yield f"{path} is a folder, not a file."


def _unlinked(document: FlowDocument, node: Node, kind: Kind) -> Iterator[str]:
    if kind.role == "producer" and not document.targets_of(node.id):
        yield f"{node.name} feeds no topic yet."
    elif kind.role == "group" and not document.sources_of(node.id):
        yield f"{node.name} reads no topic yet."
    elif node.kind == "forward" and not any(t.kind == "topic" for t in document.targets_of(node.id)):
        yield f"{node.name} forwards to no topic yet."
    elif node.kind == "topic" and not document.links_of(node.id):
        yield f"Nothing writes to {node.name} or reads it yet."


def _rounds(document: FlowDocument) -> Iterator[tuple[str, str]]:
    """A warning for each topic whose events can come back to it through forwarding groups."""
    after: dict[str, set[str]] = defaultdict(set)
    for link in document.links:
        after[link.source].add(link.target)
    for topic in document.of_kind("topic", "dead_letters"):
        seen, todo = set(), list(after[topic.id])
        while todo:
            node_id = todo.pop()
            if node_id not in seen:
                seen.add(node_id)
                todo += after[node_id]
        if topic.id in seen:
            yield topic.id, f"Events of {topic.name} can come back to it: they may go round for ever."
