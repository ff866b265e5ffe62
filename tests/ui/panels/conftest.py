"""A workspace on the stage of the mockups, for tests of panels."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ui.stage import StageCaller, orders_document, orders_snapshot
from workbench.control.messages import Push
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.theme.theme import theme


@pytest.fixture
def caller() -> StageCaller:
    return StageCaller()


@pytest.fixture
def workspace(qapp, caller: StageCaller) -> Iterator[Workspace]:
    """Live at 14:12:36, with the drawing of the mockups."""
    theme().apply(qapp, "light")
    made = Workspace(Path("orders.flow"), caller)
    document = orders_document()
    made.document.replace_all(document.nodes, document.links, document.title)
    made._take_push(Push(snapshot=orders_snapshot()))
    yield made
    made.close()
    theme().set_past(False)
