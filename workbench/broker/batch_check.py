"""Whether the records inside a batch are what its header says, looked at without building them. Pure, any thread.

``check_batch`` sees the outside: length, count, checksum. A checksum only says that the bytes came as they were sent:
a client's codec may have failed before. What is taken unseen then stops every reader of its partition, so a batch of a
foreign client is looked through once, before it is stored. Kafka's LogValidator does the same.

Invariant: ``decode_batch`` reads every record of a batch that ``check_records`` passed.
"""

from __future__ import annotations

import struct

from workbench.broker.batch import HEADER_BYTES, LEAST_RECORD_BYTES, RECORD_START, BatchHeader, number_at
from workbench.broker.batch_arrays import WRONG_HEADERS, WRONG_LENGTH, WRONG_PLACE, walk_many
from workbench.broker.compression import decompress
from workbench.core.errors import Corrupt

MANY = 150
"""From so many records on arrays are quicker than a loop."""
_CUT_OFF = "A record is cut off."


def check_records(header: BatchHeader, data: bytes) -> None:
    """``Corrupt`` when the batch does not unpack, or does not hold its count of whole, numbered records."""
    body = decompress(header.codec, data[HEADER_BYTES:])
    if header.records * LEAST_RECORD_BYTES > len(body):
        raise Corrupt("The batch says {records} records, more than its {count} bytes can hold.", records=header.records,
                      count=len(body))
    walk = _walk if header.records < MANY else walk_many
    try:
        end = walk(body, header.records)
    except (IndexError, struct.error):  # past the end of the bytes
        raise Corrupt(_CUT_OFF) from None
    if end > len(body):
        raise Corrupt(_CUT_OFF)
    if end < len(body):
        raise Corrupt("The batch says {records} records, and {count} more bytes follow them.", records=header.records,
                      count=len(body) - end)


def _walk(body: bytes, count: int) -> int:
    """Where the last of ``count`` records ends. Half a microsecond a record: numbers of one and two bytes, nearly all
    there are, are spelled out, and nothing is built."""
    at, start = 0, RECORD_START.unpack_from
    for number in range(count):
        low, high, third, fourth, fifth, sixth, seventh = start(body, at)
        if low & 0x81 == 0x80 and high | fourth < 0x80 and (fifth | sixth < 0x80 or sixth | seventh < 0x80 <= fifth):
            end = at + 2 + ((low & 0x7F | high << 7) >> 1)
            if fifth < 0x80:
                index, size, at = fifth, sixth, at + 6
            else:
                index, size, at = fifth & 0x7F | sixth << 7, seventh, at + 7
        elif low & 0x81 == 0 and third < 0x80 and (fourth | fifth < 0x80 or fifth | sixth < 0x80 <= fourth):
            end = at + 1 + (low >> 1)
            if fourth < 0x80:
                index, size, at = fourth, fifth, at + 5
            else:
                index, size, at = fourth & 0x7F | fifth << 7, sixth, at + 6
        else:
            index, size, end, at = _unusual_start(body, at)
        if index != number << 1:
            raise Corrupt(WRONG_PLACE)
        if not size & 1:
            at += size >> 1
        low = body[at]
        if low < 0x80:
            at += 1 if low & 1 else 1 + (low >> 1)
        elif (high := body[at + 1]) < 0x80:
            at += 2 if low & 1 else 2 + ((low & 0x7F | high << 7) >> 1)
        else:
            size, at = number_at(body, at)
            at += max(size, 0)
        at = _after_headers(body, at) if body[at] else at + 1
        if at != end:
            raise Corrupt(WRONG_LENGTH)
    return at


def _unusual_start(body: bytes, at: int) -> tuple[int, int, int, int]:
    """Of the record at ``at``: its place and the length of its key, both as zigzag; where it ends; where its key is."""
    length, at = number_at(body, at)
    if length < 0:
        raise Corrupt(WRONG_LENGTH)
    end = at + length
    _, at = number_at(body, at + 1)
    index, at = number_at(body, at)
    size, at = number_at(body, at)
    return index << 1 ^ index >> 63, size << 1 ^ size >> 63, end, at


def _after_headers(body: bytes, at: int) -> int:
    count, at = number_at(body, at)
    if count < 0:
        raise Corrupt(WRONG_HEADERS)
    for _ in range(count):
        size, at = number_at(body, at)
        if size < 0:
            raise Corrupt(WRONG_HEADERS)
        size, at = number_at(body, at + size)
        at += max(size, 0)
    return at
