"""``bridge``: a range of a topic of one system into a topic of another; each side is a FILE or an attached @NAME."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from workbench.cli.asking import ask_twice, yes_option
from workbench.cli.output import ProgressLine, counted, note, print_json, print_table
from workbench.cli.replay import Speed
from workbench.cli.workspace import Point, attached_name, file_argument, host_of, json_option, reader_of
from workbench.control.messages import AppendRecords, CreateTopic, ListTopics
from workbench.core.errors import Invalid, NotFound, Refused
from workbench.core.points import EARLIEST, LATEST, LogPoint
from workbench.core.records import Record
from workbench.engines.base import Browse, BrowseDecided, TopicShape
from workbench.engines.catalog import user_catalog
from workbench.engines.registry import check_writable
from workbench.session.bridge import WINDOW_RECORDS, Bridge, BridgePoint, begin
from workbench.session.bridge_points import BridgeEnds, PointFile
from workbench.session.bridge_terms import Side, Term, terms
from workbench.session.replay import Pace

MOST_WAYS_IN = 8
_IN_ORDER = ("kafka", "rabbitmq")
"""Attached systems whose logs hold what was sent as it was sent, and in that order."""


@dataclass(slots=True)
class _Target:
    """Where records go: see ``session.bridge.Target``."""

    topic: str
    partitions: int
    reader: Browse | None
    keeps_times: bool
    only_key_and_value: bool
    send: Any

    def append(self, partition: int, records: Sequence[Record]) -> None:
        self.send(self.topic, partition, records)


@dataclass(frozen=True, slots=True)
class _Asked:
    source: Path
    topic: str
    into: Path
    into_topic: str
    from_: LogPoint
    to: LogPoint
    rate: float | None
    speed: float | None
    resume: bool
    again: bool
    create: bool
    dry_run: bool
    yes: bool
    as_json: bool

    @property
    def ends(self) -> BridgeEnds:
        return BridgeEnds(_known_as(self.source), self.topic, _known_as(self.into), self.into_topic)


def _known_as(side: Path) -> str:
    return str(side) if attached_name(side) else str(side.absolute())


@click.command()
@file_argument
@click.argument("topic")
@click.argument("into", type=click.Path(path_type=Path))
@click.argument("into_topic", metavar="TOPIC")
@click.option("--from", "from_", type=Point(), default=EARLIEST)
@click.option("--to", type=Point(), default=LATEST, help="What is there itself is left out; latest: as of now.")
@click.option("--rate", type=click.FloatRange(0, min_open=True), default=None, help="No more events a second.")
@click.option("--speed", type=Speed(), default="max", help="Times the original spacing; max, as usual: none.")
@click.option("--resume", is_flag=True, help="Go on with the bridge of these topics that was broken off.")
@click.option("--again", is_flag=True, help="Begin anew although one was broken off.")
@click.option("--create", is_flag=True, help="Make the topic it goes into, if it is not there.")
@click.option("--dry-run", is_flag=True, help="What would go over, and what is kept and lost on the way.")
@yes_option
@json_option
def bridge(file: Path, topic: str, into: Path, into_topic: str, speed: float | str, **options: Any) -> None:
    """Send what TOPIC of FILE holds into a TOPIC of another file or system: each side is a FILE or an @NAME.

    \b
    workbench bridge @live orders look.flow orders --create
    workbench bridge shop.flow orders @staging orders --from time:2026-11-01T08:00 --rate 500
    """
    asked = _Asked(file, topic, into, into_topic, speed=None if isinstance(speed, str) else speed, **options)
    if asked.resume and (asked.again or asked.from_ is not EARLIEST or asked.to is not LATEST):
        raise click.UsageError("--resume goes on with the range it had: leave out --from, --to and --again.")
    ends, points = asked.ends, PointFile(asked.ends)
    if (ends.source, ends.topic) == (ends.into, ends.into_topic):
        raise Invalid("{topic} can't be bridged into itself.", "Name another topic.", topic=topic)
    point = _stored_point(points, asked)
    with reader_of(asked.source) as reader:
        shape = _source_shape(reader, asked)
        point = point or begin(reader, topic, asked.from_, asked.to)
        if asked.dry_run:
            _show(point, *_both_sides(reader, shape, asked), asked)
        else:
            _go(reader, shape, point, points, asked)


def _stored_point(points: PointFile, asked: _Asked) -> BridgePoint | None:
    """The point to go on from; None to begin. One that was broken off is not forgotten by mistake."""
    if asked.again:
        return None
    point = points.read()
    if asked.resume and point is None:
        raise NotFound("No bridge of {ends} was broken off.", "Leave out --resume.", ends=asked.ends)
    if point is not None and not asked.resume and not asked.dry_run:
        raise Refused("A bridge of {ends} was broken off after {done}.",
                      "Go on with --resume, or begin anew with --again.", ends=asked.ends,
                      done=counted(point.done, 'record'))
    return point if asked.resume else None


def _source_shape(reader: Any, asked: _Asked) -> TopicShape:
    shape = _shape(reader, asked.topic)
    if shape is None:
        raise NotFound("There is no topic {topic} in {source}.", "See: workbench topics {source} list.",
                       topic=asked.topic, source=asked.source)
    if why := reader.disturbs(asked.topic) if attached_name(asked.source) else "":
        raise Refused(why, "A bridge only reads what can be read without that: bridge a topic or a stream.")
    if isinstance(reader, BrowseDecided):
        reader.only_decided()
    return shape


def _shape(reader: Any, topic: str) -> TopicShape | None:
    return next((shape for shape in reader.topics() if shape.name == topic), None)


def _go(reader: Browse, shape: TopicShape, point: BridgePoint, points: PointFile, asked: _Asked) -> None:
    if asked.create:
        _create(shape, asked)
    started_s = time.monotonic()
    with ExitStack() as more, _target_of(asked) as target:
        readers = [reader, *(_another(more, asked) for _ in range(1, _ways_in(shape, asked)))]
        running = Bridge(readers, asked.topic, target, point, points.keep, Pace(asked.speed), asked.rate)
        for term in terms(_side(reader, shape, asked.source), _target_side(target, asked), WINDOW_RECORDS):
            if term.state != "kept":
                note(f"{term.what}, {term.state}: {term.how}")
        before = running.done
        with ProgressLine("bridged") as progress:
            done = running.run(progress)
    points.forget()
    seconds = time.monotonic() - started_s
    if asked.as_json:
        print_json({"source": asked.ends.source, "topic": asked.topic, "into": asked.ends.into,
                    "into_topic": asked.into_topic, "bridged": done - before, "recognised": running.recognised,
                    "in_all": done, "seconds": round(seconds, 3)})
        return
    went = f"{counted(done - before, 'event')} of {asked.topic} into {asked.into_topic} of {asked.into}"
    print(f"{went} in {seconds:.2f} s" + (f"; {done:,} in all" if before else ""))
    if running.recognised:
        note(f"{counted(running.recognised, 'event')} had arrived before it was broken off, and were not sent again.")


def _ways_in(shape: TopicShape, asked: _Asked) -> int:
    """A file is read anywhere at once; a system that is far away reads ahead, of one partition a way in."""
    return min(shape.partitions, MOST_WAYS_IN) if attached_name(asked.source) else 1


def _another(stack: ExitStack, asked: _Asked) -> Browse:
    reader = stack.enter_context(reader_of(asked.source))
    if isinstance(reader, BrowseDecided):
        reader.only_decided()
    return reader


def _create(shape: TopicShape, asked: _Asked) -> None:
    with reader_of(asked.into) as there:
        known: Any = there
        if any(each.name == asked.into_topic for each in known.topics()):
            return
    with host_of(asked.into, sure=asked.yes) as host:
        host.call(CreateTopic(asked.into_topic, shape.partitions))
    note(f"Topic {asked.into_topic} is there, with {counted(shape.partitions, 'partition')}.")


def _no_target(asked: _Asked) -> NotFound:
    return NotFound("There is no topic {into_topic} in {into}.", "Add --create to make it.",
                    into_topic=asked.into_topic, into=asked.into)


@contextmanager
def _target_of(asked: _Asked) -> Iterator[_Target]:
    name = attached_name(asked.into)
    if name:
        with _attached_target(name, asked) as target:
            yield target
        return
    with host_of(asked.into) as host, reader_of(asked.into) as reader:
        found = next((t for t in host.call(ListTopics()).topics if t.name == asked.into_topic), None)
        if found is None:
            raise _no_target(asked)

        def send(topic: str, partition: int, records: Sequence[Record]) -> None:
            host.call(AppendRecords(topic, tuple(records), partition))

        own_times = {**found.defaults, **found.config}.get("message.timestamp.type") == "LogAppendTime"
        yield _Target(asked.into_topic, found.partitions, reader, not own_times, False, send)


@contextmanager
def _attached_target(name: str, asked: _Asked) -> Iterator[_Target]:
    from workbench.cli.attached import connection_of

    spec = user_catalog().get(name)
    check_writable(spec)
    with connection_of(name) as connection, closing(connection.browse()) as browse:
        shape = _shape(browse, asked.into_topic)
        if shape is None:
            raise _no_target(asked)
        with closing(connection.sender()) as sender:
            call = sender.call_for(asked.into_topic)
            note(f"@{name}: {call}")
            if spec.production:
                ask_twice(name, call, asked.yes)
            side = _side(browse, shape, asked.into)
            yield _Target(asked.into_topic, shape.partitions, browse if side.recognised else None,
                          spec.system == "kafka" and not side.own_times, spec.system != "kafka", sender.append)


# -- what is said beforehand ----------------------------------------------------------------------------------
def _side(reader: Any, shape: TopicShape, side: Path) -> Side:
    name = attached_name(side)
    if not name:
        return Side("", shape.partitions, False, shape.config)
    system, looking_disturbs = user_catalog().get(name).system, bool(reader.disturbs(shape.name))
    own, others = reader.config(shape.name) if system == "kafka" else ({}, {})
    recognised = system in _IN_ORDER and not looking_disturbs
    return Side(system, shape.partitions, looking_disturbs, {**others, **own}, recognised)


def _target_side(target: _Target, asked: _Asked) -> Side:
    name = attached_name(asked.into)
    config = {} if target.keeps_times else {"message.timestamp.type": "LogAppendTime"}
    recognised = target.reader is not None
    return Side(user_catalog().get(name).system if name else "", target.partitions, not recognised, config, recognised)


def _both_sides(reader: Browse, shape: TopicShape, asked: _Asked) -> tuple[Side, Side]:
    source = _side(reader, shape, asked.source)
    with reader_of(asked.into) as there:
        found = _shape(there, asked.into_topic)
        if found is not None:
            return source, _side(there, found, asked.into)
    if not asked.create:
        raise _no_target(asked)
    name = attached_name(asked.into)
    return source, Side(user_catalog().get(name).system if name else "", shape.partitions)


def _show(point: BridgePoint, source: Side, into: Side, asked: _Asked) -> None:
    found = terms(source, into, WINDOW_RECORDS)
    if asked.as_json:
        print_json({"records": point.left_records, "done": point.done, "terms": [_document(term) for term in found]})
        return
    print(f"{counted(point.left_records, 'record')} at most of {asked.topic} would go into {asked.into_topic} of "
          f"{asked.into}")
    print_table(("WHAT", "ON THE WAY", "HOW"), [(term.what, term.state, term.how) for term in found])


def _document(term: Term) -> dict[str, str]:
    return {"what": term.what, "state": term.state, "how": term.how}


COMMANDS = {"bridge": bridge}
