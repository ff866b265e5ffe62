"""Fields for numbers: what was typed stays, is said to be wrong where it is, and nothing is stored then."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from workbench.flow.document import Node
from workbench.flow.edits import AddNode, set_param
from workbench.flow.params import Param
from workbench.ui.models.member_count import change_members
from workbench.ui.panels.inspector.setting_fields import SettingField
from workbench.ui.panels.inspector.settings_form import SettingsForm
from workbench.ui.panels.parts.number_field import NumberField, number_of


def typed(field: SettingField, text: str) -> list[object]:
    """What the field tells after a person replaced its text and pressed Enter."""
    told: list[object] = []
    field.edited.connect(lambda _name, value: told.append(value))
    field.editor.setFocus()
    field.editor.selectAll()
    QTest.keyClicks(field.editor, text)
    QTest.keyClick(field.editor, Qt.Key.Key_Return)
    return told


@pytest.mark.parametrize(
    ("text", "taken"),
    [("99999", []), ("99999999999999", []), ("1.5", []), ("12x", []), ("-1", []), ("200", [200]), ("1,2,3", [])],
)
def test_a_count_of_members_is_never_cut(qtbot, qapp, text, taken):
    field = SettingField(Param("members", "int", 1, "Members", low=0, high=200), 3)
    qtbot.addWidget(field)
    field.show()
    field.editor.setFocus()
    field.editor.selectAll()
    QTest.keyClicks(field.editor, text)
    assert field.editor.text() == text  # no key is swallowed
    assert field.editor.wrong == "" if taken else "Give a whole number from 0 to 200." in field._why.text()
    assert typed(field, text) == taken


def test_what_is_wrong_stays_until_it_is_right(qtbot, qapp):
    field = SettingField(Param("rate", "float", 50.0, "Rate", "events/s", 0, 1_000_000), 50.0)
    qtbot.addWidget(field)
    field.show()
    assert typed(field, "2000000") == []
    assert field.editor.text() in ("2,000,000", "2000000") and field._why.isVisible()
    assert typed(field, "12.5") == [12.5]
    assert not field._why.isVisible()


def test_the_arrows_stop_at_the_limits(qtbot, qapp):
    field = NumberField(Param("members", "int", 1, "Members", low=0, high=200), 199)
    qtbot.addWidget(field)
    for _ in range(3):
        field.stepBy(1)
    assert field.value() == 200 and not field.wrong
    field.stepBy(-300)
    assert field.value() == 0


def test_zero_may_have_words(qtbot, qapp):
    field = NumberField(Param("seconds", "int", 0, "Seconds", low=0, high=100), 0, "as the queue says")
    qtbot.addWidget(field)
    assert field.text() == "as the queue says" and field.number() == 0
    field.selectAll()
    QTest.keyClicks(field, "7")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert field.number() == 7


@pytest.mark.parametrize(
    ("text", "number"),
    [("1,000", 1000), ("10,00", None), ("1e3", None), ("", None), (" 7 ", 7), ("0.25", 0.25), ("-3", -3), (".5", None)],
)
def test_numbers_are_read_as_they_are_written(text, number):
    assert number_of(text) == number


def test_the_form_stores_nothing_that_is_out_of_range(qtbot, workspace):
    workspace.select({"shipping"})
    form = SettingsForm(workspace)
    qtbot.addWidget(form)
    form.show()
    assert typed(form._fields["members"], "99999") == []
    assert workspace.document.node("shipping").params["members"] == 2
    assert form._fields["members"]._why.text() == 'Members can\'t be «99999». Give a whole number from 0 to 200.'
    set_param(workspace.document, "shipping", "members", 5).apply(workspace.document)
    form._fields["members"].editor.clearFocus()
    form._fields["members"].show_value(5)
    assert form._fields["members"].editor.text() == "5" and not form._fields["members"].editor.wrong


def test_one_member_too_many_is_said(qtbot, workspace):
    AddNode(Node("full", "group", "full", params={"members": 200})).apply(workspace.document)
    with qtbot.waitSignal(workspace.failed) as said:
        change_members(workspace, "full", 1)
    assert "Give a whole number from 0 to 200." in said.args[0].sentence()
    assert workspace.document.node("full").params["members"] == 200
