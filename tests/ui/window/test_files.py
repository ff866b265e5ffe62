"""The drawing as a file of its own: whole, and never over a workspace."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog

from workbench.core.errors import WorkbenchError
from workbench.flow import codec


def export_to(window, path: Path) -> list[WorkbenchError]:
    """Choose ``path`` in the dialog; what the window then says went wrong."""
    failed: list[WorkbenchError] = []
    window.workspace.failed.connect(failed.append)
    window.files.export_drawing()
    dialog = window.findChild(QFileDialog)
    dialog.fileSelected.emit(str(path))
    dialog.reject()
    return failed


def test_the_drawing_is_exported_and_reads_back(window, tmp_path: Path):
    assert not export_to(window, tmp_path / "drawing.json")
    read = codec.loads((tmp_path / "drawing.json").read_text(encoding="utf-8"))
    assert read.nodes == window.workspace.document.nodes


def test_an_export_of_the_drawing_leaves_a_workspace_alone(window, tmp_path: Path):
    (tmp_path / "a.flow").write_bytes(b"SQLite format 3\0")
    (failed,) = export_to(window, tmp_path / "a.flow")
    assert "would be lost" in failed.message and failed.next_step
    assert (tmp_path / "a.flow").read_bytes() == b"SQLite format 3\0"
