"""How fast a run in virtual time is: virtual seconds a second of the processor, on the sample «orders».

What was asked for is 20; the copy of the workspace and the digest are in it, the start of the process is not.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

from workbench.cli.benchmarks.result import Result
from workbench.host import make_workspace
from workbench.host.virtual import run_virtual

ASKED_FOR = 20.0


def pace_ratio(*, seconds: float = 30.0, rounds: int = 3) -> Result:
    """Virtual seconds a second of the processor on the sample «orders», against the 20 that were asked for."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "orders.flow"
        make_workspace(file, sample="orders")
        paces = [_pace(file, seconds) for _ in range(rounds)]
    pace = statistics.median(paces)
    return Result("a run in virtual time, against what was asked for", pace, ASKED_FOR, pace / ASKED_FOR,
                  "virtual s a CPU s", 1.0)


def _pace(file: Path, seconds: float) -> float:
    began = time.process_time()
    run_virtual(file, seed=7, seconds=seconds)
    return seconds / (time.process_time() - began)
