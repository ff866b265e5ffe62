"""RecordBatch v2, Kafka's unit of storage: built, checked, changed in place and read. Pure functions, any thread.

    0   baseOffset            i64   rewritten at append, outside the CRC
    8   batchLength           i32   bytes from 12 to the end
    12  partitionLeaderEpoch  i32   rewritten at append, outside the CRC
    16  magic                 i8    2
    17  crc                   u32   CRC-32C of byte 21 to the end
    21  attributes            i16   bits 0-2 codec, 3 log append time, 4 transactional, 5 control
    23  lastOffsetDelta       i32   records - 1 as long as nothing was compacted
    27  baseTimestamp         i64   of the first record
    35  maxTimestamp          i64   of all records (with bit 3: the time of every record)
    43  producerId            i64   -1: not idempotent
    51  producerEpoch         i16
    53  baseSequence          i32
    57  records               i32
    61  the records, together compressed by the codec; each, all numbers zigzag varints:
        length | attributes i8 | timestamp delta | offset delta | key length, key | value length, value
        | headers | ( name length, name | value length, value )*          a length of -1 is null

Invariant: a batch that ``check_batch`` passed is exactly one batch, of the length, count and CRC it claims. What is
inside is ``batch_check``'s; records that are rubbish all the same (files of before may hold such) every reader here
answers with ``Corrupt``, never with a wrong record.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from struct import Struct
from typing import NamedTuple

import google_crc32c

from workbench.broker.compression import CODECS, codec_number, compress, decompress
from workbench.core.errors import Corrupt, Invalid
from workbench.core.records import ABORT, COMMIT, Headers, Record, StoredRecord

HEADER_BYTES = 61
NO_PRODUCER = (-1, -1, -1)
CREATE_TIME, LOG_APPEND_TIME = 0, 1

_HEADER = Struct(">qiibIhiqqqhii")
_AFTER_CRC = Struct(">hiqqqhii")
_LENGTH = Struct(">i")
_PLACE = Struct(">q")
_STAMP = Struct(">hiqq")
RECORD_START = Struct("7B")  # as many bytes as the least record has
_CONTROL_KEY, _CONTROL_VALUE = Struct(">hh"), Struct(">hi")  # version, type; version, coordinator epoch
_TRANSACTIONAL, _CONTROL = 16, 32
UNPLAIN = _TRANSACTIONAL | _CONTROL
"""Attributes of batches that do not simply count."""
_LENGTH_AT, _EPOCH_AT, _MAGIC_AT, _CRC_AT, _CRC_FROM = 8, 12, 16, 17, 21
_EPOCH_ZERO = bytes(4)
LEAST_RECORD_BYTES = 7
_LATEST_MS = 1 << 62
_CUT_OFF = "A record is cut off."
_WRONG_LENGTH = "A record is not as long as it says."


class WrongChecksum(Corrupt):
    """The bytes of a batch are not those that were sent: to send it again may help."""


class BatchHeader(NamedTuple):
    """The 61 bytes before the records."""

    base_offset: int
    length: int
    leader_epoch: int
    magic: int
    crc: int
    attributes: int
    last_offset_delta: int
    base_timestamp: int
    max_timestamp: int
    producer_id: int
    producer_epoch: int
    base_sequence: int
    records: int

    @property
    def last_offset(self) -> int:
        return self.base_offset + self.last_offset_delta

    @property
    def codec(self) -> int:
        return self.attributes & 7

    @property
    def compression(self) -> str:
        return CODECS[self.codec] if self.codec < len(CODECS) else f"unknown ({self.codec})"

    @property
    def log_append_time(self) -> bool:
        return bool(self.attributes & 8)

    @property
    def transactional(self) -> bool:
        return bool(self.attributes & _TRANSACTIONAL)

    @property
    def control(self) -> bool:
        return bool(self.attributes & _CONTROL)


# -- looking at a batch --------------------------------------------------------------------------------------
def batch_header(data: bytes) -> BatchHeader:
    """The header alone, nothing checked but that it is there."""
    if len(data) < HEADER_BYTES:
        raise Corrupt("The batch is cut off: {count} bytes are no batch header.", count=len(data))
    return BatchHeader._make(_HEADER.unpack_from(data))


def check_batch(data: bytes) -> BatchHeader:
    """The header of exactly one whole batch; ``Corrupt`` names what does not agree."""
    header = batch_header(data)
    if header.magic != 2:
        raise Corrupt("The batch has format {magic}; only format 2 is taken.", "Use a newer client.",
                      magic=header.magic)
    if header.length + _EPOCH_AT != len(data):
        raise Corrupt("The batch says {length} bytes and has {count}.", length=header.length + _EPOCH_AT,
                      count=len(data))
    if header.records < 1 or header.records != header.last_offset_delta + 1:
        raise Corrupt("The batch says {records} records and a last offset delta of {last_offset_delta}.",
                      records=header.records, last_offset_delta=header.last_offset_delta)
    if header.codec == 0 and header.records * LEAST_RECORD_BYTES > len(data) - HEADER_BYTES:
        raise Corrupt("The batch says {records} records, more than its {count} bytes can hold.", records=header.records,
                      count=len(data))
    if header.codec >= len(CODECS):
        raise Corrupt("The batch names compression {codec}, which does not exist.", codec=header.codec)
    if header.crc != google_crc32c.value(data[_CRC_FROM:]):
        raise WrongChecksum("The checksum of the batch does not agree with its bytes.", "Send it again.")
    return header


def split_batches(data: bytes) -> list[bytes]:
    """The batches of a record set, one after the other as a fetch carries them; a cut-off last one is left out."""
    found, at = [], 0
    while len(data) - at >= HEADER_BYTES:
        (length,) = _LENGTH.unpack_from(data, at + _LENGTH_AT)
        end = at + _EPOCH_AT + length
        if length < HEADER_BYTES - _EPOCH_AT:
            raise Corrupt("A batch says it is {length} bytes long, less than its header.", length=length)
        if end > len(data):
            break
        found.append(data[at:end])
        at = end
    return found


# -- changing a batch without touching its records -----------------------------------------------------------
def place_batch(data: bytes, base_offset: int) -> bytes:
    """The same batch at ``base_offset``, leader epoch 0. Both lie outside the CRC."""
    view = memoryview(data)
    return b"".join((_PLACE.pack(base_offset), view[_LENGTH_AT:_EPOCH_AT], _EPOCH_ZERO, view[_MAGIC_AT:]))


def stamp_batch(data: bytes, header: BatchHeader, now_ms: int) -> bytes:
    """The same batch with the broker's time for every record (LogAppendTime)."""
    changed = bytearray(data)
    _STAMP.pack_into(changed, _CRC_FROM, header.attributes | 8, header.last_offset_delta, header.base_timestamp, now_ms)
    changed[_CRC_AT:_CRC_FROM] = google_crc32c.value(bytes(changed[_CRC_FROM:])).to_bytes(4, "big")
    return bytes(changed)


def recompress_batch(data: bytes, compression: str) -> bytes:
    """The same records under another codec."""
    header, codec = batch_header(data), codec_number(compression)
    if header.codec == codec:
        return data
    records = compress(codec, decompress(header.codec, data[HEADER_BYTES:]))
    return _assemble(header._replace(attributes=header.attributes & ~7 | codec), records)


def _assemble(header: BatchHeader, records: bytes) -> bytes:
    body = _AFTER_CRC.pack(*header[5:]) + records
    return _HEADER.pack(header.base_offset, len(body) + _CRC_FROM - _EPOCH_AT, header.leader_epoch, 2,
                        google_crc32c.value(body), *header[5:]) + records


# -- building ------------------------------------------------------------------------------------------------
def _zigzag(number: int) -> bytes:
    rest = (number << 1) ^ (number >> 63)
    out = bytearray()
    while rest > 0x7F:
        out.append(rest & 0x7F | 0x80)
        rest >>= 7
    out.append(rest)
    return bytes(out)


_SMALL = tuple(_zigzag(number) for number in range(4096))
_NULL = _zigzag(-1)


def _varint(number: int) -> bytes:
    return _SMALL[number] if 0 <= number < 4096 else _zigzag(number)


def _sized(data: bytes | None) -> bytes:
    return _NULL if data is None else _varint(len(data)) + data


def _encode_headers(headers: Headers) -> bytes:
    parts = [_varint(len(headers))]
    for name, value in headers:
        try:
            parts.append(_sized(name.encode("utf-8")))
        except UnicodeEncodeError:
            raise Invalid("The header name {name!r} is not proper text.", "Use Unicode text.", name=name) from None
        parts.append(_sized(value))
    return b"".join(parts)


def encode_batch(records: Sequence[Record], *, base_offset: int = 0, compression: str = "none",
                 producer: tuple[int, int, int] = NO_PRODUCER, timestamp_type: int = CREATE_TIME,
                 now_ms: int) -> bytes:
    """One batch of ``records``. ``producer`` is (id, epoch, first sequence); records without a time get ``now_ms``."""
    if not records:
        raise Invalid("A batch needs at least one record.")
    codec, small, empty = codec_number(compression), _SMALL, _SMALL[0]
    stamps = [now_ms if record.timestamp_ms is None else record.timestamp_ms for record in records]
    base_timestamp, newest = stamps[0], max(stamps)
    if newest > _LATEST_MS or min(stamps) < -_LATEST_MS:
        raise Invalid("The time of a record is out of range.", "Give milliseconds since 1970.")
    parts: list[bytes] = []
    for index, record in enumerate(records):  # the hot path: 1.2 us a record, so the calls are spelled out
        key, value, delta = record.key, record.value, stamps[index] - base_timestamp
        body = b"".join((
            b"\0",
            small[delta] if 0 <= delta < 4096 else _zigzag(delta),
            small[index] if index < 4096 else _zigzag(index),
            _NULL if key is None else _varint(len(key)), key or b"",
            _NULL if value is None else _varint(len(value)), value or b"",
            _encode_headers(record.headers) if record.headers else empty,
        ))
        length = len(body)
        parts.append(small[length] if length < 4096 else _zigzag(length))
        parts.append(body)
    max_timestamp = now_ms if timestamp_type == LOG_APPEND_TIME else newest
    header = BatchHeader(base_offset, 0, 0, 2, 0, codec | timestamp_type << 3, len(records) - 1, base_timestamp,
                         max_timestamp, *producer, len(records))
    return _assemble(header, compress(codec, b"".join(parts)))


def control_batch(producer: tuple[int, int], commit: bool, now_ms: int) -> bytes:
    """The one-record batch that ends a transaction of ``producer`` (id, epoch) in a partition."""
    marker = Record(_CONTROL_KEY.pack(0, 1 if commit else 0), _CONTROL_VALUE.pack(0, 0), timestamp_ms=now_ms)
    plain = encode_batch([marker], producer=(*producer, -1), now_ms=now_ms)
    return _assemble(batch_header(plain)._replace(attributes=_TRANSACTIONAL | _CONTROL), plain[HEADER_BYTES:])


def thinned_batch(header: BatchHeader, first: Sequence[Record]) -> bytes:
    """A batch of the same offsets that has only its ``first`` records left, or none: as Kafka's compaction leaves them.
    The records have their times."""
    base, newest, body = header.base_timestamp, -1, b""
    if first:
        plain = encode_batch(first, now_ms=0)
        made = batch_header(plain)
        base, newest, body = made.base_timestamp, made.max_timestamp, plain[HEADER_BYTES:]
    thinned = header._replace(attributes=header.attributes & _TRANSACTIONAL, records=len(first), base_timestamp=base,
                              max_timestamp=newest)
    return _assemble(thinned, body)


# -- reading -------------------------------------------------------------------------------------------------
def number_at(data: bytes, at: int) -> tuple[int, int]:
    """The number at ``at`` and where it ends. One and two bytes, nearly all there are, go straight through."""
    byte = data[at]
    if byte < 0x80:
        return (byte >> 1) ^ -(byte & 1), at + 1
    high = data[at + 1]
    if high < 0x80:
        rest = byte & 0x7F | high << 7
        return (rest >> 1) ^ -(rest & 1), at + 2
    return _long_number_at(data, at)


def _long_number_at(data: bytes, at: int) -> tuple[int, int]:
    rest = 0
    for shift in range(0, 70, 7):
        byte = data[at]
        at += 1
        rest |= (byte & 0x7F) << shift
        if byte < 0x80:
            return (rest >> 1) ^ -(rest & 1), at
    raise Corrupt("A record holds a number that is too long.")


def _decode_headers(data: bytes, at: int) -> tuple[Headers, int]:
    count, at = number_at(data, at)
    headers: list[tuple[str, bytes | None]] = []
    for _ in range(count):
        length, at = number_at(data, at)
        if length < 0:
            raise Corrupt("A record header has no name.")
        name = data[at : at + length].decode("utf-8", "replace")
        at += length
        length, at = number_at(data, at)
        if length < 0:
            headers.append((name, None))
        else:
            headers.append((name, data[at : at + length]))
            at += length
    return tuple(headers), at


def _skip(data: bytes, records: int) -> int:
    """Where the record after the first ``records`` begins."""
    at = 0
    for _ in range(records):
        length, at = number_at(data, at)
        if length < 0:
            raise Corrupt("A record says it has less than no bytes.")
        at += length
    return at


def decode_batch(data: bytes, topic: str, partition: int, *, first: int = 0,
                 limit: int | None = None) -> list[StoredRecord]:
    """The records of a batch, or ``limit`` of them from the ``first`` one (counted in the batch, from 0).

    The checksum is looked at every time: it costs a hundredth of the decoding.
    """
    try:
        header = check_batch(data)
        body = decompress(header.codec, data[HEADER_BYTES:])
        wanted = header.records - first if limit is None else min(limit, header.records - first)
        records: list[StoredRecord] = []
        decode_into(records, header, body, topic, partition, first, wanted)
        return [_marked(record) for record in records] if header.control else records
    except (Corrupt, IndexError, struct.error) as error:
        what = error.message if isinstance(error, Corrupt) else _CUT_OFF
        place = f"{topic}/{partition}, at or after offset {batch_header(data).base_offset}"
        raise Corrupt("Damaged records in {place}: {what}", "The other batches can still be read.", place=place,
                      what=what) from None


def _record_start(body: bytes, at: int) -> tuple[int, int, int, int, int]:
    """Of the record at ``at``: where it ends, its two deltas, the length of its key, and where that begins."""
    length, at = number_at(body, at)
    end = at + length
    delta, at = number_at(body, at + 1)
    index, at = number_at(body, at)
    size, at = number_at(body, at)
    return end, delta, index, size, at


def decode_into(found: list[StoredRecord], header: BatchHeader, body: bytes, topic: str, partition: int, first: int,
                wanted: int) -> None:
    """Add ``wanted`` records from the ``first`` one of an unpacked ``body``; those before the damage stay when it
    raises. The hot path of every reader, 1.4 us a record. A length that lies makes ``at`` and ``end`` differ."""
    base_offset, base_time, whole, follow = header.base_offset, header.base_timestamp, len(body), number_at
    append_time = header.max_timestamp if header.log_append_time else None
    build, start = tuple.__new__, RECORD_START.unpack_from  # StoredRecord(...) goes through a __new__ in Python
    at = _skip(body, first)
    for _ in range(wanted):
        low, high, _, delta, index, size, after = start(body, at)
        if low & 0x81 == 0x80 and high | delta | size < 0x80 and (index < 0x80 or after < 0x80):
            end = at + 2 + ((low & 0x7F | high << 7) >> 1)  # numbers of the usual lengths are spelled out
            if index < 0x80:
                at += 6
            else:
                index, size, at = index & 0x7F | size << 7, after, at + 7
            delta, index, size = delta >> 1 ^ -(delta & 1), index >> 1 ^ -(index & 1), size >> 1 ^ -(size & 1)
        else:
            end, delta, index, size, at = _record_start(body, at)
        key = None if size < 0 else body[at : (at := at + size)]
        low, high = body[at], body[at + 1]
        if low & 0x81 == 0x80 and high < 0x80:
            at += 2
            value: bytes | None = body[at : (at := at + ((low & 0x7F | high << 7) >> 1))]
        else:
            size, at = follow(body, at)
            value = None if size < 0 else body[at : (at := at + size)]
        headers: Headers = ()
        if body[at]:
            headers, at = _decode_headers(body, at)
        else:
            at += 1
        if at != end or end > whole:
            raise Corrupt(_WRONG_LENGTH)
        time = base_time + delta if append_time is None else append_time
        found.append(build(StoredRecord, (topic, partition, base_offset + index, time, key, value, headers, "")))
    if wanted > 0 and found[-1].offset != base_offset + first + wanted - 1:
        raise Corrupt("The records of the batch do not say their places.")


def _marked(record: StoredRecord) -> StoredRecord:
    """A control record in words instead of Kafka's bytes."""
    committed = record.key is not None and _CONTROL_KEY.unpack_from(record.key)[1] == 1
    return record._replace(key=None, value=None, transaction=COMMIT if committed else ABORT)


def record_at(data: bytes, topic: str, partition: int, offset: int) -> StoredRecord:
    """The one record at ``offset``; the others are stepped over undecoded."""
    header = batch_header(data)
    if not header.base_offset <= offset <= header.last_offset:
        raise Invalid("Offset {offset} is not in the batch {base_offset} to {last_offset}.", offset=offset,
                      base_offset=header.base_offset, last_offset=header.last_offset)
    return decode_batch(data, topic, partition, first=offset - header.base_offset, limit=1)[0]


def batch_keys(data: bytes, limit: int | None = None) -> list[bytes | None]:
    """The keys of the first ``limit`` records (all by default), values undecoded: enough for the colour of a dot."""
    header = batch_header(data)
    body = decompress(header.codec, data[HEADER_BYTES:])
    keys: list[bytes | None] = []
    at = 0
    try:
        for _ in range(header.records if limit is None else min(limit, header.records)):
            length, at = number_at(body, at)
            end = at + length
            _, at = number_at(body, at + 1)
            _, at = number_at(body, at)
            length, at = number_at(body, at)
            keys.append(None if length < 0 else body[at : at + length])
            if not at <= end <= len(body):
                raise Corrupt(_WRONG_LENGTH)
            at = end
    except IndexError:
        raise Corrupt(_CUT_OFF) from None
    return keys


def batch_times(data: bytes) -> list[int]:
    """The timestamps of all records, nothing else decoded: enough to find a place in time."""
    header = batch_header(data)
    if header.log_append_time:
        return [header.max_timestamp] * header.records
    body = decompress(header.codec, data[HEADER_BYTES:])
    times: list[int] = []
    at, size, base, follow = 0, len(body), header.base_timestamp, number_at
    try:
        for _ in range(header.records):  # numbers of one and two bytes, nearly all there are, are spelled out
            low, high = body[at], body[at + 1]
            if low < 0x80:
                length, at = low >> 1 ^ -(low & 1), at + 1
            elif high < 0x80:
                length, at = (low & 0x7F | high << 7) >> 1 ^ -(low & 1), at + 2
            else:
                length, at = follow(body, at)
            end = at + length
            low, high = body[at + 1], body[at + 2]
            if low >= 0x80 > high:
                times.append(base + ((low & 0x7F | high << 7) >> 1 ^ -(low & 1)))
            else:
                times.append(base + follow(body, at + 1)[0])
            if not at < end <= size:
                raise Corrupt(_WRONG_LENGTH)
            at = end
    except IndexError:
        raise Corrupt(_CUT_OFF) from None
    return times
