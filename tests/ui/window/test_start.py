"""Which file a start opens, and that a second start raises the first window."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QObject

from workbench.ui.application import choose_file
from workbench.ui.settings import Settings
from workbench.ui.single_instance import SingleInstance


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path / "data"))
    return Settings(tmp_path)


def test_the_very_first_start_opens_a_living_sample(settings: Settings):
    path, sample = choose_file(None, settings, sample=True)
    assert (path.name, sample) == ("Orders sample.flow", "orders")


def test_who_does_not_want_the_sample_gets_an_empty_workspace(settings: Settings):
    path, sample = choose_file(None, settings, sample=False)
    assert (path.name, sample) == ("Untitled.flow", "")


def test_later_starts_open_the_last_workspace_that_is_still_there(settings: Settings, tmp_path: Path):
    there, gone = tmp_path / "there.flow", tmp_path / "gone.flow"
    there.touch()
    settings.remember(there)
    settings.remember(gone)
    assert choose_file(None, settings, sample=True) == (there, "")


def test_a_named_file_is_opened_as_it_is(settings: Settings, tmp_path: Path):
    assert choose_file(tmp_path / "named.flow", settings, sample=True) == (tmp_path / "named.flow", "")


def test_a_second_start_on_the_same_file_raises_the_first_window(qtbot, tmp_path: Path):
    owner = QObject()
    first = SingleInstance(tmp_path / "a.flow", owner)
    with qtbot.waitSignal(first.raised):
        second = SingleInstance(tmp_path / "a.flow", owner)
    other = SingleInstance(tmp_path / "b.flow", owner)
    assert (first.first, second.first, other.first) == (True, False, True)
    first.close()
    other.close()
