"""``produce --exchange``: events published with a routing key, and what became of them.

A key may hold fields of the event in braces: ``order.{country}``. Neighbours with one key are published together, so
the order of events is kept.
"""

from __future__ import annotations

import re
from collections import Counter

from workbench.cli.attributes import field_text
from workbench.cli.encodings import Written, as_it_is
from workbench.cli.output import counted, note, print_json
from workbench.control.client import Caller
from workbench.control.queues import PublishRecords
from workbench.core.errors import Invalid, Refused
from workbench.core.records import Record
from workbench.core.routing import Published

BATCH_RECORDS = 500
BATCH_BYTES = 256 * 1024
_FIELD = re.compile(r"\{([^{}]+)\}")


class Publishing:
    """Events on their way to an exchange. ``sent`` were confirmed, the others are told apart in ``counts``."""

    def __init__(self, host: Caller, exchange: str, routing_key: str, mandatory: bool,
                 written: Written = as_it_is) -> None:
        self._host = host
        self._exchange = exchange
        self._pattern = routing_key
        self._mandatory = mandatory
        self._written = written
        self._key = ""
        self._records: list[Record] = []
        self._bytes = 0
        self.sent = 0
        self.counts: Counter[str] = Counter(confirmed=0, returned=0, unroutable=0, refused=0)
        self.queues: Counter[str] = Counter()
        self.trouble = ""  # why the first one came back

    def add(self, record: Record) -> None:
        key = _FIELD.sub(lambda found: _text(record, found[1]), self._pattern)
        if self._records and (key != self._key or len(self._records) >= BATCH_RECORDS or self._bytes > BATCH_BYTES):
            self.flush()
        self._key = key
        record = self._written(record)
        self._records.append(record)
        self._bytes += len(record.key or b"") + len(record.value or b"")

    def flush(self) -> None:
        records, self._records, self._bytes = tuple(self._records), [], 0
        if not records:
            return
        answers = self._host.call(PublishRecords(self._exchange, self._key, records, self._mandatory)).published
        self.sent += len(answers)
        for answer in answers:
            self._count(answer)

    def _count(self, answer: Published) -> None:
        self.queues.update(answer.queues)
        self.counts["confirmed"] += answer.confirmed
        self.counts["returned"] += bool(answer.returned)
        self.counts["unroutable"] += not answer.queues and not answer.refused
        self.counts["refused"] += bool(answer.refused)
        full = f"{answer.refused[0]} is full" if answer.refused else ""
        self.trouble = self.trouble or answer.returned or full


def _text(record: Record, field: str) -> str:
    found = field_text(record.value, field)
    if found is None:
        raise Invalid("An event has no field «{field}» for its routing key.", "Name a field that every event has.",
                      field=field)
    return found.decode("utf-8", "replace")


def report_published(exchange: str, done: Publishing, seconds: float, as_json: bool) -> None:
    """What became of the events. What came back, or was refused by a full queue, is a failure."""
    counts, rate = done.counts, done.sent / seconds if seconds > 0 else 0.0
    if as_json:
        print_json({"exchange": exchange, "produced": done.sent, **counts, "queues": dict(done.queues),
                    "seconds": round(seconds, 3), "rate": round(rate, 1)})
    else:
        words = ", ".join(f"{number:,} {word}" for word, number in counts.items() if number or word == "confirmed")
        print(f"{counted(done.sent, 'event')} to {exchange or 'the default exchange'} in {seconds:.2f} s: {words}")
        for queue, number in sorted(done.queues.items()):
            print(f"  {number:,} into {queue}")
    if back := counts["returned"] + counts["refused"]:
        raise Refused("{back} of {sent:,} came back: {value}.", back=counted(back, 'event'), sent=done.sent,
                      value=done.trouble.rstrip('.'))
    if counts["unroutable"]:
        note(f"{counted(counts['unroutable'], 'event')} could not be routed and went nowhere; see --mandatory.")
