"""Queues as a person or a script uses them: sent to, leased, failed, inspected, redriven, killed in the middle."""

from __future__ import annotations

import json
import signal
from contextlib import closing
from pathlib import Path

import pytest

from workbench.control.client import ControlClient
from workbench.control.queues import ListQueues, ReceiveMessages, SettleMessages
from workbench.core.queues import Delivery, QueueCounts

KILLED_IN_FLIGHT = 1_000
DEAD = 10_000


@pytest.fixture
def path(workbench, tmp_path: Path) -> Path:
    workbench("new", "a.flow")
    return tmp_path / "a.flow"


@pytest.fixture(params=["served", "not served"])
def served(request: pytest.FixtureRequest, workbench, path: Path) -> bool:
    """Whether a host serves the file meanwhile makes no difference."""
    if request.param == "served":
        workbench.serve(path)
        return True
    return False


def lines(count: int, start: int = 0) -> bytes:
    return b"".join(b'{"n":%d,"customer":"c%d"}\n' % (n, n % 7) for n in range(start, start + count))


def counts(workbench, queue: str) -> dict[str, int]:
    found = {q["name"]: q for q in workbench.json("queues", "a.flow", "list")["queues"]}[queue]
    return {state: found[state] for state in ("ready", "delayed", "in_flight", "dead")}


def log_start(workbench, queue: str) -> int:
    return workbench.json("topics", "a.flow", "describe", queue)["partition_list"][0]["log_start"]


def state(**numbers: int) -> dict[str, int]:
    return {"ready": 0, "delayed": 0, "in_flight": 0, "dead": 0} | numbers


def test_what_is_sent_is_consumed_once_and_is_gone_then(workbench, served, path: Path, until):
    workbench("topics", path, "create", "jobs", "--queue", "--config", "queue.visibility.ms=60000")
    workbench("produce", path, "jobs", "-", "--key", "customer", given=lines(10))
    assert counts(workbench, "jobs") == state(ready=10)
    assert len(workbench.lines("consume", path, "jobs")) == 10  # browsed: nothing is disturbed
    assert counts(workbench, "jobs") == state(ready=10)
    first = workbench.lines("consume", path, "jobs", "--ack", "manual", "--max", "4")
    assert [line["value"]["n"] for line in first] == [0, 1, 2, 3]
    assert set(first[0]) == {"topic", "partition", "offset", "timestamp", "key", "value", "headers"}
    rest = workbench.lines("consume", path, "jobs", "--ack", "auto")
    assert [line["value"]["n"] for line in rest] == [4, 5, 6, 7, 8, 9]
    assert workbench("consume", path, "jobs", "--ack", "auto") == b""
    assert counts(workbench, "jobs") == state()
    told = workbench.json("queues", path, "describe", "jobs")
    assert (told["counters"]["acked"], told["settings"]["queue.visibility.ms"]) == (10, "60000")
    until(lambda: log_start(workbench, "jobs") == 10)  # served, the log follows in steps of a second


def test_the_log_begins_after_what_was_acked_when_the_command_ends(workbench, path: Path):
    workbench("topics", path, "create", "jobs", "--queue")
    workbench("produce", path, "jobs", "-", given=lines(10))
    workbench("consume", path, "jobs", "--ack", "manual", "--max", "4")
    assert log_start(workbench, "jobs") == 4
    workbench("consume", path, "jobs", "--ack", "nack", "--max", "2")
    assert log_start(workbench, "jobs") == 4


def test_what_is_given_back_comes_again_and_its_attempts_are_counted(workbench, path: Path):
    workbench("topics", path, "create", "jobs", "--queue")
    workbench("produce", path, "jobs", "-", given=lines(3))
    for _ in range(2):
        assert len(workbench.lines("consume", path, "jobs", "--ack", "nack")) == 3
    peeked = workbench.json("queues", path, "peek", "jobs")["messages"]
    assert [(m["state"], m["attempts"]) for m in peeked] == [("ready", 2)] * 3
    assert [m["record"]["value"]["n"] for m in peeked] == [0, 1, 2]
    assert workbench.json("queues", path, "peek", "jobs", "--state", "dead")["messages"] == []
    (story,) = {tuple(line["kind"] for line in m["story"])
                for m in workbench.json("queues", path, "peek", "jobs", "--story")["messages"]}
    assert story == ("append", "lease", "nack", "lease", "nack")
    assert counts(workbench, "jobs") == state(ready=3)


def test_a_purge_says_what_it_takes_and_takes_it_only_when_told(workbench, path: Path):
    workbench("topics", path, "create", "jobs", "--queue")
    workbench("produce", path, "jobs", "-", given=lines(5))
    workbench("produce", path, "jobs", "-", "--delay", "3600000", given=lines(2))
    refused = workbench.run("queues", path, "purge", "jobs")
    assert refused.returncode == 1 and b"7 messages (5 ready, 2 delayed, 0 dead)" in refused.stderr
    assert workbench.json("queues", path, "purge", "jobs", "--dry-run") == {
        "queue": "jobs", "purged": False, "ready": 5, "delayed": 2, "dead": 0, "kept_in_flight": 0}
    assert counts(workbench, "jobs") == state(ready=5, delayed=2)
    assert b"gone for good" in workbench("queues", path, "purge", "jobs", "--yes")
    assert counts(workbench, "jobs") == state()


def test_the_attributes_of_messages_are_kept_to(workbench, path: Path):
    workbench("topics", path, "create", "jobs", "--queue", "--config", "queue.max.priority=9",
              "--config", "queue.dedup.ms=60000")
    workbench("produce", path, "jobs", "-", "--dedup", "n", given=lines(2))
    workbench("produce", path, "jobs", "-", "--dedup", "n", given=lines(3))  # two of them for the second time
    workbench("produce", path, "jobs", "-", "--priority", "9", "--header", "from=boss", given=lines(1, 100))
    workbench("produce", path, "jobs", "-", "--delay", "3600000", given=lines(1, 200))
    consumed = workbench.lines("consume", path, "jobs", "--ack", "auto")
    assert [line["value"]["n"] for line in consumed] == [100, 0, 1, 2]
    assert ["from", "boss"] in consumed[0]["headers"]
    assert counts(workbench, "jobs") == state(delayed=1)
    lacking = workbench.run("produce", path, "jobs", "-", "--group", "country", given=lines(1))
    assert lacking.returncode == 1 and b"no field" in lacking.stderr


def test_dead_letters_without_a_place_are_spoken_of(workbench, path: Path):
    setting = "queue.dead.letter=dead"
    made = workbench.run("topics", path, "create", "jobs", "--queue", "--config", setting)
    assert made.returncode == 0 and b"no queue dead yet" in made.stderr
    assert b"yet" not in workbench.run("topics", path, "create", "dead", "--queue").stderr
    assert b"yet" not in workbench.run("topics", path, "alter", "jobs", "--config", setting).stderr
    assert b"dead letters of jobs stay there" in workbench.run("topics", path, "delete", "dead").stderr
    missing = workbench.run("consume", path, "orders:mail", "--ack", "auto")
    assert missing.returncode == 1 and b"subscribe orders mail" in missing.stderr


def test_a_stream_is_read_as_a_queue_too(workbench, path: Path):
    workbench.serve(path)
    workbench("topics", path, "create", "orders", "--partitions", "2")
    workbench("produce", path, "orders", "-", "--key", "customer", given=lines(6))
    refused = workbench.run("consume", path, "orders", "--ack", "auto")
    assert refused.returncode == 1 and b"subscribe" in refused.stderr
    workbench("queues", path, "subscribe", "orders", "mail", "--config", "queue.max.deliveries=1")
    assert len(workbench.lines("consume", path, "orders", "--group", "billing")) == 6
    assert len(workbench.lines("consume", path, "orders:mail", "--ack", "manual", "--max", "5")) == 5
    assert len(workbench.lines("consume", path, "orders:mail", "--ack", "nack")) == 1
    assert counts(workbench, "orders:mail") == state(dead=1)
    assert workbench.json("topics", path, "describe", "orders")["records"] == 6
    workbench("queues", path, "unsubscribe", "orders:mail")
    assert workbench.json("queues", path, "list") == {"queues": []}


def test_ten_thousand_dead_letters_are_inspected_two_edited_all_redriven(workbench, path: Path, tmp_path: Path):
    workbench.serve(path)
    workbench("topics", path, "create", "orders-dead", "--queue")
    workbench("topics", path, "create", "orders", "--queue", "--config", "queue.max.deliveries=2",
              "--config", "queue.dead.letter=orders-dead")
    workbench("produce", path, "orders", "-", "--key", "customer", given=lines(DEAD))
    for _ in range(2):
        assert len(workbench("consume", path, "orders", "--ack", "nack", "--format", "value").splitlines()) == DEAD
    assert counts(workbench, "orders") == state()
    assert counts(workbench, "orders-dead")["ready"] == DEAD

    first, second = workbench.json("queues", path, "peek", "orders-dead", "--max", "2", "--story")["messages"]
    (death,) = first["deaths"]
    assert (death["queue"], death["reason"], death["origin"]) == ("orders", "delivery_limit", "0-0")
    assert [line["kind"] for line in first["story"] if line["queue"] == "orders"].count("lease") == 2

    (tmp_path / "mended.json").write_bytes(b'{"n":0,"customer":"mended"}')
    edits = ("--edit", f"{first['id']}=mended.json", "--set", second["id"] + '={"value":{"n":1,"customer":"too"}}')
    dry = workbench.json("queues", path, "redrive", "orders-dead", "--all", *edits, "--dry-run")
    assert (dry["redriven"], dry["moved"], counts(workbench, "orders-dead")["ready"]) == (DEAD, {"orders": DEAD}, DEAD)
    done = workbench.json("queues", path, "redrive", "orders-dead", "--all", *edits)
    assert (done["redriven"], done["moved"], done["kept"]) == (DEAD, {"orders": DEAD}, 0)
    assert (counts(workbench, "orders-dead"), counts(workbench, "orders")) == (state(), state(ready=DEAD))

    values = [json.loads(line) for line in
              workbench("consume", path, "orders", "--ack", "auto", "--format", "value").splitlines()]
    assert sorted(value["n"] for value in values) == list(range(DEAD))
    assert {value["n"] for value in values if value["customer"] in ("mended", "too")} == {0, 1}
    assert counts(workbench, "orders") == state()


def test_a_redrive_that_is_stopped_loses_nothing(workbench, path: Path, until):
    workbench.serve(path)
    workbench("topics", path, "create", "orders", "--queue", "--config", "queue.max.deliveries=1")
    workbench("produce", path, "orders", "-", given=lines(50))
    workbench("consume", path, "orders", "--ack", "nack")
    assert counts(workbench, "orders") == state(dead=50)
    process = workbench.start("queues", path, "redrive", "orders", "--all", "--rate", "2")
    until(lambda: counts(workbench, "orders")["ready"] >= 2)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 1 and b"Traceback" not in err, err
    now = counts(workbench, "orders")
    assert now["ready"] + now["dead"] == 50 and now["dead"] > 0
    assert out.startswith(b"%d message" % now["ready"])
    workbench("queues", path, "redrive", "orders", "--all")
    assert counts(workbench, "orders") == state(ready=50)


def test_a_thousand_in_flight_all_return_when_the_host_is_killed(workbench, path: Path):
    process, _ = workbench.serve(path)
    workbench("topics", path, "create", "jobs", "--queue", "--partitions", "3")
    workbench("produce", path, "jobs", "-", "--key", "n", given=lines(KILLED_IN_FLIGHT + 200))
    with closing(ControlClient.attach(path)) as client:
        taken = receive(client, 200) + receive(client, KILLED_IN_FLIGHT)
        acked, in_flight = taken[:200], taken[200:]
        client.call(SettleMessages("jobs", tuple(d.receipt for d in acked), "ack"))
        assert count(client) == (0, KILLED_IN_FLIGHT)
        process.kill()
        process.wait(20)

    workbench.serve(path)
    with closing(ControlClient.attach(path)) as client:
        assert count(client) == (KILLED_IN_FLIGHT, 0)
        again = receive(client, KILLED_IN_FLIGHT + 200)
        assert {d.record.value for d in again} == {d.record.value for d in in_flight}
        assert len(again) == KILLED_IN_FLIGHT
        assert {d.attempt for d in again} == {2} and all(d.redelivered for d in again)
        client.call(SettleMessages("jobs", tuple(d.receipt for d in again), "ack"))
        assert count(client) == (0, 0)


def receive(client: ControlClient, most: int) -> list[Delivery]:
    found: list[Delivery] = []
    while len(found) < most:
        command = ReceiveMessages("jobs", "worker", most - len(found), visibility_ms=600_000)
        deliveries = client.call(command).deliveries
        if not deliveries:
            break
        found += deliveries
    return found


def count(client: ControlClient) -> tuple[int, int]:
    (jobs,) = client.call(ListQueues()).queues
    counts: QueueCounts = jobs.stat.counts
    return counts.ready, counts.in_flight


def test_exchanges_are_declared_bound_asked_and_deleted(workbench, served, path: Path):
    for command in (("declare", "orders", "--type", "topic"), ("declare", "lost", "--type", "fanout"),
                    ("declare", "orders", "--alter", "--alternate", "lost")):
        workbench("exchanges", path, *command)
    for queue in ("work", "eu", "rest"):
        workbench("topics", path, "create", queue, "--queue")
    for binding in (("orders", "work", "--key", "order.#"), ("orders", "work", "--key", "refund.#"),
                    ("orders", "eu", "--key", "*.eu"), ("lost", "rest")):
        workbench("exchanges", path, "bind", *binding)
    assert workbench.json("exchanges", path, "route", "orders", "--key", "refund.eu") == {
        "exchange": "orders", "key": "refund.eu", "queues": ["work", "eu"], "passed": ["orders"],
        "matched": ["orders"]}
    assert workbench("exchanges", path, "route", "orders", "--key", "x").split() == [b"rest"]
    workbench("exchanges", path, "unbind", "orders", "work", "--key", "refund.#")
    found = workbench.json("exchanges", path, "describe", "orders")
    assert [(each["destination"], each["to"], each["key"]) for each in found["binding_list"]] == [
        ("work", "queue", "order.#"), ("eu", "queue", "*.eu")]
    assert (found["type"], found["alternate"], found["bindings"]) == ("topic", "lost", 2)
    assert b"What no binding takes goes to lost." in workbench("exchanges", path, "describe", "orders")
    assert [each["name"] for each in workbench.json("exchanges", path, "list")["exchanges"]] == ["lost", "orders"]
    workbench("exchanges", path, "delete", "lost")
    assert [each["name"] for each in workbench.json("exchanges", path, "list")["exchanges"]] == ["orders"]


def test_dead_letters_go_through_an_exchange_with_their_key_and_are_redriven(workbench, served, path: Path):
    workbench("exchanges", path, "declare", "orders", "--type", "fanout")
    workbench("exchanges", path, "declare", "dead", "--type", "topic")
    workbench("topics", path, "create", "work", "--queue", "--config", "queue.dead.letter.exchange=dead",
              "--config", "queue.max.deliveries=1")
    for queue, exchange, key in (("eu", "dead", "*.eu"), ("all", "dead", "order.*"), ("work", "orders", "")):
        if queue != "work":
            workbench("topics", path, "create", queue, "--queue")
        workbench("exchanges", path, "bind", exchange, queue, "--key", key)
    events = b'{"n":1,"c":"order.eu"}\n{"n":2,"c":"order.us"}\n{"n":3,"c":"invoice"}\n'
    workbench("produce", path, "--exchange", "orders", "--routing-key", "{c}", given=events)
    workbench.lines("consume", path, "work", "--ack", "nack", "--max", "3")
    assert (counts(workbench, "eu"), counts(workbench, "all")) == (state(ready=1), state(ready=2))
    (letter,) = workbench.json("queues", path, "peek", "eu")["messages"]
    assert (letter["exchange"], letter["routing_key"]) == ("dead", "order.eu")
    (death,) = letter["deaths"]
    assert (death["queue"], death["exchange"], death["routing_key"]) == ("work", "orders", "order.eu")
    (kept,) = workbench.json("queues", path, "peek", "work")["messages"]
    assert kept["state"] == "dead" and "No queue takes the key «invoice» from dead" in kept["reason"]
    assert "dead «order.us»".encode() in workbench("queues", path, "peek", "all")
    assert b"exchange dead" in workbench("queues", path, "list")
    workbench("queues", path, "redrive", "eu", "--all")
    back = [one for one in workbench.json("queues", path, "peek", "work")["messages"] if one["state"] == "ready"]
    assert [(one["exchange"], one["routing_key"], one["record"]["value"]["n"]) for one in back] == [(None, None, 1)]
    assert [(death["exchange"], death["routing_key"]) for death in back[0]["deaths"]] == [("orders", "order.eu")]


BAD_EXCHANGES = [
    (("declare", "orders", "--type", "fanout"), "is there already, as topic"),
    (("declare", "amq.x"), "reserved"),
    (("declare", "nothing", "--alter", "--alternate", "x"), "There is no exchange nothing."),
    (("bind", "orders", "nowhere"), "There is no queue nowhere to bind."),
    (("bind", "orders", "work", "--header", "a=b"), "takes no header arguments"),
    (("bind", "orders", "gone", "--to-exchange"), "There is no exchange gone."),
    (("unbind", "orders", "work", "--key", "other"), "work is not bound to orders like that."),
    (("delete", "gone"), "There is no exchange gone."),
    (("describe", "gone"), "There is no exchange gone."),
    (("route", "gone"), "There is no exchange gone."),
    (("bind", "orders", "work", "--key", "k" * 256), "A routing key can't have 256 bytes."),
]


def test_what_can_not_be_done_with_an_exchange_is_a_sentence(workbench, path: Path):
    workbench.serve(path)
    workbench("exchanges", path, "declare", "orders", "--type", "topic")
    workbench("topics", path, "create", "work", "--queue")
    for command, part in BAD_EXCHANGES:
        done = workbench.run("exchanges", path, *command)
        assert (done.returncode, done.stdout) == (1, b""), command
        assert part in done.stderr.decode() and len(done.stderr.splitlines()) == 1, done.stderr
