"""A workspace to work on: ``path`` names it, ``broker`` is one without threads on a clock that tests move."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.broker import Broker
from workbench.core.clock import ManualClock


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "work.flow"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def broker(path: Path, clock: ManualClock) -> Iterator[Broker]:
    with Broker.create(path, clock=clock, background=False) as made:
        yield made
