"""The live state: what a snapshot holds while a flow runs, who gets it, and what it costs."""

from __future__ import annotations

import time

import pytest

from workbench.control import messages as m
from workbench.core.offsets import ResetSpec
from workbench.core.records import Record
from workbench.flow import codec
from workbench.flow.document import FlowDocument, Link, Node
from workbench.host import LocalHost


def drawing(rate: float = 400.0, **group: object) -> str:
    return codec.dumps(FlowDocument(
        [
            Node("t", "topic", "orders", params={"partitions": 2}),
            Node("p", "producer", "shop", params={"rate": rate}),
            Node("g", "group", "billing", params=group),
        ],
        [Link("l1", "p", "t"), Link("l2", "t", "g")],
    ))


def test_a_running_flow_is_seen_whole(host: LocalHost, watch):
    host.call(m.SaveFlow(drawing(members=2)))
    pushes = watch(host)
    host.call(m.Subscribe(20))
    host.call(m.Run())

    def is_alive(push: m.Push) -> bool:
        seen = push.snapshot
        if seen is None or not seen.groups or not seen.producers:
            return False
        reads = [link for link in seen.links if link.link_id == "l2"]
        billing = seen.groups[0]
        return bool(reads and reads[0].events and billing.rate > 0 and billing.recent and seen.producers[0].sent)

    seen = pushes.wait_for(is_alive).snapshot
    (topic,), (billing,), (shop,) = seen.topics, seen.groups, seen.producers
    assert topic.rate_in > 0 and seen.host.rate_in > 0 and seen.host.rate_out > 0
    assert [member.name for member in billing.members] == ["billing-1", "billing-2"]
    assert {place for member in billing.members for place in member.partitions} <= {("orders", 0), ("orders", 1)}
    assert all(p.position is None or p.position <= p.end for p in billing.partitions)
    assert shop.topic == "orders" and seen.host.pid


def test_a_slow_group_becomes_a_problem_and_its_link_waits(host: LocalHost, watch):
    host.call(m.SaveFlow(drawing(rate=500.0, members=1, process_ms=50.0, lag_threshold_records=100)))
    pushes = watch(host)
    host.call(m.Subscribe(20))
    host.call(m.Run())
    seen = pushes.wait_for(lambda push: push.snapshot is not None and push.snapshot.problems).snapshot
    assert seen.problems[0].subject == "group:billing" and "billing" in seen.problems[0].text
    pushes.wait_for(lambda push: push.snapshot is not None and push.snapshot.groups
                    and push.snapshot.groups[0].trend > 50)
    waiting = pushes.wait_for(lambda push: push.snapshot is not None
                              and any(link.waiting > 50 for link in push.snapshot.links)).snapshot
    assert [(link.link_id, link.threshold) for link in waiting.links if link.waiting] == [("l2", 100)]


def test_an_outside_group_has_a_rate_from_its_commits(host: LocalHost, watch):
    host.call(m.CreateTopic("t"))
    host.call(m.AppendRecords("t", tuple(Record(None, b"x") for _ in range(500)), 0))
    host.call(m.ApplyReset("g", ResetSpec("earliest"), "t"))
    pushes = watch(host)
    host.call(m.Subscribe(20))
    pushes.wait_for(lambda push: push.snapshot is not None and push.snapshot.groups)
    host.call(m.ApplyReset("g", ResetSpec("offset", 400), "t"))
    seen = pushes.wait_for(lambda push: push.snapshot is not None and push.snapshot.group("g").rate > 10).snapshot
    assert seen.group("g").trend < 0 and seen.group("g").lag_records == 100


@pytest.mark.parametrize("hz", [1.0, 10.0])
def test_no_more_snapshots_than_asked_for(host: LocalHost, watch, hz: float):
    pushes = watch(host)
    host.call(m.Subscribe(hz))
    began = time.monotonic()
    third = pushes.wait_for(lambda push: push.snapshot is not None and push.snapshot.seq >= 3)
    assert third.snapshot.seq == 3
    assert time.monotonic() - began >= 2 / hz * 0.9


def test_nothing_is_built_while_nobody_is_subscribed(host: LocalHost):
    assert host.call(m.TakeSnapshot()).seq == 1
    host.call(m.Status())
    assert host.call(m.TakeSnapshot()).seq == 2
