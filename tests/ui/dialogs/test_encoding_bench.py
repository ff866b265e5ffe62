"""The encoding bench in the window: a topic's events or typed ones, a row an encoding, and what is wrong in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.broker import Broker
from workbench.control.messages import Subscribe
from workbench.core.records import Record
from workbench.host import LocalHost
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.dialogs.encoding_bench import EncodingBench


@pytest.fixture
def bench(qtbot, tmp_path: Path):
    with Broker.create(tmp_path / "a.flow") as broker:
        broker.create_topic("orders")
        broker.create_topic("silent")
        broker.append("orders", 0, [Record(None, b'{"id":%d,"name":"a name"}' % n) for n in range(300)]).result()
    workspace = Workspace(tmp_path / "a.flow", LocalHost(tmp_path / "a.flow"))
    workspace.call(Subscribe(20))
    qtbot.waitUntil(lambda: workspace.live.topic("orders") is not None)
    made = EncodingBench(workspace, topic="orders")
    made.open()
    yield made
    made.close()
    workspace.close()


def compared(qtbot, bench) -> list[str]:
    bench.go.click()
    qtbot.waitUntil(bench.go.isEnabled)
    return [row[0].text for row in bench.table.rows]


def test_the_events_of_a_topic(qtbot, bench):
    assert bench.source.currentData() == "orders" and not bench.text.isVisible()
    assert compared(qtbot, bench) == ["JSON", "Avro", "Protobuf", "MessagePack", "CBOR"]
    json, avro = bench.table.rows[:2]
    assert json[1].bar == 1.0 and 0 < (avro[1].bar or 0) < 1.0
    assert json[3].text == "100%" and len({len(row) for row in bench.table.rows}) == 1
    assert bench.said.text().startswith("300 events. Bytes are of their values")


def test_typed_events_and_what_is_wrong_with_them(qtbot, bench):
    bench.source.setCurrentIndex(bench.source.count() - 1)
    assert bench.text.isVisible()
    compared(qtbot, bench)
    assert bench.said.text().startswith("2 events.")
    bench.text.setPlainText('{"id": 1}\n{oops')
    compared(qtbot, bench)
    assert bench.said.text().startswith("Line 2 is no JSON")
    bench.source.setCurrentIndex(bench.source.findData("silent"))
    compared(qtbot, bench)
    assert bench.said.text().startswith("There are no events")
