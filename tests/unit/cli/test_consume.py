"""``consume`` without a group sees what one that reads committed sees: no markers, nothing aborted or undecided."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from tests.transactions import Writer
from workbench.broker import Broker
from workbench.cli import main as cli
from workbench.core.records import Record, TopicPartition

PART = TopicPartition("t", 0)


def consumed(capsysbinary: pytest.CaptureFixture[bytes], path: Path, *options: str) -> list[bytes]:
    assert cli.main(["consume", str(path), "t", "--format", "value", *options]) == 0
    return capsysbinary.readouterr().out.splitlines()


@pytest.fixture
def broker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with Broker.create(tmp_path / "a.flow") as made:
        made.create_topic("t")
        yield made


def test_browsing_leaves_out_what_does_not_count(broker: Broker, capsysbinary: pytest.CaptureFixture[bytes]):
    writer, slow = Writer(broker, "quick"), Writer(broker, "slow")
    for value, commit in ((b"yes", True), (b"no", False)):
        writer.write(PART, value)
        writer.end(commit)
    slow.write(PART, b"perhaps")
    broker.append(*PART, [Record(None, b"after")]).result()
    assert consumed(capsysbinary, broker.path) == [b"yes"]
    ending = threading.Timer(0.1, slow.end)
    ending.start()
    assert consumed(capsysbinary, broker.path, "--follow", "--max", "3") == [b"yes", b"perhaps", b"after"]
    ending.join()
