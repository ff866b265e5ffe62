"""Drawn queues and exchanges at work, on the embedded engine: every message gets where it should, and is counted."""

import asyncio
import json
from dataclasses import replace

import pytest
from virtual_time import in_virtual_time, until

from workbench.core.queues import MESSAGE_GROUP
from workbench.core.records import Record
from workbench.core.snapshot import PartState
from workbench.engines.embedded import EmbeddedEngine
from workbench.flow.document import FlowDocument, Link, Node
from workbench.flow.edits import set_param
from workbench.runtime import FlowRunner

TEMPLATE = '{"id": "{counter}", "customer": "C-{int 1 5}", "bad": "{choice true|false*9}"}'


@pytest.fixture
def play(tmp_path):
    def play(story, document, seed=7):
        async def tell(broker, clock):
            runner = FlowRunner(EmbeddedEngine(broker), clock=clock, seed=seed, journal=broker.journal,
                                background=False)
            await runner.apply(document)
            try:
                await asyncio.wait_for(story(runner, broker), 40)
            finally:
                await runner.stop()
            return runner.summary()

        return in_virtual_time(tell, tmp_path / "a.flow")

    return play


async def drain(runner, broker):
    await runner.run()
    await until(runner.drained)


def producer(count, **params):
    made = {"rate": 5000.0, "limit": count, "template": TEMPLATE, "linger_ms": 1.0}
    return Node("p", "producer", "checkout", params=made | params)


def work(count=60, queue=(), **group):
    nodes = [producer(count), Node("q", "queue", "work", params=dict(queue)),
             Node("g", "group", "billing", params=group)]
    return FlowDocument(nodes, [Link("pq", "p", "q"), Link("qg", "q", "g")])


def group_stat(runner):
    return runner.stats().groups[0]


def test_a_group_takes_from_each_of_the_queues_it_reads(play):
    nodes = [producer(30), producer(30), Node("a", "queue", "first"), Node("b", "queue", "second"),
             Node("g", "group", "billing", params={"members": 2})]
    nodes[1] = replace(nodes[1], id="p2", name="shop")
    links = [Link("1", "p", "a"), Link("2", "p2", "b"), Link("3", "a", "g"), Link("4", "b", "g")]

    async def story(runner, broker):
        await drain(runner, broker)
        assert {member.state for member in group_stat(runner).members} == {PartState.RUNNING}
        assert [broker.queues.counts(queue).acked for queue in ("first", "second")] == [30, 30]

    assert play(story, FlowDocument(nodes, links)).groups["billing"].consumed == 60


def test_competing_members_work_every_message_off_once(play):
    async def story(runner, broker):
        await drain(runner, broker)
        handled = [member.handled for member in group_stat(runner).members]
        assert sum(handled) == 60 and all(handled), handled
        assert broker.queues.counts("work").acked == 60

    summary = play(story, work(members=3, process_ms=2.0))
    billing = summary.groups["billing"]
    assert summary.produced == {"work": 60}
    assert (billing.consumed, billing.lag, billing.duplicates, billing.lost, billing.redelivered) == (60, 0, 0, 0, 0)


def test_links_say_what_moved_and_what_waits(play):
    async def story(runner, broker):
        await runner.run()
        moved = dict.fromkeys(("pq", "qg"), 0)

        def all_moved():
            for link in runner.stats().links:
                moved[link.link_id] = link.events
            return set(moved.values()) == {60}

        await until(all_moved)
        await until(lambda: runner.stats().groups[0].recent)
        assert {seen.state for seen in group_stat(runner).recent} <= {"worked", "at work"}
        assert group_stat(runner).queues == ("work",)

    play(story, work(process_ms=1.0))


def test_a_stream_is_read_by_a_group_and_as_a_queue_at_once(play):
    document = work(process_ms=0.5, members=2)
    log = Node("q", "topic", "work", params={"partitions": 3})
    nodes = [log if node.id == "q" else node for node in document.nodes]
    nodes.append(Node("l", "group", "packing", params={"reading": "leases", "members": 4, "process_ms": 0.5}))
    document = FlowDocument(nodes, [*document.links, Link("ql", "q", "l")])

    async def story(runner, broker):
        await drain(runner, broker)
        assert sum(broker.committed("billing")[place].offset for place in broker.committed("billing")) == 60
        assert broker.queues.counts("work:packing").acked == 60

    summary = play(story, document)
    assert {name: group.consumed for name, group in summary.groups.items()} == {"billing": 60, "packing": 60}


def poison(queue=(), **group):
    document = work(30, {"max_deliveries": 3, **dict(queue)}, fail_if="value.bad", process_ms=0.5, **group)
    nodes = [*document.nodes, Node("d", "queue", "work.dlq")]
    return FlowDocument(nodes, [*document.links, Link("qd", "q", "d")])


def test_a_poison_message_ends_in_the_dead_letters_after_its_attempts(play):
    async def story(runner, broker):
        moved = 0

        def all_moved():
            nonlocal moved
            moved = sum(link.events for link in runner.stats().links if link.link_id == "qd")
            return runner.drained() and moved == broker.queues.counts("work").dead_lettered

        await runner.run()
        await until(all_moved)
        dead = broker.queues.peek("work.dlq")
        assert dead and all(json.loads(message.record.value)["bad"] for message in dead)
        deaths = {(death.queue, death.reason.value, death.text) for message in dead for death in message.deaths}
        assert deaths == {("work", "delivery_limit", "It fails by «Fail if».")}
        assert broker.queues.counts("work").received == 30 + 2 * len(dead)

    billing = play(story, poison()).groups["billing"]
    assert billing.dead_lettered > 0 and billing.consumed == 30 - billing.dead_lettered
    assert (billing.redelivered, billing.lost, billing.lag) == (2 * billing.dead_lettered, 0, 0)


def test_a_rejected_message_dies_at_once(play):
    async def story(runner, broker):
        await drain(runner, broker)
        assert broker.queues.counts("work").received == 30

    billing = play(story, poison(on_failure="reject")).groups["billing"]
    assert billing.dead_lettered > 0 == billing.redelivered


def test_a_failed_message_may_be_left_to_its_lease(play):
    async def story(runner, broker):
        await drain(runner, broker)
        assert broker.queues.counts("work").returned == 3 * broker.queues.counts("work.dlq").ready

    assert play(story, poison({"visibility_ms": 50}, on_failure="expire")).groups["billing"].dead_lettered > 0


def test_a_subscription_sends_what_it_gives_up_to_the_groups_dead_letters(play):
    group = {"reading": "leases", "fail_if": "value.bad", "max_retries": 1}
    nodes = [producer(30), Node("t", "topic", "orders"), Node("g", "group", "billing", params=group),
             Node("d", "dead_letters", "dlt")]
    links = [Link("pt", "p", "t"), Link("tg", "t", "g"), Link("gd", "g", "d")]

    async def story(runner, broker):
        await drain(runner, broker)
        (bounds,) = broker.bounds("dlt")
        assert bounds.end == broker.queues.counts("orders:billing").dead_lettered > 0

    billing = play(story, FlowDocument(nodes, links)).groups["billing"]
    assert billing.redelivered == billing.dead_lettered > 0


def test_ordered_message_groups_hold_with_many_members_and_failures(play):
    group = {"members": 4, "process_ms": 1.0, "process_spread": 1.0, "failure_rate": 0.2}

    async def story(runner, broker):
        await drain(runner, broker)

    ordered = play(story, work(120, {"ordered_groups": True}, **group)).groups["billing"]
    assert (ordered.consumed, ordered.order_violations) == (120, 0) and ordered.redelivered > 0


def test_without_ordered_groups_competing_members_break_the_order_and_it_is_counted(play):
    group = {"members": 4, "process_ms": 1.0, "process_spread": 1.0, "failure_rate": 0.2}

    async def story(runner, broker):
        await drain(runner, broker)

    assert play(story, work(120, **group)).groups["billing"].order_violations > 0


def test_the_message_group_of_a_header_counts_before_the_key(play):
    document = FlowDocument([Node("q", "queue", "work", params={"ordered_groups": True}),
                             Node("g", "group", "billing", params={"members": 3, "process_ms": 20.0})],
                            [Link("qg", "q", "g")])

    async def story(runner, broker):
        headers = ((MESSAGE_GROUP, b"one"),)
        records = [Record(f"k{n}".encode(), b"{}", headers) for n in range(12)]
        broker.append("work", 0, records).result()
        await runner.run()
        seen = 0

        def worked():
            nonlocal seen
            seen = max(seen, broker.queues.counts("work").in_flight)
            return broker.queues.counts("work").acked == 12

        await until(worked)
        assert seen == 1, "one message of a group at a time"

    assert play(story, document).groups["billing"].order_violations == 0


def test_a_drawn_producer_asks_for_each_message_on_its_own(play):
    headers = {"workbench.priority": "{choice 9|0*3}", "workbench.group": "{ref customer}", "of": "event {ref id}"}
    queue = Node("q", "queue", "work", params={"max_priority": 9})
    document = FlowDocument([producer(80, headers=json.dumps(headers), key="id"), queue], [Link("pq", "p", "q")])

    async def story(runner, broker):
        await runner.run()
        await until(lambda: broker.queues.counts("work").ready == 80)
        for message in broker.queues.peek("work", limit=100):
            event = json.loads(message.record.value)
            assert message.group == event["customer"] != message.record.key
            assert dict(message.record.headers)["of"] == f"event {event['id']}".encode()
        handed_out = broker.queues.receive("work", "c", 80)
        priorities = [dict(one.record.headers)["workbench.priority"] for one in handed_out]
        assert set(priorities) == {b"9", b"0"} and priorities == sorted(priorities, reverse=True)

    play(story, document)


def test_a_killed_member_gives_back_what_it_held_and_a_restarted_one_goes_on(play):
    async def story(runner, broker):
        await runner.run()
        await until(lambda: broker.queues.counts("work").in_flight == 10)
        await runner.control_member("g", "kill", "billing-1")
        counts = broker.queues.counts("work")
        assert counts.in_flight == 0 and counts.ready > 0
        assert group_stat(runner).members[0].state is PartState.KILLED
        await runner.control_member("g", "restart", "billing-1")
        await until(runner.drained)

    billing = play(story, work(30, process_ms=20.0)).groups["billing"]
    assert billing.consumed == 30 and billing.redelivered >= 1 and billing.lost == 0


def test_where_nobody_holds_a_connection_the_leases_of_a_killed_member_have_to_run_out(play):
    async def story(runner, broker):
        await runner.run()
        await until(lambda: broker.queues.counts("work").in_flight == 10)
        await runner.control_member("g", "kill", "billing-1")
        assert broker.queues.counts("work").in_flight == 10

    play(story, work(30, {"profile": "sqs"}, process_ms=20.0))


def test_messages_acknowledged_as_they_are_handed_out_are_lost_with_a_killed_member(play):
    async def story(runner, broker):
        await runner.run()
        await until(lambda: broker.queues.counts("work").acked >= 10)
        await runner.control_member("g", "kill", "billing-1")

    billing = play(story, work(10, process_ms=200.0, ack="auto")).groups["billing"]
    assert billing.lost >= 8 and billing.lost + billing.consumed == 10


def test_what_is_never_acknowledged_comes_back(play):
    async def story(runner, broker):
        await runner.run()
        await until(lambda: broker.queues.counts("work").redelivered >= 5)
        assert broker.queues.counts("work").acked == 0

    assert play(story, work(5, {"visibility_ms": 50}, ack="none")).groups["billing"].duplicates >= 1


def test_prefetch_is_what_a_member_holds(play):
    async def story(runner, broker):
        await runner.run()
        await until(lambda: broker.queues.counts("work").in_flight == 6)
        await runner.pause()
        assert [c.in_flight for c in broker.queues.stats()[0].consumers] == [3, 3]

    play(story, work(40, members=2, prefetch=3, process_ms=1000.0))


def test_an_exclusive_queue_takes_one_member_and_the_other_says_why(play):
    async def story(runner, broker):
        await runner.run()
        await until(lambda: any(m.state is PartState.FAILED for m in group_stat(runner).members))
        failed = next(m for m in group_stat(runner).members if m.state is PartState.FAILED)
        assert "has this queue for itself" in failed.reason

    play(story, work(5, {"type": "exclusive"}, members=2))


def test_a_pause_holds_and_members_may_be_more_meanwhile(play):
    document = work(2000, process_ms=1.0)

    async def story(runner, broker):
        await runner.run()
        await until(lambda: group_stat(runner).handled > 5)
        await runner.control_group("g", "pause")
        await until(lambda: group_stat(runner).members[0].state is PartState.PAUSED)
        held = group_stat(runner).handled
        await runner.control_group("g", "resume")
        set_param(document, "g", "members", 3).apply(document)
        await runner.apply(document)
        await until(lambda: len(group_stat(runner).members) == 3 and group_stat(runner).handled > held + 5)

    play(story, document)


def test_stop_gives_back_what_was_not_worked(play):
    async def story(runner, broker):
        await runner.run()
        await until(lambda: broker.queues.counts("work").in_flight == 10)
        await runner.stop()
        counts = broker.queues.counts("work")
        assert counts.in_flight == 0 and counts.ready + counts.acked == 20

    play(story, work(20, process_ms=300.0))


def test_members_that_stop_together_hand_nothing_to_one_another(play):
    async def story(runner, broker):
        await runner.run()
        await until(lambda: broker.queues.counts("work").received == 60)
        await runner.stop()
        assert {message.attempts for message in broker.queues.peek("work")} <= {0, 1}

    billing = play(story, work(60, {"max_deliveries": 2}, members=5, prefetch=40, process_ms=500.0)).groups["billing"]
    assert billing.dead_lettered == billing.redelivered == 0


# -- exchanges ---------------------------------------------------------------------------------------------
def fanned():
    nodes = [producer(40, routing_key="order.{bad}"), Node("x", "exchange", "orders", params={"type": "topic"}),
             Node("y", "exchange", "audit", params={"type": "fanout"}), Node("a", "queue", "all"),
             Node("b", "queue", "bad"), Node("g", "group", "billing")]
    links = [Link("px", "p", "x"), Link("xy", "x", "y", {"key": "#"}), Link("ya", "y", "a"),
             Link("xb", "x", "b", {"key": "order.true"}), Link("ag", "a", "g")]
    return FlowDocument(nodes, links)


def test_an_exchange_routes_along_the_drawn_bindings_and_their_links_say_so(play):
    moved = {}

    async def story(runner, broker):
        await runner.run()

        def all_moved():
            for link in runner.stats().links:
                moved[link.link_id] = link.events
            return moved["ag"] == 40

        await until(all_moved)
        bad = broker.queues.peek("bad")
        assert bad and all(json.loads(message.record.value)["bad"] for message in bad)
        assert moved == {"px": 40, "xy": 40, "ya": 40, "ag": 40, "xb": len(bad)}

    assert play(story, fanned()).produced == {"orders": 40}


def test_what_nobody_is_bound_for_comes_back_when_asked(play):
    nodes = [producer(8, routing_key="nobody", mandatory=True), Node("x", "exchange", "orders"),
             Node("q", "queue", "w")]
    document = FlowDocument(nodes, [Link("px", "p", "x"), Link("xq", "x", "q", {"key": "somebody"})])

    async def story(runner, broker):
        await drain(runner, broker)
        (stat,) = [stat for stat in broker.exchanges.stats() if stat.name == "orders"]
        assert (stat.unroutable, stat.returned) == (8, 8)

    summary = play(story, document)
    assert summary.failed == 8 and summary.problems


def test_what_is_forwarded_straight_to_a_queue_does_not_claim_to_come_by_the_exchange_it_came_by_before(play):
    nodes = [producer(6, routing_key="order.new"), Node("x", "exchange", "orders", params={"type": "fanout"}),
             Node("q", "queue", "in"), Node("g", "forward", "pass"), Node("o", "queue", "out")]
    links = [Link("1", "p", "x"), Link("2", "x", "q"), Link("3", "q", "g"), Link("4", "g", "o")]

    async def story(runner, broker):
        await runner.run()
        await until(lambda: broker.queues.counts("out").ready == 6)
        assert {(message.exchange, message.routing_key) for message in broker.queues.peek("out")} == {(None, None)}

    play(story, FlowDocument(nodes, links))


def test_a_group_forwards_to_an_exchange_and_acknowledges_what_was_taken(play):
    nodes = [producer(20), Node("q", "queue", "in"), Node("x", "exchange", "out", params={"type": "topic"}),
             Node("o", "queue", "good"),
             Node("g", "forward", "sort", params={"filter": "!value.bad", "routing_key": "bad.{bad}"})]
    links = [Link("pq", "p", "q"), Link("qg", "q", "g"), Link("gx", "g", "x"),
             Link("xo", "x", "o", {"key": "bad.false"})]

    async def story(runner, broker):
        await drain(runner, broker)
        values = [json.loads(message.record.value)["bad"] for message in broker.queues.peek("good")]
        assert values and not any(values)
        assert broker.queues.counts("in").acked == 20

    play(story, FlowDocument(nodes, links))


def test_what_cannot_be_made_is_said(play):
    nodes = [Node("t", "topic", "orders")]

    async def story(runner, broker):
        parts = [Node("q", "queue", "orders"), Node("x", "exchange", "up", params={"type": "topic"}),
                 Node("o", "queue", "w")]
        await runner.apply(FlowDocument(parts, [Link("xo", "x", "o", {"key": "a"})]))
        assert "orders is there already, as a topic" in runner.summary().problems[0]
        await runner.apply(FlowDocument([Node("x", "exchange", "up", params={"type": "fanout"})]))
        assert "up" in runner.summary().problems[0] and len(runner.summary().problems) == 1

    play(story, FlowDocument(nodes))


def test_a_full_queue_that_refuses_is_said_by_its_producer(play):
    nodes = [producer(30, batch_bytes=200), Node("q", "queue", "w", params={"max_length": 5, "overflow": "refuse"})]

    async def story(runner, broker):
        await runner.run()
        await until(lambda: runner.stats().producers[0].state is PartState.DONE)

    summary = play(story, FlowDocument(nodes, [Link("pq", "p", "q")]))
    assert summary.failed > 0 and "full" in " ".join(summary.problems)


def test_a_poison_event_read_by_offsets_goes_to_the_dead_letters(play):
    nodes = [producer(30), Node("t", "topic", "orders"), Node("g", "group", "billing", params={"fail_if": "value.bad"}),
             Node("d", "dead_letters", "dlt")]
    links = [Link("pt", "p", "t"), Link("tg", "t", "g"), Link("gd", "g", "d")]

    async def story(runner, broker):
        await drain(runner, broker)

    billing = play(story, FlowDocument(nodes, links)).groups["billing"]
    assert (billing.consumed, billing.lost) == (30, 0) and 0 < billing.dead_lettered < 30


def test_dead_letters_move_along_the_links_to_their_exchange_and_behind_it(play):
    """A rejected message goes to both queues bound for its key, and to the alternate what no binding takes."""
    nodes = [producer(40, routing_key="order.{bad}"), Node("in", "exchange", "orders", params={"type": "fanout"}),
             Node("q", "queue", "work"),
             Node("g", "group", "billing", params={"fail_if": "true", "on_failure": "reject"}),
             Node("x", "exchange", "dead", params={"type": "topic"}), Node("a", "queue", "audit"),
             Node("b", "queue", "bad"), Node("y", "exchange", "else", params={"type": "fanout"}),
             Node("r", "queue", "rest")]
    links = [Link("p-in", "p", "in"), Link("in-q", "in", "q"), Link("qg", "q", "g"), Link("qx", "q", "x"),
             Link("xa", "x", "a", {"key": "*.true\n*.nothing"}), Link("xb", "x", "b", {"key": "order.true"}),
             Link("xy", "x", "y", {"carries": "unrouted"}), Link("yr", "y", "r")]

    async def story(runner, broker):
        moved = dict.fromkeys((link.id for link in links), 0)

        def settled():
            for link in runner.stats().links:
                moved[link.link_id] = link.events
            return runner.drained() and moved["qx"] == 40 and moved["yr"]

        await runner.run()
        await until(settled)
        waiting = {queue: broker.queues.counts(queue).ready for queue in ("audit", "bad", "rest")}
        assert waiting["audit"] == waiting["bad"] > 0 and waiting["rest"] + waiting["bad"] == 40
        assert moved == {"p-in": 40, "in-q": 40, "qg": 40, "qx": 40, "xa": waiting["audit"], "xb": waiting["bad"],
                         "xy": waiting["rest"], "yr": waiting["rest"]}
        assert [(b.destination, b.key) for b in broker.exchanges.bindings("dead")] == [
            ("audit", "*.true"), ("audit", "*.nothing"), ("bad", "order.true")]
        assert {death.exchange for death in broker.queues.peek("bad")[0].deaths} == {"orders"}

    play(story, FlowDocument(nodes, links))
