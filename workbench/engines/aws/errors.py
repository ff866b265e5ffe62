"""botocore's errors as ours: what may go through later is ``Unavailable``, all else is final."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore import exceptions
from botocore.parsers import ResponseParserError

from workbench.core.errors import Invalid, NotFound, Refused, Unavailable, WorkbenchError

_KEYS = "Check access.key.id, secret.access.key and session.token, or profile."
_NOT_LET_IN = ("AccessDenied", "AccessDeniedException", "InvalidClientTokenId", "SignatureDoesNotMatch", "ExpiredToken",
               "UnrecognizedClientException", "InvalidAccessKeyId", "ExpiredTokenException", "AuthFailure",
               "MissingAuthenticationToken", "InvalidSignatureException", "IncompleteSignature")
_MISSING = ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist", "ResourceNotFoundException")
_LATER = ("Throttling", "ThrottlingException", "RequestThrottled", "RequestLimitExceeded", "LimitExceededException",
          "ProvisionedThroughputExceededException", "ServiceUnavailable", "InternalError", "InternalFailure")
THROTTLED = ("ProvisionedThroughputExceededException", "ThrottlingException", "LimitExceededException")


@contextmanager
def translating(service: str, address: str) -> Iterator[None]:
    """Errors of the block are ours."""
    try:
        yield
    except (exceptions.BotoCoreError, exceptions.ClientError, ResponseParserError) as error:
        raise translated(error, service, address) from None


def code_of(error: BaseException) -> str:
    """The service's own word for what it refused."""
    return error.response.get("Error", {}).get("Code", "") if isinstance(error, exceptions.ClientError) else ""


def translated(error: Exception, service: str, address: str) -> WorkbenchError:
    where = f"{service} at {address}"
    match error:
        case exceptions.ClientError():
            return _answered(error, where)
        case exceptions.NoCredentialsError() | exceptions.PartialCredentialsError():
            return Refused("There are no AWS keys for {where}.",
                           "Give --option profile=NAME, or --option access.key.id=ID --option "
                           "secret.access.key=env:VARIABLE (an emulator takes any).", where=where)
        case exceptions.ProfileNotFound():
            return Invalid("{where}: {error}.", "Check --option profile, and the AWS configuration.", where=where,
                           error=_plain(error))
        case exceptions.HTTPClientError() | exceptions.ConnectionError():
            return Unavailable("{where} can't be reached: {error}.", "Is it running, and is the address right?",
                               where=where, error=_plain(error))
        case exceptions.ParamValidationError():
            return Invalid("{where} can't be asked that: {error}.", where=where, error=_plain(error))
        case ResponseParserError():
            return Unavailable("What answers at {address} does not speak {service}.", "Is the address right?",
                               address=address, service=service)
    return Invalid("{where} can't be used as it is: {error}.", "Check its address and --option settings.", where=where,
                   error=_plain(error))


def _answered(error: exceptions.ClientError, where: str) -> WorkbenchError:
    code, told = code_of(error), error.response.get("Error", {}).get("Message", "") or "no reason was given"
    told = " ".join(told.split()).rstrip(".")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in _NOT_LET_IN or status in (401, 403):
        return Refused(f"{where} does not let you in: {told}.", _KEYS)
    if code in _MISSING:
        return NotFound("{where} does not know it: {told}.", where=where, told=told)
    if code in _LATER or status >= 500:
        return Unavailable("{where} can't do it now: {told}.", "It is tried again.", where=where, told=told)
    return Refused("{where} refused: {told}.", where=where, told=told)


def _plain(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")
