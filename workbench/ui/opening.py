"""Opening a file from a window: looked at first, while the present window stays as it is, then in a window of its own.

    file ─► may it be opened? ── no ─► a sentence in the present window
                 │ yes
                 ├─► a window is open on it, here or in another process ─► raised
                 └─► a new process with its window; one that nothing was done in makes room for it

A process a window, not windows that share one: the tint of the past and the theme belong to the application, two
canvases would take each other's frames, a window that fails or waits takes no other along, and what a window held is
given back when it closes, whatever held it. It costs a start (under a second) and some memory a file. GUI thread.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QObject, QProcess, QTimer

from workbench.core.errors import FileError, Missing, NotOurs, WorkbenchError
from workbench.ui.bridge.operation import Operation
from workbench.ui.single_instance import raise_window

_LOOK_MS, _PATIENCE_MS = 200, 20_000  # how often, and for how long, a window that was started is looked for


def look_at(path: Path) -> None:
    """A ``WorkbenchError`` says why the file can't be opened in a window; one that can only be read can. Any thread."""
    from workbench.broker import check_workspace

    try:
        check_workspace(path)
    except (Missing, NotOurs) as error:  # the broker's next step is for the command line
        step = QCoreApplication.translate("Opening", "Choose a workspace (.flow); File, New makes one.")
        raise type(error)(error.message, step) from None
    except OSError as error:
        raise FileError("{name} can't be read: {strerror}.", "Check its permissions.", name=path.name,
                        strerror=error.strerror) from None


class Opener(QObject):
    """See the module. ``arguments`` go to each new process before the file."""

    def __init__(self, parent: QObject, arguments: Sequence[str] = ()) -> None:
        super().__init__(parent)
        self._arguments = list(arguments)
        self._opened = 0

    def open(self, path: Path, refused: Callable[[WorkbenchError], None], done: Callable[[str], None],
             there: Callable[[], None] = lambda: None) -> None:
        """``refused`` is told why it can't be opened; ``done`` what happened; ``there`` once its window is."""
        path = path.absolute()
        Operation(self, lambda: look_at(path)).done(
            lambda _: self._show(path, refused, done, there)).failed(refused).run()

    def _show(self, path: Path, refused: Callable[[WorkbenchError], None], done: Callable[[str], None],
              there: Callable[[], None]) -> None:
        if raise_window(path):
            done(self.tr("{0} is open already").format(path.name))
            there()
        elif self._start(path):
            done(self.tr("Opening {0} in a window of its own").format(path.name))
            self._await(path, there, _PATIENCE_MS // _LOOK_MS)
        else:
            refused(WorkbenchError(self.tr("No new window could be started."), self.tr("Close something, try again.")))

    def _await(self, path: Path, there: Callable[[], None], looks: int) -> None:
        if raise_window(path):
            there()
        elif looks > 0:
            QTimer.singleShot(_LOOK_MS, self, lambda: self._await(path, there, looks - 1))

    def _start(self, path: Path) -> bool:
        self._opened += 1
        process = QProcess()
        process.setProgram(sys.executable)
        process.setArguments(["-m", "workbench", *self._arguments, "--shifted", str(self._opened), str(path)])
        process.setStandardInputFile(QProcess.nullDevice())
        process.setStandardOutputFile(QProcess.nullDevice())
        process.setStandardErrorFile(QProcess.nullDevice())
        return bool(process.startDetached())
