"""A topic gets another name: one job of the writer, so that it is either all done or not at all.

What goes along: records, settings, what groups committed, queues with their state, bindings, and the name wherever a
queue or a subscription sends its dead messages there. Its id for Kafka clients is a new one: to them the topic of the
old name is gone. What was leased counts as an attempt that is over. Called under ``TopicActs.acting``.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import NamedTuple

from workbench.broker import topics
from workbench.broker.exchanges.exchanges import Exchanges
from workbench.broker.groups import offsets
from workbench.broker.groups.coordination import Coordination
from workbench.broker.queues import rows
from workbench.broker.queues.live import LiveQueue
from workbench.broker.queues.queues import Queues
from workbench.broker.store import Store
from workbench.broker.topics import Topic, TopicMeta
from workbench.core.errors import AlreadyExists

DEAD_LETTER = "queue.dead.letter"


class _Renamed(NamedTuple):
    """What the file has now, for memory to follow."""

    topic: Topic
    queues: list[LiveQueue]
    senders: list[tuple[Topic, dict[str, str]]]
    subscriptions: list[tuple[LiveQueue, dict[str, str]]]


def rename(store: Store, living: dict[str, Topic], groups: Coordination, queues: Queues, exchanges: Exchanges,
           old: str, new: str, uuid: str, note: Callable[[TopicMeta], None]) -> TopicMeta:
    """``note`` enters it in the journal. AlreadyExists where ``new`` is a topic."""
    topics.check_name(new)
    registry = queues.registry

    def move(db: sqlite3.Connection) -> _Renamed:
        topic = _found(living, old, new)
        queues.write_changed(db)  # what is known of its messages stays as of now
        db.execute("UPDATE topic SET name = ?, uuid = ? WHERE id = ?", (new, uuid, topic.meta.id))
        offsets.rename_topic(db, old, new)
        write_bindings(db)
        senders, subscriptions = _point(db, living, queues, old, new)
        return _Renamed(topic, registry.lying(db, topic), senders, subscriptions)

    def follow(done: _Renamed) -> None:
        topic = done.topic
        registry.topic_deleted(old)
        topic.meta = replace(topic.meta, name=new, uuid=uuid)
        del living[old]
        living[new] = topic
        groups.rename_topic(old, new)
        publish_bindings()
        note(topic.meta)
        for live in done.queues:
            live.altered()  # what is named after the queue
        registry.topic_restored(done.queues)
        for other, config in done.senders:
            other.meta = replace(other.meta, config=config)
            registry.topic_altered(other)
        for live, config in done.subscriptions:
            registry.take_config(live, config)

    with exchanges.renaming(old, new) as (write_bindings, publish_bindings):
        return store.write(move, follow).result().topic.meta


def _found(living: Mapping[str, Topic], old: str, new: str) -> Topic:
    topic = living.get(old)
    if topic is None:
        raise topics.no_topic(old)
    if new in living:
        raise AlreadyExists("There is a topic {new} already.", "Choose another name.", new=new)
    return topic


def _point(db: sqlite3.Connection, living: Mapping[str, Topic], queues: Queues, old: str, new: str) -> tuple[
        list[tuple[Topic, dict[str, str]]], list[tuple[LiveQueue, dict[str, str]]]]:
    """Those whose dead messages go there, with the settings that they have in the file from now on."""
    senders = [(topic, _pointed(topic.meta.config, new)) for topic in living.values()
               if topic.meta.config.get(DEAD_LETTER) == old]
    for topic, config in senders:
        topics.update_config(db, topic.meta.id, config)
    subscriptions = [(live, _pointed(live.row.config, new)) for live in queues.registry.subscriptions()
                     if live.row.config.get(DEAD_LETTER) == old]
    for live, config in subscriptions:
        rows.update_config(db, live.row.id, config)
    return senders, subscriptions


def _pointed(config: Mapping[str, str], new: str) -> dict[str, str]:
    return {**config, DEAD_LETTER: new}
