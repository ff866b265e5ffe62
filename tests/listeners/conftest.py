"""Fixtures of the listener's tests: ``served`` in this process, ``bootstrap`` for clients anyone wrote."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from listeners.compatibility import Gathering
from listeners.serving import Host, Served, serving

from workbench.broker import Broker


def pytest_configure(config: pytest.Config) -> None:
    if path := os.environ.get("WORKBENCH_COMPATIBILITY"):
        config.pluginmanager.register(Gathering(Path(path)))


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with serving(tmp_path / "work.flow") as made:
        yield made


@pytest.fixture(scope="session")
def bootstrap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address the client suite goes to: WORKBENCH_KAFKA_BOOTSTRAP (another broker), else a host of ours."""
    other = os.environ.get("WORKBENCH_KAFKA_BOOTSTRAP")
    if other:
        yield other
        return
    path = tmp_path_factory.mktemp("kafka") / "work.flow"
    Broker.create(path).close()
    host = Host(path)
    yield host.address
    assert host.stop() == 0


@pytest.fixture
def name() -> str:
    """A name nobody else uses."""
    return "n" + uuid.uuid4().hex[:10]
