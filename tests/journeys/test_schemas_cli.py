"""``workbench schemas``, as scripts use it: what is printed where, and with which status."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from listeners.serving import ROOT, Host

FIRST = {"type": "record", "name": "shop.Order", "fields": [{"name": "id", "type": "long"}]}
WITH_CITY = FIRST | {"fields": [*FIRST["fields"], {"name": "city", "type": "string"}]}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "first.avsc").write_text(json.dumps(FIRST, indent=2))
    (tmp_path / "city.avsc").write_text(json.dumps(WITH_CITY))
    run(tmp_path, "new", "w.flow")
    run(tmp_path, "topics", "w.flow", "create", "orders")
    return tmp_path


def run(place: Path, *words: str, status: int = 0, given: str = "") -> tuple[str, str]:
    """Standard output and standard error of a verb."""
    done = subprocess.run([sys.executable, "-m", "workbench", *words], cwd=place, capture_output=True, text=True,
                          input=given, env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}, check=False)
    assert done.returncode == status, done.stderr
    return done.stdout, done.stderr


def schemas(place: Path, *words: str, status: int = 0, given: str = "") -> tuple[str, str]:
    return run(place, "schemas", "w.flow", *words, status=status, given=given)


def test_register_prints_the_id_and_nothing_else(place: Path):
    assert schemas(place, "register", "orders-value", "first.avsc") == ("1\n", "")
    assert schemas(place, "register", "other", "first.avsc") == ("1\n", "")
    out, _ = schemas(place, "register", "orders-value", "-", "--json", given=json.dumps(FIRST))
    assert json.loads(out) == {"subject": "orders-value", "version": 1, "id": 1, "new": False}


def test_check_says_by_its_status_whether_it_fits_and_why_not(place: Path):
    schemas(place, "register", "orders-value", "first.avsc")
    out, err = schemas(place, "check", "orders-value", "first.avsc")
    assert out == "" and err == "It fits orders-value by BACKWARD: compared with version 1.\n"
    for verb in ("check", "register"):
        out, err = schemas(place, verb, "orders-value", "city.avsc", status=1)
        assert out == "" and err == (
            "It does not fit orders-value by BACKWARD. The field 'city' is not in version 1, and the new schema has no"
            " default for it. Give 'city' a default (such as \"default\": \"\").\n")
    out, _ = schemas(place, "check", "orders-value", "city.avsc", "--json", status=1)
    head = {"subject": "orders-value", "fits": False, "level": "BACKWARD", "against": [1]}
    assert json.loads(out) == head | {"reasons": [{
        "kind": "READER_FIELD_MISSING_DEFAULT_VALUE", "field": "city", "version": 1,
        "sentence": "The field 'city' is not in version 1, and the new schema has no default for it."
                    " Give 'city' a default (such as \"default\": \"\")."}]}
    assert schemas(place, "check", "nothing-yet", "city.avsc")[1].endswith("compared with no version before it.\n")


def test_levels(place: Path):
    schemas(place, "register", "orders-value", "first.avsc")
    assert schemas(place, "compatibility") == ("BACKWARD\n", "")
    assert schemas(place, "compatibility", "orders-value", "forward") == ("FORWARD\n", "")
    assert schemas(place, "register", "orders-value", "city.avsc") == ("2\n", "")
    assert schemas(place, "compatibility", "none") == ("NONE\n", "")
    assert schemas(place, "compatibility", "orders-value", "default") == ("NONE\n", "")
    out, _ = schemas(place, "compatibility", "orders-value", "--json")
    assert json.loads(out) == {"subject": "orders-value", "level": "NONE", "own": False}
    assert "Use one of" in schemas(place, "compatibility", "orders-value", "sometimes", status=1)[1]


def test_list_and_describe(place: Path):
    schemas(place, "register", "orders-value", "first.avsc")
    schemas(place, "compatibility", "orders-value", "forward")
    schemas(place, "register", "orders-value", "city.avsc")
    out, _ = schemas(place, "list", "--json")
    assert json.loads(out) == {"level": "BACKWARD", "subjects": [{
        "subject": "orders-value", "type": "AVRO", "versions": [1, 2], "version": 2, "id": 2, "deleted": False,
        "level": "FORWARD", "mode": "READWRITE", "topics": ["orders"]}]}
    assert [line.split() for line in schemas(place, "list")[0].splitlines()][1] == [
        "orders-value", "AVRO", "2", "2", "2", "FORWARD", "orders"]
    told = json.loads(schemas(place, "describe", "orders-value", "--json")[0])
    assert [field["path"] for field in told["fields"]] == ["id", "city"]
    assert json.loads(told["schema"]) == WITH_CITY
    assert told["versions"] == [{"version": 1, "id": 1, "deleted": False}, {"version": 2, "id": 2, "deleted": False}]
    assert json.loads(schemas(place, "describe", "orders-value", "--version", "1")[0].splitlines()[-1]) == FIRST
    assert "40" not in schemas(place, "describe", "nothing", status=1)[1]


def test_describe_says_by_field_what_a_reader_makes_of_it(place: Path):
    schemas(place, "register", "orders-value", "first.avsc")
    schemas(place, "register", "reader", "city.avsc")
    out, _ = schemas(place, "describe", "orders-value", "--reader", "reader")
    assert [line.split()[:2] for line in out.splitlines()[1:]] == [["FIELD", "IS"], ["id", "same"], ["city", "breaks"]]
    assert "The field 'city' is not in orders-value version 1, and reader version 1 has no default for it." in out
    out, _ = schemas(place, "describe", "reader", "--reader", "orders-value:1", "--json")
    assert json.loads(out) == {
        "subject": "reader", "version": 1, "fits": True, "reader": {"subject": "orders-value", "version": 1},
        "fields": [{"field": "id", "state": "same", "told": "long", "written": "id"},
                   {"field": "city", "state": "dropped", "told": "string", "written": "city"}]}
    for asked, why in (("reader:9", "9"), ("none", "none"), ("reader:x", "«x» is no version")):
        assert why in schemas(place, "describe", "orders-value", "--reader", asked, status=1)[1]


def test_delete_is_soft_first(place: Path):
    schemas(place, "register", "orders-value", "first.avsc")
    assert "not deleted first" in schemas(place, "delete", "orders-value", "--permanent", status=1)[1]
    assert schemas(place, "delete", "orders-value")[1] == "1 version of orders-value is deleted: 1.\n"
    assert json.loads(schemas(place, "list", "--json")[0])["subjects"] == []
    assert json.loads(schemas(place, "list", "--json", "--deleted")[0])["subjects"][0]["deleted"] is True
    out, _ = schemas(place, "delete", "orders-value", "--permanent", "--json")
    assert json.loads(out) == {"subject": "orders-value", "versions": [1], "permanent": True}


@pytest.mark.parametrize(("name", "text", "kind"), [
    ("a.proto", 'syntax = "proto3"; message A { int32 id = 1; }', "PROTOBUF"),
    ("a.txt", 'syntax = "proto3"; message A { int32 id = 1; }', "PROTOBUF"),
    ("a.json", '{"type": "object", "properties": {"id": {"type": "integer"}}}', "JSON"),
    ("b.json", '{"type": "record", "name": "A", "fields": []}', "AVRO"), ("a.avsc", '"string"', "AVRO"),
])
def test_the_type_is_told_by_name_and_text(place: Path, name: str, text: str, kind: str):
    (place / name).write_text(text)
    schemas(place, "register", "s", name)
    assert json.loads(schemas(place, "describe", "s", "--json")[0])["type"] == kind


def test_references(place: Path):
    (place / "customer.avsc").write_text('{"type": "record", "name": "Customer", "fields": []}')
    (place / "order.avsc").write_text('{"type": "record", "name": "O", "fields": [{"name": "c", "type": "Customer"}]}')
    assert "there is no type 'Customer'" in schemas(place, "register", "order", "order.avsc", status=1)[1]
    schemas(place, "register", "customer", "customer.avsc")
    refer = ("--reference", "Customer=customer:1")
    schemas(place, "register", "order", "order.avsc", *refer)
    told = json.loads(schemas(place, "describe", "order", "--json")[0])
    assert told["references"] == [{"name": "Customer", "subject": "customer", "version": 1}]
    assert "refer" in schemas(place, "delete", "customer", status=1)[1]
    assert schemas(place, "register", "order", "order.avsc", "--reference", "nonsense", status=2)


def test_what_is_wrong_is_one_sentence(place: Path):
    assert schemas(place, "register", "s", "none.avsc", status=1)[1].startswith("There is no file none.avsc.")
    (place / "bad.avsc").write_text("{")
    assert "line 1" in schemas(place, "register", "s", "bad.avsc", status=1)[1]
    (place / "bytes.avsc").write_bytes(b"\xff\xfe\x00")
    assert "UTF-8" in schemas(place, "check", "s", "bytes.avsc", status=1)[1]
    assert schemas(place, "list")[0].splitlines()[1:] == []


def test_where_a_host_serves_the_file_it_goes_through_the_host(place: Path):
    host = Host(place / "w.flow", "--registry", "127.0.0.1:0")
    try:
        assert schemas(place, "register", "orders-value", "first.avsc") == ("1\n", "")
        assert "'city'" in schemas(place, "register", "orders-value", "city.avsc", status=1)[1]
        assert json.loads(schemas(place, "list", "--json")[0])["subjects"][0]["id"] == 1
        schemas(place, "delete", "orders-value")
    finally:
        host.stop()
