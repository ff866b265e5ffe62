"""Publishing through exchanges: one copy to each queue in one transaction, confirms and returns, what is kept."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.broker import Broker, BrokerReader, decode_batch
from workbench.core.clock import ManualClock
from workbench.core.errors import Invalid, NotFound, Refused
from workbench.core.journal import JournalEntry
from workbench.core.queues import EXCHANGE, MESSAGE_GROUP, ROUTING_KEY
from workbench.core.records import Record, StoredRecord
from workbench.core.routing import Binding, Exchange, ExchangeType


def records(*values: bytes) -> list[Record]:
    return [Record(None, value) for value in values]


def stored(broker: Broker, queue: str, partition: int = 0) -> list[StoredRecord]:
    start, end = (getattr(broker.bounds(queue)[partition], edge) for edge in ("log_start", "end"))
    batches = broker.fetch(queue, partition, start) if end > start else []
    return [record for batch in batches for record in decode_batch(batch, queue, partition)]


def values(broker: Broker, queue: str) -> list[bytes | None]:
    return [record.value for number in range(broker.topic(queue).partitions)
            for record in stored(broker, queue, number)]


def routes(broker: Broker) -> list[JournalEntry]:
    broker.keep_house()
    with BrokerReader(broker.path) as reader:
        return reader.journal(kinds=("route",))


@pytest.fixture
def video(broker: Broker) -> Broker:
    """Uploads fan out to three queues; what is urgent goes to a fourth as well."""
    for queue in ("subtitles", "transcoding", "copyright", "urgent"):
        broker.create_topic(queue, kind="queue")
    broker.exchanges.declare(Exchange("uploads", ExchangeType.TOPIC))
    for queue in ("subtitles", "transcoding", "copyright"):
        broker.exchanges.bind(Binding("uploads", queue, "video.#"))
    broker.exchanges.bind(Binding("uploads", "urgent", "*.urgent"))
    return broker


def test_each_queue_gets_one_copy(video: Broker):
    answers = video.exchanges.publish("uploads", "video.urgent", records(b"a", b"b")).result()
    for queue in ("subtitles", "transcoding", "copyright", "urgent"):
        assert values(video, queue) == [b"a", b"b"]
    assert [set(answer.queues) for answer in answers] == [{"subtitles", "transcoding", "copyright", "urgent"}] * 2
    assert all(answer.confirmed and not answer.returned and not answer.refused for answer in answers)


def test_the_record_arrives_as_it_was_sent_and_says_by_which_exchange_and_key(video: Broker):
    record = Record(b"k", None, (("h", None), ("e", b"")), 1_600_000_000_000)
    video.exchanges.publish("uploads", "video.x", [record]).result()
    (found,) = stored(video, "copyright")
    mark = ((EXCHANGE, b"uploads"), (ROUTING_KEY, b"video.x"))
    assert (found.key, found.value, found.headers, found.timestamp_ms) == record._replace(
        headers=record.headers + mark)
    video.exchanges.publish("", "urgent", [Record(None, b"again", found.headers)]).result()
    (passed_on,) = stored(video, "urgent")
    assert passed_on.headers == (*record.headers, (EXCHANGE, b""), (ROUTING_KEY, b"urgent")), "the last one counts"


def test_the_default_exchange_sends_to_the_queue_of_that_name(video: Broker):
    (answer,) = video.exchanges.publish("", "urgent", records(b"a")).result()
    assert answer.queues == ("urgent",)
    video.create_topic("stream")
    (answer,) = video.exchanges.publish("", "stream", records(b"a"), mandatory=True).result()
    assert answer.returned == "No queue takes a message with the key «stream» from the default exchange."


def test_records_with_other_headers_may_go_other_ways(broker: Broker):
    for queue in ("pdf", "rest"):
        broker.create_topic(queue, kind="queue")
    broker.exchanges.declare(Exchange("files", ExchangeType.HEADERS, alternate="else"))
    broker.exchanges.declare(Exchange("else", ExchangeType.FANOUT))
    broker.exchanges.bind(Binding("files", "pdf", arguments=(("format", "pdf"),)))
    broker.exchanges.bind(Binding("else", "rest"))
    sent = [Record(None, b"1", (("format", b"pdf"),)), Record(None, b"2"), Record(None, b"3", (("format", b"zip"),))]
    answers = broker.exchanges.publish("files", "", sent).result()
    assert [answer.queues for answer in answers] == [("pdf",), ("rest",), ("rest",)]
    assert (values(broker, "pdf"), values(broker, "rest")) == ([b"1"], [b"2", b"3"])


keys = st.sampled_from(["a", "b", "a.b", "b.a"])
bindings = st.tuples(st.sampled_from("xy"), st.sampled_from("pqr"), st.sampled_from(["a", "*", "#", "a.*", "#.b"]))


@settings(max_examples=25, deadline=None)
@given(st.lists(bindings, max_size=6), st.booleans(), st.lists(st.tuples(st.sampled_from("xy"), keys), max_size=8))
def test_what_was_sent_lies_once_in_every_queue_that_it_was_routed_to(tmp_path_factory, bound, linked, sent):
    path = tmp_path_factory.mktemp("routes") / "work.flow"
    with Broker.create(path, background=False) as broker:
        for queue in "pqr":
            broker.create_topic(queue, kind="queue")
        for name in "xy":
            broker.exchanges.declare(Exchange(name, ExchangeType.TOPIC))
        for exchange, queue, key in bound:
            broker.exchanges.bind(Binding(exchange, queue, key))
        if linked:
            broker.exchanges.bind(Binding("x", "y", "#", to_exchange=True))
            broker.exchanges.bind(Binding("y", "x", "a", to_exchange=True))
        expected: dict[str, list[bytes]] = {"p": [], "q": [], "r": []}
        for number, (exchange, key) in enumerate(sent):
            (answer,) = broker.exchanges.publish(exchange, key, records(b"%d" % number)).result()
            assert set(answer.queues) == set(broker.exchanges.route(exchange, key).queues)
            for queue in answer.queues:
                expected[queue].append(b"%d" % number)
        assert {queue: values(broker, queue) for queue in "pqr"} == expected
        stats = {stat.name: stat for stat in broker.exchanges.stats()}
        lost = sum(not broker.exchanges.route(exchange, key).queues for exchange, key in sent)
        assert sum(stat.unroutable for stat in stats.values()) == lost
    with Broker.open(path, background=False) as broker:
        assert {queue: values(broker, queue) for queue in "pqr"} == expected


# -- confirms and returns ------------------------------------------------------------------------------------
def test_what_no_queue_takes_is_confirmed_all_the_same(video: Broker):
    (answer,) = video.exchanges.publish("uploads", "audio", records(b"a")).result()
    assert (answer.queues, answer.confirmed, answer.returned) == ((), True, "")


def test_what_no_queue_takes_is_returned_if_mandatory(video: Broker):
    (answer,) = video.exchanges.publish("uploads", "audio", records(b"a"), mandatory=True).result()
    assert answer.confirmed
    assert answer.returned == "No queue takes a message with the key «audio» from uploads."


def test_a_full_queue_that_refuses_is_not_confirmed_and_the_others_have_it(video: Broker):
    video.alter_topic("urgent", config={"queue.max.length": "1", "queue.overflow": "refuse"})
    answers = video.exchanges.publish("uploads", "video.urgent", records(b"a", b"b"), mandatory=True).result()
    assert [answer.confirmed for answer in answers] == [True, False]
    assert [answer.refused for answer in answers] == [(), ("urgent",)]
    assert not any(answer.returned for answer in answers), "a queue was there, it was only full"
    assert values(video, "urgent") == [b"a"]
    assert values(video, "copyright") == [b"a", b"b"]
    assert video.queues.counts("urgent").refused == 1


def test_all_queues_or_none_when_the_file_fails(video: Broker, monkeypatch):
    seen = []

    def fails(connection) -> None:
        seen.append(connection)
        raise OSError("no space")

    monkeypatch.setattr(video.store, "_before", [*video.store._before, fails])
    future = video.exchanges.publish("uploads", "video.urgent", records(b"a"))
    monkeypatch.undo()
    with pytest.raises(OSError, match="no space"):
        future.result()
    assert seen
    assert [values(video, queue) for queue in ("subtitles", "transcoding", "copyright", "urgent")] == [[]] * 4
    assert video.exchanges.stats()[0].published == 0
    video.exchanges.publish("uploads", "video.urgent", records(b"b")).result()
    assert values(video, "urgent") == [b"b"]


def test_one_commit_for_all_queues(video: Broker):
    commits = []
    video.store.on_after_commit(lambda: commits.append(1))
    video.exchanges.publish("uploads", "video.urgent", records(b"a", b"b", b"c")).result()
    assert commits == [1]


@pytest.mark.parametrize(("exchange", "key", "error", "words"), [
    ("nobody", "k", NotFound, "There is no exchange nobody"), ("uploads", "k" * 256, Invalid, "256 bytes"),
])
def test_what_cannot_be_sent_is_said_at_once(video: Broker, exchange: str, key: str, error: type, words: str):
    with pytest.raises(error, match=words):
        video.exchanges.publish(exchange, key, records(b"a"))


def test_many_records_go_as_batches_that_the_queue_takes(video: Broker):
    video.alter_topic("urgent", config={"max.message.bytes": "1000"})
    sent = records(*(bytes([number]) * 150 for number in range(40)))
    video.exchanges.publish("uploads", "now.urgent", sent).result()
    assert values(video, "urgent") == [record.value for record in sent]
    with pytest.raises(Invalid, match="takes at most 1000"):
        video.exchanges.publish("uploads", "now.urgent", records(b"x" * 2000))


# -- partitions ----------------------------------------------------------------------------------------------
def test_what_belongs_together_stays_in_one_partition_and_the_rest_takes_turns(broker: Broker):
    broker.create_topic("wide", 3, kind="queue")
    grouped = [Record(None, b"g", ((MESSAGE_GROUP, b"one"),)) for _ in range(5)]
    keyed = [Record(b"two", b"k") for _ in range(5)]
    plain = [Record(None, b"p") for _ in range(6)]
    broker.exchanges.publish("", "wide", [*grouped, *keyed, *plain]).result()
    spread = [[record.value for record in stored(broker, "wide", number)] for number in range(3)]
    assert sorted(part.count(b"g") for part in spread) == [0, 0, 5]
    assert sorted(part.count(b"k") for part in spread) == [0, 0, 5]
    assert [part.count(b"p") for part in spread] == [2, 2, 2]


# -- kept in the file ----------------------------------------------------------------------------------------
def test_exchanges_and_bindings_outlive_the_host(path: Path, clock: ManualClock):
    bound = [Binding("x", "q", "", arguments=(("a", "1"), ("b", "ü")), match_any=True),
             Binding("x", "y", to_exchange=True)]
    with Broker.create(path, clock=clock, background=False) as broker:
        broker.create_topic("q", kind="queue")
        broker.exchanges.declare(Exchange("x", ExchangeType.HEADERS, alternate="y"))
        broker.exchanges.declare(Exchange("y", ExchangeType.FANOUT))
        for binding in bound:
            broker.exchanges.bind(binding)
        broker.exchanges.bind(Binding("y", "q"))
        broker.exchanges.unbind(Binding("y", "q"))
        broker.exchanges.alter(Exchange("y", ExchangeType.FANOUT, alternate="x"))
    with Broker.open(path, clock=clock, background=False) as broker:
        assert broker.exchanges.exchanges() == [Exchange("x", ExchangeType.HEADERS, "y"),
                                                Exchange("y", ExchangeType.FANOUT, "x")]
        assert broker.exchanges.bindings() == bound
        assert broker.exchanges.cycles() == [("x", "y")]
        broker.exchanges.delete("y")
        assert broker.exchanges.bindings() == bound[:1]
    with Broker.open(path, clock=clock, background=False) as broker:
        assert [exchange.name for exchange in broker.exchanges.exchanges()] == ["x"]


def test_a_deleted_queue_is_unbound_and_one_of_its_name_begins_unbound(video: Broker, path: Path, clock: ManualClock):
    video.delete_topic("urgent")
    assert "urgent" not in {binding.destination for binding in video.exchanges.bindings()}
    video.create_topic("urgent", kind="queue")
    (answer,) = video.exchanges.publish("uploads", "now.urgent", records(b"a")).result()
    assert answer.queues == ()


def test_only_queues_can_be_bound(video: Broker):
    video.create_topic("stream")
    for name in ("stream", "nobody"):
        with pytest.raises(NotFound, match=f"There is no queue {name} to bind"):
            video.exchanges.bind(Binding("uploads", name, "k"))


def test_a_refused_act_leaves_all_as_it_was(video: Broker):
    before = (video.exchanges.exchanges(), video.exchanges.bindings())
    with pytest.raises(Refused, match="can't be declared again"):
        video.exchanges.declare(Exchange("uploads", ExchangeType.DIRECT))
    assert (video.exchanges.exchanges(), video.exchanges.bindings()) == before


def test_acts_at_once_are_all_kept(path: Path):
    with Broker.create(path) as broker:
        broker.create_topic("q", kind="queue")
        broker.exchanges.declare(Exchange("x"))
        threads = [threading.Thread(target=broker.exchanges.bind, args=(Binding("x", "q", str(number)),))
                   for number in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        keys = {binding.key for binding in broker.exchanges.bindings("x")}
    assert keys == {str(number) for number in range(20)}


# -- counting ------------------------------------------------------------------------------------------------
def test_exchanges_count_what_passes_and_what_is_lost(broker: Broker, clock: ManualClock):
    broker.create_topic("q", kind="queue")
    for name in ("front", "back"):
        broker.exchanges.declare(Exchange(name, ExchangeType.TOPIC))
    broker.exchanges.bind(Binding("front", "back", "a.#", to_exchange=True))
    broker.exchanges.bind(Binding("back", "q", "#.b"))
    assert [stat.published for stat in broker.exchanges.stats()] == [0, 0]
    clock.advance(1000)
    broker.exchanges.publish("front", "a.b", records(b"1", b"2")).result()
    broker.exchanges.publish("front", "a.c", records(b"3")).result()
    broker.exchanges.publish("front", "c", records(b"4"), mandatory=True).result()
    back, front = broker.exchanges.stats()
    assert (front.published, front.routed, front.unroutable, front.returned) == (4, 3, 2, 1)
    assert (front.last_unroutable, front.rate, front.type) == ("c", 4.0, "topic")
    assert (back.published, back.routed, back.unroutable) == (3, 2, 0)


def test_the_default_exchange_is_counted_once_it_was_used(video: Broker):
    assert [stat.name for stat in video.exchanges.stats()] == ["uploads"]
    video.exchanges.publish("", "nobody", records(b"a")).result()
    assert [(stat.name, stat.unroutable) for stat in video.exchanges.stats()] == [("", 1), ("uploads", 0)]


def test_what_could_not_be_routed_is_journalled_together(video: Broker, clock: ManualClock):
    for number in range(50):
        video.exchanges.publish("uploads", f"audio.{number}", records(b"a", b"b")).result()
        video.exchanges.publish("uploads", "lost", records(b"a"), mandatory=True).result()
        clock.advance(10)
    entries = routes(video)
    lost = [entry for entry in entries if entry.act == "unroutable"]
    returned = [entry for entry in entries if entry.act == "returned"]
    assert sum(entry.count for entry in lost) == 100
    assert sum(entry.count for entry in returned) == 50
    assert len(entries) <= 4
    assert {entry.group for entry in entries} == {"uploads"}
    assert lost[-1].key == "audio.49"
    video.exchanges.publish("uploads", "video", records(b"a")).result()
    assert len(routes(video)) == len(entries), "what was routed is no news"
