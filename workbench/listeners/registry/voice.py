"""Answers and errors as a Schema Registry gives them: JSON of its own content type, an error code beside the status.

The codes are those of Confluent's registry (its ``rest.exceptions.Errors``); serializers go by them, so each has its
name here: 40401 says that a subject is not there, and a client goes on to register. Pure.
"""

from __future__ import annotations

from typing import Any

import orjson

from workbench.core.errors import NotFound, Refused, WorkbenchError
from workbench.listeners.base.web import Answer, Request

CONTENT_TYPE = "application/vnd.schemaregistry.v1+json"
_TAKEN = (CONTENT_TYPE, "application/vnd.schemaregistry+json", "application/json")
_ANY = ("*/*", "application/*", "application/octet-stream")
_HEAD = (("Content-Type", CONTENT_TYPE),)


class RegistryError(WorkbenchError):
    """An error with the code that a registry's clients know; the first three digits are the HTTP status."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code_number = code

    @property
    def status(self) -> int:
        return int(str(self.code_number)[:3])


def no_subject(subject: str) -> RegistryError:
    return RegistryError(40401, f"Subject '{subject}' not found.")


def no_version(version: str) -> RegistryError:
    return RegistryError(40402, f"Version {version} not found.")


def no_schema(number: str = "") -> RegistryError:
    return RegistryError(40403, f"Schema {number} not found" if number else "Schema not found")


def no_subject_level(subject: str) -> RegistryError:
    return RegistryError(40408, f"Subject '{subject}' does not have subject-level compatibility configured")


def no_subject_mode(subject: str) -> RegistryError:
    return RegistryError(40409, f"Subject '{subject}' does not have subject-level mode configured")


def bad_version(version: str) -> RegistryError:
    return RegistryError(42202, f"The specified version '{version}' is not a valid version id. Allowed values are "
                         "between [1, 2^31-1] and the string \"latest\"")


def bad_level() -> RegistryError:
    return RegistryError(42203, "Invalid compatibility level. Valid values are none, backward, forward, full, "
                         "backward_transitive, forward_transitive, and full_transitive")


def not_permitted(sentence: str) -> RegistryError:
    return RegistryError(42205, sentence)


def bad_body(sentence: str) -> RegistryError:
    return RegistryError(400, sentence)


def answer(value: Any, status: int = 200) -> Answer:
    return Answer(orjson.dumps(value), status, _HEAD)


def read_object(request: Request) -> dict[str, Any]:
    """The JSON object of a body."""
    try:
        value = orjson.loads(request.body)
    except orjson.JSONDecodeError as error:
        raise bad_body(f"The body is no JSON: {error}.") from None
    if not isinstance(value, dict):
        raise bad_body("The body is no JSON object.")
    return value


def acceptable(request: Request) -> Answer | None:
    """The three content types a registry takes, and answers in."""
    voice = RegistryVoice()
    said = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.body and said not in ("", *_TAKEN, *_ANY):
        return voice.refusal(415, "HTTP 415 Unsupported Media Type")
    wanted = [part.partition(";")[0].strip().lower() for part in request.headers.get("accept", "").split(",")]
    if any(wanted) and not any(one in (*_TAKEN, *_ANY) for one in wanted):
        return voice.refusal(406, "HTTP 406 Not Acceptable")
    return None


class RegistryVoice:
    """A ``Voice`` of ``listeners.base.web``."""

    def refusal(self, status: int, sentence: str) -> Answer:
        return answer({"error_code": status, "message": sentence}, status)

    def foreseen(self, error: WorkbenchError) -> Answer:
        if isinstance(error, RegistryError):
            return answer({"error_code": error.code_number, "message": error.message}, error.status)
        status = 404 if isinstance(error, NotFound) else 403 if isinstance(error, Refused) else 500
        code = 50001 if status == 500 else status  # 50001: error in the backend data store
        return answer({"error_code": code, "message": error.sentence()}, status)
