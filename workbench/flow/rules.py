"""What may be linked, and what is wrong with a drawing, as sentences.

    producer, file --> topic, queue, exchange
    exchange --> queue, exchange (bindings, alternate)          queue --> queue, exchange (its dead letters)
    topic, queue, dead letters --> group, forward --> topic, queue, exchange (forwarding), dead letters (failed events)
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from workbench.core.errors import Invalid
from workbench.core.event_times import EventTimes
from workbench.core.schemas import named_version
from workbench.flow import queue_rules
from workbench.flow.document import FlowDocument, Node
from workbench.flow.expressions import Expression
from workbench.flow.file_settings import charset_of, delimiter_of, pointer_of
from workbench.flow.kinds import TOPICS, Kind, kind_of
from workbench.flow.settings import (
    SETTINGS,
    ConsumingSettings,
    FileSettings,
    ProducerSettings,
    SendingSettings,
    Settings,
    settings_or_reason,
)
from workbench.flow.template import check_template
from workbench.flow.topics import is_dead_letter_link
from workbench.flow.words import a, noun_of
from workbench.flow.written import field_of_line, read_routing_key, start_policy, times_by_member

_INSTEAD = {
    ("exchange", "topic"): "An exchange feeds queues, and {1} is a topic.",
    ("exchange", "group"): "A group reads from an exchange through a queue. Put one between.",
    ("producer", "store"): "A store is used by a group. Put a topic and a group between.",
    ("file", "store"): "A store is used by a group. Put a topic and a group between.",
    ("topic", "store"): "A store is used by a group. Put one between.",
    ("queue", "store"): "A store is used by a group. Put one between.",
    ("queue", "topic"): "The dead letters of a queue go to a queue or an exchange, and {1} is a topic.",
}
_TOPIC_NAME = re.compile(r"[A-Za-z0-9._-]{1,249}")


def why_not(document: FlowDocument, source_id: str, target_id: str) -> str:
    """Why the two can't be linked, as one sentence; empty when they can."""
    source, target = document.node(source_id), document.node(target_id)
    nouns = noun_of(source), noun_of(target)
    if source_id == target_id:
        return "A part cannot feed itself."
    for node in (source, target):
        if kind_of(node.kind).drawn_only:
            return f"A {node.kind} takes no links."
    if nouns[1] not in kind_of(source.kind).feeds:
        why = _INSTEAD.get(nouns, f"{a(nouns[0])} cannot feed {a(nouns[1]).lower()}.")
        return why.format(source.name, target.name)
    if any(node.id == target_id for node in document.targets_of(source_id)):
        return "These two are already linked."
    return _why_not_here(document, source, target)


def _why_not_here(document: FlowDocument, source: Node, target: Node) -> str:
    """Why parts that may be linked as such can't be linked here."""
    role = kind_of(source.kind).role
    if role == "producer":
        fed = next(iter(document.targets_of(source.id)), None)
        return f"A producer feeds one {noun_of(fed)}, and {source.name} feeds {fed.name}." if fed else ""
    if role == "group":
        return _why_not_forward(document, source, target)
    if kind_of(target.kind).role == "group":
        back = any(node.id == source.id for node in document.targets_of(target.id))
        return f"{target.name} forwards to {source.name}: its events would go round for ever." if back else ""
    return queue_rules.why_not(document, source, target)


def _why_not_forward(document: FlowDocument, group: Node, target: Node) -> str:
    sources = document.sources_of(group.id)
    if any(node.id == target.id for node in sources):
        return f"{group.name} reads {target.name}: its events would go round for ever."
    if target.kind == "dead_letters" and sources and all(node.kind == "queue" for node in sources):
        return f"{group.name} reads a queue, which has dead letters of its own. Link {sources[0].name} to a queue."
    same = next((node for node in document.targets_of(group.id) if _way(node) == _way(target)), None)
    if same is None:
        return ""
    if target.kind == "store":
        return f"{group.name} already writes to {same.name}."
    if target.kind == "dead_letters":
        return f"{group.name} already sends its failed events to {same.name}."
    return f"A group forwards to one {noun_of(same)}, and {group.name} forwards to {same.name}."


def _way(target: Node) -> str:
    """Where along a group's link leads: it has one of each."""
    return target.kind if target.kind in ("dead_letters", "store") else "forward"


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
    return [*found, *_rounds(document), *queue_rules.problems(document)]


def name_problem(kind: Kind, name: str) -> str:
    """Why a part of this kind can't have that name; empty when it can."""
    if kind.drawn_only:
        return ""
    if not name.strip():
        return f"{a(kind.role)} needs a name."
    if kind.role == "exchange":
        return queue_rules.exchange_name_problem(name)
    if kind.role == "topic" and (not _TOPIC_NAME.fullmatch(name) or name in (".", "..")):
        return f"«{name}» is no topic name: use letters, digits, dot, dash and underscore, up to 249."
    if len(name) > 249:
        return f"{a(kind.role)}'s name has at most 249 letters."
    return ""


def _name(node: Node, kind: Kind, taken: dict[tuple[str, str], str]) -> Iterator[str]:
    wrong = name_problem(kind, node.name)
    if wrong:
        yield wrong
    elif not kind.drawn_only and taken.setdefault((kind.role, node.name), node.id) != node.id:
        yield f"There are two {kind.role}s called «{node.name}»."


def _params(node: Node, kind: Kind) -> Iterator[str]:
    for name, value in node.params.items():
        try:
            kind.param(name).check(value)
        except Invalid as reason:
            yield reason.sentence()
    if node.kind not in SETTINGS:
        return
    settings, wrong = settings_or_reason(node, SETTINGS[node.kind])
    if wrong:
        return
    for check in _checks(kind, settings):
        try:
            check()
        except Invalid as reason:
            yield reason.sentence()
    if isinstance(settings, FileSettings):
        yield from _file(settings.path)
        if settings.path and settings.pace == "original" and not settings.time:
            yield f"{node.name} keeps no spacing without a field for the time. Name the field, or choose another pace."


def _checks(kind: Kind, settings: Settings) -> Iterator[Callable[[], object]]:
    """What raises ``Invalid`` when a setting written as text can't be read."""
    if isinstance(settings, SendingSettings):
        yield partial(read_routing_key, settings.routing_key)
    match settings:
        case ProducerSettings():
            yield partial(check_template, settings.template, settings.key, settings.headers)
        case FileSettings():
            yield partial(charset_of, settings.charset)
            yield partial(delimiter_of, settings.delimiter)
            yield partial(pointer_of, settings.pointer)
            yield partial(EventTimes, settings.time_format, lambda: 0)
            if settings.format == "lines":
                yield partial(field_of_line, settings.key)
                yield partial(field_of_line, settings.time)
        case ConsumingSettings():
            yield partial(times_by_member, settings.member_process_ms)
            yield partial(start_policy, settings.start, settings.start_at)
            yield partial(read_routing_key, settings.routing_key)
            yield partial(named_version, settings.reader_schema)
            expressions = {"fail_if": settings.fail_if, "filter": settings.filter, "map": settings.map,
                           "map_key": settings.map_key}
            yield from (partial(Expression, text, kind.param(name).label, settings.more_names)
                        for name, text in expressions.items() if text.strip())


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
    elif node.kind == "forward" and all(_way(t) != "forward" for t in document.targets_of(node.id)):
        yield f"{node.name} forwards to no topic yet."
    elif kind.role == "store" and not document.sources_of(node.id):
        yield f"Nothing writes to {node.name} yet."
    elif node.kind in ("topic", "queue") and not document.links_of(node.id):
        yield f"Nothing writes to {node.name} or reads it yet."


def _rounds(document: FlowDocument) -> Iterator[tuple[str, str]]:
    """A warning for each topic whose events can come back to it through forwarding groups."""
    after: dict[str, set[str]] = defaultdict(set)
    for link in document.links:
        if not is_dead_letter_link(document, link):
            after[link.source].add(link.target)
    for topic in document.of_kind(*TOPICS):
        seen, todo = set(), list(after[topic.id])
        while todo:
            node_id = todo.pop()
            if node_id not in seen:
                seen.add(node_id)
                todo += after[node_id]
        if topic.id in seen:
            yield topic.id, f"Events of {topic.name} can come back to it: they may go round for ever."
