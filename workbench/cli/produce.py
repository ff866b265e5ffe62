"""``produce``: events from a file, a pipe or standard input into a topic, as fast as it goes or paced.

Reading, formats, keys and pacing are those of a drawn file source; here its events are put into batches, encoded,
and sent as they fill. Every event counted at the end was acknowledged.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import click

from workbench.broker import encode_batch
from workbench.cli.output import ProgressLine, counted, print_json
from workbench.cli.workspace import file_argument, host_of, json_option, pair
from workbench.control.client import Caller
from workbench.control.messages import AppendBatch, ListTopics
from workbench.core.clock import SystemClock
from workbench.core.errors import Invalid, NotFound, WorkbenchError
from workbench.core.partitioners import Partitioner, partitioner
from workbench.core.records import Headers, Record
from workbench.flow.kinds import kind_of
from workbench.runtime.file_source import FileSource

BATCH_RECORDS = 1000
BATCH_BYTES = 256 * 1024
_TAKE = 5000
_WAIT_S = 0.005


@dataclass(slots=True)
class _Batch:
    records: list[Record] = field(default_factory=list)
    bytes: int = 0


class Sending:
    """Events on their way into a topic: a batch for each partition, sent when it is full or flushed."""

    def __init__(self, host: Caller, topic: str, partition: int | None) -> None:
        self._host = host
        self._topic = topic
        self._partitions = _partitions_of(host, topic)
        rule, explicit = ("murmur2", 0) if partition is None else ("explicit", partition)
        self._partitioner: Partitioner = partitioner(rule, Random(), explicit)
        self._batches: dict[int, _Batch] = {}
        self.sent = 0

    def add(self, record: Record) -> None:
        partition = self._partitioner.choose(record.key, self._partitions)
        batch = self._batches.setdefault(partition, _Batch())
        size = len(record.key or b"") + len(record.value or b"") + 64
        if batch.records and batch.bytes + size > BATCH_BYTES:
            self._send(partition)
            batch = self._batches.setdefault(partition, _Batch())
        batch.records.append(record)
        batch.bytes += size
        if len(batch.records) >= BATCH_RECORDS:
            self._send(partition)

    def flush(self) -> None:
        for partition in list(self._batches):
            self._send(partition)

    def _send(self, partition: int) -> None:
        records = self._batches.pop(partition).records
        data = encode_batch(records, now_ms=SystemClock().now_ms())
        self._host.call(AppendBatch(self._topic, partition, data))
        self._partitioner.batch_left(partition)
        self.sent += len(records)


def _partitions_of(host: Caller, topic: str) -> int:
    for info in host.call(ListTopics()).topics:
        if info.name == topic:
            return info.partitions
    raise NotFound(f"There is no topic {topic}.", f"Create it with «workbench topics FILE create {topic}».")


@click.command()
@file_argument
@click.argument("topic")
@click.argument("source", default="-")
@click.option("--key", default="", metavar="FIELD", help="The field that is the key; of plain lines a word's number.")
@click.option("--time", "time_field", default="", metavar="FIELD", help="The field that is the event's time.")
@click.option("--header", "headers", multiple=True, metavar="NAME=VALUE", help="A header of every event.")
@click.option("--partition", type=click.IntRange(0), default=None, help="All events there.")
@click.option("--rate", type=click.FloatRange(0, min_open=True), default=None, help="Events a second.")
@click.option("--speed", type=click.FloatRange(0, min_open=True), default=None, help="Times the original spacing.")
@click.option("--format", "form", type=click.Choice(["auto", "jsonl", "csv", "lines"]), default="auto")
@json_option
def produce(
    file: Path, topic: str, source: str, key: str, time_field: str, headers: tuple[str, ...], partition: int | None,
    rate: float | None, speed: float | None, form: str, as_json: bool,
) -> None:  # fmt: skip
    """Append events from SOURCE (a file, or - for standard input) to TOPIC."""
    if rate is not None and speed is not None:
        raise click.UsageError("Give --rate or --speed, not both.")
    if speed is not None and not time_field:
        raise click.UsageError("--speed needs the spacing of the events: name their time with --time FIELD.")
    pace = "rate" if rate is not None else "original" if speed is not None else "flat_out"
    chosen = {"path": source, "format": form, "key": key, "time": time_field, "pace": pace}
    chosen |= {"rate": rate} if rate is not None else {"speed": speed} if speed is not None else {}
    _check_source(source)
    fixed = tuple((name, value.encode()) for name, value in (pair(text, "name=value") for text in headers))
    with host_of(file) as host:
        sending = Sending(host, topic, partition)
        events = FileSource(kind_of("file").complete(chosen), SystemClock().now_ms)
        try:
            seconds = _play(events, sending, fixed)
        except WorkbenchError as error:
            raise type(error)(error.message, f"{sending.sent:,} sent before. {error.next_step}".strip()) from error
        finally:
            events.close()
    _report(topic, sending.sent, seconds, as_json)
    if events.trouble:
        raise Invalid(events.trouble, f"The other {sending.sent:,} events were sent.")


def _play(events: FileSource, sending: Sending, fixed: Headers) -> float:
    """Send everything; returns the seconds it took. Stopped by Ctrl-C, what was read is sent before it ends."""
    started_s = time.monotonic()
    try:
        with ProgressLine("events") as progress:
            for record in _records(events, sending, started_s):
                sending.add(record._replace(headers=fixed) if fixed else record)
                if sending.sent and not sending.sent % BATCH_RECORDS:
                    progress(sending.sent, sending.sent)
    except KeyboardInterrupt:
        sending.flush()
        raise
    sending.flush()
    return time.monotonic() - started_s


def _records(events: FileSource, sending: Sending, started_s: float) -> Iterator[Record]:
    """Records as they are due; whenever none is, what waits in batches is sent."""
    while not events.done:
        taken = events.take(time.monotonic() - started_s, _TAKE)
        yield from taken
        if not taken and not events.done:
            sending.flush()
            time.sleep(_WAIT_S)


def _check_source(source: str) -> None:
    """Devices without an end are refused before they are read."""
    if source == "-" or not os.path.exists(source):
        return
    mode = os.stat(source).st_mode
    if stat.S_ISBLK(mode) or (stat.S_ISCHR(mode) and not os.path.samefile(source, os.devnull)):
        raise Invalid(f"{source} is a device, not a file of events.", "Give a file, a pipe or - for standard input.")


def _report(topic: str, sent: int, seconds: float, as_json: bool) -> None:
    rate = sent / seconds if seconds > 0 else 0.0
    if as_json:
        print_json({"topic": topic, "produced": sent, "seconds": round(seconds, 3), "rate": round(rate, 1)})
    else:
        print(f"{counted(sent, 'event')} into {topic} in {seconds:.2f} s ({rate:,.0f}/s)")


COMMANDS = {"produce": produce}
