"""What a move of a group would mean, in words and figures: before it is done. Pure functions of plan and snapshot."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from workbench.core.errors import Invalid
from workbench.core.offsets import ResetMove, ResetPlan, ResetSpec
from workbench.core.points import parse_target
from workbench.core.snapshot import GroupStat, Snapshot
from workbench.flow.document import FlowDocument
from workbench.ui.theme import words

MODES = ("time", "offset", "earliest", "latest", "shift", "duration", "group")
PAUSE_MS = 300


def _tr(text: str) -> str:
    return QCoreApplication.translate("replay", text)


@dataclass(frozen=True, slots=True)
class RetentionRisk:
    """Retention comes to these offsets ``in_ms`` from now, sooner than the replay reads past them."""

    topic: str
    in_ms: int
    slowest: str


def read_spec(mode: str, text: str, today_ms: int) -> ResetSpec:
    """The target that the form says; a bare clock time is of the day of ``today_ms``."""
    text = text.strip()
    if mode in ("earliest", "latest"):
        return ResetSpec(mode)
    if not text:
        raise Invalid(_tr("Say where to start."))
    if mode == "time" and "-" not in text:
        text = f"{words.date(today_ms, data=True)}T{text}"
    if mode in ("offset", "shift"):
        text = text.replace(",", "").replace(" ", "")
    return parse_target(f"{mode}:{text}")


def title(group: str, spec: ResetSpec, moves: tuple[ResetMove, ...], origin: tuple[int, int] | None) -> str:
    """``Replay group shipping from offset 48,120``."""
    first = _first_move(moves, origin)
    if spec.kind == "latest":
        return _tr("Move group {0} to the end").format(group)
    if spec.kind == "earliest":
        return _tr("Replay group {0} from the beginning").format(group)
    if spec.kind == "group":
        return _tr("Move group {0} to where {1} is").format(group, spec.group)
    if first is not None and (spec.kind == "offset" or origin is not None):
        return _tr("Replay group {0} from offset {1}").format(group, words.count(first.after))
    if spec.kind == "time":
        return _tr("Replay group {0} from {1}").format(group, words.clock(spec.number, spec.number % 1000 != 0))
    return _tr("Move group {0}").format(group)


def _first_move(moves: tuple[ResetMove, ...], origin: tuple[int, int] | None) -> ResetMove | None:
    if origin is not None:
        return next((move for move in moves if move.partition == origin[0]), None)
    return moves[0] if moves else None


def sentence(spec: ResetSpec, moves: tuple[ResetMove, ...], origin: tuple[int, int] | None) -> str:
    """What the move does, with times in ``<b>``."""
    first = _first_move(moves, origin)
    if first is None:
        return _tr("This group has no partitions to move.")
    others = " " + _tr("The other partitions start at the same time.") if len(moves) > 1 else ""
    if spec.kind == "time":
        when = f"{words.date(spec.number, data=True)} {words.clock(spec.number, False)}"
        return _tr("{0}/{1} at {2} is the first record at or after <b>{3}</b>.").format(
            first.topic, first.partition, words.count(first.after), when) + others  # fmt: skip
    return {
        "earliest": _tr("Every partition starts at the oldest record that is still kept."),
        "latest": _tr("Every partition goes on after its newest record; what waits is skipped."),
        "offset": _tr("Every partition starts at that offset, or at the nearest end of its log."),
        "offsets": _tr("Each partition goes to the offset given for it."),
        "shift": _tr("Every partition moves by <b>{0}</b> records.").format(words.change(spec.number)),
        "duration": _tr("Every partition goes back <b>{0}</b> from now.").format(words.duration(spec.number)),
        "group": _tr("Every partition goes where <b>{0}</b> has committed.").format(spec.group),
    }[spec.kind]


def retention_risk(document: FlowDocument, snapshot: Snapshot, plan: ResetPlan, spec: ResetSpec,
                   now_ms: int) -> RetentionRisk | None:  # fmt: skip
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
