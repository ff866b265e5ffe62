"""What this window looks at closely: each region says what it shows in detail, and the host is told all of it together.

A region says so whenever it shows something (``put``); what a hidden region wanted does not count. A name that nobody
wanted in time costs no more than a figure that is some seconds old (see ``core.wanted``). GUI thread.
"""

from __future__ import annotations

from collections.abc import Iterable
from weakref import WeakKeyDictionary

import shiboken6
from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from workbench.core.wanted import Wanted

_GATHER_MS = 50


class Wants(QObject):
    """See the module. ``changed`` brings the new ``Wanted``."""

    changed = Signal(object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.wanted = Wanted()
        self._regions: WeakKeyDictionary[QWidget, Wanted] = WeakKeyDictionary()
        self._soon = QTimer(self, interval=_GATHER_MS, singleShot=True)
        self._soon.timeout.connect(self._gather)

    def put(self, region: QWidget, topics: Iterable[str] = (), groups: Iterable[str] = (),
            events: Iterable[str] = ()) -> None:
        """What ``region`` shows in detail now, in place of what it said before."""
        self._regions[region] = Wanted(tuple(topics), tuple(groups), tuple(events))
        if not self._soon.isActive():
            self._soon.start()

    def _gather(self) -> None:
        seen = [wanted for region, wanted in self._regions.items() if shiboken6.isValid(region) and region.isVisible()]
        wanted = Wanted(*(tuple(sorted({name for one in seen for name in getattr(one, what)}))
                          for what in ("topics", "groups", "events")))
        if wanted != self.wanted:
            self.wanted = wanted
            self.changed.emit(wanted)
