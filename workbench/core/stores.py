"""Stores: keyed tables in the workspace that groups write their worked records to. Values only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StoreWrite:
    """One record as it goes to a store. ``value`` None removes the row. ``event_id`` is what a store that takes each
    event once knows it by."""

    key: bytes
    value: bytes | None
    topic: str
    partition: int
    offset: int
    event_id: str = ""


@dataclass(frozen=True, slots=True)
class StoreRow:
    """``version`` counts the writes of this key; ``topic``, ``partition`` and ``offset`` are the record that was
    applied last."""

    key: bytes
    value: bytes
    version: int
    topic: str
    partition: int
    offset: int
    written_ms: int


@dataclass(frozen=True, slots=True)
class StoreCounts:
    """``writes`` were applied; ``repeats`` were left out, because their event id was there before; ``refused`` met an
    outage or the capacity."""

    rows: int = 0
    writes: int = 0
    repeats: int = 0
    reads: int = 0
    refused: int = 0
