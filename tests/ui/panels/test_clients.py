"""The table of Kafka clients: what it says of them, and that a row leads to the client's node."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QWidget

from tests.ui.panels.reading import nameless, words_of
from tests.ui.stage import StageCaller, orders_snapshot
from workbench.control.messages import Push
from workbench.core.snapshot import ClientStat, Snapshot, Unserved
from workbench.flow.document import Node
from workbench.flow.edits import AddNode
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.panels.clients.page import ClientsPanel
from workbench.ui.panels.clients.popover import ClientsPopover
from workbench.ui.settings import Settings

TURNED_AWAY = ClientStat("late", "127.0.0.1:5001", "kafka-java 4.1.0", 3, note="It asks for what is not served.")
TILL = ClientStat("till-7", "127.0.0.1:5002", "librdkafka 2.12.1", 40, 480.0, writes=("orders",), connections=1,
                  versions=(("produce", 9),))


@pytest.fixture
def panel(qtbot, workspace: Workspace, caller: StageCaller) -> ClientsPanel:
    made = ClientsPanel(workspace)
    qtbot.addWidget(made)
    made.resize(1100, 250)
    made.show()
    return made


def show(workspace: Workspace, *clients: ClientStat, kafka: str | None = "127.0.0.1:9092") -> None:
    shown: Snapshot = orders_snapshot()
    host = replace(shown.host, listeners={"kafka": kafka} if kafka else {})
    workspace._take_push(Push(snapshot=replace(shown, clients=clients, host=host)))


def cells(panel: ClientsPanel, row: int) -> list[str]:
    return [panel.model.index(row, column).data() for column in range(panel.model.columnCount())]


def test_a_client_stands_with_all_it_does(panel: ClientsPanel, workspace: Workspace):
    show(workspace, TILL)
    assert cells(panel, 0) == ["till-7", "–", "librdkafka 2.12.1", "127.0.0.1:5002", "–", "orders", "480/s", "–", "0/s",
                               "40", ""]
    assert nameless(panel) == []


def test_a_client_that_was_turned_away_says_why(panel: ClientsPanel, workspace: Workspace):
    show(workspace, TILL, TURNED_AWAY)
    assert panel.note.isVisible()
    assert panel.note.words.text() == "late: It asks for what is not served."
    panel.table.selectRow(0)
    assert not panel.note.isVisible()
    assert panel.speaks.text() == "Speaks produce 9"


def test_a_row_leads_to_the_clients_node(panel: ClientsPanel, workspace: Workspace):
    reader = orders_snapshot().clients[0]
    show(workspace, reader, TILL)
    panel.table.selectRow(1)
    assert workspace.selection == {"outside:writer:till-7"}
    panel.table.selectRow(0)
    assert workspace.selection == {"outside:fraud-check"}
    workspace.perform(AddNode(Node("kept", "group", "fraud-check")))
    panel.table.selectRow(1)
    panel.table.selectRow(0)
    assert workspace.selection == {"kept"}


def test_the_chosen_row_stays_when_another_client_comes(panel: ClientsPanel, workspace: Workspace):
    show(workspace, TILL)
    panel.table.selectRow(0)
    show(workspace, TURNED_AWAY, replace(TILL, address="127.0.0.1:6002"))
    assert panel.table.chosen().client_id == "till-7"


def test_an_empty_page_says_how_clients_come(panel: ClientsPanel, workspace: Workspace):
    show(workspace)
    assert "Kafka: 127.0.0.1:9092" in words_of(panel)
    show(workspace, kafka=None)
    assert "Clients are not served" in words_of(panel)


def test_the_popover_says_what_clients_ask_for_in_vain(qtbot, workspace: Workspace, tmp_path: Path):
    asks = Unserved("the new group protocol", "Set group.protocol=classic in its configuration.")
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(900, 700)
    popover = ClientsPopover(workspace, Settings(tmp_path), window)
    window.show()
    popover.show()
    show(workspace, TILL)
    assert not popover.unserved.isVisible()
    before = popover.height()
    show(workspace, TILL, *(replace(TILL, client_id=f"app-{n}", unserved=(asks,)) for n in range(4)))
    lines = popover.unserved.words.text().splitlines()
    assert lines[0] == ("app-0 asks for the new group protocol, which is not served. "
                        "Set group.protocol=classic in its configuration.")
    assert lines[3:] == ["1 more in the Clients panel."]
    assert popover.unserved.isVisible() and popover.height() > before + 60
