"""A drawing at work on a broker without threads: what is produced arrives, and every act does what it says."""

import asyncio
import json
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from virtual_time import in_virtual_time, until

from workbench.broker import Broker, BrokerReader
from workbench.broker.groups.membership import GroupState
from workbench.core.errors import Invalid, Refused
from workbench.core.offsets import ResetSpec
from workbench.core.snapshot import PartState, RunState
from workbench.engines.embedded import EmbeddedEngine
from workbench.flow.document import FlowDocument, Link, Node
from workbench.flow.edits import AddLink, AddNode, RemoveNode, set_param
from workbench.flow.samples import load_sample
from workbench.runtime import FlowRunner

TEMPLATE = '{"id": "{counter}", "customer": "C-{int 1 9}"}'


def drawing(count=40, more=(), links=(), **group):
    made = {"rate": 5000.0, "limit": count, "template": TEMPLATE, "linger_ms": 1.0}
    nodes = [
        Node("p", "producer", "checkout", params=made),
        Node("t", "topic", "orders", params={"partitions": 3}),
        Node("g", "group", "billing", params={"auto_commit_ms": 20, **group}),
        *more,
    ]
    return FlowDocument(nodes, [Link("pt", "p", "t"), Link("tg", "t", "g"), *links])


class Left:
    """What a run left behind: records by topic, and what the group had committed."""

    def __init__(self, broker: Broker) -> None:
        with BrokerReader(broker.path) as reader:
            self.values = {
                topic.name: [record for bounds in reader.bounds(topic.name)
                             for record in reader.read(topic.name, bounds.partition, 0, 10_000)]
                for topic in reader.topics()
            }
        self.committed = {part: done.offset for part, done in broker.committed("billing").items()}


def play(story, document, **options):
    async def at_work(broker, clock):
        entries = []
        runner = FlowRunner(EmbeddedEngine(broker), clock=clock, seed=7, journal=entries.append, background=False,
                            **options)
        await runner.apply(document)
        try:
            await asyncio.wait_for(story(runner, broker, document), 30)
        finally:
            await runner.stop()
        return runner, Left(broker), entries

    with tempfile.TemporaryDirectory() as folder:
        return in_virtual_time(at_work, Path(folder) / "work.flow")


async def drain(runner, broker=None, document=None):
    await runner.run()
    await until(runner.drained)


def group_stat(runner):
    return runner.stats().groups[0]


def test_everything_produced_is_consumed_once_in_order():
    runner, left, entries = play(drain, drawing(members=2))
    summary = runner.summary()
    billing = summary.groups["billing"]
    assert summary.produced == {"orders": 40}
    assert (billing.consumed, billing.lag, billing.lost) == (40, 0, 0)
    assert (billing.order_violations, billing.duplicates) == (0, 0)
    assert sum(left.committed.values()) == 40
    assert [e.act for e in entries if e.kind == "run"] == ["started", "stopped"]
    assert any(e.kind == "producer" and e.act == "done" for e in entries)


def test_a_seed_gives_the_same_events():
    def events():
        _, left, _ = play(drain, drawing())
        return sorted((r.partition, r.offset, r.key, r.value) for r in left.values["orders"])

    assert events() == events()


def test_forwarding_filters_and_maps():
    document = drawing(
        20, [Node("o", "topic", "out", params={"partitions": 1})], [Link("go", "g", "o")],
        filter="value.id <= 5", map='{"order": value.id}', map_key='"K-" + string(value.id)',
    )
    runner, left, _ = play(drain, document)
    found = {r.key: json.loads(r.value) for r in left.values["out"]}
    assert found == {f"K-{i}".encode(): {"order": i} for i in range(1, 6)}
    assert runner.summary().produced == {"orders": 20, "out": 5}


def test_failed_events_go_to_the_dead_letters_with_their_origin():
    document = drawing(30, [Node("d", "dead_letters", "dlq")], [Link("gd", "g", "d")], failure_rate=1.0)
    runner, left, _ = play(drain, document)
    dead = left.values["dlq"]
    headers = dict(dead[0].headers)
    assert len(dead) == 30 and runner.summary().groups["billing"].dead_lettered == 30
    assert (headers["x-origin-topic"], headers["x-attempts"]) == (b"orders", b"3")
    assert runner.summary().groups["billing"].lost == 0


def test_failed_events_without_dead_letters_are_counted_as_lost():
    runner, _, _ = play(drain, drawing(30, failure_rate=1.0))
    assert runner.summary().groups["billing"].lost == 30


def test_an_expression_that_fails_tells_its_reason():
    document = drawing(
        3, [Node("o", "topic", "out"), Node("d", "dead_letters", "dlq")], [Link("go", "g", "o"), Link("gd", "g", "d")],
        map="value.nope",
    )
    _, left, _ = play(drain, document)
    headers = dict(left.values["dlq"][0].headers)
    assert headers["x-reason"].decode() == "«Forward as»: the record has no «nope»."


@pytest.mark.parametrize(("commit", "duplicates", "lost"), [("after", True, False), ("before", False, True)])
def test_a_killed_member_shows_what_its_commit_mode_costs(commit, duplicates, lost):
    async def story(runner, broker, document):
        await runner.run()
        await until(lambda: group_stat(runner).handled >= 20)
        await until(lambda: telling in {seen.state for seen in group_stat(runner).recent})
        await runner.control_member("g", "kill", "billing-1")
        assert group_stat(runner).members[0].state is PartState.KILLED
        await runner.control_member("g", "restart", "billing-1")
        await runner.set_speed(100)
        await until(runner.drained)

    telling = "worked" if duplicates else "at work"  # with a commit still to come, or done too early
    document = drawing(400, process_ms=2.0, commit=commit, auto_commit_ms=60_000 if duplicates else 20,
                       session_timeout_ms=100)
    runner, _, entries = play(story, document)
    billing = runner.summary().groups["billing"]
    assert (billing.duplicates > 0, billing.lost > 0) == (duplicates, lost)
    assert billing.consumed - billing.duplicates + billing.lost == 400
    assert [e.act for e in entries if e.kind == "member"] == ["killed", "restarted"]


def test_pause_holds_and_step_goes_on_by_one():
    async def story(runner, broker, document):
        await runner.run()
        await until(lambda: group_stat(runner).members and group_stat(runner).members[0].partitions)
        await runner.pause()
        assert runner.stats().run is RunState.PAUSED
        await until(lambda: runner.stats().producers[0].batch is None)
        before = runner.stats().producers[0].sent
        await runner.step()
        await until(lambda: runner.stats().producers[0].sent == before + 1)
        await runner.run()
        with pytest.raises(Refused):
            await runner.step()

    play(story, drawing(100_000))


def test_a_live_drawing_is_followed():
    async def story(runner, broker, document):
        await runner.run()
        await until(lambda: group_stat(runner).handled > 10)
        set_param(document, "g", "members", 3).apply(document)
        AddNode(Node("g2", "group", "shipping")).apply(document)
        AddLink(Link("tg2", "t", "g2")).apply(document)
        set_param(document, "p", "rate", 100.0).apply(document)
        await runner.apply(document)
        await until(lambda: len(group_stat(runner).members) == 3)
        await until(lambda: sum(len(m.partitions) for m in group_stat(runner).members) == 3)
        await until(lambda: runner.stats().groups[1].handled > 10)
        assert runner.stats().producers[0].target_rate == 100.0
        RemoveNode("g2").apply(document)
        await runner.apply(document)
        assert [g.group for g in runner.stats().groups] == ["billing"]

    play(story, drawing(1_000_000))


def test_seek_reads_again_and_says_so():
    async def story(runner, broker, document):
        await drain(runner)
        before = next(li for li in runner.stats().links if li.link_id == "tg")
        await runner.seek_member("g", "orders", 0, 0)
        await until(lambda: runner.summary().groups["billing"].duplicates > 0)
        link = next(li for li in runner.stats().links if li.link_id == "tg")
        assert link.again - before.again == link.events - before.events > 0
        assert 0 < len(link.sample) <= 24

    play(story, drawing(200))


def test_a_released_group_can_be_reset_and_reads_again():
    async def story(runner, broker, document):
        await drain(runner)
        assert await runner.release_group("billing") == 2
        broker.apply_reset("billing", ResetSpec("earliest"))
        await runner.rejoin_group("billing")
        await until(lambda: runner.summary().groups["billing"].duplicates == 40)

    play(story, drawing(members=2))


def test_parts_that_cannot_work_say_why_and_the_others_run():
    document = drawing()
    AddNode(Node("bad", "producer", "bad", params={"template": "{"})).apply(document)
    AddLink(Link("bt", "bad", "t")).apply(document)
    AddNode(Node("alone", "group", "alone")).apply(document)
    AddNode(Node("gone", "file", "gone", params={"path": "/does/not/exist"})).apply(document)
    AddLink(Link("gt", "gone", "t")).apply(document)
    AddNode(Node("unlinked", "file", "unlinked")).apply(document)

    async def story(runner, broker, document):
        await drain(runner)
        states = {p.node_id: (p.state, p.reason) for p in runner.stats().producers}
        assert states["bad"][0] is PartState.FAILED and "line 1, column 2" in states["bad"][1]
        assert "is not there" in states["gone"][1]
        assert states["unlinked"][0] is PartState.IDLE and "feeds no topic yet" in states["unlinked"][1]
        alone = next(g for g in runner.stats().groups if g.node_id == "alone")
        assert "reads no topic" in alone.members[0].reason

    assert play(story, document)[0].summary().groups["billing"].consumed == 40


def test_a_slow_member_is_found():
    async def story(runner, broker, document):
        await runner.run()
        await until(lambda: [m.slow for m in group_stat(runner).members] == [False, True])

    document = drawing(1_000_000, members=2, member_process_ms="0, 40", poll_records=10)
    document.put_node(replace(document.node("p"), params={**document.node("p").params, "rate": 300.0}))
    play(story, document)


def test_the_living_sample_runs_and_shipping_falls_behind():
    async def story(runner, broker, document):
        await runner.set_speed(20)
        await runner.run()
        await until(lambda: all(g.handled > 50 for g in runner.stats().groups))

        def waiting(link_id):
            return next(li.waiting for li in runner.stats().links if li.link_id == link_id)

        await until(lambda: waiting("orders-to-shipping") > waiting("orders-to-billing") + 100)

    runner, _, _ = play(story, load_sample("orders"))
    summary = runner.summary()
    assert summary.groups["shipping"].lag > summary.groups["billing"].lag
    assert summary.produced["invoices"] < summary.produced["orders"]


def test_acts_that_make_no_sense_are_refused():
    async def story(runner, broker, document):
        with pytest.raises(Refused):
            await runner.control_group("g", "pause")
        await runner.run()
        with pytest.raises(Invalid):
            await runner.set_speed(1000)
        with pytest.raises(Invalid):
            await runner.control_member("g", "dance", "billing-1")
        with pytest.raises(Invalid):
            await runner.control_producer("p", "dance")
        await runner.control_producer("p", "rate", 1.0)
        assert runner.stats().producers[0].target_rate == 1.0

    play(story, drawing(100_000))


@pytest.mark.parametrize(("before", "after"), [(30, 1), (1, 30), (30, 0)])
def test_another_count_of_members_is_one_act_with_one_rebalance(tmp_path, before, after):
    """Members that went one by one cost a rebalance and a poll each: 20 s for a mistyped count that was undone."""

    async def story(runner, broker, document):
        def shared(members):
            now = group_stat(runner).members
            return len(now) == members and all(member.partitions for member in now)

        await runner.run()
        await until(lambda: shared(before))
        generation = broker.group("billing").generation
        set_param(document, "g", "members", after).apply(document)
        began = asyncio.get_running_loop().time()
        await runner.apply(document)
        await until(lambda: shared(after))
        await until(lambda: broker.group("billing").state is not GroupState.PREPARING)
        assert asyncio.get_running_loop().time() - began < 3
        assert broker.group("billing").generation == generation + 1

    async def tell(broker):
        document = drawing(1_000_000, members=before)
        set_param(document, "t", "partitions", 40).apply(document)
        runner = FlowRunner(EmbeddedEngine(broker), seed=7)
        await runner.apply(document)
        try:
            await asyncio.wait_for(story(runner, broker, document), 30)
        finally:
            await runner.stop()

    with Broker.create(tmp_path / "one.flow") as broker:
        asyncio.run(tell(broker))
