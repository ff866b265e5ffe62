"""kill -9 with 1,000 messages in flight: all come back, their attempts counted; what was acked does not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from workbench.broker import Broker
from workbench.core.clock import ManualClock
from workbench.core.records import Record

CONSUME = """
import sys
from workbench.broker import Broker
from workbench.core.records import Record

broker = Broker.create(sys.argv[1])
broker.create_topic("q", 2, "queue")
for partition in (0, 1):
    broker.append("q", partition, [Record(b"%d" % n, b"x" * 200) for n in range(1000)]).result()
held = broker.queues.receive("q", "ann", 1500)
broker.queues.nack("q", [d.receipt for d in held[:100]], reason="again")
held += broker.queues.receive("q", "ann", 100)
acked = [d.receipt for d in held[100:700]]
broker.queues.ack("q", acked).result()
print(len(held) - 100 - len(acked), flush=True)
for receipt in acked:
    print(*receipt, flush=True)
print("end", flush=True)
sys.stdin.read()  # until it is killed
"""


def test_what_was_in_flight_returns_and_what_was_acked_does_not(path: Path):
    process = subprocess.Popen([sys.executable, "-c", CONSUME, str(path)], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process, process.stdout:
        (in_flight,) = map(int, process.stdout.readline().split())
        acked = set()
        while (line := process.stdout.readline().strip()) != "end":
            partition, offset, _ = map(int, line.split())
            acked.add((partition, offset))
        process.kill()
    assert in_flight >= 900

    with Broker.open(path, background=False) as broker:
        counts = broker.queues.counts("q")
        assert (counts.ready, counts.in_flight) == (2000 - len(acked), 0)
        got = broker.queues.receive("q", "bob", 2000)
        assert {delivery.receipt.message for delivery in got}.isdisjoint(acked)
        assert len(got) + len(acked) == 2000
        again = [delivery for delivery in got if delivery.redelivered]
        assert len(again) == in_flight, "each that was out, and none that was not"
        assert sum(delivery.attempt == 3 for delivery in again) == 100, "those that had come back once before"
        assert broker.queues.counts("q").redelivered >= len(again)


def test_what_comes_back_is_not_dropped_for_the_length(path: Path, clock: ManualClock):
    config = {"queue.max.length": "3", "queue.overflow": "drop_head"}
    broker = Broker.create(path, clock=clock, background=False)
    broker.create_topic("q", 1, "queue", config)
    broker.append("q", 0, [Record(None, b"%d" % n) for n in range(3)]).result()
    broker.queues.receive("q", "ann", 2)
    broker.append("q", 0, [Record(None, b"%d" % n) for n in (3, 4)]).result()
    broker.log.close()  # as a crash: nothing is told
    broker.store.close()

    with Broker.open(path, clock=clock, background=False) as broker:
        assert broker.queues.counts("q").ready == 5, "the two in flight came back to three that waited"
        broker.append("q", 0, [Record(None, b"5")]).result()
        assert broker.queues.counts("q").ready == 3, "a new one is what the length is held against"
