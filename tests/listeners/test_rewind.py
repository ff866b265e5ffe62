"""Running members of other programs: paused, moved and resumed by a reset; taken over when they are killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import confluent_kafka as ck
import kafka
import pytest
from listeners.serving import Host

from workbench.broker import Broker
from workbench.control.messages import ApplyReset, CreateTopic, Listen, ListGroups, PlanReset, Status
from workbench.core.offsets import ResetSpec
from workbench.core.snapshot import GroupStat
from workbench.host import LocalHost

COUNT = 200
PARTITIONS = 2


@pytest.fixture
def host(tmp_path: Path) -> Iterator[LocalHost]:
    Broker.create(tmp_path / "work.flow").close()
    with closing(LocalHost(tmp_path / "work.flow")) as opened:
        opened.call(CreateTopic("t", PARTITIONS))
        opened.call(Listen("kafka", "127.0.0.1:0"))
        fill(address(opened))
        yield opened


def fill(server: str) -> None:
    producer = ck.Producer({"bootstrap.servers": server, "log_level": 0})
    for number in range(COUNT * PARTITIONS):
        producer.produce("t", b"%d" % number, partition=number % PARTITIONS)
    assert producer.flush(30) == 0


def address(host: LocalHost) -> str:
    found = host.call(Status()).listeners.get("kafka")
    assert found
    return found


class Program:
    """A consumer as many write it: subscribes, and commits in the background and when it loses partitions."""

    def __init__(self, server: str, **settings: object) -> None:
        self.offsets: dict[int, list[int]] = {number: [] for number in range(PARTITIONS)}
        self.places: dict[int, int] = {}  # the next offset of each partition it has and has read from
        self.consumer = ck.Consumer({
            "bootstrap.servers": server, "group.id": "g", "auto.offset.reset": "earliest", "log_level": 0,
            "auto.commit.interval.ms": 20, "heartbeat.interval.ms": 100, **settings,
        })
        self.consumer.subscribe(["t"], on_revoke=self._revoked)

    def _revoked(self, consumer: ck.Consumer, parts: list[ck.TopicPartition]) -> None:
        """Commits where it is, and no further: another goes on from there if the group takes it."""
        read = [p.partition for p in parts if p.partition in self.places]
        held = [ck.TopicPartition("t", number, self.places.pop(number)) for number in read]
        with suppress(ck.KafkaException):  # when it is too late for that, which is what the test is about
            if held:
                consumer.commit(offsets=held, asynchronous=False)

    def close(self) -> None:
        """Leave and commit nothing on the way: a commit amid a close can abort the client, and with it the process."""
        self.places.clear()
        self.consumer.close()

    def forget(self) -> None:
        """What comes from now on is what is asked about."""
        for offsets in self.offsets.values():
            offsets.clear()

    def poll(self) -> None:
        """Take all that is there."""
        message = self.consumer.poll(0.02)
        while message is not None:
            if message.error() is None:
                self.offsets[message.partition()].append(message.offset())
                self.places[message.partition()] = message.offset() + 1
            message = self.consumer.poll(0)


def poll_until(programs: list[Program], wanted: dict[int, list[int]], seconds: float = 30.0) -> None:
    """Poll until exactly the wanted offsets of each partition came, whoever got them."""
    until = time.monotonic() + seconds
    while (seen := merged(programs)) != wanted:
        assert time.monotonic() < until, seen
        for program in programs:
            program.poll()


def merged(programs: list[Program]) -> dict[int, list[int]]:
    """What came of each partition, by offset: a share may pass from one program to another while it is read."""
    return {number: sorted(o for program in programs for o in program.offsets[number]) for number in range(PARTITIONS)}


@pytest.mark.parametrize("kind", ["range", "cooperative-sticky", "static"])
def test_a_running_group_reads_again_exactly_from_the_target(host: LocalHost, kind: str):
    settings: dict[str, object] = {"partition.assignment.strategy": "range" if kind == "static" else kind}
    with ExitStack() as stack:
        programs = []
        for number in range(2):
            static = {"group.instance.id": f"till-{number}"} if kind == "static" else {}
            programs.append(Program(address(host), **settings, **static))
            stack.callback(programs[-1].close)
        settle(programs)
        for program in programs:
            program.forget()
        spec = ResetSpec("offset", COUNT // 2)
        refused = host.call(PlanReset("g", spec, "t")).plan.refused
        assert "2 members of other programs are active" in refused
        plan = host.call(ApplyReset("g", spec, "t", pause_members=True)).plan
        assert plan.applied and {move.after for move in plan.moves} == {COUNT // 2}
        poll_until(programs, {number: list(range(COUNT // 2, COUNT)) for number in range(PARTITIONS)})
        settle(programs)
        assert all(program.consumer.assignment() for program in programs)


@pytest.mark.parametrize("kind", ["range", "cooperative-sticky"])
def test_a_move_that_begins_amid_a_rebalance_stands_all_the_same(host: LocalHost, kind: str):
    """Whoever has rejoined, has only heard of the rebalance, or has not: what each committed last is moved."""
    settings: dict[str, object] = {"partition.assignment.strategy": kind, "session.timeout.ms": 6000}
    with ExitStack() as stack:

        def start() -> Program:
            program = Program(address(host), **settings)
            stack.callback(program.close)
            return program

        programs = [start(), start()]
        settle(programs)
        for program in programs:
            program.forget()
        slow = programs[1]
        until = time.monotonic() + 30
        while (group := group_of(host)).state != "PreparingRebalance":
            assert time.monotonic() < until
            if len(group.members) == len(programs):  # all are in: the next newcomer begins a rebalance
                programs.append(start())
            for program in programs:
                if program is not slow:
                    program.poll()
        spec = ResetSpec("offset", COUNT // 2)
        assert host.call(ApplyReset("g", spec, "t", pause_members=True)).plan.applied
        poll_until(programs, {number: list(range(COUNT // 2, COUNT)) for number in range(PARTITIONS)})


def group_of(host: LocalHost) -> GroupStat:
    (group,) = host.call(ListGroups()).groups
    return group


def test_the_command_line_rewinds_a_running_group(tmp_path: Path):
    """``groups reset --pause-members`` beside a running host, as a person types it."""
    file = str(tmp_path / "work.flow")
    workbench("new", file)
    with closing(Serving(Path(file))) as serving, ExitStack() as stack:
        workbench("topics", file, "create", "t", "--partitions", str(PARTITIONS))
        fill(serving.address)
        programs = [Program(serving.address) for _ in range(2)]
        for program in programs:
            stack.callback(program.close)
        settle(programs)
        for program in programs:
            program.forget()
        words = ["groups", file, "reset", "g", "--topic", "t", "--to", "offset:150", "--json"]
        refused = workbench(*words, status=1)
        assert "2 members of other programs are active" in refused.stderr
        assert not json.loads(workbench(*words, "--dry-run").stdout)["applied"]
        moves = json.loads(workbench(*words, "--pause-members").stdout)["moves"]
        assert [(move["before"], move["after"]) for move in moves] == [(COUNT, 150)] * PARTITIONS
        poll_until(programs, {number: list(range(150, COUNT)) for number in range(PARTITIONS)})


class Serving(Host):
    close = Host.stop


def workbench(*words: str, status: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([sys.executable, "-m", "workbench", *words], capture_output=True, text=True, timeout=60)
    assert done.returncode == status, done.stderr
    return done


def settle(programs: list[Program]) -> None:
    """Both have a share, everything is read and committed."""
    until = time.monotonic() + 30
    while not (all(len(program.consumer.assignment()) == 1 for program in programs) and lag_of(programs) == 0):
        assert time.monotonic() < until
        for program in programs:
            program.poll()


def lag_of(programs: list[Program]) -> int:
    done = programs[0].consumer.committed([ck.TopicPartition("t", n) for n in range(PARTITIONS)], 10)
    return sum(COUNT - max(part.offset, 0) for part in done)


def test_a_program_in_pure_python_is_paused_moved_and_resumed(host: LocalHost):
    reader = kafka.KafkaConsumer("t", bootstrap_servers=address(host), group_id="g", auto_offset_reset="earliest",
                                 heartbeat_interval_ms=100, auto_commit_interval_ms=20)
    try:
        assert len(poll_python(reader, COUNT * PARTITIONS)) == COUNT * PARTITIONS
        assert host.call(ApplyReset("g", ResetSpec("offset", 150), "t", pause_members=True)).plan.applied
        again = poll_python(reader, 50 * PARTITIONS)
        assert sorted(again) == [(p, o) for p in range(PARTITIONS) for o in range(150, COUNT)]
    finally:
        reader.close()


@pytest.mark.parametrize("ends", ["commits after the move", "sends its offsets after the move"])
def test_a_transaction_that_is_on_while_its_group_is_moved_does_not_overwrite_the_move(host: LocalHost, ends: str):
    """What it wrote is committed or aborted as the program decides; its group stays where it was moved to."""
    program = Program(address(host), **{"enable.auto.commit": False, "isolation.level": "read_committed"})
    producer = ck.Producer({"bootstrap.servers": address(host), "transactional.id": "relay", "log_level": 0})
    with closing(program):
        poll_until([program], {number: list(range(COUNT)) for number in range(PARTITIONS)})
        producer.init_transactions(30)
        producer.begin_transaction()
        done = [ck.TopicPartition("t", number, COUNT) for number in range(PARTITIONS)]
        metadata = program.consumer.consumer_group_metadata()
        if ends == "commits after the move":
            producer.send_offsets_to_transaction(done, metadata, 30)
        assert host.call(ApplyReset("g", ResetSpec("offset", COUNT // 2), "t", pause_members=True)).plan.applied
        if ends == "commits after the move":
            producer.commit_transaction(30)
        else:
            with pytest.raises(ck.KafkaException) as refused:
                producer.send_offsets_to_transaction(done, metadata, 30)
            assert refused.value.args[0].txn_requires_abort()
            producer.abort_transaction(30)
        program.forget()
        poll_until([program], {number: list(range(COUNT // 2, COUNT)) for number in range(PARTITIONS)})


def poll_python(reader: kafka.KafkaConsumer, count: int) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    until = time.monotonic() + 30
    while len(found) < count and time.monotonic() < until:
        found += [(r.partition, r.offset) for records in reader.poll(100).values() for r in records]
    return found


# -- trap 17 -------------------------------------------------------------------------------------------------
_DOOMED = textwrap.dedent("""
    import sys
    import confluent_kafka as ck
    reader = ck.Consumer({"bootstrap.servers": sys.argv[1], "group.id": "g", "session.timeout.ms": 1500,
                          "heartbeat.interval.ms": 100, "auto.offset.reset": "earliest", "enable.auto.commit": False})
    reader.subscribe(["t"])
    while reader.poll(0.1) is None:
        pass
    print("reads", flush=True)
    while True:
        reader.poll(0.1)
""")


def test_17_a_killed_member_is_taken_over_after_its_session(host: LocalHost):
    doomed = subprocess.Popen([sys.executable, "-c", _DOOMED, address(host)], stdout=subprocess.PIPE)
    assert doomed.stdout is not None
    try:
        assert doomed.stdout.readline() == b"reads\n"
    finally:
        os.kill(doomed.pid, signal.SIGKILL)
        doomed.wait(30)
        doomed.stdout.close()
    killed = time.monotonic()
    program = Program(address(host))
    with closing(program):
        poll_until([program], {number: list(range(COUNT)) for number in range(PARTITIONS)})
        assert 0.5 < time.monotonic() - killed < 10, "not before its session is over, and not much later"
        assert len(group_of(host).members) == 1
