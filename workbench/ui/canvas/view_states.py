"""What a node or a link shows, as plain values made from the drawing and a snapshot.

The items paint a look and know nothing of snapshots; a look that did not change repaints nothing. The snapshot may be
the live one or one of the past: the same rules make both. Pure functions.
"""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QCoreApplication

from workbench.core.health import WARN_AT, Condition, Health
from workbench.core.snapshot import (
    GroupStat,
    LinkStat,
    MemberStat,
    PartState,
    ProducerStat,
    QueueStat,
    RunState,
    Snapshot,
    TopicStat,
)
from workbench.flow.document import FlowDocument, Link, Node
from workbench.flow.kinds import GROUPS, KINDS
from workbench.flow.routing import is_alternate_link
from workbench.ui.canvas.queue_view_states import (
    is_dead_letter_link,
    link_words,
    members_by_lease,
    queues_read,
    waiting_of,
)
from workbench.ui.canvas.view_values import Level, LinkViewState, NodeViewState, Pill
from workbench.ui.models.health import health_of, threshold_of_node
from workbench.ui.models.outside import clients_of
from workbench.ui.theme import words

PILLS_SHOWN = 4
_IN_HALF = 11  # letters that have room in a pill of half a node
GAUGE_STEPS = 60


def _tr(text: str) -> str:
    return QCoreApplication.translate("canvas", text)


# -- producers ---------------------------------------------------------------------------------------------
def producer_view_state(node: Node, snapshot: Snapshot, document: FlowDocument) -> NodeViewState:
    stat = snapshot.producer(node.id)
    what = _tr("file") if node.kind == "file" else _tr("generator")
    if document.has_node(node.id) and not document.targets_of(node.id):
        return NodeViewState(subtitle=_tr("not linked yet"), idle=True, gauge=0.0)
    if stat is None:
        return NodeViewState(subtitle=what, idle=True, gauge=0.0)
    return NodeViewState(
        subtitle=_producer_words(node, what, stat, snapshot),
        idle=stat.state in (PartState.IDLE, PartState.DONE),
        paused=stat.state == PartState.PAUSED or snapshot.run == RunState.PAUSED,
        failed=(stat.reason or _tr("stopped")) if stat.state == PartState.FAILED else "",
        gauge=gauge_of(stat),
    )


def _producer_words(node: Node, what: str, stat: ProducerStat, snapshot: Snapshot) -> str:
    if stat.state == PartState.FAILED:
        return _tr("stopped")
    if stat.state == PartState.PAUSED:
        return f"{what} · {_tr('paused')}"
    if stat.state == PartState.DONE:
        return f"{what} · {_tr('played')}" if node.kind == "file" else f"{what} · {_tr('done')}"
    if stat.state == PartState.IDLE:
        return what
    if not stat.measured:
        return f"{what} · {_tr('running')}"
    pace = KINDS["file"].value(node.params, "speed") if node.kind == "file" else 1.0
    said = f"{what} · {words.rate(stat.rate)}"
    return _tr("{0} at {1}×").format(said, f"{pace:g}") if node.kind == "file" and pace == 1.0 else said


def gauge_of(stat: ProducerStat) -> float:
    """How full the batch is, by time or by size; a file without a batch shows how far it is."""
    batch = stat.batch
    if batch is None:
        return _in_steps(stat.progress or 0.0)
    by_age = batch.age_ms / batch.linger_ms if batch.linger_ms > 0 else 0.0
    by_size = batch.bytes / batch.max_bytes if batch.max_bytes > 0 else 0.0
    return _in_steps(max(by_age, by_size))


def _in_steps(share: float) -> float:
    """In steps as fine as a gauge's pixels, so that what can't be seen repaints nothing."""
    return min(1.0, round(share * GAUGE_STEPS) / GAUGE_STEPS)


# -- topics ------------------------------------------------------------------------------------------------
def _shares(stat: TopicStat) -> tuple[float, ...]:
    kept = [p.end - p.log_start for p in stat.partitions]
    most = max(kept, default=0)
    return tuple(records / most if most else 0.0 for records in kept)


def _nothing_kept(snapshot: Snapshot) -> str:
    """Before the first state is read nobody knows."""
    return _tr("empty") if snapshot.at_ms else ""


def topic_view_state(node: Node, snapshot: Snapshot, document: FlowDocument) -> NodeViewState:
    stat = snapshot.topic(node.name)
    drawn = KINDS["topic"].value(node.params, "partitions") if node.kind == "topic" else 1
    partitions = len(stat.partitions) if stat else drawn
    said = words.plural(partitions, "partition", "partitions")
    if stat is None or not stat.records:
        rate = words.rate(stat.rate_in) if stat and stat.rate_in else ""
        return NodeViewState(subtitle=said, figure=rate, foot=_nothing_kept(snapshot),
                             cells=(0.85,) * partitions, idle=True)
    return NodeViewState(
        subtitle=said,
        figure=words.rate(stat.rate_in) if stat.rate_in else "",
        foot=_tr("{0} kept").format(words.count(stat.records)),
        cells=_shares(stat),
    )


def dead_letters_view_state(node: Node, snapshot: Snapshot, document: FlowDocument) -> NodeViewState:
    stat = snapshot.topic(node.name)
    records = stat.records if stat else 0
    return NodeViewState(subtitle=words.plural(records, "record", "records"), idle=not records)


# -- groups ------------------------------------------------------------------------------------------------
def group_view_state(node: Node, snapshot: Snapshot, document: FlowDocument) -> NodeViewState:
    stat, queues = snapshot.group(node.name), queues_read(document, node, snapshot)
    members = stat.members if stat is not None and stat.members else members_by_lease(queues, node)
    if document.has_node(node.id) and not document.sources_of(node.id) and all(m.node_id == node.id for m in members):
        return _not_linked(node)
    if stat is None:
        waiting, oldest_ms = waiting_of(queues)
        stat = GroupStat(node.name, "Stable", waiting=waiting, oldest_ms=oldest_ms)
        if not members:
            return _not_started(node, known=bool(snapshot.at_ms))
    if not members and snapshot.run is RunState.STOPPED and document.has_node(node.id):
        return _stopped(node, stat, queues)
    alive = [m for m in members if m.state != PartState.KILLED]
    broken = next((m for m in members if m.state == PartState.FAILED), None)
    stat = stat if members == stat.members else replace(stat, members=members, health=None)
    health = health_of(stat, node, snapshot.run)
    return NodeViewState(
        subtitle=_group_words(stat, alive),
        idle=not members,
        paused=stat.paused or snapshot.run == RunState.PAUSED,
        failed=(broken.reason or _tr("{0} failed").format(broken.name)) if broken else "",
        ring=min(1.0, health.share),
        level=health.lag,
        is_still=health.is_still,
        lag=_behind(stat, health, queues),
        trend=0 if stat.paused or abs(stat.trend) < 1 else (1 if stat.trend > 0 else -1),
        pills=_pills(members, node.name),
        generation=stat.generation,
    )


def _not_started(node: Node, known: bool) -> NodeViewState:
    """The members as they are drawn. What waits in its queues is told there: nobody is behind yet. Not ``known``: no
    state was read yet."""
    members = KINDS[node.kind].value(node.params, "members")
    return NodeViewState(subtitle=words.plural(members, "member", "members"), lag=_tr("not started") if known else "",
                    ring=0.0, idle=True, pills=_drawn_pills(members))


def _stopped(node: Node, stat: GroupStat, queues: list[QueueStat]) -> NodeViewState:
    """The members as they are drawn, and how far behind they were when the flow stopped."""
    members, health = KINDS[node.kind].value(node.params, "members"), health_of(stat, node, RunState.STOPPED)
    said = words.plural(members, "member", "members")
    return NodeViewState(subtitle=f"{said} · {_tr('stopped')}", lag=_behind(stat, health, queues), level=health.lag,
                    is_still=health.is_still, ring=min(1.0, health.share), idle=True, pills=_drawn_pills(members))


def _group_words(stat: GroupStat, alive: list[MemberStat]) -> str:
    """How many read, or that nobody does; that it was paused."""
    if stat.members and not alive:
        return _tr("nobody reads")
    said = words.plural(len(alive), "member", "members")
    return f"{said} · {_tr('paused') if stat.paused else words.rate(stat.rate or _rate_of(alive))}"


def _not_linked(node: Node) -> NodeViewState:
    """Nothing is wrong with a group that nobody linked yet: it waits for a link."""
    members = KINDS[node.kind].value(node.params, "members")
    return NodeViewState(subtitle=words.plural(members, "member", "members"), lag=_tr("not linked yet"), ring=0.0,
                         idle=True, pills=_drawn_pills(members))


def _rate_of(members: list[MemberStat]) -> float:
    return sum(member.rate for member in members)


def _behind(stat: GroupStat, health: Health, queues: list[QueueStat]) -> str:
    """In words: the lag of what is read by offset, or what waits in queues."""
    calm = health.lag == Level.OK and health.condition is Condition.FINE  # where there is room for its age
    if not queues:
        return words.behind(stat.lag_records, stat.lag_ms if calm and stat.lag_records < 10_000 else None)
    said = _tr("{0} waiting").format(words.count(stat.lag_records))
    short = calm and stat.oldest_ms is not None
    return f"{said} · {words.duration(stat.oldest_ms or 0, narrow=True)}" if short else said


def client_view_state(node: Node, snapshot: Snapshot, document: FlowDocument) -> NodeViewState:
    clients = clients_of(node.id, snapshot)
    if clients:
        rate = sum(c.rate_in if node.kind == "writer" else c.rate_out for c in clients)
        return NodeViewState(subtitle=f"{clients[0].software or _tr('a program')} · {words.rate(rate)}")
    stat = snapshot.group(node.name)
    if stat is None:
        return NodeViewState(subtitle=_tr("not connected"), ring=0.0, idle=True)
    health = health_of(stat, None, snapshot.run)
    clients = words.plural(len(stat.members), "client", "clients")
    said = f"{clients} · {words.behind(stat.lag_records)}"
    return NodeViewState(subtitle=said, ring=min(1.0, health.share), level=health.lag,
                         is_still=health.is_still)


def member_label(name: str) -> str:
    """The short form of a member's name: the number at its end, or the name."""
    tail = name.rpartition("-")[2]
    return tail if tail.isdigit() else name


def _drawn_pills(members: int) -> tuple[Pill, ...]:
    if members > PILLS_SHOWN:
        return (Pill(words.plural(members, "member", "members"), "line_strong"),)
    return tuple(Pill(str(number), "line_strong") for number in range(1, members + 1))


def _pills(members: tuple[MemberStat, ...], group: str = "") -> tuple[Pill, ...]:
    if [member.name for member in members] == [group] and members[0].state is PartState.FAILED:
        return (Pill(_tr("could not start"), "failed", Level.BAD),)  # the group itself: it has no members then
    if len(members) <= PILLS_SHOWN:
        return tuple(_pill(member, len(members), at) for at, member in enumerate(members, 1))
    worst = max(members, key=lambda m: (m.state in (PartState.KILLED, PartState.FAILED), m.slow, m.lag_records))
    return Pill(_tr("{0} in all").format(len(members))), _pill(worst, 2)


def _pill(member: MemberStat, of: int, at: int = 0) -> Pill:
    """``at`` is its place, which stands for a name from outside where there is no room for that."""
    label = member_label(member.name)
    if at and of > 2 and not member.node_id and not label.isdecimal():
        label = str(at)
    match member.state:
        case PartState.KILLED:
            return Pill(_tr("{0} killed").format(label), "kill", Level.BAD)
        case PartState.FAILED:
            return Pill(_tr("{0} failed").format(label), "failed", Level.BAD)
        case PartState.PAUSED:
            return Pill(label, "pause")
        case PartState.JOINING:
            return Pill(_tr("{0} joins").format(label) if of <= 2 else label, "line_strong")
    if of == 1 and member.slow and member.process_ms:
        return Pill(_tr("{0} · {1:.3g} ms an event").format(label, member.process_ms), "slow", Level.WARN)
    text = f"{label} · {words.rate(member.rate)}" if of <= 2 else label
    if of == 2 and len(text) > _IN_HALF:
        text = label  # a rate is never cut; the panel has it
    return Pill(text, "slow", Level.WARN) if member.slow else Pill(text)


# -- links -------------------------------------------------------------------------------------------------
def link_view_state(document: FlowDocument, link: Link, snapshot: Snapshot, told: LinkStat | None) -> LinkViewState:
    """What waits behind a link is its reader's lag, the very number that stands at the reader; the runner is only asked
    where nobody counts it yet."""
    source, target = document.node(link.source), document.node(link.target)
    waiting, threshold, level = _waiting(source, target, snapshot) or (
        (told.waiting, told.threshold, Level.OK) if told else (0, 1, Level.OK))
    share = waiting / threshold if threshold > 0 else 0.0
    key, worded = link_words(document, link)
    return LinkViewState(
        waiting=min(1.0, share),
        label=_tr("{0} waiting").format(words.count(waiting)) if share >= WARN_AT else "",
        level=level,
        dead_letters=is_dead_letter_link(document, link),
        rate=told.rate if told else 0.0,
        key=key,
        worded=worded,
        alternate=is_alternate_link(document, link),
    )


def _waiting(source: Node, target: Node, snapshot: Snapshot) -> tuple[int, int, Level] | None:
    """(what waits, from where on that is too much, its level); None where nobody counts it."""
    if target.kind not in GROUPS:
        return 0, 1, Level.OK
    limit, group = threshold_of_node(target).records, snapshot.group(target.name)
    level = Level.OK if group is None else health_of(group, target, snapshot.run).lag
    queue = snapshot.queue(source.name) if source.kind == "queue" else None
    if queue is not None:
        return queue.counts.ready, limit, level
    if group is None or not group.partitions:
        return None
    return sum(p.lag_records for p in group.partitions if p.topic == source.name), limit, level
