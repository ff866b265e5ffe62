"""The command palette: finding by letters, places in the log, and what choosing does."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from workbench.ui.dialogs.command_palette import CommandPalette
from workbench.ui.dialogs.fuzzy import fit
from workbench.ui.theme.theme import theme


@pytest.fixture
def palette(workspace, book, window) -> CommandPalette:
    made = CommandPalette(workspace, book, window)
    window.show()
    made.open_over(window)
    return made


def texts(palette: CommandPalette) -> list[str]:
    return [entry.text for entry in palette.found()]


def choose(palette: CommandPalette, typed: str) -> None:
    palette.field.setText(typed)
    QTest.keyClick(palette.field, Qt.Key.Key_Return)


def test_a_node_is_found_by_a_few_letters_and_gone_to(qtbot, palette):
    with qtbot.waitSignal(palette.node_chosen) as chosen:
        choose(palette, "ship")
    assert chosen.args == ["shipping"]
    qtbot.waitUntil(lambda: not palette.isVisible())


def test_a_topic_opens_its_records(qtbot, palette):
    palette.field.setText("records pay")
    assert texts(palette)[0] == "Records of payments"
    with qtbot.waitSignal(palette.topic_chosen) as chosen:
        QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert chosen.args == ["payments"]


@pytest.mark.parametrize("typed", ["orders/3 @ 88134", "orders/3@88,134", "orders/3 88134"])
def test_a_place_in_the_log_is_read_as_people_type_it(qtbot, palette, typed):
    palette.field.setText(typed)
    assert texts(palette)[0] == "orders/3 @ 88,134"
    with qtbot.waitSignal(palette.place_chosen) as chosen:
        QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert chosen.args == ["orders", 3, 88_134]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("orders/9 @ 1", "orders has 6 partitions"),
        ("nothing/0 @ 1", "no topic nothing"),
        ("orders/3 @ 98846", "Not there"),
    ],
)
def test_a_place_that_is_not_there_says_why_and_goes_nowhere(palette, typed, said):
    choose(palette, typed)
    assert said in palette.found()[0].detail
    assert palette.isVisible()


def test_a_command_is_carried_out_after_the_palette_went(palette, book, done):
    shown = []
    book["view.dark"].triggered.connect(lambda *_: shown.append(palette.isVisible()))
    choose(palette, "dark")
    assert (done, shown) == (["view.dark"], [False])


def test_a_command_is_found_by_its_help_and_shows_its_keys(palette):
    palette.field.setText("times the speed")
    assert texts(palette) == ["2×"]
    palette.field.setText("redo")
    assert palette.found()[0].keys == "Ctrl+Shift+Z"


def test_what_cannot_be_done_now_is_shown_and_refused(palette, done):
    choose(palette, "step")
    assert palette.found()[0].text == "Step" and palette.found()[0].off
    assert done == [] and palette.isVisible()


def test_a_group_from_outside_leads_to_the_groups(palette, done):
    choose(palette, "fraud")
    assert done == ["panel.groups"]


def test_arrows_move_round_while_the_field_keeps_the_focus(palette):
    palette.field.setText("orders")
    last = len(palette.found()) - 1
    assert last > 1
    QTest.keyClick(palette.field, Qt.Key.Key_Up)
    assert palette.list.currentIndex().row() == last
    QTest.keyClick(palette.field, Qt.Key.Key_Down)
    assert palette.list.currentIndex().row() == 0


def test_escape_closes_it_and_nothing_found_is_said(qtbot, palette):
    palette.field.setText("zzzz")
    assert texts(palette) == [] and palette._nothing.isVisible()
    QTest.keyClick(palette.field, Qt.Key.Key_Escape)
    assert not palette.isVisible()


def test_it_paints_in_both_themes(palette, qapp):
    palette.field.setText("orders")
    light = palette.grab().toImage()
    theme().apply(qapp, "dark")
    assert palette.grab().toImage() != light


def test_words_fit_better_than_parts_and_parts_better_than_letters():
    names = ["Reorder", "Order", "Open a recorder", "Only red letters"]
    assert sorted(names, key=lambda name: -(fit("order", name).score if fit("order", name) else 0))[0] == "Order"
    assert fit("rd", "Reorder").places == {3, 4}
    assert fit("od", "Redo") is None and fit("rdo", "Redo", loose=False) is None
    assert fit("", "anything").score == 0
