"""A redrive that is stopped by Ctrl-C, whenever it comes."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

from workbench.cli.redrive import _drive
from workbench.control.queues import ListQueues, RedriveQueue, StopRedrive
from workbench.core.queues import RedriveSpec


class Host:
    """Redrives until it is told to stop; the person presses Ctrl-C while the progress is asked for."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self._asked = 0

    def call(self, command: Any) -> Any:
        if isinstance(command, RedriveQueue):
            assert self.stop.wait(20), "nobody stopped it"
            return SimpleNamespace(redriven="so far")
        if isinstance(command, StopRedrive):
            self.stop.set()
        elif isinstance(command, ListQueues):
            self._asked += 1
            if self._asked == 2:  # the first is before it begins
                raise KeyboardInterrupt
            return SimpleNamespace(queues=())
        return None


def test_ctrl_c_amid_telling_the_progress_stops_it():
    assert _drive(Host(), RedriveQueue("q", RedriveSpec(), False)) == ("so far", True)
