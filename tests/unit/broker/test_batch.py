"""RecordBatch v2: what goes in comes out, what lies is refused, nothing else changes."""

from __future__ import annotations

import random
import struct

import google_crc32c
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.broker.batch import (
    BatchHeader,
    batch_header,
    batch_keys,
    check_batch,
    decode_batch,
    encode_batch,
    place_batch,
    recompress_batch,
    record_at,
    split_batches,
    stamp_batch,
)
from workbench.broker.compression import CODECS, compress, decompress
from workbench.core.errors import Corrupt, Invalid
from workbench.core.records import Record, StoredRecord

NOW = 1_700_000_000_000
TIMES = st.one_of(st.none(), st.integers(0, 2**62))
RECORDS = st.lists(
    st.builds(
        Record,
        key=st.none() | st.binary(max_size=200),
        value=st.none() | st.binary(max_size=400),
        headers=st.lists(st.tuples(st.text(max_size=12), st.none() | st.binary(max_size=80)), max_size=4).map(tuple),
        timestamp_ms=TIMES,
    ),
    min_size=1,
    max_size=90,
)


def stored(records: list[Record], base: int = 0) -> list[StoredRecord]:
    return [
        StoredRecord("t", 3, base + at, NOW if r.timestamp_ms is None else r.timestamp_ms, r.key, r.value, r.headers)
        for at, r in enumerate(records)
    ]


def make(count: int = 5, **options: object) -> bytes:
    return encode_batch([Record(b"k%d" % at, b"v" * at, (), NOW + at) for at in range(count)], now_ms=NOW, **options)


@settings(max_examples=60, deadline=None)
@given(records=RECORDS, codec=st.sampled_from(CODECS), base=st.integers(0, 2**40))
def test_what_goes_in_comes_out(records: list[Record], codec: str, base: int):
    data = encode_batch(records, base_offset=base, compression=codec, now_ms=NOW)
    header = check_batch(data)
    assert decode_batch(data, "t", 3) == stored(records, base)
    assert batch_keys(data) == [record.key for record in records]
    assert (header.records, header.last_offset) == (len(records), base + len(records) - 1)
    assert header.max_timestamp == max(record.timestamp_ms for record in stored(records))


@settings(max_examples=40, deadline=None)
@given(records=RECORDS, codec=st.sampled_from(CODECS), data=st.data())
def test_any_part_can_be_read_alone(records: list[Record], codec: str, data: st.DataObject):
    batch = encode_batch(records, base_offset=70, compression=codec, now_ms=NOW)
    first = data.draw(st.integers(0, len(records) - 1))
    limit = data.draw(st.integers(0, len(records)))
    whole = stored(records, 70)
    assert decode_batch(batch, "t", 3, first=first, limit=limit) == whole[first : first + limit]
    assert record_at(batch, "t", 3, 70 + first) == whole[first]
    assert batch_keys(batch, limit) == [record.key for record in records[:limit]]


@settings(max_examples=120, deadline=None)
@given(records=RECORDS, data=st.data())
def test_a_flipped_bit_is_noticed_by_the_checksum_or_lies_outside_it(records: list[Record], data: st.DataObject):
    batch = bytearray(encode_batch(records, now_ms=NOW))
    at = data.draw(st.integers(0, len(batch) * 8 - 1))
    batch[at // 8] ^= 1 << at % 8
    if at // 8 < 8 or 12 <= at // 8 < 16:
        check_batch(bytes(batch))
    else:
        with pytest.raises(Corrupt):
            check_batch(bytes(batch))


@settings(max_examples=120, deadline=None)
@given(rubbish=st.binary(max_size=120), count=st.integers(1, 2**31 - 1), codec=st.integers(0, 7))
def test_rubbish_behind_an_honest_checksum_is_corrupt_or_a_record_never_a_crash(rubbish: bytes, count: int, codec: int):
    after = struct.pack(">hiqqqhii", codec, count - 1, NOW, NOW, -1, -1, -1, count) + rubbish
    data = struct.pack(">qiibI", 0, len(after) + 9, 0, 2, google_crc32c.value(after)) + after
    for read in (check_batch, lambda batch: decode_batch(batch, "t", 0), batch_keys):
        try:
            read(data)
        except Corrupt as error:
            assert error.message.endswith((".", "exist."))


def test_null_and_empty_stay_two_things():
    records = [Record(None, None), Record(b"", b""), Record(b"k", None, (("n", None), ("e", b""), ("n", b"2")))]
    assert decode_batch(encode_batch(records, now_ms=NOW), "t", 3) == stored(records)


def test_an_empty_batch_is_refused():
    with pytest.raises(Invalid, match="at least one record"):
        encode_batch([], now_ms=NOW)


def test_the_layout_is_the_one_drawn():
    data = encode_batch([Record(b"k", b"v", (), NOW + 7)], base_offset=9, producer=(11, 2, 33), now_ms=NOW)
    assert struct.unpack_from(">qiib", data) == (9, len(data) - 12, 0, 2)
    assert struct.unpack_from(">I", data, 17)[0] == google_crc32c.value(data[21:])
    assert struct.unpack_from(">hiqqqhii", data, 21) == (0, 0, NOW + 7, NOW + 7, 11, 2, 33, 1)
    assert data[61:] == bytes([16, 0, 0, 0, 2]) + b"k" + bytes([2]) + b"v" + bytes([0])


# -- trap 4: base offset and leader epoch lie outside the checksum -------------------------------------------
def test_placing_touches_only_offset_and_epoch():
    data = make()
    moved = place_batch(data, 12345)
    assert check_batch(moved).base_offset == 12345
    assert moved[16:] == data[16:] and moved[8:12] == data[8:12] and moved[12:16] == bytes(4)


# -- trap 5: exactly one whole batch, format 2, length, checksum, count --------------------------------------
@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda d: d[:60], "cut off"),
        (lambda d: b"", "cut off"),
        (lambda d: d[:16] + b"\1" + d[17:], "format 1"),
        (lambda d: d + b"\0", "says 1"),
        (lambda d: d[:-1], "says 1"),
        (lambda d: d + d, "says 1"),
        (lambda d: d[:57] + struct.pack(">i", 4) + d[61:], "4 records and a last offset delta of 4"),
        (lambda d: d[:23] + struct.pack(">i", -1) + d[27:57] + struct.pack(">i", 0) + d[61:], "0 records"),
        (lambda d: d[:-1] + b"\xff", "checksum"),
        (lambda d: d[:17] + bytes(4) + d[21:], "checksum"),
        (lambda d: d[:21] + b"\0\7" + d[23:], "compression 7"),
        (lambda d: d[:23] + struct.pack(">i", 999) + d[27:57] + struct.pack(">i", 1000) + d[61:], "can hold"),
    ],
)
def test_a_batch_that_lies_is_refused(spoil, says: str):
    with pytest.raises(Corrupt, match=says):
        check_batch(spoil(make()))


def test_batches_one_after_the_other_are_taken_apart_and_a_cut_off_one_is_left_out():
    one, two = make(2), make(3)
    assert split_batches(one + two + make(4)[:-1]) == [one, two]
    assert split_batches(b"") == []
    with pytest.raises(Corrupt, match="less than its header"):
        split_batches(one[:8] + struct.pack(">i", 3) + one[12:])


def test_log_append_time_gives_every_record_the_brokers_time():
    data = make(3, compression="gzip")
    stamped = stamp_batch(data, batch_header(data), NOW + 99)
    assert check_batch(stamped).log_append_time
    assert [record.timestamp_ms for record in decode_batch(stamped, "t", 0)] == [NOW + 99] * 3
    assert decompress(1, stamped[61:]) == decompress(1, data[61:])


@pytest.mark.parametrize("codec", CODECS)
def test_recompressing_keeps_the_records(codec: str):
    data = make(50, compression="lz4", producer=(7, 1, 0))
    changed = recompress_batch(data, codec)
    assert check_batch(changed).compression == codec
    assert decode_batch(changed, "t", 0) == decode_batch(data, "t", 0)
    assert check_batch(changed)[9:] == check_batch(data)[9:]


def test_both_framings_of_snappy_are_read():
    import cramjam

    plain = make(40)
    blocks = [plain[61:][at : at + 512] for at in range(0, len(plain) - 61, 512)]
    packed = [bytes(cramjam.snappy.compress_raw(block)) for block in blocks]
    xerial = b"\x82SNAPPY\0" + struct.pack(">ii", 1, 1) + b"".join(struct.pack(">i", len(p)) + p for p in packed)
    assert decompress(2, xerial) == plain[61:]
    assert decompress(2, bytes(cramjam.snappy.compress_raw(plain[61:]))) == plain[61:]
    with pytest.raises(Corrupt, match="cut off"):
        decompress(2, xerial[:-3])


@pytest.mark.parametrize("codec", [1, 2, 3, 4])
def test_bytes_that_do_not_unpack_are_corrupt(codec: int):
    for data in (b"", b"rubbish", bytes(100), b"\x82SNAPPY\0" + bytes(8) + struct.pack(">i", 99)):
        with pytest.raises(Corrupt, match=r"does not unpack|unpacks to more"):
            decompress(codec, data)


@pytest.mark.parametrize("codec", CODECS[1:])
def test_a_few_bytes_can_not_take_the_memory(codec: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("workbench.broker.compression.MAX_UNPACKED_BYTES", 1 << 20)
    data = encode_batch([Record(None, bytes(2 << 20))], compression=codec, now_ms=NOW)
    with pytest.raises(Corrupt):
        decode_batch(data, "t", 0)


def test_transactional_and_control_bits_can_be_read():
    header = BatchHeader._make((0, 0, 0, 2, 0, 0b110000, 0, 0, 0, 1, 0, 0, 1))
    assert header.transactional and header.control and not header.log_append_time
    assert header.compression == "none"


@pytest.mark.parametrize("stamp", [2**63, 2**70, -(2**63), 2**62 + 1])
def test_times_out_of_range_are_a_sentence(stamp: int):
    with pytest.raises(Invalid, match="out of range"):
        encode_batch([Record(b"k", timestamp_ms=5), Record(b"k", timestamp_ms=stamp)], now_ms=NOW)


def test_a_header_name_that_is_no_text_is_a_sentence():
    with pytest.raises(Invalid, match="not proper text"):
        encode_batch([Record(b"k", headers=(("\ud800", b""),))], now_ms=NOW)


def test_lz4_is_written_as_every_client_reads_it():
    """Java's client refuses a frame whose blocks depend on each other (bit 5 of its flags), or whose checksum is
    wrong; Apache Kafka 4.1 took frames that begin with these bytes."""
    for size in (0, 1, 65_536, 65_537, 200_000):
        plain = b"".join(b"%d," % n for n in range(size))[:size]
        packed = compress(CODECS.index("lz4"), plain)
        assert packed[:7].hex() == "04224d18604082"
        assert decompress(CODECS.index("lz4"), packed) == plain
    noise = random.Random(1).randbytes(70_000)
    assert decompress(CODECS.index("lz4"), compress(CODECS.index("lz4"), noise)) == noise
