"""A workspace on the stage of queues, live; its journal is the stage's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.ui.queue_stage import QueueCaller, StageJournal, upload_document, upload_snapshot
from workbench.control.messages import Push
from workbench.ui.bridge.operation import wait_for_work
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.theme.theme import theme


@pytest.fixture
def caller() -> QueueCaller:
    return QueueCaller()


@pytest.fixture
def workspace(qapp, caller: QueueCaller, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    theme().apply(qapp, "light")
    made = Workspace(Path("uploads.flow"), caller)
    document = upload_document()
    made.document.replace_all(document.nodes, document.links, document.title)
    made._take_push(Push(snapshot=upload_snapshot()))

    @contextmanager
    def lent() -> Iterator[StageJournal]:
        yield StageJournal()

    monkeypatch.setattr(made, "reader_for_work", lent)
    yield made
    wait_for_work()
    made.close()
    theme().set_past(False)
