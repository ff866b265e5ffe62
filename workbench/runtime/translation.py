"""What becomes of a drawing on another system: what is made there, what runs, and what is left out and why.

A drawing is asked for what the system lacks (``AttachedEngine.lacks``); parts that stand on that are taken out, with
what only leads there, so that the rest runs as it is. Pure; the drawing itself stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from workbench.core.errors import Invalid
from workbench.engines.attached_engine import AttachedEngine
from workbench.engines.base import EngineTopic
from workbench.flow.document import FlowDocument, Link, Node
from workbench.flow.kinds import GROUPS, PRODUCERS, TOPICS
from workbench.flow.queue_rules import reads_by_leases
from workbench.flow.settings import ConsumingSettings, settings_or_reason
from workbench.flow.topics import drawn_topic, topic_nodes

Lacks = Callable[[str], str]
_NEEDS = {"queue": "lease", "exchange": "exchange", "store": "store"}
"""What a system must have for a node of that kind."""


@dataclass(frozen=True, slots=True)
class Translation:
    """``document`` is what runs there. ``calls`` are made before it starts, in order; ``runs`` and ``left_out`` are
    pairs of a part and what becomes of it."""

    document: FlowDocument
    calls: tuple[str, ...]
    runs: tuple[tuple[str, str], ...]
    left_out: tuple[tuple[str, str], ...]

    @property
    def works(self) -> bool:
        """Whether anything sends or reads there."""
        return any(True for _ in self.document.of_kind(*PRODUCERS, *GROUPS))


def translate(document: FlowDocument, engine: AttachedEngine, there: Sequence[EngineTopic]) -> Translation:
    """``there`` are the topics that the system has now: they stay as they are."""
    kept, left_out = _without(document, engine.lacks)
    known = {topic.name: topic for topic in there}
    calls: list[str] = []
    runs: list[tuple[str, str]] = []
    for node in topic_nodes(kept):
        _topic(kept, node, engine, known, calls, runs, left_out)
    for node in kept.of_kind(*PRODUCERS):
        to = [target.name for target in kept.targets_of(node.id)]
        if to:
            runs.append((f"producer {node.name}", f"writes to {', '.join(to)}"))
    for node in kept.of_kind(*GROUPS):
        runs += _group(kept, node)
        settings, _ = settings_or_reason(node, ConsumingSettings)
        if why := engine.lacks(settings.assignor):
            left_out.append((f"group {node.name}", why))
        if settings.reader_schema.strip():
            left_out.append((f"group {node.name}", "Its reader schema is not found there: schemas of an attached system"
                             " are not read yet, so every value fails. Empty «Read by schema» for this run."))
    return Translation(kept, tuple(calls), tuple(runs), tuple(left_out))


def _topic(document: FlowDocument, node: Node, engine: AttachedEngine, known: Mapping[str, EngineTopic],
           calls: list[str], runs: list[tuple[str, str]], left_out: list[tuple[str, str]]) -> None:
    try:
        drawn = drawn_topic(document, node)
    except Invalid as reason:
        left_out.append((f"{node.kind} {node.name}", reason.sentence()))
        return
    what = f"{drawn.kind if drawn.kind == 'queue' else 'topic'} {drawn.name}"
    wanted = EngineTopic(drawn.name, drawn.kind, drawn.partitions, drawn.config)
    left_out += [(what, sentence) for sentence in engine.left_out(wanted)]
    if (there := known.get(drawn.name)) is None:
        calls.append(engine.call_for(wanted))
        runs.append((what, "is made"))
        return
    runs.append((what, "is there already and stays as it is"))
    if there.partitions != drawn.partitions:
        left_out.append((what, f"It has {there.partitions:,} partitions there, {drawn.partitions:,} in the drawing."))


def _group(document: FlowDocument, node: Node) -> list[tuple[str, str]]:
    settings, broken = settings_or_reason(node, ConsumingSettings)
    reads = [source.name for source in document.sources_of(node.id)]
    if broken or not reads:
        return []
    members = f"{settings.members:,} member{'' if settings.members == 1 else 's'}"
    passes = [target.name for target in document.targets_of(node.id)]
    return [(f"group {node.name}", f"{members} read {', '.join(reads)}"
             + (f" and write to {', '.join(passes)}" if passes else ""))]


def _without(document: FlowDocument, lacks: Lacks) -> tuple[FlowDocument, list[tuple[str, str]]]:
    """The drawing without what the system lacks, and what went."""
    gone: dict[str, str] = {}
    told: list[tuple[str, str]] = []
    for node in document.nodes:
        why = lacks(_NEEDS[node.kind]) if node.kind in _NEEDS else ""
        if not why and node.kind in GROUPS and reads_by_leases(node, document.sources_of(node.id)):
            why = lacks("lease")
        if why:
            gone[node.id] = node.name
            told.append((f"{node.kind} {node.name}", why))
    links = [link for link in document.links if link.source not in gone and link.target not in gone]
    kept_ids = {link.id for link in links}
    for node in document.nodes:
        lost = [link for link in document.links_of(node.id) if link.id not in kept_ids]
        if node.id not in gone and lost and node.kind in (*PRODUCERS, *GROUPS):
            sentence, leaves = _without_ends(document, node, lost, links)
            told.append((f"{'group' if node.kind in GROUPS else 'producer'} {node.name}", sentence))
            if leaves:
                gone[node.id] = node.name
    links = [link for link in links if link.source not in gone and link.target not in gone]
    return FlowDocument([node for node in document.nodes if node.id not in gone], links, document.title), told


def _without_ends(document: FlowDocument, node: Node, lost: Sequence[Link], kept: Sequence[Link]) -> tuple[str, bool]:
    """What a part does without the links that go; and whether nothing is left to do."""
    to = ", ".join(document.node(link.target).name for link in lost if link.source == node.id)
    reads = ", ".join(document.node(link.source).name for link in lost if link.target == node.id)
    if node.kind in PRODUCERS:
        return f"It does not run: {to} is left out.", True
    if not any(link.target == node.id and document.node(link.source).kind in TOPICS for link in kept):
        return f"It does not run: {reads} is left out.", True
    dropped = [*([f"it does not read {reads}"] if reads else []), *([f"it writes nothing to {to}"] if to else [])]
    return f"It runs, but {' and '.join(dropped)}.", False
