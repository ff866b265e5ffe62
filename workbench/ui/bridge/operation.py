"""Acts off the GUI thread: ``Operation(parent, fn).done(show).failed(tell).run()``.

``fn`` runs on a worker; ``done`` and ``failed`` are called on the GUI thread, and never after ``parent`` is
gone. The worker knows an operation by its number only and lets go of everything before it says that it is ready: what
``fn`` holds dies on the GUI thread, where objects of Qt have to.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future, wait
from functools import lru_cache
from itertools import count
from typing import Any

from PySide6.QtCore import QObject
from shiboken6 import isValid

from workbench.core.errors import WorkbenchError
from workbench.ui.bridge.letterbox import Letterbox
from workbench.ui.bridge.workers import Workers, shared_workers

log = logging.getLogger(__name__)

_numbers = count(1)
_running: dict[int, Operation] = {}


@lru_cache(maxsize=1)
def _answered() -> Letterbox:
    return Letterbox(_finish)


def _finish(number: int) -> None:
    _running.pop(number).finish()


def _work(number: int, answered: Callable[[int], None]) -> None:
    """On the worker; nothing of the operation is left on its stack when the answer is sent."""
    _running[number].work()
    answered(number)


def wait_for_work() -> None:
    """Wait until no worker is at work; the answers are still to be handed over. For the end of a process or test."""
    wait([operation.work_done for operation in _running.values()])


class Operation:
    """One act. Those of the same ``workers`` of one thread are done in order; none is begun after these were closed."""

    work_done: Future[None]

    def __init__(self, parent: QObject, fn: Callable[[], Any], workers: Workers | None = None) -> None:
        self._parent = parent
        self._fn = fn
        self._workers = workers or shared_workers()
        self._done: Callable[[Any], None] | None = None
        self._failed: Callable[[WorkbenchError], None] | None = None
        self._result: Any = None
        self._error: WorkbenchError | None = None

    def done(self, show: Callable[[Any], None]) -> Operation:
        self._done = show
        return self

    def failed(self, tell: Callable[[WorkbenchError], None]) -> Operation:
        self._failed = tell
        return self

    def run(self) -> Operation:
        if not self._workers.closed:
            number = next(_numbers)
            _running[number] = self
            self.work_done = self._workers.give(_work, number, _answered().put)
        return self

    def work(self) -> None:
        """Do it and keep the answer (the worker's thread)."""
        try:
            self._result = self._fn()
        except WorkbenchError as caught:
            self._error = caught.with_traceback(None)  # its frames hold what ``fn`` holds, and this operation
        except Exception as caught:
            log.exception("an act failed in a way nobody foresaw")
            self._error = WorkbenchError("That did not work: {caught}.", "The log tab has the details.", caught=caught)

    def finish(self) -> None:
        """The answer is there (GUI thread)."""
        if not isValid(self._parent):  # and with it everybody who waited
            if self._error is not None:
                log.warning("nobody waited any more to be told: %s", self._error.sentence())
            return
        if self._error is None and self._done:
            self._done(self._result)
        elif self._error is not None and self._failed:
            self._failed(self._error)
