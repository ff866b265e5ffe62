"""A store in the window: its face, its panel with the rows, its outage."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.ui.panels.reading import assert_nothing_cut, button, nameless, words_of
from tests.ui.stage import StageCaller, orders_snapshot
from workbench.broker import Broker
from workbench.control.messages import Push
from workbench.control.stores import ControlStore
from workbench.core.snapshot import StoreStat
from workbench.core.stores import StoreWrite
from workbench.flow.document import Link, Node
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.canvas.kinds import node_view_state
from workbench.ui.panels.inspector.inspector import Inspector
from workbench.ui.panels.store.panel import StorePanel

LEDGER = StoreStat("ledger", rows=3, writes=5, refused=2, repeats=1, rate=4.0, capacity=8.0)


@pytest.fixture
def workspace(qapp, tmp_path: Path):
    """A workspace whose store has rows in its file."""
    path = tmp_path / "a.flow"
    with Broker.create(path) as broker:
        broker.stores.declare("ledger")
        writes = [StoreWrite(f"C-{n}".encode(), b'{"sum": %d}' % n, "orders", 0, n) for n in range(3)]
        broker.stores.write("ledger", writes).result()
    made = Workspace(path, StageCaller())
    nodes = [Node("g", "group", "billing"), Node("s", "store", "ledger", params={"capacity": 8.0})]
    made.document.replace_all(nodes, [Link("gs", "g", "s")], "stores")
    tell(made, LEDGER)
    yield made
    made.close()


def tell(workspace: Workspace, stat: StoreStat) -> None:
    workspace._take_push(Push(snapshot=replace(orders_snapshot(), stores=(stat,))))


@pytest.fixture
def panel(qtbot, workspace) -> StorePanel:
    made = StorePanel(workspace, "s")
    qtbot.addWidget(made)
    made.resize(640, 560)
    made.show()
    return made


def test_the_face_tells_the_counts_and_who_writes(qtbot, workspace):
    inspector = Inspector(workspace)
    qtbot.addWidget(inspector)
    inspector.resize(320, 520)
    inspector.show()
    workspace.select({"s"})
    inspector.refresh()
    said = words_of(inspector)
    assert "Store, written by billing" in said
    assert "It takes 8 reads and writes a second and refuses what is more." in said
    assert inspector.face("store").counts.writes._number.text() == "5"
    assert nameless(inspector) == []
    assert_nothing_cut(qtbot, inspector)
    tell(workspace, replace(LEDGER, down_ms=6_200))
    qtbot.waitUntil(lambda: "another 7 s" in words_of(inspector))
    assert_nothing_cut(qtbot, inspector)


def test_the_panel_shows_the_rows_and_those_from_a_key_on(qtbot, panel):
    qtbot.waitUntil(lambda: [row.key for row in panel.model.rows] == [b"C-0", b"C-1", b"C-2"])
    assert panel.note.text() == "3 of 3 rows"
    panel.table.setCurrentIndex(panel.model.index(2, 0))
    assert panel.whole.text() == '{"sum": 2}' and panel.whole.isVisible()
    panel.search.setText("C-1")
    qtbot.waitUntil(lambda: [row.key for row in panel.model.rows] == [b"C-1", b"C-2"])
    panel.search.setText("D")
    qtbot.waitUntil(lambda: panel.note.text() == "No key from there on.")


def test_an_outage_is_asked_for_said_and_ended(qtbot, workspace, panel):
    asked = workspace.caller
    panel.outage.seconds.setValue(7.5)
    button(panel, "Refuse for").click()
    qtbot.waitUntil(lambda: bool(asked.of(ControlStore)))
    assert asked.of(ControlStore) == [ControlStore("s", 7.5)]
    assert panel.outage.end.isHidden()
    tell(workspace, replace(LEDGER, down_ms=6_200))
    qtbot.waitUntil(lambda: panel.banner.isVisible() and "another 7 s" in words_of(panel))
    assert node_view_state(workspace.document.node("s"), workspace.shown).failed == "down for 7 s"
    button(panel, "End the outage").click()
    qtbot.waitUntil(lambda: asked.of(ControlStore)[-1:] == [ControlStore("s", 0.0)])


def test_in_the_past_the_rows_are_hidden(qtbot, workspace, panel):
    qtbot.waitUntil(lambda: len(panel.model.rows) == 3)
    panel.refresh(workspace.document.node("s"), replace(orders_snapshot(), live=False, stores=(LEDGER,)))
    assert panel.table.isHidden() and "rows of then are not kept" in panel.note.text()
    assert not panel.outage.refuse.isEnabled()
