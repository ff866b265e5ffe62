"""Groups as the host shows them: how much of a lag in time is a person's wish."""

from __future__ import annotations

from workbench.broker import Broker
from workbench.core.clock import ManualClock
from workbench.core.records import Record, TopicPartition
from workbench.core.snapshot import RunState
from workbench.host.group_view import GroupView
from workbench.runtime.group import GroupRunStat


def test_a_group_that_runs_is_not_held_and_a_paused_run_holds_it(tmp_path):
    clock = ManualClock()
    with Broker.create(tmp_path / "work.flow", clock=clock) as broker:
        broker.create_topic("orders", 1)
        broker.append("orders", 0, [Record(None, b"x")]).result()
        broker.commit_offsets("billing", "", -1, {TopicPartition("orders", 0): (0, "")}).result()
        view = GroupView(broker, clock)
        running = [GroupRunStat("g", "billing", False)]

        def held(run: RunState) -> int:
            (stat,) = view.groups(running, (), run, {"billing"})
            return stat.held_ms

        held(RunState.RUNNING)
        clock.advance(8_000)
        assert held(RunState.RUNNING) == 0
        held(RunState.PAUSED)
        clock.advance(3_000)
        assert held(RunState.PAUSED) == 3_000
