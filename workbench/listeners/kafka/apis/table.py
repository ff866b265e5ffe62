"""Every API that is served, with its versions; ApiVersions, which tells them; and words for those that are not."""

from __future__ import annotations

from kio.schema.errors import ErrorCode
from kio.schema.index import api_key_map

from workbench.core.snapshot import Unserved
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
from workbench.listeners.kafka.clients import CLASSIC, NEW_GROUPS

_NEW = Unserved(NEW_GROUPS, CLASSIC)
_SHARE = Unserved("share groups", "Use a consumer group, or a queue of the workbench.")
_STREAMS = Unserved("the streams group protocol", "Set group.protocol=classic in its configuration.")
_ACLS = Unserved("access control lists", "Leave them out: every user of a workspace may do everything.")
_QUOTAS = Unserved("quotas", "Leave them out; a slow consumer can be drawn instead.")
_COPIES = Unserved("another place for replicas", "Leave it out: there is one node, and one copy.")
_SCRAM = Unserved("users by SCRAM", "Add users with «workbench users FILE put NAME», and set sasl.mechanism=PLAIN.")
_UNSERVED = {
    "consumer_group_heartbeat": _NEW, "consumer_group_describe": _NEW,
    "share_group_heartbeat": _SHARE, "share_group_describe": _SHARE, "share_fetch": _SHARE,
    "share_acknowledge": _SHARE, "describe_share_group_offsets": _SHARE, "alter_share_group_offsets": _SHARE,
    "delete_share_group_offsets": _SHARE,
    "streams_group_heartbeat": _STREAMS, "streams_group_describe": _STREAMS,
    "describe_acls": _ACLS, "create_acls": _ACLS, "delete_acls": _ACLS,
    "describe_client_quotas": _QUOTAS, "alter_client_quotas": _QUOTAS,
    "alter_partition_reassignments": _COPIES, "list_partition_reassignments": _COPIES, "elect_leaders": _COPIES,
    "alter_replica_log_dirs": _COPIES,
    "describe_user_scram_credentials": _SCRAM, "alter_user_scram_credentials": _SCRAM,
}
"""In the words of who uses it; what is not here is told by its API's name."""


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
)
TABLE: dict[int, Api] = {api.key: api for api in sorted(_ALL, key=lambda api: api.key)}


def unserved(key: int, version: int, api: Api | None) -> Unserved:
    """What this request asks for in vain."""
    name = api_key_map.get(key)
    if name is None:
        return Unserved(f"API {key}, which is not Kafka's", "Is it really a Kafka client?")
    if name in _UNSERVED:
        return _UNSERVED[name]
    title = "".join(word.capitalize() for word in name.split("_"))
    if api is None:
        return Unserved(title, "Leave that call out, or make it to a Kafka cluster.")
    newer = "Use a newer client." if version < api.low else "Use a client that asks which versions there are."
    return Unserved(f"{title} version {version}", f"Versions {api.low} to {api.high} are. {newer}")
