"""The log from outside: offsets, watermark, fetches, times, group commit, what happens when the file says no."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from workbench.broker import Broker, batch_header, decode_batch, encode_batch
from workbench.core.clock import ManualClock
from workbench.core.errors import Corrupt, FileError, Invalid, NotFound, OutOfRange, Refused
from workbench.core.records import PartitionBounds, Record


def values(broker: Broker, offset: int = 0, topic: str = "t", partition: int = 0, max_bytes: int = 1 << 20) -> list:
    batches = broker.fetch(topic, partition, offset, max_bytes)
    return [record.value for batch in batches for record in decode_batch(batch, topic, partition)
            if record.offset >= offset]


def record(number: int) -> Record:
    return Record(b"k%d" % number, b"%d" % number)


@pytest.fixture
def topic(broker: Broker) -> Broker:
    broker.create_topic("t")
    return broker


def test_offsets_are_dense_and_the_end_moves(topic: Broker):
    answers = [topic.append("t", 0, [record(n)] * count).result() for n, count in enumerate((1, 3, 2))]
    assert [(a.base_offset, a.last_offset) for a in answers] == [(0, 0), (1, 3), (4, 5)]
    assert list(topic.bounds("t")) == [PartitionBounds(0, 0, 6)]
    assert values(topic, 2) == [b"1", b"1", b"2", b"2"]


@pytest.mark.parametrize("background", [False, True])
@pytest.mark.parametrize("cache_bytes", [0, 1 << 20])
def test_a_fetch_is_whole_batches_from_cache_or_file_alike(path: Path, background: bool, cache_bytes: int):
    Broker.create(path, background=False).close()
    with Broker(path, background=background, cache_bytes=cache_bytes) as broker:
        broker.create_topic("t")
        for number in range(10):
            broker.append("t", 0, [record(number)] * 10)
        broker.append("t", 0, [record(10)]).result()
        sizes = len(broker.fetch("t", 0, 0)[0])
        assert [batch_header(b).base_offset for b in broker.fetch("t", 0, 25, 3 * sizes)] == [20, 30, 40]
        assert [batch_header(b).base_offset for b in broker.fetch("t", 0, 25, 1)] == [20], "at least one, however big"
        assert len(broker.fetch("t", 0, 0)) == 11
        assert broker.fetch("t", 0, 101) == []


@pytest.mark.parametrize("offset", [-1, 7, 2**40])
def test_outside_the_log_is_said(topic: Broker, offset: int):
    topic.append("t", 0, [record(1)] * 6)
    with pytest.raises(OutOfRange, match=f"Offset {offset} is outside t/0, which holds 0 to 6"):
        topic.fetch("t", 0, offset)


def test_a_clients_batch_is_stored_untouched_but_for_offset_and_epoch(topic: Broker):
    topic.append("t", 0, [record(1)])
    sent = encode_batch([record(2), record(3)], base_offset=0, compression="zstd", now_ms=5)
    topic.append_batch("t", 0, sent).result()
    kept = topic.fetch("t", 0, 1)[0]
    assert batch_header(kept).base_offset == 1
    assert kept[16:] == sent[16:]


def test_bad_batches_never_reach_the_log(topic: Broker):
    good = encode_batch([record(1)], now_ms=1)
    for bad in (b"", good[:-1], good + good, good[:-1] + b"\xff", b"\0" * 100):
        with pytest.raises(Corrupt):
            topic.append_batch("t", 0, bad)
    assert topic.bounds("t")[0].end == 0


def test_a_control_batch_of_a_client_is_refused(topic: Broker):
    control = encode_batch([record(1)], now_ms=1, timestamp_type=4)  # the second bit above the timestamp type
    with pytest.raises(Invalid, match="the broker writes them"):
        topic.append_batch("t", 0, control)
    assert topic.bounds("t")[0].end == 0


def test_too_big_a_batch_says_how_big_and_what_to_do(topic: Broker):
    with pytest.raises(Invalid, match=r"2000\d\d bytes; topic t takes at most 1000") as caught:
        topic.alter_topic("t", config={"max.message.bytes": "1000"})
        topic.append("t", 0, [Record(None, bytes(200_000))])
    assert "max.message.bytes" in caught.value.next_step


def test_the_topics_own_compression_is_applied(broker: Broker):
    broker.create_topic("t", config={"compression.type": "gzip"})
    broker.create_topic("plain", config={"compression.type": "uncompressed"})
    for name in ("t", "plain"):
        broker.append(name, 0, [record(1)] * 20, compression="lz4").result()
    assert batch_header(broker.fetch("t", 0, 0)[0]).compression == "gzip"
    assert batch_header(broker.fetch("plain", 0, 0)[0]).compression == "none"
    assert values(broker) == [b"1"] * 20


def test_create_time_is_kept_and_missing_times_are_the_brokers(topic: Broker, clock: ManualClock):
    topic.append("t", 0, [Record(b"a", timestamp_ms=17), Record(b"b")]).result()
    stamps = [r.timestamp_ms for r in decode_batch(topic.fetch("t", 0, 0)[0], "t", 0)]
    assert stamps == [17, clock.now_ms()]


def test_log_append_time_is_the_brokers(broker: Broker, clock: ManualClock):
    broker.create_topic("t", config={"message.timestamp.type": "LogAppendTime"})
    clock.advance(500)
    answer = broker.append("t", 0, [Record(b"a", timestamp_ms=17)]).result()
    assert answer.timestamp_ms == clock.now_ms()
    assert decode_batch(broker.fetch("t", 0, 0)[0], "t", 0)[0].timestamp_ms == clock.now_ms()
    assert broker.offset_for_time("t", 0, clock.now_ms()) == 0
    assert broker.offset_for_time("t", 0, clock.now_ms() + 1) is None


def test_time_lookup_is_the_first_record_at_or_after_however_times_jump(topic: Broker):
    for stamps in ([100, 50, 120], [40, 30], [500, 90], [130, 130]):
        topic.append("t", 0, [Record(b"k", timestamp_ms=stamp) for stamp in stamps])
    expected = {0: 0, 100: 0, 101: 2, 120: 2, 121: 5, 131: 5, 500: 5, 501: None}
    assert {ms: topic.offset_for_time("t", 0, ms) for ms in expected} == expected


def test_time_lookup_after_the_newest_record_left_the_head(topic: Broker):
    for stamp in (900, 10, 20, 30):
        topic.append("t", 0, [Record(b"k", timestamp_ms=stamp)])
    topic.delete_records("t", 0, 1)
    for _ in range(2):
        assert [topic.offset_for_time("t", 0, ms) for ms in (5, 15, 30, 31)] == [1, 2, 3, None]
        topic.keep_house()


def test_time_lookup_steps_over_what_lies_before_the_log_start_in_its_batch(topic: Broker):
    topic.append("t", 0, [Record(b"k", timestamp_ms=stamp) for stamp in (900, 10, 20)])
    topic.append("t", 0, [Record(b"k", timestamp_ms=30)])
    topic.delete_records("t", 0, 1)
    assert [topic.offset_for_time("t", 0, ms) for ms in (5, 15, 25, 31)] == [1, 2, 3, None]


# -- trap 15: the high watermark moves only after the commit -------------------------------------------------
def test_nobody_sees_a_record_before_it_is_committed(topic: Broker):
    seen = []
    topic.store.on_before_commit(lambda db: seen.append((topic.bounds("t")[0].end, topic.fetch("t", 0, 0))))
    topic.append("t", 0, [record(1)]).result()
    assert seen == [(0, [])]
    assert topic.bounds("t")[0].end == 1


def test_listeners_hear_of_an_append_after_it_can_be_read(topic: Broker):
    heard = []
    stop = topic.on_append(lambda name, partition, end: heard.append((name, partition, end, values(topic)[-1])))
    topic.append("t", 0, [record(1)] * 2)
    topic.append("t", 0, [record(2)])
    stop()
    topic.append("t", 0, [record(3)])
    assert heard == [("t", 0, 2, b"1"), ("t", 0, 3, b"2")]


def test_a_failing_listener_harms_nobody(topic: Broker, caplog: pytest.LogCaptureFixture):
    def fail(*_: object) -> None:
        raise ValueError("mine")

    topic.on_append(fail)
    assert topic.append("t", 0, [record(1)]).result().base_offset == 0
    assert "an append listener failed" in caplog.text


def test_a_failed_transaction_answers_everyone_and_takes_no_offset(topic: Broker, caplog: pytest.LogCaptureFixture):
    topic.append("t", 0, [record(1)])
    full = [True]

    def disk(connection: sqlite3.Connection) -> None:
        if full and full.pop():
            raise sqlite3.OperationalError("disk I/O error")

    topic.store.on_before_commit(disk)
    with pytest.raises(FileError, match="can't be used"):
        topic.append("t", 0, [record(2)] * 5).result()
    assert topic.bounds("t")[0].end == 1
    assert topic.append("t", 0, [record(3)]).result().base_offset == 1
    assert values(topic) == [b"1", b"3"]
    assert "was taken back" in caplog.text


def test_a_job_that_fails_takes_back_only_itself(topic: Broker):
    def half(db: sqlite3.Connection) -> None:
        db.execute("INSERT INTO meta VALUES ('half', '1')")
        raise Refused("no.")

    failed = topic.store.write(half)
    with pytest.raises(Refused):
        failed.result()
    assert topic.meta("half") == ""


def test_waiting_appends_share_a_commit(path: Path):
    with Broker.create(path) as broker:
        broker.create_topic("t")
        gate, commits, waiting = threading.Event(), [], []
        broker.store.on_before_commit(lambda db: commits.append(len(broker.log.staged)))
        first = broker.store.write(lambda db: gate.wait(10))
        waiting = [broker.append("t", 0, [record(n)]) for n in range(50)]
        gate.set()
        assert first.result()
        assert [future.result(10).base_offset for future in waiting] == list(range(50))
        assert sum(commits) == 50 and len(commits) <= 3


def test_many_threads_append_at_once_in_their_own_order(path: Path):
    with Broker.create(path) as broker:
        broker.create_topic("t", 2)

        def produce(name: int) -> None:
            futures = [broker.append("t", n % 2, [Record(b"%d" % name, b"%d" % n)]) for n in range(100)]
            assert all(future.result(20).count == 1 for future in futures)

        threads = [threading.Thread(target=produce, args=(name,)) for name in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for partition in (0, 1):
            found = [r for b in broker.fetch("t", partition, 0, 1 << 30) for r in decode_batch(b, "t", partition)]
            assert [r.offset for r in found] == list(range(200))
            for name in range(4):
                mine = [int(r.value) for r in found if r.key == b"%d" % name]
                assert mine == list(range(partition, 100, 2))


def test_an_append_that_waited_while_its_topic_was_deleted_is_told(topic: Broker):
    place = topic._partition("t", 0)
    topic.delete_topic("t")
    late = topic.log.append(place, encode_batch([record(1)], now_ms=1))
    with pytest.raises(NotFound, match="There is no topic t"):
        late.result()


def test_closing_finishes_what_is_queued_and_refuses_what_comes(path: Path):
    broker = Broker.create(path)
    broker.create_topic("t")
    waiting = [broker.append("t", 0, [record(n)]) for n in range(200)]
    broker.close()
    broker.close()
    assert [future.result(0).base_offset for future in waiting] == list(range(200))
    with pytest.raises(Refused, match="is closed"):
        broker.append("t", 0, [record(1)])
    with Broker.open(path, background=False) as again:
        assert again.bounds("t")[0].end == 200


def test_the_log_goes_on_after_a_restart(broker: Broker, path: Path):
    broker.create_topic("t")
    broker.append("t", 0, [record(1)] * 3)
    broker.delete_records("t", 0, -1)
    broker.keep_house()
    broker.close()
    with Broker.open(path, background=False) as again:
        assert list(again.bounds("t")) == [PartitionBounds(0, 3, 3)]
        assert again.append("t", 0, [record(2)]).result().base_offset == 3


def test_delete_records_moves_the_start_into_a_batch(topic: Broker):
    topic.append("t", 0, [record(n) for n in range(10)])
    assert topic.delete_records("t", 0, 4) == 4
    assert topic.delete_records("t", 0, 2) == 4, "it never goes back"
    assert values(topic, 4) == [b"4", b"5", b"6", b"7", b"8", b"9"]
    with pytest.raises(OutOfRange):
        topic.fetch("t", 0, 3)
    with pytest.raises(OutOfRange, match="ends at 10"):
        topic.delete_records("t", 0, 11)


def test_producer_ids_never_repeat(broker: Broker, path: Path):
    first = [broker.new_producer_id() for _ in range(3)]
    broker.close()
    with Broker.open(path, background=False) as again:
        assert len({*first, again.new_producer_id()}) == 4


def test_rates_are_of_about_the_last_second(topic: Broker, clock: ManualClock):
    assert topic.stats().rate_in == 0.0
    for _ in range(20):
        topic.append("t", 0, [record(1)] * 5)
        clock.advance(100)
        stats = topic.stats()
    assert stats.rate_in == pytest.approx(50.0)
    assert stats.topics[0].partitions[0].end == 100
    assert stats.topics[0].bytes_in > 0 and stats.file_bytes > 0
    clock.advance(1500)
    topic.stats()
    clock.advance(1500)
    assert topic.stats().rate_in == 0.0


def test_the_drawing_and_single_values_stay_with_the_file(broker: Broker, path: Path):
    assert broker.flow() == ""
    broker.save_flow('{"nodes": []}')
    broker.set_meta("view", "dark")
    broker.close()
    with Broker.open(path, background=False) as again:
        assert (again.flow(), again.meta("view"), again.meta("none")) == ('{"nodes": []}', "dark", "")


def test_a_full_disk_is_said_and_over_when_there_is_room(topic: Broker, caplog: pytest.LogCaptureFixture):
    def room(pages: int) -> None:
        topic.store.read(lambda db: db.execute(f"PRAGMA max_page_count = {pages}").fetchone())

    topic.append("t", 0, [record(0)]).result()
    room(1)
    with pytest.raises(FileError, match=r"The disk that holds work\.flow is full") as caught:
        topic.append("t", 0, [Record(b"k", bytes(500_000))]).result()
    assert "Free some space" in caught.value.next_step
    room(100_000)
    assert topic.append("t", 0, [record(1)]).result().base_offset == 1
    assert values(topic) == [b"0", b"1"]
    assert "was taken back" in caplog.text


def test_a_hook_that_fails_after_the_commit_stops_nobody(path: Path, caplog: pytest.LogCaptureFixture):
    def fail() -> None:
        raise ValueError("mine")

    with Broker.create(path) as broker:
        broker.create_topic("t")
        broker.store.on_after_commit(fail)
        assert [broker.append("t", 0, [record(n)]).result(10).base_offset for n in range(3)] == [0, 1, 2]
    assert "failed after a transaction" in caplog.text


def test_one_jobs_broken_rule_is_its_own(topic: Broker):
    twice = topic.store.write(lambda db: db.execute("INSERT INTO meta SELECT * FROM meta"))
    with pytest.raises(sqlite3.IntegrityError):
        twice.result()
    assert topic.append("t", 0, [record(1)]).result().base_offset == 0


def test_topics_altered_at_once_all_grow(path: Path):
    with Broker.create(path) as broker:
        broker.create_topic("t")
        threads = [threading.Thread(target=broker.alter_topic, args=("t", 5)) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert broker.topic("t").partitions == len(broker.bounds("t")) == 5
