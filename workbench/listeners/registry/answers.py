"""Answers and errors as a Schema Registry gives them: JSON of its own type, an error code beside the status. Pure."""

from __future__ import annotations

from typing import Any

import orjson

from workbench.core.errors import NotFound, Refused, WorkbenchError
from workbench.listeners.base.web import Answer, Request
from workbench.session.schemas import RegistryError

CONTENT_TYPE = "application/vnd.schemaregistry.v1+json"
_TAKEN = (CONTENT_TYPE, "application/vnd.schemaregistry+json", "application/json")
_BODIES = (*_TAKEN, "application/octet-stream")
_HEAD = (("Content-Type", CONTENT_TYPE),)


def bad_body(sentence: str, number: int = 422) -> RegistryError:
    return RegistryError(sentence, "", number)


def answer(value: Any, status: int = 200) -> Answer:
    return Answer(orjson.dumps(value), status, _HEAD)


def bare(text: str) -> Answer:
    """A schema as it is, not within JSON of ours."""
    return Answer(text.encode("utf-8", "surrogatepass"), 200, _HEAD)


def read_object(request: Request) -> dict[str, Any]:
    """The JSON object of a body."""
    charset = request.headers.get("content-type", "").lower().partition("charset=")[2].partition(";")[0].strip(' "')
    try:
        body = request.body if charset in ("", "utf-8") else request.body.decode(charset).encode()
        value = orjson.loads(body)
    except (orjson.JSONDecodeError, LookupError, UnicodeError) as error:
        raise bad_body(f"The body is no JSON: {error}.", 400) from None
    if not isinstance(value, dict):
        raise bad_body("The body is no JSON object.")
    return value


def acceptable(request: Request) -> Answer | None:
    """The three content types a registry takes, and answers in."""
    said = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.body and said not in ("", *_BODIES):
        return RegistryAnswers().refusal(415, "HTTP 415 Unsupported Media Type")
    if wanted_type(request) is None:
        return RegistryAnswers().refusal(406, "HTTP 406 Not Acceptable")
    return None


def wanted_type(request: Request) -> str | None:
    """Which of the three the client likes best; None where it takes none of them."""
    accept = request.headers.get("accept", "").strip()
    best, best_weight = (CONTENT_TYPE if not accept else None), 0.0
    for part in accept.split(",") if accept else ():
        name, _, rest = part.partition(";")
        name, weight = name.strip().lower(), _weight(rest)
        found = name if name in _TAKEN else CONTENT_TYPE if name in ("*", "application/*") or name[:2] == "*/" else None
        if found is not None and weight > best_weight:
            best, best_weight = found, weight
    return best


def _weight(parameters: str) -> float:
    for each in parameters.split(";"):
        name, _, value = each.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


class RegistryAnswers:
    """A ``AnswerFormat`` of ``listeners.base.web``."""

    def refusal(self, status: int, sentence: str) -> Answer:
        return answer({"error_code": status, "message": sentence}, status)

    def foreseen(self, error: WorkbenchError) -> Answer:
        if isinstance(error, RegistryError):
            return answer({"error_code": error.number, "message": error.message}, error.status)
        status = 404 if isinstance(error, NotFound) else 403 if isinstance(error, Refused) else 500
        code = 50001 if status == 500 else status  # 50001: error in the backend data store
        return answer({"error_code": code, "message": error.sentence()}, status)

    def dressed(self, answer: Answer, request: Request) -> Answer:
        """In the content type that was asked for."""
        kind = wanted_type(request)
        return answer if kind in (None, CONTENT_TYPE) else Answer(answer.body, answer.status, (("Content-Type", kind),))
