"""The running application: one window, the file it is on, and what is the process' own (theme, settings, signals)."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication
from shiboken6 import isValid

from workbench.core.errors import WorkbenchError
from workbench.ui.bridge.cycles import leave_the_start_alone, search_on_this_thread
from workbench.ui.bridge.host_link import HostLink
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.opening import Opener
from workbench.ui.settings import APP, Settings, data_folder
from workbench.ui.single_instance import SingleInstance
from workbench.ui.theme.theme import theme
from workbench.ui.window.files import saved_drawing

if TYPE_CHECKING:
    from workbench.ui.window.main_window import MainWindow

SAMPLE, SAMPLE_TITLE = "orders", "Orders sample"
_log = logging.getLogger(__name__)


class Application(QObject):
    """See the module. ``exec`` returns the exit status."""

    def __init__(self, said: argparse.Namespace) -> None:
        there = QApplication.instance()
        self._app = there if isinstance(there, QApplication) else QApplication([APP])
        super().__init__()
        self._said = said
        self._status = 0
        self._app.setApplicationName(APP)
        self._app.setApplicationDisplayName("Event-flow workbench")
        QGuiApplication.setDesktopFileName(APP)
        self._app.setQuitOnLastWindowClosed(False)
        self.settings = Settings()
        theme().apply(self._app, said.theme or self.settings.theme)
        theme().set_reduced_motion(self.settings.reduced_motion)
        theme().set_local_time(self.settings.local_time)
        self.window: MainWindow | None = None
        self._instance: SingleInstance | None = None
        same = [*(["--theme", said.theme] if said.theme else []), *(["--in-process"] if said.in_process else [])]
        self._opener = Opener(self, same)
        sys.excepthook = self._unforeseen

    def exec(self) -> int:
        first_time = not self.settings.recent
        path, sample = choose_file(self._said.file, self.settings, not self._said.no_sample)
        if not self.open(path, sample, run=self._said.run or bool(sample), tour=first_time and bool(sample)):
            return 0
        for number in (signal.SIGTERM, signal.SIGINT):  # the status bar's timer gives Python its turn to notice
            signal.signal(number, lambda *_: QTimer.singleShot(0, self, self._close))
        if self._said.shot is not None:
            QTimer.singleShot(int(self._said.shot_after * 1000), self._take_shot)
        leave_the_start_alone(self)
        search_on_this_thread(self)
        return self._app.exec() or self._status

    def open(self, path: Path, sample: str = "", *, run: bool = False, tour: bool = False) -> bool:
        """This process' window on the file; False when another has one already. ``opening`` is for further files."""
        instance = self._instance = SingleInstance(path, self)
        if not instance.first:
            return False
        from workbench.ui.window.main_window import MainWindow

        workspace = Workspace(path, None)
        link = HostLink(workspace, self._said.in_process)
        missing = not path.exists()
        may_make = missing and (bool(sample) or self._said.file is None)
        window = self.window = MainWindow(workspace, self.settings, link)
        window.load_drawing(_sample_text(sample) if missing and sample else saved_drawing(path))
        window.files.open_wanted.connect(lambda path: self._open_other(window, path))
        window.closed.connect(self._closed)
        instance.raised.connect(window.come_forward)
        link.connected.connect(instance.claim)
        link.connected.connect(lambda: self.settings.remember(path))
        link.looking_only.connect(lambda _: self.settings.remember(path))
        if run:
            window.host_watch.run_when_ready()
        # Beside each other, first paint and host take longer than one after the other (measured: 0.9 against 0.6 s).
        window.canvas.first_painted.connect(lambda: link.connect_host(sample if may_make else None))
        window.show()
        window.shift(self._said.shifted)
        if tour and not self.settings.toured:
            QTimer.singleShot(0, window, window.dialogs.tour)
        return True

    def _open_other(self, window: MainWindow, path: Path) -> None:
        window.host_bar.clear("act")  # what was said of the file tried before
        self._opener.open(path, window.workspace.failed.emit, window.workspace.notice.emit,
                          lambda: window.close_for_good() if isValid(window) and window.untouched else None)

    def _closed(self) -> None:
        if self._instance is not None:
            self._instance.close()
        self._app.quit()

    def _close(self) -> None:
        if self.window is not None and isValid(self.window):
            self.window.close_for_good()

    def _take_shot(self) -> None:
        """For scripts: a picture of the window, then an orderly end."""
        if self.window is not None and not self.window.grab().save(str(self._said.shot)):
            print(f"workbench: {self._said.shot} could not be written.", file=sys.stderr)
            self._status = 1
        self._close()

    def _unforeseen(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """An error nobody caught: into the log, and a sentence in the window instead of an end."""
        _log.error("an error nobody foresaw", exc_info=(kind, error, trace))
        if self.window is not None and isValid(self.window):
            said = str(error).rstrip(".")
            self.window.workspace.failed.emit(
                WorkbenchError("Something went wrong in the window: {said}.", "The log file has the details.",
                               said=said))


def _sample_text(sample: str) -> str:
    from workbench.flow import codec
    from workbench.flow.samples import load_sample

    return codec.dumps(load_sample(sample))


def choose_file(said: Path | None, settings: Settings, sample: bool) -> tuple[Path, str]:
    """The file to open and the sample to make it from, if it is new: (path, sample name or "")."""
    if said is not None:
        return said.resolve(), ""
    known = next((path for path in settings.recent if path.exists()), None)
    if known is not None:
        return known, ""
    path = data_folder() / f"{SAMPLE_TITLE if sample else 'Untitled'}.flow"
    return path, SAMPLE if sample else ""
