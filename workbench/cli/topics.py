"""``topics``: list, create, describe, alter, delete, restore."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from workbench.cli.asking import ask, yes_option
from workbench.cli.file_group import FileGroup
from workbench.cli.output import counted, note, print_json, print_table
from workbench.cli.workspace import attached_name, file_argument, host_of, json_option, pair
from workbench.control.client import Caller
from workbench.control.messages import AlterTopic, CreateTopic, DeleteTopic, ListGroups, ListTopics, TopicInfo
from workbench.control.queues import ListQueues
from workbench.control.transfers import ListDeletedTopics, RestoreTopic
from workbench.core.errors import NotFound
from workbench.core.points import place_form
from workbench.core.times import format_time

_DEAD_LETTER = "queue.dead.letter"


def _summary(topic: TopicInfo) -> dict[str, Any]:
    return {
        "name": topic.name,
        "kind": topic.kind,
        "partitions": topic.partitions,
        "records": topic.stat.records if topic.stat.counted else None,
        "size_bytes": topic.stat.size_bytes,
        "config": topic.config,
        "created": format_time(topic.created_ms) if topic.created_ms else None,
    }


def _config(pairs: tuple[str, ...]) -> dict[str, str]:
    return dict(pair(text, "name=value") for text in pairs)


config_option = click.option("--config", multiple=True, metavar="NAME=VALUE",
                             help="Like retention.ms=60000, or queue.visibility.ms=60000 of a queue.")


@click.group(cls=FileGroup)
@file_argument
@click.pass_context
def topics(ctx: click.Context, file: Path) -> None:
    """The topics of FILE."""
    ctx.obj = file


@topics.command("list")
@json_option
@click.pass_obj
def list_topics(file: Path, as_json: bool) -> None:
    """All topics."""
    with host_of(file, writes=False) as host:
        found = host.call(ListTopics()).topics
    if as_json:
        print_json({"topics": [_summary(topic) for topic in found]})
        return
    print_table(("TOPIC", "KIND", "PARTITIONS", "RECORDS", "BYTES"),
                [(t.name, t.kind, t.partitions, t.stat.records if t.stat.counted else "-", t.stat.size_bytes)
                 for t in found])


@topics.command()
@click.argument("name")
@click.option("--partitions", type=int, default=1, show_default=True)
@click.option("--queue", is_flag=True, help="Read by leases instead of offsets; see «queues».")
@config_option
@yes_option
@click.pass_obj
def create(file: Path, name: str, partitions: int, queue: bool, config: tuple[str, ...], yes: bool) -> None:
    """Create the topic NAME."""
    settings = _config(config)
    with host_of(file, sure=yes) as host:
        host.call(CreateTopic(name, partitions, "queue" if queue else "stream", settings))
        waiting = _waiting_for(host) if _DEAD_LETTER in settings else {}
    note(f"{'Queue' if queue else 'Topic'} {name} is there, with {counted(partitions, 'partition')}.")
    _note_missing(waiting, name)


@topics.command()
@click.argument("name")
@json_option
@click.pass_obj
def describe(file: Path, name: str, as_json: bool) -> None:
    """One topic: its settings and partitions."""
    with host_of(file, writes=False) as host:
        topic = next(iter(host.call(ListTopics(name)).topics), None)
    if topic is None:
        raise NotFound("There is no topic {name}.", "See «workbench topics {file} list».", name=name, file=file)
    partitions = [
        {"partition": p.partition, "log_start": place_form(p.log_start), "end": place_form(p.end),
         "size_bytes": p.size_bytes}
        for p in topic.stat.partitions
    ]
    if as_json:
        settings = {**topic.defaults, **topic.config}
        print_json(_summary(topic) | {"settings": settings, "partition_list": partitions})
        return
    size = counted(topic.partitions, "partition")
    size += f", {counted(topic.stat.records, 'record')}" if topic.stat.counted else ", its records are not counted"
    print(f"{topic.name}: {topic.kind}, {size}")
    print_table(("SETTING", "VALUE", "SET"), [
        (key, value, "yes" if key in topic.config else "default")
        for key, value in sorted({**topic.defaults, **topic.config}.items())
    ])
    print_table(("PARTITION", "LOG START", "END", "BYTES"), [tuple(p.values()) for p in partitions])


@topics.command()
@click.argument("name")
@click.option("--partitions", type=int, default=None, help="May only grow.")
@config_option
@click.option("--unset", multiple=True, metavar="NAME", help="Back to the default.")
@yes_option
@click.pass_obj
def alter(
    file: Path, name: str, partitions: int | None, config: tuple[str, ...], unset: tuple[str, ...], yes: bool
) -> None:
    """Change the topic NAME."""
    changes = {**_config(config), **dict.fromkeys(unset)}
    if partitions is None and not changes:
        raise click.UsageError("Say what to change with --partitions, --config or --unset.")
    with host_of(file, sure=yes) as host:
        host.call(AlterTopic(name, partitions, changes))
        waiting = _waiting_for(host) if _DEAD_LETTER in changes else {}
    note(f"Topic {name} is changed.")
    _note_missing(waiting, name)


@topics.command()
@click.argument("name")
@click.option("--now", "at_once", is_flag=True, help="Do not keep its records for «restore».")
@yes_option
@click.pass_obj
def delete(file: Path, name: str, at_once: bool, yes: bool) -> None:
    """Delete the topic NAME. Its records stay for a day, so that «restore» can bring it back, unless --now. An attached
    system keeps nothing."""
    elsewhere = bool(attached_name(file))
    at_once = at_once or elsewhere
    with host_of(file, sure=yes) as host:
        ask(_lost(host, name, at_once), yes)
        host.call(DeleteTopic(name, at_once))
        waiting = {} if elsewhere else _waiting_for(host)
    note(f"Topic {name} is gone." if at_once else f"Topic {name} is gone; «topics FILE restore {name}» brings it back.")
    if senders := [queue for queue, target in waiting.items() if target == name]:
        note(f"The dead letters of {', '.join(senders)} stay there now.")


def _lost(host: Caller, name: str, at_once: bool) -> str:
    topic = next((t for t in host.call(ListTopics()).topics if t.name == name), None)
    if topic is None:
        raise NotFound("There is no topic {name}.", "See «workbench topics FILE list».", name=name)
    readers = [g.name for g in host.call(ListGroups()).groups if any(p.topic == name for p in g.partitions)]
    text = f"{name} holds {counted(topic.stat.records, 'record')}"
    text += f"; {', '.join(readers)} committed offsets there" if readers else ""
    return f"{text}. Nothing brings them back" if at_once else f"{text}. They can be restored for a day"


@topics.command()
@click.argument("name")
@click.pass_obj
def restore(file: Path, name: str) -> None:
    """Bring the deleted topic NAME back: its records, what groups had committed, what was done in its queue."""
    with host_of(file) as host:
        host.call(RestoreTopic(name))
        topic = next(t for t in host.call(ListTopics()).topics if t.name == name)
    note(f"Topic {name} is back, with {counted(topic.stat.records, 'record')}.")


@topics.command()
@json_option
@click.pass_obj
def deleted(file: Path, as_json: bool) -> None:
    """The deleted topics that can be restored, and until when."""
    with host_of(file) as host:
        found = host.call(ListDeletedTopics()).topics
    if as_json:
        print_json({"topics": [
            {"name": t.name, "kind": t.kind, "partitions": t.partitions, "records": t.records,
             "size_bytes": t.size_bytes, "kept_until": format_time(t.keep_until_ms)} for t in found]})
        return
    print_table(("TOPIC", "KIND", "PARTITIONS", "RECORDS", "BYTES", "KEPT UNTIL"),
                [(t.name, t.kind, t.partitions, t.records, t.size_bytes, format_time(t.keep_until_ms))
                 for t in found])


def _waiting_for(host: Caller) -> dict[str, str]:
    """The dead-letter queue of each queue where that is not there."""
    queues = host.call(ListQueues()).queues
    there = {info.meta.name for info in queues}
    return {i.meta.name: i.stat.dead_letter for i in queues if i.stat.dead_letter and i.stat.dead_letter not in there}


def _note_missing(waiting: dict[str, str], queue: str) -> None:
    if target := waiting.get(queue):
        note(f"There is no queue {target} yet: until then what dies stays in {queue}, marked.")


COMMANDS = {"topics": topics}
