"""How entries look outside the program: the columns of the journal's table, and the detail, a small JSON object of what
only one kind has. The one place that knows; files and exports are written and read through it.

A field without a default is always in the detail, one with a default only where it differs from it. Entries of an older
workbench may lack the former: ``_FORMERLY`` says what that meant.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from typing import Any

from workbench.core import journal
from workbench.core.errors import Invalid
from workbench.core.journal import JournalEntry, UnknownEntry

ENTRY_TYPES: tuple[type[JournalEntry], ...] = (
    journal.AppendEntry, journal.DeliverEntry, journal.CommitEntry, journal.RetentionEntry, journal.TopicEntry,
    journal.GroupEntry, journal.JoinEntry, journal.LeaveEntry, journal.RebalanceEntry, journal.ResetEntry,
    journal.MemberEntry, journal.ProducerEntry, journal.RunEntry, journal.FaultEntry, journal.UserEntry,
    journal.BookmarkEntry, journal.HostEntry, journal.FlowEntry,
    journal.LeaseEntry, journal.AckEntry, journal.NackEntry, journal.ReturnEntry, journal.DeadEntry,
    journal.RedriveEntry, journal.PurgeEntry, journal.QueueEntry, journal.RouteEntry, journal.BacklogEntry,
    journal.StoreEntry, journal.SchemaEntry, journal.SendEntry, journal.DoneEntry,
)
"""Numbers of the kinds in the file begin at 1: a kind's place here never changes, new ones go to the end."""

_COLUMNS = frozenset(field.name for field in fields(JournalEntry))
_WRITTEN_AS = {"topic_kind": "kind", "marked_ms": "at_ms", "reading_group": "group"}
"""Fields whose name is taken by a column, and what they are called in the detail."""
_FORMERLY: Mapping[str, Mapping[str, Any]] = {
    "join": {"client": "", "instance": "", "reason": "", "replaces": ""},
    "leave": {"reason": ""},
    "rebalance": {"generation": 0, "assignor": "", "assignment": {}},
    "reset": {"moves": (), "spec": {}},
    "member": {"act": "resumed", "reason": ""},
    "producer": {"node": "", "name": "", "act": "resumed", "reason": ""},
    "run": {"speed": 1.0, "seed": None},
    "fault": {"what": "", "where": "", "text": ""},
    "user": {"act": "", "text": ""},
    "bookmark": {"text": ""},
    "flow": {"digest": ""},
    "lease": {"attempt": 0},
    "nack": {"requeue": True, "delay_ms": 0, "reason": "", "attempt": 0},
    "return": {"attempt": 0},
    "send": {"sequence": 0},
    "dead": {"reason": "", "to": ""},
    "redrive": {"to": ""},
    "route": {"act": "unroutable", "key": ""},
}


class _Codec:
    """The own fields of one kind."""

    def __init__(self, entry: type[JournalEntry]) -> None:
        own = [one for one in fields(entry) if one.name not in _COLUMNS]
        self.entry = entry
        self.always = [(one.name, _WRITTEN_AS.get(one.name, one.name)) for one in own if not _has_default(one)]
        self.sometimes = [(one.name, _WRITTEN_AS.get(one.name, one.name), one.default)
                          for one in own if _has_default(one)]
        self.names = {_WRITTEN_AS.get(one.name, one.name): one.name for one in own}
        self.formerly = _FORMERLY.get(entry.kind, {})


def _has_default(one: Field[Any]) -> bool:
    return one.default is not MISSING


_CODECS = {entry.kind: _Codec(entry) for entry in ENTRY_TYPES}
BARE_TYPES = (None, *(None if _CODECS[entry.kind].always else entry for entry in ENTRY_TYPES))
"""By number, the kinds that can be without a detail."""


def detail_of(entry: JournalEntry) -> dict[str, Any]:
    """What only its kind has, in JSON's words; empty for most."""
    if isinstance(entry, UnknownEntry):
        return dict(entry.detail)
    codec = _CODECS[entry.kind]
    if not codec.names:
        return {}
    detail = {written: getattr(entry, name) for name, written in codec.always}
    for name, written, default in codec.sometimes:
        value = getattr(entry, name)
        if value != default:
            detail[written] = value
    return detail


def entry_from(kind: str, columns: tuple[int, str, int, int, int, int, int, str, str], detail: Mapping[str, Any] | None,
               id: int = 0) -> JournalEntry:
    """The entry of this kind; ``columns`` are at_ms, topic, partition, first, last, count, bytes, group, member.
    Invalid where the detail lacks what the kind must have. A kind that is not known becomes an ``UnknownEntry``."""
    codec = _CODECS.get(kind)
    if codec is None:
        return UnknownEntry(*columns, id=id, word=kind, detail=detail or {})
    if not detail and not codec.always:
        return codec.entry(*columns, id=id)
    own = dict(codec.formerly)
    for written, value in (detail or {}).items():
        if name := codec.names.get(written):
            own[name] = value
    try:
        return codec.entry(*columns, id=id, **own)
    except TypeError:
        lacks = [written for name, written in codec.always if name not in own]
        raise Invalid("An entry «{kind}» of the journal must say {lacks}.", kind=kind,
                      lacks=' and '.join(lacks)) from None


def word_of(entry: JournalEntry) -> str:
    """Its kind as it is written."""
    return entry.word if isinstance(entry, UnknownEntry) else entry.kind
