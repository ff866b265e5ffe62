"""The contract of every export format: what is written comes back exactly, and other lines are refused by number."""

from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.core.errors import Invalid, Unsupported
from workbench.core.journal import (
    BookmarkEntry,
    CommitEntry,
    JournalEntry,
    NackEntry,
    ResetEntry,
    TopicEntry,
    UnknownEntry,
)
from workbench.core.records import StoredRecord
from workbench.session.export import ExportFormat, format_named

TRAPS = [
    None, b"", b"null", b'"x"', b'{"a": 1}', b'{ "a":\n 1}', b"[1, 2] ", b"42", b"-", b"true", b"plain", b"\xff\xfe",
    b'{"base64":"aGk="}', b'{"base64":"aGk=","x":1}', b"1e400", b"[NaN]", b"9" * 40, b"a\0b",
    b" {}", b"\r\n", b"\r", b"a\rb",
    b'{"a":1,"a":2}', b'{"a":"\\ud800"}', "snö 雪 \u2028".encode(), b"[" * 300 + b"]" * 300, b"=1+1", b'a"b,c',
]
data = st.one_of(st.sampled_from(TRAPS), st.binary(max_size=30), st.text(max_size=20).map(str.encode))
names = st.text(st.characters(codec="utf-8"), max_size=10)
records = st.builds(
    StoredRecord,
    topic=names,
    partition=st.integers(0, 999),
    offset=st.integers(0, 2**62),
    timestamp_ms=st.one_of(st.integers(-(10**12), 253_402_300_799_999), st.integers(2**60, 2**61)),
    key=data,
    value=data,
    headers=st.lists(st.tuples(names, data), max_size=3).map(tuple),
    transaction=st.sampled_from(["", "aborted", "open"]),
)
places = {"at_ms": st.integers(0, 10**13), "topic": names, "partition": st.integers(-1, 99),
          "first": st.integers(-1, 2**40), "group": names, "id": st.integers(1, 2**40)}
moves = st.lists(st.tuples(st.integers(0, 9), st.none() | st.integers(0, 9), st.integers(0, 2**50)).map(list))
entries = st.one_of(
    st.builds(CommitEntry, **places),
    st.builds(TopicEntry, **places, act=st.just("created"), topic_kind=names, config=st.dictionaries(names, names)),
    st.builds(BookmarkEntry, **places, text=names, marked_ms=st.none() | st.integers(0, 10**13)),
    st.builds(NackEntry, **places, requeue=st.booleans(), delay_ms=st.integers(0, 9), reason=names,
              attempt=st.integers(0, 9), offsets=names),
    st.builds(ResetEntry, **places, moves=moves, spec=st.dictionaries(names, names)),
    st.builds(UnknownEntry, **places, word=st.sampled_from(["verdict", "party"]), detail=st.dictionaries(names, names)),
)


# a contract is run for several classes; a busy machine is no reason to fail
shared = settings(
    suppress_health_check=[HealthCheck.differing_executors, HealthCheck.too_slow], max_examples=50, deadline=None
)


class FormatContract:
    """Every format keeps these; a class below names the format."""

    name = ""

    @property
    def form(self) -> ExportFormat:
        return format_named(self.name)

    def back(self, text: bytes) -> list:
        return list(self.form.read(io.BytesIO(text)))

    @shared
    @given(st.lists(records, max_size=8))
    def test_records_come_back_exactly(self, written: list[StoredRecord]):
        text = self.form.head("records") + b"".join(self.form.record(record) for record in written)
        assert self.back(text) == written

    @pytest.mark.parametrize("value", TRAPS)
    def test_each_trap_comes_back_exactly(self, value: bytes | None):
        record = StoredRecord("t", 0, 1, 5, value, value, (("h", value), ("h", None)))
        assert self.back(self.form.head("records") + self.form.record(record)) == [record]

    @shared
    @given(st.lists(entries, max_size=8))
    def test_journal_entries_come_back_exactly(self, written: list[JournalEntry]):
        text = self.form.head("journal") + b"".join(self.form.entry(entry) for entry in written)
        assert self.back(text) == written

    def test_no_other_standing_of_a_record_is_believed(self):
        text = self.form.head("records") + self.form.record(StoredRecord("t", 0, 1, 5, b"k", b"v", (), "aborted"))
        with pytest.raises(Invalid, match="Line"):
            self.back(text.replace(b"aborted", b"nearly"))

    def test_a_large_value_comes_back(self):
        record = StoredRecord("t", 0, 0, 0, b"k", b"x" * 1_000_000)
        assert self.back(self.form.head("records") + self.form.record(record)) == [record]

    def test_a_bad_line_is_named_by_its_number_and_those_before_it_are_read(self):
        good = self.form.record(StoredRecord("t", 0, 0, 0, b"k", b"v"))
        lines = self.form.read(io.BytesIO(self.form.head("records") + good + b"rubbish\n"))
        assert isinstance(next(lines), StoredRecord)
        with pytest.raises(Invalid, match=r"Line \d+ is not a record"):
            next(lines)

    @pytest.mark.parametrize("rubbish", [b"\xff\xfe\x00", b"\x00" * 100, b"[]\n", b'"', b"{", b"{}", b"42", b"topic\n"])
    def test_rubbish_is_refused_in_words(self, rubbish: bytes):
        with pytest.raises(Invalid, match="Line 1 is not a record"):
            self.back(rubbish)


class TestJsonLines(FormatContract):
    name = "jsonl"

    def test_a_line_reads_as_the_contract_says(self):
        record = StoredRecord("orders", 2, 7, 1_795_467_060_250, b"C-17", b'{"total": 12.50}', (("trace", b"a"),))
        assert json.loads(self.form.record(record)) == {
            "topic": "orders", "partition": 2, "offset": 7, "timestamp": "2026-11-23T20:51:00.250Z",
            "key": "C-17", "value": {"total": 12.5}, "headers": [["trace", "a"]],
        }

    @pytest.mark.parametrize(
        ("value", "shown"),
        [(None, None), (b"", ""), (b"text", "text"), (b"42", 42), (b"\xff", {"base64": "/w=="}), (b"null", "null")],
    )
    def test_null_empty_text_json_and_binary_are_told_apart(self, value: bytes | None, shown: object):
        assert json.loads(self.form.record(StoredRecord("t", 0, 0, 0, None, value)))["value"] == shown


class TestCsv(FormatContract):
    name = "csv"

    def test_other_tools_read_it(self):
        record = StoredRecord("t", 1, 2, 0, b"k", b'a,"b"\nc', (("h", b"1"),))
        text = self.form.head("records") + self.form.record(record)
        (row,) = csv.DictReader(io.StringIO(text.decode(), newline=""))
        assert (row["topic"], row["partition"], row["offset"], row["key"]) == ("t", "1", "2", "k")
        assert row["value"] == 'a,"b"\nc'
        assert json.loads(row["headers"]) == [["h", "1"]]

    def test_a_missing_cell_is_refused(self):
        with pytest.raises(Invalid, match="Line 2"):
            self.back(b"topic,partition,value\nt,0\n")


def test_formats_that_come_later_say_so():
    with pytest.raises(Unsupported, match="not built yet"):
        format_named("sqlite")
    with pytest.raises(Invalid, match="no export format"):
        format_named("parquet")
