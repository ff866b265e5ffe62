"""Settings from outside: DescribeConfigs, AlterConfigs, IncrementalAlterConfigs, of topics and of the one broker.

What a topic of ours can be set to is the broker's own list. A few of Kafka's settings have one possible value here;
they are shown, read-only, and setting them to just that is accepted, so that tools which always send them work. Those
that only say how Kafka keeps a log in files and copies are accepted too, and mean nothing here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from kio.schema.errors import ErrorCode

from workbench.broker import TOPIC_DEFAULTS, TopicMeta, topic_defaults
from workbench.core.errors import Invalid, WorkbenchError
from workbench.listeners.kafka.call import NODE_ID, Api, Call, Fields
from workbench.listeners.kafka.errors import code_of

TOPIC, BROKER = 2, 4
FIXED: Mapping[str, str] = {"cleanup.policy": "delete", "min.insync.replicas": "1"}
"""Settings of Kafka's that can't be otherwise here."""

WITHOUT_EFFECT = frozenset({
    "segment.bytes", "segment.ms", "segment.jitter.ms", "segment.index.bytes", "index.interval.bytes",
    "flush.messages", "flush.ms", "file.delete.delay.ms", "preallocate", "unclean.leader.election.enable",
    "leader.replication.throttled.replicas", "follower.replication.throttled.replicas",
    "message.downconversion.enable", "message.format.version",
})  # fmt: skip
"""Settings of Kafka's files and copies, of which nothing a client sees depends."""

_OF_TOPIC, _OF_BROKER, _DEFAULT = 1, 4, 5  # where a value comes from
_BOOLEAN, _STRING, _INT, _LONG, _LIST = 1, 2, 3, 5, 7
_TYPES = {
    "retention.ms": _LONG, "retention.bytes": _LONG, "max.message.bytes": _INT, "min.insync.replicas": _INT,
    "workbench.retention.all.read": _BOOLEAN, "cleanup.policy": _LIST,
}  # fmt: skip
_SET, _DELETE = 0, 1


def accepted(asked: Mapping[str, str | None]) -> dict[str, str | None]:
    """The settings to give the broker; refuses a value that a fixed setting can't have."""
    for name, value in asked.items():
        if name in FIXED and value not in (None, FIXED[name]):
            raise Invalid(f"{name} can only be {FIXED[name]!r} here.", "Leave it out.")
    return {name: value for name, value in asked.items() if name not in FIXED and name not in WITHOUT_EFFECT}


def config_entries(meta: TopicMeta, version: int) -> list[Fields]:
    """A topic's settings as CreateTopics tells them."""
    return [
        {"name": name, "value": value, "read_only": name in FIXED, "config_source": source, "is_sensitive": False}
        for name, value, source in _values(meta)
    ] if version >= 5 else []  # fmt: skip


def _values(meta: TopicMeta) -> list[tuple[str, str, int]]:
    own = [(name, meta.config.get(name, default), _OF_TOPIC if name in meta.config else _DEFAULT)
           for name, default in topic_defaults(meta.config).items()]  # fmt: skip
    return sorted([*own, *((name, value, _DEFAULT) for name, value in FIXED.items())])


# -- DescribeConfigs -----------------------------------------------------------------------------------------
def _describe(call: Call) -> Fields:
    return {"results": [_describe_one(call, resource) for resource in call.request.resources]}


def _describe_one(call: Call, resource: Any) -> Fields:
    answer = {"resource_type": resource.resource_type, "resource_name": resource.resource_name, "configs": ()}
    try:
        values = _resource_values(call, resource)
    except WorkbenchError as error:
        return answer | {"error_code": code_of(error), "error_message": error.sentence()}
    asked = resource.configuration_keys
    return answer | {"configs": [
        _entry(name, value, source, resource.resource_type == BROKER, call.request)
        for name, value, source in values
        if not asked or name in asked
    ]}  # fmt: skip


def _resource_values(call: Call, resource: Any) -> list[tuple[str, str, int]]:
    if resource.resource_type == TOPIC:
        return _values(call.broker.topic(resource.resource_name))
    if resource.resource_type == BROKER and resource.resource_name in ("", str(NODE_ID)):
        return _broker_values(call)
    raise Invalid(f"There are no settings of {resource.resource_name!r}.", f"Ask for a topic, or broker {NODE_ID}.")


def _broker_values(call: Call) -> list[tuple[str, str, int]]:
    host, port = call.address
    values = {
        "advertised.listeners": f"PLAINTEXT://{host}:{port}",
        "auto.create.topics.enable": str(call.shared.settings.auto_create).lower(),
        "default.replication.factor": "1",
        "log.cleanup.policy": FIXED["cleanup.policy"],
        "log.retention.ms": TOPIC_DEFAULTS["retention.ms"],
        "message.max.bytes": TOPIC_DEFAULTS["max.message.bytes"],
        "min.insync.replicas": FIXED["min.insync.replicas"],
        "node.id": str(NODE_ID),
        "num.partitions": "1",
    }
    return [(name, value, _OF_BROKER) for name, value in sorted(values.items())]


def _entry(name: str, value: str, source: int, of_broker: bool, request: Any) -> Fields:
    synonyms = [{"name": name, "value": value, "source": source}] if request.include_synonyms else ()
    return {
        "name": name, "value": value, "read_only": of_broker or name in FIXED, "is_default": source == _DEFAULT,
        "config_source": source, "is_sensitive": False, "synonyms": synonyms,
        "config_type": _TYPES.get(name, _STRING), "documentation": None,
    }  # fmt: skip


# -- changing them -------------------------------------------------------------------------------------------
async def _alter(call: Call) -> Fields:
    """The old way: what is not named goes back to its default."""
    return {"responses": [await _alter_one(call, resource, _whole(resource)) for resource in call.request.resources]}


async def _alter_incrementally(call: Call) -> Fields:
    return {"responses": [await _alter_one(call, resource, _steps) for resource in call.request.resources]}


def _whole(resource: Any) -> Any:
    nothing = {name: None for name in TOPIC_DEFAULTS}
    return lambda _: nothing | {one.name: one.value for one in resource.configs}


def _steps(resource: Any) -> dict[str, str | None]:
    changes: dict[str, str | None] = {}
    for one in resource.configs:
        if one.config_operation not in (_SET, _DELETE):
            raise Invalid(f"{one.name} is not a list: nothing can be appended or taken out.", "Set it.")
        if one.config_operation == _SET and one.value is None:
            raise Invalid(f"{one.name} was set to nothing.", "Give a value, or delete the setting.")
        changes[one.name] = one.value if one.config_operation == _SET else None
    return changes


async def _alter_one(call: Call, resource: Any, changes_of: Any) -> Fields:
    answer = {"resource_type": resource.resource_type, "resource_name": resource.resource_name}
    try:
        if resource.resource_type != TOPIC:
            raise Invalid("Only topics have settings that can be changed.", "Name a topic.")
        changes = accepted(changes_of(resource))
        call.broker.topic(resource.resource_name)
        if not call.request.validate_only:
            await asyncio.to_thread(call.broker.alter_topic, resource.resource_name, config=changes)
    except WorkbenchError as error:
        code = code_of(error, Invalid=ErrorCode.invalid_config)
        return answer | {"error_code": code, "error_message": error.sentence()}
    return answer


APIS = (
    Api(32, "describe_configs", 1, 4, _describe),
    Api(33, "alter_configs", 0, 2, _alter),
    Api(44, "incremental_alter_configs", 0, 1, _alter_incrementally),
)
