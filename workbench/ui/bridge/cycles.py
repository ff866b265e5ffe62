"""Python's search for cycles, on the GUI thread and nowhere else.

Left to itself it runs on whichever thread happens to allocate. A worker that decoded records then took apart a model
and its workspace, which only held each other, while the GUI thread was still delivering their events: the process died.
So it is off in a process with a window, and done here between two events, by Python's own counts.

What the start has made stays as long as the process, so it is never looked through: that would take 180 ms each time.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

_EVERY_MS = 500
_STARTED_MS = 3_000  # window, pages and charts are there


def search_on_this_thread(parent: QObject) -> None:
    """From now on, as long as ``parent`` lives."""
    gc.disable()
    timer = QTimer(parent)
    timer.timeout.connect(search_when_due)
    timer.start(_EVERY_MS)


def leave_the_start_alone(parent: QObject) -> None:
    """Once the start is over, take what is there for lasting."""
    gc.freeze()  # the modules and the first window; what comes within the next seconds follows
    QTimer.singleShot(_STARTED_MS, parent, gc.freeze)


def search_when_due() -> None:
    """Search the oldest generation whose turn it is, if any."""
    due = [age for age, (made, most) in enumerate(zip(gc.get_count(), gc.get_threshold(), strict=True)) if made > most]
    if due:
        gc.collect(due[-1])
