"""Samples, preferences, keys and about: what they offer, and that none of them stops the window."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel

from workbench.flow.samples import samples
from workbench.ui.dialogs.about import AboutDialog, versions
from workbench.ui.dialogs.keys import KeysSheet
from workbench.ui.dialogs.preferences import PreferencesDialog
from workbench.ui.dialogs.samples import SamplesDialog
from workbench.ui.settings import Settings
from workbench.ui.theme import words
from workbench.ui.theme.theme import theme


def test_each_sample_has_a_card_that_opens_it(qtbot, window):
    dialog = SamplesDialog(window)
    dialog.open()
    assert not dialog.isModal()
    assert len(dialog.cards) == len(samples())
    with qtbot.waitSignal(dialog.chosen) as chosen:
        dialog.cards[1].button.click()
    assert chosen.args == [samples()[1].name, samples()[1].title]
    assert not dialog.isVisible()


def test_no_line_of_a_sample_is_cut(window):
    dialog = SamplesDialog(window)
    dialog.open()
    labels = [each for card in dialog.cards for each in card.findChildren(QLabel) if each.wordWrap()]
    assert len(labels) > len(dialog.cards)
    assert [each.text() for each in labels if each.height() < each.heightForWidth(each.width())] == []


def test_preferences_apply_at_once_and_are_kept(window, tmp_path):
    dialog = PreferencesDialog(Settings(tmp_path), window)
    dialog.open()
    try:
        dialog.mode.button("dark").click()
        dialog.motion.setChecked(True)
        dialog.zone.button("local").click()
        assert Settings(tmp_path).local_time and words.zone() is None
        assert theme().dark and theme().reduced_motion
        assert (Settings(tmp_path).theme, Settings(tmp_path).reduced_motion) == ("dark", True)
    finally:
        theme().set_reduced_motion(False)
        dialog.zone.button("utc").click()
        assert words.zone_name() == "UTC"
        dialog.mode.button("light").click()


def test_the_sheet_has_keys_of_the_window_and_of_the_canvas(window, book):
    sheet = KeysSheet(book, window)
    rows = sheet.rows()
    assert ("Edit", "Redo", "Ctrl+Shift+Z or Ctrl+Y") in rows
    assert ("Edit", "Duplicate", "Ctrl+D") in rows
    assert ("Canvas", "Go along a link", "Ctrl+Arrows") in rows
    book.add("edit.undo", "Undo", lambda: None, ("Ctrl+Z", "F14", "Undo"))
    assert ("Edit", "Undo", "Ctrl+Z") in KeysSheet(book, window).rows()
    assert "Dark" not in {text for _, text, _ in rows}


@pytest.mark.parametrize(("typed", "left"), [("redo", "Redo"), ("ctrl+d", "Duplicate"), ("along", "Go along a link")])
def test_keys_are_found_by_words_and_by_keys(window, book, typed, left):
    sheet = KeysSheet(book, window)
    sheet.search.setText(typed)
    assert [text for _, text, _ in sheet.rows()] == [left]
    sheet.search.setText("")
    assert len(sheet.rows()) > 3


def test_about_names_the_versions_and_copies_them(window):
    dialog = AboutDialog(window)
    dialog.open()
    dialog.copy.click()
    copied = QGuiApplication.clipboard().text()
    assert all(f"{part} {version}" in copied for part, version in versions())
    assert "Qt" in dict(versions()) and "SQLite" in dict(versions())
