"""Batches: nothing lost, order kept per partition, limits held, whatever comes when."""

from hypothesis import given
from hypothesis import strategies as st

from workbench.core.records import Record
from workbench.runtime.batching import BatchBuffer, record_bytes

events = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 60), st.floats(0, 30)), max_size=80)


@given(events, st.integers(20, 200), st.floats(0, 50))
def test_nothing_is_lost_and_limits_hold(arrivals, max_bytes, linger_ms):
    buffer = BatchBuffer(max_bytes, linger_ms)
    now, left, given_ = 0.0, [], []
    for number, (partition, size, gap) in enumerate(arrivals):
        now += gap
        for batch in buffer.due(now):
            assert now - batch.opened_ms >= linger_ms
            left.append(batch)
        record = Record(None, str(number).encode().ljust(size, b"."))
        given_.append((partition, record))
        full = buffer.add(partition, record, now)
        if full:
            left.append(full)
            assert full.bytes + record_bytes(record) > max_bytes
        due = buffer.next_due_ms()
        assert due is not None and due >= now - 1e-6
    left += buffer.flush()
    assert buffer.next_due_ms() is None and buffer.gauge(now) is None
    for partition in range(4):
        sent = [r for batch in left if batch.partition == partition for r in batch.records]
        assert sent == [r for p, r in given_ if p == partition]
    for batch in left:
        assert batch.bytes == sum(map(record_bytes, batch.records))
        assert batch.bytes <= max_bytes or len(batch.records) == 1


def test_a_batch_says_how_it_left():
    buffer = BatchBuffer(1000, 10)
    buffer.add(0, Record(None, b"x" * 88), 0)
    assert buffer.due(9.9) == []
    assert [b.sentence() for b in buffer.due(10)] == ["by linger: 1 record, 100 bytes"]
