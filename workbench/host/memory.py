"""Keeping the host's memory small and its loop quick: how memory is given out, looked through and given back.

By default glibc keeps a heap for each thread, so batches freed by one are not used again by another, and asks the
system for every large block anew, which then comes page by page, filled with zeros. One heap that batches come from
too, with a few MiB of what is free held for the next one, took half of the processor time off a Kafka client's
requests of a megabyte (2.4 to 1.2 us an event), and leaves the host at 75 MiB after a million events (Python's lock
keeps the threads apart anyway). Where there is no glibc nothing is done.
"""

from __future__ import annotations

import ctypes
import gc
import sys

_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8
_KEPT_FREE_BYTES = 4 << 20
_FROM_HEAP_BYTES = 2 << 20
_NEW_OBJECTS = 50_000
_GIVE_WAY_S = 0.001


def share_one_heap() -> None:
    """Call before the first thread is started."""
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 1)
        mallopt(_M_TRIM_THRESHOLD, _KEPT_FREE_BYTES)
        mallopt(_M_MMAP_THRESHOLD, _FROM_HEAP_BYTES)


def settle() -> None:
    """Call when everything is loaded: what is there now stays, and the collector need not walk it again.

    Records die by their reference count. To look for cycles among the living ones after every 700 of them finds
    nothing and holds the loop, so it is done seldom. A thread that works gives way to the loop after 1 ms, not 5.
    """
    gc.collect()
    gc.freeze()
    gc.enable()
    gc.set_threshold(_NEW_OBJECTS, 20, 50)
    sys.setswitchinterval(_GIVE_WAY_S)
