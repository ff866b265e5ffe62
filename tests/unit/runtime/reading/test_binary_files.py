"""Files that are no text: Avro object files, as Apache's own package writes them, and length-delimited Protobuf."""

from __future__ import annotations

import json
import zlib
from io import BytesIO
from pathlib import Path

import avro.datafile
import avro.io
import avro.schema
import cramjam
import fastavro
import pytest

from workbench.core.event_times import EventTimes
from workbench.flow.settings import FileSettings, read_settings
from workbench.runtime.file_source import FileSource
from workbench.runtime.reading.base import Ground
from workbench.runtime.reading.blocks import unpacked
from workbench.runtime.reading.fields import Fields
from workbench.runtime.reading.findings import Findings
from workbench.runtime.reading.formats import FORMATS
from workbench.serde.by_schema import numbered

SCHEMA = {"type": "record", "name": "Order", "fields": [
    {"name": "id", "type": "long"}, {"name": "note", "type": ["null", "string"]},
    {"name": "pays", "type": ["int", "long"]},
    {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}},
    {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}}]}
AT = 1_795_000_000_000


def order(number: int) -> dict[str, object]:
    return {"id": number, "note": None if number % 2 else f"n{number}", "pays": number, "at": AT + number,
            "price": number.to_bytes(3, "big")}


def form(number: int) -> dict[str, object]:
    from datetime import UTC, datetime

    at = datetime.fromtimestamp((AT + number) / 1000, UTC)
    return {"id": number, "note": None if number % 2 else f"n{number}", "pays": {"int": number},
            "price": f"{number / 100:.2f}", "at": at.isoformat()}


PLAIN = json.loads(json.dumps(SCHEMA).replace('"logicalType"', '"hint"'))


def by_apache(path: Path, codec: str, count: int = 500) -> Path:
    """Of raw numbers: its logical types take values of their own."""
    parsed = avro.schema.parse(json.dumps(PLAIN))
    out = BytesIO()
    writer = avro.datafile.DataFileWriter(out, avro.io.DatumWriter(), parsed, codec=codec)
    for number in range(count):
        writer.append(order(number))
        if number % 100 == 99:
            writer.sync()
    writer.flush()
    path.write_bytes(out.getvalue())
    return path


def by_fastavro(path: Path, codec: str, count: int = 500) -> Path:
    with path.open("wb") as out:
        fastavro.writer(out, fastavro.parse_schema(PLAIN), [order(n) for n in range(count)], codec, sync_interval=2000)
    return path


def read(kind: str, data: bytes, size: int = 0, key: str = "", time: str = ""):
    findings = Findings(key, time)
    made = FORMATS[kind].make(Ground(Fields(key, time, "", lambda: AT, findings), findings))
    events = []
    for at in range(0, len(data), size or len(data) or 1):
        events += made.feed(data[at : at + (size or len(data))])
    return events + made.finish(), findings


@pytest.mark.parametrize("codec", ["null", "deflate", "bzip2"])
def test_what_apache_writes_is_played(codec, tmp_path):
    data = by_apache(tmp_path / "a.avro", codec).read_bytes()
    for size in (0, 1, 777):
        events, findings = read("avro", data, size, key="id")
        assert [json.loads(each.value)["id"] for each in events] == list(range(500))
        assert (events[7].key, events[7].line, findings.problems()) == (b"7", 8, [])


@pytest.mark.parametrize("codec", ["null", "deflate", "snappy", "bzip2", "xz"])
def test_every_codec_of_the_specification(codec, tmp_path):
    source = tmp_path / "a.avro"
    rows = [{"n": number, "text": "x" * 40} for number in range(2000)]
    schema = fastavro.parse_schema({"type": "record", "name": "R", "fields": [
        {"name": "n", "type": "long"}, {"name": "text", "type": "string"}]})
    with source.open("wb") as out:
        fastavro.writer(out, schema, rows, codec)
    events, findings = read("avro", source.read_bytes(), 5000)
    assert [json.loads(each.value) for each in events] == rows and not findings.problems()


def test_zstandard_is_unpacked_into_no_more_than_the_bound():
    for size in (0, 10, 100_000, 5_000_000):
        assert unpacked("zstandard", bytes(cramjam.zstd.compress(b"ab" * size)), 1 << 24) == b"ab" * size
    for codec, pack in (("zstandard", cramjam.zstd.compress), ("bzip2", cramjam.bzip2.compress)):
        with pytest.raises(ValueError, match=r"."):
            unpacked(codec, bytes(pack(bytes(1 << 25))), 1 << 24)


def test_values_are_the_form_that_the_files_schema_drives(tmp_path):
    out = BytesIO()
    from datetime import UTC, datetime
    from decimal import Decimal

    rows = [{**order(n), "price": Decimal(n).scaleb(-2), "at": datetime.fromtimestamp((AT + n) / 1000, UTC)}
            for n in range(9)]
    fastavro.writer(out, fastavro.parse_schema(SCHEMA), rows)
    events, _ = read("avro", out.getvalue(), key="note", time="at")
    assert [json.loads(each.value) for each in events] == [form(n) for n in range(9)]
    assert (events[2].key, events[2].time_ms, events[3].key) == (b"n2", AT + 2, None)


def test_it_is_found_by_what_it_holds_and_plays_in_a_flow(tmp_path):
    source = by_fastavro(tmp_path / "events.bin", "deflate", 50)
    settings = read_settings("file", {"path": str(source), "key": "id", "pace": "flat_out"}, FileSettings)
    playing = FileSource(settings, lambda: AT)
    found = []
    while not playing.done:
        found += playing.take(0.0, 1000)
    playing.close()
    assert [record.key for record in found] == [str(n).encode() for n in range(50)] and not playing.trouble


@pytest.mark.parametrize(("damage", "told"), [
    (lambda data: data[:-3], "ends within a block"), (lambda data: b"Obj\x02" + data[4:], "it is no Avro file"),
    (lambda data: data[:-1] + bytes([data[-1] ^ 1]), "does not end with the file's mark"),
    (lambda data: data.replace(b"deflate", b"deflatf"), "codec 'deflatf' is not known"),
    (lambda data: data.replace(b'"long"', b'"lung"'), "there is no type 'lung'"),
    (lambda data: b"Obj\x01" + b"\xff" * 30, "a number has no end"),
    (lambda data: b"Obj\x01\x02\x02a" + b"\xfe\xff\xff\xff\xff\x7f", "says that it has"),
])
def test_a_file_that_lies_ends_in_a_sentence(damage, told, tmp_path):
    data = by_apache(tmp_path / "a.avro", "deflate").read_bytes()
    _, findings = read("avro", damage(data))
    assert told in findings.problems()[0] and "nothing more is taken" in findings.problems()[0]


def test_a_block_that_unpacks_to_very_much_or_says_so_is_refused():
    head = b'Obj\x01\x04\x14avro.codec\x0edeflate\x16avro.schema\x0e"bytes"\0' + b"s" * 16
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = packer.compress(bytes(200 << 20)) + packer.flush()
    for body, told in ((bomb, "more than 64 MB"), (b"\x03\0", "says that it has")):
        size = bytes(_zigzag(len(body)))
        _, findings = read("avro", head + b"\xfe\xff\xff\x0f" + size + body + b"s" * 16)
        assert told in findings.problems()[0]


def _zigzag(number: int):
    number <<= 1
    while number > 127:
        yield number & 127 | 128
        number >>= 7
    yield number


def test_protobuf_messages_behind_their_lengths():
    messages = [numbered.write({"1": number, "2": {"1": f"C-{number}"}}) for number in range(300)]
    data = b"".join(numbered.varint(len(each)) + each for each in messages)
    for size in (0, 1, 100):
        events, findings = read("protobuf", data, size, key="2.1")
        assert [each.value for each in events] == messages and not findings.problems()
        assert events[5].key == b"C-5"
    for lie, told in ((data[:-1], "ends within a message"), (b"\xff" * 9, "a length has no end"),
                      (b"\xff\xff\xff\xff\x07", "says that it has")):
        _, findings = read("protobuf", lie)
        assert told in findings.problems()[0]


def test_times_are_read_from_forms():
    assert EventTimes("", lambda: 0).read("2026-11-30T12:00:00.123000+00:00") % 1000 == 123
