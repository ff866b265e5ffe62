"""A group with another name goes on from where it stood; undo brings it back, and nothing of the other name stays."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from workbench.broker import BrokerReader
from workbench.control import messages as m
from workbench.control.exchanges import Bind, ListExchanges
from workbench.control.queues import ListQueues
from workbench.core.records import Record, TopicPartition
from workbench.core.routing import Binding
from workbench.flow import codec
from workbench.flow.document import FlowDocument, Link, Node
from workbench.host import LocalHost


def until(found: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not found():
        assert time.monotonic() < end, "it did not come to that"


PART = TopicPartition("orders", 0)


def drawing(group: str, **params: object) -> str:
    return codec.dumps(FlowDocument(
        [Node("t", "topic", "orders"), Node("g", "group", group, params={"members": 2, "start": "earliest", **params})],
        [Link("l", "t", "g")],
    ))


def append(host: LocalHost, count: int) -> None:
    host.call(m.AppendRecords("orders", tuple(Record(None, b"%d" % n) for n in range(count)), 0))


def committed(path: Path, group: str) -> int | None:
    with BrokerReader(path) as reader:
        done = reader.committed(group).get(PART)
    return None if done is None else done.offset


def names(host: LocalHost) -> set[str]:
    return {group.name for group in host.call(m.ListGroups()).groups}


def consumed(host: LocalHost, group: str) -> int:
    return host.call(m.GetOutcome()).groups[group].consumed


def test_a_running_group_goes_on_where_it_stood_and_undo_restores(path: Path):
    with closing(LocalHost(path)) as host:
        host.call(m.SaveFlow(drawing("billing")))
        append(host, 500)
        host.call(m.Run())
        until(lambda: committed(path, "billing") == 500)
        host.call(m.SaveFlow(drawing("invoicing")))
        append(host, 100)
        until(lambda: committed(path, "invoicing") == 600)
        assert consumed(host, "invoicing") == 100
        assert names(host) == {"invoicing"}
        host.call(m.SaveFlow(drawing("billing")))
        until(lambda: names(host) == {"billing"})
        append(host, 50)
        until(lambda: committed(path, "billing") == 650)
        assert consumed(host, "billing") == 50 and names(host) == {"billing"}
    assert committed(path, "invoicing") is None


def test_a_stopped_group_keeps_its_offsets_over_a_restart(path: Path):
    with closing(LocalHost(path)) as host:
        host.call(m.SaveFlow(drawing("billing")))
        append(host, 500)
        host.call(m.Run())
        until(lambda: committed(path, "billing") == 500)
        host.call(m.Stop())
        host.call(m.SaveFlow(drawing("invoicing")))
        assert names(host) == {"invoicing"}
    with closing(LocalHost(path)) as host:
        assert names(host) == {"invoicing"} and committed(path, "invoicing") == 500
    with BrokerReader(path) as reader:
        (entry,) = [e for e in reader.journal(kinds=("group",)) if e.act == "renamed"]
        assert (entry.group, entry.to) == ("billing", "invoicing")


def test_a_group_that_is_there_keeps_its_offsets_and_that_is_said(path: Path):
    with closing(LocalHost(path)) as host:
        host.call(m.SaveFlow(drawing("billing")))
        append(host, 9)
        host.call(m.Run())
        until(lambda: committed(path, "billing") == 9)
        host.call(m.Stop())
        with_other = codec.loads(drawing("billing"))
        with_other.put_node(Node("g2", "group", "audit", params={"members": 1, "start": "latest"}))
        with_other.put_link(Link("l2", "t", "g2"))
        host.call(m.SaveFlow(codec.dumps(with_other)))
        host.call(m.Run())
        until(lambda: "audit" in names(host))
        host.call(m.Stop())
        said = host.call(m.SaveFlow(drawing("audit"))).text
        assert "audit was a group already" in said and committed(path, "billing") == 9


@pytest.mark.parametrize("running", [True, False])
def test_a_group_that_reads_by_leases_does_not_read_again(path: Path, running: bool):
    with closing(LocalHost(path)) as host:
        host.call(m.SaveFlow(drawing("billing", reading="leases")))
        append(host, 40)
        host.call(m.Run())
        until(lambda: consumed(host, "billing") == 40)
        if not running:
            host.call(m.Stop())
        host.call(m.SaveFlow(drawing("invoicing", reading="leases")))
        if not running:
            host.call(m.Run())
        append(host, 5)
        until(lambda: consumed(host, "invoicing") >= 5)
        host.call(m.Stop())
        assert consumed(host, "invoicing") == 5
        queues = host.call(ListQueues()).queues
        assert [info.meta.name for info in queues] == ["orders:invoicing"]


def test_an_exchange_keeps_the_bindings_made_elsewhere(path: Path):
    def drawn(name: str) -> str:
        return codec.dumps(FlowDocument([Node("x", "exchange", name), Node("q", "queue", "work")],
                                        [Link("l", "x", "q", {"routing_key": "drawn"})]))

    with closing(LocalHost(path)) as host:
        host.call(m.SaveFlow(drawn("jobs")))
        host.call(Bind(Binding("jobs", "work", "by hand")))
        for name in ("tasks", "jobs"):
            host.call(m.SaveFlow(drawn(name)))
            (info,) = host.call(ListExchanges()).exchanges
            assert info.exchange.name == name
            assert "by hand" in {binding.key for binding in info.bindings}
            assert all(binding.exchange == name for binding in info.bindings)


def test_an_exchange_that_comes_back_by_undo_has_the_bindings_made_elsewhere(path: Path):
    drawn = codec.dumps(FlowDocument([Node("x", "exchange", "jobs"), Node("q", "queue", "work")], []))
    with closing(LocalHost(path)) as host:
        host.call(m.SaveFlow(drawn))
        host.call(Bind(Binding("jobs", "work", "by hand")))
        host.call(m.SaveFlow(codec.dumps(FlowDocument([Node("q", "queue", "work")], []))))
        assert host.call(ListExchanges()).exchanges == ()
        host.call(m.SaveFlow(drawn))
        (info,) = host.call(ListExchanges()).exchanges
        assert [binding.key for binding in info.bindings] == ["by hand"]


# -- topics and queues ---------------------------------------------------------------------------------------
def sending(topic: str, kind: str = "topic") -> str:
    """A producer of numbers, a topic or queue, a group."""
    return codec.dumps(FlowDocument(
        [Node("p", "producer", "shop", params={"rate": 400.0}), Node("t", kind, topic),
         Node("g", "group", "billing", params={"members": 2, "start": "earliest"})],
        [Link("a", "p", "t"), Link("l", "t", "g")],
    ))


def topics_of(host: LocalHost) -> dict[str, int]:
    return {topic.name: topic.stat.records for topic in host.call(m.ListTopics()).topics}


def left_in(host: LocalHost, name: str) -> int:
    return sum(queue.stat.counts.messages for queue in host.call(ListQueues()).queues if queue.meta.name == name)


@pytest.mark.parametrize("kind", ["topic", "queue"])
def test_a_topic_s_records_are_never_lost_sight_of(path: Path, kind: str):
    with closing(LocalHost(path)) as host:
        host.call(m.SaveFlow(sending("orders", kind)))
        host.call(m.Run())
        until(lambda: topics_of(host)["orders"] > 50 and consumed(host, "billing") > 50)
        assert host.call(m.SaveFlow(sending("sales", kind))).text == ""
        before = topics_of(host)
        assert set(before) == {"sales"} and before["sales"] > 50
        until(lambda: topics_of(host)["sales"] > before["sales"] + 50)
        host.call(m.SaveFlow(sending("orders", kind)))  # undone
        until(lambda: topics_of(host)["orders"] > before["sales"] + 100)
        host.call(m.ControlProducer("p", "pause"))
        until(lambda: host.call(m.GetOutcome()).groups["billing"].lag == 0 and not left_in(host, "orders"))
        done = host.call(m.GetOutcome())
        assert set(topics_of(host)) == {"orders"} and done.failed == 0 and not done.problems
        assert (done.groups["billing"].lost, done.groups["billing"].duplicates) == (0, 0)
        with BrokerReader(path) as reader:
            places = range(len(reader.bounds("orders")))
            told = [record.value for number in places for record in reader.read("orders", number, 0, 99_999)]
        assert len(set(told)) == len(told) == topics_of(host)["orders"]


def test_a_topic_of_that_name_keeps_its_records_and_that_is_said(path: Path):
    with closing(LocalHost(path)) as host:
        host.call(m.SaveFlow(drawing("billing")))
        append(host, 7)
        host.call(m.CreateTopic("sales"))
        said = host.call(m.SaveFlow(drawing("billing").replace('"orders"', '"sales"'))).text
        assert said == "sales was there already and is what is drawn now; orders stays with its 7 records."
        assert topics_of(host) == {"orders": 7, "sales": 0}


def test_settings_that_change_with_the_name_hold(path: Path):
    with closing(LocalHost(path)) as host:
        host.call(m.SaveFlow(drawing("billing")))
        append(host, 7)
        changed = codec.loads(drawing("billing").replace('"orders"', '"sales"'))
        changed.put_node(Node("t", "topic", "sales", params={"retention_bytes": 5_000_000}))
        host.call(m.SaveFlow(codec.dumps(changed)))
        (topic,) = host.call(m.ListTopics("sales")).topics
        assert topic.config["retention.bytes"] == "5000000" and topic.stat.records == 7


def stored(name: str) -> str:
    return codec.dumps(FlowDocument(
        [Node("t", "topic", "orders"), Node("g", "group", "billing", params={"start": "earliest"}),
         Node("s", "store", name)], [Link("l", "t", "g"), Link("w", "g", "s")]))


def writes(path: Path, store: str) -> int:
    with BrokerReader(path) as reader:
        return sum(row.version for row in reader.store_rows(store))


def test_a_renamed_store_keeps_its_rows_and_its_writers_go_on(path: Path):
    def send(host: LocalHost, count: int) -> None:
        host.call(m.AppendRecords("orders", tuple(Record(b"k%d" % n, b"1") for n in range(count)), 0))

    with closing(LocalHost(path)) as host:
        host.call(m.SaveFlow(stored("ledger")))
        host.call(m.Run())
        send(host, 40)
        until(lambda: writes(path, "ledger") == 40)
        assert host.call(m.SaveFlow(stored("books"))).text == ""
        assert (writes(path, "books"), writes(path, "ledger")) == (40, 0)
        send(host, 40)
        until(lambda: writes(path, "books") == 80)
        host.call(m.SaveFlow(stored("ledger")))  # undo
        until(lambda: writes(path, "ledger") == 80)
