"""The window as a whole: what it offers, that nothing of it is nameless or cut, and that it comes back as it was."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QScreen
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QTabBar, QToolButton

from tests.ui.panels.reading import assert_nothing_cut, button, nameless, words_of
from tests.ui.stage import NOW_MS, PAST_MS, orders_snapshot
from workbench.control.messages import Pause, Run, SaveFlow, SetSpeed, Shutdown, Stop
from workbench.core.snapshot import Problem
from workbench.flow.edits import RenameNode
from workbench.ui.panels.lists.problems import ProblemsPanel
from workbench.ui.theme.theme import theme
from workbench.ui.window.status import _say


# -- the start ---------------------------------------------------------------------------------------------
def test_the_window_is_built_without_what_is_slow_to_import():
    look = ("import sys; import workbench.ui.window.main_window, workbench.ui.application; "
            "print([m for m in ('pyqtgraph', 'numpy', 'qtawesome', 'workbench.broker.broker') if m in sys.modules])")
    said = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


def test_all_regions_are_there_at_their_sizes(window):
    assert window.topbar.height() == 44
    assert abs(window.strip.height() - 68) <= 1
    assert abs(window.statusBar().height() - 24) <= 1
    assert abs(window.parts_dock.width() - 212) <= 2
    assert abs(window.side_dock.width() - 320) <= 2
    assert abs(window.data_dock.height() - 280) <= 2
    assert window.lag_dock.isVisible() and window.canvas.width() > 800


# -- commands ----------------------------------------------------------------------------------------------
def test_no_two_commands_of_the_window_share_a_key(window):
    keys = Counter(
        sequence.toString()
        for _, action in window.actions_book
        if action.shortcutContext() == Qt.ShortcutContext.WindowShortcut
        for sequence in action.shortcuts()
    )
    assert {key: count for key, count in keys.items() if count > 1} == {}


def test_every_command_has_words_and_a_tooltip_with_its_keys(window):
    for name, action in window.actions_book:
        assert action.text().strip(), name
        assert action.toolTip().strip(), name
        shown = action.shortcut().toString()
        assert not shown or shown in action.toolTip(), name


def test_every_command_stands_in_a_menu(window):
    def all_of(menu):
        for action in menu.actions():
            yield action
            if action.menu() is not None:
                yield from all_of(action.menu())

    placed = {a.objectName() for entry in window.menuBar().actions() for a in all_of(entry.menu())}
    assert {name for name, _ in window.actions_book} - placed - {"view.region"} == set()


def test_run_pause_stop_and_speed_reach_the_host(qtbot, window, caller):
    for name in ("run.start", "run.pause", "run.stop", "run.speed.4"):
        window.actions_book[name].trigger()
    qtbot.waitUntil(lambda: all(caller.of(kind) for kind in (Run, Pause, Stop, SetSpeed)))
    assert caller.of(SetSpeed)[0].speed == 4


def test_space_on_the_canvas_pauses_what_runs(qtbot, window, caller):
    window.canvas.setFocus()
    QTest.keyClick(window.canvas, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: bool(caller.of(Pause)))


# -- for everybody -----------------------------------------------------------------------------------------
def test_every_control_of_the_window_has_a_name(window):
    assert nameless(window) == []


@pytest.mark.parametrize("size", [(1440, 900), (1024, 640)], ids=["1440x900", "1024x640"])
@pytest.mark.parametrize("page", ["records", "tape", "groups", "problems", "log"])
def test_no_word_of_the_window_is_cut(open_window, qtbot, size, page):
    window = open_window(*size)
    window.show_data(page)
    window.workspace.select({"shipping"})
    window.inspector.refresh()
    assert (window.width(), window.height()) == size
    assert_nothing_cut(qtbot, window)


def test_the_smallest_window_folds_the_left_dock_and_keeps_the_canvas(open_window):
    window = open_window(1024, 640)
    assert not window.parts_dock.isVisible() and window.rail.width() == 40
    assert window.canvas.width() >= 600 and window.canvas.height() >= 160
    button(window.rail, "Outline").click()
    assert window.parts_dock.isVisible() and window.parts_dock.current == "outline"
    button(window.rail, "Outline").click()
    assert not window.parts_dock.isVisible()


def test_the_smallest_window_is_whole_on_the_smallest_screen_with_its_frame(qtbot, open_window, monkeypatch):
    monkeypatch.setattr(QScreen, "availableSize", lambda _: QSize(1024, 640))
    window = open_window(1000, 600)
    assert window.minimumWidth() < 1024 and window.minimumHeight() < 640
    assert (window.width(), window.height()) == (1020, 608)
    assert window.statusBar().isVisible()
    assert_nothing_cut(qtbot, window)


def test_a_window_that_was_narrow_comes_back_whole(open_window):
    open_window(1024, 640).close()
    again = open_window(1440, 900)
    assert again.parts_dock.isVisible() and not again.rail.isVisible()


@pytest.mark.parametrize("past", [False, True])
@pytest.mark.parametrize("width", [1024, 1200, 1440])
def test_the_tool_bar_shows_all_it_has_in_any_width(open_window, qapp, width, past):
    window = open_window(width, 800)
    if past:
        window.workspace.show_past(PAST_MS, orders_snapshot(PAST_MS))
    qapp.processEvents()
    more = window.topbar.findChild(QToolButton, "qt_toolbar_ext_button")
    assert not more.isVisible()
    assert button(window.topbar, "Search or run…").geometry().right() <= window.topbar.width()
    assert not past or "14:02:11" in words_of(window.topbar)


# -- one truth ---------------------------------------------------------------------------------------------
def test_lag_is_the_same_number_everywhere(window, qtbot):
    window.workspace.select({"shipping"})
    qtbot.waitUntil(lambda: "32,087" in words_of(window.inspector))
    assert "32,087 behind" in window.canvas.flow.nodes["shipping"].shown.lag
    window.statusBar().refresh()
    assert "Behind 32,115" in words_of(window.statusBar())


def test_the_past_tints_the_window_and_says_so(window, qapp):
    window.workspace.show_past(PAST_MS, orders_snapshot(PAST_MS))
    qapp.processEvents()
    assert theme().past
    assert "Showing 14:02:11 · 10 min 25 s ago" in words_of(window.topbar)
    window.statusBar().refresh()
    assert "The flow runs on: live 14:12:36" in words_of(window.statusBar())
    window.workspace.show_live()
    assert not theme().past


class LayoutRequests(QObject):
    """Counts how often a widget was asked to lay out what is in it."""

    def __init__(self, watched: QObject) -> None:
        super().__init__()
        self.count = 0
        watched.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.count += event.type() == QEvent.Type.LayoutRequest
        return False


def test_other_figures_do_not_lay_the_window_out_anew(window, qapp):
    def say() -> str:
        window.statusBar().refresh()
        window.strip._follow(window.workspace.live)
        for _ in range(5):  # a request goes up one parent a turn
            qapp.processEvents()
        return words_of(window.statusBar()) + window.strip.clock.text()

    window.statusBar()._frames = lambda: 60.0
    before = say()
    window.workspace.live = window.workspace.shown = orders_snapshot(NOW_MS + 1_000)  # for these two alone
    asked = LayoutRequests(window)
    assert say() != before
    assert asked.count == 0


def test_the_badge_of_a_tab_counts_on_and_goes(window, qapp):
    tabs = window.data_dock._tabs
    index = next(n for n in range(tabs.count()) if tabs.tabData(n) == "problems")
    said = []
    for number in (3, 4, 12, 0, 1):
        window.data_dock.set_badge("problems", number)
        chip = tabs.tabButton(index, QTabBar.ButtonPosition.RightSide)
        said.append("" if chip is None else chip.text())
        assert chip is None or (chip.accessibleName() == chip.text() and chip.width() >= chip.sizeHint().width())
    assert said == ["3", "4", "12", "", "1"]


def test_the_badge_of_problems_is_red_only_where_one_is(window, qapp):
    tabs, problems = window.data_dock._tabs, ProblemsPanel(window.workspace)
    problems.count_changed.connect(lambda number, worst: window.data_dock.set_badge("problems", number, worst))
    index = next(n for n in range(tabs.count()) if tabs.tabData(n) == "problems")
    tones = []
    for severities in (("warn",), ("warn", "bad"), ("warn", "warn")):
        told = tuple(Problem(f"group:g{n}", severity, "Something.", "Do.") for n, severity in enumerate(severities))
        problems._drawn = []
        problems._follow(replace(orders_snapshot(), problems=told))
        chip = tabs.tabButton(index, QTabBar.ButtonPosition.RightSide)
        tones.append((chip.text(), chip.property("tone")))
    assert tones == [("1", "warn"), ("2", "bad"), ("2", "warn")]
    problems.deleteLater()


def test_a_shorter_state_gives_its_room_back(window):
    bar = window.statusBar()
    _say(bar._state, "Something much longer than that")
    bar._row.activate()
    wide = bar._in.x()
    bar.refresh()
    assert bar._state.text() == "Running, live" and bar._in.x() < wide - 50
    assert bar._state.width() >= bar._state.fontMetrics().horizontalAdvance("Running, live")


# -- the host ----------------------------------------------------------------------------------------------
def test_a_lost_host_is_said_with_a_way_back_and_everything_stays(window, monkeypatch):
    asked: list[bool] = []
    monkeypatch.setattr(window.link, "connect_host", lambda: asked.append(True))
    window.workspace._take_lost("")
    assert "Nothing acknowledged was lost." in window.host_bar.text
    assert len(window.canvas.flow.nodes) == 9 and window.workspace.shown.topics
    button(window.host_bar, "Restart").click()
    assert asked == [True]
    window.link.connected.emit()
    assert not window.host_bar.isVisible()


def test_the_drawing_is_saved_soon_after_an_edit_and_at_the_end(qtbot, window, caller):
    window.workspace.perform(RenameNode("billing", "invoicing"))
    qtbot.waitUntil(lambda: bool(caller.of(SaveFlow)), timeout=3000)
    assert '"invoicing"' in caller.of(SaveFlow)[-1].text
    window.workspace.perform(RenameNode("billing", "bills"))
    window.close()
    assert '"bills"' in caller.of(SaveFlow)[-1].text
    assert caller.asked[-1] == Shutdown(of_window=True)


# -- panels of single parts --------------------------------------------------------------------------------
def test_panels_open_once_a_part_and_go_with_it(qtbot, window):
    from workbench.ui.window.panel_dock import PanelDock

    for _ in range(2):
        window.canvas.panel_wanted.emit("shipping")
        window.canvas.panel_wanted.emit("checkout-web")
        window.canvas.panel_wanted.emit("orders")  # a topic has none
    docks = {dock.objectName(): dock for dock in window.findChildren(PanelDock)}
    assert set(docks) == {"own-shipping", "own-checkout-web"}
    assert all(dock.isFloating() for dock in docks.values())
    button(docks["own-shipping"], "Pin it into the window").click()
    assert not docks["own-shipping"].isFloating()
    window.workspace.select({"checkout-web"})
    window.canvas.acts.delete()
    qtbot.waitUntil(lambda: {d.objectName() for d in window.findChildren(PanelDock)} == {"own-shipping"})


# -- memory ------------------------------------------------------------------------------------------------
def test_docks_come_back_as_they_were(open_window, qapp):
    window = open_window()
    window.show_data("groups")
    window.lag_dock.hide()
    window.resizeDocks([window.data_dock], [340], Qt.Orientation.Vertical)
    qapp.processEvents()
    height = window.data_dock.height()
    window.close()
    again = open_window()
    assert not again.lag_dock.isVisible()
    assert abs(again.data_dock.height() - height) <= 2


def test_data_that_was_put_away_stays_away_in_the_next_window(open_window, qtbot):
    window = open_window()
    window.data_dock.hide()
    window.close()
    again = open_window()
    qtbot.waitUntil(lambda: all(type(page.widget).__name__ != "QWidget" for page in again.data_dock.pages))
    assert not again.data_dock.isVisible()


@pytest.mark.parametrize("name", ["run", "design", "investigate"])
def test_each_layout_shows_its_docks(window, qapp, name):
    window.layouts.use(name)
    qapp.processEvents()
    shown = {dock.objectName() for dock in (window.parts_dock, window.side_dock, window.data_dock, window.lag_dock)
             if dock.isVisible()}
    assert shown == {"run": {"parts", "side", "data", "lag"}, "design": {"parts", "side"},
                     "investigate": {"data", "lag"}}[name]


@pytest.mark.parametrize("past", [False, True])
def test_in_the_smallest_window_the_clients_button_stays(open_window, qtbot, qapp, past):
    window = open_window(1024, 640)
    if past:
        window.workspace.show_past(PAST_MS, orders_snapshot(PAST_MS))
    qapp.processEvents()
    bar = window.topbar
    qtbot.waitUntil(lambda: "127.0.0.1:9092" in bar.clients.toolTip())
    qapp.processEvents()
    assert bar.clients.isVisible() and bar.clients.text_shown().startswith("Clients")
    shown = [widget for action, widget in bar._parts if action.isVisible() and widget is not None]
    assert all(widget.geometry().right() <= bar.width() for widget in shown)
    assert bar._wanted_width() <= bar.width()
    files = [action for action in bar._files if action.isVisible()]
    assert files or bar._more_action.isVisible()
