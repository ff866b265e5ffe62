"""RabbitMQ attached: on a real server of Debian's package, started here on loopback (``rabbitmq_server``)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pika
import pytest
from contracts.browse_contract import BrowseContract
from engines.rabbitmq_server import RabbitServer, missing, rabbitmq
from listeners.serving import ROOT

from workbench.control.connections import AddConnection, Attach
from workbench.control.messages import Subscribe, TakeSnapshot
from workbench.core.capabilities import capabilities
from workbench.core.errors import Invalid, NotFound, Refused, Unavailable, Unsupported
from workbench.core.records import Record
from workbench.engines.base import LinkState
from workbench.engines.catalog import ConnectionSpec
from workbench.engines.rabbitmq.connection import RabbitConnection
from workbench.engines.registry import connect
from workbench.host import LocalHost, make_workspace
from workbench.session.attached import AttachedReader

DEADLINE_S = 30.0
pytestmark = pytest.mark.skipif(bool(missing()), reason=missing() or "installed")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitServer]:
    with rabbitmq(tmp_path_factory.mktemp("rabbit")) as started:
        yield started


class Other:
    """Another program's connection to the server, with a channel that sees its messages stored."""

    def __init__(self, server: RabbitServer) -> None:
        host, _, port = server.address.partition(":")
        self._connection = pika.BlockingConnection(pika.ConnectionParameters(host, int(port), heartbeat=0))
        self.channel = self._connection.channel()
        self.channel.confirm_delivery()

    def queue(self, name: str, *values: bytes, **arguments: object) -> None:
        """A new queue of that name that holds ``values``."""
        self.channel.queue_delete(name)
        told = {"x-" + key.replace("_", "-"): value for key, value in arguments.items()}
        self.channel.queue_declare(name, durable=True, arguments=told)
        for value in values:
            self.channel.basic_publish("", name, value)

    def close(self) -> None:
        self._connection.close()


@pytest.fixture
def other(server: RabbitServer) -> Iterator[Other]:
    with closing(Other(server)) as made:
        yield made


def spec_of(server: RabbitServer, *, writable: bool = False, **options: str) -> ConnectionSpec:
    return ConnectionSpec("rabbit", "rabbitmq", server.address, {"management": server.management, **options}, writable)


class TestBrowsingAStream(BrowseContract):
    partitions = 1
    nulls = False
    event_times = False

    @pytest.fixture(autouse=True)
    def _server(self, server: RabbitServer, other: Other) -> None:
        self.server, self.other = server, other

    @contextmanager
    def system(self):
        self.other.queue("orders", queue_type="stream")
        with closing(connect(spec_of(self.server, writable=True))) as connection, \
                closing(connection.browse()) as browse, closing(connection.sender()) as sender:
            yield browse, lambda partition, records: sender.append("orders", partition, records)


# -- the connection ---------------------------------------------------------------------------------------------
def test_what_was_reached_is_told(server: RabbitServer, other: Other):
    other.queue("orders")
    with closing(RabbitConnection(spec_of(server))) as connection:
        connection.open()
        assert connection.state.state is LinkState.READY
        assert connection.state.about.startswith("RabbitMQ 3."), connection.state.about
        assert "virtual host /, 1 queue" in connection.state.about or " queues" in connection.state.about


@pytest.mark.parametrize(("options", "error", "words"), [
    ({"user": "nobody"}, Refused, "user or password is wrong"),
    ({"vhost": "elsewhere"}, Refused, "vhost elsewhere not found"),
    ({"management": "127.0.0.1:1"}, Unavailable, "management API"),
    ({"tls": "true"}, Unavailable, "can't be reached"),
    ({"tls": "perhaps"}, Invalid, "tls can't be perhaps"),
    ({"heartbeat": "1"}, Invalid, "no option heartbeat"),
])
def test_what_is_wrong_with_it_is_a_sentence(server: RabbitServer, options: dict[str, str], error: type, words: str):
    connection = RabbitConnection(spec_of(server, **options))
    with pytest.raises(error, match=words):
        connection.open()
    assert connection.state.state is LinkState.FAILING
    assert words in connection.state.reason


def test_a_server_that_is_not_there_is_unavailable():
    with pytest.raises(Unavailable, match="Connection refused"):
        RabbitConnection(ConnectionSpec("gone", "rabbitmq", "127.0.0.1:1")).open()


def test_without_the_management_api_the_queues_that_were_named_are_known(server: RabbitServer, other: Other):
    other.queue("named", b"1", b"2")
    spec = spec_of(server, management="none", queues="named")
    with closing(connect(spec)) as connection, closing(connection.browse()) as browse:
        assert [topic.name for topic in browse.topics()] == ["named"]
        assert [info.stat.counts.ready for info in browse.queues()] == [2]
        with pytest.raises(Unsupported, match="no management API"):
            browse.exchanges()


# -- queues -----------------------------------------------------------------------------------------------------
def test_looking_at_depths_exchanges_and_dead_letters_disturbs_nothing(server: RabbitServer, other: Other):
    other.channel.exchange_declare("events", "topic")
    other.channel.exchange_declare("dead", "fanout")
    other.queue("work", b"1", b"2", b"3", dead_letter_exchange="dead")
    other.channel.queue_bind("work", "events", "order.*")
    with closing(connect(spec_of(server))) as connection, closing(connection.browse()) as browse:
        assert [(place.log_start, place.end) for place in browse.bounds("work")] == [(0, 3)]
        (info,) = [info for info in browse.queues() if info.meta.name == "work"]
        assert (info.stat.counts.ready, info.stat.type, info.stat.dead_letter_exchange) == (3, "classic", "dead")
        exchanges = {info.exchange.name: info for info in browse.exchanges()}
        assert [(b.destination, b.key) for b in exchanges["events"].bindings] == [("work", "order.*")]
        assert exchanges["dead"].dead_letters_of == ("work",)
        assert browse.config("work")[0] == {"x-dead-letter-exchange": "dead"}
    got = [other.channel.basic_get("work", auto_ack=True) for _ in range(3)]
    assert [(body, method.redelivered) for method, _, body in got] == [(b"1", False), (b"2", False), (b"3", False)]


def test_what_is_in_flight_and_who_consumes_is_told_as_the_server_reports_it(server: RabbitServer, other: Other):
    other.queue("busy", b"1", b"2")
    tag = other.channel.basic_consume("busy", lambda *_: None)
    deadline_s = time.monotonic() + DEADLINE_S
    with closing(connect(spec_of(server))) as connection, closing(connection.browse()) as browse:
        while True:
            (info,) = [info for info in browse.queues() if info.meta.name == "busy"]
            if info.stat.counts.in_flight == 2 and info.stat.consumers:
                break
            assert time.monotonic() < deadline_s, info
            other.channel.connection.process_data_events(0.2)
        assert info.stat.consumers[0].consumer.startswith(tag)
        assert "seconds old" in browse.counts_are()
    other.channel.basic_cancel(tag)


@pytest.mark.parametrize(("kind", "says"), [
    ({}, "marked as redelivered"), ({"queue_type": "quorum", "delivery_limit": 5}, "after 5 of them a message is dead"),
])
def test_a_queue_is_looked_into_only_by_who_knows_what_that_changes(server, other: Other, kind: dict, says: str):
    other.queue("work", b"1", b"2", b"3", **kind)
    with closing(connect(spec_of(server))) as connection, closing(connection.browse()) as browse:
        assert says in browse.disturbs("work")
        with pytest.raises(Refused, match=says) as problem:
            browse.read("work", 0, 0, 10)
        assert "--disturb" in problem.value.next_step
        assert not other.channel.basic_get("work")[0].redelivered, "the refusal disturbed nothing"
        other.channel.basic_recover(requeue=True)
        assert [record.value for record in browse.peek("work", 2)] == [b"1", b"2"]
        assert [record.value for record in browse.peek("work", 9)] == [b"1", b"2", b"3"], "they were put back in order"
    got = [other.channel.basic_get("work", auto_ack=True) for _ in range(3)]
    assert [(body, method.redelivered) for method, _, body in got] == [(b"1", True), (b"2", True), (b"3", True)]


def test_a_log_is_not_disturbed(server: RabbitServer, other: Other):
    other.queue("log", b"1", queue_type="stream")
    with closing(connect(spec_of(server))) as connection, closing(connection.browse()) as browse:
        assert browse.disturbs("log") == ""
        assert [record.value for record in browse.read("log", 0, 0, 10)] == [b"1"]


# -- writing ----------------------------------------------------------------------------------------------------
def test_nothing_is_written_before_that_was_turned_on(server: RabbitServer):
    with closing(connect(spec_of(server))) as connection:
        assert "writing is off" in connection.lacks("produce")
        with pytest.raises(Refused, match="writing is off") as problem:
            connection.sender()
        assert "connections alter rabbit --writable" in problem.value.next_step
    assert connect(spec_of(server, writable=True)).lacks("produce") == ""


def test_a_record_arrives_as_a_persistent_message_with_its_properties(server: RabbitServer, other: Other):
    other.queue("work")
    sent = Record(b"key", b"body", (("content-type", b"text/plain"), ("priority", b"3"), ("h", b"\xff")),
                  1_700_000_000_999)
    with closing(connect(spec_of(server, writable=True))) as connection, closing(connection.sender()) as sender:
        assert "routing key work" in sender.call_for("work")
        sender.append("work", 0, [sent])
        with pytest.raises(NotFound, match="no queue nowhere"):
            sender.append("nowhere", 0, [sent])
        with pytest.raises(NotFound, match="no exchange 'nowhere'"):
            sender.publish("nowhere", "k", [sent])
    _, properties, body = other.channel.basic_get("work", auto_ack=True)
    assert (body, properties.content_type, properties.priority) == (b"body", "text/plain", 3)
    assert properties.delivery_mode == 2
    assert properties.headers == {"h": b"\xff", "workbench.key": "key"}
    assert properties.timestamp == 1_700_000_000


def test_what_no_queue_takes_and_what_a_full_queue_refuses_is_told_apart(server: RabbitServer, other: Other):
    other.channel.exchange_declare("events", "topic")
    other.queue("tiny", b"1", max_length=1, overflow="reject-publish")
    other.channel.queue_bind("tiny", "events", "full")
    record = Record(None, b"x")
    with closing(connect(spec_of(server, writable=True))) as connection, closing(connection.sender()) as sender:
        (lost,) = sender.publish("events", "nobody", [record])
        (back,) = sender.publish("events", "nobody", [record], mandatory=True)
        assert (lost.queues, lost.returned, bool(back.returned)) == ((), "", True)
        deadline_s = time.monotonic() + DEADLINE_S
        while not (answers := sender.publish("events", "full", [record]))[0].refused:
            assert time.monotonic() < deadline_s, answers


# -- when it goes away ------------------------------------------------------------------------------------------
def test_reading_goes_on_after_the_server_was_killed_and_came_back(tmp_path: Path):
    with rabbitmq(tmp_path) as server:
        with closing(Other(server)) as other:
            other.queue("work", b"1")
        with closing(connect(spec_of(server))) as connection, closing(connection.browse()) as browse:
            assert browse.bounds("work")[0].end == 1
            server.kill()
            with pytest.raises(Unavailable):
                browse.bounds("work")
            with pytest.raises(Unavailable):
                connection.open()
            server.start()
            deadline_s = time.monotonic() + DEADLINE_S
            while True:
                try:
                    assert "work" in [topic.name for topic in browse.topics()]
                    break
                except Unavailable:
                    assert time.monotonic() < deadline_s


# -- attached to a workspace ------------------------------------------------------------------------------------
def test_a_workspace_that_is_attached_shows_it_and_sends_nothing(server, other: Other, tmp_path: Path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    other.queue("work", b"1", b"2")
    other.queue("log", b"1", b"2", b"3", queue_type="stream")
    make_workspace(tmp_path / "w.flow")
    with closing(LocalHost(tmp_path / "w.flow")) as host:
        host.call(AddConnection("rabbit", "rabbitmq", server.address, {"management": server.management}, True))
        host.call(Subscribe(10.0))
        host.call(Attach("rabbit"))
        until_s = time.monotonic() + DEADLINE_S
        while True:
            snapshot = host.call(TakeSnapshot())
            held = {topic.name: (topic.kind, topic.records) for each in snapshot.attached for topic in each.topics}
            if held.get("work") == ("queue", 2) and held.get("log") == ("stream", 3):
                break
            assert time.monotonic() < until_s, snapshot.attached
        can = capabilities(snapshot, "rabbit")
        assert "write to it from the command line" in can.why_not("produce")
        assert "marked as redelivered" in can.why_not("peek")
        assert "seconds old" in snapshot.attached[0].counts
        reader = AttachedReader(host, "rabbit")
        assert [record.value for record in reader.read("log", 0, 1, 9)] == [b"2", b"3"]
        with pytest.raises(Refused, match="marked as redelivered"):
            reader.read("work", 0, 0, 9)
    assert not other.channel.basic_get("work", auto_ack=True)[0].redelivered


# -- the command line -------------------------------------------------------------------------------------------
def run(home: Path, *arguments: str, status: int = 0, given: str = "") -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "HOME": str(home), "XDG_CONFIG_HOME": str(home / "config")}
    done = subprocess.run([sys.executable, "-m", "workbench", *arguments], cwd=ROOT, env=env, capture_output=True,
                          text=True, timeout=60, input=given)
    assert done.returncode == status, done.stderr
    return done


def test_the_verbs_look_and_send(server: RabbitServer, other: Other, tmp_path: Path):
    other.queue("work", b'{"id":1}')
    run(tmp_path, "connections", "add", "rabbit", "--system", "rabbitmq", "--address", server.address, "--option",
        f"management={server.management}")
    assert "reached @rabbit: RabbitMQ 3." in run(tmp_path, "connections", "test", "rabbit").stdout
    (topic,) = [each for each in json.loads(run(tmp_path, "topics", "@rabbit", "list", "--json").stdout)["topics"]
                if each["name"] == "work"]
    assert (topic["kind"], topic["records"]) == ("queue", 1)
    listed = run(tmp_path, "queues", "@rabbit", "list", "--json")
    assert "seconds old" in listed.stderr
    (queue,) = [each for each in json.loads(listed.stdout)["queues"] if each["name"] == "work"]
    assert (queue["ready"], queue["type"]) == (1, "classic")
    assert "no consumer groups" in run(tmp_path, "groups", "@rabbit", "list", status=1).stderr
    refused = run(tmp_path, "produce", "@rabbit", "work", status=1, given='{"id":2}\n')
    assert "writing is off" in refused.stderr and "connections alter rabbit --writable" in refused.stderr
    run(tmp_path, "connections", "alter", "rabbit", "--writable")
    sent = run(tmp_path, "produce", "@rabbit", "work", "--key", "id", given='{"id":2}\n')
    assert "basic.publish to the default exchange with the routing key work" in sent.stderr
    refused = run(tmp_path, "consume", "@rabbit", "work", status=1)
    assert "marked as redelivered" in refused.stderr and "Add --disturb" in refused.stderr and not refused.stdout
    looked = run(tmp_path, "consume", "@rabbit", "work", "--disturb")
    assert [json.loads(line)["value"] for line in looked.stdout.splitlines()] == [{"id": 1}, {"id": 2}]
    assert "marked as redelivered" in looked.stderr
    assert "only looked at" in run(tmp_path, "connections", "alter", "rabbit", "--read-only").stderr
