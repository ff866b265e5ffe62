"""What a verb needs of the process around it: three standard streams, and an asked end that comes as Ctrl-C does."""

from __future__ import annotations

import os
import signal
import sys


def prepare() -> None:
    """Once, before anything is opened."""
    _open_missing_streams()
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:  # nohup's choice stands
            signal.signal(number, signal.default_int_handler)


def _open_missing_streams() -> None:
    """A closed stream is /dev/null: else the next file opened, the workspace itself, would get its number."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number, which is this one
    sys.stdin = sys.stdin or os.fdopen(0, closefd=False)
    sys.stdout = sys.stdout or os.fdopen(1, "w", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", closefd=False)
