"""A File node shows what its file is before it is played: its format, its first events, what would be refused."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from tests.ui.panels.reading import assert_nothing_cut, nameless, words_of
from workbench.flow.edits import SetParams
from workbench.flow.settings import FileSettings, read_settings
from workbench.ui.panels.inspector.file_preview import FilePreview
from workbench.ui.panels.inspector.inspector import Inspector
from workbench.ui.panels.inspector.settings_form import SettingsForm
from workbench.ui.panels.nodes.producer import ProducerPanel

FILES = {
    "latin1.csv": (b"id,name\n1,Zo\xeb\n2,K\xf6ln\n3,plain\n", {"key": "name"},
                   ["CSV · delimiter comma · windows-1252, a guess", "Columns: id, name", "Köln", "3 events"]),
    "access.log": (b'192.0.2.7 - - [30/Nov/2025:10:53:20 +0000] "GET /a HTTP/1.1" 200 12\n', {"time_format": "clf"},
                   ["Plain lines", "2025-11-30 10:53:20", "1 event"]),
    "unclosed.csv": (b'id,name\n1,one\n2,"two\n3,three\n', {}, ["Line 3: a quote opens here and is not closed"]),
    "times.csv": (b"id,t\n1,yesterday\n", {"time": "t"}, ["none", "«yesterday» is not a time"]),
    "picture.csv": (b"\x89PNG\r\n" + bytes(50), {}, ["This is a picture, not a file of events."]),
}


def set_file(workspace, path, **params):
    node = workspace.document.node("settlements")
    workspace.perform(SetParams(node.id, {"path": str(path), **params}))


@pytest.mark.parametrize("place", [ProducerPanel, Inspector, SettingsForm])
@pytest.mark.parametrize("name", FILES)
def test_what_is_in_the_file_shows_wherever_it_is_set(qtbot, workspace, tmp_path, place, name):
    data, params, told = FILES[name]
    (tmp_path / name).write_bytes(data)
    set_file(workspace, tmp_path / name, **params)
    workspace.select({"settlements"})
    view = place(workspace, "settlements") if place is ProducerPanel else place(workspace)
    qtbot.addWidget(view)
    view.resize(340, 900)
    view.show()
    for words in told:
        qtbot.waitUntil(lambda words=words: words in words_of(view) or words in _cells(view))
    assert nameless(view) == []


def _cells(view):
    tables = [preview._table for preview in view.findChildren(FilePreview)]
    return " ".join(cell.text for table in tables for row in table.rows for cell in row)


def test_it_follows_the_settings_and_looks_into_no_pipe(qtbot, workspace, tmp_path):
    (tmp_path / "a.csv").write_bytes("id;name\n1;Zoë\n".encode("cp1252"))
    form = SettingsForm(workspace)
    qtbot.addWidget(form)
    form.resize(340, 900)
    form.show()
    workspace.select({"settlements"})
    assert not form.findChild(FilePreview).isVisible()
    set_file(workspace, tmp_path / "a.csv")
    qtbot.waitUntil(lambda: "windows-1252, a guess" in words_of(form))
    set_file(workspace, tmp_path / "a.csv", charset="latin-1")
    qtbot.waitUntil(lambda: "ISO 8859-1" in words_of(form))
    os.mkfifo(tmp_path / "pipe")
    set_file(workspace, tmp_path / "pipe")
    qtbot.waitUntil(lambda: "A pipe can't be looked into" in words_of(form))
    set_file(workspace, "")
    qtbot.waitUntil(lambda: not form.findChild(FilePreview).isVisible())


def test_what_could_not_be_read_is_told_while_it_runs(qtbot, workspace):
    panel = ProducerPanel(workspace, "settlements")
    qtbot.addWidget(panel)
    panel.show()
    stat = workspace.shown.producer("settlements")
    file = read_settings("file", {"path": "a.csv"}, FileSettings)
    panel.file.show_part(file, replace(stat, reason="2 lines could not be read. Line 900,001: not UTF-8 at byte 4."))
    assert "Line 900,001: not UTF-8" in words_of(panel)
    panel.file.show_part(file, replace(stat, reason=""))
    assert "Line 900,001" not in words_of(panel)


def test_nothing_of_it_is_cut_in_a_narrow_dock(qtbot, workspace, tmp_path):
    (tmp_path / "latin1.csv").write_bytes(FILES["latin1.csv"][0])
    set_file(workspace, tmp_path / "latin1.csv", key="name")
    panel = ProducerPanel(workspace, "settlements")
    qtbot.addWidget(panel)
    panel.resize(320, 900)
    panel.show()
    qtbot.waitUntil(lambda: "3 events" in words_of(panel))
    assert_nothing_cut(qtbot, panel)
