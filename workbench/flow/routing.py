"""The exchanges, bindings and alternates that a drawing asks for, as the broker's values; ``Invalid`` when one can't be
read.

A link between two exchanges carries what is bound, or what the first can't route: then the second is its alternate.
One link holds all the bindings between its two parts.
"""

from __future__ import annotations

from collections.abc import Iterator

from workbench.core.routing import Binding, Exchange, ExchangeType
from workbench.flow.document import FlowDocument, Link, Node
from workbench.flow.kinds import link_params
from workbench.flow.settings import ExchangeSettings, settings_of
from workbench.flow.written import read_arguments, read_keys


def is_alternate_link(document: FlowDocument, link: Link) -> bool:
    """Whether it leads from an exchange to its alternate."""
    ends = document.node(link.source), document.node(link.target)
    return link.params.get("carries") == "unrouted" and all(node.kind == "exchange" for node in ends)


def alternate_links(document: FlowDocument) -> Iterator[Link]:
    return (link for link in document.links if is_alternate_link(document, link))


def binding_links(document: FlowDocument) -> Iterator[Link]:
    """The links that start at an exchange, but for those to alternates."""
    return (link for link in document.links
            if document.node(link.source).kind == "exchange" and not is_alternate_link(document, link))


def drawn_exchange(document: FlowDocument, node: Node) -> Exchange:
    """With the alternate that is drawn, else the one that is named."""
    settings = settings_of(node, ExchangeSettings)
    drawn = (document.node(link.target).name for link in alternate_links(document) if link.source == node.id)
    return Exchange(node.name, ExchangeType(settings.type), next(drawn, settings.alternate.strip()))


def drawn_bindings(document: FlowDocument, link: Link) -> tuple[Binding, ...]:
    """All bindings that one link stands for, in the order they are written."""
    exchange, target = document.node(link.source), document.node(link.target)
    params = {param.name: param for param in link_params(document, link)}
    values = {name: param.check(link.params.get(name, param.default)) for name, param in params.items()}
    to_exchange, match_any = target.kind == "exchange", values.get("match") == "any"
    return tuple(
        Binding(exchange.name, target.name, key, to_exchange, arguments, match_any)
        for key in read_keys(values.get("key", "")) for arguments in read_arguments(values.get("arguments", ""))
    )
