"""How often a view follows what comes quickly: the first at once, then no oftener than it asks for, the last always.

Views that are due in the same turn would make one long stop in the frames. So who has waited steps back a little when
another has just been shown: each has a turn of its own, with frames between. GUI thread.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from PySide6.QtCore import QObject, QTimer

_APART_MS = 20  # a frame and its painting


class Pace(QObject):
    """See the module. ``show`` is called on the GUI thread, with nothing: it looks for itself at what is newest."""

    _last_s = float("-inf")  # when any of them was shown

    def __init__(self, show: Callable[[], None], every_ms: int, parent: QObject) -> None:
        super().__init__(parent)
        self._show = show
        self._every_ms = every_ms
        self._behind = False
        self._rest = QTimer(self, singleShot=True)
        self._rest.timeout.connect(self._rested)

    def ask(self, _new: object = None) -> None:
        """There is something new: a slot for any signal that says so."""
        if self._rest.isActive():
            self._behind = True
        else:
            self.now()

    def now(self) -> None:
        """Show without waiting, because a person asked."""
        self._behind = False
        self._rest.start(self._every_ms)
        self._show()
        Pace._last_s = monotonic()

    def stop(self) -> None:
        self._behind = False
        self._rest.stop()

    def _rested(self) -> None:
        if not self._behind:
            return
        early_ms = _APART_MS - (monotonic() - Pace._last_s) * 1000
        if early_ms > 0:
            self._rest.start(round(early_ms) + 1)
        else:
            self.now()
