"""The log against a list: whatever is appended, removed, looked up and reopened, both agree."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from workbench.broker import Broker, BrokerReader, decode_batch
from workbench.core.clock import ManualClock
from workbench.core.errors import OutOfRange
from workbench.core.records import Record

STAMPS = st.lists(st.integers(0, 60), min_size=1, max_size=7)


class LogModel(RuleBasedStateMachine):
    """``records`` maps every kept offset to (value, timestamp); ``batches`` are (base, end, newest timestamp)."""

    @initialize(cache=st.sampled_from([0, 300, 1 << 20]))
    def open(self, cache: int) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.path = self.folder / "m.flow"
        self.clock = ManualClock(0)
        self.cache = cache
        Broker.create(self.path, clock=self.clock, background=False).close()
        self.broker = Broker(self.path, clock=self.clock, background=False, cache_bytes=cache)
        self.reader = BrokerReader(self.path)
        self.broker.create_topic("t", 1)
        self.records: dict[int, tuple[bytes, int]] = {}
        self.batches: list[tuple[int, int, int]] = []
        self.start = self.end = 0

    def teardown(self) -> None:
        if hasattr(self, "broker"):
            self.reader.close()
            self.broker.close()
            shutil.rmtree(self.folder)

    @rule(stamps=STAMPS, codec=st.sampled_from(["none", "snappy"]))
    def append(self, stamps: list[int], codec: str) -> None:
        values = [b"%d" % (self.end + at) for at in range(len(stamps))]
        records = [Record(b"k", value, timestamp_ms=stamp) for value, stamp in zip(values, stamps, strict=True)]
        answer = self.broker.append("t", 0, records, compression=codec).result()
        assert (answer.base_offset, answer.count) == (self.end, len(stamps))
        self.records |= {self.end + at: pair for at, pair in enumerate(zip(values, stamps, strict=True))}
        self.batches.append((self.end, self.end + len(stamps), max(stamps)))
        self.end += len(stamps)

    @rule(share=st.floats(0, 1))
    def delete_records(self, share: float) -> None:
        target = int(self.end * share)
        self._move_start(max(self.start, target))
        assert self.broker.delete_records("t", 0, target) == self.start

    @rule(ms=st.integers(0, 30))
    def let_time_pass(self, ms: int) -> None:
        self.clock.advance(ms)

    @rule(keep_ms=st.none() | st.integers(0, 40))
    def keep_house(self, keep_ms: int | None) -> None:
        self.broker.alter_topic("t", config={"retention.ms": None if keep_ms is None else str(keep_ms)})
        for _, end, newest in [] if keep_ms is None else self.batches:
            if end > self.start:
                if newest >= self.clock.now_ms() - keep_ms:
                    break
                self._move_start(end)
        self.broker.keep_house()

    @rule()
    def reopen(self) -> None:
        self.broker.close()
        self.broker = Broker(self.path, clock=self.clock, background=False, cache_bytes=self.cache)

    @rule(share=st.floats(-0.1, 1.1), limit=st.integers(1, 30))
    def read(self, share: float, limit: int) -> None:
        offset = int(self.end * share)
        wanted = [n for n in range(max(offset, self.start), self.end)][:limit]
        found = self.reader.read("t", 0, offset, limit)
        assert [(r.offset, r.value, r.timestamp_ms) for r in found] == [(n, *self.records[n]) for n in wanted]

    @rule(share=st.floats(-0.1, 1.1), max_bytes=st.integers(1, 3000))
    def fetch(self, share: float, max_bytes: int) -> None:
        offset = int(self.end * share)
        if not self.start <= offset <= self.end:
            with pytest.raises(OutOfRange):
                self.broker.fetch("t", 0, offset, max_bytes)
            return
        batches = self.broker.fetch("t", 0, offset, max_bytes)
        found = [r for batch in batches for r in decode_batch(batch, "t", 0) if r.offset >= offset]
        assert [r.value for r in found] == [self.records[offset + at][0] for at in range(len(found))]
        assert bool(found) == (offset < self.end)
        assert len(batches) <= 1 or sum(len(batch) for batch in batches) <= max_bytes

    @rule(ms=st.integers(-1, 62))
    def look_up_time(self, ms: int) -> None:
        expected = next((n for n in range(self.start, self.end) if self.records[n][1] >= ms), None)
        assert self.broker.offset_for_time("t", 0, ms) == expected
        assert self.reader.offset_for_time("t", 0, ms) == expected

    @invariant()
    def bounds_agree(self) -> None:
        for bounds in (self.broker.bounds("t")[0], self.reader.bounds("t")[0]):
            assert (bounds.log_start, bounds.end) == (self.start, self.end)

    def _move_start(self, to: int) -> None:
        self.start = to
        self.batches = [batch for batch in self.batches if batch[1] > to]


TestLogModel = LogModel.TestCase
TestLogModel.settings = settings(
    max_examples=30, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
