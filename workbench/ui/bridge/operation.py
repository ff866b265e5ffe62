"""Acts off the GUI thread: ``Operation(parent, fn).done(show).failed(tell).run()``.

``fn`` runs on a pool thread; ``done`` and ``failed`` are called on the GUI thread, and never after ``parent`` is gone.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal

from workbench.core.errors import WorkbenchError

log = logging.getLogger(__name__)


class _Outcome(QObject):
    finished = Signal(object, object)


class _Work(QRunnable):
    def __init__(self, fn: Callable[[], Any], outcome: _Outcome) -> None:
        super().__init__()
        self._fn = fn
        self._outcome = outcome

    def run(self) -> None:
        result, error = None, None
        try:
            result = self._fn()
        except WorkbenchError as caught:
            error = caught
        except Exception as caught:
            log.exception("an act failed in a way nobody foresaw")
            error = WorkbenchError(f"That did not work: {caught}.", "The log tab has the details.")
        try:
            self._outcome.finished.emit(result, error)
        except RuntimeError:  # the window, and with it everybody who waited, is gone
            log.info("an act ended after its window")


class Operation(QObject):
    """One act. Deletes itself when it is over."""

    def __init__(self, parent: QObject, fn: Callable[[], Any]) -> None:
        super().__init__(parent)
        self._fn = fn
        self._done: Callable[[Any], None] | None = None
        self._failed: Callable[[WorkbenchError], None] | None = None
        self._outcome = _Outcome(self)
        self._outcome.finished.connect(self._finish)

    def done(self, show: Callable[[Any], None]) -> Operation:
        self._done = show
        return self

    def failed(self, tell: Callable[[WorkbenchError], None]) -> Operation:
        self._failed = tell
        return self

    def run(self, pool: QThreadPool | None = None) -> Operation:
        (pool or QThreadPool.globalInstance()).start(_Work(self._fn, self._outcome))
        return self

    def _finish(self, result: Any, error: WorkbenchError | None) -> None:
        if error is None and self._done:
            self._done(result)
        elif error is not None and self._failed:
            self._failed(error)
        self.deleteLater()
