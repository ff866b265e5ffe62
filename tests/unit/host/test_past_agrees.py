"""The past agrees with what was live: where a paused group stood, who was paused or killed, and their health."""

from __future__ import annotations

import time
from collections.abc import Callable

from tests.unit.host.test_telemetry import drawing
from workbench.broker import BrokerReader
from workbench.control import messages as m
from workbench.core.health import Condition, Threshold
from workbench.core.judgement import judged
from workbench.core.snapshot import GroupStat, PartState, Snapshot
from workbench.host import LocalHost
from workbench.session.timeline import Timeline

LIMITS = {"billing": Threshold()}
PATIENCE_S = 20.0


def until(host: LocalHost, holds: Callable[[Snapshot], bool]) -> Snapshot:
    """The first snapshot of which it holds."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        seen = host.call(m.TakeSnapshot())
        if holds(seen):
            return seen
    raise AssertionError("it never came to that")


def past_of(path, at_ms: int, holds: Callable[[GroupStat], bool]) -> GroupStat:
    """The group as the file tells it of that instant, once the journal has come so far."""
    end = time.monotonic() + PATIENCE_S
    with BrokerReader(path) as reader:
        while True:
            group = judged(Timeline(reader).state_at(at_ms), LIMITS).group("billing")
            if (group is not None and holds(group)) or time.monotonic() > end:
                return group


def rows(group: GroupStat) -> list[tuple]:
    return [(p.topic, p.partition, p.committed, p.position, p.end) for p in group.partitions]


def test_a_paused_group_stands_in_the_past_where_it_stood_live(host: LocalHost, path):
    host.call(m.SaveFlow(drawing(rate=2_000.0, members=2, process_ms=3.0)))
    host.call(m.Run())
    until(host, lambda s: any(p.committed for g in s.groups for p in g.partitions))
    host.call(m.Pause())
    before = until(host, lambda s: bool(s.groups) and all(x.state is PartState.PAUSED for x in s.groups[0].members))
    settled = until(host, lambda s: s.at_ms - before.at_ms > 1_500)
    live = settled.group("billing")
    assert live.health.condition is Condition.PAUSED and not settled.problems
    past = past_of(path, settled.at_ms, lambda g: rows(g) == rows(live))
    assert rows(past) == rows(live)
    assert [x.state for x in past.members] == [PartState.PAUSED, PartState.PAUSED]
    assert past.health.condition is Condition.PAUSED and not past.paused, "the flow was paused, not the group"


def test_killed_members_are_known_at_once_and_after_their_session(host: LocalHost, path):
    host.call(m.SaveFlow(drawing(rate=200.0, members=2, session_timeout_ms=600)))
    host.call(m.Run())
    until(host, lambda s: bool(s.groups) and s.groups[0].state == "Stable" and len(s.groups[0].members) == 2)
    for member in ("billing-1", "billing-2"):
        host.call(m.ControlMember("g", "kill", member))
    at_once = host.call(m.TakeSnapshot())
    assert at_once.group("billing").health.condition is Condition.KILLED
    assert at_once.problems[0].text.startswith("All 2 members of billing were killed.")
    assert at_once.problems[0].next_step == "Restart them."
    later = until(host, lambda s: s.group("billing").state == "Empty")
    assert "Nobody reads billing now" in later.group("billing").health.text
    past = past_of(path, later.at_ms + 200, lambda g: g.state == "Empty" and len(g.members) == 2)
    assert [x.state for x in past.members] == [PartState.KILLED, PartState.KILLED]
    assert past.health.condition is Condition.KILLED
    for member in ("billing-1", "billing-2"):
        host.call(m.ControlMember("g", "restart", member))
    back = until(host, lambda s: s.group("billing").state == "Stable"
                 and all(x.state is PartState.RUNNING for x in s.group("billing").members))
    past = past_of(path, back.at_ms + 200, lambda g: g.state == "Stable" and len(g.members) == 2)
    assert {x.state for x in past.members} == {PartState.RUNNING}
