"""``encodings``: what events of a topic, or of standard input, would take in every encoding and with every codec."""

from __future__ import annotations

import sys
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

import click

from workbench.cli.output import note, print_json, print_table
from workbench.cli.workspace import file_argument, json_option, reader_of
from workbench.core.errors import Invalid
from workbench.core.points import EARLIEST, LATEST
from workbench.engines.schemas import decoders_in
from workbench.serde import encoding
from workbench.session.encoding_bench import MOST_EVENTS, Measured, events_in, measure
from workbench.session.reading import merged, spans

_CODECS = ("none", "gzip", "snappy", "lz4", "zstd")


@click.command()
@file_argument
@click.argument("topic")
@click.option("--max", "most", type=click.IntRange(1, MOST_EVENTS), default=10_000, show_default=True,
              help="The first so many events.")
@click.option("--show-schema", is_flag=True, help="Print the schemas that were found to fit, too.")
@json_option
def encodings(file: Path, topic: str, most: int, show_schema: bool, as_json: bool) -> None:
    """Compare JSON, Avro, Protobuf, MessagePack and CBOR by the events of TOPIC, or - for JSON Lines from standard
    input: bytes of the values, time to write and read one, and the batch of them all with each codec.

    Avro and Protobuf are written by the schema of the topic's records, else by one that fits the events."""
    if topic == "-":
        events, serdes = _typed(most), {}
    else:
        with reader_of(file) as reader:
            ranges = spans(reader, topic, EARLIEST, LATEST, None, decided=True)
            events, serdes = events_in(islice(merged(reader, topic, ranges), most), decoders_in(reader))
    found = measure(events, serdes)
    if as_json:
        print_json({"topic": topic, "events": len(events), "encodings": [asdict(each) for each in found]})
        return
    print_table(("ENCODING", "BYTES", "OF JSON", "WRITE us", "READ us", *(f"BATCH {codec}" for codec in _CODECS)),
                [_row(each, found[0]) for each in found])
    for each in found:
        if each.note:
            note(f"{each.encoding}: {each.note}.")
        if show_schema and each.schema:
            print(each.schema)


def _row(each: Measured, first: Measured) -> tuple[Any, ...]:
    if not each.batch_bytes:
        return (each.encoding, *("-" for _ in range(9)))
    share = f"{each.bytes / first.bytes:.0%}" if first.bytes else "-"
    return (each.encoding, each.bytes, share, f"{each.encode_us:.2f}", f"{each.decode_us:.2f}",
            *(each.batch_bytes[codec] for codec in _CODECS))


def _typed(most: int) -> list[Any]:
    events = []
    for number, line in enumerate(islice(sys.stdin.buffer, most), 1):
        if line.strip():
            try:
                events.append(encoding("json").decode(line))
            except ValueError as wrong:
                raise Invalid("Line {number} is no JSON: {wrong}.", "Give one JSON value a line.", number=number,
                              wrong=wrong) from None
    return events


COMMANDS = {"encodings": encodings}
