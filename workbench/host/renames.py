"""What gets another name on the drawing goes on from where it stands. A group keeps its committed offsets and the
subscriptions it reads by, so that it does not read everything again; a topic or queue keeps its records and all that
others know of it, a store its rows.

Undo is the same in the other direction. Where the new name is there already, or outside members hold the old group,
nothing is taken from anybody, and what happens instead is said. Off the host's loop.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from workbench.broker import Broker, GroupNotEmpty
from workbench.core.errors import AlreadyExists, NotFound, WorkbenchError
from workbench.core.queues import SUBSCRIPTION_MARK
from workbench.flow.document import FlowDocument
from workbench.flow.kinds import GROUPS, TOPICS
from workbench.runtime import FlowPlan


def renamed_groups(before: FlowDocument, after: FlowDocument) -> list[tuple[str, str]]:
    """(old name, new name) of the groups that are called otherwise; those whose old name another one has now are left
    out."""
    return _renamed(before, after, *GROUPS)


def renamed_topics(before: FlowDocument, after: FlowDocument) -> list[tuple[str, str]]:
    """The same of topics, queues and dead letters."""
    return _renamed(before, after, *TOPICS)


def renamed_stores(before: FlowDocument, after: FlowDocument) -> list[tuple[str, str]]:
    """The same of stores."""
    return _renamed(before, after, "store")


def carry_stores(broker: Broker, renamed: list[tuple[str, str]]) -> list[str]:
    """Rename them in the broker, with their rows; gives what could not be done so, as sentences."""
    said = []
    for old, new in renamed:
        try:
            broker.stores.rename(old, new)
        except NotFound:  # it is made with its first use
            continue
        except AlreadyExists:
            said.append(f"{new} was a store already and is what is drawn now; {old} stays with its rows.")
        except WorkbenchError as error:
            said.append(error.sentence())
    return said


def _renamed(before: FlowDocument, after: FlowDocument, *kinds: str) -> list[tuple[str, str]]:
    old = {node.id: node.name for node in before.of_kind(*kinds)}
    taken = {node.name for node in after.of_kind(*kinds)}
    return [(old[node.id], node.name) for node in after.of_kind(*kinds)
            if node.id in old and old[node.id] != node.name and old[node.id] not in taken]


def with_names(document: FlowDocument, renamed: list[tuple[str, str]]) -> FlowDocument:
    """The drawing as if its topics had been called so before."""
    names = dict(renamed)
    nodes = [replace(node, name=names[node.name]) if node.kind in TOPICS and node.name in names else node
             for node in document.nodes]
    return FlowDocument(nodes, document.links)


def carry_topics(broker: Broker, renamed: list[tuple[str, str]]) -> tuple[list[tuple[str, str]], list[str]]:
    """Rename them in the broker; gives those that were, and what could not be done so, as sentences."""
    done, said = [], []
    for old, new in renamed:
        try:
            broker.rename_topic(old, new)
        except NotFound:  # it is made with its first use
            continue
        except AlreadyExists:
            records = sum(part.end - part.log_start for part in broker.bounds(old))
            said.append(f"{new} was there already and is what is drawn now; {old} stays with its {records:,} records.")
            continue
        except WorkbenchError as error:
            said.append(error.sentence())
            continue
        done.append((old, new))
    return done, said


def carry_over(broker: Broker, renamed: list[tuple[str, str]], before: FlowPlan) -> list[str]:
    """Rename them in the broker; gives what could not be done so, as sentences. Their own members have left."""
    said = []
    for old, new in renamed:
        try:
            _carry(broker, old, new, before)
        except AlreadyExists:
            said.append(f"{new} was a group already and goes on from its own offsets; those of {old} stay with {old}.")
        except GroupNotEmpty:
            committed = {part: (done.offset, done.metadata) for part, done in broker.committed(old).items()}
            broker.commit_offsets(new, "", -1, committed).result()
            said.append(f"{old} has members from outside and stays; {new} begins where it stands.")
        except WorkbenchError as error:
            said.append(error.sentence())
    return said


def _carry(broker: Broker, old: str, new: str, before: FlowPlan) -> None:
    plan = next((plan for plan in before.groups.values() if plan.name == old), None)
    if plan is not None and plan.by_leases:
        for arrow in plan.reads:
            if arrow.kind != "queue":
                with suppress(NotFound):  # it never read
                    broker.queues.rename(f"{arrow.topic}{SUBSCRIPTION_MARK}{old}", new)
    with suppress(NotFound):
        broker.rename_group(old, new)
