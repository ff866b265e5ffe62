"""kill -9 in the middle of appends: what was acknowledged is there, offsets are dense, retries are known."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from workbench.broker import Broker, BrokerReader
from workbench.core.records import Record

APPEND = """
import sys
from workbench.broker import Broker
from workbench.core.records import Record

broker = Broker.create(sys.argv[1])
broker.create_topic("t", 2)
waiting, sequence = [], [0, 0]
for number in range(10**9):
    partition = number % 2
    records = [Record(b"%d" % number, b"x" * 300) for _ in range(1 + number % 7)]
    waiting.append(broker.append("t", partition, records, producer=(7, 0, sequence[partition])))
    sequence[partition] += len(records)
    if len(waiting) >= 50:
        done = waiting.pop(0).result()
        print(done.partition, done.base_offset, done.count, number - 49, flush=True)
"""


@pytest.mark.parametrize("acknowledged", [1, 400, 3000])
def test_nothing_acknowledged_is_lost(path: Path, acknowledged: int):
    process = subprocess.Popen([sys.executable, "-c", APPEND, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process, process.stdout:
        lines = [process.stdout.readline() for _ in range(acknowledged)]
        process.kill()
        lines += [line for line in process.stdout if line.endswith("\n")]
    answers = [tuple(map(int, line.split())) for line in lines]
    assert len(answers) >= acknowledged

    with Broker.open(path, background=False) as broker, BrokerReader(path) as reader:
        for partition in (0, 1):
            end = broker.bounds("t")[partition].end
            found = reader.read("t", partition, 0, end + 1)
            assert [record.offset for record in found] == list(range(end))
            for of, base, count, number in answers:
                if of == partition:
                    assert [r.key for r in found[base : base + count]] == [b"%d" % number] * count
            last = int(found[-1].key or b"")
            assert found[-1 - last % 7].key == found[-1].key, "a batch is there whole or not at all"
            retry = [Record(b"%d" % last, b"x" * 300)] * (1 + last % 7)
            again = broker.append("t", partition, retry, producer=(7, 0, end - len(retry))).result()
            assert (again.duplicate, again.base_offset) == (True, end - len(retry))
            assert not broker.append("t", partition, [Record(b"on")], producer=(7, 0, end)).result().duplicate
