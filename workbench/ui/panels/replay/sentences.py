"""What a move of a group would mean, in words and figures: before it is done. Pure functions of plan and snapshot."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import QCoreApplication

from workbench.core.offsets import ResetMove, ResetPlan, ResetSpec
from workbench.ui.theme import words

PAUSE_MS = 300


def _tr(text: str) -> str:
    return QCoreApplication.translate("replay", text)


def title(group: str, spec: ResetSpec, moves: tuple[ResetMove, ...], origin: tuple[int, int] | None,
          stood_ms: int | None = None) -> str:
    """``Replay group shipping from offset 48,120``."""
    if stood_ms is not None:
        return _tr("Move group {0} to where it stood at {1}").format(group, words.clock(stood_ms, False))
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


def sentence(spec: ResetSpec, moves: tuple[ResetMove, ...], origin: tuple[int, int] | None,
             stood_ms: int | None = None) -> str:
    """What the move does as rich text: names escaped, what was asked for in ``<b>``."""
    first = _first_move(moves, origin)
    if first is None:
        return _tr("This group has no partitions to move.")
    if stood_ms is not None:
        return _tr("Each partition goes where this group had committed at <b>{0}</b>.").format(words.moment(stood_ms))
    others = " " + _tr("The other partitions start at the same time.") if len(moves) > 1 else ""
    if spec.kind == "time":
        when = words.moment(spec.number)
        there = next((move for move in (first, *moves) if move.after < move.end), None)
        if there is None:
            return _tr("No record is of <b>{0}</b> or later: every partition starts at its end.").format(when)
        return _tr("{0}/{1} at {2} is the first record at or after <b>{3}</b>.").format(
            escape(there.topic), there.partition, words.count(there.after), when) + others
    return {
        "earliest": _tr("Every partition starts at the oldest record that is still kept."),
        "latest": _tr("Every partition goes on after its newest record; what waits is skipped."),
        "offset": _tr("Every partition starts at that offset, or at the nearest end of its log."),
        "offsets": _tr("Each partition goes to the offset given for it."),
        "shift": _tr("Every partition moves by <b>{0}</b> records.").format(words.change(spec.number)),
        "duration": _tr("Every partition goes back <b>{0}</b> from now.").format(words.duration(spec.number)),
        "group": _tr("Every partition goes where <b>{0}</b> has committed.").format(escape(spec.group)),
    }[spec.kind]


def button(plan: ResetPlan) -> str:
    """What the main button does, with its number: ``Replay 268,055 records``."""
    skipped = sum(move.skipped for move in plan.moves)
    if plan.read_again or not skipped:
        return _tr("Replay {0}").format(records(plan.read_again))
    return _tr("Skip {0}").format(records(skipped))


def records(number: int) -> str:
    return words.plural(number, _tr("record"), _tr("records"))


def moved(seen: ResetPlan, done: ResetPlan) -> str:
    """What a move did. ``seen`` is the plan that was on the button; what the group read between the press and the
    move is told apart, so that the number done is the number said."""
    more = done.read_again - seen.read_again
    if not seen.read_again:
        skipped = sum(move.skipped for move in seen.moves)
        return _tr("{0} moved. {1} skipped.").format(done.group, records(skipped))
    text = _tr("{0} moved. {1} to read again").format(done.group, records(seen.read_again))
    if more <= 0:
        return text + "."
    return text + _tr(", and {0} that it read just before it moved.").format(words.count(more))
