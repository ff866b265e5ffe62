"""The traps of the Kafka protocol, one by one, as kafka-wire.md numbers them; those of real clients' behaviour are in
``test_clients``, the watermark's and the restart's in ``test_crash``."""

from __future__ import annotations

import time
from struct import pack

import pytest
from kio.schema.errors import ErrorCode
from listeners.serving import Served
from listeners.wire import Wire, decode, encode, fetch_fields, produce_fields

from workbench.broker import batch_header, encode_batch
from workbench.core.records import Record


def batch(*values: bytes, producer: tuple[int, int, int] = (-1, -1, -1), now_ms: int = 1000) -> bytes:
    return encode_batch([Record(None, value, (), now_ms + n) for n, value in enumerate(values)], producer=producer,
                        now_ms=now_ms)


@pytest.fixture
def wire(served: Served):
    served.broker.create_topic("t", 2)
    with Wire(served.address) as made:
        yield made


def produce(wire: Wire, data: bytes, version: int = 9, topic: str = "t", **fields):
    asked = {**produce_fields(topic, data), **fields}
    return wire.ask("produce", version, **asked).responses[0].partition_responses[0]


def fetched(wire: Wire, offset: int, version: int = 12, **more):
    return wire.ask("fetch", version, **fetch_fields("t", offset, **more)).responses[0].partitions[0]


def test_1_produce_is_advertised_from_0_so_that_old_clients_compress(wire: Wire):
    ranges = {api.api_key: (api.min_version, api.max_version) for api in wire.ask("api_versions", 3,
              client_software_name="x", client_software_version="1").api_keys}
    assert ranges[0] == (0, 11) and ranges[1] == (4, 17)


@pytest.mark.parametrize("version", range(5))
def test_2_api_versions_is_answered_with_the_old_header(wire: Wire, version: int):
    answer = wire.ask("api_versions", version, client_software_name="x", client_software_version="1")
    assert answer.error_code is ErrorCode.none


def test_2_an_unknown_api_versions_is_answered_as_version_0(wire: Wire):
    wire.send(pack(">hhih", 18, 99, 5, 1) + b"c\0\0\0")
    correlation, answer = decode("api_versions", 0, wire.receive())
    assert (correlation, answer.error_code) == (5, ErrorCode.unsupported_version)
    assert any(api.api_key == 18 and api.max_version == 4 for api in answer.api_keys)
    wire.ask("api_versions", 4, client_software_name="x", client_software_version="1")


def test_3_the_client_id_is_a_16_bit_string_in_flexible_versions_too(wire: Wire, served: Served):
    wire.send(encode("metadata", 12, {"topics": None, "include_topic_authorized_operations": False}, client_id="é-1"))
    wire.receive()
    assert [client.client_id for client in served.clients()] == ["é-1"]


def test_4_offset_and_epoch_are_rewritten_outside_the_checksum(wire: Wire):
    sent = batch(b"a", b"b")
    produce(wire, sent)
    strange = pack(">q", 77) + sent[8:12] + pack(">i", 9) + sent[16:]
    assert produce(wire, strange).base_offset == 2
    stored = bytes(fetched(wire, 2).records)
    assert batch_header(stored).base_offset == 2 and stored[12:16] == bytes(4) and stored[16:] == sent[16:]


@pytest.mark.parametrize("spoil, code", [
    (lambda data: data[:-1], 87), (lambda data: data + data, 87), (lambda data: data[:16] + b"\1" + data[17:], 87),
    (lambda data: data[:-1] + bytes([data[-1] ^ 1]), 2), (lambda data: b"", 87), (lambda data: data[:20], 87),
    (lambda data: data[:57] + pack(">i", 5) + data[61:], 87),
])
def test_5_exactly_one_whole_batch(wire: Wire, spoil, code):
    """In Kafka's codes: CORRUPT_MESSAGE for a checksum, INVALID_RECORD for all else."""
    assert produce(wire, spoil(batch(b"a"))).error_code == code
    assert produce(wire, batch(b"a")).base_offset == 0


def test_6_a_fetch_may_begin_before_the_offset_and_gives_one_batch_over_every_limit(wire: Wire):
    produce(wire, batch(b"a", b"b", b"c"))
    produce(wire, batch(bytes(5000)))
    answer = fetched(wire, 1, max_bytes=1, partition_bytes=1)
    assert batch_header(bytes(answer.records)).base_offset == 0
    assert len(fetched(wire, 3, max_bytes=1, partition_bytes=1).records) > 5000
    assert wire.ask("fetch", 12, **fetch_fields("t", 0)).session_id == 0


def test_6_an_empty_fetch_has_records_of_no_length_and_not_null(wire: Wire):
    assert fetched(wire, 0).records == b""


def test_7_topics_go_by_uuid(wire: Wire, served: Served):
    uuid = served.broker.topic("t").uuid
    produce(wire, batch(b"a"))
    fields = fetch_fields("t", 0)
    fields["topics"][0]["topic_id"] = uuid
    answer = wire.ask("fetch", 16, **fields)
    assert str(answer.responses[0].topic_id) == uuid and answer.responses[0].partitions[0].records
    fields["topics"][0]["topic_id"] = "00000000-0000-0000-0000-000000000009"
    assert wire.ask("fetch", 16, **fields).responses[0].partitions[0].error_code is ErrorCode.unknown_topic_id
    metadata = wire.ask("metadata", 12, topics=[{"topic_id": uuid, "name": None}],
                        include_topic_authorized_operations=False)
    assert metadata.topics[0].name == "t"


def test_8_answers_keep_the_order_of_the_requests(wire: Wire):
    asked = [wire.begin("produce", 9, **produce_fields("t", batch(b"%d" % n))) for n in range(200)]
    asked.append(wire.begin("fetch", 12, **fetch_fields("t", 200, wait_ms=30)))
    asked.append(wire.begin("metadata", 1, topics=()))
    answers = [wire.receive() for _ in asked]
    assert [int.from_bytes(answer[:4], "big") for answer in answers] == asked
    assert decode("produce", 9, answers[199])[1].responses[0].partition_responses[0].base_offset == 199


def test_9_no_answer_for_acks_0(wire: Wire):
    wire.begin("produce", 9, **produce_fields("t", batch(b"a"), acks=0))
    assert produce(wire, batch(b"b")).base_offset == 1
    wire.begin("produce", 9, **produce_fields("nowhere", batch(b"a"), acks=0))
    assert wire.closed()  # the only way to say that it was for nothing


def test_10_a_retry_is_answered_with_its_offset_and_a_gap_refused(wire: Wire):
    pid = wire.ask("init_producer_id", 4, transactional_id=None, transaction_timeout=0).producer_id
    for n in range(6):
        assert produce(wire, batch(b"x", producer=(pid, 0, n))).base_offset == n
    again = produce(wire, batch(b"x", producer=(pid, 0, 3)))
    assert (again.error_code, again.base_offset) == (ErrorCode.none, 3)
    gap = produce(wire, batch(b"x", producer=(pid, 0, 9)))
    assert gap.error_code is ErrorCode.out_of_order_sequence_number
    assert produce(wire, batch(b"x", producer=(pid, 0, 6))).base_offset == 6


def test_11_a_transactional_id_is_answered_at_once(wire: Wire):
    first = wire.ask("init_producer_id", 4, transactional_id="x", transaction_timeout=1000)
    again = wire.ask("init_producer_id", 4, transactional_id="x", transaction_timeout=1000)
    assert (again.producer_id, again.producer_epoch) == (first.producer_id, first.producer_epoch + 1)


def test_12_who_asks_for_the_new_group_protocol_is_told_what_to_set(wire: Wire, served: Served):
    wire.send(pack(">hhih", 68, 0, 1, 1) + b"c\0\0\0")
    assert wire.closed()
    (client,) = served.clients()
    assert "group.protocol=classic" in client.note and client.connections == 0


def test_13_an_unsupported_version_closes_and_is_named(wire: Wire, served: Served):
    wire.send(pack(">hhih", 0, 2, 1, 3) + b"old\0\0\0\0")
    assert wire.closed()
    (client,) = served.clients()
    assert client.client_id == "old"
    assert client.note == (
        "It asks for Produce version 2, which is not served. Versions 3 to 11 are. Use a newer client."
    )


def test_15_what_is_fetched_is_committed(wire: Wire, served: Served):
    with Wire(served.address) as other:
        for n in range(50):
            wire.begin("produce", 9, **produce_fields("t", batch(b"%d" % n)))
        seen = 0
        while seen < 50:
            part = other.ask("fetch", 12, **fetch_fields("t", seen, wait_ms=1000)).responses[0].partitions[0]
            assert part.high_watermark <= served.broker.bounds("t")[0].end
            seen = batch_header(bytes(part.records)).last_offset + 1 if part.records else seen
        for _ in range(50):
            wire.receive()


def test_16_a_client_is_told_the_address_it_reached(served: Served):
    host, port = served.address.split(":")
    for address in (host, "[::1]", "localhost"):
        with Wire(f"{address}:{port}") as wire:
            (broker,) = wire.ask("metadata", 1, topics=()).brokers
            assert (broker.host, broker.port) == (wire.socket.getpeername()[0], int(port))


def test_18_a_time_is_found_to_the_record(wire: Wire):
    produce(wire, batch(*[b"x"] * 10, now_ms=5000))
    for asked, expected in ((5004, (5004, 4)), (0, (5000, 0)), (5009, (5009, 9)), (5010, (-1, -1)), (-3, (5009, 9)),
                            (-1, (-1, 10)), (-2, (-1, 0))):
        part = wire.ask("list_offsets", 7, replica_id=-1, isolation_level=0, topics=[
            {"name": "t", "partitions": [{"partition_index": 0, "timestamp": asked}]}
        ]).topics[0].partitions[0]
        assert (part.timestamp, part.offset) == expected, asked


def test_19_the_first_join_takes_no_three_seconds(wire: Wire):
    began = time.monotonic()
    joined = wire.ask("join_group", 3, group_id="g", session_timeout=10_000, rebalance_timeout=10_000, member_id="",
                      protocol_type="consumer", protocols=[{"name": "range", "metadata": b""}])
    assert joined.leader == joined.member_id and time.monotonic() - began < 2


def test_a_long_poll_ends_with_the_news(wire: Wire, served: Served):
    wire.begin("fetch", 12, **fetch_fields("t", 0, wait_ms=9_000))
    began = time.monotonic()
    served.broker.append("t", 0, [Record(None, b"news")])
    answer = decode("fetch", 12, wire.receive())[1]
    assert answer.responses[0].partitions[0].records and time.monotonic() - began < 5


def test_read_committed_stops_at_the_last_stable_offset(wire: Wire, served: Served):
    pid = wire.ask("init_producer_id", 4, transactional_id="x", transaction_timeout=60_000)
    producer = (pid.producer_id, pid.producer_epoch)
    transactional = encode_batch([Record(None, b"a")], producer=(*producer, 0), timestamp_type=2, now_ms=1)
    assert produce(wire, transactional, transactional_id="x").error_code is ErrorCode.invalid_txn_state
    added = wire.ask("add_partitions_to_txn", 3, v3_and_below_transactional_id="x",
                     v3_and_below_producer_id=producer[0], v3_and_below_producer_epoch=producer[1],
                     v3_and_below_topics=[{"name": "t", "partitions": [0]}])
    assert added.results_by_topic_v3_and_below[0].results_by_partition[0].partition_error_code is ErrorCode.none
    assert produce(wire, transactional, transactional_id="x").base_offset == 0
    open_ = fetched(wire, 0, isolation=1)
    assert (open_.records, open_.last_stable_offset, open_.high_watermark) == (b"", 0, 1)
    assert fetched(wire, 0).records
    wire.ask("end_txn", 3, transactional_id="x", producer_id=producer[0], producer_epoch=producer[1], committed=False)
    closed = fetched(wire, 0, isolation=1)
    assert [(a.producer_id, a.first_offset) for a in closed.aborted_transactions] == [(producer[0], 0)]
    assert closed.last_stable_offset == closed.high_watermark == 2
