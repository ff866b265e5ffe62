"""SASL/PLAIN. A listener that does not ask for it takes any name and password, so that unchanged settings connect."""

from __future__ import annotations

import asyncio

from kio.schema.errors import ErrorCode

from workbench.core.errors import Invalid, Refused, WorkbenchError
from workbench.listeners.kafka.call import Api, Call, Fields, Login, Shared

MECHANISM = "PLAIN"
FAILED_WAIT_S = 0.2
_WRONG = "The name or the password is wrong."


def _handshake(call: Call) -> Fields:
    if call.request.mechanism != MECHANISM:
        return {"error_code": ErrorCode.unsupported_sasl_mechanism, "mechanisms": (MECHANISM,)}
    call.login.mechanism = MECHANISM
    call.login.raw = call.version == 0
    return {"mechanisms": (MECHANISM,)}


async def _authenticate(call: Call) -> Fields:
    try:
        await _log_in(call.shared, call.login, call.request.auth_bytes)
    except WorkbenchError as error:
        return {"error_code": ErrorCode.sasl_authentication_failed, "error_message": error.sentence(),
                "auth_bytes": b""}
    return {"auth_bytes": b""}


async def authenticate_raw(shared: Shared, login: Login, token: bytes) -> None:
    """The bare token that follows a handshake of version 0."""
    await _log_in(shared, login, token)
    login.raw = False


async def _log_in(shared: Shared, login: Login, token: bytes) -> None:
    if not login.mechanism:
        raise Refused("SaslHandshake comes before SaslAuthenticate.", "Use a Kafka client.")
    name, password = _read_token(token)
    if login.required and not await asyncio.to_thread(shared.users.check, name, password):
        await asyncio.sleep(FAILED_WAIT_S)  # guessing is slow
        raise Refused(_WRONG, "Set sasl.username and sasl.password to a user of this workspace.")
    login.user = name


def _read_token(token: bytes) -> tuple[str, str]:
    """(user, password) of a PLAIN token: authorization id NUL name NUL password."""
    parts = token.split(b"\0")
    if len(parts) != 3:
        raise Invalid("The SASL/PLAIN token can't be read.", "Set sasl.username and sasl.password.")
    return parts[1].decode("utf-8", "replace"), parts[2].decode("utf-8", "replace")


APIS = (
    Api(17, "sasl_handshake", 0, 1, _handshake, before_login=True),
    Api(36, "sasl_authenticate", 0, 2, _authenticate, before_login=True),
)
