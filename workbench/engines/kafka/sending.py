"""Writing to Kafka: acks=all and idempotent, so that what librdkafka sends again by itself is stored once.

    send(batch) ──► librdkafka's queue ──► the leader and its replicas ──► every record's answer ──► batch.done()

Answers come on a thread that polls for as long as the producer is open. A batch whose answers did not come in time is
``InDoubt``: librdkafka has given up, the broker may have it all the same. Any thread may send.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Producer

from workbench.core.errors import InDoubt, Unavailable, WorkbenchError
from workbench.core.records import Record
from workbench.engines.catalog import ConnectionSpec
from workbench.engines.kafka import client
from workbench.engines.kafka.errors import translated

GIVE_UP_S = 30.0
_POLL_S = 0.1
_DOUBTFUL = {KafkaError._MSG_TIMED_OUT, KafkaError._PURGE_INFLIGHT, KafkaError.REQUEST_TIMED_OUT}


class Batch:
    """Records of one partition on their way. ``done`` is called once, on the thread that polls."""

    def __init__(self, topic: str, partition: int, records: Sequence[Record], done: Callable[[Batch], None]) -> None:
        self.topic, self.partition, self.records = topic, partition, records
        self.first: int | None = None  # the offset of its first record
        self.taken = 0  # by librdkafka
        self.stored = 0
        self.failure: KafkaError | None = None
        self._left = len(records)
        self._done = done

    def answered(self, error: KafkaError | None, message: Any) -> None:
        if error is not None:
            self.failure = self.failure or error
        else:
            self.stored += 1
            if self.first is None:
                self.first = message.offset()
        self._left -= 1
        if not self._left:
            self._done(self)

    def problem(self, address: str) -> WorkbenchError | None:
        """Why not all of it is known to be stored."""
        if self.failure is None:
            return None
        before = f"{self.stored:,} of its {len(self.records):,} records were stored." if self.stored else ""
        if self.failure.code() in _DOUBTFUL:
            return InDoubt(f"Kafka at {address} did not say within {GIVE_UP_S:g} s whether it has a batch for "
                           f"{self.topic}/{self.partition}.", before or "Look before it is sent again.")
        told = translated(KafkaException(self.failure), address)
        if isinstance(told, Unavailable):  # it was tried for long enough, and others may be behind it
            return InDoubt(told.message, f"{before} {told.next_step}".strip())
        return type(told)(told.message, f"{before} {told.next_step}".strip())


class RecordSending:
    """One producer of librdkafka, and the thread that takes its answers."""

    def __init__(self, spec: ConnectionSpec, idempotent: bool = True, compression: str = "none") -> None:
        self.address = spec.address
        self._faults = client.Faults()
        self._producer: Producer = client.producer(spec, self._faults, idempotent, compression, GIVE_UP_S)
        self._closing = False
        self._thread = threading.Thread(target=self._take_answers, name=f"kafka answers {spec.name}", daemon=True)
        self._thread.start()

    def _take_answers(self) -> None:
        while not self._closing:
            self._producer.poll(_POLL_S)

    def offer(self, batch: Batch) -> bool:
        """Hand it to librdkafka; False while that has no room for the rest, which is for another call."""
        produce, answered = self._producer.produce, batch.answered
        for record in batch.records[batch.taken:]:
            try:
                produce(batch.topic, record.value, record.key, batch.partition, on_delivery=answered,
                        timestamp=0 if record.timestamp_ms is None else record.timestamp_ms,
                        headers=list(record.headers))
            except BufferError:
                return False
            except KafkaException as error:
                self._fail_rest(batch, error.args[0])
                return True
            batch.taken += 1
        return True

    @staticmethod
    def _fail_rest(batch: Batch, error: KafkaError) -> None:
        """What librdkafka does not take has no answer of its own."""
        rest, batch.taken = len(batch.records) - batch.taken, len(batch.records)
        for _ in range(rest):
            batch.answered(error, None)

    def close(self) -> None:
        """What is on its way is waited for."""
        left = self._producer.flush(GIVE_UP_S)
        self._closing = True
        self._thread.join()
        if left:
            raise Unavailable("Kafka at {address} did not answer for {left:,} records.", address=self.address,
                              left=left)
