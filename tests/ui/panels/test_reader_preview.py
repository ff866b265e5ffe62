"""Under a group's reader schema: what it makes of what its topics were written with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QWidget

from workbench.broker import Broker
from workbench.core.schemas import AVRO, Schema
from workbench.flow.document import Link, Node
from workbench.flow.edits import SetParams
from workbench.host import LocalHost
from workbench.session.schemas import Draft, Registry
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.panels.inspector.reader_preview import ReaderPreview
from workbench.ui.panels.inspector.settings_form import SettingsForm
from workbench.ui.theme.theme import theme


def order(*fields: dict) -> Schema:
    return Schema(AVRO, json.dumps({"type": "record", "name": "Order", "fields": list(fields)}))


ID, CITY, NOTE = {"name": "id", "type": "long"}, {"name": "city", "type": "string"}, {
    "name": "note", "type": "string", "default": ""}


@pytest.fixture
def form(tmp_path: Path, qapp, qtbot) -> Iterator[SettingsForm]:
    theme().apply(qapp, "light")
    path = tmp_path / "w.flow"
    with Broker.create(path) as broker:
        registry = Registry(broker.schemas)
        for subject, schema in (("orders-value", order(ID, CITY)), ("mine", order(ID, NOTE)), ("hard", order(CITY, {
                "name": "zip", "type": "string"}))):
            registry.register(subject, Draft(schema))
    made = Workspace(path, LocalHost(path))
    made.document.replace_all([Node("t", "topic", "orders"), Node("g", "group", "billing")], [Link("tg", "t", "g")], "")
    shown = SettingsForm(made)
    qtbot.addWidget(shown)
    shown.resize(320, 900)
    shown.show()
    made.select({"g"})
    yield shown
    made.close()


def preview(form: SettingsForm) -> ReaderPreview:
    found: QWidget | None = form.findChild(ReaderPreview)
    assert isinstance(found, ReaderPreview)
    return found


def ask(form: SettingsForm, text: str) -> None:
    form._workspace.perform(SetParams("g", {"reader_schema": text}, "Change"))


def test_it_says_what_fills_in_and_what_is_dropped(form: SettingsForm, qtbot):
    seen = preview(form)
    assert seen.isHidden()
    ask(form, "mine")
    qtbot.waitUntil(lambda: len(seen.table.rows) == 3)
    assert [[cell.text for cell in row] for row in seen.table.rows] == [
        ["orders-value 1", "fits", ""], ["note", "filled in", 'default ""'], ["city", "dropped", "string"]]
    assert seen.said.text() == "All versions can be read."


def test_it_says_what_breaks(form: SettingsForm, qtbot):
    seen = preview(form)
    ask(form, "hard:1")
    qtbot.waitUntil(lambda: "1 of 1 versions can't be read whole." in seen.said.text())
    assert "The field 'zip' is not in orders-value version 1, and hard version 1 has no" in seen.said.text()
    assert [row[1].text for row in seen.table.rows] == ["breaks", "breaks", "dropped"]
    assert "hard version 1 has no default for it" in seen.table.rows[1][2].text


def test_a_subject_that_is_not_there_is_said(form: SettingsForm, qtbot):
    seen = preview(form)
    ask(form, "nope")
    qtbot.waitUntil(lambda: "nope" in seen.said.text())
    assert not seen.table.isVisible()
