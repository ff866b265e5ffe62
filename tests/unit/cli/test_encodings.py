"""Encodings on the command line: topics choose theirs, ``produce`` writes, ``consume`` reads, exports give all back."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import cbor2
import fastavro
import msgspec
import pytest

from workbench.broker import Broker, BrokerReader
from workbench.cli import main as cli
from workbench.core.records import Record
from workbench.core.schemas import Schema
from workbench.session.schemas import Draft, Registry

EVENT = {"id": 7, "order": {"total": 12.5}, "raw": {"base64": "AP8="}}
MEANT = {"id": 7, "order": {"total": 12.5}, "raw": b"\x00\xff"}


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "a.flow"
    with Broker.create(made) as broker:
        broker.create_topic("t")
    return made


def run(capsysbinary, *argv: object, code: int = 0) -> tuple[list[str], str]:
    assert cli.main([str(word) for word in argv]) == code
    out = capsysbinary.readouterr()
    return out.out.decode().splitlines(), out.err.decode()


def stored(path: Path, topic: str = "t") -> list[bytes | None]:
    with BrokerReader(path) as reader:
        return [record.value for record in reader.read(topic, 0, 0, 99)]


def append(path: Path, *records: Record, topic: str = "t") -> None:
    with Broker.open(path) as broker:
        broker.append(topic, 0, records).result()


def written(tmp_path: Path, *lines: str) -> Path:
    source = tmp_path / "in.jsonl"
    source.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return source


@pytest.mark.parametrize(("encode", "read"), [("msgpack", msgspec.msgpack.decode), ("cbor", cbor2.loads)])
def test_events_are_written_and_read_in_an_encoding(encode, read, path, tmp_path, capsysbinary):
    run(capsysbinary, "produce", path, "t", written(tmp_path, json.dumps(EVENT)), "--key", "id", "--encode", encode)
    (value,) = stored(path)
    assert read(value) == MEANT
    for decode in ("auto", encode):
        (line,), _ = run(capsysbinary, "consume", path, "t", "--decode", decode)
        assert json.loads(line)["value"] == EVENT and json.loads(line)["key"] == "7"
    (line,), _ = run(capsysbinary, "consume", path, "t", "--decode", "none")
    assert set(json.loads(line)["value"]) == {"base64"}
    (line,), _ = run(capsysbinary, "consume", path, "t", "--decode", encode, "--format", "value")
    assert json.loads(line) == EVENT
    (line,), _ = run(capsysbinary, "consume", path, "t", "--group", "g", "--decode", encode)
    assert json.loads(line)["value"] == EVENT


def test_a_topic_says_what_it_is_written_in(path, tmp_path, capsysbinary):
    settings = ("--config", "value.encoding=msgpack", "--config", "key.encoding=json")
    run(capsysbinary, "topics", path, "alter", "t", *settings)
    out, _ = run(capsysbinary, "topics", path, "describe", "t", "--json")
    assert json.loads("".join(out))["config"] == {"value.encoding": "msgpack", "key.encoding": "json"}
    run(capsysbinary, "produce", path, "t", written(tmp_path, json.dumps(EVENT)), "--key", "id")
    assert msgspec.msgpack.decode(stored(path)[0] or b"") == MEANT
    (line,), _ = run(capsysbinary, "consume", path, "t")
    assert (json.loads(line)["key"], json.loads(line)["value"]) == (7, EVENT)
    _, said = run(capsysbinary, "topics", path, "alter", "t", "--config", "value.encoding=morse", code=1)
    choices = "auto, json, text, bytes, msgpack, cbor, avro, protobuf"
    assert f"value.encoding can't be 'morse'. Use one of: {choices}." in said


def test_what_does_not_fit_is_said_and_kept(path, capsysbinary):
    append(path, Record(b"k", b"\xc1"), Record(b"k", b"plain"))
    out, said = run(capsysbinary, "consume", path, "t", "--decode", "json", "--format", "value")
    assert out == ['{"base64":"wQ=="}', '{"base64":"cGxhaW4="}']
    assert said.count("It is no JSON: ") == 2
    out, _ = run(capsysbinary, "consume", path, "t", "--decode", "json")
    assert [json.loads(line)["value"] for line in out] == [{"base64": "wQ=="}, "plain"]


def test_what_cannot_be_encoded_is_refused_before_it_is_stored(path, tmp_path, capsysbinary):
    source = written(tmp_path, '{"id":1}', "no json")
    options = ("--format", "lines", "--encode", "msgpack")
    _, said = run(capsysbinary, "produce", path, "t", source, *options, "--strict", code=1)
    assert "«no json» is no JSON, so it can't be written as msgpack" in said and stored(path) == []
    run(capsysbinary, "produce", path, "t", written(tmp_path, "AP8="), "--format", "lines", "--encode", "base64")
    assert stored(path) == [b"\x00\xff"]


AVRO = """{"type": "record", "name": "Order", "fields": [{"name": "id", "type": "long"},
    {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 10, "scale": 2}},
    {"name": "pays", "type": ["null", "int", "long"], "default": null}]}"""
PROTO = 'syntax = "proto3"; message Other { string x = 1; } message Order { int64 id = 1; string note = 2; }'
JSON = '{"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"]}'


def register(path: Path, subject: str, kind: str, text: str) -> int:
    with Broker.open(path) as broker:
        return Registry(broker.schemas).register(subject, Draft(Schema(kind, text))).id


@pytest.mark.parametrize(("kind", "text", "event", "read", "bytes_"), [
    ("AVRO", AVRO, '{"id":7,"price":"12.50"}', {"id": 7, "price": "12.50", "pays": None}, b"\x0e\x04\x04\xe2\x00"),
    ("AVRO", AVRO, '{"id":7,"price":12.50,"pays":{"long":1}}', {"id": 7, "price": "12.50", "pays": {"long": 1}},
     b"\x0e\x04\x04\xe2\x04\x02"),
    ("JSON", JSON, '{"id":7}', {"id": 7}, b'{"id":7}'),
    ("PROTOBUF", 'syntax = "proto3"; message Order { int64 id = 1; }', '{"id":7}', {"id": 7}, b"\x00\x08\x07"),
])
def test_events_are_written_by_the_schema_of_a_subject(kind, text, event, read, bytes_, path, tmp_path, capsysbinary):
    number = register(path, "orders", kind, text)
    run(capsysbinary, "produce", path, "t", written(tmp_path, event), "--key", "id", "--value-schema", "orders")
    (value,) = stored(path)
    assert value == b"\x00" + number.to_bytes(4, "big") + bytes_
    for options in ((), ("--decode", {"JSON": "json"}.get(kind, kind.lower()))):
        (line,), _ = run(capsysbinary, "consume", path, "t", *options)
        found = json.loads(line)
        assert (found["value"], found["schema"]) == (read, {"id": number, "subject": "orders", "type": kind})
    (line,), _ = run(capsysbinary, "consume", path, "t", "--group", "g")
    assert json.loads(line)["value"] == read


def test_a_topic_says_which_schema_it_is_written_by(path, tmp_path, capsysbinary):
    register(path, "t-value", "PROTOBUF", PROTO)
    register(path, "names", "AVRO", '"string"')
    settings = ("value.encoding=protobuf", "value.schema=t-value#Order", "key.encoding=avro", "key.schema=names")
    run(capsysbinary, "topics", path, "alter", "t", *(word for each in settings for word in ("--config", each)))
    run(capsysbinary, "produce", path, "t", written(tmp_path, '{"id":7,"note":"x"}'), "--key", "id")
    (value,) = stored(path)
    assert value == b"\x00\x00\x00\x00\x01\x02\x02\x08\x07\x12\x01x"
    (line,), _ = run(capsysbinary, "consume", path, "t")
    assert (json.loads(line)["key"], json.loads(line)["value"]) == ("7", {"id": 7, "note": "x"})
    (line,), _ = run(capsysbinary, "export", path, "-", "--topic", "t", "--filter", 'value.note == "x" && key == "7"')
    assert json.loads(line)["value"]["id"] == 7


@pytest.mark.parametrize(("options", "told"), [
    (("--encode", "avro"), "There is no schema of the subject 't-value'. Register one: workbench schemas FILE"),
    (("--value-schema", "nope"), "There is no schema of the subject 'nope'."),
    (("--value-schema", "orders"),
     "does not fit Order (orders version 1): price: expected a decimal(10,2), got '1.234'."),
    (("--value-schema", "orders", "--encode", "protobuf"), "is of type AVRO, and it is written as Protobuf here."),
    (("--value-schema", "orders#Order"), "has no messages: it is AVRO."),
])
def test_what_does_not_fit_a_schema_is_refused(options, told, path, tmp_path, capsysbinary):
    register(path, "orders", "AVRO", AVRO)
    source = written(tmp_path, '{"id":7,"price":"1.234"}')
    _, said = run(capsysbinary, "produce", path, "t", source, *options, code=1)
    assert told in said and stored(path) == []


def test_files_that_are_no_text_are_played_into_a_schema(path, tmp_path, capsysbinary):
    """An Avro file through the form of its values, Protobuf messages as they stand, behind the schema's id."""
    register(path, "orders", "AVRO", AVRO)
    register(path, "protos", "PROTOBUF", 'syntax = "proto3"; message Order { int64 id = 1; }')
    source = tmp_path / "in.avro"
    with source.open("wb") as out:
        fastavro.writer(out, json.loads(AVRO), [{"id": 7, "price": Decimal("12.50"), "pays": ("long", 1)}])
    run(capsysbinary, "produce", path, "t", source, "--key", "id", "--value-schema", "orders")
    messages = tmp_path / "in.bin"
    messages.write_bytes(b"\x02\x08\x07\x03\x08\x96\x01")
    run(capsysbinary, "produce", path, "t", messages, "--format", "protobuf", "--key", "1", "--value-schema", "protos")
    assert stored(path) == [b"\0\0\0\0\x01\x0e\x04\x04\xe2\x04\x02", b"\0\0\0\0\x02\0\x08\x07",
                            b"\0\0\0\0\x02\0\x08\x96\x01"]
    messages.write_bytes(b"\x02\x09\x07")
    options = ("--format", "protobuf", "--value-schema", "protos")
    _, said = run(capsysbinary, "produce", path, "t", messages, *options, code=1)
    assert "A message does not fit Order (protos version 1)" in said and len(stored(path)) == 3


def test_encodings_are_compared_by_the_events_of_a_topic(path, tmp_path, capsysbinary):
    register(path, "orders", "AVRO", AVRO)
    events = [f'{{"id":{number},"price":"12.50"}}' for number in range(50)]
    run(capsysbinary, "produce", path, "t", written(tmp_path, *events), "--value-schema", "orders")
    out, _ = run(capsysbinary, "encodings", path, "t", "--json")
    found = json.loads("".join(out))
    assert found["events"] == 50
    told = {each["encoding"]: each for each in found["encodings"]}
    assert list(told) == ["json", "avro", "protobuf", "msgpack", "cbor"]
    assert told["avro"]["bytes"] == sum(len(value or b"") - 5 for value in stored(path)), "by the topic's own schema"
    out, _ = run(capsysbinary, "encodings", path, "t")
    assert out[0].split()[0] == "ENCODING" and out[1].split()[0] == "json"
    _, said = run(capsysbinary, "encodings", path, "nope", code=1)
    assert "There is no topic nope" in said


def test_protobuf_without_a_schema_has_numbers(path, capsysbinary):
    append(path, Record(b"k", b"\x08\x96\x01\x12\x04text"))
    (line,), _ = run(capsysbinary, "consume", path, "t", "--decode", "protobuf")
    assert json.loads(line)["value"] == {"1": 150, "2": "text"}
    (line,), _ = run(capsysbinary, "consume", path, "t", "--decode", "avro")
    assert set(json.loads(line)["value"]) == {"base64"} and "schema" not in json.loads(line)


@pytest.mark.parametrize("form", ["jsonl", "csv"])
@pytest.mark.parametrize("config", [
    {}, {"value.encoding": "cbor", "key.encoding": "msgpack"}, {"value.encoding": "text", "key.encoding": "json"},
    {"value.encoding": "bytes"},
])
def test_an_export_comes_back_exactly(form, config, path, tmp_path, capsysbinary):
    """Also of values whose encoding can say one thing in several ways."""
    long_seven = b"\xcf" + bytes(7) + b"\x07"  # MessagePack: 7 in nine bytes
    register(path, "orders", "AVRO", AVRO)
    values = (
        b"\x00\x00\x00\x00\x01\x0e\x04\x04\xe2\x00", b"\x00\x00\x00\x00\x01\x8e\x80\x00\x02\x00\x00",
        b"\x81\xa2id" + long_seven, cbor2.dumps(MEANT), b"\xa1\x07\x18\x07", b"{}", b'{\n"a": 1}', b"\xff", b"", None,
        b"17", b"null", b"\x93\x01\x02\x03", b'{"n":123456789012345678901234567890}',
    )
    records = [Record(key, value, (("h", value),)) for value in values for key in (None, value)]
    with Broker.open(path) as broker:
        broker.create_topic("e", config=config)
        broker.append("e", 0, records).result()
    out = tmp_path / f"out.{form}"
    run(capsysbinary, "export", path, out, "--topic", "e", "--what", "all")
    again = tmp_path / "b.flow"
    run(capsysbinary, "new", again)
    run(capsysbinary, "import", again, out)
    with BrokerReader(again) as reader:
        back = [(r.key, r.value, r.headers) for r in reader.read("e", 0, 0, 99)]
        assert next(t.config for t in reader.topics() if t.name == "e") == config
    assert back == [(r.key, r.value, r.headers) for r in records]


def test_a_queue_shows_its_messages_decoded(path, capsysbinary):
    run(capsysbinary, "topics", path, "create", "jobs", "--queue", "--config", "value.encoding=cbor")
    append(path, Record(cbor2.dumps({"id": 7}), cbor2.dumps(MEANT)), topic="jobs")
    out, _ = run(capsysbinary, "queues", path, "peek", "jobs", "--json")
    record = json.loads("".join(out))["messages"][0]["record"]
    assert (record["key"], record["value"]) == ({"id": 7}, EVENT)
    out, _ = run(capsysbinary, "queues", path, "peek", "jobs")
    assert '{"id":7}' in out[1] and '"order":{"total":12.5}' in out[1]
