"""Fields of records by their path, the filters that ask for them, and sorts by what a log has no order of."""

from __future__ import annotations

import orjson
import pytest

from workbench.broker import Broker, BrokerReader
from workbench.core.errors import Invalid
from workbench.core.records import Record, StoredRecord
from workbench.session.fields import (
    MISSING,
    FieldPath,
    condition,
    field_text,
    joined,
    paths_in,
    place_in_json,
    read_path,
)
from workbench.session.matching import read_filter
from workbench.session.sorting import SortedRows, SortScan
from workbench.ui.models.pretty import pretty_json

VALUE = {"id": "O-1", "total": 12.5, "n": 3, "ok": True, "no": None, "items": [{"sku": "CUP", "qty": 2}], "in": "x",
         "ship-to": "DE", 'q"t': "a\"b\\c"}
RECORD = StoredRecord("orders", 0, 7, 0, b"C-1", orjson.dumps(VALUE), (("source", b"app"), ("trace", None)))


def test_a_path_reads_and_writes_as_an_expression_does():
    for text in ("value.total", "value.items[0].sku", "headers.source", 'value["ship-to"]', 'value["in"]', "key"):
        assert str(read_path(text)) == text
    assert str(read_path("total")) == "value.total" and read_path("value.total").title == "total"
    for wrong in ("value.", "a b", "value[x]", "1x"):
        with pytest.raises(Invalid, match="is not a field"):
            read_path(wrong)


def test_a_field_is_found_or_missing_and_null_is_neither():
    assert read_path("value.items[0].qty").of(RECORD) == 2
    assert read_path("headers.source").of(RECORD) == "app"
    assert read_path("value.no").of(RECORD) is None
    assert read_path("value.items[3].qty").of(RECORD) is MISSING
    assert read_path("value.total.more").of(RECORD) is MISSING
    assert [field_text(v) for v in ("x", 2, None, True, MISSING)] == ["x", "2", "null", "true", ""]


def test_the_filter_of_every_field_finds_the_record_it_came_from_and_its_opposite_does_not():
    fields = paths_in(RECORD)
    assert len(fields) == 12
    for path in fields:
        value = path.of(RECORD)
        assert read_filter(condition(path, value)).matches(RECORD), condition(path, value)
        assert not read_filter(condition(path, value, equal=False)).matches(RECORD)


def test_filters_are_joined_without_changing_what_was_asked():
    assert joined("", "a == 1") == "a == 1"
    assert joined("a == 1 || b == 2", "c == 3") == "(a == 1 || b == 2) && c == 3"
    assert joined("a == 1", "c == 3", "||") == "a == 1 || c == 3"


def test_every_place_of_a_value_in_its_pretty_text_leads_to_its_field():
    text = pretty_json(VALUE)
    for path in (p for p in paths_in(RECORD) if p.root == "value"):
        written = orjson.dumps(path.of(RECORD)).decode()
        lead = f"{orjson.dumps(path.steps[-1]).decode()}: "
        at = text.index(lead + written) + len(lead)
        assert place_in_json(text, at) == place_in_json(text, at + len(written)) == path
    assert place_in_json(text, 0) is None
    assert place_in_json(text, text.index('"total"') + 2) == FieldPath("value", ("total",))
    assert place_in_json(pretty_json([1, [2, 3]]), pretty_json([1, [2, 3]]).index("3")) == FieldPath("value", (1, 1))


@pytest.fixture
def reader(tmp_path):
    path = tmp_path / "a.flow"
    with Broker.create(path) as broker:
        broker.create_topic("orders", 3)
        for number in range(300):
            value = orjson.dumps({"n": (number * 7) % 300, "pad": "x" * (number % 50)})
            broker.append("orders", number % 3, [Record(f"C-{number % 5}".encode(), value)]).result()
    with BrokerReader(path) as made:
        yield made


@pytest.mark.parametrize(
    ("column", "key"),
    [("size", lambda r: r.size_bytes), ("value.n", lambda r: orjson.loads(r.value)["n"]), ("key", lambda r: r.key)],
)
def test_a_sort_has_every_record_once_in_order(reader, column, key):
    scan = SortScan("orders", column, reader.bounds("orders"))
    while not scan.advance(reader, 0.0).complete:
        scan.advance(reader, 0.01)
    rows = SortedRows(scan)
    found = rows.read(reader, *rows.span(()))
    assert len(found) == 300 and len({(r.partition, r.offset) for r in found.values()}) == 300
    values = [key(found[number]) for number in range(300)]
    assert values == sorted(values)


def test_a_sort_of_what_a_filter_finds_has_nothing_else(reader):
    scan = SortScan("orders", "size", reader.bounds("orders"), read_filter("value.n < 10"))
    scan.advance(reader, 60.0)
    rows = SortedRows(scan)
    assert rows.span(()) == (0, 10)
    assert all(orjson.loads(r.value)["n"] < 10 for r in rows.read(reader, 0, 10).values())
