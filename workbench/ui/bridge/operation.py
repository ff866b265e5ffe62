"""Acts off the GUI thread: ``Operation(parent, fn).done(show).failed(tell).run()``.

``fn`` runs on a pool thread; ``done`` and ``failed`` are called on the GUI thread, and never after ``parent`` is gone.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal
from shiboken6 import isValid

from workbench.core.errors import WorkbenchError

log = logging.getLogger(__name__)


class _Post(QObject):
    """Brings answers to the GUI thread. There is one, and it stays: an object that is deleted while another thread
    is still emitting its signal brings the process down."""

    arrived = Signal(object, object, object)

    def __init__(self) -> None:
        super().__init__()
        self.arrived.connect(self._hand_over)

    def _hand_over(self, operation: Operation, result: Any, error: WorkbenchError | None) -> None:
        if isValid(operation):  # else the window, and with it everybody who waited, is gone
            operation.finish(result, error)


@lru_cache(maxsize=1)
def _post() -> _Post:
    """Made by the first operation, so on the GUI thread."""
    return _Post()


class _Work(QRunnable):
    def __init__(self, fn: Callable[[], Any], operation: Operation, post: _Post) -> None:
        super().__init__()
        self._fn = fn
        self._operation = operation
        self._post = post

    def run(self) -> None:
        result, error = None, None
        try:
            result = self._fn()
        except WorkbenchError as caught:
            error = caught
        except Exception as caught:
            log.exception("an act failed in a way nobody foresaw")
            error = WorkbenchError(f"That did not work: {caught}.", "The log tab has the details.")
        self._post.arrived.emit(self._operation, result, error)


class Operation(QObject):
    """One act. Deletes itself when it is over. Acts given the same ``pool`` of one thread are done in order."""

    def __init__(self, parent: QObject, fn: Callable[[], Any], pool: QThreadPool | None = None) -> None:
        super().__init__(parent)
        self._fn = fn
        self._pool = pool
        self._done: Callable[[Any], None] | None = None
        self._failed: Callable[[WorkbenchError], None] | None = None
        self._post = _post()

    def done(self, show: Callable[[Any], None]) -> Operation:
        self._done = show
        return self

    def failed(self, tell: Callable[[WorkbenchError], None]) -> Operation:
        self._failed = tell
        return self

    def run(self, pool: QThreadPool | None = None) -> Operation:
        (pool or self._pool or QThreadPool.globalInstance()).start(_Work(self._fn, self, self._post))
        return self

    def finish(self, result: Any, error: WorkbenchError | None) -> None:
        """The answer is there (GUI thread)."""
        if error is None and self._done:
            self._done(result)
        elif error is not None and self._failed:
            self._failed(error)
        self.deleteLater()
