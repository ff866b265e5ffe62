"""Journal entries as sentences, and the kinds a person may look for. Pure functions."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from workbench.core.journal import (
    AppendEntry,
    BookmarkEntry,
    CommitEntry,
    DeliverEntry,
    DoneEntry,
    FaultEntry,
    FlowEntry,
    GroupEntry,
    HostEntry,
    JoinEntry,
    JournalEntry,
    LeaveEntry,
    MemberEntry,
    ProducerEntry,
    RebalanceEntry,
    ResetEntry,
    RetentionEntry,
    RunEntry,
    SchemaEntry,
    SendEntry,
    StoreEntry,
    TopicEntry,
    UserEntry,
)
from workbench.ui.models import queue_words
from workbench.ui.theme import words

FAMILIES: dict[str, tuple[str, ...]] = {
    "all": (),
    "acts": ("run", "user", "reset", "bookmark", "topic", "flow", "member", "producer", "fault", "host",
             "schema"),
    "groups": ("group", "join", "leave", "rebalance", "reset", "commit", "member"),
    "records": ("send", "append", "deliver", "done", "retention", "store"),
    "queues": queue_words.KINDS,
}
ICONS = {
    "send": ("send", "producer"), "done": ("check", "consumer"),
    "append": ("send", "producer"), "deliver": ("group", "consumer"), "commit": ("check", "ok"),
    "retention": ("topic", "text_muted"), "topic": ("topic", "stream"), "group": ("group", "consumer"),
    "join": ("add", "consumer"), "leave": ("remove", "consumer"), "rebalance": ("group_fill", "consumer"),
    "reset": ("replay", "replay"), "member": ("group", "consumer"), "producer": ("producer", "producer"),
    "run": ("run", "accent"), "fault": ("fault_fill", "warn_mark"), "user": ("rename", "text_muted"),
    "bookmark": ("bookmark_fill", "accent"), "host": ("database", "text_muted"), "flow": ("save", "text_muted"),
    "store": ("store", "external"), "schema": ("database", "text_muted"), **queue_words.ICONS,
}


def _tr(text: str) -> str:
    return QCoreApplication.translate("journal", text)


def family_name(family: str) -> str:
    return {"all": _tr("Everything"), "acts": _tr("Acts and faults"), "groups": _tr("Groups"),
            "records": _tr("Records"), "queues": _tr("Queues")}[family]


def sentence(entry: JournalEntry) -> str:
    """What happened, short."""
    if entry.kind in queue_words.KINDS:
        return queue_words.sentence(entry)
    place = f"{entry.topic}/{entry.partition}"
    match entry:
        case AppendEntry():
            return _tr("{0} written to {1}, {2}").format(_records(entry.count), place, _span(entry))
        case DeliverEntry():
            said = _tr("{0} of {1} read{2} by {3}, {4}") if not entry.held else _tr("{0} of {1} handed{2} to {3}, {4}")
            again = _tr(" again") if entry.again else ""
            return said.format(_records(entry.count), place, again, entry.member or entry.group, _span(entry))
        case DoneEntry():
            again = _tr(" again") if entry.again else ""
            return _tr("{0} of {1} worked{2} by {3}, {4}").format(
                _records(entry.count), place, again, entry.member or entry.group, _span(entry))
        case SendEntry():
            return _sent(entry)
        case CommitEntry():
            return _tr("{0} committed {1} @ {2}").format(entry.group, place, words.count(entry.last))
        case RetentionEntry():
            return _tr("Retention moved the start of {0} from {1} to {2}").format(
                place, words.count(entry.first), words.count(entry.last))
        case StoreEntry() if entry.was:
            return _tr("Store {0} goes on as {1}").format(entry.was, entry.group)
        case StoreEntry():
            return _tr("{0} has {1} after {2}, {3} refused").format(
                entry.group, words.plural(entry.rows, "row", "rows"), words.plural(entry.writes, "write", "writes"),
                words.count(entry.refused))
    return _of_groups(entry) or _of_parts(entry)


def _sent(entry: SendEntry) -> str:
    to = entry.topic if entry.partition < 0 else f"{entry.topic}/{entry.partition}"
    who = f"{entry.group}: {entry.member}" if entry.group not in ("", entry.member) else entry.member
    outcome = {"acked": _tr("acked"), "failed": _tr("failed"), "unknown": _tr("never answered")}[entry.outcome]
    again = _tr(", sent again {0}").format(words.plural(entry.retries, "time", "times")) if entry.retries else ""
    return _tr("{0} sent by {1} to {2}: {3}").format(_records(entry.count), who, to, outcome) + again


def _of_groups(entry: JournalEntry) -> str:
    match entry:
        case RebalanceEntry():
            return _tr("{0} shared out its partitions: generation {1}, {2}, {3}").format(
                entry.group, entry.generation, words.plural(len(entry.assignment), "member", "members"),
                entry.assignor)
        case ResetEntry():
            return _tr("{0} was moved on {1}: {2}").format(entry.group, entry.topic, _moves(entry))
        case JoinEntry() | LeaveEntry():
            verb = _tr("joined") if isinstance(entry, JoinEntry) else _tr("left")
            return f"{entry.member} {verb} {entry.group}" + (f": {entry.reason}" if entry.reason else "")
        case GroupEntry():
            return _joined(_tr("Group"), entry.group, entry.act)
        case MemberEntry():
            return _joined(_tr("Member"), f"{entry.member} ({entry.group})", entry.act)
    return ""


def _of_parts(entry: JournalEntry) -> str:
    match entry:
        case BookmarkEntry():
            return _tr("Bookmark: {0}").format(entry.text) if entry.text else _tr("Bookmark")
        case FlowEntry():
            return _tr("The drawing was saved")
        case RunEntry():
            return _joined(_tr("The flow"), entry.act)
        case HostEntry():
            return _joined(_tr("The host"), entry.act)
        case TopicEntry():
            return _joined(_tr("Topic"), entry.topic, entry.act)
        case ProducerEntry():
            return _joined(_tr("Producer"), entry.name or entry.node, entry.act)
        case SchemaEntry():
            return _schema(entry)
        case FaultEntry():
            return f"{_tr('Fault')}: {entry.text}" if entry.text else _tr("Fault")
        case UserEntry():
            said = _joined(_tr("You"), entry.act)
            return f"{said}: {entry.text}" if entry.text else said
    return entry.kind


def _schema(entry: SchemaEntry) -> str:
    if entry.act == "settings":
        return _tr("Schemas: compatibility or mode of {0} was set").format(entry.subject or _tr("all subjects"))
    done = {"registered": _tr("registered"), "deleted": _tr("deleted"), "removed": _tr("deleted for good")}[entry.act]
    named = ", ".join(map(str, entry.versions[:4])) + (" …" if len(entry.versions) > 4 else "")
    what = _tr("{0} version {1}") if len(entry.versions) == 1 else _tr("{0} versions {1}")
    return _tr("Schemas: {0} {1}").format(what.format(entry.subject, named), done)


def _joined(*parts: str) -> str:
    return " ".join(part for part in parts if part)


def _moves(entry: ResetEntry) -> str:
    parts = [f"{partition}: {'–' if before is None else words.count(before)} → {words.count(after)}"
             for partition, before, after in entry.moves[:4]]
    return ", ".join(parts) + (" …" if len(entry.moves) > 4 else "")


def _records(count: int) -> str:
    return words.plural(count, "record", "records")


def _span(entry: JournalEntry) -> str:
    if entry.first == entry.last:
        return words.count(entry.first)
    return f"{words.count(entry.first)}–{words.count(entry.last)}"
