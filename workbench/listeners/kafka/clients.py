"""The clients of the Kafka listener: beside what every peer has, the groups it looked for. Lives on the loop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.core.clock import Clock
from workbench.core.snapshot import Unserved
from workbench.listeners.base.clients import Clients, Peer

LOOKS_FOR_GROUP_MS = 3_000.0
NEW_GROUPS = "the new group protocol"
CLASSIC = "Set group.protocol=classic in its configuration."
_OF_GROUPS = frozenset({
    "join_group", "offset_commit", "offset_fetch", "describe_groups", "delete_groups", "offset_delete",
    "txn_offset_commit", "add_offsets_to_txn",
})
"""What a client asks the coordinator that it looked for. One of the new protocol, which does not find that among the
APIs, asks nothing, reads nothing and says nothing."""


@dataclass(slots=True, eq=False)
class KafkaPeer(Peer):
    sought: tuple[str, float] = ("", 0.0)  # a group whose coordinator was asked for, and when


class KafkaClients(Clients[KafkaPeer]):
    def __init__(self, clock: Clock) -> None:
        super().__init__(clock, "kafka", "Kafka", KafkaPeer)

    def asked_in_vain(self, members: Sequence[KafkaPeer], now: float) -> tuple[Unserved, ...]:
        found = super().asked_in_vain(members, now)
        if any(member.group or not _OF_GROUPS.isdisjoint(member.requests) for member in members):
            return found
        looked = any(member.sought[0] and now - member.sought[1] > LOOKS_FOR_GROUP_MS for member in members)
        return (*found, Unserved(NEW_GROUPS, CLASSIC)) if looked else found
