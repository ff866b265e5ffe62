"""Programs anyone could have written, for the window's bench: one that writes at a rate, one with groups that read.

    python -m tests.bench.clients write ADDRESS TOPIC RATE SECONDS      prints how many were written
    python -m tests.bench.clients read  ADDRESS TOPIC COUNT GROUP...    prints, for each group, how many came, and how
                                                                         many of them out of order
"""

from __future__ import annotations

import json
import sys
import threading
import time

import confluent_kafka as ck

PATIENCE_S = 60.0


def write(address: str, topic: str, rate: int, seconds: float) -> int:
    producer = ck.Producer({"bootstrap.servers": address, "client.id": "till", "log_level": 0})
    value, sent, began = b"x" * 200, 0, time.monotonic()
    while (passed := time.monotonic() - began) < seconds:
        while sent < passed * rate:
            producer.produce(topic, value, b"C-%d" % (sent % 500))
            sent += 1
        producer.poll(0.005)
    assert producer.flush(30) == 0
    return sent


def read(address: str, topic: str, count: int, group: str) -> tuple[int, int]:
    """Until ``count`` came; auto commit and everything else as the client has it."""
    reader = ck.Consumer({"bootstrap.servers": address, "group.id": group, "auto.offset.reset": "earliest",
                          "log_level": 0})
    reader.subscribe([topic])
    came, disorder, last = 0, 0, dict[int, int]()
    until = time.monotonic() + PATIENCE_S
    while came < count and time.monotonic() < until:
        for message in reader.consume(1000, 0.1):
            if message.error() is None:
                came += 1
                disorder += message.offset() != last.get(message.partition(), -1) + 1
                last[message.partition()] = message.offset()
    reader.close()
    return came, disorder


def main() -> None:
    what, address, topic, *rest = sys.argv[1:]
    if what == "write":
        print(write(address, topic, int(rest[0]), float(rest[1])))
        return
    found: dict[str, tuple[int, int]] = {}

    def take(group: str) -> None:
        found[group] = read(address, topic, int(rest[0]), group)

    threads = [threading.Thread(target=take, args=(group,)) for group in rest[1:]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
