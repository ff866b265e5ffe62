"""Amazon SQS attached: on moto's server, and on another emulator when WORKBENCH_SQS_ENDPOINT names one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from engines.aws_server import KEYS, client, moto
from listeners.serving import ROOT

from workbench.core.errors import Invalid, NotFound, Refused, Unavailable, Unsupported
from workbench.core.queues import DEDUPLICATION_ID, DELAY_MS, MESSAGE_GROUP
from workbench.core.records import Record
from workbench.engines.base import LinkState
from workbench.engines.catalog import ConnectionSpec
from workbench.engines.registry import connect
from workbench.engines.sqs.connection import SqsConnection


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    if other := os.environ.get("WORKBENCH_SQS_ENDPOINT"):
        yield other
        return
    with moto() as started:
        yield started


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_TEST_AWS_SECRET", "testing")


class Other:
    """Another program."""

    def __init__(self, address: str) -> None:
        self.sqs = client("sqs", address)

    def queue(self, name: str, *bodies: str, **attributes: str) -> str:
        """A new queue that holds ``bodies``; its address."""
        for url in self.sqs.list_queues(QueueNamePrefix=name).get("QueueUrls", ()):
            if url.endswith(f"/{name}"):
                self.sqs.delete_queue(QueueUrl=url)
        url = self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        for body in bodies:
            self.sqs.send_message(QueueUrl=url, MessageBody=body)
        return url

    def arn(self, url: str) -> str:
        return self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]

    def receive(self, url: str) -> list[dict[str, Any]]:
        return self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"],
                                        MessageAttributeNames=["All"]).get("Messages", [])


@pytest.fixture
def other(address: str) -> Iterator[Other]:
    made = Other(address)
    yield made
    made.sqs.close()


def spec_of(address: str, *, writable: bool = False, **options: str) -> ConnectionSpec:
    return ConnectionSpec("aws", "sqs", address, KEYS | options, writable)


def test_what_was_reached_is_told(address: str, other: Other):
    other.queue("orders")
    with closing(SqsConnection(spec_of(address))) as connection:
        connection.open()
        assert connection.state.state is LinkState.READY
        assert connection.state.about.startswith("Amazon SQS, "), connection.state.about


@pytest.mark.parametrize(("where", "options", "error", "words"), [
    ("http://127.0.0.1:1", {}, Unavailable, "can't be reached"),
    ("somewhere", {}, Invalid, "neither a region nor an address"),
    ("eu-central-1", {"colour": "red"}, Invalid, "no option colour"),
    ("eu-central-1", {"profile": "nobody-has-this"}, Invalid, "nobody-has-this"),
])
def test_what_is_wrong_with_it_is_a_sentence(where: str, options: dict[str, str], error: type, words: str):
    with closing(SqsConnection(spec_of(where, **options))) as connection:
        with pytest.raises(error, match=words):
            connection.open()
        assert connection.state.state is LinkState.FAILING
        assert words in connection.state.reason


def test_counts_and_dead_letters_are_told_without_receiving(address: str, other: Other):
    dead = other.queue("work-dead")
    policy = json.dumps({"deadLetterTargetArn": other.arn(dead), "maxReceiveCount": "3"})
    work = other.queue("work", "1", "2", RedrivePolicy=policy)
    other.sqs.send_message(QueueUrl=work, MessageBody="later", DelaySeconds=600)
    with closing(connect(spec_of(address))) as connection, closing(connection.browse()) as browse:
        queues = {info.meta.name: info for info in browse.queues()}
        counts = queues["work"].stat.counts
        assert (counts.ready, counts.delayed, counts.in_flight) == (2, 1, 0)
        assert (queues["work"].stat.dead_letter, queues["work-dead"].stat.takes_dead_letters) == ("work-dead", True)
        assert browse.bounds("work")[0].end == 2
        assert "estimates" in browse.counts_are() and "as of 20" in browse.counts_are()
        assert browse.config("work")[1]["VisibilityTimeout"] == "30"
        with pytest.raises(NotFound, match="no queue nowhere"):
            browse.bounds("nowhere")
    assert {message["Attributes"]["ApproximateReceiveCount"] for message in other.receive(work)} == {"1"}


def test_a_queue_is_looked_into_only_by_who_knows_what_that_changes(address: str, other: Other):
    dead = other.queue("work-dead")
    policy = json.dumps({"deadLetterTargetArn": other.arn(dead), "maxReceiveCount": "7"})
    work = other.queue("work", *map(str, range(12)), RedrivePolicy=policy)
    with closing(connect(spec_of(address))) as connection, closing(connection.browse()) as browse:
        with pytest.raises(Refused, match=r"counts as a receive; once it was received 7 times.*work-dead") as problem:
            browse.read("work", 0, 0, 10)
        assert "--disturb" in problem.value.next_step
        looked = browse.peek("work", 12)
        assert sorted(int(record.value or b"") for record in looked) == list(range(12))
        assert [record.offset for record in looked] == list(range(12))
        assert all(record.timestamp_ms > 1_700_000_000_000 for record in looked)
    again = [message for _ in range(4) for message in other.receive(work)]
    assert len(again) == 12, "they are there for others at once"
    assert {message["Attributes"]["ApproximateReceiveCount"] for message in again} == {"2"}, "and it counted"


def test_a_look_at_few_of_many_shows_them_again(address: str, other: Other):
    work = other.queue("few", "a", "b", "c")
    with closing(connect(spec_of(address))) as connection, closing(connection.browse()) as browse:
        assert len(browse.peek("few", 1)) == 1
    assert len(other.receive(work)) == 3


def test_records_are_sent_with_their_attributes(address: str, other: Other):
    url = other.queue("out")
    sent = [Record(b"k", b"%d" % number, (("h", b"x"), ("b", b"\xff"))) for number in range(23)]
    with closing(connect(spec_of(address, writable=True))) as connection, closing(connection.sender()) as sender:
        assert "SendMessageBatch" in sender.call_for("out")
        sender.append("out", 0, sent)
        sender.append("out", 0, [Record(None, b"later", ((DELAY_MS, b"600000"),))])
        with pytest.raises(NotFound):
            sender.append("nowhere", 0, sent)
        with pytest.raises(Unsupported, match="no exchanges"):
            sender.publish("x", "y", sent)
    got = [message for _ in range(5) for message in other.receive(url)]
    assert sorted(int(message["Body"]) for message in got) == list(range(23)), "what is delayed does not come yet"
    attributes = {name: told.get("StringValue") or told["BinaryValue"]
                  for name, told in got[0]["MessageAttributes"].items()}
    assert attributes == {"h": "x", "b": b"\xff", "workbench.key": "k"}


def test_a_fifo_queue_takes_the_key_as_the_group(address: str, other: Other):
    url = other.queue("out.fifo", FifoQueue="true")
    with closing(connect(spec_of(address, writable=True))) as connection, closing(connection.sender()) as sender, \
            closing(connection.browse()) as browse:
        with pytest.raises(Invalid, match="needs a message group"):
            sender.append("out.fifo", 0, [Record(None, b"1")])
        with pytest.raises(Invalid, match="deduplication id"):
            sender.append("out.fifo", 0, [Record(b"g", b"1")])
        sender.append("out.fifo", 0, [Record(b"g", b"1", ((DEDUPLICATION_ID, b"one"),)),
                                      Record(b"g", b"again", ((DEDUPLICATION_ID, b"one"),)),
                                      Record(None, b"2", ((MESSAGE_GROUP, b"g"), (DEDUPLICATION_ID, b"two")))])
        assert "message groups" in browse.disturbs("out.fifo")
        assert [(record.key, record.value) for record in browse.peek("out.fifo", 9)] == [(b"g", b"1"), (b"g", b"2")]
    assert [message["Body"] for message in other.receive(url)] == ["1", "2"]


@pytest.mark.parametrize(("record", "words"), [
    (Record(None, b"\xff"), "text only"), (Record(None, b""), "no empty body"), (Record(None, b"\0"), "control char"),
    (Record(None, b"x", (("h", b""),)), "h is empty"),
    (Record(None, b"x", tuple((f"h{number}", b"x") for number in range(11))), "at most 10 attributes"),
])
def test_what_sqs_does_not_take_is_said_before_anything_is_sent(address: str, other: Other, record: Record, words: str):
    url = other.queue("strict")
    with closing(connect(spec_of(address, writable=True))) as connection, closing(connection.sender()) as sender, \
            pytest.raises(Invalid, match=words):
        sender.append("strict", 0, [Record(None, b"good"), record])
    assert other.receive(url) == []


def test_nothing_is_written_before_that_was_turned_on(address: str):
    with closing(connect(spec_of(address))) as connection, pytest.raises(Refused, match="writing is off"):
        connection.sender()


def test_a_server_that_went_away_is_unavailable():
    with closing(connect(spec_of("http://127.0.0.1:1"))) as nothing, pytest.raises(Unavailable):
        nothing.open()
    with moto() as address:
        connection = connect(spec_of(address))
        browse = connection.browse()
        assert browse.topics() == []
    with closing(connection), pytest.raises(Unavailable, match="can't be reached"):
        browse.topics()


def run(home: Path, *arguments: str, status: int = 0, given: str = "") -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "HOME": str(home), "XDG_CONFIG_HOME": str(home / "config")}
    done = subprocess.run([sys.executable, "-m", "workbench", *arguments], cwd=ROOT, env=env, capture_output=True,
                          text=True, timeout=60, input=given)
    assert done.returncode == status, done.stderr
    return done


def test_the_verbs_look_and_send(address: str, other: Other, tmp_path: Path):
    other.queue("shop", '{"id":1}')
    options = [part for name, value in KEYS.items() for part in ("--option", f"{name}={value}")]
    run(tmp_path, "connections", "add", "aws", "--system", "sqs", "--address", address, "--writable", *options)
    assert "reached @aws: Amazon SQS" in run(tmp_path, "connections", "test", "aws").stdout
    listed = run(tmp_path, "queues", "@aws", "list", "--json")
    (queue,) = [each for each in json.loads(listed.stdout)["queues"] if each["name"] == "shop"]
    assert (queue["ready"], "estimates" in listed.stderr) == (1, True)
    assert "no exchanges" in run(tmp_path, "exchanges", "@aws", "list", status=1).stderr
    sent = run(tmp_path, "produce", "@aws", "shop", given='{"id":2}\n')
    assert "SendMessageBatch" in sent.stderr
    refused = run(tmp_path, "consume", "@aws", "shop", status=1)
    assert "counts as a receive" in refused.stderr and not refused.stdout
    looked = run(tmp_path, "consume", "@aws", "shop", "--disturb")
    assert sorted(json.loads(line)["value"]["id"] for line in looked.stdout.splitlines()) == [1, 2]
