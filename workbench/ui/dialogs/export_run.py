"""One export as a process of its own (``workbench export``), so that a large one never holds up the window.

The command's file appears only when it is whole; a cancelled one leaves nothing. GUI thread.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, Signal

from workbench.core.times import format_time

_HOW_FAR = re.compile(r"exported: ([\d,]+) of ([\d,]+)")
_STOP_WITHIN_MS = 3000


@dataclass(frozen=True, slots=True)
class ExportWish:
    """What to export. No ``topics`` means all; no time means from the first or to the last."""

    workspace: Path
    out: Path
    what: str = "records"
    form: str = "jsonl"
    topics: tuple[str, ...] = ()
    from_ms: int | None = None
    to_ms: int | None = None
    wanted: str = ""  # a filter

    def arguments(self) -> list[str]:
        """The command line after ``workbench``."""
        made = ["export", str(self.workspace.resolve()), str(self.out.absolute()), f"--what={self.what}",
                f"--format={self.form}", *(f"--topic={name}" for name in self.topics)]  # fmt: skip
        if self.from_ms is not None:
            made.append(f"--from=time:{format_time(self.from_ms)}")
        if self.to_ms is not None:
            made.append(f"--to=time:{format_time(self.to_ms)}")
        if self.wanted:
            made.append(f"--filter={self.wanted}")
        return [*made, "--json", "--progress"]


@dataclass(frozen=True, slots=True)
class ExportDone:
    records: int
    entries: int
    files: tuple[Path, ...]


class ExportRun(QObject):
    """See the module. Ends with exactly one of ``done``, ``failed`` and ``cancelled``."""

    progressed = Signal(int, int)  # written, in all
    done = Signal(object)  # ExportDone
    failed = Signal(str)
    cancelled = Signal()

    def __init__(self, wish: ExportWish, parent: QObject) -> None:
        super().__init__(parent)
        self._stopping = False
        self._said = ""
        self._process = QProcess(self)
        self._process.setProgram(sys.executable)
        self._process.setArguments(["-m", "workbench", *wish.arguments()])
        if os.name == "posix":  # an interrupt must reach the command, whatever this process ignores
            self._process.setUnixProcessParameters(QProcess.UnixProcessFlag.ResetSignalHandlers)
        self._process.readyReadStandardError.connect(self._listen)
        self._process.finished.connect(self._finish)
        self._process.errorOccurred.connect(self._fail_to_start)

    @property
    def running(self) -> bool:
        return self._process.state() != QProcess.ProcessState.NotRunning

    def start(self) -> None:
        self._process.start()

    def cancel(self) -> None:
        """Ask it to stop; it tidies up and ``cancelled`` follows."""
        if not self.running or self._stopping:
            return
        self._stopping = True
        if os.name == "posix" and self._process.processId():
            os.kill(self._process.processId(), signal.SIGINT)
        else:
            self._process.kill()

    def end(self) -> None:
        """Cancel and wait: whoever wanted it is going away."""
        self.cancel()
        if self.running and not self._process.waitForFinished(_STOP_WITHIN_MS):
            self._process.kill()
            self._process.waitForFinished(_STOP_WITHIN_MS)

    def _listen(self) -> None:
        self._said += bytes(self._process.readAllStandardError().data()).decode(errors="replace")
        told = list(_HOW_FAR.finditer(self._said))
        if told:
            self._said = self._said[told[-1].end() :]
            self.progressed.emit(*(int(number.replace(",", "")) for number in told[-1].groups()))

    def _finish(self, code: int, how: QProcess.ExitStatus) -> None:
        self._listen()
        if self._stopping:
            self.cancelled.emit()
        elif code == 0 and how == QProcess.ExitStatus.NormalExit:
            answer = json.loads(self._process.readAllStandardOutput().data())
            files = tuple(Path(name) for name in answer["files"])
            self.done.emit(ExportDone(answer["records"], answer["journal_entries"], files))
        else:
            words = re.sub(r"\x1b\[K|\r", "\n", self._said).strip().splitlines()
            self.failed.emit(words[-1] if words else self.tr("The export ended early. Nothing was written."))

    def _fail_to_start(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self.failed.emit(self.tr("The export did not start: {0}.").format(self._process.errorString()))
