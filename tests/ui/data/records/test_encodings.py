"""MessagePack and CBOR in the window: read as JSON, filtered by what they hold, changed and sent as they came."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import cbor2
import msgspec
import pytest

from workbench.broker import Broker, BrokerReader
from workbench.control.messages import AlterTopic, AppendRecords, CreateTopic, Subscribe
from workbench.core.records import Record
from workbench.host import LocalHost
from workbench.serde import GUESSING, Decoder
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.models import edited
from workbench.ui.panels.records.editor import RecordEditor
from workbench.ui.panels.records.panel import RecordsPanel

EVENTS = [
    {"id": n, "order": {"total": n * 1.5, "country": "DE" if n % 2 else "FR"}, "raw": b"\x00\xff"} for n in range(6)
]
AT = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.fixture
def panel(qtbot, tmp_path: Path):
    Broker.create(tmp_path / "a.flow").close()
    host = LocalHost(tmp_path / "a.flow")
    host.call(CreateTopic("events"))
    packed = tuple(Record(msgspec.msgpack.encode({"id": e["id"]}), msgspec.msgpack.encode(e)) for e in EVENTS)
    host.call(AppendRecords("events", packed, 0))
    workspace = Workspace(tmp_path / "a.flow", host)
    workspace.call(Subscribe(20))
    made = RecordsPanel(workspace)
    qtbot.addWidget(made)
    made.resize(1120, 420)
    made.show()
    qtbot.waitUntil(lambda: workspace.live.topic("events") is not None and made.model.record(5) is not None)
    yield made
    made.close()
    workspace.close()


def show(qtbot, panel: RecordsPanel, row: int) -> None:
    panel.table.setCurrentIndex(panel.model.index(row, 0))
    qtbot.waitUntil(lambda: panel.detail.record == panel.model.record(row))


def cell(panel: RecordsPanel, row: int, column: str) -> str:
    return panel.model.data(panel.model.index(row, panel.model.columns.index(column)))


def test_a_guess_is_shown_with_how_sure_it_is(qtbot, panel):
    assert cell(panel, 0, "key") == '{"id":5}'
    assert cell(panel, 0, "value").startswith('{"id":5,"order":{"total":7.5,')
    show(qtbot, panel, 0)
    assert panel.detail.how.text() == "MessagePack, guessed, 80 %" and panel.detail.how.isVisible()
    assert panel.detail.decoder.itemText(0) == "MessagePack"
    assert '"base64": "AP8="' in panel.detail.view.toPlainText()
    assert "MessagePack, guessed, 80 %" in panel.detail.chip.toolTip()


def test_a_topic_that_says_it_is_followed_and_what_does_not_fit_is_said_with_its_bytes(qtbot, panel):
    workspace = panel.workspace
    show(qtbot, panel, 0)
    for name in ("msgpack", "cbor"):
        workspace.call(AlterTopic("events", None, {"value.encoding": name}))
        qtbot.waitUntil(lambda name=name: workspace.decoder("events").value_encoding == name)
        panel.detail.tabs.chosen.emit("value")
        if name == "msgpack":
            assert panel.detail.how.text() == "MessagePack, as the topic says"
    assert panel.detail.how.text().startswith("It is no CBOR: ")
    assert panel.detail.how.isVisible() and panel.detail.view.toPlainText().startswith("000000  83 a2 69 64")


def test_a_nested_field_is_filtered_by(qtbot, panel):
    panel.bar.filter.changed_text.emit("value.order.country == 'FR' && value.id > 1")
    qtbot.waitUntil(lambda: panel.search.complete)
    panel._follow(panel.workspace.shown)
    qtbot.waitUntil(lambda: panel.model.rowCount() == 2)
    qtbot.waitUntil(lambda: [cell(panel, row, "key") for row in range(2)] == ['{"id":4}', '{"id":2}'])


def test_a_copy_is_changed_as_json_and_sent_as_messagepack(qtbot, panel, tmp_path):
    record = panel.model.record(0)
    editor = RecordEditor(panel.workspace, record, panel)
    assert editor.record()[:2] == (record.key, record.value)
    editor.open_over(panel)
    assert editor.height() > editor.value.height() > 100, "all of it is to be seen"
    editor.value.setPlainText(editor.value.toPlainText().replace("7.5", "8.25"))
    editor.send.click()
    qtbot.waitUntil(lambda: panel.workspace.live.topic("events").records == 7)
    with BrokerReader(tmp_path / "a.flow") as reader:
        sent = reader.read("events", 0, 6, 1)[0]
    changed = EVENTS[5] | {"order": {"total": 8.25, "country": "DE"}}
    assert (sent.key, sent.value) == (record.key, msgspec.msgpack.encode(changed))


def test_what_is_no_json_is_not_sent_as_messagepack(qtbot, panel):
    editor = RecordEditor(panel.workspace, panel.model.record(0), panel)
    editor.value.setPlainText('{"id": ')
    assert not editor.send.isEnabled() and editor.said.text().startswith("No JSON at 1:")
    assert "It is sent as MessagePack, so it must be JSON here." in editor.said.text()
    editor.value.setPlainText('{"id": 1}')
    assert editor.send.isEnabled()


@pytest.mark.parametrize(("written", "value"), [
    ("cbor", {"at": AT, "price": Decimal("1.10"), 7: "seven", "raw": b"\x00", "nan": float("inf"), "n": 2**80, "x": 1}),
    ("msgpack", {"at": AT, 7: "seven", "raw": b"\x00", "list": [AT, 1.0], "x": 1}),
])
def test_what_was_left_alone_stays_the_very_value_it_was(written, value):
    data = Decoder(value=written)
    pack = {"cbor": cbor2.dumps, "msgpack": msgspec.msgpack.encode}[written]
    read = {"cbor": cbor2.loads, "msgpack": msgspec.msgpack.decode}[written]
    before = pack(value)
    text = edited.shown_value(before, data)
    changed = edited.value_of(text.replace('"x": 1', '"x": 2'), before, data)
    assert (changed.odd, changed.refused) == ("", "")
    assert read(changed.data) == value | {"x": 2}
    bytes_too = edited.value_of(text.replace('"base64": "AA=="', '"base64": "/w=="'), before, GUESSING)
    assert read(bytes_too.data)["raw"] == b"\xff"


def test_a_key_of_bytes_is_shown_and_taken_back():
    shown = edited.shown_key(b"\xff\x00", GUESSING)
    assert edited.key_of(shown, b"\xff\x00", GUESSING).data == b"\xff\x00"
    assert edited.key_of("plain", None, Decoder(key="text")).data == b"plain"
    assert edited.shown_key(b"", GUESSING) == '""' and edited.shown_key(None, GUESSING) == ""
