"""What can be done with a system and its topics, in one vocabulary: the window asks it, and says why not.

    capabilities(snapshot, "staging").why_not("produce")   ->  a sentence, or "" when it can be done

The sentences of foreign systems come from ``resources/profiles.json`` by way of their connection (``lacks``); the
workspace's own file, the connection "", can do all of it. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from workbench.core.snapshot import Snapshot

ACTS = ("browse", "export", "produce", "consume", "lease", "reset", "create_topic", "delete_topic", "delete_group",
        "list_groups", "list_queues", "list_exchanges", "peek")
"""browse: look at records; peek: look at the messages of a queue, where that disturbs it; produce: write records;
reset: move a group's offsets; lease: read as a queue."""
CHANGES = ("produce", "consume", "reset", "create_topic", "delete_topic", "delete_group")
"""Those that leave a system other than it was (a group that is joined commits): off until turned on for a
connection."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """``lacks`` has a sentence for each act that can't be done."""

    lacks: Mapping[str, str] = field(default_factory=dict)

    def why_not(self, act: str) -> str:
        assert act in ACTS, act
        return self.lacks.get(act, "")


def capabilities(snapshot: Snapshot, connection: str = "") -> Capabilities:
    """Of the file, or of an attached system; of one that is not attached, nothing can be done."""
    if not connection:
        return Capabilities()
    system = snapshot.connection(connection)
    if system is None:
        return Capabilities(dict.fromkeys(ACTS, f"@{connection} is not attached."))
    return Capabilities(dict(system.lacks))
