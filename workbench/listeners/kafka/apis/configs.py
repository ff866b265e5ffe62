"""Settings from outside: DescribeConfigs, AlterConfigs, IncrementalAlterConfigs, of topics, of the one broker and of
groups. What is set is kept and described with its source; which of them act, the broker's list says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from kio.schema.errors import ErrorCode

from workbench.broker import TopicMeta
from workbench.core.errors import Invalid, WorkbenchError
from workbench.listeners.kafka.apis.resources import DEFAULT, TYPES, Resource, Told, topic_told
from workbench.listeners.kafka.call import Api, Call, Fields
from workbench.listeners.kafka.errors import code_of

_SET, _DELETE, _APPEND, _SUBTRACT = 0, 1, 2, 3
Changes = Mapping[str, str | None]


class _BadRequest(Invalid):
    """The request itself is wrong, whatever the settings are."""


def config_entries(meta: TopicMeta, version: int) -> list[Fields]:
    """A topic's settings as CreateTopics tells them."""
    return [
        {"name": one.name, "value": one.value, "read_only": False, "config_source": one.source, "is_sensitive": False}
        for one in topic_told(meta)
    ] if version >= 5 else []


def values_of(configs: Any, null: type[Invalid] = _BadRequest) -> dict[str, str]:
    """Names and values; a name twice or a null is refused, as Kafka does."""
    found: dict[str, str] = {}
    for one in configs:
        if one.name in found:
            raise _BadRequest(f"{one.name} is in the request twice.", "Give it once.")
        if one.value is None:
            raise null(f"{one.name} was set to null.", "Give a value, or leave it out.")
        found[one.name] = one.value
    return found


# -- DescribeConfigs -----------------------------------------------------------------------------------------
def _describe(call: Call) -> Fields:
    return {"results": [_describe_one(call, resource) for resource in call.request.resources]}


def _describe_one(call: Call, resource: Any) -> Fields:
    answer = {"resource_type": resource.resource_type, "resource_name": resource.resource_name, "configs": ()}
    try:
        told = Resource(call, resource.resource_type, resource.resource_name).told()
    except WorkbenchError as error:
        return answer | {"error_code": code_of(error), "error_message": error.sentence()}
    asked = resource.configuration_keys
    return answer | {"configs": [_entry(one, call.request) for one in told if not asked or one.name in asked]}


def _entry(one: Told, request: Any) -> Fields:
    synonyms = [{"name": name, "value": value, "source": source} for name, value, source in one.synonyms]
    return {
        "name": one.name, "value": one.value, "read_only": one.read_only, "is_default": one.source == DEFAULT,
        "config_source": one.source, "is_sensitive": False,
        "synonyms": synonyms if request.include_synonyms else (), "config_type": TYPES[one.kind],
        "documentation": one.about if getattr(request, "include_documentation", False) else None,
    }


# -- changing them -------------------------------------------------------------------------------------------
async def _alter(call: Call) -> Fields:
    """The old way: what is not named goes back to its default."""
    return {"responses": [await _alter_one(call, resource, _whole) for resource in call.request.resources]}


async def _alter_incrementally(call: Call) -> Fields:
    return {"responses": [await _alter_one(call, resource, _steps) for resource in call.request.resources]}


def _whole(resource: Resource, configs: Any) -> Changes:
    return {**dict.fromkeys(name for name in resource.set_now() if name in resource.settings), **values_of(configs)}


def _steps(resource: Resource, configs: Any) -> Changes:
    changes: dict[str, str | None] = {}
    for one in configs:
        if one.name in changes:
            raise _BadRequest(f"{one.name} is in the request twice.", "Give it once.")
        if one.config_operation != _DELETE and one.value is None:
            raise _BadRequest(f"{one.name} was set to null.", "Give a value, or delete the setting.")
        changes[one.name] = _step(resource, one)
    return changes


def _step(resource: Resource, one: Any) -> str | None:
    if one.config_operation in (_SET, _DELETE):
        return one.value if one.config_operation == _SET else None
    if one.config_operation not in (_APPEND, _SUBTRACT):
        raise _BadRequest(f"There is no operation {one.config_operation}.", "Use SET, DELETE, APPEND or SUBTRACT.")
    setting = resource.settings.get(one.name)
    if setting is None or setting.kind != "list":
        raise Invalid("{name} is no list: nothing can be appended or taken out.", "Set it.", name=one.name)
    now = [part for part in resource.set_now().get(one.name, setting.default).split(",") if part]
    given = [part.strip() for part in one.value.split(",") if part.strip()]
    if one.config_operation == _APPEND:
        return ",".join(dict.fromkeys((*now, *given)))
    return ",".join(part for part in now if part not in given)


async def _alter_one(call: Call, resource: Any, changes_of: Callable[[Resource, Any], Changes]) -> Fields:
    answer = {"resource_type": resource.resource_type, "resource_name": resource.resource_name}
    try:
        found = _resource(call, resource)
        changes = found.check(changes_of(found, resource.configs))
        if not call.request.validate_only:
            await asyncio.to_thread(found.change, changes)
    except WorkbenchError as error:
        code = code_of(error, _BadRequest=ErrorCode.invalid_request, Invalid=ErrorCode.invalid_config)
        return answer | {"error_code": code, "error_message": error.sentence()}
    return answer


def _resource(call: Call, resource: Any) -> Resource:
    try:
        return Resource(call, resource.resource_type, resource.resource_name)
    except Invalid as error:
        raise _BadRequest(error.message, error.next_step) from None


APIS = (
    Api(32, "describe_configs", 1, 4, _describe),
    Api(33, "alter_configs", 0, 2, _alter),
    Api(44, "incremental_alter_configs", 0, 1, _alter_incrementally),
)
