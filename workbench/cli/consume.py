"""``consume``: the records of a topic, browsed without a trace, read as a member of a group that commits, or leased."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path

import click

from workbench.broker import readable_batch
from workbench.cli.asking import yes_option
from workbench.cli.encodings import decode_option, decoders_for, serdes_at
from workbench.cli.leasing import AckMode, Leasing, Show
from workbench.cli.workspace import Point, attached_name, check_points, file_argument, host_of, reader_of
from workbench.control.client import Caller
from workbench.control.messages import CloseConsumer, CommitConsumer, ListTopics, OpenConsumer, PollConsumer
from workbench.core.encodings import AUTO
from workbench.core.errors import HostGone
from workbench.core.points import EARLIEST, LATEST, LogPoint
from workbench.core.records import DAMAGED, StoredRecord
from workbench.core.times import format_time
from workbench.engines.base import Browse
from workbench.engines.schemas import decoders_in
from workbench.serde import DecoderOf, decoders_of, plain_json
from workbench.session.export import format_named
from workbench.session.reading import merged, spans

_LOOK_EVERY_S = 0.05
_POLL_MS = 500
_JOIN_WITHIN_S = 30.0

@click.command()
@file_argument
@click.argument("topic")
@click.option("--group", default="", help="Join this group and commit; without it nothing is disturbed.")
@click.option("--from", "from_", type=Point(far=True), default=EARLIEST, help="Where to begin; default earliest.")
@click.option("--max", "most", type=click.IntRange(1), default=None, help="Stop after so many.")
@click.option("--follow", is_flag=True, help="Go on with what arrives, until Ctrl-C.")
@click.option("--partition", type=click.IntRange(0), default=None)
@click.option("--format", "form", type=click.Choice(["jsonl", "csv", "value"]), default="jsonl", show_default=True)
@decode_option
@click.option("--ack", type=click.Choice(["auto", "manual", "nack"]), default=None,
              help="Of a queue: lease its messages, and settle them so.")
@click.option("--consumer", default="", metavar="NAME", help="Who leases; default: a name of this process.")
@click.option("--disturb", is_flag=True, help="Look also where looking changes something there, and says what.")
@click.option("--visibility", "visibility_ms", type=int, default=None, metavar="MS",
              help="How long a lease is; default: as the queue says.")
@yes_option
def consume(
    file: Path, topic: str, group: str, from_: LogPoint, most: int | None, follow: bool, partition: int | None,
    form: str, decode: str, ack: AckMode | None, consumer: str, visibility_ms: int | None, disturb: bool,
    yes: bool,
) -> None:
    """Print the records of TOPIC, or the messages of the queue TOPIC.

    Without --group and --ack it browses the log and disturbs nothing, also that of a queue.

    \b
    --ack auto    acked before they are printed: a crash may lose some, none comes twice
    --ack manual  acked once printed: a crash may print some twice, none is lost
    --ack nack    given back once printed, and the attempt is counted: each once, or
                  with --follow again and again until the queue's delivery limit
    """
    _check_usage(group, from_, partition, ack, consumer, visibility_ms)
    check_points(file, from_)
    if disturb and (group or ack or follow or partition is not None or from_ is not EARLIEST):
        raise click.UsageError("--disturb shows what comes next, once: only --max, --format and --decode go with it.")
    try:
        if ack:
            with host_of(file) as host:
                show = _printer(form, decode, decoders_of(host.call(ListTopics()).topics, serdes_at(file)))
                name = consumer or f"consume-{os.getpid()}"
                Leasing(host, topic, ack, name, visibility_ms, show).read(most, follow)
        elif group:
            with host_of(file, sure=yes) as host:
                show = _printer(form, decode, decoders_of(host.call(ListTopics()).topics, serdes_at(file)))
                _Membership(host, group, topic, from_, show).read(most, follow)
        else:
            with reader_of(file) as reader:
                show = _printer(form, decode, decoders_in(reader))
                looked_at = _looked_at(file, reader, topic, disturb, most)
                records = _browse(reader, topic, from_, partition, follow) if looked_at is None else looked_at
                for record in islice(records, most):
                    show(record)
    except KeyboardInterrupt:
        if not follow:
            raise
    sys.stdout.buffer.flush()


def _check_usage(
    group: str, from_: LogPoint, partition: int | None, ack: AckMode | None, consumer: str, visibility_ms: int | None
) -> None:
    if group and partition is not None:
        raise click.UsageError("The members of a group are given their partitions: leave out --partition or --group.")
    if ack and (group or partition is not None or from_ is not EARLIEST):
        raise click.UsageError("A queue hands out what is ready: leave out --group, --partition and --from, or --ack.")
    if not ack and (consumer or visibility_ms is not None):
        raise click.UsageError("--consumer and --visibility are for leases: add --ack.")


def _printer(form: str, decode: str, known: DecoderOf) -> Show:
    """``value`` prints the bytes as they are, unless told what they are: then a line of JSON or text a record."""
    decoders = decoders_for(decode, known)
    out = sys.stdout.buffer
    if form == "value":
        return _print_value if decode in (AUTO, "none") else partial(_print_decoded, decoders)
    lines = format_named(form, decoders)
    out.write(lines.head("records"))
    return lambda record: out.write(lines.record(record))


def _print_value(record: StoredRecord) -> None:
    if record.transaction == DAMAGED:
        place = f"{record.topic}/{record.partition} at offset {record.offset:,}"
        print(f"passed over {place}: its bytes can't be read", file=sys.stderr)
    else:
        sys.stdout.buffer.write((record.value or b"") + b"\n")


def _print_decoded(decoders: DecoderOf, record: StoredRecord) -> None:
    if record.transaction == DAMAGED or record.value is None:
        _print_value(record)
        return
    decoded = decoders(record.topic).value(record.value, record.headers)
    if decoded.error:
        place = f"{record.topic}/{record.partition} at offset {record.offset:,}"
        print(f"{place}: {decoded.error} It is printed as base64.", file=sys.stderr)
    text = decoded.value if isinstance(decoded.value, str) else plain_json(decoded.in_words())
    sys.stdout.buffer.write(text.encode() + b"\n")


def _looked_at(
    file: Path, reader: Browse, topic: str, disturb: bool, most: int | None
) -> Sequence[StoredRecord] | None:
    """The messages of a queue that can't be looked at without a trace; None for a log. ``Refused`` says what looking
    would change, unless the person has said to do it."""
    if not attached_name(file):
        return None
    from workbench.cli.attached import peeked

    return peeked(reader, topic, disturb, most)


def _browse(
    reader: Browse, topic: str, from_: LogPoint, partition: int | None, follow: bool
) -> Iterator[StoredRecord]:
    """Records by time, then, when following, what is appended later. As a consumer that reads committed sees them."""
    ranges = spans(reader, topic, from_, LATEST, partition, decided=True)
    yield from merged(reader, topic, ranges, damaged=True)
    while follow:
        sys.stdout.buffer.flush()
        ends = {span.partition: span.end for span in ranges}
        there = spans(reader, topic, EARLIEST, LATEST, partition, decided=True)
        now = [b for b in there if b.end > ends.get(b.partition, 0)]
        if not now:
            time.sleep(_LOOK_EVERY_S)
            continue
        new = [replace(b, log_start=max(b.log_start, ends.get(b.partition, 0))) for b in now]
        yield from merged(reader, topic, new, damaged=True)
        ranges = [span for span in ranges if span.partition not in {b.partition for b in new}] + new


class _Membership:
    """A member of a group for as long as ``read`` runs. What was printed is committed, nothing else."""

    def __init__(self, host: Caller, group: str, topic: str, from_: LogPoint, show: Show) -> None:
        self._host = host
        self._show = show
        start = from_.kind if from_.kind in ("earliest", "latest") else f"{from_.kind}:{_number(from_)}"
        self._group = group
        self._topic = topic
        self._consumer = host.call(OpenConsumer(group, (topic,), start, "workbench consume")).consumer

    def read(self, most: int | None, follow: bool) -> None:
        try:
            self._read(most, follow)
        finally:
            self._host.call(CloseConsumer(self._consumer))

    def _read(self, most: int | None, follow: bool) -> None:
        shown, until_s = 0, time.monotonic() + _JOIN_WITHIN_S
        while most is None or shown < most:
            polled = self._host.call(PollConsumer(self._consumer, timeout_ms=_POLL_MS))
            after: dict[tuple[str, int], int] = {}
            for record in islice(_records(polled.batches), None if most is None else most - shown):
                self._show(record)
                shown += 1
                after[record.topic, record.partition] = record.offset + 1
            if after:
                sys.stdout.buffer.flush()  # printed first, committed then: a crash repeats, it never skips
                offsets = tuple((topic, partition, offset) for (topic, partition), offset in after.items())
                self._host.call(CommitConsumer(self._consumer, offsets))
            elif polled.assignment and not follow:
                return
            elif not polled.assignment and not follow and time.monotonic() > until_s:
                raise HostGone("Group {group} gave this member no partition of {topic}.",
                               "It may have as many members as partitions; add --follow to wait for one.",
                               group=self._group, topic=self._topic)


def _number(point: LogPoint) -> str:
    return format_time(point.number) if point.kind == "time" else str(point.number)


def _records(batches: tuple[tuple[str, int, int, bytes], ...]) -> Iterator[StoredRecord]:
    for topic, partition, wanted, data in batches:
        for record in readable_batch(data, topic, partition):
            if record.transaction == DAMAGED:
                _print_value(record)
            elif record.offset >= wanted:
                yield record


COMMANDS = {"consume": consume}
