"""The exchanges and bindings that a drawing asks for, as the broker's values; ``Invalid`` when one can't be read."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.core.routing import Binding, Exchange, ExchangeType
from workbench.flow.document import FlowDocument, Link, Node
from workbench.flow.kinds import kind_of, link_params
from workbench.flow.written import read_arguments


def drawn_exchange(node: Node) -> Exchange:
    values = kind_of(node.kind).complete(node.params)
    return Exchange(node.name, ExchangeType(values["type"]), values["alternate"].strip())


def binding_links(document: FlowDocument) -> Iterator[Link]:
    """The links that start at an exchange."""
    return (link for link in document.links if document.node(link.source).kind == "exchange")


def drawn_binding(document: FlowDocument, link: Link) -> Binding:
    exchange, target = document.node(link.source), document.node(link.target)
    params = {param.name: param for param in link_params(document, link)}
    values = {name: param.check(link.params.get(name, param.default)) for name, param in params.items()}
    return Binding(
        exchange.name, target.name, values.get("key", ""), target.kind == "exchange",
        read_arguments(values.get("arguments", "")), values.get("match") == "any",
    )  # fmt: skip
