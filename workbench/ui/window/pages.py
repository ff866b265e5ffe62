"""The data pages below the canvas, and the lag chart: built after the first paint, because they cost most of the start.

Until then each page is an empty widget. GUI thread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QDockWidget, QWidget

from workbench.ui.window.docks import PageDock
from workbench.ui.window.parts import WindowParts

if TYPE_CHECKING:
    from workbench.ui.panels.records.panel import RecordsPanel


def data_dock(window: WindowParts) -> PageDock:
    dock = PageDock("data", window.tr("Data"), window, tearable=True)
    tr = window.tr
    for key, title, glyph in (("records", tr("Records"), "records"), ("tape", tr("Log tape"), "tape"),
                              ("groups", tr("Groups"), "group"), ("problems", tr("Problems"), "problem"),
                              ("log", tr("Log"), "log"), ("clients", tr("Clients"), "client"),
                              ("schemas", tr("Schemas"), "list")):
        dock.add_page(key, title, glyph, QWidget())
    dock.show_page("tape")
    return dock


def lag_dock(window: WindowParts) -> QDockWidget:
    dock = QDockWidget(window.tr("Lag"), window)
    dock.setObjectName("lag")
    dock.setTitleBarWidget(QWidget())
    dock.setWidget(QWidget())
    return dock


def fill(window: WindowParts) -> None:
    """Put the real pages in place of the empty ones, one an event-loop turn, so that the window answers meanwhile."""
    steps = [_tape, _lag, records, _groups, _clients, _problems, _log, _schemas]

    def next_step() -> None:
        steps.pop(0)(window)
        if steps:
            QTimer.singleShot(0, window, next_step)

    QTimer.singleShot(0, window, next_step)


def _tape(window: WindowParts) -> None:
    from workbench.ui.panels.tape.tape import TapePanel

    tape = TapePanel(window.workspace)
    tape.place_opened.connect(window.show_place)
    window.data_dock.replace_page("tape", tape)


def _lag(window: WindowParts) -> None:
    from workbench.ui.charts.lag import LagPanel

    lag = LagPanel(window.workspace)
    window.lag_dock.setTitleBarWidget(lag.head)
    window.lag_dock.setWidget(lag)


def _groups(window: WindowParts) -> None:
    from workbench.ui.panels.lists.groups import GroupsPanel

    groups = GroupsPanel(window.workspace)
    groups.panel_wanted.connect(window.own_panels.open)
    window.data_dock.replace_page("groups", groups)


def _clients(window: WindowParts) -> None:
    from workbench.ui.panels.clients.page import ClientsPanel

    window.data_dock.replace_page("clients", ClientsPanel(window.workspace))


def _schemas(window: WindowParts) -> None:
    from workbench.ui.panels.schemas.page import SchemasPanel

    window.data_dock.replace_page("schemas", SchemasPanel(window.workspace))


def _problems(window: WindowParts) -> None:
    from workbench.ui.panels.lists.problems import ProblemsPanel

    problems = ProblemsPanel(window.workspace)
    problems.count_changed.connect(lambda number, worst: window.data_dock.set_badge("problems", number, worst))
    window.data_dock.replace_page("problems", problems)


def _log(window: WindowParts) -> None:
    from workbench.ui.panels.lists.log import LogPanel

    journal = LogPanel(window.workspace)
    journal.moment_wanted.connect(window.strip.seek)
    window.data_dock.replace_page("log", journal)


def records(window: WindowParts) -> RecordsPanel:
    """The records page; built now if somebody asks for it before its turn."""
    from workbench.ui.panels.records.panel import RecordsPanel

    there = next(page.widget for page in window.data_dock.pages if page.key == "records")
    if isinstance(there, RecordsPanel):
        return there
    made = RecordsPanel(window.workspace)
    window.data_dock.replace_page("records", made)
    return made
