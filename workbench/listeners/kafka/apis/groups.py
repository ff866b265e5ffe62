"""Consumer groups: join, sync, heartbeat, leave, and how they look; the broker's one coordinator serves them all."""

from __future__ import annotations

import asyncio
from typing import Any

from kio.schema.errors import ErrorCode

from workbench.broker import GroupMeta, JoinRequest, JoinResult, Leaver, MemberIdRequired, SyncRequest
from workbench.core.errors import NotFound, WorkbenchError
from workbench.listeners.kafka.call import Api, Call, Fields
from workbench.listeners.kafka.errors import code_of

CLASSIC = "classic"


def _ms(duration: Any) -> int:
    return round(duration.total_seconds() * 1000)


# -- members -------------------------------------------------------------------------------------------------
async def _join(call: Call) -> Fields:
    request = call.request
    session_ms = _ms(request.session_timeout)
    call.connection.group = request.group_id
    instance_id = getattr(request, "group_instance_id", None)
    asked = JoinRequest(
        request.group_id, tuple((protocol.name, protocol.metadata) for protocol in request.protocols),
        request.member_id, call.connection.client_id, f"/{call.connection.host}", instance_id, session_ms,
        _ms(request.rebalance_timeout) if call.version >= 1 else session_ms, request.protocol_type,
        require_known_member_id=call.version >= 4 and instance_id is None, can_skip_assignment=call.version >= 9,
        reason=getattr(request, "reason", None) or "",
    )
    try:
        return _joined(call, await call.result(call.broker.join_group(asked)))
    except WorkbenchError as error:
        member_id = error.member_id if isinstance(error, MemberIdRequired) else request.member_id
        code = code_of(error, Invalid=ErrorCode.invalid_group_id)
        return {"error_code": code, "generation_id": -1, "protocol_name": None if call.version >= 7 else "",
                "leader": "", "member_id": member_id, "members": ()}


def _joined(call: Call, result: JoinResult) -> Fields:
    return {
        "generation_id": result.generation, "protocol_type": result.protocol_type, "protocol_name": result.protocol,
        "leader": result.leader, "skip_assignment": result.skip_assignment, "member_id": result.member_id,
        "members": [
            {"member_id": member.member_id, "group_instance_id": member.instance_id, "metadata": member.metadata}
            for member in result.members
        ],
    }


async def _sync(call: Call) -> Fields:
    request = call.request
    asked = SyncRequest(
        request.group_id, request.member_id, request.generation_id,
        {one.member_id: one.assignment for one in request.assignments}, getattr(request, "group_instance_id", None),
        getattr(request, "protocol_type", None), getattr(request, "protocol_name", None),
    )
    try:
        result = await call.result(call.broker.sync_group(asked))
    except WorkbenchError as error:
        return {"error_code": code_of(error), "assignment": b""}
    return {
        "protocol_type": result.protocol_type, "protocol_name": result.protocol, "assignment": result.assignment
    }


def _heartbeat(call: Call) -> Fields:
    request = call.request
    try:
        call.broker.heartbeat(request.group_id, request.member_id, request.generation_id,
                              getattr(request, "group_instance_id", None))
    except WorkbenchError as error:
        return {"error_code": code_of(error)}
    return {}


def _leave(call: Call) -> Fields:
    request = call.request
    if call.version < 3:
        (answer,) = call.broker.leave_group(request.group_id, Leaver(request.member_id))
        return {"error_code": code_of(answer)}
    leavers = [Leaver(one.member_id, one.group_instance_id, getattr(one, "reason", None) or "")
               for one in request.members]
    answers = call.broker.leave_group(request.group_id, *leavers)
    return {"members": [
        {"member_id": leaver.member_id, "group_instance_id": leaver.instance_id, "error_code": code_of(answer)}
        for leaver, answer in zip(leavers, answers, strict=True)
    ]}


# -- administration ------------------------------------------------------------------------------------------
def _list_groups(call: Call) -> Fields:
    states = {state.lower() for state in getattr(call.request, "states_filter", ())}
    types = {kind.lower() for kind in getattr(call.request, "types_filter", ())}
    return {"groups": [
        {"group_id": group.name, "protocol_type": group.protocol_type, "group_state": str(group.state),
         "group_type": CLASSIC}
        for group in call.broker.groups()
        if (not states or group.state.lower() in states) and (not types or CLASSIC in types)
    ]}


def _describe_groups(call: Call) -> Fields:
    return {"groups": [_described(call, name) for name in call.request.groups]}


def _described(call: Call, name: str) -> Fields:
    try:
        group = call.broker.group(name)
    except NotFound as error:
        code = ErrorCode.group_id_not_found if call.version >= 6 else ErrorCode.none
        return {"group_id": name, "group_state": "Dead", "protocol_type": "", "protocol_data": "", "members": (),
                "error_code": code, "error_message": error.sentence()}
    return {
        "group_id": name, "group_state": str(group.state), "protocol_type": group.protocol_type,
        "protocol_data": group.assignor, "members": _members(group),
    }


def _members(group: GroupMeta) -> list[Fields]:
    return [
        {"member_id": member.member_id, "group_instance_id": member.instance_id, "client_id": member.client_id,
         "client_host": member.client_host, "member_metadata": member.metadata,
         "member_assignment": member.assignment_bytes}
        for member in group.members
    ]


async def _delete_groups(call: Call) -> Fields:
    results = []
    for name in call.request.groups_names:
        code = ErrorCode.none
        try:
            await asyncio.to_thread(call.broker.delete_group, name)
        except WorkbenchError as error:
            code = code_of(error, NotFound=ErrorCode.group_id_not_found)
        results.append({"group_id": name, "error_code": code})
    return {"results": results}


APIS = (
    Api(11, "join_group", 0, 9, _join),
    Api(12, "heartbeat", 0, 4, _heartbeat),
    Api(13, "leave_group", 0, 5, _leave),
    Api(14, "sync_group", 0, 5, _sync),
    Api(15, "describe_groups", 0, 6, _describe_groups),
    Api(16, "list_groups", 0, 5, _list_groups),
    Api(42, "delete_groups", 0, 2, _delete_groups),
)
