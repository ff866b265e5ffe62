"""The rules of queues, exchanges and bindings, as sentences: cycles, dead ends, settings that defeat each other."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.core.errors import Invalid
from workbench.core.times import duration_words
from workbench.flow.cycles import binding_would_come_back, dead_letters_come_back, exchange_comes_back
from workbench.flow.document import FlowDocument, Link, Node
from workbench.flow.kinds import GROUPS, kind_of, link_params
from workbench.flow.queue_params import BINDING, CARRIES, DEAD_LETTERS
from workbench.flow.routing import alternate_links, binding_links, drawn_bindings
from workbench.flow.settings import ConsumingSettings, DrawnQueueSettings, ExchangeSettings, shown_settings
from workbench.flow.topics import dead_letter_link, dead_letter_path, dead_letter_target

_LONGEST_NAME = 255
_RESERVED = "amq."
_ONCE = "a message passes each exchange once"
_BINDING_NAMES = {param.name for params in (*BINDING.values(), (CARRIES,)) for param in params}
"""A name that is of no use for this type of exchange is no mistake: the type may be changed back."""


def why_not(document: FlowDocument, source: Node, target: Node) -> str:
    """Why a queue can't send its dead letters there, or an exchange can't be bound there."""
    if source.kind == "queue":
        taker = dead_letter_target(document, source)
        if taker is not None:
            return f"{source.name} already sends its dead letters to {taker.name}."
        if target.kind == "exchange":
            return ""  # keys decide where they go; ``problems`` says where they may come back
        back = source in dead_letter_path(document, target)
        return f"Dead letters would go in a cycle: those of {target.name} come to {source.name}." if back else ""
    if target.kind == "exchange" and binding_would_come_back(document, source, target):
        return f"Bindings would go in a cycle: {target.name} leads to {source.name}."
    return ""


def exchange_name_problem(name: str) -> str:
    if len(name.encode()) > _LONGEST_NAME:
        return f"An exchange's name has at most {_LONGEST_NAME} bytes."
    if not name.isprintable():
        return "An exchange's name can't have control characters."
    if name.startswith(_RESERVED):
        return f"Names that begin with {_RESERVED} are reserved, as in RabbitMQ: use another name."
    return ""


def problems(document: FlowDocument) -> Iterator[tuple[str, str]]:
    """What is wrong with queues, exchanges and those who read by leases, as (node id, sentence)."""
    for exchange in document.of_kind("exchange"):
        yield from ((exchange.id, text) for text in _of_exchange(document, exchange))
    for link in (*binding_links(document), *alternate_links(document)):
        yield from ((link.source, text) for text in _of_binding(document, link))
    for queue in document.of_kind("queue"):
        yield from ((queue.id, text) for text in _of_queue(document, queue))
    for group in document.of_kind(*GROUPS):
        yield from ((group.id, text) for text in _of_group(document, group))


# -- queues ------------------------------------------------------------------------------------------------
def _of_queue(document: FlowDocument, queue: Node) -> Iterator[str]:
    if queue in dead_letter_path(document, queue):
        yield f"The dead letters of {queue.name} go in a cycle."
    else:
        yield from _of_dead_letter_exchange(document, queue)
    settings = shown_settings(queue, DrawnQueueSettings)
    if settings.ordered_groups and settings.max_priority:
        yield f"{queue.name} has ordered groups and priorities: a priority would break a group's order. Leave one out."
    parks = settings.overflow == "dead_letter" and settings.max_length >= 0
    if parks and dead_letter_target(document, queue) is None:
        yield f"What {queue.name} can't hold has nowhere to go. Link it to a queue or an exchange for its dead letters."
    for name, value in (("ttl_ms", settings.ttl_ms), ("max_length", settings.max_length)):
        if value == 0:
            yield f"{queue.name} would keep nothing: {kind_of('queue').param(name).label.lower()} is 0."


def _of_dead_letter_exchange(document: FlowDocument, queue: Node) -> Iterator[str]:
    link = dead_letter_link(document, queue)
    if link is None or document.node(link.target).kind != "exchange":
        return
    where = f"The dead letters of {queue.name}"
    yield from (f"{where} have no setting «{name}»." for name in link.params if name != DEAD_LETTERS[0].name)
    if len(str(link.params.get("routing_key", "")).encode()) > _LONGEST_NAME:
        yield f"{where} have a routing key of more than {_LONGEST_NAME} bytes."
    comes_back = dead_letters_come_back(document, queue)
    if comes_back is not None:
        yield (f"{where} {'can' if comes_back else 'may'} come back to it through {document.node(link.target).name}: "
               "those that a consumer rejected go round, the others end there, marked.")


# -- exchanges and bindings --------------------------------------------------------------------------------
def _of_exchange(document: FlowDocument, exchange: Node) -> Iterator[str]:
    alternate = shown_settings(exchange, ExchangeSettings).alternate.strip()
    drawn = [document.node(link.target).name for link in alternate_links(document) if link.source == exchange.id]
    if len(alternates := list(dict.fromkeys((*drawn, alternate) if alternate else drawn))) > 1:
        yield (f"{exchange.name} has more than one alternate exchange: {', '.join(alternates)}. "
               "What it can't route goes to the first only.")
    elif alternate and document.named("exchange", alternate) is None:
        yield f"{exchange.name} has the alternate exchange «{alternate}», which is not drawn."
    if not alternate and not document.targets_of(exchange.id):
        yield f"{exchange.name} has no binding: what is sent to it reaches no queue. Draw a link from it to a queue."
    feeds_it = any(other.params.get("alternate") == exchange.name for other in document.of_kind("exchange"))
    if not feeds_it and not document.sources_of(exchange.id):
        yield f"Nothing sends to {exchange.name} yet."
    comes_back = exchange_comes_back(document, exchange)
    if comes_back is not None:
        yield f"Bindings {'' if comes_back else 'may '}lead from {exchange.name} back to it: {_ONCE}."


def _of_binding(document: FlowDocument, link: Link) -> Iterator[str]:
    source, target = document.node(link.source), document.node(link.target)
    where = f"The binding from {source.name} to {target.name}"
    names = {param.name for param in link_params(document, link)}
    for name in link.params:
        if name not in _BINDING_NAMES:
            yield f"{where} has no setting «{name}»."
    try:
        bindings = drawn_bindings(document, link)
    except Invalid as reason:
        yield f"{where}: {reason.sentence()}"
        return
    first = bindings[0]
    if any(len(binding.key.encode()) > _LONGEST_NAME for binding in bindings):
        yield f"{where} has a key of more than {_LONGEST_NAME} bytes."
    elif "key" in names and not first.key:
        yield f"{where} has no key: it takes only messages without a routing key."
    elif "arguments" in names and not first.arguments:
        what = "takes no message" if first.match_any else "takes every message"
        yield f"{where} asks for no headers: it {what}."


# -- groups that read by leases ----------------------------------------------------------------------------
def reads_by_leases(group: Node, sources: tuple[Node, ...]) -> bool:
    """Whether a group takes its messages by leases: it reads a queue, or is set to."""
    by_leases = shown_settings(group, ConsumingSettings).reading == "leases"
    return by_leases or any(node.kind == "queue" for node in sources)


def mixed_reading(group: Node, sources: tuple[Node, ...]) -> str:
    """What is wrong with a group that reads queues and streams; empty when nothing is."""
    kinds = {node.kind == "queue" for node in sources}
    if len(kinds) < 2 or shown_settings(group, ConsumingSettings).reading == "leases":
        return ""
    return f"{group.name} reads a queue by leases and a topic by offsets. Let it read by leases, or draw two groups."


def _of_group(document: FlowDocument, group: Node) -> Iterator[str]:
    sources = document.sources_of(group.id)
    settings = shown_settings(group, ConsumingSettings)
    mixed = mixed_reading(group, sources)
    if mixed:
        yield mixed
    for queue in (node for node in sources if node.kind == "queue"):
        has = shown_settings(queue, DrawnQueueSettings)
        if has.type == "exclusive" and settings.members > 1:
            yield f"{queue.name} is exclusive: only one of the {settings.members} members of {group.name} can read it."
        for_ever = settings.fail_if.strip() and settings.on_failure != "reject" and settings.ack == "after"
        if for_ever and not has.max_deliveries:
            yield (f"{queue.name} has no delivery limit: a message that fails in {group.name} comes back for ever. "
                   "Set a limit, or let the group reject it.")
        held_ms = (settings.prefetch or has.prefetch) * settings.process_ms
        lease_ms = settings.visibility_ms or has.visibility_ms
        if held_ms > lease_ms:
            yield (f"{group.name} holds messages for up to {duration_words(held_ms)}, and {queue.name} lends them for "
                   f"{duration_words(lease_ms)}: some come back while they wait. Take a smaller prefetch.")
