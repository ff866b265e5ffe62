"""Which batches were stored before their records were checked (``batch_check``), so that they are looked at when a
foreign client fetches them. Used on any thread; nothing changes after the file is open.

A file says it once, when a workbench that checks moves it on: the end of every partition as it then is, under
``UNCHECKED_KEY``. A new file has none, and costs nothing.
"""

from __future__ import annotations

import json
import sqlite3
from collections import OrderedDict
from collections.abc import Mapping, Sequence

from workbench.broker.batch import batch_header
from workbench.broker.damage import served_batch
from workbench.broker.migrations import UNCHECKED_KEY, read_meta

KEPT = 4096


def unchecked_ends(connection: sqlite3.Connection) -> dict[int, int]:
    """By partition number, the offset from which on every batch was checked."""
    return {int(no): end for no, end in json.loads(read_meta(connection, UNCHECKED_KEY) or "{}").items()}


class Unchecked:
    """What foreign clients are given of such batches."""

    def __init__(self, ends: Mapping[int, int]) -> None:
        self._ends = ends
        self._good: OrderedDict[tuple[int, int], None] = OrderedDict()  # looked at lately, and readable

    def served(self, partition_no: int, batches: Sequence[bytes]) -> Sequence[bytes]:
        """``batches`` with an empty one in the place of each that can't be read."""
        end = self._ends.get(partition_no, 0)
        if not end or not batches or batch_header(batches[0]).base_offset >= end:
            return batches
        return [self._served(partition_no, data, end) for data in batches]

    def _served(self, partition_no: int, data: bytes, end: int) -> bytes:
        base = batch_header(data).base_offset
        if base >= end or (partition_no, base) in self._good:
            return data
        given = served_batch(data)
        if given is data:
            self._good[partition_no, base] = None
            if len(self._good) > KEPT:
                self._good.popitem(last=False)
        return given
