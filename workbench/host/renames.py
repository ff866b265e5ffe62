"""A group that gets another name on the drawing goes on from where it stands: its committed offsets and the
subscriptions it reads by go along, so that it does not read everything again.

Undo is the same in the other direction. Where the new name is a group of its own already, or outside members hold the
old one, nothing is taken from anybody, and what happens instead is said. Off the host's loop.
"""

from __future__ import annotations

from contextlib import suppress

from workbench.broker import Broker, GroupNotEmpty
from workbench.core.errors import AlreadyExists, NotFound, WorkbenchError
from workbench.core.queues import SUBSCRIPTION_MARK
from workbench.flow.document import FlowDocument
from workbench.flow.kinds import GROUPS
from workbench.runtime import FlowPlan


def renamed_groups(before: FlowDocument, after: FlowDocument) -> list[tuple[str, str]]:
    """(old name, new name) of the groups that are called otherwise; those whose old name another one has now are left
    out."""
    old = {node.id: node.name for node in before.of_kind(*GROUPS)}
    taken = {node.name for node in after.of_kind(*GROUPS)}
    return [(old[node.id], node.name) for node in after.of_kind(*GROUPS)
            if node.id in old and old[node.id] != node.name and old[node.id] not in taken]  # fmt: skip


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
