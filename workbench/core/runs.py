"""Runs of offsets as a short text: (first, last), rising and apart. Plain functions, any thread.

The text is base64 over zlib over the gaps and lengths as u64, little end first: below 3 bytes a run however the offsets
are scattered, below one where there is a pattern in them.
"""

from __future__ import annotations

import struct
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise

Run = tuple[int, int]


def joined(runs: Iterable[tuple[int, int]]) -> list[Run]:
    """The same offsets as runs that rise and lie apart."""
    found: list[Run] = []
    for first, last in sorted(runs):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return found


def pack_runs(runs: Iterable[Run]) -> str:
    """``runs`` rise and lie apart."""
    numbers: list[int] = []
    end = 0
    for first, last in runs:
        numbers += (first - end, last - first)
        end = last + 1
    return b64encode(zlib.compress(struct.pack(f"<{len(numbers)}Q", *numbers), 1)).decode()


@lru_cache(maxsize=16)
def unpack_runs(text: str) -> tuple[Run, ...]:
    data = zlib.decompress(b64decode(text))
    numbers = struct.unpack(f"<{len(data) // 8}Q", data)
    found: list[Run] = []
    end = 0
    for gap, more in zip(numbers[::2], numbers[1::2], strict=True):
        found.append((end + gap, end + gap + more))
        end += gap + more + 1
    return tuple(found)


def few_bands(runs: Iterable[tuple[int, int]], most: int) -> list[Run]:
    """At most ``most`` runs that hold all the offsets of ``runs``: cut where the gaps are widest."""
    whole = joined(runs)
    gaps = sorted(range(1, len(whole)), key=lambda at: whole[at - 1][1] - whole[at][0])
    cuts = [0, *sorted(gaps[: most - 1]), len(whole)]
    return [(whole[start][0], whole[stop - 1][1]) for start, stop in pairwise(cuts) if start < stop]
