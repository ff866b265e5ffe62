"""Inspector and settings: the face of what is selected, its figures, and settings checked as they are typed."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit

from tests.ui.panels.reading import assert_nothing_cut, button, nameless, words_of
from tests.ui.stage import NOW_MS, PAST_MS, orders_snapshot
from workbench.control.messages import ControlGroup, Push
from workbench.flow.document import Node
from workbench.flow.edits import AddNode
from workbench.flow.samples import samples
from workbench.ui.models.series import PREFIX
from workbench.ui.panels.inspector.inspector import Inspector
from workbench.ui.panels.inspector.settings_form import SettingsForm
from workbench.ui.panels.parts.figures import Figure
from workbench.ui.theme.theme import theme


@pytest.fixture
def inspector(qtbot, workspace) -> Inspector:
    made = Inspector(workspace)
    qtbot.addWidget(made)
    made.resize(320, 520)
    made.show()
    return made


def select(qtbot, workspace, inspector, node_id: str, words: str) -> str:
    workspace.select({node_id} if node_id else ())
    inspector.refresh()
    qtbot.waitUntil(lambda: words in words_of(inspector))
    return words_of(inspector)


def test_a_group_shows_its_problem_figures_members_and_partitions(qtbot, workspace, inspector):
    said = select(qtbot, workspace, inspector, "shipping", "32,087")
    assert "Group on orders · generation 2" in said
    assert "shipping-2 cannot keep up" in said and "It handles 150/s, 240/s arrive." in said
    assert "+90" in said and "2:13" in said
    face = inspector.face("group")
    assert [cell.text for cell in face.members.rows[1]] == ["shipping-2", "3 4 5", "150/s", "32,040"]
    assert [cell.text for cell in face.partitions.rows[3]] == ["orders/3", "88,634", "88,134", "98,846", "10,712"]
    assert nameless(inspector) == []
    assert_nothing_cut(qtbot, inspector)


def test_the_ring_of_a_paused_group_is_grey(qtbot, workspace, inspector):
    select(qtbot, workspace, inspector, "shipping", "32,087")
    group = replace(orders_snapshot().group("shipping"), paused=True, health=None)
    workspace._take_push(Push(snapshot=replace(orders_snapshot(), groups=(group,))))
    inspector.refresh()
    picture = inspector.face("group").ring.grab().toImage()
    seen = {picture.pixelColor(x, y).name() for x in range(picture.width()) for y in range(picture.height())}
    assert theme().color("line_strong").name() in seen and theme().color("ok").name() not in seen


def test_buttons_of_a_group_act(qtbot, workspace, inspector, caller):
    select(qtbot, workspace, inspector, "shipping", "32,087")
    with qtbot.waitSignal(inspector.wishes.replay) as wanted:
        button(inspector, "Replay from…").click()
    assert wanted.args == ["shipping"]
    button(inspector, "Pause").click()
    qtbot.waitUntil(lambda: bool(caller.of(ControlGroup)))
    button(inspector, "Member").click()
    assert workspace.document.node("shipping").params["members"] == 3


@pytest.mark.parametrize(
    ("node_id", "words"),
    [("checkout-web", "checkout web"), ("orders", "432,295"), ("settlements", "settlements"), ("orders-dlq", "463")],
)
def test_every_role_has_a_face(qtbot, workspace, inspector, node_id, words):
    select(qtbot, workspace, inspector, node_id, words)
    assert_nothing_cut(qtbot, inspector)


def test_with_nothing_selected_it_tells_of_the_file(qtbot, workspace, inspector):
    select(qtbot, workspace, inspector, "", "This file")
    rows = {row[0].text: row[1].text for row in inspector.file_face.table.rows}
    assert rows["Log"] == "778,747 records" and rows["Topics"] == "4" and rows["Groups"] == "3"
    assert [row[0].text for row in inspector.file_face.groups.rows] == ["shipping", "billing", "fraud-check"]


def test_beside_a_sample_it_says_what_to_look_at(qtbot, workspace, inspector):
    assert "What to look at" not in select(qtbot, workspace, inspector, "", "This file")
    workspace.document.title = next(one.title for one in samples() if one.name == "poison-message")
    said = select(qtbot, workspace, inspector, "", "1.\nA message that fails goes back to invoices")
    assert "What to look at" in said
    assert_nothing_cut(qtbot, inspector)
    lines = [line for line in inspector.file_face.guide.findChildren(QLabel) if line.wordWrap()]
    assert len(lines) == 4 and all(line.height() >= line.heightForWidth(line.width()) for line in lines)
    gaps = [below.y() - above.geometry().bottom() for above, below in pairwise(lines)]
    assert min(gaps) >= 8, "air between the lines"
    workspace.document.title = next(one.title for one in samples() if one.name == "video-fanout")
    assert "goes back to invoices" not in select(qtbot, workspace, inspector, "", "1.\nvideos is a topic exchange")


def test_in_the_past_it_says_when_and_shows_figures_of_then(qtbot, workspace, inspector):
    workspace.select({"shipping"})
    workspace.show_past(PAST_MS, orders_snapshot(PAST_MS))
    inspector.refresh()
    said = words_of(inspector)
    assert "As it stood at 14:02:11" in said and "38" in said


@pytest.mark.parametrize(("node_id", "name"), [
    ("shipping", "Replay from…"), ("checkout-web", "Open panel"), (f"{PREFIX}fraud-check", "Keep"),
])
@pytest.mark.parametrize("height", [560, 300])
def test_what_can_be_done_is_in_sight_however_much_is_told(qtbot, workspace, inspector, node_id, name, height):
    inspector.resize(320, height)
    workspace.show_past(NOW_MS - 1000, replace(orders_snapshot(), live=False))  # with a long sentence
    workspace.select({node_id})
    inspector.refresh()
    qtbot.waitUntil(lambda: button(inspector, name).isVisible())
    there = button(inspector, name)
    qtbot.waitUntil(lambda: inspector.rect().contains(there.mapTo(inspector, there.rect().bottomRight())))
    assert_nothing_cut(qtbot, inspector)


def test_a_longer_number_never_runs_over_its_unit_not_even_for_a_moment(qtbot):
    figure = Figure("Trend")
    qtbot.addWidget(figure)
    figure.resize(90, 40)
    figure.show_value("+8", "/s")
    figure.show()
    figure.show_value("+1,101", "/s")
    number, unit = (part for part in figure.findChildren(QLabel) if part.text() in ("+1,101", "/s"))
    assert number.geometry().right() <= unit.geometry().left()


# -- settings ----------------------------------------------------------------------------------------------
@pytest.fixture
def form(qtbot, workspace) -> SettingsForm:
    made = SettingsForm(workspace)
    qtbot.addWidget(made)
    made.resize(320, 600)
    made.show()
    workspace.select({"shipping"})
    return made


def test_a_number_is_an_edit_as_soon_as_it_is_entered(form, workspace):
    editor = form._fields["process_ms"].editor
    editor.setFocus()
    editor.selectAll()
    QTest.keyClicks(editor, "40")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    assert workspace.document.node("shipping").params["process_ms"] == 40.0
    workspace.undo_stack.undo()
    assert "process_ms" not in workspace.document.node("shipping").params


def test_choices_change_the_drawing_and_follow_undo(form, workspace):
    editor = form._fields["commit"].editor
    editor.setCurrentIndex(1)
    editor.activated.emit(1)
    assert workspace.document.node("shipping").params["commit"] == "before"
    workspace.undo_stack.undo()
    assert editor.currentText() == "after"


def test_a_wrong_expression_is_told_beneath_its_field(form, workspace):
    editor = form._fields["filter"].editor
    assert isinstance(editor, QLineEdit)
    editor.setFocus()
    QTest.keyClicks(editor, "value.total >")
    assert editor.property("state") == "bad"
    assert "Forward if" in words_of(form._fields["filter"])
    editor.selectAll()
    QTest.keyClicks(editor, "value.total > 1.0")
    assert editor.property("state") != "bad"


@pytest.mark.parametrize(
    ("node_id", "setting", "wrong", "told"),
    [
        ("checkout-web", "template", '{"a": "{nope}"}', "there is no such placeholder"),
        ("checkout-web", "headers", '{"a": "{ref nope}"}', "The headers' «{ref nope}» at line 1, column 8"),
        ("checkout-web", "key", "nofield", "has no field «nofield»"),
        ("settlements", "path", "/no/such.jsonl", "is not there"),
    ],
)
def test_what_the_rules_complain_about_stands_beneath_its_field(form, workspace, node_id, setting, wrong, told):
    workspace.select({node_id})
    field = form._fields[setting]
    field._take(wrong)
    assert told in words_of(field)
    others = [other for name, other in form._fields.items() if name != setting]
    assert not [other.param.name for other in others if told in words_of(other)]


def test_a_name_that_is_taken_is_refused_with_the_reason(form, workspace):
    form._name.setFocus()
    form._name.selectAll()
    QTest.keyClicks(form._name, "billing")
    assert form._name.property("state") == "bad"
    assert workspace.document.node("shipping").name != "billing"


def test_a_name_counts_once_it_is_typed_whole(form, workspace):
    """A group takes its offsets along: a name on the way there may be another's."""
    workspace.select({"shipping"})
    form._name.setFocus()
    form._name.selectAll()
    QTest.keyClicks(form._name, "dispatch")
    assert workspace.document.node("shipping").name == "shipping" and workspace.undo_stack.count() == 0
    QTest.keyClick(form._name, Qt.Key.Key_Return)
    assert workspace.document.node("shipping").name == "dispatch" and workspace.undo_stack.count() == 1


def test_what_means_nothing_as_things_are_set_is_not_shown(form, workspace):
    workspace.select({"checkout-web"})
    assert not form._fields["ramp_to"].isVisible()
    editor = form._fields["shape"].editor
    editor.activated.emit(editor.findText("ramp"))
    assert form._fields["ramp_to"].isVisible()


@pytest.mark.parametrize("node_id", ["shipping", "checkout-web", "settlements", "orders", "orders-dlq"])
def test_every_field_has_a_name(form, workspace, node_id):
    workspace.select({node_id})
    assert nameless(form) == []


def test_a_group_that_is_not_linked_says_so_instead_of_empty_tables(qtbot, workspace):
    AddNode(Node("new", "group", "new")).apply(workspace.document)
    inspector = Inspector(workspace)
    qtbot.addWidget(inspector)
    inspector.show()
    workspace.select({"new"})
    face = inspector.face("group")
    assert not face.members.isVisible() and not face.partitions.isVisible()
    assert face._more.text() == "It reads nothing yet. Draw a link to it from a topic or a queue."
    assert face._what.text() == "Group that reads nothing yet"
    workspace.select({"shipping"})
    assert face.members.isVisible() and face.partitions.isVisible() and not face._more.isVisible()
