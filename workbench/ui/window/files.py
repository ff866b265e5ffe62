"""New, open, save as, samples, import and export: acts on whole files. Dialogs never block (``open``, not ``exec``)."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QMainWindow

from workbench.control.messages import SaveAs
from workbench.core.errors import WorkbenchError
from workbench.flow import codec
from workbench.flow.edits import AddNode
from workbench.ui.bridge.operation import Operation
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.canvas.gestures.drop import Part, new_node
from workbench.ui.panels.parts.file_dialog import show_whole_columns
from workbench.ui.settings import data_folder

PATTERN = "Workspace (*.flow)"


def fresh_path(stem: str) -> Path:
    """A file name in the data folder that nobody has: «Orders.flow», «Orders 2.flow» ..."""
    folder, number = data_folder(), 1
    while (path := folder / (f"{stem}.flow" if number == 1 else f"{stem} {number}.flow")).exists():
        number += 1
    return path


def _make(path: Path, sample: str = "") -> None:
    from workbench.host import make_workspace  # off the first paint's way

    make_workspace(path, sample)


def _copy(path: Path, target: Path) -> None:
    from workbench.broker import copy_workspace

    copy_workspace(path, target)


class Files(QObject):
    """See the module. ``open_wanted`` asks the application for a window on a file."""

    open_wanted = Signal(object)  # Path

    def __init__(self, window: QMainWindow, workspace: Workspace) -> None:
        super().__init__(window)
        self._window = window
        self._workspace = workspace

    # -- workspaces ----------------------------------------------------------------------------------------
    def new(self) -> None:
        def make(name: str) -> None:
            """A file that is there is not overwritten: the sentence of ``AlreadyExists`` is shown instead."""
            path = Path(name).with_suffix(".flow")
            Operation(self, lambda: _make(path)).done(
                lambda _: self.open_wanted.emit(path)).failed(self._workspace.failed.emit).run()

        self._ask(self.tr("New workspace"), QFileDialog.AcceptMode.AcceptSave, PATTERN, make, "flow")

    def open(self) -> None:
        self._ask(self.tr("Open a workspace"), QFileDialog.AcceptMode.AcceptOpen, PATTERN,
                  lambda name: self.open_wanted.emit(Path(name)))

    def save_as(self) -> None:
        """A complete copy of the workspace, log and all, made while everything goes on. A copy of what can only be
        looked at is opened, because it is wanted for changing it."""

        def save(name: str) -> None:
            path = Path(name).with_suffix(".flow")
            if not self._workspace.connected:  # read-only, or the host is gone: the file itself is there
                Operation(self, lambda: _copy(self._workspace.path, path)).done(
                    lambda _: self.open_wanted.emit(path)).failed(self._workspace.failed.emit).run()
                return
            self._workspace.act(SaveAs(str(path))).done(
                lambda _: self._workspace.notice.emit(self.tr("Copied to {0}").format(path.name))).run()

        self._ask(self.tr("Save a copy of the workspace"), QFileDialog.AcceptMode.AcceptSave, PATTERN, save, "flow")

    def open_sample(self, name: str, title: str) -> None:
        path = fresh_path(title)
        Operation(self, lambda: _make(path, name)).done(lambda _: self.open_wanted.emit(path)).failed(
            self._workspace.failed.emit).run()

    def play_file(self) -> None:
        """Draw a file source for a file of events."""

        def draw(name: str) -> None:
            document = self._workspace.document
            stem = Path(name).stem[:40] or "file"
            node = new_node(document, Part("file", {"path": name}, stem), 80, 120)
            self._workspace.perform(AddNode(node, self.tr("Play a file")))
            self._workspace.select({node.id})

        kinds = self.tr("Events (*.jsonl *.ndjson *.json *.csv *.log *.txt *.avro);;Any file (*)")
        self._ask(self.tr("Play a file of events"), QFileDialog.AcceptMode.AcceptOpen, kinds, draw)

    # -- drawings ------------------------------------------------------------------------------------------
    def take_in(self) -> None:
        """Ask for an export, and take it back."""
        def begin(name: str) -> None:
            from workbench.ui.dialogs.take_in import TakeInDialog

            TakeInDialog(self._workspace, Path(name), self._window).open()

        kinds = self.tr("Exports (*.jsonl *.csv)")
        self._ask(self.tr("Import an export"), QFileDialog.AcceptMode.AcceptOpen, kinds, begin)

    def export_drawing(self) -> None:
        def save(name: str) -> None:
            try:
                from workbench.session.whole_file import whole_file  # off the first paint's way

                with whole_file(Path(name)) as stream:
                    stream.write(codec.dumps(self._workspace.document).encode())
            except WorkbenchError as error:
                self._workspace.failed.emit(error)

        self._ask(self.tr("Export the drawing"), QFileDialog.AcceptMode.AcceptSave, self.tr("Drawing (*.json)"), save,
                  "json")

    def _ask(self, title: str, mode: QFileDialog.AcceptMode, pattern: str, then, suffix: str = "") -> None:
        dialog = QFileDialog(self._window, title, str(self._workspace.path.parent), pattern)
        dialog.setAcceptMode(mode)
        if mode is QFileDialog.AcceptMode.AcceptOpen:
            dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        if suffix:
            dialog.setDefaultSuffix(suffix)
        show_whole_columns(dialog)
        dialog.fileSelected.connect(then)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()


def saved_drawing(path: Path) -> str:
    """The drawing's text in the file, read the quick way for the first paint; empty when it can't be read now.

    The host says later, in a sentence, what is wrong with a file that can't be read.
    """
    if not path.exists() or not os.access(path, os.R_OK):
        return ""
    try:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=0.2)
        try:
            row = connection.execute("SELECT value FROM meta WHERE key = 'flow'").fetchone()
        finally:
            connection.close()
    except sqlite3.Error:
        return ""
    return str(row[0]) if row else ""
