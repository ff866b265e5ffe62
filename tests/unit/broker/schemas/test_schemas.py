"""What is registered is in the file once it was answered, and memory says what the file says."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.broker import Broker, BrokerReader
from workbench.broker.schemas.catalogue import load_catalogue
from workbench.core.journal import SchemaEntry
from workbench.core.schemas import Reference, Schema, SubjectSettings


def add(broker: Broker, subject: str, version: int, text: str = "one", **more: object):
    kept = broker.schemas
    schema = kept.catalogue.schema_of_digest(text.encode().ljust(16)) or kept.new_schema(
        Schema("AVRO", text, more.pop("references", ())), text.encode().ljust(16), **more)
    return kept.add(subject, version, schema)


def both(broker: Broker):
    """The catalogue in memory, and the one that the file gives."""
    return broker.schemas.shape(), broker.store.read(load_catalogue).shape()


def test_memory_and_file_say_the_same_after_every_change(tmp_path: Path):
    with Broker.create(tmp_path / "w.flow") as broker:
        first = add(broker, "a", 1)
        add(broker, "b", 1)
        second = add(broker, "a", 2, "two", references=(Reference("n", "b", 1), Reference("m", "b", 1)),
                     more='{"metadata":{}}')
        broker.schemas.put_settings("a", SubjectSettings("FULL", "READONLY", True, "g"))
        broker.schemas.put_settings("", SubjectSettings("NONE"))
        broker.schemas.put_settings("", SubjectSettings())
        broker.schemas.delete([first])
        memory, file = both(broker)
        assert memory == file
        assert [one.schema.text for one in memory.schemas] == ["one", "two"]
        assert memory.schemas[1].schema.references[0] == Reference("n", "b", 1)
        assert [(v.subject, v.version, v.deleted) for v in memory.versions] == [
            ("a", 1, True), ("a", 2, False), ("b", 1, False)]
        assert memory.settings == {"a": SubjectSettings("FULL", "READONLY", True, "g")}
        assert broker.schemas.catalogue.referring("b", 1) == (2, 2)
        broker.schemas.remove([first, second])
        memory, file = both(broker)
        assert memory == file and [v.subject for v in memory.versions] == ["b"]
        assert broker.schemas.catalogue.holders(2) == ()


def test_an_id_is_never_given_twice(tmp_path: Path):
    with Broker.create(tmp_path / "w.flow") as broker:
        gone = add(broker, "a", 1, "one")
        broker.schemas.delete([gone])
        broker.schemas.remove([gone])
    with Broker.open(tmp_path / "w.flow") as broker:
        assert add(broker, "b", 1, "two").schema_id == 2
        assert add(broker, "a", 1, "one").schema_id == 1, "the same schema is the same id again"


def test_who_only_reads_finds_schemas_by_id_and_by_subject(tmp_path: Path):
    with Broker.create(tmp_path / "w.flow") as broker:
        add(broker, "a", 1)
        last = add(broker, "a", 2, "two")
        with BrokerReader(tmp_path / "w.flow") as reader:
            found = reader.schema_by_id(1)
            assert found is not None and found.schema.text == "one"
            latest = reader.latest_schema("a")
            assert latest is not None and latest.id == 2
            broker.schemas.delete([last])
            assert reader.latest_schema("a") == found
            assert reader.latest_schema("none") is None and reader.schema_by_id(99) is None
            assert reader.schemas().versions("a") == broker.schemas.catalogue.versions("a")


def test_what_is_done_stands_in_the_journal(tmp_path: Path):
    with Broker.create(tmp_path / "w.flow") as broker:
        one = add(broker, "a", 1)
        broker.schemas.delete([one])
        broker.schemas.put_settings("a", SubjectSettings("FULL"))
    with BrokerReader(tmp_path / "w.flow") as reader:
        told = [entry for entry in reader.journal() if isinstance(entry, SchemaEntry)]
    assert [(one.act, one.subject, list(one.versions)) for one in told] == [
        ("registered", "a", [1]), ("deleted", "a", [1]), ("settings", "a", [])]


@pytest.mark.parametrize("part", ["schema", "version"])
def test_a_change_that_fails_changes_nothing(tmp_path: Path, part: str, monkeypatch: pytest.MonkeyPatch):
    from workbench.broker.schemas import rows

    def refuse(*_: object) -> None:
        raise ValueError("not this time")

    with Broker.create(tmp_path / "w.flow") as broker:
        monkeypatch.setattr(rows, "put_schema" if part == "schema" else "put_versions", refuse)
        with pytest.raises(ValueError, match="not this time"):
            add(broker, "a", 1)
        assert both(broker)[0] == both(broker)[1]
        assert broker.schemas.catalogue.subjects() == []
