"""``produce``: events from a file or a pipe into a topic or to an exchange, as fast as it goes or paced.

Reading, formats, keys and pacing are those of a drawn file source; here its events are put into batches, encoded,
and sent as they fill. Every event counted at the end was acknowledged. With ``--strict`` the whole input is read once
before anything is stored, and with ``--dry-run`` only that.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import click

from workbench.broker import encode_batch
from workbench.cli.asking import yes_option
from workbench.cli.attributes import Attributes
from workbench.cli.checking import read_twice, show_preview
from workbench.cli.encodings import (
    Written,
    as_it_is,
    encode_option,
    encoder_for,
    key_schema_option,
    serdes_at,
    value_schema_option,
)
from workbench.cli.output import ProgressLine, counted, note, print_json
from workbench.cli.publishing import Publishing, report_published
from workbench.cli.workspace import file_argument, host_of, json_option, pair
from workbench.control.client import Caller
from workbench.control.messages import AppendBatch, ListTopics, TopicInfo
from workbench.core.clock import SystemClock
from workbench.core.errors import Invalid, NotFound, WorkbenchError
from workbench.core.event_times import EventTimes
from workbench.core.partitioners import OfSystem, Partitioner, partitioner
from workbench.core.records import Record
from workbench.flow.file_settings import charset_of, delimiter_of, pointer_of
from workbench.flow.settings import FileSettings, read_settings
from workbench.runtime.file_source import FileSource
from workbench.runtime.reading.formats import FORMATS
from workbench.serde import Serdes

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

    def __init__(self, host: Caller, topic: str, partition: int | None, written: Written = as_it_is) -> None:
        self._host = host
        self._topic = topic
        info = _topic(host, topic)
        self._partitions = info.partitions
        self._written = written
        rule, explicit = ("murmur2", 0) if partition is None else ("explicit", partition)
        of_system = partition is None and info.own_partitioner
        self._partitioner: Partitioner = OfSystem() if of_system else partitioner(rule, Random(), explicit)
        self._batches: dict[int, _Batch] = {}
        self.sent = 0

    def add(self, record: Record) -> None:
        record = self._written(record)
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


def _topic(host: Caller, topic: str) -> TopicInfo:
    for info in host.call(ListTopics()).topics:
        if info.name == topic:
            return info
    raise NotFound("There is no topic {topic}.", "Create it with «workbench topics FILE create {topic}».", topic=topic)


@click.command()
@file_argument
@click.argument("topic", required=False)
@click.argument("source", required=False)
@click.option("--key", default="", metavar="FIELD", help="The field that is the key; of plain lines a word's number.")
@click.option("--time", "time_field", default="", metavar="FIELD", help="The field that is the event's time.")
@click.option("--header", "headers", multiple=True, metavar="NAME=VALUE", help="A header of every event.")
@click.option("--header-field", "header_fields", multiple=True, metavar="NAME=FIELD", help="A header from a field.")
@click.option("--partition", type=click.IntRange(0), default=None, help="All events there.")
@click.option("--rate", type=click.FloatRange(0, min_open=True), default=None, help="Events a second.")
@click.option("--speed", type=click.FloatRange(0, min_open=True), default=None, help="Times the original spacing.")
@click.option("--format", "form", type=click.Choice(["auto", *FORMATS]), default="auto")
@click.option("--time-format", default="", metavar="F", help="s, ms, us, ns, iso, rfc2822, clf, syslog or a pattern.")
@click.option("--charset", default="", metavar="NAME", help="Like utf-8, utf-16 or cp1252; else it is found out.")
@click.option("--delimiter", default="", metavar="C", help="Between the columns of CSV: one character, or tab.")
@click.option("--path", "pointer", default="", metavar="POINTER", help="The array in a JSON document: /data/events.")
@click.option("--strict", is_flag=True, help="Store nothing when a row is bad or lacks its key or time.")
@click.option("--dry-run", is_flag=True, help="Show what the input is and what would be refused; store nothing.")
@click.option("--delay", type=click.IntRange(0), default=None, metavar="MS", help="Queues: handed out only after it.")
@click.option("--ttl", type=click.IntRange(0), default=None, metavar="MS", help="Queues: expires if not taken by then.")
@click.option("--priority", type=click.IntRange(0, 255), default=None, help="Queues: higher ones first.")
@click.option("--group", default="", metavar="FIELD", help="Queues: messages of one group stay in order.")
@click.option("--dedup", default="", metavar="FIELD", help="Queues: what repeats it within the window is dropped.")
@encode_option
@value_schema_option
@key_schema_option
@click.option("--exchange", default=None, metavar="NAME", help="Publish there, instead of to a topic.")
@click.option("--routing-key", default=None, metavar="KEY", help="With --exchange; may hold fields: order.{country}.")
@click.option("--mandatory", is_flag=True, help="With --exchange: what no queue takes comes back.")
@yes_option
@json_option
def produce(file: Path, topic: str | None, source: str | None, yes: bool, as_json: bool, **options: Any) -> None:
    """Append events from SOURCE (a file, or - for standard input) to TOPIC, or publish them:

    \b
    workbench produce FILE TOPIC [SOURCE]
    workbench produce FILE [SOURCE] --exchange NAME --routing-key KEY
    """
    asked = _Asked(serdes=serdes_at(file), **options)
    if asked.exchange is not None and source is None:
        topic, source = "", topic
    asked.check(topic)
    chosen = read_settings("file", asked.source(source or "-"), FileSettings)
    _check_source(chosen.path)
    if asked.dry_run:
        show_preview(chosen, asked.strict, as_json)
        return
    with host_of(file, sure=yes) as host, read_twice(chosen, asked.strict, asked.seen_on(host, topic or "")) as chosen:
        sending = asked.sending(host, topic or "")
        events = FileSource(chosen, SystemClock().now_ms)
        try:
            seconds = _play(events, sending, asked.attributes())
        except WorkbenchError as error:
            raise type(error)(error.message, f"{sending.sent:,} sent before. {error.next_step}".strip()) from error
        finally:
            events.close()
    if isinstance(sending, Publishing):
        report_published(asked.exchange or "", sending, seconds, as_json)
    else:
        _report(topic or "", sending.sent, events.bad, seconds, as_json)
    for sentence in events.notes:
        note(sentence)
    if events.trouble:
        raise Invalid(events.trouble, f"Sent: {counted(sending.sent, 'event')}.")


@dataclass(frozen=True, slots=True)
class _Asked:
    """The options as they were given, and the schemas that there are."""

    serdes: Serdes
    key: str
    time_field: str
    headers: tuple[str, ...]
    partition: int | None
    rate: float | None
    speed: float | None
    form: str
    time_format: str
    charset: str
    delimiter: str
    pointer: str
    strict: bool
    dry_run: bool
    header_fields: tuple[str, ...]
    delay: int | None
    ttl: int | None
    priority: int | None
    group: str
    dedup: str
    encode: str | None
    value_schema: str
    key_schema: str
    exchange: str | None
    routing_key: str | None
    mandatory: bool

    def check(self, topic: str | None) -> None:
        """What can't go together, or means nothing, is wrong usage."""
        for read, text in ((charset_of, self.charset), (delimiter_of, self.delimiter), (pointer_of, self.pointer)):
            _usage(read, text)
        _usage(lambda form: EventTimes(form, lambda: 0), self.time_format)
        if self.pointer and self.form not in ("auto", "json"):
            raise click.UsageError("--path leads into a JSON document: leave out --format.")
        if self.delimiter and self.form not in ("auto", "csv"):
            raise click.UsageError("--delimiter is for CSV: leave out --format.")
        if self.rate is not None and self.speed is not None:
            raise click.UsageError("Give --rate or --speed, not both.")
        if self.speed is not None and not self.time_field:
            raise click.UsageError("--speed needs the spacing of the events: name their time with --time FIELD.")
        if self.exchange is None and topic is None:
            raise click.UsageError("Name a TOPIC, or an exchange with --exchange.")
        if self.exchange is None and (self.routing_key is not None or self.mandatory):
            raise click.UsageError("--routing-key and --mandatory are for an exchange: add --exchange NAME.")
        if self.exchange is not None and topic:
            raise click.UsageError("Events go to a topic or to an exchange: leave out TOPIC or --exchange.")
        if self.exchange is not None and self.partition is not None:
            raise click.UsageError("An exchange chooses queues, not partitions: leave out --partition.")

    def source(self, path: str) -> dict[str, Any]:
        """The settings of a drawn file source that reads the same."""
        pace = "rate" if self.rate is not None else "original" if self.speed is not None else "flat_out"
        chosen: dict[str, Any] = {"path": path, "format": self.form, "key": self.key, "time": self.time_field,
                                  "time_format": self.time_format, "charset": self.charset, "pace": pace,
                                  "delimiter": self.delimiter, "pointer": self.pointer}
        if self.rate is not None:
            return chosen | {"rate": self.rate}
        return chosen | ({"speed": self.speed} if self.speed is not None else {})

    def attributes(self) -> Attributes:
        pairs = [pair(text, "name=value") for text in self.headers]
        fields = [pair(text, "name=field") for text in self.header_fields]
        if not all(name for _, name in fields):
            raise click.BadParameter("--header-field needs a field: write NAME=FIELD.")
        return Attributes.of(pairs, self.delay, self.ttl, self.priority, self.group, self.dedup, fields)

    def sending(self, host: Caller, topic: str) -> Sending | Publishing:
        if self.exchange is not None:
            return Publishing(host, self.exchange, self.routing_key or "", self.mandatory, self._encoder(host, topic))
        return Sending(host, topic, self.partition, self._encoder(host, topic))

    def seen_on(self, host: Caller, topic: str) -> Callable[[Record], object]:
        """Raises ``Invalid`` for an event that could not be sent."""
        attributes, written = self.attributes(), self._encoder(host, topic)
        return lambda record: written(attributes.of_record(record))

    def _encoder(self, host: Caller, topic: str) -> Callable[[Record], Record]:
        config = _topic(host, topic).config if self.exchange is None else {}
        return encoder_for(self.encode, config, topic, self.serdes, self.value_schema, self.key_schema,
                           raw=self.form == "protobuf")


def _play(events: FileSource, sending: Sending | Publishing, attributes: Attributes) -> float:
    """Send everything; returns the seconds it took. Stopped by Ctrl-C, what was read is sent before it ends."""
    started_s = time.monotonic()
    try:
        with ProgressLine("events") as progress:
            for record in _records(events, sending, started_s):
                sending.add(attributes.of_record(record))
                if sending.sent and not sending.sent % BATCH_RECORDS:
                    progress(sending.sent, sending.sent)
    except KeyboardInterrupt:
        sending.flush()
        raise
    sending.flush()
    return time.monotonic() - started_s


def _records(events: FileSource, sending: Sending | Publishing, started_s: float) -> Iterator[Record]:
    """Records as they are due; whenever none is, what waits in batches is sent."""
    while not events.done:
        taken = events.take(time.monotonic() - started_s, _TAKE)
        yield from taken
        if not taken and not events.done:
            sending.flush()
            time.sleep(_WAIT_S)


def _usage(read: Callable[[str], object], text: str) -> None:
    try:
        read(text)
    except Invalid as reason:
        raise click.UsageError(reason.sentence()) from None


def _check_source(source: str) -> None:
    """Devices without an end are refused before they are read."""
    if source == "-" or not os.path.exists(source):
        return
    mode = os.stat(source).st_mode
    if stat.S_ISBLK(mode) or (stat.S_ISCHR(mode) and not os.path.samefile(source, os.devnull)):
        raise Invalid("{source} is a device, not a file of events.", "Give a file, a pipe or - for standard input.",
                      source=source)


def _report(topic: str, sent: int, skipped: int, seconds: float, as_json: bool) -> None:
    rate = sent / seconds if seconds > 0 else 0.0
    if as_json:
        print_json({"topic": topic, "produced": sent, "skipped": skipped, "seconds": round(seconds, 3),
                    "rate": round(rate, 1)})
    else:
        print(f"{counted(sent, 'event')} into {topic} in {seconds:.2f} s ({rate:,.0f}/s)")


COMMANDS = {"produce": produce}
