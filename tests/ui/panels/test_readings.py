"""A value that was read as Protobuf without a schema: beneath it, what else its fields could be."""

from __future__ import annotations

import pytest

from workbench.core.records import StoredRecord
from workbench.serde.by_schema import numbered
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.panels.records.detail import RecordDetail

VALUE = numbered.write({"1": 1, "2": "hey", "3": {"base64": "AQID/w=="}, "4": {"fixed64": 0x3FF8000000000000}})


@pytest.fixture
def detail(workspace: Workspace, qtbot) -> RecordDetail:
    made = RecordDetail(workspace)
    qtbot.addWidget(made)
    made.resize(520, 640)
    made.show()
    return made


def choose(detail: RecordDetail, name: str) -> None:
    detail.decoder.setCurrentIndex(detail.decoder.findData(name))


def record(value: bytes) -> StoredRecord:
    return StoredRecord("orders", 0, 5, 1_795_442_400_000, b"k", value)


def test_every_field_is_told_with_what_it_could_be(detail: RecordDetail):
    detail.show_record(record(VALUE))
    choose(detail, "protobuf")
    assert not detail.readings.isHidden()
    told = [tuple(cell.text for cell in row) for row in detail.readings.table.rows]
    assert told[:4] == [("1", "int64", "1"), ("", "uint64", "1"), ("", "sint64 (zigzag)", "-1"), ("", "bool", "true")]
    assert ("2", "text", "hey") in told and ("", "bytes", "68 65 79") in told
    assert ("3", "bytes", "01 02 03 ff") in told and ("4", "double", "1.5") in told


def test_other_encodings_and_views_have_none(detail: RecordDetail):
    detail.show_record(record(VALUE))
    for name in ("bytes", "text"):
        choose(detail, name)
        assert detail.readings.isHidden()
    choose(detail, "protobuf")
    detail.tabs.button("hex").click()
    assert detail.readings.isHidden()


def test_what_is_no_protobuf_has_none(detail: RecordDetail):
    detail.show_record(record(b"\x08"))
    choose(detail, "protobuf")
    assert detail.readings.isHidden()
