"""Whatever a file is, it is read as that: packed, in another character set, an array, with a mark; or it is told."""

from __future__ import annotations

import gzip
import json
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.core.errors import Invalid, Unsupported, WorkbenchError
from workbench.flow.kinds import KINDS
from workbench.runtime.reading import byte_source
from workbench.runtime.reading.formats import FORMATS
from workbench.runtime.reading.preview import preview, preview_beginning
from workbench.runtime.reading.reader import EventReader, ReadSettings

EVENTS = [{"id": n, "name": f"Zoë {n}", "at": 1_764_500_000 + n} for n in range(5)]
CSV = "id,name\n1,Zoë\n2,Köln\n3,plain\n"


def read(path, data, chunk=None, **values):
    """Its values, its events, and the reader."""
    path.write_bytes(data)
    reader = EventReader(ReadSettings(str(path), **values), lambda: 1_795_442_400_000)
    if chunk:
        bytes_of = reader._source.next
        pieces = []

        def piece_by_piece():
            if not pieces:
                whole = bytes_of()
                pieces.extend(whole[at : at + chunk] for at in range(0, len(whole), chunk))
                if not pieces:
                    return b""
                reader._source.ended = False
            return pieces.pop(0)

        reader._source.next = piece_by_piece
    events = []
    for _ in range(20_000):
        events += reader.next_batch()
        if reader.ended:
            break
    reader.close()
    assert reader.ended
    return [json.loads(event.value) for event in events], events, reader


def lines(events=EVENTS):
    return "".join(json.dumps(event, ensure_ascii=False) + "\n" for event in events)


DOCUMENTS = {
    "json lines": (lines(), {}), "an array": (json.dumps(EVENTS), {}),
    "a pretty array": (json.dumps(EVENTS, indent=2), {}),
    "one element a line": ("[" + ",\n".join(map(json.dumps, EVENTS)) + "\n]\n", {}),
    "brackets alone": ("[\n" + ",\n".join(map(json.dumps, EVENTS)) + "\n]\n", {}),
    "pretty values": ("\n".join(json.dumps(event, indent=1) for event in EVENTS), {}),
    "a path": (json.dumps({"meta": {"n": [1, {"x": "]}"}]}, "data": {"events": EVENTS}}), {"pointer": "/data/events"}),
    "a path, pretty": (json.dumps({"data": [{}, {"e/v": EVENTS}]}, indent=2), {"pointer": "/data/1/e~1v"}),
}


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
@pytest.mark.parametrize("name", DOCUMENTS)
def test_json_in_every_shape(tmp_path, name, charset, packed):
    text, values = DOCUMENTS[name]
    data = text.encode(charset)
    found, events, reader = read(tmp_path / "input", gzip.compress(data) if packed else data, key="id", **values)
    assert found == EVENTS
    assert [event.key for event in events] == [b"0", b"1", b"2", b"3", b"4"]
    assert reader.packed is packed and reader.findings.problems() == []


@settings(max_examples=60, deadline=None)
@given(name=st.sampled_from(sorted(DOCUMENTS)), chunk=st.integers(1, 60), packed=st.booleans(),
       charset=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_where_chunks_end_changes_nothing(tmp_path_factory, name, chunk, packed, charset):
    text, values = DOCUMENTS[name]
    data = text.encode(charset)
    path = tmp_path_factory.mktemp("in") / "input"
    assert read(path, gzip.compress(data) if packed else data, chunk, **values)[0] == EVENTS


@pytest.mark.parametrize("charset", ["utf-16", "utf-32", "utf-8-sig"])
@pytest.mark.parametrize("cut", range(1, 24))
def test_a_pipe_that_gives_part_of_a_letter_first_is_in_the_same_character_set(tmp_path, charset, cut):
    data = json.dumps(EVENTS, indent=2).encode(charset)
    path = tmp_path / "input"
    path.write_bytes(data)
    reader = EventReader(ReadSettings(str(path)), lambda: 0)
    pieces = iter([data[:cut], b"", b"", data[cut:]])
    reader._source.next = lambda: next(pieces, b"")
    found = [json.loads(event.value) for _ in range(5) for event in reader.next_batch()]
    assert found == EVENTS


def test_a_pipe_that_gives_one_short_line_is_not_waited_for(tmp_path):
    (tmp_path / "input").write_bytes(b"")
    reader = EventReader(ReadSettings(str(tmp_path / "input")), lambda: 0)
    pieces = iter([b"{}\n", b"", b""])
    reader._source.next = lambda: next(pieces, b"")
    assert [event.value for _ in range(3) for event in reader.next_batch()] == [b"{}"]
    assert reader.detected is not None and reader.detected.kind.name == "jsonl"


@pytest.mark.parametrize(
    ("data", "charset", "told", "guessed"),
    [
        (CSV.encode("cp1252"), "", "windows-1252", True), (CSV.encode("cp1252"), "latin-1", "ISO 8859-1", False),
        (CSV.encode("utf-8-sig"), "", "UTF-8", False), (CSV.encode(), "", "UTF-8", False),
        (CSV.encode("utf-16"), "", "UTF-16", False), (CSV.encode("utf-16-be"), "utf-16-be", "UTF-16", False),
        (CSV.encode("cp850"), "cp850", "cp850", False), (CSV.encode("utf-16-le"), "", "UTF-16", True),
    ],
)
def test_the_character_set_is_found_out_or_named(tmp_path, data, charset, told, guessed):
    found, _, reader = read(tmp_path / "a.csv", data, charset=charset)
    assert [row["name"] for row in found] == ["Zoë", "Köln", "plain"]
    assert (reader.charset, reader.charset_is_guessed) == (told, guessed)
    assert any("guess" in note for note in reader.findings.notes()) is guessed


def test_a_guess_may_come_late_and_a_bad_byte_among_utf_8_is_no_reason_for_one(tmp_path):
    ascii_rows = b"".join(b"%d,plain\n" % n for n in range(40_000))
    found, _, reader = read(tmp_path / "a.csv", b"id,name\n" + ascii_rows + b"x,K\xf6ln\n")
    assert found[-1]["name"] == "Köln" and reader.charset_is_guessed
    found, _, reader = read(tmp_path / "a.csv", CSV.encode() + b"4,b\xe9d\n5,Zo\xc3\xab\n")
    assert [row["id"] for row in found] == ["1", "2", "3", "5"]
    assert reader.findings.problems() == ["1 line could not be read. Line 5: not UTF-8 at byte 4."]


def test_plain_lines_keep_bytes_that_are_no_words(tmp_path):
    path = tmp_path / "a.log"
    path.write_bytes(b"start\n\xff\xfd\nend K\xf6ln\n")
    reader = EventReader(ReadSettings(str(path)), lambda: 0)
    events = []
    while not reader.ended:
        events += reader.next_batch()
    reader.close()
    assert [event.value for event in events] == [b"start", b"\xff\xfd", b"end K\xf6ln"]
    assert "Line 2: not UTF-8; its bytes are kept" in reader.findings.notes()[0]
    path.write_bytes(b"end K\xf6ln\n")
    assert preview(ReadSettings(str(path)), lambda: 0).first[0].value == "end Köln".encode()


def test_a_header_that_cannot_be_read_stops_it(tmp_path):
    with pytest.raises(Invalid, match=r"header \(line 1\) is not UTF-8"):
        read(tmp_path / "a.csv", b"id,stra\xdfe\n1,x\n", charset="utf-8")


def test_gzip_is_known_by_what_it_holds(tmp_path):
    assert read(tmp_path / "plain.jsonl.gz", lines().encode())[0] == EVENTS
    two = gzip.compress(lines(EVENTS[:2]).encode()) + gzip.compress(lines(EVENTS[2:]).encode())
    assert read(tmp_path / "members", two)[0] == EVENTS
    found, _, reader = read(tmp_path / "cut.gz", gzip.compress(lines().encode() * 999)[:-300])
    assert found[:5] == EVENTS and "was cut short" in reader.findings.problems()[0]
    broken = bytearray(gzip.compress(os.urandom(500_000).hex().encode()))
    broken[200_000:200_100] = bytes(100)
    _, _, reader = read(tmp_path / "broken.gz", bytes(broken))
    assert "damaged" in reader.findings.problems()[0]


@pytest.mark.parametrize("name", ["json lines", "an array", "csv", "lines"])
@pytest.mark.parametrize("repeat", [1, 2_000])
def test_a_gzip_that_is_cut_short_gives_what_is_whole_before_it_however_short(tmp_path, name, repeat):
    plain = {"json lines": lines() * repeat, "an array": json.dumps(EVENTS * repeat), "csv": CSV * repeat,
             "lines": "one line\nand another\n" * repeat}[name]
    values = {"format": name} if name in ("csv", "lines") else {}
    path = tmp_path / "input"
    whole = read(path, plain.encode(), **values)[0] if name != "lines" else plain.split("\n")
    packed = gzip.compress(plain.encode(), compresslevel=1)
    for cut in (1, 9, len(packed) // 2):
        path.write_bytes(packed[:-cut])
        reader = EventReader(ReadSettings(str(path), **values), lambda: 0)
        found = []
        while not reader.ended:
            found += reader.next_batch()
        told = reader.findings.problems()
        assert len(told) == 1 and "was cut short" in told[0] and reader.findings.bad_count == 1
        values_read = [event.value.decode() if name == "lines" else json.loads(event.value) for event in found]
        assert values_read == whole[: len(found)], "nothing that was cut in two"
        assert len(found) or cut > 9 or name == "an array", "what is whole is given"
        assert ("Nothing of it" in told[0]) == (not found)


@pytest.mark.parametrize("start", [b"PK\x03\x04", b"\xfd7zXZ\x00", b"PAR1", b"SQLite format 3\0", b"%PDF-1.7"])
def test_what_is_no_file_of_events_is_refused(tmp_path, start):
    with pytest.raises(Unsupported, match="not a file of events"):
        read(tmp_path / "a.jsonl", start + bytes(100))


@pytest.mark.parametrize(
    ("text", "events", "line", "why"),
    [
        ('[\n{"a": 1},\n{"a": }\n,{"a": 3}]', 1, 3, "expecting value"), ('[{"a": 1},\n{"a": 2}', 2, 2, "ends within"),
        ('[\n1,\n2\n3]', 2, 4, "comma"), ('[{"a": NaN}]', 0, 1, "NaN"),
        ('[\n{"a": "open\n', 0, 2, "nothing more is taken"),
        ("[" * 100_000, 0, 1, "not JSON"),
    ],
)
def test_a_document_that_is_not_whole_is_told_with_its_line(tmp_path, text, events, line, why):
    found, _, reader = read(tmp_path / "a.json", text.encode())
    assert len(found) == events
    assert f"Line {line}: " in reader.findings.problems()[0] and why in reader.findings.problems()[0]


@pytest.mark.parametrize("pointer", ["/nope", "/data/x", "/data/0/nope"])
def test_a_path_that_leads_nowhere_is_told(tmp_path, pointer):
    _, _, reader = read(tmp_path / "a.json", b'{"data": [{"x": 1}]}', pointer=pointer)
    assert len(reader.findings.problems()) == 1


def test_a_document_that_is_one_event_says_where_its_arrays_are(tmp_path):
    found, _, reader = read(tmp_path / "a.json", json.dumps({"data": {"events": EVENTS}}, indent=1).encode())
    assert len(found) == 1 and "an array of 5 at /data/events" in reader.findings.notes()[0]


def test_numbers_in_a_document_stay_as_they_are_written(tmp_path):
    data = b'[\n {"n": 1.50, "big": 123456789012345678901234567890,\n "s": "a \\" b"}\n]'
    _, events, _ = read(tmp_path / "a.json", data)
    assert events[0].value == b'{"n":1.50,"big":123456789012345678901234567890,"s":"a \\" b"}'


def test_a_long_array_is_read_in_linear_time(tmp_path):
    import time

    def seconds(count):
        data = b"[" + b",".join(b'{"id": %d, "text": "%s"}' % (n, b"x" * 40) for n in range(count)) + b"]"
        began = time.process_time()
        assert len(read(tmp_path / "a.json", data)[1]) == count
        return time.process_time() - began

    seconds(1000)
    assert seconds(40_000) < 20 * max(seconds(10_000), 0.02)
    huge = b'[{"id": 1, "text": "' + b"x" * 20_000_000 + b'"}]'
    began = time.process_time()
    assert len(read(tmp_path / "a.json", huge)[1]) == 1
    assert time.process_time() - began < 5.0


@pytest.mark.parametrize(
    ("name", "data", "values", "form"),
    [
        ("x", b'{"a":1}\n{"a":2}\n', {}, "jsonl"), ("x", b'{"a":1}', {}, "json"),
        ("x.json", b'{"a":1}\n{"a":2}\n', {}, "jsonl"),
        ("x", b"[1,2]\n[3,4]\n", {}, "jsonl"), ("x", b"[1,2]", {}, "json"), ("x.jsonl", b"[1,2]", {}, "jsonl"),
        ("x.jsonl", b'[{"a":1}]', {}, "json"),
        ("x.jsonl", b'[\n{"a":1},\n{"a":2}]', {}, "json"), ("x", b'{"a":\n{"a":1}\n{"a":2}\n{"a":3}\n', {}, "jsonl"),
        ("x", b"sep=;\na;b\n1;2\n", {}, "csv"), ("x", b"a,b\n1,2\n", {"key": "a"}, "csv"),
        ("x", b"a,b\n1,2\n", {}, "csv"), ("x", b"a;b,c\n1;2\n3;4", {}, "csv"),
        ("x", b'id,"n, m"\n1,"a, b"\n', {}, "csv"),
        ("x", b"a,b\n", {}, "lines"), ("x", b"a,b\n1,2\n3\n", {}, "lines"), ("x", b"1,2\n3,4\n", {}, "lines"),
        ("x", b"a,a\n1,2\n", {}, "lines"), ("x", b"a\n1\n2\n", {}, "lines"),
        ("x", b"a,b\n1,2\n", {"format": "lines"}, "lines"),
        ("x", b"INFO\tstarted\nINFO\tready\n", {}, "lines"), ("x", b"Well, then.\nYes, do.\n", {}, "lines"),
        ("x.log", b"2026-11-30 10:00:00,123 started\n2026-11-30 10:00:01,456 ended\n", {}, "lines"),
        ("x.CSV.gz", b"a,b\n", {}, "csv"), ("x.txt", b"a|b\n", {"delimiter": "|"}, "csv"), ("x", b"", {}, "lines"),
    ],
)
def test_what_a_file_is_taken_for(tmp_path, name, data, values, form):
    path = tmp_path / name
    path.write_bytes(data)
    assert preview(ReadSettings(str(path), **values), lambda: 0).format == form


def test_a_table_that_no_name_tells_is_taken_as_csv_and_that_is_told(tmp_path):
    found, _, reader = read(tmp_path / "x", b"id,name\n1,one\n2,two\n", 3)
    assert found == [{"id": "1", "name": "one"}, {"id": "2", "name": "two"}]
    assert "taken as CSV" in reader.findings.notes()[0] and not reader.findings.bad_count
    assert not read(tmp_path / "x.csv", b"id,name\n1,one\n")[2].findings.notes()


@pytest.mark.parametrize(
    ("data", "header"),
    [(b"a;b,c;d\n1;2;3\n", ("a", "b,c", "d")), (b"a,b\n1,x;y;z\n", ("a", "b")), (b'"a;x",b\n1,2\n', ("a;x", "b")),
     (b"a\tb\n1\t2\n", ("a", "b")), (b"only\n1\n", ("only",)), (b"sep=|\na,x|b\n1|2\n", ("a,x", "b"))],
)
def test_the_delimiter_is_found_out(tmp_path, data, header):
    assert read(tmp_path / "a.csv", data)[2].header == header


def test_ends_of_lines_of_old_macintoshes(tmp_path):
    assert read(tmp_path / "a.csv", b"a,b\r1,2\r3,4\r")[0] == [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}]


def test_a_preview_shows_the_first_events_and_what_would_be_refused(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(b"id,t\n1,1764500000\n2,2,2\n3,yesterday\n4,\n")
    seen = preview_beginning(ReadSettings(str(path), key="id", time="t"), lambda: 0, 2, 100)
    assert [(e.line, e.key, e.time_ms) for e in seen.first] == [(2, b"1", 1_764_500_000_000), (4, b"3", None)]
    assert (seen.events, seen.skipped, seen.bad, seen.whole) == (3, 1, 3, True)
    assert [(line, count) for line, _, count in seen.refused] == [(3, 1), (4, 1)]
    assert seen.header == ("id", "t") and seen.delimiter == ","


def test_a_preview_of_the_beginning_reads_no_more_and_touches_no_pipe(tmp_path, monkeypatch):
    monkeypatch.setattr(byte_source, "CHUNK_BYTES", 70_000)
    path = tmp_path / "a.jsonl"
    path.write_bytes(lines().encode() * 4_000)
    seen = preview_beginning(ReadSettings(str(path)), lambda: 0, 3, 500)
    assert len(seen.first) == 3 and 500 <= seen.events < 3_000 and not seen.whole
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(Unsupported, match="pipe"):
        preview_beginning(ReadSettings(str(tmp_path / "pipe")), lambda: 0, 3, 500)


@settings(max_examples=300, deadline=2000)
@given(data=st.binary(max_size=60) | st.text('{}[]",:;=\n\r\\ aé1', max_size=40).map(str.encode),
       start=st.sampled_from([b"", b'{"a": [', b"sep=;\n", b"id,name\n", b"\xff\xfe", b"\x1f\x8b\x08"]),
       values=st.fixed_dictionaries({
           "format": st.sampled_from(["auto", *FORMATS]), "charset": st.sampled_from(["", "utf-8", "utf-16", "cp1252"]),
           "pointer": st.sampled_from(["", "/a", "/a/0"]), "key": st.sampled_from(["", "1"])}))
def test_whatever_the_bytes_it_ends_and_any_error_is_a_sentence(tmp_path_factory, data, start, values):
    path = tmp_path_factory.mktemp("in") / "input"
    path.write_bytes(start + data)
    try:
        assert preview(ReadSettings(str(path), **values), lambda: 0).whole
    except WorkbenchError as reason:
        assert reason.sentence()


def test_the_drawing_offers_the_formats_that_there_are():
    assert KINDS["file"].param("format").choices == ("auto", *FORMATS)
