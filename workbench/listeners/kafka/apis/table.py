"""Every API that is served, with its versions; ApiVersions, which tells them; and words for those that are not."""

from __future__ import annotations

from kio.schema.errors import ErrorCode
from kio.schema.index import api_key_map

from workbench.listeners.kafka.apis import (
    cluster,
    commits,
    configs,
    fetch,
    groups,
    login,
    offsets,
    produce,
    topics,
    transactions,
)
from workbench.listeners.kafka.call import Api, Call, Fields

_NEW_GROUPS = "this client asks for the new group protocol, which is not served; set group.protocol=classic"
_ADVICE = {
    "consumer_group_heartbeat": _NEW_GROUPS,
    "consumer_group_describe": _NEW_GROUPS,
    "share_group_heartbeat": "share groups are not served; use a consumer group",
    "streams_group_heartbeat": "the streams group protocol is not served; set group.protocol=classic",
}


def versions_answer(unsupported: bool = False) -> Fields:
    """The list of APIs; ``unsupported`` says that the asked version of this very list is not known."""
    return {
        "error_code": ErrorCode.unsupported_version if unsupported else ErrorCode.none,
        "api_keys": [
            {"api_key": api.key, "min_version": api.lowest_said, "max_version": api.high} for api in TABLE.values()
        ],
    }


def _versions(call: Call) -> Fields:
    name = getattr(call.request, "client_software_name", "")
    if name:
        call.connection.software = f"{name} {call.request.client_software_version}".strip()
    return versions_answer()


_ALL = (
    *produce.APIS, *fetch.APIS, *offsets.APIS, *cluster.APIS, *commits.APIS, *groups.APIS, *topics.APIS,
    *configs.APIS, *transactions.APIS, *login.APIS, Api(18, "api_versions", 0, 4, _versions, before_login=True),
)  # fmt: skip
TABLE: dict[int, Api] = {api.key: api for api in sorted(_ALL, key=lambda api: api.key)}


def unserved(key: int, version: int, api: Api | None) -> str:
    """Why this request can't be answered, for a person."""
    name = api_key_map.get(key)
    if name is None:
        return f"It asked for API {key}, which is not Kafka's."
    if name in _ADVICE:
        return _ADVICE[name][0].upper() + _ADVICE[name][1:] + "."
    title = "".join(word.capitalize() for word in name.split("_"))
    if api is None:
        return f"It asked for {title}, which is not served."
    older = version < api.low
    return (f"It asked for {title} version {version}; versions {api.low} to {api.high} are served. "
            + ("Use a newer client." if older else "Use a client that asks which versions there are."))  # fmt: skip
