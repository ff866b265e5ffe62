"""What a panel wants of the rest of the window is done: each is wired where it is made."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu

from tests.ui.panels.reading import button
from workbench.ui.canvas.empty import StartCard
from workbench.ui.dialogs.samples import SamplesDialog
from workbench.ui.models.outside import group_id
from workbench.ui.panels.nodes.group import GroupPanel
from workbench.ui.panels.nodes.producer import ProducerPanel
from workbench.ui.panels.records.panel import RecordsPanel
from workbench.ui.panels.replay.preview import ReplayPreview
from workbench.ui.window.main_window import MainWindow


def replayed(window: MainWindow) -> list[str]:
    return [preview.group for preview in window.findChildren(ReplayPreview)]


def test_the_panel_of_a_group_opens_its_replay_and_that_of_a_producer_has_none(window: MainWindow):
    window.own_panels.open("checkout-web")
    assert isinstance(window.own_panels.panel("checkout-web"), ProducerPanel)
    window.own_panels.open("shipping")
    panel = window.own_panels.panel("shipping")
    assert isinstance(panel, GroupPanel)
    panel.replay_button.click()
    assert replayed(window) == ["shipping"]


def test_the_inspector_opens_replay_panel_and_settings_of_a_group(window: MainWindow):
    window.workspace.select({"shipping"})
    button(window.inspector, "Replay from…").click()
    assert replayed(window) == ["shipping"]
    button(window.inspector, "Open the group's panel").click()
    assert window.own_panels.panel("shipping") is not None
    window.inspector.wishes.settings.emit("shipping")
    assert window.side_dock.current == "settings"


@pytest.mark.parametrize(("name", "done"), [
    ("replay.group", lambda window: replayed(window) == ["billing"]),
    ("flow.panel", lambda window: window.own_panels.panel("billing") is not None),
])
def test_a_command_acts_on_the_one_selected_part(window: MainWindow, name: str, done):
    window.workspace.select({"billing", "shipping"})
    window.actions_book[name].trigger()
    assert not done(window), "of two it is not known which"
    window.workspace.select({"billing"})
    window.actions_book[name].trigger()
    assert done(window)


def test_r_on_the_canvas_replays_the_group_that_the_keyboard_is_on(window: MainWindow):
    window.workspace.select({"shipping"})
    window.canvas.setFocus()
    QTest.keyClick(window.canvas, Qt.Key.Key_R)
    assert replayed(window) == ["shipping"]


def test_a_group_from_outside_is_replayed_and_kept_from_its_menu(window: MainWindow):
    menu = QMenu(window)
    window.menus.context(menu, group_id("fraud-check"))
    next(action for action in menu.actions() if action.text() == "Replay from…").trigger()
    assert replayed(window) == ["fraud-check"]
    next(action for action in menu.actions() if action.text() == "Keep on the drawing").trigger()
    assert [node.name for node in window.workspace.document.nodes if node.name == "fraud-check"]


@pytest.mark.parametrize(("way", "over"), [("Left edges", "x"), ("Top edges", "y")])
def test_the_menu_lines_up_what_is_selected(window: MainWindow, way: str, over: str):
    window.workspace.select({"shipping", "invoices"})
    menus = [menu for menu in window.menuBar().findChildren(QMenu) if menu.title() == "Align"]
    next(action for menu in menus for action in menu.actions() if action.text() == way).trigger()
    assert len({getattr(window.workspace.document.node(name), over) for name in ("shipping", "invoices")}) == 1


def test_a_topic_in_the_list_opens_its_records(window: MainWindow):
    rows = [window.topics.list.item(row) for row in range(window.topics.list.count())]
    window.topics.list.itemActivated.emit(next(row for row in rows if "invoices" in row.toolTip()))
    shown = next(page.widget for page in window.data_dock.pages if page.key == "records")
    assert isinstance(shown, RecordsPanel) and shown.topic == "invoices" and shown.isVisible()


def test_an_empty_canvas_opens_the_samples(open_window):
    window = open_window(drawn=False)
    next(card for card in window.canvas.empty.findChildren(StartCard) if card.text() == "Open a sample").click()
    assert window.findChild(SamplesDialog) is not None
