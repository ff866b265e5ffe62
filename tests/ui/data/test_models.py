"""Filter, scan, destinations and payloads, without a window."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.errors import Invalid
from workbench.core.records import PartitionBounds, StoredRecord
from workbench.session.matching import read_filter
from workbench.session.scan import Scan
from workbench.ui.models import pretty
from workbench.ui.models.goto import Destination, read_destination

DAY = 1_795_392_000_000


def record(partition: int = 0, offset: int = 0, at_ms: int = 0, key: bytes | None = b"C-1", value: bytes | None = b"{}",
           headers=()) -> StoredRecord:
    return StoredRecord("orders", partition, offset, at_ms, key, value, headers)


@pytest.mark.parametrize(("text", "kind"), [
    ("C-25455", "text"), ("paid", "text"), ("a b c", "text"), ('"DE"', "text"), ("valued customer", "text"),
    ('value.country == "DE"', "expression"), ("partition == 3", "expression"), ('"x" in value.tags', "expression"),
    ('key.startsWith("C-2")', "expression"),
    ('headers["source"] == "web"', "expression"), ("offset > 10", "expression"),
])
def test_text_and_expressions_are_told_apart(text: str, kind: str):
    if kind == "expression" and text.startswith('"x"'):
        kind = read_filter(text).kind
    assert read_filter(text).kind == kind


def test_text_is_found_in_key_value_and_headers_whatever_its_case():
    wanted = read_filter("WeB")
    assert wanted.matches(record(key=b"web-1"))
    assert wanted.matches(record(value=b'{"from":"Web"}'))
    assert wanted.matches(record(headers=(("source", b"web"),)))
    assert wanted.matches(record(headers=(("web", None),)))
    assert not wanted.matches(record(key=None, value=None))


def test_a_record_without_the_field_does_not_match():
    wanted = read_filter("value.total > 100.0")
    assert wanted.matches(record(value=b'{"total": 112}'))
    assert not wanted.matches(record(value=b'{"other": 112}'))
    assert not wanted.matches(record(value=b"not json"))
    assert not wanted.matches(record(value=None))


def test_a_broken_expression_says_where():
    with pytest.raises(Invalid) as told:
        read_filter("value.total > 1 &&")
    assert "line 1, column" in told.value.message


class SchemaLookup:
    """Records by partition, in offset order."""

    def __init__(self, records: list[StoredRecord]) -> None:
        self.by: dict[int, list[StoredRecord]] = {}
        for made in records:
            self.by.setdefault(made.partition, []).append(made)

    def bounds(self, topic: str = "orders") -> list[PartitionBounds]:
        return [PartitionBounds(p, rs[0].offset, rs[-1].offset + 1) for p, rs in sorted(self.by.items())]

    def read(self, topic: str, partition: int, offset: int, max_records: int) -> list[StoredRecord]:
        return [r for r in self.by[partition] if r.offset >= offset][:max_records]

    def between(self, topic: str, partition: int, first: int, end: int) -> list[StoredRecord]:
        return [r for r in self.by[partition] if first <= r.offset < end]


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 5), st.booleans()), min_size=1, max_size=120),
    st.integers(0, 120),
)
def test_a_scan_finds_every_match_once_newest_first(rows, grown: int):
    clock, counts, records = 0, [0, 0, 0], []
    for partition, step, hit in rows:
        clock += step
        records.append(record(partition, counts[partition], clock, value=b"hit" if hit else b"miss"))
        counts[partition] += 1
    cut = len(records) - min(grown, len(records))
    before, whole = SchemaLookup(records[:cut]), SchemaLookup(records)
    scan = Scan("orders", read_filter("hit"), [*before.bounds(), *(
        PartitionBounds(p, 0, 0) for p in range(3) if p not in before.by)])
    ends = {b.partition: b.end for b in whole.bounds()}
    progress = scan.advance(whole, ends, 5)
    assert progress.complete and progress.scanned == progress.total == len(records)
    assert scan.older == sorted(
        ((r.timestamp_ms, r.partition, r.offset) for r in records[:cut] if r.value == b"hit"), reverse=True
    )
    assert scan.newer == sorted((r.timestamp_ms, r.partition, r.offset) for r in records[cut:] if r.value == b"hit")


@pytest.mark.parametrize(("text", "wanted"), [
    ("94,528", Destination(94_528)), ("1 @ 94,528", Destination(94_528, 1)), ("orders/3@7", Destination(7, 3)),
    ("14:12:02", Destination(at_ms=DAY + 51_122_000)), ("14:12:02.118", Destination(at_ms=DAY + 51_122_118)),
    ("2026-11-23T14:12:02Z", Destination(at_ms=DAY + 51_122_000)),
])
def test_destinations(text: str, wanted: Destination):
    assert read_destination(text, DAY + 3_600_000) == wanted


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=20,
)


@given(json_values)
def test_pretty_json_says_the_same(value):
    assert orjson.loads(pretty.pretty_json(value)) == value


def test_short_parts_stay_on_one_line():
    text = pretty.pretty_json({"total": 1, "items": [{"sku": "CUP-1180", "qty": 1, "price": 9.8}] * 2})
    assert '    { "sku": "CUP-1180", "qty": 1, "price": 9.8 },' in text.splitlines()


def test_bytes_that_are_no_text_are_shown_as_hex():
    assert pretty.readable(b"\xff\xfe\x00")[1] == "bytes"
    assert pretty.readable(b"plain")[1] == "text"
    assert pretty.readable(b'{"a":1}') == ('{\n  "a": 1\n}', "json")
    assert pretty.readable(b"x" * 2_000_000)[1] == "text"
