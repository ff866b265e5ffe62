"""Entries of the journal by the word of their kind and what only that kind has, as a file would tell of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.broker import entry_from
from workbench.core.journal import JournalEntry


def entry_of(kind: str, at_ms: int, topic: str = "", partition: int = -1, first: int = -1, last: int = -1,
             count: int = 0, bytes: int = 0, group: str = "", member: str = "",
             detail: Mapping[str, Any] | None = None, id: int = 0) -> JournalEntry:
    """What the kind must have and ``detail`` does not give is as in the file of an older workbench."""
    return entry_from(kind, (at_ms, topic, partition, first, last, count, bytes, group, member), detail or {}, id)
