"""Registering, looking up, checking and deleting over the registry's REST interface, with the codes that clients read.

The traps R1 to R7 of the reference are named where they are tested.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from listeners.registry_client import ask
from listeners.serving import Served

from workbench.broker import Broker
from workbench.listeners.base import ListenerSettings
from workbench.listeners.registry import RegistryListener


def record(title: str = "Order", /, **fields: Any) -> dict[str, Any]:
    """An Avro record; a field is its type, or its type and default."""
    told = [{"name": name, "type": kind[0], "default": kind[1]} if isinstance(kind, tuple)
            else {"name": name, "type": kind} for name, kind in fields.items()]
    return {"type": "record", "name": title, "fields": told}


FIRST = record(id="long", customer="string")
WITH_NOTE = record(id="long", customer="string", note=("string", ""))
BROKEN = record(id="long", customer="int", city="string")


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Served]:
    with Broker.create(tmp_path / "w.flow") as broker:
        served = Served(broker, ListenerSettings(), RegistryListener)
        yield served
        served.close()


def register(served: Served, subject: str, schema: Any, **more: Any) -> tuple[int, Any]:
    text = schema if isinstance(schema, str) else json.dumps(schema)
    return ask(served, "POST", f"/subjects/{quote(subject, safe='')}/versions", {"schema": text} | more)


def registered(served: Served, subject: str, schema: Any, **more: Any) -> int:
    status, answer = register(served, subject, schema, **more)
    assert status == 200, answer
    return answer["id"]


# -- registering -----------------------------------------------------------------------------------------------
def test_one_schema_has_one_id_in_all_subjects_and_white_space_makes_no_new_one(registry: Served):
    """R3."""
    number = registered(registry, "a-value", FIRST)
    assert registered(registry, "b-value", json.dumps(FIRST, indent=4)) == number
    assert registered(registry, "a-value", FIRST) == number
    assert ask(registry, "GET", "/subjects/a-value/versions") == (200, [1])
    assert ask(registry, "GET", f"/schemas/ids/{number}/versions") == (200, [
        {"subject": "a-value", "version": 1}, {"subject": "b-value", "version": 1}])
    assert registered(registry, "a-value", WITH_NOTE) == number + 1


def test_what_is_told_of_a_version(registry: Served):
    """R5: no type means AVRO, and is left out; versions/N/schema is the bare schema. R7: latest and -1."""
    registered(registry, "a", FIRST)
    number = registered(registry, "a", WITH_NOTE)
    text = json.dumps(WITH_NOTE, separators=(",", ":"))
    told = {"subject": "a", "version": 2, "id": number, "schema": text}
    for version in ("2", "latest", "-1"):
        assert ask(registry, "GET", f"/subjects/a/versions/{version}") == (200, told)
    assert ask(registry, "GET", "/subjects/a/versions/latest/schema") == (200, WITH_NOTE)
    assert ask(registry, "GET", f"/schemas/ids/{number}") == (200, {"schema": text})
    assert ask(registry, "GET", f"/schemas/ids/{number}?fetchMaxId=True")[1]["maxId"] == number
    newer = ask(registry, "GET", "/subjects/a/versions/2", Confluent_Accept_Unknown_Properties="true")[1]
    assert newer["schemaType"] == "AVRO" and newer["guid"] and newer["ts"] > 0
    assert ask(registry, "GET", f"/schemas/guids/{newer['guid']}")[1]["schema"] == text
    assert ask(registry, "GET", f"/schemas/guids/{newer['guid']}/ids") == (200, [{"context": ".", "id": number}])


def test_a_lookup_finds_the_version_and_says_what_is_not_there(registry: Served):
    number = registered(registry, "a", FIRST)
    status, found = ask(registry, "POST", "/subjects/a", {"schema": json.dumps(FIRST, indent=1)})
    assert (status, found["version"], found["id"]) == (200, 1, number)
    assert ask(registry, "POST", "/subjects/a", {"schema": json.dumps(WITH_NOTE)})[1]["error_code"] == 40403
    assert ask(registry, "POST", "/subjects/b", {"schema": json.dumps(FIRST)})[1]["error_code"] == 40401
    status, wrong = ask(registry, "POST", "/subjects/a", {"schema": '{"type": "nothing"}'})
    assert (status, wrong["error_code"]) == (422, 42201)
    assert wrong["message"].startswith("Invalid schema")


@pytest.mark.parametrize(("body", "code"), [
    ({"schema": ""}, 42201), ({}, 42201), ({"schema": '{"type": "recor'}, 42201), ({"schema": "{}"}, 42201),
    ({"schema": '"string"', "schemaType": "XML"}, 42201), ({"schema": 7}, 422),
    ({"schema": '"string"', "id": "x"}, 422),
    ({"schema": '"string"', "references": {}}, 422), ({"schema": '"string"', "references": [{"name": "x"}]}, 422),
    ({"schema": '"string"', "version": 3}, 42201), ({"schema": '"string"', "id": 5}, 42205),
    ({"schema": '"string"', "id": 2**31}, 422),
])
def test_what_is_no_schema_is_refused_and_nothing_is_stored(registry: Served, body: dict[str, Any], code: int):
    status, answer = ask(registry, "POST", "/subjects/a/versions", body)
    assert (status, answer["error_code"]) == (int(str(code)[:3]), code)
    assert answer["message"]
    assert ask(registry, "GET", "/subjects") == (200, [])


@pytest.mark.parametrize("subject", ["a/b c", "ü{}\"':", ":.ctx:orders", "x" * 1000])
def test_any_name_can_be_a_subject(registry: Served, subject: str):
    """R4: slashes come encoded."""
    registered(registry, subject, FIRST)
    assert ask(registry, "GET", "/subjects") == (200, [subject])
    assert ask(registry, "GET", f"/subjects/{quote(subject, safe='')}/versions/1")[1]["subject"] == subject


@pytest.mark.parametrize("subject", ["__GLOBAL", "__EMPTY", ":.ctx:", "x" * 1001, "a\nb"])
def test_but_some(registry: Served, subject: str):
    assert register(registry, subject, FIRST)[1]["error_code"] == 42208


def test_a_schema_of_another_type_does_not_fit(registry: Served):
    registered(registry, "a", FIRST)
    status, answer = register(registry, "a", {"type": "object"}, schemaType="JSON")
    assert (status, answer["error_code"]) == (409, 409)
    assert "Use another subject" in answer["message"]


def test_metadata_and_rules_make_another_schema_and_come_back(registry: Served):
    plain = registered(registry, "a", FIRST)
    more = {"metadata": {"properties": {"owner": "ann"}},
            "ruleSet": {"domainRules": [{"name": "r", "kind": "CONDITION"}]}}
    number = registered(registry, "a", FIRST, **more)
    assert number != plain
    found = ask(registry, "GET", "/subjects/a/versions/2")[1]
    assert {key: found[key] for key in more} == more
    assert ask(registry, "GET", "/subjects/a/metadata?key=owner&value=ann")[1]["version"] == 2
    assert ask(registry, "GET", "/subjects/a/metadata?key=owner&value=bob")[1]["error_code"] == 40403
    assert registered(registry, "a", "", metadata={"properties": {"owner": "bob"}}) not in (plain, number)


# -- compatibility ---------------------------------------------------------------------------------------------
def test_what_does_not_fit_is_refused_with_the_field_and_what_to_do(registry: Served):
    registered(registry, "a", FIRST)
    status, answer = register(registry, "a", BROKEN)
    assert (status, answer["error_code"]) == (409, 409)
    message = answer["message"]
    assert message.startswith('Schema being registered is incompatible with an earlier schema for subject "a",'
                              " details: [")
    assert "errorType:'TYPE_MISMATCH'" in message and "errorType:'READER_FIELD_MISSING_DEFAULT_VALUE'" in message
    assert "The field 'city' is not in version 1, and the new schema has no default for it" in message
    assert "Give 'city' a default" in message
    assert "{oldSchemaVersion: 1}" in message and "{compatibility: 'BACKWARD'}" in message
    assert ask(registry, "GET", "/subjects/a/versions") == (200, [1])


def check(served: Served, subject: str, schema: Any, version: str = "", **query: str) -> Any:
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    path = f"/compatibility/subjects/{subject}/versions{version}?{asked}"
    return ask(served, "POST", path, {"schema": json.dumps(schema)})[1]


def test_a_check_says_whether_and_with_verbose_why_not(registry: Served):
    assert check(registry, "a", FIRST) == {"is_compatible": True}
    assert check(registry, "a", FIRST, "/latest") == {"is_compatible": True}
    assert check(registry, "a", FIRST, "/1")["error_code"] == 40402
    registered(registry, "a", FIRST)
    assert check(registry, "a", BROKEN, "/latest") == {"is_compatible": False}
    assert check(registry, "a", WITH_NOTE, "/1", verbose="True") == {"is_compatible": True, "messages": []}
    why = check(registry, "a", BROKEN, verbose="true")
    assert why["is_compatible"] is False and any("'city'" in one for one in why["messages"])
    assert check(registry, "a", {"type": "nothing"}, "/1")["error_code"] == 42201
    assert check(registry, "a", {"type": "nothing"}, "/1", verbose="true")["is_compatible"] is False
    assert check(registry, "a", FIRST, "/x")["error_code"] == 42202


ADDED = record(id="long", customer="string", city="string")
DROPPED = record(id="long")


@pytest.mark.parametrize(("level", "fits", "fails"), [
    ("BACKWARD", DROPPED, ADDED), ("FORWARD", ADDED, DROPPED), ("FULL", WITH_NOTE, ADDED), ("FULL", WITH_NOTE, DROPPED),
    ("BACKWARD_TRANSITIVE", DROPPED, ADDED), ("FORWARD_TRANSITIVE", ADDED, DROPPED),
    ("FULL_TRANSITIVE", WITH_NOTE, DROPPED),
])
def test_the_level_of_a_subject_holds(registry: Served, level: str, fits: Any, fails: Any):
    assert ask(registry, "PUT", "/config/a", {"compatibility": level}) == (200, {"compatibility": level})
    registered(registry, "a", FIRST)
    assert register(registry, "a", fails)[0] == 409
    registered(registry, "a", fits)
    assert ask(registry, "PUT", "/config/a", {"compatibility": "none"}) == (200, {"compatibility": "NONE"})
    registered(registry, "a", '"string"')


@pytest.mark.parametrize(("level", "first", "second", "third"), [
    ("BACKWARD", record(a="int"), record(b=("int", 0)), record(a=("string", ""), b=("int", 0))),
    ("FORWARD", record(a=("string", "")), record(b="int"), record(a="int", b="int")),
    ("FULL", record(a=("int", 0)), record(b=("int", 0)), record(a=("string", ""), b=("int", 0))),
])
def test_only_the_transitive_levels_look_at_all_versions(registry: Served, level: str, first: Any, second: Any,
                                                         third: Any):
    """R7."""
    ask(registry, "PUT", "/config", {"compatibility": level})
    registered(registry, "a", first)
    registered(registry, "a", second)
    ask(registry, "PUT", "/config/a", {"compatibility": f"{level}_TRANSITIVE"})
    status, answer = register(registry, "a", third)
    assert status == 409 and "version 1" in answer["message"]
    ask(registry, "DELETE", "/config/a")
    registered(registry, "a", third)


def test_levels_are_told_as_the_real_one_tells_them(registry: Served):
    assert ask(registry, "GET", "/config/a")[1]["error_code"] == 40408
    assert ask(registry, "DELETE", "/config/a")[1]["error_code"] == 40401
    ask(registry, "PUT", "/config/a", {"compatibility": "FULL"})
    assert ask(registry, "GET", "/config/a") == (200, {"compatibilityLevel": "FULL"})
    assert ask(registry, "DELETE", "/config/a") == (200, {"compatibilityLevel": "FULL"})
    assert ask(registry, "GET", "/config/a?defaultToGlobal=true") == (200, {"compatibilityLevel": "BACKWARD"})
    assert ask(registry, "PUT", "/config/a", {})[1]["error_code"] == 42203


def test_a_compatibility_group_compares_within_itself(registry: Served):
    ask(registry, "PUT", "/config/a", {"compatibility": "BACKWARD", "compatibilityGroup": "major"})
    registered(registry, "a", FIRST, metadata={"properties": {"major": "1"}})
    assert register(registry, "a", BROKEN, metadata={"properties": {"major": "1"}})[0] == 409
    registered(registry, "a", BROKEN, metadata={"properties": {"major": "2"}})


# -- deleting --------------------------------------------------------------------------------------------------
def delete(served: Served, path: str) -> Any:
    status, answer = ask(served, "DELETE", path)
    return answer if status == 200 else answer["error_code"]


def test_a_version_goes_softly_first_then_for_good(registry: Served):
    """R2, R6."""
    number = registered(registry, "a", FIRST)
    registered(registry, "a", WITH_NOTE)
    assert delete(registry, "/subjects/a/versions/1?permanent=true") == 40407
    assert delete(registry, "/subjects/a/versions/1") == 1
    assert delete(registry, "/subjects/a/versions/1") == 40406
    assert ask(registry, "GET", "/subjects/a/versions/1")[1]["error_code"] == 40402
    assert ask(registry, "GET", "/subjects/a/versions/1?deleted=True")[1]["version"] == 1
    assert ask(registry, "GET", f"/schemas/ids/{number}")[0] == 200, "records were written with it"
    assert ask(registry, "GET", f"/schemas/ids/{number}/versions") == (200, [])
    assert ask(registry, "GET", "/subjects/a/versions") == (200, [2])
    assert ask(registry, "GET", "/subjects/a/versions?deleted=true") == (200, [1, 2])
    assert ask(registry, "GET", "/subjects/a/versions?deletedOnly=true") == (200, [1])
    assert ask(registry, "GET", "/subjects/a/versions?deletedAsNegative=true") == (200, [-1, 2])
    assert delete(registry, "/subjects/a/versions/1?permanent=true") == 1
    assert delete(registry, "/subjects/a/versions/1?permanent=true") == 40402
    assert ask(registry, "GET", f"/schemas/ids/{number}")[1]["error_code"] == 40403
    assert delete(registry, "/subjects/a/versions/latest") == 2
    assert delete(registry, "/subjects/a/versions/9") == 40402
    assert delete(registry, "/subjects/b/versions/1") == 40401


def test_a_deleted_subject_comes_back_with_its_id_and_the_next_version_and_after_that_with_the_first(registry: Served):
    """R3."""
    number = registered(registry, "a", FIRST)
    assert delete(registry, "/subjects/a?permanent=true") == 40405
    assert delete(registry, "/subjects/a") == [1]
    assert delete(registry, "/subjects/a") == 40404
    assert ask(registry, "GET", "/subjects") == (200, [])
    assert ask(registry, "GET", "/subjects?deleted=true") == (200, ["a"])
    assert ask(registry, "GET", "/subjects?deletedOnly=true") == (200, ["a"])
    assert ask(registry, "GET", "/subjects/a/versions")[1]["error_code"] == 40401
    assert ask(registry, "POST", "/subjects/a", {"schema": json.dumps(FIRST)})[1]["error_code"] == 40401
    assert ask(registry, "POST", "/subjects/a?deleted=true", {"schema": json.dumps(FIRST)})[1]["version"] == 1
    assert registered(registry, "a", FIRST) == number
    assert ask(registry, "GET", "/subjects/a/versions") == (200, [2])
    assert delete(registry, "/subjects/a") == [2]
    ask(registry, "PUT", "/config/a", {"compatibility": "NONE"})
    assert delete(registry, "/subjects/a?permanent=true") == [2]
    assert ask(registry, "GET", "/config/a")[1]["error_code"] == 40408
    assert delete(registry, "/subjects/a?permanent=true") == 40401
    assert registered(registry, "a", FIRST) == number
    assert ask(registry, "GET", "/subjects/a/versions") == (200, [1])


def test_what_is_deleted_is_compared_with_no_more(registry: Served):
    registered(registry, "a", FIRST)
    ask(registry, "DELETE", "/subjects/a")
    registered(registry, "a", BROKEN)
    assert ask(registry, "GET", "/subjects/a/versions") == (200, [2])


# -- references ------------------------------------------------------------------------------------------------
CUSTOMER = record("Customer", name="string")
ORDER = record(id="long", customer="Customer")
TO_CUSTOMER = {"name": "Customer", "subject": "customer", "version": 1}


def test_a_schema_may_refer_to_another_which_then_stays(registry: Served):
    """R6: a referenced version can't go."""
    registered(registry, "customer", CUSTOMER)
    number = registered(registry, "order", ORDER, references=[TO_CUSTOMER])
    assert ask(registry, "GET", f"/schemas/ids/{number}")[1]["references"] == [TO_CUSTOMER]
    assert ask(registry, "GET", "/subjects/customer/versions/1/referencedby") == (200, [number])
    assert delete(registry, "/subjects/customer/versions/1") == 42206
    assert delete(registry, "/subjects/customer") == 42206
    resolved = ask(registry, "GET", f"/schemas/ids/{number}?format=resolved")[1]["schema"]
    assert json.loads(resolved)["fields"][1]["type"]["fields"][0]["name"] == "name"
    assert delete(registry, "/subjects/order") == [1]
    assert delete(registry, "/subjects/customer") == [1]
    assert delete(registry, "/subjects/customer?permanent=true") == 42206, "the deleted order refers to it still"
    assert delete(registry, "/subjects/order?permanent=true") == [1]
    assert delete(registry, "/subjects/customer?permanent=true") == [1]


def test_a_reference_that_is_not_there_is_said(registry: Served):
    status, answer = register(registry, "order", ORDER, references=[TO_CUSTOMER])
    assert (status, answer["error_code"]) == (422, 42201)
    assert "version 1 of the subject 'customer'" in answer["message"] and "Register it first" in answer["message"]


def test_references_are_followed_where_schemas_are_compared(registry: Served):
    registered(registry, "customer", CUSTOMER)
    registered(registry, "order", ORDER, references=[TO_CUSTOMER])
    registered(registry, "customer", record("Customer", name="string", city=("string", "")))
    registered(registry, "order", ORDER, references=[TO_CUSTOMER | {"version": 2}])
    ask(registry, "PUT", "/config/customer", {"compatibility": "NONE"})
    registered(registry, "customer", record("Customer", name="string", zip="string"))
    status, answer = register(registry, "order", ORDER, references=[TO_CUSTOMER | {"version": 3}])
    assert status == 409 and "'customer.zip'" in answer["message"]


# -- modes -----------------------------------------------------------------------------------------------------
def test_modes(registry: Served):
    registered(registry, "a", FIRST)
    assert ask(registry, "GET", "/mode") == (200, {"mode": "READWRITE"})
    assert ask(registry, "GET", "/mode/a")[1]["error_code"] == 40409
    assert ask(registry, "GET", "/mode/a?defaultToGlobal=true") == (200, {"mode": "READWRITE"})
    assert ask(registry, "PUT", "/mode/a", {"mode": "SOMETIMES"})[1]["error_code"] == 42204
    assert ask(registry, "PUT", "/mode/a", {"mode": "readonly"}) == (200, {"mode": "READONLY"})
    assert register(registry, "a", WITH_NOTE)[1]["error_code"] == 42205
    assert registered(registry, "a", FIRST), "what is there already is only looked up"
    assert delete(registry, "/subjects/a") == 42205
    registered(registry, "b", WITH_NOTE)
    assert ask(registry, "DELETE", "/mode/a") == (200, {"mode": "READONLY"})
    assert delete(registry, "/mode/a") == 40401
    registered(registry, "a", WITH_NOTE)
    ask(registry, "PUT", "/mode", {"mode": "READONLY_OVERRIDE"})
    ask(registry, "PUT", "/mode/a", {"mode": "READWRITE"})
    assert register(registry, "a", record(id="long"))[1]["error_code"] == 42205
    assert ask(registry, "DELETE", "/mode") == (200, {"mode": "READONLY_OVERRIDE"})


def test_an_import_keeps_ids_and_versions(registry: Served):
    registered(registry, "a", FIRST)
    assert ask(registry, "PUT", "/mode", {"mode": "IMPORT"})[1]["error_code"] == 42205
    assert ask(registry, "PUT", "/mode/b", {"mode": "IMPORT"}) == (200, {"mode": "IMPORT"})
    assert register(registry, "b", WITH_NOTE)[1]["error_code"] == 42205
    assert registered(registry, "b", WITH_NOTE, id=77, version=4) == 77
    assert registered(registry, "b", BROKEN, id=78, version=9) == 78, "what is imported is not compared"
    assert ask(registry, "GET", "/subjects/b/versions") == (200, [4, 9])
    assert register(registry, "b", '"string"', id=78)[1]["error_code"] == 42205
    assert ask(registry, "PUT", "/mode?force=true", {"mode": "IMPORT"}) == (200, {"mode": "IMPORT"})
    ask(registry, "PUT", "/mode", {"mode": "READWRITE"})
    assert registered(registry, "c", '"string"') == 79


# -- contexts, lists -------------------------------------------------------------------------------------------
def test_contexts_stand_apart(registry: Served):
    registered(registry, "a", FIRST)
    registered(registry, ":.test:a", BROKEN)
    registered(registry, ":.:z", FIRST)
    assert ask(registry, "GET", "/contexts") == (200, [".", ".test"])
    assert ask(registry, "GET", "/subjects") == (200, [":.test:a", "a", "z"])
    assert ask(registry, "GET", "/subjects?subjectPrefix=a") == (200, ["a"])
    assert ask(registry, "GET", "/subjects?subjectPrefix=:*:a") == (200, [":.test:a", "a"])
    assert ask(registry, "GET", "/subjects?subjectPrefix=:.test:") == (200, [":.test:a"])
    ask(registry, "PUT", "/config/:.test:", {"compatibility": "NONE"})
    registered(registry, ":.test:a", '"string"')
    assert register(registry, "a", '"string"')[0] == 409
    registered(registry, ":.test:only", FIRST)
    assert ask(registry, "GET", "/subjects/only/versions/1")[1]["subject"] == ":.test:only"


def test_schemas_are_listed(registry: Served):
    registered(registry, "a", FIRST)
    registered(registry, "a", WITH_NOTE)
    registered(registry, "b", FIRST)

    def listed(query: str) -> list[tuple[str, int]]:
        return [(one["subject"], one["version"]) for one in ask(registry, "GET", f"/schemas{query}")[1]]

    assert listed("") == [("a", 1), ("a", 2), ("b", 1)]
    assert listed("?latestOnly=true") == [("a", 2), ("b", 1)]
    assert listed("?subjectPrefix=b") == [("b", 1)]
    assert listed("?offset=1&limit=1") == [("a", 2)]
    ask(registry, "DELETE", "/subjects/b")
    assert listed("") == [("a", 1), ("a", 2)]
    assert listed("?deleted=true") == [("a", 1), ("a", 2), ("b", 1)]


@pytest.mark.parametrize("number", ["0", "2147483647", "2147483648", "x", "-1", "9" * 30])
def test_ids_that_are_none(registry: Served, number: str):
    status, answer = ask(registry, "GET", f"/schemas/ids/{number}")
    assert status == 404 and answer["error_code"] in (404, 40403)


def test_the_bare_facts_of_the_server(registry: Served):
    assert ask(registry, "GET", "/v1/metadata/version")[1]["version"]
    assert "scope" in ask(registry, "GET", "/v1/metadata/id")[1]


@pytest.mark.parametrize(("accept", "kind"), [
    ("", "application/vnd.schemaregistry.v1+json"), ("application/json", "application/json"), ("*/*", None),
    ("application/vnd.schemaregistry.v1+json; q=0.1, application/vnd.schemaregistry+json; q=0.9",
     "application/vnd.schemaregistry+json"),
])
def test_answers_come_in_the_content_type_that_is_liked_best(registry: Served, accept: str, kind: str | None):
    """R4."""
    ask(registry, "GET", "/subjects", kind=kind or "application/vnd.schemaregistry.v1+json",
        **({"Accept": accept} if accept else {}))
