"""Importing an export from the window: what came, a second time, a cancel, and the drawing that came along."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.control.messages import AppendRecords, ListTopics
from workbench.core.records import Record
from workbench.host import LocalHost
from workbench.host.fresh import make_workspace
from workbench.session.export import export
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.dialogs.take_in import TakeInDialog
from workbench.ui.theme.theme import theme


@pytest.fixture
def workspace(qapp, tmp_path: Path) -> Iterator[Workspace]:
    theme().apply(qapp, "light")
    make_workspace(tmp_path / "b.flow")
    made = Workspace(tmp_path / "b.flow", LocalHost(tmp_path / "b.flow"))
    yield made
    made.close()


@pytest.fixture
def source(tmp_path: Path, workspace: Workspace) -> Path:
    make_workspace(tmp_path / "a.flow", "orders")
    host = LocalHost(tmp_path / "a.flow")
    host.call(AppendRecords("orders", tuple(Record(None, b"%d" % n) for n in range(3000)), 0))
    host.close()
    from workbench.broker import BrokerReader

    with BrokerReader(tmp_path / "a.flow") as reader:
        export(reader, tmp_path / "a.jsonl", "all")
    return tmp_path / "a.jsonl"


def records(workspace: Workspace) -> int:
    return sum(topic.stat.records for topic in workspace.call(ListTopics()).topics)


def test_it_says_what_came_and_asks_before_a_second_time(qtbot, workspace, source):
    dialog = TakeInDialog(workspace, source)
    dialog.open()
    qtbot.waitUntil(lambda: "3,000 records into" in dialog.said.text(), timeout=20_000)
    assert records(workspace) == 3000
    assert "orders" in [node.name for node in workspace.document.of_kind("topic")]
    dialog.reject()
    second = TakeInDialog(workspace, source)
    second.open()
    qtbot.waitUntil(second.again.isVisible, timeout=20_000)
    assert "was imported before" in second.said.text() and records(workspace) == 3000
    second.again.click()
    qtbot.waitUntil(lambda: "3,000 records into" in second.said.text(), timeout=20_000)
    assert records(workspace) == 6000
    second.reject()


def test_closing_it_cancels_and_leaves_nothing(qtbot, workspace, source):
    dialog = TakeInDialog(workspace, source)
    dialog.reject()
    from workbench.ui.bridge.operation import wait_for_work

    wait_for_work()
    assert records(workspace) == 0 and workspace.call(ListTopics()).topics == ()
