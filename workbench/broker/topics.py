"""Topics: what may be asked of one, and the live state of each partition.

``TopicMeta`` is the value others see. ``Topic`` and ``Partition`` are the broker's own: the writer thread changes
them, and only after the change is committed; other threads read single fields of them.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field

from workbench.broker.profiles.table import PROFILE, check_settings, profile_defaults
from workbench.broker.queues.settings import check_setting, is_queue_setting
from workbench.broker.topic_settings import ACTING_DEFAULTS, TOPIC_SETTINGS, check_topic_setting
from workbench.core.errors import AlreadyExists, Damaged, Invalid, NotFound
from workbench.core.records import PartitionBounds

MAX_PARTITIONS = 1000
KINDS = ("stream", "queue")
NOTHING_YET = -1
"""``time_high`` of a partition that holds nothing."""

DEFAULTS = ACTING_DEFAULTS
"""Settings that act, of a topic that sets nothing. Unlike Kafka's 7 days, a workspace keeps its records until told
otherwise."""

_NAME = re.compile(r"[A-Za-z0-9._-]{1,249}")


@dataclass(frozen=True, slots=True)
class TopicMeta:
    """A topic as it stands. ``config`` holds only what was set; ``DEFAULTS`` is the rest."""

    name: str
    id: int
    uuid: str
    kind: str
    partitions: int
    config: dict[str, str]
    created_ms: int


@dataclass(frozen=True, slots=True)
class LogRules:
    """A topic's config, read once: what the log and retention go by."""

    retention_ms: int
    retention_bytes: int
    log_append_time: bool
    compression: str  # "producer": as it comes
    max_message_bytes: int
    all_read: bool
    time_limits: tuple[int, int] = (2**63 - 1, 2**63 - 1)  # before and after the broker's, of Kafka clients' times

    @classmethod
    def of(cls, config: Mapping[str, str]) -> LogRules:
        whole = {**topic_defaults(config), **config}
        compression = whole["compression.type"]
        return cls(
            retention_ms=int(whole["retention.ms"]),
            retention_bytes=int(whole["retention.bytes"]),
            log_append_time=whole["message.timestamp.type"] == "LogAppendTime",
            compression="none" if compression == "uncompressed" else compression,
            max_message_bytes=int(whole["max.message.bytes"]),
            all_read=whole["workbench.retention.all.read"] == "true",
            time_limits=(int(whole["message.timestamp.before.max.ms"]), int(whole["message.timestamp.after.max.ms"])),
        )

    @property
    def keeps_all(self) -> bool:
        return self.retention_ms < 0 and self.retention_bytes < 0 and not self.all_read


@dataclass(slots=True)
class Partition:
    """One partition. ``end`` is the high watermark, moved after commit; ``staged_end`` is the next offset to give."""

    no: int
    number: int
    topic: Topic
    log_start: int = 0
    end: int = 0
    size_bytes: int = 0
    time_high: int = NOTHING_YET
    staged_end: int = 0
    bytes_in: int = 0  # since the file was opened
    last_append_ms: int | None = None

    @property
    def bounds(self) -> PartitionBounds:
        return PartitionBounds(self.number, self.log_start, self.end)


@dataclass(slots=True)
class Topic:
    meta: TopicMeta
    rules: LogRules
    partitions: list[Partition] = field(default_factory=list)
    deleted: bool = False
    keep_until_ms: int | None = None  # deleted, and may be restored until then
    staged: bool = False  # of an import that is not complete: nobody sees it
    changes: int = 0  # grows with every commit that changed one of its partitions
    _bounds: tuple[int, tuple[PartitionBounds, ...]] = (-1, ())  # as of which change

    @property
    def bounds(self) -> tuple[PartitionBounds, ...]:
        """Of all partitions; the same object for as long as nothing changed."""
        changes, known = self._bounds
        if changes != self.changes or len(known) != len(self.partitions):
            changes = self.changes  # before the partitions are read: what changes meanwhile is read once more
            known = tuple(partition.bounds for partition in self.partitions)
            self._bounds = changes, known
        return known

    def is_kept(self, now_ms: int) -> bool:
        """Whether it is deleted and can still be restored."""
        return self.deleted and self.keep_until_ms is not None and now_ms < self.keep_until_ms

    def partition(self, number: int) -> Partition:
        if self.deleted:
            raise no_topic(self.meta.name)
        if not 0 <= number < len(self.partitions):
            raise NotFound("Topic {name} has no partition {number}.", "It has partitions 0 to {count}.",
                           name=self.meta.name, number=number, count=len(self.partitions) - 1)
        return self.partitions[number]


# -- what may be asked ---------------------------------------------------------------------------------------
def no_topic(name: str) -> NotFound:
    return NotFound("There is no topic {name}.", "Create it first.", name=name)


def check_name(name: str) -> None:
    """Kafka's rule for names."""
    if name in (".", "..") or not _NAME.fullmatch(name):
        shown = name if len(name) <= 40 else name[:40] + "…"
        raise Invalid("A topic can't be named «{shown}».",
                      "Use 1 to 249 letters, digits, dots, underscores and hyphens.", shown=shown)


def check_kind(kind: str) -> None:
    if kind not in KINDS:
        raise Invalid("There is no topic kind {kind!r}.", "Use one of: {kinds}.", kind=kind, kinds=', '.join(KINDS))


def check_kind_settings(kind: str, config: Mapping[str, str]) -> None:
    """Queue settings belong to queues, but for the profile, which a stream may follow too; its rules hold."""
    found = next((key for key in config if is_queue_setting(key) and key != PROFILE), "")
    if found and kind != "queue":
        raise Invalid("{found} is a setting of queues, and this topic is a {kind}.",
                      "Make a queue, or a subscription with it.", found=found, kind=kind)
    own = {key: value for key, value in config.items() if key in DEFAULTS}
    check_settings({**topic_defaults(config), **own, PROFILE: config.get(PROFILE, "")})


def topic_defaults(config: Mapping[str, str]) -> dict[str, str]:
    """What holds for a topic with ``config`` where it sets nothing: its profile's, else our own."""
    return {**DEFAULTS, **{key: value for key, value in profile_defaults(config).items() if key in DEFAULTS}}


def check_partitions(count: int, now: int = 0) -> None:
    if not 1 <= count <= MAX_PARTITIONS:
        raise Invalid("A topic can't have {count} partitions.", "Choose 1 to {max_partitions}.", count=count,
                      max_partitions=MAX_PARTITIONS)
    if count < now:
        raise Invalid("A topic can't go from {now} to {count} partitions: it may only grow.",
                      "Make a new topic and replay into it.", now=now, count=count)


def check_config(config: Mapping[str, str | None]) -> dict[str, str]:
    """The settings, each known and in range, written the one way we store them. None (back to default) is left out."""
    checked = {}
    for key, value in config.items():
        if is_queue_setting(key):
            checked |= {} if value is None else {key: check_setting(key, value)}
            continue
        checked |= {} if value is None else {key: check_topic_setting(key, value)}
        if value is None and key not in TOPIC_SETTINGS:
            raise Invalid("There is no topic setting {key}.", "Known are: {topic_settings}.", key=key,
                          topic_settings=', '.join(TOPIC_SETTINGS))
    return checked


# -- rows ----------------------------------------------------------------------------------------------------
def insert_topic(connection: sqlite3.Connection, name: str, partitions: int, kind: str, config: Mapping[str, str],
                 now_ms: int, uuid: str, *, staged: bool = False) -> Topic:
    """Write a new topic; the returned value is live only after the commit. ``staged``: in the file it is deleted, for
    as long as nobody changes that; so it may have any name."""
    living = "SELECT 1 FROM topic WHERE name = ? AND deleted_ms IS NULL"
    if not staged and connection.execute(living, (name,)).fetchone():
        raise AlreadyExists("Topic {name} is already there.", "Choose another name.", name=name)
    row = connection.execute(
        "INSERT INTO topic (uuid, name, kind, config, created_ms, deleted_ms) VALUES (?, ?, ?, ?, ?, ?) RETURNING id",
        (uuid, name, kind, json.dumps(dict(config)), now_ms, now_ms if staged else None)).fetchone()
    topic = Topic(TopicMeta(name, row[0], uuid, kind, 0, dict(config), now_ms), LogRules.of(config), staged=staged)
    topic.partitions = insert_partitions(connection, topic, partitions)
    topic.meta = _with(topic.meta, partitions)
    return topic


def insert_partitions(connection: sqlite3.Connection, topic: Topic, until: int) -> list[Partition]:
    """Rows for the partitions that ``topic`` lacks up to ``until``."""
    added = []
    for number in range(topic.meta.partitions, until):
        row = connection.execute("INSERT INTO partition (topic_id, number) VALUES (?, ?) RETURNING no",
                                 (topic.meta.id, number)).fetchone()
        added.append(Partition(row[0], number, topic))
    return added


def update_config(connection: sqlite3.Connection, topic_id: int, config: Mapping[str, str]) -> None:
    connection.execute("UPDATE topic SET config = ? WHERE id = ?", (json.dumps(dict(config)), topic_id))


def altered(meta: TopicMeta, partitions: int, config: dict[str, str]) -> TopicMeta:
    return TopicMeta(meta.name, meta.id, meta.uuid, meta.kind, partitions, config, meta.created_ms)


def _with(meta: TopicMeta, partitions: int) -> TopicMeta:
    return altered(meta, partitions, meta.config)


def load_topics(connection: sqlite3.Connection) -> list[Topic]:
    """Every topic with its partitions, the ones being deleted too (``deleted`` is set)."""
    topics: dict[int, Topic] = {}
    rows = connection.execute("SELECT id, uuid, name, kind, config, created_ms, deleted_ms, keep_until_ms FROM topic "
                              "ORDER BY id")
    for number, uuid, name, kind, config, created_ms, deleted_ms, keep_until_ms in rows:
        try:
            settings = check_config(json.loads(config))
        except (ValueError, AttributeError, Invalid):
            raise Damaged("The settings of topic {name} are damaged.", "Restore the file from a copy.",
                          name=name) from None
        meta = TopicMeta(name, number, uuid, kind, 0, settings, created_ms)
        topics[number] = Topic(meta, LogRules.of(settings), deleted=deleted_ms is not None,
                               keep_until_ms=keep_until_ms)
    rows = connection.execute("SELECT no, topic_id, number, log_start, end_offset, size_bytes, time_high "
                              "FROM partition ORDER BY topic_id, number")
    for no, topic_id, number, log_start, end, size_bytes, time_high in rows:
        topic = topics[topic_id]
        topic.partitions.append(Partition(no, number, topic, log_start, end, size_bytes, time_high, staged_end=end))
    for topic in topics.values():
        topic.meta = _with(topic.meta, len(topic.partitions))
    return list(topics.values())
