"""No key has two meanings, on any system's table of standard keys. ``tests/ui/xvfb`` asks the same on X11 itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest

from workbench.ui.canvas import keys
from workbench.ui.canvas.keys import resolved
from workbench.ui.window.main_window import MainWindow

Standard = QKeySequence.StandardKey
X11 = {Standard.Delete: ("Del", "Ctrl+D"), Standard.Cut: ("Ctrl+X", "Shift+Del", "F20"),
       Standard.Redo: ("Ctrl+Shift+Z",), Standard.MoveToEndOfLine: ("End", "Ctrl+E"),
       Standard.DeleteEndOfLine: ("Ctrl+K",), Standard.DeleteCompleteLine: ("Ctrl+U",)}


def x11(key: Standard) -> list[QKeySequence]:
    return [QKeySequence(chord) for chord in X11.get(key, ())]


def meanings(window: MainWindow) -> Iterator[tuple[str, str]]:
    """(key, command) of all that holds while the canvas has the focus: bound, shown in menus, or heard there."""
    for name, action in window.actions_book:
        bound = action.shortcuts() if action.shortcutContext() == Qt.ShortcutContext.WindowShortcut else []
        yield from ((chord.toString(), name) for chord in bound)
        if noted := action.property("keys"):
            yield noted, name


def act_of(window: MainWindow, name: str):
    """What a command that the canvas hears calls there."""
    acts, view = window.canvas.acts, window.canvas
    return {"edit.cut": acts.cut, "edit.copy": acts.copy, "edit.paste": acts.paste, "edit.duplicate": acts.duplicate,
            "edit.delete": acts.delete, "edit.select_all": acts.select_all, "view.zoom_in": view.zoom_in,
            "view.zoom_out": view.zoom_out, "view.actual": view.zoom_actual, "view.fit": view.fit,
            "edit.undo": window.workspace.undo_stack.undo, "edit.redo": window.workspace.undo_stack.redo}.get(name)


def two_meanings(window: MainWindow) -> list[str]:
    """Keys that do one thing by the menu and another on the canvas, or belong to two commands."""
    named: dict[str, str] = {}
    wrong = []
    for chord, name in meanings(window):
        if named.setdefault(chord, name) != name:
            wrong.append(f"{chord}: {named[chord]} and {name}")
        heard = window.canvas.keys.chords.get(chord)
        if heard is not None and heard != act_of(window, name):
            wrong.append(f"{chord}: {name} in the menu, something else on the canvas")
    return wrong


def test_no_key_has_two_meanings(window):
    assert two_meanings(window) == []


def test_no_key_has_two_meanings_with_the_keys_of_x11(window, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(keys, "resolved", lambda own, standard: resolved(own, standard, x11))
    window.canvas.keys.chords = keys._chords(window.canvas)
    assert window.canvas.keys.chords["Del"] == window.canvas.acts.delete
    assert two_meanings(window) == []


def test_control_d_duplicates_where_the_system_deletes_with_it(window, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(keys, "resolved", lambda own, standard: resolved(own, standard, x11))
    window.canvas.keys.chords = keys._chords(window.canvas)
    window.workspace.select({"invoices"})
    QTest.keyClick(window.canvas, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    assert {"invoices", "invoices-2"} <= {node.name for node in window.workspace.document.nodes}


def test_a_key_of_the_window_works_in_a_text_field_too(window, qtbot):
    window.focus.kept_from_text = {"Ctrl+K"}  # as X11's table gives it
    field = window.palette_panel.search
    with qtbot.waitActive(window):
        window.activateWindow()
    field.setFocus()
    QTest.keyClicks(field, "topic")
    with qtbot.waitSignal(window.actions_book["tools.commands"].triggered):
        QTest.keyClick(field, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    assert field.text() == "topic"


@pytest.mark.parametrize("place", ["canvas", "records", "strip"])
def test_the_keys_of_the_marks_act_wherever_one_is(window, qtbot, place: str):
    strip = window.strip
    at = {"canvas": window.canvas, "records": window.data_dock.pages[0].widget.table, "strip": strip}[place]
    with qtbot.waitActive(window):
        window.activateWindow()
    at.setFocus()
    for key, name in ((Qt.Key.Key_BracketLeft, "replay.previous"), (Qt.Key.Key_BracketRight, "replay.next")):
        with qtbot.waitSignal(window.actions_book[name].triggered, timeout=500):
            QTest.keyClick(at, key)


def test_a_text_field_takes_the_keys_of_the_marks_as_letters(window, qtbot):
    field = window.palette_panel.search
    with qtbot.waitActive(window):
        window.activateWindow()
    field.setFocus()
    with qtbot.assertNotEmitted(window.actions_book["replay.next"].triggered):
        QTest.keyClicks(field, "a[0]")
    assert field.text() == "a[0]"
