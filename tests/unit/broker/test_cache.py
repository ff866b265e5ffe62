"""The tail cache: the newest batches, bounded by the memory they take, never a wrong one."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.broker.cache import OVERHEAD_BYTES, TailCache

TWO = 250 + 2 * OVERHEAD_BYTES
"""Room for two batches of a hundred bytes."""


def test_the_newest_are_kept_and_the_oldest_leave():
    cache = TailCache(TWO)
    for number in range(4):
        cache.put(1, number * 10, number * 10 + 10, bytes([number]) * 100)
    assert cache.size_bytes == 200 + 2 * OVERHEAD_BYTES
    assert cache.get(1, 19, 999) is None
    assert cache.get(1, 25, 999) == [b"\2" * 100, b"\3" * 100]
    assert cache.get(1, 25, 150) == cache.get(1, 20, 1) == [b"\2" * 100]
    assert cache.get(1, 40, 999) is None


def test_partitions_share_the_bound_and_one_can_be_forgotten():
    cache = TailCache(TWO)
    cache.put(1, 0, 1, bytes(100))
    cache.put(2, 0, 1, bytes(100))
    cache.put(1, 1, 2, bytes(100))
    assert cache.get(1, 0, 999) is None and cache.get(2, 0, 999) and cache.get(1, 1, 999)
    cache.forget(1)
    cache.forget(9)
    assert cache.get(1, 1, 999) is None and cache.size_bytes == 100 + OVERHEAD_BYTES
    cache.put(2, 1, 2, bytes(300))
    assert cache.size_bytes == 300 + OVERHEAD_BYTES and cache.get(2, 0, 999) is None


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 9), st.integers(1, 80)), max_size=300),
       st.integers(1, 3_000))
def test_what_it_answers_is_an_unbroken_newest_end(puts: list[tuple[int, int, int]], bound: int):
    cache, logs = TailCache(bound), {no: [] for no in range(4)}
    for no, count, size in puts:
        base = logs[no][-1][1] if logs[no] else 0
        logs[no].append((base, base + count, bytes(size)))
        cache.put(no, *logs[no][-1])
        assert cache.size_bytes <= bound
    for no, log in logs.items():
        for at, (base, end, _) in enumerate(log):
            for offset in (base, end - 1):
                found = cache.get(no, offset, 1 << 20)
                assert found is None or found == [data for _, _, data in log[at:]]
