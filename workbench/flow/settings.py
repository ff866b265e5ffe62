"""What a node is set to, as one value a kind: made once from the drawing and checked there, read by its fields after.

A field is named as its parameter in ``flow.kinds``, but for a unit that the drawing's name leaves out. Fields stand in
the order of that table; ``tests/unit/flow/test_settings.py`` holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, TypeVar

from workbench.core.errors import Invalid
from workbench.flow.document import Node
from workbench.flow.kinds import kind_of

PARAM_OF = {"rate_per_s": "rate", "burst_rate_per_s": "burst_rate", "ramp_to_per_s": "ramp_to",
            "capacity_per_s": "capacity"}
"""Fields with a unit that the parameter's name leaves out."""
SubscriptionType = Literal["shared", "exclusive", "failover", "key_shared"]


@dataclass(frozen=True, slots=True)
class SendingSettings:
    """How a producer sends. ``partition`` is for the explicit partitioner, ``routing_key`` and ``mandatory`` are for
    exchanges; ``schema`` is SUBJECT or SUBJECT#MESSAGE, ``misfits`` a topic for what does not fit."""

    partitioner: Literal["murmur2", "crc32", "sticky", "round_robin", "explicit"]
    partition: int
    linger_ms: float
    batch_bytes: int
    compression: str
    idempotent: bool
    routing_key: str
    mandatory: bool
    schema: str
    misfits: str

    def sending(self) -> tuple[object, ...]:
        """What a sender is made of: where it is equal, the sender stays."""
        return (self.partitioner, self.partition, self.linger_ms, self.batch_bytes, self.compression, self.idempotent,
                self.routing_key, self.mandatory, self.schema, self.misfits)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProducerSettings(SendingSettings):
    """``limit`` 0 goes on without end."""

    shape: Literal["constant", "burst", "ramp", "poisson"]
    rate_per_s: float
    burst_rate_per_s: float
    burst_every_s: float
    burst_for_s: float
    ramp_to_per_s: float
    ramp_s: float
    limit: int
    template: str
    key: str
    headers: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSettings(SendingSettings):
    """A file that is played. Empty texts and ``auto`` are found out."""

    path: str
    format: str
    charset: str
    delimiter: str
    pointer: str
    follow: bool
    loop: bool
    key: str
    time: str
    time_format: str
    pace: Literal["original", "rate", "flat_out"]
    speed: float
    rate_per_s: float


@dataclass(frozen=True, slots=True)
class ConsumingSettings:
    """A group, or one that forwards. ``prefetch`` and ``visibility_ms`` 0: as the queue says. ``reader_schema``: a
    subject, or SUBJECT:VERSION; empty: values are read as they were written."""

    members: int
    process_ms: float
    process_spread: float
    member_process_ms: str
    failure_rate: float
    fail_if: str
    reader_schema: str
    max_retries: int
    store_use: Literal["write", "look_up"]
    reading: Literal["offsets", "leases"]
    subscription_type: SubscriptionType
    prefetch: int
    ack: Literal["after", "auto", "none"]
    on_failure: Literal["nack", "reject", "expire"]
    visibility_ms: int
    commit: Literal["auto", "before", "after"]
    auto_commit_ms: int
    start: Literal["earliest", "latest", "offset", "time"]
    start_at: str
    poll_records: int
    assignor: str
    session_timeout_ms: int
    static_members: bool
    filter: str
    map: str
    map_key: str
    routing_key: str
    lag_threshold_records: int
    lag_threshold_s: float

    @property
    def more_names(self) -> tuple[str, ...]:
        """What its expressions see beside the record."""
        return ("row",) if self.store_use == "look_up" else ()

    def joining(self) -> tuple[object, ...]:
        """What a member joins a group by offsets with: where it is equal, nobody joins again."""
        return (self.assignor, self.session_timeout_ms, self.static_members, self.start, self.start_at,
                self.routing_key, self.store_use)

    def leasing(self) -> tuple[object, ...]:
        """The same of a group by leases."""
        return (self.subscription_type, self.prefetch, self.visibility_ms, self.max_retries, self.start,
                self.start_at, self.routing_key, self.store_use)


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """``capacity_per_s`` 0 takes everything."""

    key: str
    writes: Literal["plain", "once_per_id"]
    id_field: str
    capacity_per_s: float


@dataclass(frozen=True, slots=True)
class ExchangeSettings:
    type: Literal["direct", "fanout", "topic", "headers"]
    alternate: str


@dataclass(frozen=True, slots=True)
class EncodedSettings:
    """``value_schema`` and ``key_schema``: a subject, or SUBJECT#MESSAGE; empty: the usual one."""

    value_encoding: str
    key_encoding: str
    value_schema: str
    key_schema: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicSettings(EncodedSettings):
    """A topic or dead letters. -1 keeps without end."""

    partitions: int
    retention_ms: int
    retention_bytes: int
    retention_all_read: bool
    timestamp_type: Literal["CreateTime", "LogAppendTime"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnQueueSettings(EncodedSettings):
    """``prefetch``, ``max_deliveries``, ``max_priority`` and ``dedup_ms`` 0: none; ``ttl_ms`` and ``max_length`` -1:
    no end."""

    profile: str
    type: SubscriptionType
    partitions: int
    prefetch: int
    visibility_ms: int
    max_deliveries: int
    retry_delay_ms: int
    ordered_groups: bool
    max_priority: int
    dedup_ms: int
    ttl_ms: int
    delay_ms: int
    max_length: int
    overflow: Literal["drop_head", "refuse", "dead_letter"]


@dataclass(frozen=True, slots=True)
class NoteSettings:
    text: str
    client: str


Settings = (ProducerSettings | FileSettings | ConsumingSettings | StoreSettings | ExchangeSettings | TopicSettings
            | DrawnQueueSettings | NoteSettings)
SETTINGS: Mapping[str, type[Settings]] = {
    "topic": TopicSettings, "queue": DrawnQueueSettings, "exchange": ExchangeSettings, "producer": ProducerSettings,
    "file": FileSettings, "group": ConsumingSettings, "forward": ConsumingSettings, "dead_letters": TopicSettings,
    "store": StoreSettings, "note": NoteSettings,
}
"""By the kind of node; a frame has none."""
S = TypeVar("S", bound=Settings | SendingSettings | EncodedSettings)


def settings_of(node: Node, wanted: type[S]) -> S:
    """All that the node is set to, with the defaults of what is not said; ``Invalid`` where it can't be taken."""
    return read_settings(node.kind, node.params, wanted)


def read_settings(kind: str, params: Mapping[str, Any], wanted: type[S]) -> S:
    """The same of a node's parameters alone."""
    return _made(kind, kind_of(kind).complete(dict(params)), wanted)


def shown_settings(node: Node, wanted: type[S]) -> S:
    """For those who show a part, whatever is wrong with it: what can't be taken stands at its default."""
    return _made(node.kind, kind_of(node.kind).values(node.params), wanted)


def settings_or_reason(node: Node, wanted: type[S]) -> tuple[S, str]:
    """The settings and nothing, or the defaults and the sentence that says why they can't be taken."""
    try:
        return settings_of(node, wanted), ""
    except Invalid as reason:
        return read_settings(node.kind, {}, wanted), reason.sentence()


def _made(kind: str, values: Mapping[str, Any], wanted: type[S]) -> S:
    made = SETTINGS[kind]
    if not issubclass(made, wanted):
        raise TypeError(f"a {kind} has no {wanted.__name__}")
    return made(**{one.name: values[PARAM_OF.get(one.name, one.name)] for one in fields(made)})
