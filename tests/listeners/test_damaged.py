"""Batches whose records can't be read: refused when they are produced, passed over in files that hold them already.

files/unchecked.flow.gz was written by the workbench of before: topic ``old`` holds three events, a batch that is no
gzip (offsets 3 and 4), one whose third record lies about its length (5 to 7), one that is no zstd (8), and three more
events; group ``reader`` stands at 1.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import confluent_kafka as ck
import pytest
from hypothesis import given
from hypothesis import strategies as st
from listeners.serving import ROOT, Served
from listeners.wire import Wire, produce_fields

from workbench.broker import Broker, BrokerReader, batch_header, decode_batch, encode_batch
from workbench.broker.batch import HEADER_BYTES, _assemble
from workbench.broker.batch_arrays import walk_many
from workbench.broker.batch_check import MANY, _walk, check_records
from workbench.broker.compression import CODECS, compress
from workbench.core.errors import Corrupt
from workbench.core.records import DAMAGED, Record, TopicPartition
from workbench.engines.base import ConsumerSettings
from workbench.engines.embedded import EmbeddedEngine
from workbench.listeners.base import ListenerSettings

FILE = Path(__file__).parent / "files" / "unchecked.flow.gz"
BAD = [3, 4, 7, 8]
NOW_MS = 1_796_000_000_000
INVALID_RECORD, CORRUPT_MESSAGE = 87, 2


def zigzag(number: int) -> bytes:
    rest, out = number << 1 ^ number >> 63, bytearray()
    while rest > 0x7F:
        out.append(rest & 0x7F | 0x80)
        rest >>= 7
    return bytes([*out, rest])


def record(index: int, *, length: int | None = None, headers: bytes = b"\0", value: bytes = b"v") -> bytes:
    body = b"\0\0" + zigzag(index) + zigzag(1) + b"k" + zigzag(len(value)) + value + headers
    return zigzag(len(body) if length is None else length) + body


def batch(body: bytes, count: int = 3, codec: str = "none", *, packed: bool = True, **fields: int) -> bytes:
    """A batch of ``body``, whose outside is in order: length, count and checksum are what they say."""
    plain = encode_batch([Record(b"k", b"v")] * count, now_ms=NOW_MS)
    number = CODECS.index(codec)
    header = batch_header(plain)._replace(attributes=number, **fields)
    return _assemble(header, compress(number, body) if packed else body)


THREE = record(0) + record(1) + record(2)
MALFORMED: dict[str, bytes] = {
    **{f"{codec} that is none": batch(b"\xff\xfenothing of the kind", codec=codec, packed=False)
       for codec in CODECS[1:]},
    **{f"{codec} cut off": batch(compress(CODECS.index(codec), THREE * 9)[:-6], codec=codec, packed=False)
       for codec in CODECS[1:]},
    **{f"{codec} with fewer": batch(record(0) + record(1), codec=codec) for codec in CODECS},
    **{f"{codec} with more": batch(THREE + record(3), codec=codec) for codec in CODECS},
    "too long a record": batch(record(0, length=60) + record(1) + record(2)),
    "too short a record": batch(record(0, length=4) + record(1) + record(2)),
    "the last is cut off": batch(THREE[:-1]),
    "a place twice": batch(record(0) * 3, codec="lz4"),
    "less than no headers": batch(record(0, headers=zigzag(-1)) + record(1) + record(2)),
    "a header without a name": batch(record(0, headers=zigzag(1) + zigzag(-1) * 2) + record(1) + record(2)),
    "a header that is cut off": batch(record(0, headers=zigzag(1) + zigzag(99) + b"x") + record(1) + record(2)),
    "a length without end": batch(b"\xff" * 12 + THREE),
    "another count": batch(THREE, last_offset_delta=7),
    "format 1": batch(THREE)[:16] + b"\1" + batch(THREE)[17:],
    "two batches": batch(THREE) * 2,
    "nothing": b"",
    "many, one lies": batch(b"".join(record(i, length=3 if i == 200 else None) for i in range(400)), 400, "zstd"),
    "many, a place twice": batch(b"".join(record(min(i, 398)) for i in range(400)), 400),
    "many, one of less than no bytes": batch(
        b"".join(zigzag(-4) + b"\0\0" if i == 9 else record(i) for i in range(400)), 400),
    "many, an odd length": batch(
        b"".join(bytes([record(i)[0] | (i == 9)]) + record(i)[1:] for i in range(400)), 400),
    "many, the last without end": batch(b"".join(record(i) for i in range(399)) + b"\xff" * 8, 400),
    "many, one is long and the last is cut": batch(
        b"".join(record(i, value=b"v" * 20_000 if i == 5 else b"v") for i in range(400))[:-1], 400),
    "many, a header lies": batch(
        b"".join(record(i, headers=zigzag(1) + zigzag(90) + b"h" if i == 7 else b"\0") for i in range(400)), 400),
}


def produced(served: Served, topic: str, data: bytes) -> Any:
    with Wire(served.address) as wire:
        answer = wire.ask("produce", 9, **produce_fields(topic, data))
    return answer.responses[0].partition_responses[0]


@pytest.mark.parametrize("what", MALFORMED)
def test_a_batch_whose_records_cannot_be_read_is_refused(served: Served, what: str):
    served.broker.create_topic("t", 1)
    answer = produced(served, "t", MALFORMED[what])
    assert (answer.error_code, answer.base_offset) == (INVALID_RECORD, -1)
    assert answer.error_message.endswith(".")
    assert produced(served, "t", batch(THREE, codec="gzip")).base_offset == 0  # the partition goes on
    assert len(decode_batch(served.broker.fetch("t", 0, 0)[0], "t", 0)) == 3


def test_bytes_that_changed_on_the_way_may_be_sent_again(served: Served):
    served.broker.create_topic("t", 1)
    good = batch(THREE)
    assert produced(served, "t", good[:-1] + b"\1").error_code == CORRUPT_MESSAGE


def test_a_producer_is_told_at_once_which_message_cannot_be_read(served: Served):
    """With a real client: what its codec could not have made is refused, what it makes goes through."""
    served.broker.create_topic("t", 1)
    for codec in ("none", "gzip", "snappy", "lz4", "zstd"):
        producer = ck.Producer({"bootstrap.servers": served.address, "compression.type": codec, "linger.ms": 50})
        told: list[Any] = []
        for number in range(1000):
            producer.produce("t", b"%d" % number * 20, b"k", headers={"n": b"1"} if number % 3 else None,
                             on_delivery=lambda error, _, told=told: told.append(error))
        assert producer.flush(20) == 0
        assert told == [None] * 1000


@pytest.mark.parametrize("walk", [_walk, walk_many])
@given(data=st.data())
def test_what_is_let_through_can_be_read(walk: Callable[[bytes, int], int], data: st.DataObject):
    """Whatever bytes are changed: what the check passes every reader reads, by both ways of looking."""
    records = [Record(data.draw(st.none() | st.binary(max_size=9)), data.draw(st.none() | st.binary(max_size=99)),
                      tuple(data.draw(st.lists(st.tuples(st.text(max_size=3), st.none() | st.binary(max_size=3)),
                                               max_size=2)))) for _ in range(data.draw(st.integers(1, 5)))]
    plain = encode_batch(records, now_ms=NOW_MS)
    body = bytearray(plain[HEADER_BYTES:])
    assert walk(bytes(body), len(records)) == len(body)
    for _ in range(data.draw(st.integers(1, 3))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    try:
        passed = walk(bytes(body), len(records)) == len(body)
    except (Corrupt, IndexError, struct.error):
        passed = False
    if passed:
        spoiled = _assemble(batch_header(plain), bytes(body))
        assert [r.offset for r in decode_batch(spoiled, "t", 0)] == list(range(len(records)))


def test_both_ways_of_looking_agree():
    for what, data in MALFORMED.items():
        if data[HEADER_BYTES:] and batch_header(data).codec == 0:
            body, count = data[HEADER_BYTES:], batch_header(data).records
            assert _passes(_walk, body, count) == _passes(walk_many, body, count), what
    long = encode_batch([Record(b"k", b"v" * (20_000 if i == 7 else 5), (), NOW_MS) for i in range(300)], now_ms=0)
    check_records(batch_header(long), long)
    many = encode_batch([Record(None if i % 7 else b"k" * (i % 300), b"v" * i if i % 5 else None,
                                (("h", b"x"), ("", None)) if i % 3 else (), NOW_MS + i * i) for i in range(9000)],
                        now_ms=0)
    check_records(batch_header(many), many)
    assert batch_header(many).records > MANY and _passes(_walk, many[HEADER_BYTES:], 9000)


def _passes(walk: Callable[[bytes, int], int], body: bytes, count: int) -> bool:
    try:
        return walk(body, count) == len(body)
    except (Corrupt, IndexError, struct.error):
        return False


# -- files of before -----------------------------------------------------------------------------------------
@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "old.flow"
    with gzip.open(FILE) as packed, path.open("wb") as out:
        shutil.copyfileobj(packed, out)
    Broker.open(path).close()  # moved on
    return path


def test_the_window_and_the_command_line_read_on_past_what_is_damaged(old: Path):
    with BrokerReader(old) as reader:
        records = reader.read("old", 0, 0, 100)
        assert [record.offset for record in records] == list(range(12))
        assert [record.offset for record in records if record.transaction == DAMAGED] == BAD
        assert records[5].value == records[6].value == b"v" * 20  # before the damage in their batch
        assert not any(record.counts or record.has_content for record in records if record.offset in BAD)
        assert len(reader.stored_batches("old", 0).times(3)) == 2
        assert reader.offset_for_time("old", 0, NOW_MS) == 0


def run(*words: str, code: int = 0) -> str:
    done = subprocess.run([sys.executable, "-m", "workbench", *words], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


def test_consume_and_export_show_it(old: Path, tmp_path: Path):
    lines = [json.loads(line) for line in run("consume", str(old), "old").splitlines()]
    assert [(line["offset"], line.get("transaction", "")) for line in lines] == [
        (offset, DAMAGED if offset in BAD else "") for offset in range(12)
    ]
    assert "passed over old/0 at offset 7" in run("consume", str(old), "old", "--format", "value")
    out = tmp_path / "out.jsonl"
    run("export", str(old), str(out), "--topic", "old")
    written = [json.loads(line) for line in out.read_text().splitlines()]
    assert [line["offset"] for line in written if line.get("transaction") == DAMAGED] == BAD
    told = run("consume", str(old), "old", "--group", "new")
    members = [json.loads(line) for line in told.splitlines() if line.startswith("{")]
    assert "passed over old/0 at offset 7" in told
    assert [line["offset"] for line in members] == [offset for offset in range(12) if offset not in BAD]


@pytest.mark.parametrize("isolation", ["read_uncommitted", "read_committed"])
def test_clients_read_on_past_it(old: Path, isolation: str):
    with Broker.open(old) as broker:
        served = Served(broker, ListenerSettings())
        try:
            consumer = ck.Consumer({"bootstrap.servers": served.address, "group.id": "c", "isolation.level": isolation,
                                    "auto.offset.reset": "earliest"})
            consumer.assign([ck.TopicPartition("old", 0, 0)])
            found = _consumed(consumer, 8)
            consumer.close()
            assert found == [offset for offset in range(12) if offset not in BAD]
        finally:
            served.close()


def _consumed(consumer: ck.Consumer, count: int) -> list[int]:
    found: list[int] = []
    for _ in range(100):
        found += [message.offset() for message in consumer.consume(100, 0.2) if not message.error()]
        if len(found) >= count:
            break
    return found


def test_drawn_groups_read_on_past_it(old: Path, caplog: pytest.LogCaptureFixture):

    async def read() -> list[int]:
        engine = EmbeddedEngine(broker)
        consumer = await engine.consumer(ConsumerSettings("drawn", ("old",), "drawn", start="earliest"))
        found: list[int] = []
        while len(found) < 8:
            async with asyncio.timeout(20):
                found += [record.offset for record in await consumer.poll(100, 1.0)]
        await consumer.close()
        return found

    with Broker.open(old) as broker, caplog.at_level(logging.WARNING):
        assert asyncio.run(read()) == [offset for offset in range(12) if offset not in BAD]
    assert "passes over" in caplog.text
    caplog.clear()


def test_a_file_of_before_keeps_its_groups(old: Path):
    with Broker.open(old) as broker:
        done = broker.committed("reader")[TopicPartition("old", 0)]
        assert (done.offset, done.metadata, done.leader_epoch) == (1, "noted", -1)
