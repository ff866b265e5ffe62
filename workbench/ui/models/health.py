"""The health of what is drawn, as the window shows it: thresholds from the drawing, levels as colour roles.

Live health comes from the host; a snapshot of the past (or one that nobody judged) is judged here, by the same rules
and with the thresholds that are drawn now. Plain functions, GUI thread.
"""

from __future__ import annotations

from workbench.core.health import Health, Level, Threshold
from workbench.core.judgement import health_of_connection, health_of_group, judged, partition_level
from workbench.core.snapshot import AttachedStat, GroupPartitionStat, GroupStat, PartState, RunState, Snapshot
from workbench.flow.document import FlowDocument, Node
from workbench.flow.kinds import GROUPS
from workbench.flow.settings import ConsumingSettings, shown_settings

LAG_ROLE = {Level.OK: "text", Level.WARN: "warn", Level.BAD: "bad"}
"""The colour of every figure that says how far somebody is behind."""
MARK_ROLE = {Level.OK: "ok", Level.WARN: "warn_mark", Level.BAD: "bad"}
"""The colour of what is filled by it: rings, bars, marks."""


def ring_role(lag: Level, is_still: bool) -> str:
    """The colour of a lag ring: of a group that stands still it is long or short, and promises nothing."""
    return "line_strong" if is_still else MARK_ROLE[lag]


def threshold_of_node(node: Node | None) -> Threshold:
    """From where on a drawn group counts as behind; for others what a new one would have."""
    drawn = node if node is not None and node.kind in GROUPS else Node("", "group", "")
    settings = shown_settings(drawn, ConsumingSettings)
    return Threshold(settings.lag_threshold_records, settings.lag_threshold_s)


def thresholds_of(document: FlowDocument) -> dict[str, Threshold]:
    """Those of the drawn groups, by name."""
    return {node.name: threshold_of_node(node) for node in document.of_kind(*GROUPS)}


def queue_thresholds_of(document: FlowDocument) -> dict[str, Threshold]:
    """Those of the queues that drawn groups read."""
    return {source.name: threshold_of_node(node) for node in document.of_kind(*GROUPS)
            for source in document.sources_of(node.id) if source.kind == "queue"}


def judged_here(snapshot: Snapshot, document: FlowDocument) -> Snapshot:
    """The snapshot with the health of every part."""
    parts = (*snapshot.groups, *snapshot.queues, *snapshot.producers)
    if all(part.health is not None for part in parts):
        return snapshot
    return judged(snapshot, thresholds_of(document), queue_thresholds_of(document))


def health_of(group: GroupStat, node: Node | None, run: RunState = RunState.RUNNING) -> Health:
    """As it came with the snapshot, else as it stands."""
    drawn = node is not None and node.kind in GROUPS
    return group.health or health_of_group(group, threshold_of_node(node), run, drawn)


def health_of_system(system: AttachedStat) -> Health:
    """The same of an attached system."""
    return system.health or health_of_connection(system)


def lag_level(place: GroupPartitionStat, group: GroupStat, node: Node | None) -> Level:
    """The level of one partition of a group."""
    return partition_level(place, group, threshold_of_node(node))


def worst_lag(snapshot: Snapshot) -> Level:
    """The level of what all groups together are behind: that of the worst who is behind at all."""
    return max((group.health.lag for group in snapshot.groups if group.health is not None and group.lag_records),
               default=Level.OK)


def restartable(group: GroupStat) -> tuple[str, ...]:
    """The names of the members that can be started again: killed and failed ones."""
    return tuple(member.name for member in group.members if member.state in (PartState.KILLED, PartState.FAILED))
