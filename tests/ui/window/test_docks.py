"""Pages that are torn off: where they land, and each way back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QMainWindow, QToolButton, QWidget

from workbench.ui.window.docks import PageDock, place_near


class _Page(QLabel):
    def __init__(self, text: str, with_tools: bool = False) -> None:
        super().__init__(text)
        if with_tools:
            self.tools = QLabel("tools")


@pytest.fixture
def window(qtbot, qapp) -> Iterator[QMainWindow]:
    made = QMainWindow()
    qtbot.addWidget(made)
    made.setCentralWidget(QWidget())
    made.resize(600, 500)
    made.move(120, 90)
    dock = made.dock = PageDock("data", "Data", made, tearable=True)
    for key in ("records", "tape", "groups"):
        dock.add_page(key, key.title(), "tape", _Page(key, with_tools=key == "tape"))
    made.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, dock)
    with qtbot.waitExposed(made):
        made.show()
    dock.show_page("tape")
    return made


def torn(window: QMainWindow):
    window.dock.tear_off("tape")
    return window.dock._torn["tape"]


def tabs(dock: PageDock) -> list[str]:
    return [dock._tabs.tabText(index) for index in range(dock._tabs.count())]


def test_a_torn_off_page_lands_beside_its_place_and_whole_on_the_screen(window):
    home = QRect(window.dock.mapToGlobal(QPoint(0, 0)), window.dock.size())
    dock = torn(window)
    assert dock.isFloating() and tabs(window.dock) == ["Records", "Groups"]
    away = dock.frameGeometry().topLeft() - home.topLeft()
    assert 0 < away.manhattanLength() < 120
    assert window.screen().availableGeometry().contains(dock.geometry())


@pytest.mark.parametrize("home", [QRect(0, 0, 10, 10), QRect(5000, 4000, 300, 200), QRect(-900, 700, 300, 200)])
def test_the_place_is_always_on_the_screen(home):
    room = QRect(0, 0, 1024, 640)
    assert room.contains(place_near(home, QSize(800, 300), room))
    assert place_near(home, QSize(4000, 3000), room) == room


def test_its_title_bar_has_its_tools_and_two_buttons_back(window, qtbot):
    dock = torn(window)
    title = dock.titleBarWidget()
    assert "Tape" in [found.text() for found in title.findChildren(QLabel)]
    assert window.dock.pages[1].corner.isVisible()
    names = [button.accessibleName() for button in title.findChildren(QToolButton)]
    assert names == ["Put it back among the tabs", "Close"]
    title.findChildren(QToolButton)[0].click()
    assert tabs(window.dock) == ["Records", "Tape", "Groups"] and window.dock.current == "tape"
    assert window.dock.pages[1].widget.isVisible() and window.dock.pages[1].corner.isVisible()


def test_a_double_click_makes_it_a_tab_again(window):
    dock = torn(window)
    QTest.mouseDClick(dock.titleBarWidget(), Qt.MouseButton.LeftButton, pos=QPoint(200, 12))
    assert tabs(window.dock) == ["Records", "Tape", "Groups"] and window.dock.current == "tape"
    assert not window.dock.torn


def test_all_come_back_at_once(window):
    window.dock.tear_off("tape")
    window.dock.tear_off("groups")
    window.dock.put_all_back()
    assert tabs(window.dock) == ["Records", "Tape", "Groups"]


def test_a_dock_that_floats_has_a_way_back_too(window, qtbot):
    window.dock.setFloating(True)
    assert window.dock._dock_it.isVisible()
    window.dock._dock_it.click()
    assert not window.dock.isFloating() and not window.dock._dock_it.isVisible()


def test_a_window_that_was_closed_with_a_page_torn_off_opens_with_all_its_tabs(open_window):
    window = open_window(1440, 900)
    window.data_dock.tear_off("tape")
    window.close()
    again = open_window(1440, 900)
    assert [page.key for page in again.data_dock.pages] == ["records", "tape", "groups", "problems", "log", "clients",
                                                         "schemas"]
    assert "Log tape" in tabs(again.data_dock) and not again.data_dock.torn
    again.data_dock.tear_off("tape")
    again.actions_book["panel.back"].trigger()
    assert "Log tape" in tabs(again.data_dock)


def test_a_page_that_is_built_late_does_not_bring_back_a_dock_that_was_put_away(window):
    window.dock.hide()
    window.dock.replace_page("groups", _Page("groups, built"))
    assert not window.dock.isVisible()
    window.dock.show_page("groups")
    assert window.dock.isVisible() and window.dock.current == "groups"
