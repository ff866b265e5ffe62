"""Drawn stores at work on the real broker: what is committed was written, what is refused fails its record."""

import asyncio
import json

import pytest

from workbench.broker import Broker, BrokerReader
from workbench.core.errors import AlreadyExists, Invalid, NotFound, Refused
from workbench.core.records import Record
from workbench.core.stores import StoreWrite
from workbench.engines.embedded import EmbeddedEngine
from workbench.flow.document import FlowDocument, Link, Node
from workbench.runtime import FlowRunner
from workbench.session.timeline import Timeline


@pytest.fixture
def play(tmp_path):
    """Run a story on a drawing; gives (summary, path of the file)."""
    def play(story, document, before=lambda broker: None):
        path = tmp_path / "a.flow"

        async def tell():
            with Broker.create(path) as broker:
                before(broker)
                runner = FlowRunner(EmbeddedEngine(broker), seed=7, journal=broker.journal)
                await runner.apply(document)
                try:
                    await asyncio.wait_for(story(runner, broker), 40)
                finally:
                    await runner.stop()
                return runner.summary()

        return asyncio.run(tell()), path

    return play


async def until(condition, deadline_s=20.0):
    async with asyncio.timeout(deadline_s):
        while not condition():
            await asyncio.sleep(0.01)  # another look at what the flow's own tasks bring about


async def drain(runner, broker):
    await runner.run()
    await until(runner.drained)


def sent(*events):
    """Puts events (key, value) into the topic before the flow runs."""
    def send(broker):
        if "orders" not in {topic.name for topic in broker.topics()}:
            broker.create_topic("orders")
        records = [Record(key, None if value is None else json.dumps(value).encode()) for key, value in events]
        broker.append("orders", 0, records).result()
    return send


def drawing(store=(), kind="topic", **group):
    nodes = [Node("t", kind, "orders", params={} if kind == "queue" else {"partitions": 1}),
             Node("g", "group", "billing", params=group), Node("s", "store", "ledger", params=dict(store))]
    return FlowDocument(nodes, [Link("tg", "t", "g"), Link("gs", "g", "s")])


def rows_of(path):
    with BrokerReader(path) as reader:
        return {row.key: (json.loads(row.value), row.version, row.offset) for row in reader.store_rows("ledger")}


def stat_of(path):
    with BrokerReader(path) as reader:
        (stat,) = reader.stores()
        return stat


def test_the_last_write_of_a_key_stands_and_null_removes_its_row(play):
    events = [(b"a", {"n": 1}), (b"b", {"n": 2}), (b"a", {"n": 3}), (b"b", None)]
    summary, path = play(drain, drawing(), sent(*events))
    assert rows_of(path) == {b"a": ({"n": 3}, 2, 2)}
    assert (stat_of(path).rows, stat_of(path).writes) == (1, 4)
    assert summary.groups["billing"].lost == 0


def test_a_row_is_kept_by_a_field_where_the_store_says_so(play):
    _, path = play(drain, drawing({"key": "who.id"}), sent((b"x", {"who": {"id": 7}}), (b"y", {"who": {"id": 7}})))
    assert rows_of(path) == {b"7": ({"who": {"id": 7}}, 2, 1)}


def test_once_per_id_leaves_out_what_was_there_before(play):
    events = [(b"a", {"id": "e1", "n": 1}), (b"a", {"id": "e2", "n": 2}), (b"a", {"id": "e1", "n": 1})]
    _, path = play(drain, drawing({"writes": "once_per_id"}), sent(*events))
    assert rows_of(path) == {b"a": ({"id": "e2", "n": 2}, 2, 1)}
    assert (stat_of(path).writes, stat_of(path).repeats) == (2, 1)


@pytest.mark.parametrize("kind", ["topic", "queue"])
def test_what_is_committed_was_written_whenever_a_member_is_killed(play, kind):
    seen = []

    async def story(runner, broker):
        await runner.run()
        for _ in range(4):
            await until(lambda: broker.stores.stats()[0].writes > (seen[-1] if seen else 0))
            seen.append(broker.stores.stats()[0].writes)
            await runner.control_member("g", "kill", "billing-1")
            written = {row.offset for row in broker.store.read(lambda db: list(_rows(db)))}
            done = max((at.offset for at in broker.committed("billing").values()), default=0)
            assert set(range(done)) <= written
            await runner.control_member("g", "restart", "billing-1")
        await until(runner.drained)

    def _rows(db):
        from workbench.broker.stores.rows import read_rows
        return read_rows(db, "ledger")

    def before(broker):
        broker.create_topic("orders", kind="queue" if kind == "queue" else "stream")
        sent(*((f"k{n}".encode(), {"n": n}) for n in range(400)))(broker)

    document = drawing(kind=kind, process_ms=1.0, session_timeout_ms=200, auto_commit_ms=20, poll_records=50)
    _, path = play(story, document, before)
    assert len(rows_of(path)) == 400


def test_a_store_that_is_down_fails_the_records_and_counts_each_try(play):
    async def story(runner, broker):
        runner.control_store("s", 600)
        await drain(runner, broker)
        assert runner.stores.named("ledger").down_ms > 0

    summary, path = play(story, drawing(max_retries=2), sent((b"a", {}), (b"b", {})))
    assert (stat_of(path).writes, stat_of(path).refused) == (0, 6)
    assert summary.groups["billing"].lost == 2
    with BrokerReader(path) as reader:
        assert [entry.text for entry in reader.journal(kinds=("fault",))] == [
            "ledger refuses everything for 600 s"]


def test_a_queue_gives_what_was_refused_again_until_the_store_is_back(play):
    async def story(runner, broker):
        runner.control_store("s", 600)
        await runner.run()
        await until(lambda: broker.stores.stats()[0].refused >= 3)
        runner.control_store("s", 0)
        await until(runner.drained)

    def before(broker):
        broker.create_topic("orders", kind="queue", config={"queue.max.deliveries": "0", "queue.retry.delay.ms": "1"})
        sent((b"a", {"n": 1}))(broker)

    _, path = play(story, drawing(kind="queue"), before)
    assert rows_of(path) == {b"a": ({"n": 1}, 1, 0)}


def test_beyond_its_capacity_a_store_refuses(play):
    summary, path = play(drain, drawing({"capacity": 5.0}, max_retries=0),
                         sent(*((f"k{n}".encode(), {}) for n in range(50))))
    stat = stat_of(path)
    assert 5 <= stat.writes < 50 and stat.writes + stat.refused == 50
    assert summary.groups["billing"].lost == stat.refused


def test_a_record_without_a_key_fails(play):
    summary, path = play(drain, drawing(), sent((None, {"n": 1})))
    assert rows_of(path) == {} and summary.groups["billing"].lost == 1


def test_the_past_knows_the_counts(play):
    _, path = play(drain, drawing(), sent((b"a", {}), (b"b", {})))
    with BrokerReader(path) as reader:
        timeline = Timeline(reader)
        stat = timeline.state_at(timeline.range()[1]).store("ledger")
    assert (stat.rows, stat.writes, stat.refused) == (2, 2, 0)


def test_an_outage_needs_a_drawn_store_and_a_sensible_length(play):
    async def story(runner, broker):
        with pytest.raises(Refused, match="not drawn"):
            runner.control_store("nothing", 5)
        with pytest.raises(Invalid, match="can't last"):
            runner.control_store("s", -1)

    play(story, drawing())


def test_a_write_is_one_transaction_in_the_order_given(tmp_path):
    with Broker.create(tmp_path / "a.flow", background=False) as broker:
        broker.stores.declare("s")
        first = [StoreWrite(b"k", b"1", "t", 0, 0, "x"), StoreWrite(b"k", b"2", "t", 0, 1, "y")]
        assert broker.stores.write("s", first, once=True).result().writes == 2
        assert broker.stores.write("s", first[:1], once=True).result().repeats == 1
        row = broker.stores.get("s", b"k")
        assert (row.value, row.version) == (b"2", 2)
        assert broker.stores.stats()[0].reads == 1


def looking_up(**group):
    """billing looks up in the ledger and passes on what it found."""
    one = {"partitions": 1}
    nodes = [Node("t", "topic", "orders", params=one), Node("o", "topic", "out", params=one),
             Node("g", "forward", "billing", params={"store_use": "look_up", **group}), Node("s", "store", "ledger")]
    return FlowDocument(nodes, [Link("tg", "t", "g"), Link("gs", "g", "s"), Link("go", "g", "o")])


def known(broker):
    sent((b"a", {"n": 1}), (b"b", {"n": 2}))(broker)
    broker.stores.declare("ledger")
    broker.stores.write("ledger", [StoreWrite(b"a", b'{"name": "Ada"}', "customers", 0, 0)]).result()


def passed_on(path):
    with BrokerReader(path) as reader:
        return [(record.key, json.loads(record.value)) for record in reader.read("out", 0, 0, 100)]


def test_a_group_that_looks_up_sees_the_row_of_each_record_and_writes_none(play):
    _, path = play(drain, looking_up(map='{"n": value.n, "row": row}'), known)
    assert passed_on(path) == [(b"a", {"n": 1, "row": {"name": "Ada"}}), (b"b", {"n": 2, "row": None})]
    assert (stat_of(path).reads, stat_of(path).writes, stat_of(path).rows) == (2, 1, 1)


def test_a_row_can_decide_what_fails(play):
    summary, path = play(drain, looking_up(fail_if="row == null"), known)
    assert [key for key, _ in passed_on(path)] == [b"a"]
    assert (summary.groups["billing"].lost, stat_of(path).reads) == (1, 2)


def test_a_row_can_decide_what_is_passed_on(play):
    _, path = play(drain, looking_up(filter='row != null && row.name == "Ada"'), known)
    assert [key for key, _ in passed_on(path)] == [b"a"]


def test_a_store_that_is_down_fails_what_looks_up(play):
    async def story(runner, broker):
        runner.control_store("s", 600)
        await drain(runner, broker)

    summary, path = play(story, looking_up(), known)
    assert (summary.groups["billing"].lost, stat_of(path).reads, stat_of(path).refused) == (2, 0, 2)


def test_only_who_looks_up_may_name_the_row():
    from workbench.flow.rules import problems

    assert problems(looking_up(map="row")) == []
    (wrong,) = problems(looking_up(map="row", store_use="write"))
    assert "«row», which is not there" in wrong[1]


def test_a_renamed_store_keeps_rows_ids_and_counts_and_its_past(tmp_path):
    path = tmp_path / "a.flow"
    with Broker.create(path) as broker:
        broker.stores.declare("ledger")
        broker.stores.write("ledger", [StoreWrite(b"a", b"1", "t", 0, 0, "e1")], once=True).result()
        broker.stores.rename("ledger", "books")
        broker.stores.write("books", [StoreWrite(b"a", b"1", "t", 0, 0, "e1")], once=True).result()
        assert [(stat.name, stat.rows, stat.writes, stat.repeats) for stat in broker.stores.stats()] == [
            ("books", 1, 1, 1)]
        broker.stores.declare("other")
        with pytest.raises(AlreadyExists):
            broker.stores.rename("other", "books")
        with pytest.raises(NotFound):
            broker.stores.rename("ledger", "more")
    with Broker.open(path), BrokerReader(path) as reader:
        assert [row.key for row in reader.store_rows("books")] == [b"a"]
        assert [stat.name for stat in Timeline(reader).state_at(Timeline(reader).range()[1]).stores] == [
            "books", "other"]
