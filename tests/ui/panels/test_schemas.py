"""The Schemas page: what is registered, two versions by field, checking and registering, levels, deleting."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox, QPushButton

from tests.ui.panels.reading import assert_nothing_cut, nameless, words_of
from workbench.broker import Broker, BrokerReader
from workbench.core.schemas import AVRO, PROTOBUF, Schema
from workbench.host import LocalHost
from workbench.session.schemas import Draft, Registry
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.panels.schemas.adding import AddSchema
from workbench.ui.panels.schemas.page import SchemasPanel
from workbench.ui.theme.theme import theme


def order(*fields: dict) -> str:
    return json.dumps({"type": "record", "name": "Order", "fields": list(fields)})


ID, CITY, NOTE = {"name": "id", "type": "long"}, {"name": "city", "type": "string"}, {
    "name": "note", "type": "string", "default": ""}


@pytest.fixture
def opened(tmp_path: Path, qapp) -> Iterator[Workspace]:
    theme().apply(qapp, "light")
    path = tmp_path / "w.flow"
    with Broker.create(path) as broker:
        broker.create_topic("orders")
        registry = Registry(broker.schemas)
        for text in (order(ID, CITY), order(ID, NOTE)):
            registry.register("orders-value", Draft(Schema(AVRO, text)))
        registry.register("payments", Draft(Schema(PROTOBUF, 'syntax = "proto3"; message P { int64 id = 1; }')))
    made = Workspace(path, LocalHost(path))
    yield made
    made.close()


@pytest.fixture
def page(opened: Workspace, qtbot) -> SchemasPanel:
    made = SchemasPanel(opened)
    qtbot.addWidget(made)
    made.resize(1000, 260)
    made.show()
    qtbot.waitUntil(lambda: len(made.subject.model.rows) == 3)
    return made


def changes(page: SchemasPanel) -> list[tuple[str, str]]:
    return [(row.path, row.change) for row in page.subject.model.rows]


def registered(workspace: Workspace) -> dict[str, list[int]]:
    with BrokerReader(workspace.path) as reader:
        catalogue = reader.schemas()
    return {name: [one.version for one in catalogue.versions(name) if not one.deleted] for name in catalogue.subjects()}


def test_subjects_and_the_last_two_versions_by_field(page: SchemasPanel, qtbot):
    assert [(row.name, row.type, row.topics) for row in page.model.rows] == [
        ("orders-value", "AVRO", ("orders",)), ("payments", "PROTOBUF", ())]
    assert changes(page) == [("id", ""), ("city", "removed"), ("note", "added")]
    said = words_of(page)
    assert "AVRO. Used by the topic orders." in said and "1 added, 1 removed" in said
    assert not nameless(page)
    assert_nothing_cut(qtbot, page)


def test_other_versions_can_be_compared(page: SchemasPanel, qtbot):
    page.subject.before.setCurrentIndex(0)
    page.subject.before.activated.emit(0)
    qtbot.waitUntil(lambda: changes(page) == [("id", ""), ("note", "")])


def test_what_does_not_fit_is_told_by_field_and_nothing_is_stored(page: SchemasPanel, qtbot, opened: Workspace):
    QTest.mouseClick(page.subject.more, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.findChild(AddSchema) is not None)
    dialog = page.findChild(AddSchema)
    assert dialog.subject.text() == "orders-value" and json.loads(dialog.text.toPlainText())["fields"] == [ID, NOTE]
    dialog.text.setPlainText(order(ID, {"name": "phone", "type": "string"}))
    for act in (dialog.check, dialog.register):
        dialog.refused.say("")
        QTest.mouseClick(act, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: not dialog.refused.isHidden())
        assert dialog.refused.words.text() == (
            "It does not fit by BACKWARD. The field 'phone' is not in version 2, and the new schema has no default for"
            " it. Give 'phone' a default (such as \"default\": \"\").")
    assert registered(opened)["orders-value"] == [1, 2]
    dialog.text.setPlainText(order(ID))
    assert dialog.refused.isHidden()
    QTest.mouseClick(dialog.check, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dialog.fits.text() == "It fits by BACKWARD.")
    QTest.mouseClick(dialog.register, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(page.model.rows[0].versions) == 3)
    assert registered(opened)["orders-value"] == [1, 2, 3]


def test_a_level_is_set_and_given_back(page: SchemasPanel, qtbot):
    box = page.subject.level
    assert box.currentText() == "BACKWARD, as for all"
    box.setCurrentIndex(box.findData("FULL"))
    box.activated.emit(box.currentIndex())
    qtbot.waitUntil(lambda: page.model.rows[0].level == "FULL" and page.model.rows[0].own_level)
    box.setCurrentIndex(0)
    box.activated.emit(0)
    qtbot.waitUntil(lambda: not page.model.rows[0].own_level)


def test_a_version_is_deleted_once_a_person_said_so(page: SchemasPanel, qtbot, opened: Workspace):
    assert page.subject.gone.toolTip() == "Delete version 2"
    QTest.mouseClick(page.subject.gone, Qt.MouseButton.LeftButton)
    box = page.findChild(QMessageBox)
    sure = next(button for button in box.findChildren(QPushButton) if button.text() == "Delete")
    QTest.mouseClick(sure, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: registered(opened)["orders-value"] == [1])
    qtbot.waitUntil(lambda: len(page.model.rows[0].versions) == 1)


def test_nothing_yet_says_what_will_be_here(tmp_path: Path, qapp, qtbot):
    theme().apply(qapp, "light")
    Broker.create(tmp_path / "w.flow").close()
    workspace = Workspace(tmp_path / "w.flow", LocalHost(tmp_path / "w.flow"))
    try:
        page = SchemasPanel(workspace)
        qtbot.addWidget(page)
        page.show()
        assert "No schemas yet" in words_of(page)
    finally:
        workspace.close()
