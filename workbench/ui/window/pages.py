"""The data pages below the canvas, and the lag chart: built after the first paint, because they cost most of the start.

Until then each page is an empty widget. GUI thread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QDockWidget, QWidget

from workbench.ui.window.docks import PageDock

if TYPE_CHECKING:
    from workbench.ui.panels.records import RecordsPanel
    from workbench.ui.window.main_window import MainWindow


def data_dock(window: MainWindow) -> PageDock:
    dock = PageDock("data", window.tr("Data"), window, tearable=True)
    for key, title, glyph in (("records", window.tr("Records"), "records"), ("tape", window.tr("Log tape"), "tape"),
                              ("groups", window.tr("Groups"), "group"), ("problems", window.tr("Problems"), "problem"),
                              ("log", window.tr("Log"), "log")):  # fmt: skip
        dock.add_page(key, title, glyph, QWidget())
    dock.show_page("tape")
    return dock


def lag_dock(window: MainWindow) -> QDockWidget:
    dock = QDockWidget(window.tr("Lag"), window)
    dock.setObjectName("lag")
    dock.setTitleBarWidget(QWidget())
    dock.setWidget(QWidget())
    return dock


def fill(window: MainWindow) -> None:
    """Put the real pages in place of the empty ones."""
    from workbench.ui.charts.lag import LagPanel
    from workbench.ui.panels.groups import GroupsPanel
    from workbench.ui.panels.log import LogPanel
    from workbench.ui.panels.problems import ProblemsPanel
    from workbench.ui.panels.records import RecordsPanel
    from workbench.ui.panels.tape import TapePanel

    workspace, dock = window.workspace, window.data_dock
    records_panel, tape, groups = RecordsPanel(workspace), TapePanel(workspace), GroupsPanel(workspace)
    problems, journal = ProblemsPanel(workspace), LogPanel(workspace)
    for key, widget in (("records", records_panel), ("tape", tape), ("groups", groups), ("problems", problems),
                        ("log", journal)):  # fmt: skip
        dock.replace_page(key, widget)
    lag = LagPanel(workspace)
    window.lag_dock.setTitleBarWidget(lag.head)
    window.lag_dock.setWidget(lag)
    tape.place_opened.connect(window.show_place)
    journal.moment_wanted.connect(window.strip.seek)
    problems.count_changed.connect(lambda number: dock.set_badge("problems", number))


def records(window: MainWindow) -> RecordsPanel:
    """The records page; built now if somebody asks for it before the first paint."""
    page = next(page for page in window.data_dock.pages if page.key == "records")
    if type(page.widget) is QWidget:
        fill(window)
    return page.widget

