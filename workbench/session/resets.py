"""What is asked before a group is moved: where to, as people type it, and whether retention outruns the replay.

Pure functions of plan, drawing and snapshot; any thread.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo

from workbench.core.errors import Invalid, NotFound
from workbench.core.offsets import ResetMove, ResetPlan, ResetSpec
from workbench.core.points import parse_target
from workbench.core.snapshot import GroupStat, Snapshot
from workbench.core.times import parse_duration, parse_moment
from workbench.flow.document import FlowDocument


@dataclass(frozen=True, slots=True)
class RetentionRisk:
    """Retention comes to these offsets ``in_ms`` from now, sooner than the replay reads past them."""

    topic: str
    in_ms: int
    slowest: str


def read_spec(mode: str, text: str, today_ms: int, zone: tzinfo | None = UTC) -> ResetSpec:
    """The target that a form says; a bare clock time is of the day of ``today_ms``, in ``zone``."""
    text = text.strip()
    if mode in ("earliest", "latest"):
        return ResetSpec(mode)
    if not text:
        raise Invalid("Say where to start.")
    if mode == "time":
        return ResetSpec("time", parse_moment(text, today_ms, zone))
    if mode == "duration":
        return ResetSpec("duration", parse_duration(text))
    if mode in ("offset", "shift"):
        text = text.replace(",", "").replace(" ", "")
    return parse_target(f"{mode}:{text}")


def as_it_stood(group: str, then: Snapshot, still_there: Iterable[str], topic: str = "") -> ResetSpec:
    """The offsets that ``group`` had committed in the state ``then``, of the topics that are still there."""
    kept, stat = set(still_there), then.group(group)
    places: dict[str, dict[int, int]] = {}
    for place in stat.partitions if stat is not None else ():
        if place.committed is not None and place.topic in kept and topic in ("", place.topic):
            places.setdefault(place.topic, {})[place.partition] = place.committed
    if not places:
        raise NotFound("{group} had committed no offsets then.", "Choose a later moment.", group=group)
    return ResetSpec("offsets", places=places)


def carried_out(moves: Iterable[ResetMove], after: bool = True) -> ResetSpec:
    """A target that puts each partition exactly where these moves say it is afterwards (or was before)."""
    places: dict[str, dict[int, int]] = {}
    for move in moves:
        before = move.log_start if move.before is None else move.before
        places.setdefault(move.topic, {})[move.partition] = move.after if after else before
    return ResetSpec("offsets", places=places)


def only(plan: ResetPlan, left_out: Iterable[tuple[str, int]]) -> ResetPlan:
    """The plan without the partitions that stay where they are."""
    out = set(left_out)
    return replace(plan, moves=tuple(move for move in plan.moves if (move.topic, move.partition) not in out))


def retention_risk(document: FlowDocument, snapshot: Snapshot, plan: ResetPlan, spec: ResetSpec,
                   now_ms: int) -> RetentionRisk | None:
    """Will retention by time reach the offsets before the group has read them again?"""
    group = snapshot.group(plan.group)
    if spec.kind not in ("time", "duration") or group is None or not plan.read_again:
        return None
    target_ms = spec.number if spec.kind == "time" else now_ms - spec.number
    for topic in dict.fromkeys(move.topic for move in plan.moves):
        node = document.named("topic", topic)
        keep_ms = -1 if node is None else int(node.params.get("retention_ms", -1))
        if keep_ms < 0:
            continue
        in_ms = target_ms + keep_ms - now_ms
        slowest, needed_ms = _slowest(group, plan)
        if in_ms < needed_ms:
            return RetentionRisk(topic, max(0, in_ms), slowest)
    return None


def _slowest(group: GroupStat, plan: ResetPlan) -> tuple[str, float]:
    """The member that needs longest for its share, and how long (records again over its rate)."""
    found = ("", 0.0)
    for member in group.members:
        records = sum(m.read_again for m in plan.moves if (m.topic, m.partition) in member.partitions)
        needed = records / member.rate * 1000 if member.rate > 0 else float("inf") if records else 0.0
        if needed > found[1]:
            found = (member.name, needed)
    return found
