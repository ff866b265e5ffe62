"""The command line's frame: which words go where, statuses, what is printed where, the log of details."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

import click
import pytest

from workbench.__main__ import main as program
from workbench.__main__ import wants_window
from workbench.cli import main as cli
from workbench.cli.bench import measurements
from workbench.cli.output import ProgressLine, counted, print_table
from workbench.cli.verbs import VERBS


@pytest.fixture(autouse=True)
def own_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "workbench" / "log" / "workbench.log"


@pytest.mark.parametrize(
    ("words", "window"),
    [
        ([], True), (["demo.flow"], True), (["./produce"], True), (["--in-process"], True),
        (["demo.flow", "--run"], True),
        (["produce", "x"], False), (["--help"], False), (["--version"], False), (["frobnicate"], False),
    ],
)
def test_a_verb_goes_to_the_command_line_and_a_file_to_the_window(words: list[str], window: bool):
    assert wants_window(words) is window


def test_a_file_named_without_an_ending_opens_the_window(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").touch()
    assert wants_window(["mine"])


def test_a_window_that_cannot_start_says_where_to_look(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(sys, "argv", ["workbench", "demo.flow"])
    monkeypatch.setitem(sys.modules, "workbench.ui.app", None)
    assert program() == 1
    assert "workbench doctor" in capsys.readouterr().err


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_is_there_and_says_what_it_does(verb: str, capsys: pytest.CaptureFixture[str]):
    command = importlib.import_module(f"workbench.cli.{VERBS[verb]}").COMMANDS[verb]
    assert isinstance(command, click.Command) and command.name == verb and command.help
    if isinstance(command, click.Group):
        assert all(child.help for child in command.commands.values())
    assert cli.main([verb, "--help"]) == 0
    assert "Usage: workbench" in capsys.readouterr().out


def test_the_unforeseen_is_one_sentence_with_details_in_the_log(
    own_log: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    def burst(**_: object) -> None:
        raise ZeroDivisionError("boom")

    monkeypatch.setattr(importlib.import_module("workbench.cli.new").COMMANDS["samples"], "callback", burst)
    assert cli.main(["samples"]) == 1
    said = capsys.readouterr()
    assert "boom" in said.err and "Traceback" not in said.err and str(own_log) in said.err
    assert "Traceback" in own_log.read_text() and "boom" in own_log.read_text()


def test_ctrl_c_is_a_word_and_status_1(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    def interrupt(**_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(importlib.import_module("workbench.cli.new").COMMANDS["samples"], "callback", interrupt)
    assert cli.main(["samples"]) == 1
    assert capsys.readouterr().err == "Stopped.\n"


def test_json_is_one_document_on_standard_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file = str(tmp_path / "a.flow")
    assert cli.main(["new", file, "--sample", "orders", "--json"]) == 0
    for words in (["samples"], ["topics", file, "list"], ["groups", file, "list"], ["bench", "--list"]):
        capsys.readouterr()
        assert cli.main([*words, "--json"]) == 0
        said = capsys.readouterr()
        assert isinstance(json.loads(said.out), dict) and said.err == ""


def test_a_sample_brings_its_topics(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file = str(tmp_path / "a.flow")
    cli.main(["new", file, "--sample", "orders"])
    capsys.readouterr()
    cli.main(["topics", file, "list", "--json"])
    assert "orders" in [topic["name"] for topic in json.loads(capsys.readouterr().out)["topics"]]


def test_a_table_lines_up(capsys: pytest.CaptureFixture[str]):
    print_table(("NAME", "COUNT"), [("a", 1), ("long name", 12_345), ("none", None)])
    assert capsys.readouterr().out == "NAME        COUNT\na               1\nlong name  12,345\nnone            -\n"


def test_progress_is_silent_in_a_pipe(capsys: pytest.CaptureFixture[str]):
    with ProgressLine("events") as progress:
        progress(1, 2)
    assert capsys.readouterr().err == ""


def test_counting_words():
    assert [counted(1, "event"), counted(0, "event"), counted(2000, "event")] == ["1 event", "0 events", "2,000 events"]


def test_every_measurement_is_named_after_its_module():
    assert {"log.append", "log.read"} <= set(measurements())


def test_the_doctor_names_versions_and_what_is_missing(capsys: pytest.CaptureFixture[str]):
    status = cli.main(["doctor", "--json"])
    report = json.loads(capsys.readouterr().out)
    assert status == (1 if report["missing"] else 0)
    assert report["packages"]["orjson"] and report["sqlite"] and report["engines"][0]["available"]
