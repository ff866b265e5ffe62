"""Journal entries as sentences, and the kinds a person may look for. Pure functions."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from workbench.core.journal import JournalEntry
from workbench.ui.models import queue_words
from workbench.ui.theme import words

FAMILIES: dict[str, tuple[str, ...]] = {
    "all": (),
    "acts": ("run", "user", "reset", "bookmark", "topic", "flow", "member", "producer", "fault", "host"),
    "groups": ("group", "join", "leave", "rebalance", "reset", "commit", "member"),
    "records": ("append", "deliver", "retention", "store"),
    "queues": queue_words.KINDS,
}
ICONS = {
    "append": ("send", "producer"), "deliver": ("group", "consumer"), "commit": ("check", "ok"),
    "retention": ("topic", "text_muted"), "topic": ("topic", "stream"), "group": ("group", "consumer"),
    "join": ("add", "consumer"), "leave": ("remove", "consumer"), "rebalance": ("group_fill", "consumer"),
    "reset": ("replay", "replay"), "member": ("group", "consumer"), "producer": ("producer", "producer"),
    "run": ("run", "accent"), "fault": ("fault_fill", "warn_mark"), "user": ("rename", "text_muted"),
    "bookmark": ("bookmark_fill", "accent"), "host": ("database", "text_muted"), "flow": ("save", "text_muted"),
    "store": ("store", "external"), **queue_words.ICONS,
}


def _tr(text: str) -> str:
    return QCoreApplication.translate("journal", text)


def family_name(family: str) -> str:
    return {"all": _tr("Everything"), "acts": _tr("Acts and faults"), "groups": _tr("Groups"),
            "records": _tr("Records"), "queues": _tr("Queues")}[family]


def sentence(entry: JournalEntry) -> str:
    """What happened, short."""
    place = f"{entry.topic}/{entry.partition}"
    act = str(entry.detail.get("act", ""))
    if entry.kind in queue_words.KINDS:
        return queue_words.sentence(entry)
    match entry.kind:
        case "append":
            return _tr("{0} written to {1}, {2}").format(_records(entry.count), place, _span(entry))
        case "deliver":
            again = _tr(" again") if entry.detail.get("again") else ""
            return _tr("{0} of {1} read{2} by {3}, {4}").format(
                _records(entry.count), place, again, entry.member or entry.group, _span(entry))
        case "commit":
            return _tr("{0} committed {1} @ {2}").format(entry.group, place, words.count(entry.last))
        case "retention":
            return _tr("Retention moved the start of {0} from {1} to {2}").format(
                place, words.count(entry.first), words.count(entry.last))
        case "store":
            return _tr("{0} has {1} after {2}, {3} refused").format(
                entry.group, words.plural(entry.count, "row", "rows"),
                words.plural(entry.detail["writes"], "write", "writes"),
                words.count(entry.detail["refused"]))
        case "rebalance":
            return _rebalance(entry)
        case "reset":
            return _tr("{0} was moved on {1}: {2}").format(entry.group, entry.topic, _moves(entry))
        case "join" | "leave":
            verb = _tr("joined") if entry.kind == "join" else _tr("left")
            reason = f": {entry.detail['reason']}" if entry.detail.get("reason") else ""
            return f"{entry.member} {verb} {entry.group}{reason}"
    return _plain(entry, act)


def _plain(entry: JournalEntry, act: str) -> str:
    """Kinds whose act and text say it all."""
    text = str(entry.detail.get("text", ""))
    about = {"topic": entry.topic, "group": entry.group, "member": f"{entry.member} ({entry.group})",
             "producer": str(entry.detail.get("name") or entry.detail.get("node", ""))}.get(entry.kind, "")
    if entry.kind == "bookmark":
        return _tr("Bookmark: {0}").format(text) if text else _tr("Bookmark")
    if entry.kind == "flow":
        return _tr("The drawing was saved")
    names = {"run": _tr("The flow"), "host": _tr("The host"), "topic": _tr("Topic"), "group": _tr("Group"),
             "member": _tr("Member"), "producer": _tr("Producer"), "fault": _tr("Fault"),
             "user": _tr("You")}
    said = " ".join(part for part in (names.get(entry.kind, entry.kind), about, act) if part)
    return f"{said}: {text}" if text else said


def _rebalance(entry: JournalEntry) -> str:
    members = len(entry.detail.get("assignment", ()))
    return _tr("{0} shared out its partitions: generation {1}, {2}, {3}").format(
        entry.group, entry.detail.get("generation", "?"), words.plural(members, "member", "members"),
        entry.detail.get("assignor", ""))


def _moves(entry: JournalEntry) -> str:
    moves = entry.detail.get("moves", ())
    parts = [f"{partition}: {'–' if before is None else words.count(before)} → {words.count(after)}"
             for partition, before, after in moves[:4]]
    return ", ".join(parts) + (" …" if len(moves) > 4 else "")


def _records(count: int) -> str:
    return words.plural(count, "record", "records")


def _span(entry: JournalEntry) -> str:
    if entry.first == entry.last:
        return words.count(entry.first)
    return f"{words.count(entry.first)}–{words.count(entry.last)}"
