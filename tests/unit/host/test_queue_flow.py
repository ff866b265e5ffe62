"""A drawing with queues and exchanges in the host: what the broker is given, what a snapshot shows."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.broker import BrokerReader
from workbench.control import messages as m
from workbench.control.queues import ListQueues, PublishRecords
from workbench.core.records import Record
from workbench.core.snapshot import GroupStat, PartState, Snapshot
from workbench.flow import codec
from workbench.flow.document import FlowDocument, Link, Node
from workbench.host import LocalHost
from workbench.session.timeline import Timeline

TEMPLATE = '{"id": "{counter}", "customer": "C-{int 1 5}"}'


def saved(host: LocalHost, nodes: list[Node], links: list[Link]) -> str:
    return host.call(m.SaveFlow(codec.dumps(FlowDocument(nodes, links)))).text


def snapshot(host: LocalHost) -> Snapshot:
    return host.call(m.TakeSnapshot())


def routed(kind: str = "topic", key: str = "order.*", **exchange: object) -> tuple[list[Node], list[Link]]:
    nodes = [Node("p", "producer", "shop", params={"rate": 200.0, "routing_key": "order.new", "template": TEMPLATE}),
             Node("x", "exchange", "orders", params={"type": kind, **exchange}), Node("q", "queue", "work"),
             Node("g", "group", "packing", params={"members": 2, "process_ms": 20.0})]
    return nodes, [Link("px", "p", "x"), Link("xq", "x", "q", {"key": key}), Link("qg", "q", "g")]


def test_a_drawn_queue_takes_its_settings_and_their_changes(host: LocalHost):
    dead = Node("d", "queue", "work.dlq")

    def queue(**params: object) -> Node:
        return Node("q", "queue", "work", params=params)

    saved(host, [queue(max_deliveries=3), dead], [Link("qd", "q", "d")])
    work = next(info.meta for info in host.call(ListQueues()).queues if info.meta.name == "work")
    assert work.config == {"queue.max.deliveries": "3", "queue.dead.letter": "work.dlq"}
    assert saved(host, [queue(max_deliveries=5, ordered_groups=True), dead], []) == ""
    work = next(info.meta for info in host.call(ListQueues()).queues if info.meta.name == "work")
    assert work.config == {"queue.max.deliveries": "5", "queue.ordered.groups": "true"}


def test_a_snapshot_shows_queues_with_their_drawn_consumers_and_exchanges(host: LocalHost, watch):
    saved(host, *routed())
    pushes = watch(host)
    host.call(m.Subscribe(20))
    host.call(m.Run())

    def is_alive(push: m.Push) -> bool:
        seen = push.snapshot
        work = seen.queue("work") if seen is not None else None
        return bool(work and work.leases and work.counts.acked and seen.exchange("orders").routed)

    seen = pushes.wait_for(is_alive).snapshot
    work, packing = seen.queue("work"), seen.group("packing")
    assert {(one.consumer, one.node_id) for one in work.consumers} == {("packing-1", "g"), ("packing-2", "g")}
    assert {lease.consumer for lease in work.leases} <= {"packing-1", "packing-2"}
    assert all(lease.keyed and lease.until_ms > lease.leased_ms for lease in work.leases)
    assert (packing.state, [member.name for member in packing.members]) == ("Stable", ["packing-1", "packing-2"])
    assert seen.exchange("orders").type == "topic"
    host.call(m.Stop())
    outcome = host.call(m.GetOutcome())
    assert outcome.groups["packing"].consumed > 0 and outcome.produced["orders"] > 0


def as_told(seen: Snapshot) -> dict[str, tuple[object, ...]]:
    """What a snapshot says of groups, but for rates and ages, which go on."""
    return {
        group.name: (group.state, group.lag_records, {one.name: one.state for one in group.members})
        for group in seen.groups
    }


@pytest.fixture
def until(host: LocalHost, watch) -> Callable[[Callable[[], object]], None]:
    """Waits for what the host does by itself: looked at anew with each of its pushes, some twenty a second."""
    pushes = watch(host)
    host.call(m.Subscribe(20))

    def wait(fits: Callable[[], object], deadline_s: float = 20.0) -> None:
        ends = time.monotonic() + deadline_s
        while not fits():
            assert time.monotonic() < ends, "it did not come about"
            pushes.next()

    return wait


def test_a_group_by_leases_stands_in_the_past_as_it_did_live(host: LocalHost, path: Path, until):
    nodes, links = routed()
    nodes[0].params["limit"] = 300
    saved(host, nodes, links)
    host.call(m.Run())
    until(lambda: (of := snapshot(host).group("packing")) and of.rate and of.waiting and of.lag_ms)
    with BrokerReader(path) as reader:
        timeline = Timeline(reader)

        def past() -> Snapshot:
            return timeline.state_at(snapshot(host).at_ms)

        def agreed() -> GroupStat | None:
            """The group in the past, once the journal has come as far as live."""
            until(lambda: as_told(past()) == as_told(snapshot(host)))
            return past().group("packing")

        until(lambda: (of := past().group("packing")) and of.rate and of.waiting and of.lag_ms)
        host.call(m.ControlGroup("g", "pause"))
        until(lambda: snapshot(host).producer("p").state is PartState.DONE)
        paused = agreed()
        assert paused.paused and paused.waiting == snapshot(host).queue("work").counts.ready > 100
        host.call(m.ControlMember("g", "kill", "packing-1"))
        killed = {member.name: member.state for member in agreed().members}
        assert agreed().paused
        assert killed == {"packing-1": PartState.KILLED, "packing-2": PartState.PAUSED}
        host.call(m.ControlMember("g", "kill", "packing-2"))
        assert agreed().state == "Empty"
        at_ms = snapshot(host).at_ms
        until(lambda: reader.lags_before(at_ms + 60_000)[0].at_ms > at_ms)  # what waits goes on being sampled
        assert [(one.group, one.topic) for one in reader.lags_before(at_ms + 60_000)] == [("packing", "work")]
        host.call(m.Stop())
        assert agreed() is None


def test_exchanges_and_bindings_follow_the_drawing(host: LocalHost):
    def kinds() -> dict[str, str]:
        return {exchange.name: exchange.type for exchange in snapshot(host).exchanges}

    def taken(key: str) -> int:
        before = snapshot(host).queue("work").counts.messages
        host.call(PublishRecords("orders", key, (Record(b"k", b"v"),)))
        return snapshot(host).queue("work").counts.messages - before

    nodes, links = routed()
    assert saved(host, nodes, links) == "" and kinds() == {"orders": "topic"}
    assert (taken("order.new"), taken("refund.new")) == (1, 0)
    saved(host, *routed(key="refund.*"))
    assert (taken("order.new"), taken("refund.new")) == (0, 1)
    assert saved(host, *routed("fanout")) == "" and kinds() == {"orders": "fanout"}
    assert taken("anything") == 1
    saved(host, nodes, [link for link in links if link.id != "xq"])
    assert kinds() == {"orders": "topic"} and taken("order.new") == 0
    saved(host, [*nodes, Node("y", "exchange", "rest", params={"type": "fanout"})], [Link("yq", "y", "q")])
    changed = [Node("x", "exchange", "orders", params={"type": "topic", "alternate": "rest"}), nodes[2],
               Node("y", "exchange", "rest", params={"type": "fanout"})]
    assert saved(host, changed, [Link("yq", "y", "q")]) == "" and taken("nobody") == 1
    saved(host, [nodes[2]], [])
    assert kinds() == {}


def test_a_dead_letter_exchange_that_is_drawn_in_the_same_moment_is_there_when_the_queue_names_it(host: LocalHost):
    def config() -> dict[str, str]:
        return dict(next(info.meta for info in host.call(ListQueues()).queues if info.meta.name == "work").config)

    work, parked = Node("q", "queue", "work"), Node("d", "queue", "parked")
    saved(host, [work, parked], [])
    dead = Node("x", "exchange", "dead", params={"type": "topic"})
    links = [Link("qx", "q", "x", {"routing_key": "k"}), Link("xd", "x", "d", {"key": "a\nk"})]
    assert saved(host, [work, parked, dead], links) == ""
    assert config() == {"queue.dead.letter.exchange": "dead", "queue.dead.letter.routing.key": "k"}
    renamed = Node("x", "exchange", "lost", params={"type": "topic"})
    assert saved(host, [work, parked, renamed], links) == ""
    assert config()["queue.dead.letter.exchange"] == "lost"
    stats = {stat.name: stat for stat in snapshot(host).queues}
    assert (stats["parked"].takes_dead_letters, stats["work"].dead_letter_exchange) == (True, "lost")
    assert saved(host, [work, parked], [Link("qd", "q", "d")]) == ""
    assert config() == {"queue.dead.letter": "parked"}


def test_a_binding_key_that_is_taken_off_a_link_is_unbound(host: LocalHost):
    def takes(key: str) -> bool:
        (answer,) = host.call(PublishRecords("orders", key, (Record(b"k", b"v"),))).published
        return bool(answer.queues)

    saved(host, *routed(key="order.*\nrefund.*"))
    assert (takes("order.new"), takes("refund.new")) == (True, True)
    assert saved(host, *routed(key="refund.*")) == ""
    assert (takes("order.new"), takes("refund.new")) == (False, True)
