"""What comes from outside the drawing, as the canvas and the panels name it: one node for each group that nobody drew,
one for each client id that writes, one for each that reads without a group, and one for each topic they are at work on
or made. Pure functions, but for ``NewTopics``, which remembers what was there before. GUI thread.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import QCoreApplication

from workbench.core.snapshot import ClientStat, GroupStat, Snapshot, TopicStat
from workbench.flow.document import FlowDocument, Node
from workbench.flow.kinds import KINDS, TOPICS, Kind
from workbench.ui.models.series import PREFIX, group_id, group_node, group_nodes, group_of_id

STAND_INS = {
    kind.name: kind for kind in (
        Kind("client", "Client", "group", "client", "A program from outside that reads.", size=(190.0, 62.0)),
        Kind("writer", "Client", "producer", "writer", "A program from outside that writes.", size=(190.0, 62.0),
             feeds=("topic", "queue"), icon="client"),
    )
}
"""Kinds that nobody draws: they stand for what is connected."""


def any_kind(name: str) -> Kind:
    """The kind of a part, drawn or standing in; one that is not known is shown as a topic."""
    return KINDS.get(name) or STAND_INS.get(name) or KINDS["topic"]


@dataclass(frozen=True, slots=True)
class Outside:
    """A node that nobody drew. ``kind`` is «client» (it reads) or «writer»; ``topics`` are the nodes it reads or
    writes, drawn or from outside."""

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


def topic_id(name: str) -> str:
    return f"{PREFIX}topic:{name}"


def writer_id(name: str) -> str:
    return f"{PREFIX}writer:{name}"


def reader_id(name: str) -> str:
    return f"{PREFIX}reader:{name}"


def kept_note(document: FlowDocument, name: str) -> Node | None:
    """The note that was kept of a program without a group: it stands for the program while that is connected. Another
    note that only has the same name stands for nothing."""
    return next((node for node in document.of_kind("note") if node.params.get("client") == name), None)


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


def part_of(document: FlowDocument, shown: Snapshot, node_id: str) -> Node | None:
    """The node behind an id: drawn, or standing in for what comes from outside while that is there. A group that was
    drawn meanwhile is its drawn node."""
    if document.has_node(node_id):
        return document.node(node_id)
    if not node_id.startswith(PREFIX):
        return None
    topic = shown.topic(node_id.removeprefix(topic_id("")))
    if topic is not None and node_id == topic_id(topic.name):
        return topic_node(document, topic)
    group = group_of_id(node_id)
    if shown.group(group) is not None:
        return group_node(document, group) or Node(node_id, "client", group)
    clients = clients_of(node_id, shown)
    if not clients:
        return None
    name = client_name(clients[0])
    return Node(node_id, "writer" if node_id == writer_id(name) else "client", name)


def group_part(document: FlowDocument, group: str) -> str:
    """The id of a group's node: its drawn one, or that of the group from outside."""
    node = group_node(document, group)
    return group_id(group) if node is None else node.id


def topic_node(document: FlowDocument, stat: TopicStat) -> Node:
    """The drawn node of a topic, or one that stands in for it."""
    return _topic_nodes(document, [stat])[0]


def _topic_nodes(document: FlowDocument, stats: Iterable[TopicStat]) -> list[Node]:
    drawn = {node.name: node for node in document.of_kind(*TOPICS)}
    return [drawn.get(stat.name) or _stand_in(stat.name, stat.kind == "queue", len(stat.partitions)) for stat in stats]


@lru_cache(maxsize=4_096)
def _stand_in(name: str, queue: bool, partitions: int) -> Node:
    params = {} if queue else {"partitions": max(1, partitions)}
    return Node(topic_id(name), "queue" if queue else "topic", name, params=params)


class NewTopics:
    """Which topics came while the window watched, so that they show although nobody drew them. One drawn before
    it came is none of them: its drawing made it, and it was taken off that on purpose."""

    def __init__(self) -> None:
        self._known: set[str] | None = None
        self._drawn: set[str] = set()
        self._new: set[str] = set()

    def among(self, document: FlowDocument, live: Snapshot) -> list[str]:
        drawn = {node.name for node in document.of_kind(*TOPICS)}
        self._drawn |= drawn
        names = [topic.name for topic in live.topics]
        if self._known is None and live.at_ms:  # the first that a host told
            self._known = set(names)
        if self._known is not None:
            came = set(names) - self._known
            self._known |= came
            self._new |= came - self._drawn
        return [name for name in names if name in self._new and name not in drawn]


def outside_of(document: FlowDocument, snapshot: Snapshot) -> list[Outside]:
    """Who is there from outside, at work on topics: groups, then writers, then readers without a group."""

    def nodes(names: Iterable[str]) -> tuple[Node, ...]:
        stats = (snapshot.topic(name) for name in names)
        return tuple(_topic_nodes(document, [stat for stat in stats if stat is not None]))

    drawn = group_nodes(document)
    found = [Outside(group_id(group.name), "client", group.name, nodes(group.topics), group)
             for group in snapshot.groups if group.members and group.name not in drawn]
    here = [client for client in snapshot.clients if client.connections]
    for name, clients in _by_name(client for client in here if client.writes).items():
        written = nodes(dict.fromkeys(topic for client in clients for topic in client.writes))
        found.append(Outside(writer_id(name), "writer", name, written))
    for name, clients in _by_name(client for client in here if client.reads and not client.group).items():
        read = nodes(dict.fromkeys(topic for client in clients for topic in client.reads))
        found.append(Outside(reader_id(name), "client", name, read))
    return [one for one in found if one.topics]


def topics_from_outside(document: FlowDocument, snapshot: Snapshot, guests: Iterable[Outside],
                        new: Iterable[str]) -> list[Node]:
    """The topics to show that nobody drew: those at work, and the new ones."""
    stats = [stat for stat in map(snapshot.topic, new) if stat is not None]
    nodes = [*(topic for one in guests for topic in one.topics), *_topic_nodes(document, stats)]
    return [node for node in {node.id: node for node in nodes}.values() if not document.has_node(node.id)]


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
