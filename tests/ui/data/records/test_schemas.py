"""Events with a schema in the window: read by it, filtered by a nested field, changed and sent, composed by hand."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from workbench.broker import Broker, BrokerReader
from workbench.control.messages import AlterTopic, Subscribe
from workbench.core.encodings import Coding
from workbench.core.records import Record
from workbench.core.schemas import Schema
from workbench.engines.schemas import CatalogueSource
from workbench.flow.document import Link, Node
from workbench.flow.edits import AddLink, AddNode
from workbench.host import LocalHost
from workbench.serde import Decoder, Serdes
from workbench.session.schemas import Draft, Registry
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.panels.nodes.compose import ComposeForm
from workbench.ui.panels.records.editor import RecordEditor
from workbench.ui.panels.records.panel import RecordsPanel

AVRO = """{"type": "record", "name": "Order", "fields": [{"name": "id", "type": "long"},
    {"name": "customer", "type": {"type": "record", "name": "Customer", "fields": [
        {"name": "country", "type": "string"}]}},
    {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}},
    {"name": "pays", "type": ["int", "long"], "default": 0}]}"""


@pytest.fixture
def workspace(qtbot, tmp_path: Path):
    path = tmp_path / "a.flow"
    with Broker.create(path) as broker:
        broker.create_topic("orders")
        Registry(broker.schemas).register("orders-value", Draft(Schema("AVRO", AVRO)))
        serdes = Serdes(CatalogueSource(lambda: broker.schemas.catalogue))
        writer = Decoder(value=Coding("avro", "orders-value"), serdes=serdes)
        values = [writer.value_bytes({"id": n, "price": f"{n}.50", "customer": {"country": "DE" if n % 2 else "FR"},
                                      "pays": {"long": n}}) for n in range(6)]
        broker.append("orders", 0, [Record(b"k", value) for value in values]).result()
    host = LocalHost(path)
    made = Workspace(path, host)
    made.call(Subscribe(20))
    qtbot.waitUntil(lambda: made.live.topic("orders") is not None)
    yield made
    made.close()


@pytest.fixture
def panel(qtbot, workspace):
    made = RecordsPanel(workspace)
    qtbot.addWidget(made)
    made.resize(1120, 420)
    made.show()
    qtbot.waitUntil(lambda: made.model.record(5) is not None)
    yield made
    made.close()


def stored(workspace, offset: int) -> bytes:
    with BrokerReader(workspace.path) as reader:
        return reader.read("orders", 0, offset, 1)[0].value or b""


def test_a_record_shows_its_form_and_its_schema(qtbot, panel):
    panel.table.setCurrentIndex(panel.model.index(0, 0))
    qtbot.waitUntil(lambda: panel.detail.record == panel.model.record(0))
    assert panel.detail.how.text() == "Avro, schema 1 · orders-value version 1 · Order"
    assert panel.detail.how.isVisible()
    assert json.loads(panel.detail.view.toPlainText()) == {
        "id": 5, "customer": {"country": "DE"}, "price": "5.50", "pays": {"long": 5}}
    column = panel.model.columns.index("value")
    assert panel.model.data(panel.model.index(0, column)).startswith('{"id":5,"customer":{"country":"DE"}')


def test_a_nested_field_is_filtered_by(qtbot, panel):
    panel.bar.filter.changed_text.emit("value.customer.country == 'FR' && value.price > 1.0")
    qtbot.waitUntil(lambda: panel.search.complete)
    panel._follow(panel.workspace.shown)
    qtbot.waitUntil(lambda: panel.model.rowCount() == 2)


def test_a_copy_is_changed_in_the_form_and_sent_as_it_came(qtbot, panel, workspace):
    editor = RecordEditor(workspace, panel.model.record(0), panel)
    qtbot.addWidget(editor)
    text = editor.value.toPlainText()
    editor.value.setPlainText(text.replace('"5.50"', '"5.555"'))
    assert not editor.send.isEnabled()
    assert editor.said.text() == "It does not fit Order: price: expected a decimal(9,2), got '5.555'."
    editor.value.setPlainText(text.replace('"5.50"', '"123456.78"'))
    assert editor.send.isEnabled()
    editor.send.click()
    qtbot.waitUntil(lambda: workspace.live.topic("orders").records == 7)
    read = workspace.decoder("orders").value(stored(workspace, 6))
    assert (read.value["price"], read.value["pays"], read.schema.id) == (Decimal("123456.78"), 5, 1)
    assert read.in_words()["pays"] == {"long": 5}


def test_an_event_is_composed_by_the_schema(qtbot, workspace):
    for edit in (AddNode(Node("p", "producer", "shop")), AddNode(Node("t", "topic", "orders")),
                 AddLink(Link("pt", "p", "t"))):
        workspace.perform(edit)
    form = ComposeForm(workspace, "p")
    qtbot.addWidget(form)
    form.show()
    form.refresh()
    assert form.written_as.isVisible()
    assert form.written_as.tick.text() == "Written by Avro, schema 1 · orders-value version 1 · Order"
    form.value.setPlainText('{"id": "x"}')
    assert not form.send_one.isEnabled()
    assert form._words.text() == "It does not fit Order: id: expected a long, got 'x'."
    form.written_as.template.click()
    assert json.loads(form.value.toPlainText()) == {
        "id": 0, "customer": {"country": ""}, "price": "0.00", "pays": {"int": 0}}
    assert form.send_one.isEnabled()
    form.send_one.click()
    qtbot.waitUntil(lambda: workspace.live.topic("orders").records == 7)
    assert stored(workspace, 6) == b"\0\0\0\0\x01\0\0\x02\0\0\0"
    form.written_as.tick.setChecked(False)
    assert form.send_one.isEnabled(), "the topic guesses: it may be sent as JSON"
    workspace.call(AlterTopic("orders", None, {"value.encoding": "avro"}))
    qtbot.waitUntil(lambda: workspace.decoder("orders").value_encoding == "avro")
    form.refresh()
    assert form.written_as.tick.isChecked() and not form.written_as.tick.isEnabled()
