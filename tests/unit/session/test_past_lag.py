"""Lag in time, in the past: samples are taken now and then, and what was read since is no lag."""

from __future__ import annotations

from workbench.broker import Broker, BrokerReader
from workbench.core.clock import ManualClock
from workbench.core.records import Record, TopicPartition
from workbench.session.timeline import Timeline

PART = TopicPartition("orders", 0)


def test_who_has_read_everything_has_no_age_left_from_the_last_sample(tmp_path):
    clock = ManualClock()
    with Broker.create(tmp_path / "work.flow", clock=clock, background=False) as broker:

        def pass_time(ms: int) -> int:
            broker.keep_house()
            clock.advance(ms)
            broker.keep_house()
            return clock.now_ms()

        broker.create_topic("orders", 1)
        broker.append("orders", 0, [Record(None, b"x")] * 5).result(0)
        broker.commit_offsets("billing", "", -1, {PART: (2, "")}).result(0)
        sampled_ms = pass_time(2_000)
        pass_time(100)
        broker.commit_offsets("billing", "", -1, {PART: (5, "")}).result(0)
        done_ms = pass_time(100)
        with BrokerReader(broker.path) as reader:
            timeline = Timeline(reader)

            def lag(ms: int) -> tuple[int, int | None]:
                (stat,) = timeline.state_at(ms).group("billing").partitions
                return stat.lag_records, stat.lag_ms

            assert reader.lags_before(done_ms)[0].lag_records == 3, "no newer sample yet"
            records, age_ms = lag(sampled_ms)
            assert records == 3 and age_ms
            assert lag(done_ms) == (0, 0)
