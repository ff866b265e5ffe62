"""Clients from outside the drawing, as the canvas and the table of clients name them: one node for each group that
nobody drew, one for each client id that writes, one for each that reads without a group. Pure functions.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from workbench.core.snapshot import ClientStat, GroupStat, Snapshot
from workbench.flow.document import FlowDocument, Node
from workbench.ui.models.series import group_node

PREFIX = "outside:"


@dataclass(frozen=True, slots=True)
class Outside:
    """A node that nobody drew. ``kind`` is «client» (it reads) or «writer»; ``topics`` are the drawn nodes it
    reads or writes."""

    id: str
    kind: str
    name: str
    topics: tuple[Node, ...]
    group: GroupStat | None = None


def client_key(client: ClientStat) -> tuple[str, str, str]:
    """What stays the same while its connections come and go."""
    return client.client_id, client.address.rpartition(":")[0], client.software


def client_name(client: ClientStat) -> str:
    return client.client_id or QCoreApplication.translate("clients", "without a name")


def group_id(name: str) -> str:
    return f"{PREFIX}{name}"


def writer_id(name: str) -> str:
    return f"{PREFIX}writer:{name}"


def reader_id(name: str) -> str:
    return f"{PREFIX}reader:{name}"


def kept_note(document: FlowDocument, name: str) -> Node | None:
    """The note that was kept of a program without a group: it stands for the program while that is connected."""
    return document.named("note", name)


def node_of_client(document: FlowDocument, client: ClientStat) -> str:
    """The node a client is seen at: its group's, drawn or not, or its own, its note where it was kept; empty when it
    does nothing yet."""
    if client.group:
        drawn = group_node(document, client.group)
        return drawn.id if drawn is not None else group_id(client.group)
    note = kept_note(document, client_name(client))
    if note is not None and (client.writes or client.reads):
        return note.id
    if client.writes:
        return writer_id(client_name(client))
    return reader_id(client_name(client)) if client.reads else ""


def outside_of(document: FlowDocument, snapshot: Snapshot) -> list[Outside]:
    """Who is there from outside, at work on drawn topics: groups, then writers, then readers without a group."""
    topics = {node.name: node for node in document.of_kind("topic", "dead_letters")}

    def drawn(names: Iterable[str]) -> tuple[Node, ...]:
        return tuple(topics[name] for name in names if name in topics)

    found = [Outside(group_id(group.name), "client", group.name, drawn(group.topics), group)
             for group in snapshot.groups if group.members and group_node(document, group.name) is None]  # fmt: skip
    here = [client for client in snapshot.clients if client.connections]
    for name, clients in _by_name(client for client in here if client.writes).items():
        written = drawn(dict.fromkeys(topic for client in clients for topic in client.writes))
        found.append(Outside(writer_id(name), "writer", name, written))
    for name, clients in _by_name(client for client in here if client.reads and not client.group).items():
        read = drawn(dict.fromkeys(topic for client in clients for topic in client.reads))
        found.append(Outside(reader_id(name), "client", name, read))
    return [one for one in found if one.topics]


def kept_rates(document: FlowDocument, snapshot: Snapshot) -> dict[str, float]:
    """Events a second by drawn link, for groups that are drawn but have only members from outside: the running flow
    says nothing of them."""
    found: dict[str, float] = {}
    for node in document.of_kind("group"):
        group = snapshot.group(node.name)
        if group is not None and group.members and not any(member.node_id for member in group.members):
            into = [link.id for link in document.links_of(node.id) if link.target == node.id]
            found |= {link_id: group.rate / len(into) for link_id in into}
    return found


def clients_of(outside: str, snapshot: Snapshot) -> list[ClientStat]:
    """The clients behind a writer's or a reader's node id."""
    own = {"writer": lambda c: bool(c.writes), "reader": lambda c: bool(c.reads) and not c.group}
    role, _, name = outside.removeprefix(PREFIX).partition(":")
    does = own.get(role)
    return [c for c in snapshot.clients if does and does(c) and c.connections and client_name(c) == name]


def _by_name(clients: Iterable[ClientStat]) -> dict[str, list[ClientStat]]:
    found: dict[str, list[ClientStat]] = {}
    for client in clients:
        found.setdefault(client_name(client), []).append(client)
    return found
