"""What a verb that wants a workspace says of ``@NAME``: an attached system has records, no drawing and no journal."""

from __future__ import annotations

from pathlib import Path

import pytest
from listeners.serving import serving

from workbench.cli import main as cli
from workbench.core.records import Record
from workbench.engines.catalog import ConnectionSpec, user_catalog


@pytest.fixture(autouse=True)
def attached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    with serving(tmp_path / "far.flow") as far:
        far.broker.create_topic("orders")
        far.broker.append("orders", 0, [Record(None, b"one")]).result()
        user_catalog().add(ConnectionSpec("staging", "kafka", far.address))
        yield


def said(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    assert cli.main([str(word) for word in words]) != 0
    return capsys.readouterr().err


@pytest.mark.parametrize("out", ["all.jsonl", "all.csv", "-"])
@pytest.mark.parametrize("what", ["all", "journal"])
def test_more_than_records_is_not_exported_of_it(tmp_path: Path, capsys: pytest.CaptureFixture[str], out: str,
                                                 what: str):
    there = tmp_path / out
    told = said(capsys, "export", "@staging", "-" if out == "-" else there, "--what", what)
    assert "Export the records alone." in told
    assert not list(tmp_path.glob("all*"))


def test_its_records_are(tmp_path: Path):
    assert cli.main(["export", "@staging", str(tmp_path / "records.jsonl"), "--topic", "orders"]) == 0
    assert b"one" in (tmp_path / "records.jsonl").read_bytes()


def test_it_has_no_drawing(capsys: pytest.CaptureFixture[str]):
    assert "@staging is an attached system" in said(capsys, "flow", "@staging", "export", "-")
