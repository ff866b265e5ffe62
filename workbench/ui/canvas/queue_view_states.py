"""What queues, exchanges and the links at them show, and how much waits for a group that reads queues. Pure."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from workbench.core.errors import Invalid
from workbench.core.queues import SUBSCRIPTION_MARK
from workbench.core.snapshot import ExchangeStat, MemberStat, PartState, QueueConsumerStat, QueueStat, Snapshot
from workbench.flow.document import FlowDocument, Link, Node
from workbench.flow.kinds import GROUPS
from workbench.flow.routing import binding_links, is_alternate_link
from workbench.flow.topics import is_dead_letter_link as is_queues_dead_letter_link
from workbench.flow.written import Arguments, read_arguments, read_keys
from workbench.ui.canvas.view_values import Held, NodeViewState
from workbench.ui.theme import words

PROFILE_NAMES = {"kafka": "Kafka", "pulsar": "Pulsar", "kinesis": "Kinesis", "rabbitmq": "RabbitMQ",
                 "activemq": "ActiveMQ", "sqs": "SQS"}
TYPE_GLYPHS = {"direct": "exchange_direct", "fanout": "exchange_fanout", "topic": "exchange_topic",
               "headers": "exchange_headers"}
_ARGUMENTS_SHOWN = 2


def _tr(text: str) -> str:
    return QCoreApplication.translate("canvas", text)


# -- queues ------------------------------------------------------------------------------------------------
def held_of(stat: QueueStat) -> Held:
    counts = stat.counts
    return Held(counts.ready, counts.in_flight, counts.delayed, counts.dead)


def queue_view_state(node: Node, snapshot: Snapshot, document: FlowDocument) -> NodeViewState:
    """A queue by its counts; where nobody counts yet, by what its log keeps."""
    stat = snapshot.queue(node.name)
    if stat is None:
        return _unread_queue(node, snapshot)
    held = held_of(stat)
    kind = kind_words(stat, snapshot)
    return NodeViewState(
        subtitle=f"{kind} · {_tr('{0} out').format(words.rate(stat.rate_out))}" if stat.rate_out else kind,
        figure=words.rate(stat.rate_in) if stat.rate_in else "",
        foot=_held_words(held) or _tr("empty"),
        idle=not held.total,
        held=held,
        dead=_tr("{0} dead").format(words.count(held.dead)) if held.dead else "",
    )


def kind_words(stat: QueueStat, snapshot: Snapshot) -> str:
    """What kind of queue: whose rules it follows, or that others' dead messages lie in it."""
    profile = PROFILE_NAMES.get(stat.profile, "")
    if profile:
        return _tr("{0} queue").format(profile)
    return _tr("dead letters") if stat.takes_dead_letters else _tr("queue")


def takes_dead_letters(queue: str, snapshot: Snapshot) -> bool:
    stat = snapshot.queue(queue)
    return stat is not None and stat.takes_dead_letters


def _held_words(held: Held) -> str:
    parts = ((held.ready, _tr("{0} ready")), (held.in_flight, _tr("{0} leased")), (held.delayed, _tr("{0} delayed")))
    return " · ".join(text.format(words.count(number)) for number, text in parts if number)


def _unread_queue(node: Node, snapshot: Snapshot) -> NodeViewState:
    topic = snapshot.topic(node.name)
    held = Held(ready=topic.records if topic else 0)
    return NodeViewState(
        subtitle=_tr("queue"),
        figure=words.rate(topic.rate_in) if topic and topic.rate_in else "",
        foot=_held_words(held) or (_tr("empty") if snapshot.at_ms else ""),
        idle=not held.total,
        held=held,
    )


# -- exchanges ---------------------------------------------------------------------------------------------
def exchange_view_state(node: Node, snapshot: Snapshot, document: FlowDocument) -> NodeViewState:
    """An exchange keeps nothing: its type, what passes, how many bindings, and what found no queue."""
    stat = snapshot.exchange(node.name) or ExchangeStat(node.name, "")
    kind = stat.type or str(node.params.get("type", "direct"))  # the past knows no types
    bound = sum(len(binding_texts(document, link)) for link in binding_links(document) if link.source == node.id)
    bindings = words.plural(bound, "binding", "bindings")
    foot = f"{bindings} · {_tr('0 unrouted')}"
    if stat.unroutable:
        foot = _tr("last {0}").format(stat.last_unroutable) if stat.last_unroutable else _tr("last without a key")
    return NodeViewState(
        subtitle=f"{_tr('exchange')} · {kind}",
        figure=words.rate(stat.rate) if stat.rate else "",
        foot=foot,
        warning=_tr("{0} unrouted").format(words.count(stat.unroutable)) if stat.unroutable else "",
        idle=not stat.published,
        glyph=TYPE_GLYPHS.get(kind, ""),
    )


# -- links at exchanges ------------------------------------------------------------------------------------
def is_routing_link(document: FlowDocument, link: Link) -> bool:
    """Bindings, the way to an alternate, and dead letters through an exchange: links that have settings."""
    return document.node(link.source).kind == "exchange" or (
        is_queues_dead_letter_link(document, link) and document.node(link.target).kind == "exchange")


def is_dead_letter_link(document: FlowDocument, link: Link) -> bool:
    """From a queue to where its dead messages go, or from a group to its dead letters."""
    return document.node(link.target).kind == "dead_letters" or is_queues_dead_letter_link(document, link)


def link_words(document: FlowDocument, link: Link) -> tuple[str, bool]:
    """What stands on a link, and whether it is words of ours rather than what somebody wrote: the first binding and how
    many there are more, that an alternate's way is for what can't be routed, the key of dead letters."""
    if is_alternate_link(document, link):
        return _tr("unrouted"), True
    if is_queues_dead_letter_link(document, link):
        return str(link.params.get("routing_key", "")).strip(), False
    if document.node(link.source).kind != "exchange":
        return "", False
    first, *more = binding_texts(document, link)
    return (f"{first} +{len(more)}" if more else first), False


def binding_texts(document: FlowDocument, link: Link) -> list[str]:
    """What the bindings of a link ask for, one text each: a key, or headers. A fanout exchange asks for nothing."""
    kind = str(document.node(link.source).params.get("type", "direct"))
    if kind == "fanout":
        return [""]
    if kind != "headers":
        return [key or _tr("no key") for key in read_keys(str(link.params.get("key", "")))]
    try:
        sets = read_arguments(str(link.params.get("arguments", "")))
    except Invalid:
        return [_tr("headers that can't be read")]
    return [_arguments_words(link, arguments) for arguments in sets]


def routing_link_sentence(document: FlowDocument, link: Link) -> str:
    """What a link at an exchange does, as a sentence."""
    source, target = document.node(link.source), document.node(link.target)
    if is_alternate_link(document, link):
        return _tr("What {0} can't route goes to {1}, its alternate exchange.").format(source.name, target.name)
    if source.kind == "queue":
        key = str(link.params.get("routing_key", "")).strip()
        kept = _tr("with the key {0}").format(key) if key else _tr("with the key they came with")
        return _tr("Dead letters of {0} go through {1}, {2}. What no binding takes stays in {0}, marked.").format(
            source.name, target.name, kept)
    asked = _tr(", or ").join(text or _tr("everything") for text in binding_texts(document, link))
    return _tr("Binding: {0}.").format(asked)


def _arguments_words(link: Link, arguments: Arguments) -> str:
    if not arguments:
        return _tr("no headers")
    joined = (_tr(" or ") if link.params.get("match") == "any" else _tr(" and ")).join(
        f"{name}={value}" for name, value in arguments[:_ARGUMENTS_SHOWN])
    return joined + (" …" if len(arguments) > _ARGUMENTS_SHOWN else "")


# -- groups that read by leases ----------------------------------------------------------------------------
def queues_read(document: FlowDocument, node: Node, snapshot: Snapshot) -> list[QueueStat]:
    """The queues a group takes messages from: drawn queues, and its subscriptions to streams."""
    if not document.has_node(node.id):
        return []
    names = [source.name if source.kind == "queue" else f"{source.name}{SUBSCRIPTION_MARK}{node.name}"
             for source in document.sources_of(node.id)]
    return [stat for stat in map(snapshot.queue, names) if stat is not None]


def waiting_of(queues: list[QueueStat]) -> tuple[int, int | None]:
    """(messages that wait for a lease, age of the oldest in ms where it is known)."""
    ages = [stat.oldest_ms for stat in queues if stat.oldest_ms is not None and stat.counts.ready]
    return sum(stat.counts.ready for stat in queues), max(ages, default=None)


def consumers_of(stat: QueueStat, node: Node) -> list[QueueConsumerStat]:
    """Those of a queue's consumers that belong to a drawn group. The past knows their names only: ``GROUP-1``."""
    return [c for c in stat.consumers
            if (c.node_id == node.id if c.node_id else c.consumer.rpartition("-")[0] == node.name)]


def untold_groups(document: FlowDocument, snapshot: Snapshot) -> list[Node]:
    """Drawn groups that read by leases in the past, where an older workbench journalled their consumers alone."""
    if snapshot.live:
        return []
    return [node for node in document.of_kind(*GROUPS) if snapshot.group(node.name) is None
            and any(consumers_of(stat, node) for stat in queues_read(document, node, snapshot))]


def members_by_lease(queues: list[QueueStat], node: Node) -> tuple[MemberStat, ...]:
    """The consumers of a drawn group, as members: where they are counted with the queue only."""
    return tuple(
        MemberStat(c.consumer, c.consumer, PartState.RUNNING if c.active else PartState.IDLE, rate=c.rate,
                   node_id=node.id)
        for stat in queues for c in consumers_of(stat, node)
    )
