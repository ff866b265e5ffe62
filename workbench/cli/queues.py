"""``queues``: list, describe, peek, purge, redrive; and subscriptions, by which a stream is read as a queue too."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from workbench.broker import Level, Profile, profile
from workbench.cli.encodings import serdes_at
from workbench.cli.file_group import FileGroup
from workbench.cli.output import note, print_json, print_table
from workbench.cli.queue_words import (
    COUNTER_WORDS,
    count_words,
    counters_of,
    counts_of,
    message_document,
    message_row,
    plan_words,
)
from workbench.cli.redrive import redrive
from workbench.cli.workspace import file_argument, host_of, json_option, message_id, pair, workspace_reader
from workbench.control.client import Caller
from workbench.control.messages import ListTopics, TakeSnapshot
from workbench.control.queues import (
    AlterQueue,
    ListQueues,
    PeekQueue,
    PurgeQueue,
    QueueInfo,
    SubscribeQueue,
    UnsubscribeQueue,
)
from workbench.core.errors import NotFound, Refused
from workbench.core.queues import MessageId, MessageState, PurgePlan, QueuedMessage
from workbench.core.times import format_time
from workbench.serde import decoders_of
from workbench.session.message_history import MessageHistory, histories_of

_PAGE = 1000
_STATES = tuple(state.value for state in MessageState)


@click.group(cls=FileGroup)
@file_argument
@click.pass_context
def queues(ctx: click.Context, file: Path) -> None:
    """The queues of FILE, their messages and dead letters.

    A queue is a topic made with «topics FILE create NAME --queue», or a subscription TOPIC:NAME to a stream. Send to
    it with «produce», receive from it with «consume --ack».
    """
    ctx.obj = file


def _summary(info: QueueInfo) -> dict[str, Any]:
    stat = info.stat
    return {
        "name": info.meta.name,
        "topic": info.meta.topic,
        "subscription": info.meta.subscription or None,
        "type": stat.type,
        "profile": stat.profile or None,
        **counts_of(stat.counts),
        "consumers": len(stat.consumers),
        "oldest_ms": stat.oldest_ms,
        "dead_letter": stat.dead_letter or None,
        "dead_letter_exchange": stat.dead_letter_exchange or None,
        "config": dict(info.meta.config),
    }


def _dead_letters(info: QueueInfo) -> str:
    exchange = info.stat.dead_letter_exchange
    return f"exchange {exchange}" if exchange else info.stat.dead_letter or "-"


def _info(host: Caller, name: str) -> QueueInfo:
    found = next((info for info in host.call(ListQueues()).queues if info.meta.name == name), None)
    if found is None:
        raise NotFound("There is no queue {name}.", "See «workbench queues FILE list».", name=name)
    return found


@queues.command("list")
@json_option
@click.pass_obj
def list_queues(file: Path, as_json: bool) -> None:
    """All queues and subscriptions, with how many messages wait in which state."""
    with host_of(file, writes=False) as host:
        found = host.call(ListQueues()).queues
    if as_json:
        print_json({"queues": [_summary(info) for info in found]})
        return
    print_table(("QUEUE", "READY", "DELAYED", "IN FLIGHT", "DEAD", "CONSUMERS", "DEAD LETTERS GO TO"), [
        (i.meta.name, *counts_of(i.stat.counts).values(), len(i.stat.consumers), _dead_letters(i))
        for i in found
    ])


@queues.command()
@click.argument("queue")
@json_option
@click.pass_obj
def describe(file: Path, queue: str, as_json: bool) -> None:
    """One queue: its counts since it was made, its consumers, what is in flight, its settings."""
    with host_of(file, writes=False) as host:
        host.call(TakeSnapshot())  # rates are those between two looks
        info = _info(host, queue)
    settings = {**info.defaults, **info.meta.config}
    consumers = [
        {"consumer": c.consumer, "in_flight": c.in_flight, "prefetch": c.prefetch, "active": c.active}
        for c in info.stat.consumers
    ]
    leases = [
        {"id": str(MessageId(lease.partition, lease.offset)), "consumer": lease.consumer, "attempt": lease.attempt,
         "leased": format_time(lease.leased_ms), "until": format_time(lease.until_ms) if lease.until_ms else None}
        for lease in info.stat.leases
    ]
    counters = counters_of(info.stat.counts)
    follows = profile(info.stat.profile) if info.stat.profile else None
    if as_json:
        print_json(_summary(info) | {"counters": counters, "settings": settings, "consumer_list": consumers,
                                     "leases": leases, "words": dict(follows.names) if follows else {}})
        return
    what = f"a subscription to {info.meta.topic}" if info.meta.subscription else "a queue"
    print(f"{queue}: {what}, {info.stat.type}; {count_words(info.stat.counts)}")
    print_table(("SINCE IT WAS MADE", "MESSAGES"), [
        (COUNTER_WORDS.get(name, name.replace("_", " ")), number) for name, number in counters.items()
    ])
    if consumers:
        print_table(("CONSUMER", "IN FLIGHT", "PREFETCH", "ACTIVE"), [tuple(c.values()) for c in consumers])
    if leases:
        print_table(("IN FLIGHT", "CONSUMER", "ATTEMPT", "LEASED", "UNTIL"), [tuple(x.values()) for x in leases])
    print_table(("SETTING", "VALUE", "SET"), [
        (key, value, "yes" if key in info.meta.config else "default") for key, value in sorted(settings.items())
    ])
    if follows:
        _tell_profile(follows)


def _tell_profile(follows: Profile) -> None:
    """What things are called there, and what of it is not as it is there."""
    print(f"It follows {follows.title} ({follows.as_of}).")
    words = follows.names.items()
    print_table(("HERE", "THERE"), [(word.replace("_", " "), name or "has none") for word, name in words])
    for feature in follows.features.values():
        if feature.level is not Level.MODELLED and not feature.lacks:
            print(f"{feature.title}, {feature.level}: {feature.text}")


@queues.command()
@click.argument("queue")
@click.option("--state", "states", type=click.Choice(_STATES), multiple=True, help="Only these; default: not acked.")
@click.option("--max", "most", type=click.IntRange(1), default=20, show_default=True, help="At most so many.")
@click.option("--after", callback=message_id, default=None, metavar="ID", help="Begin after this message.")
@click.option("--story", "with_story", is_flag=True, help="All that the journal knows about each of them.")
@json_option
@click.pass_obj
def peek(
    file: Path, queue: str, states: tuple[str, ...], most: int, after: MessageId | None, with_story: bool,
    as_json: bool,
) -> None:
    """Show messages of QUEUE and change nothing: no attempt is counted, nothing is leased.

    A message is named by ID, its partition and offset: 0-15.
    """
    with host_of(file, writes=False) as host:
        info = _info(host, queue)
        decoders = decoders_of(host.call(ListTopics()).topics, serdes_at(file))
        found = _peek(host, queue, tuple(MessageState(state) for state in states), after, most)
    stories = _stories(file, info, found) if with_story else {}
    if as_json:
        print_json({"queue": queue, "messages": [
            message_document(m, decoders) | ({"story": stories[m.id].document()} if with_story else {}) for m in found
        ]})
        return
    if not with_story:
        head = ("ID", "STATE", "ATTEMPTS", "KEY", "CAME BY", "VALUE", "REMARK")
        print_table(head, [message_row(m, decoders) for m in found])
        return
    for message in found:
        print("  ".join(map(str, message_row(message, decoders))).rstrip())
        for line in stories[message.id].lines:
            print(f"    {format_time(line.at_ms)}  {line.text}")


def _peek(
    host: Caller, queue: str, states: tuple[MessageState, ...], after: MessageId | None, most: int
) -> list[QueuedMessage]:
    """Up to ``most`` messages, a page at a time."""
    found: list[QueuedMessage] = []
    while len(found) < most:
        page = host.call(PeekQueue(queue, states, after, min(_PAGE, most - len(found)))).messages
        if not page:
            break
        found += page
        after = page[-1].id
    return found


def _stories(file: Path, info: QueueInfo, messages: list[QueuedMessage]) -> dict[MessageId, MessageHistory]:
    with workspace_reader(file) as reader:
        return histories_of(reader, info.meta.name, info.meta.topic, {m.id: m.deaths for m in messages})


@queues.command()
@click.argument("queue")
@click.option("--dry-run", is_flag=True, help="Only say what would be lost.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@click.pass_obj
def purge(file: Path, queue: str, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Remove all that is ready, delayed or dead in QUEUE, for good; what is in flight stays with its consumers."""
    with host_of(file, writes=not dry_run) as host:
        plan = host.call(PurgeQueue(queue, dry_run=True)).plan
        if not dry_run and not yes:
            _ask(plan)
        if not dry_run:
            plan = host.call(PurgeQueue(queue)).plan
    if as_json:
        print_json({"queue": queue, "purged": not dry_run, "ready": plan.ready, "delayed": plan.delayed,
                    "dead": plan.dead, "kept_in_flight": plan.kept_in_flight})
        return
    print(f"{queue}: {plan_words(plan)} {'would be' if dry_run else 'are'} gone for good.")
    if plan.kept_in_flight:
        note(f"{plan.kept_in_flight:,} in flight stay with their consumers.")


def _ask(plan: PurgePlan) -> None:
    """On a terminal, the person; elsewhere nothing is lost without ``--yes``."""
    if not plan.ready + plan.delayed + plan.dead:
        return
    question = f"{plan_words(plan)} of {plan.queue} will be gone for good"
    if not sys.stdin.isatty():
        raise Refused("{question}.", "Add --yes to do it, or --dry-run to only look.", question=question)
    click.confirm(f"{question}. Go on?", abort=True, err=True)


@queues.command()
@click.argument("topic")
@click.argument("name")
@click.option("--config", multiple=True, metavar="NAME=VALUE", help="Like queue.visibility.ms=60000.")
@click.pass_obj
def subscribe(file: Path, topic: str, name: str, config: tuple[str, ...]) -> None:
    """Read the stream TOPIC as a queue too, called TOPIC:NAME."""
    with host_of(file) as host:
        host.call(SubscribeQueue(topic, name, dict(pair(text, "name=value") for text in config)))
    note(f"{topic} can be read as the queue {topic}:{name}.")


@queues.command()
@click.argument("queue")
@click.option("--config", multiple=True, metavar="NAME=VALUE")
@click.option("--unset", multiple=True, metavar="NAME", help="Back to the default.")
@click.pass_obj
def alter(file: Path, queue: str, config: tuple[str, ...], unset: tuple[str, ...]) -> None:
    """Change the settings of a subscription; those of a queue of its own with «topics FILE alter»."""
    changes = {**dict(pair(text, "name=value") for text in config), **dict.fromkeys(unset)}
    if not changes:
        raise click.UsageError("Say what to change with --config or --unset.")
    with host_of(file) as host:
        host.call(AlterQueue(queue, changes))
    note(f"{queue} is changed.")


@queues.command()
@click.argument("queue")
@click.pass_obj
def unsubscribe(file: Path, queue: str) -> None:
    """Forget the subscription QUEUE and what was acked of it; the stream stays as it is."""
    with host_of(file) as host:
        host.call(UnsubscribeQueue(queue))
    note(f"{queue} is no queue any more.")


queues.add_command(redrive)

COMMANDS: dict[str, Callable[..., Any]] = {"queues": queues}
