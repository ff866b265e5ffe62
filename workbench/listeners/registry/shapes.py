"""Bodies of requests read into drafts, and what is registered as the JSON that clients read. Pure.

``Confluent-Accept-Unknown-Properties: true`` is how newer clients say that they take newer properties: to them a
schema's guid and time, and AVRO as a type, are told too.
"""

from __future__ import annotations

import uuid
from typing import Any

from workbench.core.schemas import AVRO, Reference, RegisteredSchema, Schema
from workbench.listeners.base.web import Request
from workbench.listeners.registry.answers import bad_body
from workbench.session.schemas import Draft, Found, Metadata, Registered


def takes_more(request: Request) -> bool:
    return request.headers.get("confluent-accept-unknown-properties", "").lower() == "true"


def draft_of(body: dict[str, Any]) -> Draft:
    """42201 and 422 for what can't be one; an empty text is the registry's to judge."""
    kind = _text(body, "schemaType") or AVRO
    schema = Schema(kind.upper(), _text(body, "schema"), tuple(_references(body.get("references"))))
    metadata = Metadata(_table(body, "metadata"), _table(body, "ruleSet"))
    return Draft(schema, metadata, _number(body, "version", 0), _number(body, "id", -1))


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise bad_body(f"«{name}» is to be a text.")
    return value or ""


def _number(body: dict[str, Any], name: str, default: int) -> int:
    value = body.get(name)
    if value is None:
        return default
    if not isinstance(value, int) or isinstance(value, bool) or not -1 <= value < 2**31:
        raise bad_body(f"«{name}» is to be a whole number below 2^31.")
    return value


def _table(body: dict[str, Any], name: str) -> dict[str, Any] | None:
    value = body.get(name)
    if value is not None and not isinstance(value, dict):
        raise bad_body(f"«{name}» is to be an object.")
    return value


def _references(value: Any) -> list[Reference]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise bad_body("«references» is to be a list.")
    found = []
    for each in value:
        name, subject, version = (each.get(key) if isinstance(each, dict) else None for key in
                                  ("name", "subject", "version"))
        if not (isinstance(name, str) and isinstance(subject, str) and isinstance(version, int)):
            raise bad_body("Each of «references» is to have a name, a subject and a version.")
        found.append(Reference(name, subject, version))
    return found


def guid_of(registered: RegisteredSchema) -> str:
    return str(uuid.UUID(bytes=registered.digest))


def schema_told(registered: RegisteredSchema, more: bool, text: str | None = None) -> dict[str, Any]:
    """What is said of a schema wherever it is shown. ``text``: in another form than it is kept in."""
    schema, metadata = registered.schema, Metadata.of(registered.more)
    told: dict[str, Any] = {"guid": guid_of(registered), "ts": registered.created_ms} if more else {}
    if more or schema.type != AVRO:
        told["schemaType"] = schema.type
    if schema.references:
        told["references"] = [{"name": one.name, "subject": one.subject, "version": one.version}
                              for one in schema.references]
    if metadata.metadata:
        told["metadata"] = metadata.metadata
    if metadata.rule_set:
        told["ruleSet"] = metadata.rule_set
    return told | {"schema": schema.text if text is None else text}


def version_told(found: Found, more: bool, text: str | None = None) -> dict[str, Any]:
    one = found.version
    told = {"subject": one.subject, "version": one.version, "id": one.schema_id}
    return told | schema_told(found.registered, more, text) | ({"deleted": True} if more and one.deleted else {})


def registered_told(found: Registered, draft: Draft, more: bool) -> dict[str, Any]:
    """The answer to who registered. The schema only where it was not brought: clients keep what they are told in place
    of what they sent, and confluent-kafka, which sends Protobuf as a descriptor, can't read a .proto again."""
    if not more:
        return {"id": found.id}
    told = {"id": found.id, "version": found.version.version, "guid": guid_of(found.registered)}
    return told if draft.schema.text.strip() else told | schema_told(found.registered, more)
