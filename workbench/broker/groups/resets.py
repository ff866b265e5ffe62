"""Where a reset would move a group: a pure plan from what the log holds and what is committed.

Targets outside the log are clamped to its ends, as Kafka's tools do, and the move says so in ``note``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from workbench.broker.groups.membership import CommittedOffset, GroupMeta
from workbench.core.errors import Invalid
from workbench.core.journal import ResetEntry
from workbench.core.offsets import ResetMove, ResetPlan, ResetSpec
from workbench.core.records import PartitionBounds, TopicPartition

OffsetAtTime = Callable[[TopicPartition, int], int | None]


@dataclass(frozen=True, slots=True)
class ResetGround:
    """What a plan stands on: the partitions asked for with their bounds, the group, and what is committed.

    ``copied`` is what the other group of a ``group`` target committed; ``offset_at`` finds the first record at or
    after a time (None: there is none, so the end is meant).
    """

    group: GroupMeta
    bounds: Mapping[TopicPartition, PartitionBounds]
    committed: Mapping[TopicPartition, CommittedOffset]
    copied: Mapping[TopicPartition, CommittedOffset]
    offset_at: OffsetAtTime
    now_ms: int


def plan_reset(spec: ResetSpec, ground: ResetGround) -> ResetPlan:
    """Before and after of every partition the target speaks of."""
    owners = {part: member.member_id for member in ground.group.members for part in member.assignment}
    moves = []
    for part, bounds in sorted(ground.bounds.items()):
        target, note = _target(spec, ground, part, bounds)
        if target is None:
            continue
        after = min(max(target, bounds.log_start), bounds.end)
        if after != target:
            end = "past the end" if target > after else "before the log start"
            note = f"{target} is {end}, so {after}"
        before = ground.committed.get(part)
        moves.append(ResetMove(part.topic, part.partition, before.offset if before else None, after,
                               bounds.log_start, bounds.end, owners.get(part, ""), note))
    return ResetPlan(ground.group.name, tuple(moves), _refusal(ground.group), len(ground.group.members))


def _refusal(group: GroupMeta) -> str:
    if not group.active:
        return ""
    count, others = len(group.members), sum(member.is_foreign for member in group.members)
    of = "members of other programs" if others == count > 1 else "members"
    members = f"1 member{' of another program' * others} is" if count == 1 else f"{count} {of} are"
    rest = f" ({others} of other programs)" if 0 < others < count else ""
    return (f"In group {group.name!r} {members} active{rest} and would overwrite the new offsets. "
            "They can be paused, moved and resumed in one act.")


def _target(spec: ResetSpec, ground: ResetGround, part: TopicPartition,
            bounds: PartitionBounds) -> tuple[int | None, str]:
    """The offset meant for one partition, and what is to be said of it; None leaves the partition as it is."""
    match spec.kind:
        case "earliest":
            return bounds.log_start, ""
        case "latest":
            return bounds.end, ""
        case "offset":
            return spec.number, ""
        case "time":
            return _at_time(ground, part, bounds, spec.number)
        case "duration":
            return _at_time(ground, part, bounds, ground.now_ms - spec.number)
        case "shift":
            if part in ground.committed:
                return ground.committed[part].offset + spec.number, ""
            return bounds.log_start + spec.number, "nothing was committed: counted from the log start"
        case "group":
            return (ground.copied[part].offset, f"as {spec.group}") if part in ground.copied else (None, "")
        case "offsets":
            return spec.offset_of(part.topic, part.partition), ""
    raise Invalid("There is no reset to {kind!r}.",
                  "Use earliest, latest, offset, time, shift, duration, group or offsets.", kind=spec.kind)


def _at_time(ground: ResetGround, part: TopicPartition, bounds: PartitionBounds, ms: int) -> tuple[int, str]:
    found = ground.offset_at(part, ms)
    return (bounds.end, "no record that late: the end") if found is None else (found, "")


def reset_entries(plan: ResetPlan, spec: ResetSpec, at_ms: int) -> list[ResetEntry]:
    """What the journal keeps of a plan that was carried out: one entry a topic."""
    said = {"kind": spec.kind, "number": spec.number, "group": spec.group}
    entries = []
    for topic in dict.fromkeys(move.topic for move in plan.moves):
        moves = [[m.partition, m.before, m.after] for m in plan.moves if m.topic == topic]
        entries.append(ResetEntry(at_ms, topic, group=plan.group, moves=moves, spec=said))
    return entries
