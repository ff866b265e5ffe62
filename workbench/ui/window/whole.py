"""The parts of the window with what a person can ask of them: what commands call, and regions are wired to.

GUI thread.
"""

from __future__ import annotations

from workbench.ui.window.dialogs import Dialogs
from workbench.ui.window.layouts import Layouts
from workbench.ui.window.menus import Menus
from workbench.ui.window.parts import WindowParts
from workbench.ui.window.selection_acts import SelectionActs


class WholeWindow(WindowParts):
    """See the module."""

    dialogs: Dialogs
    selected: SelectionActs
    layouts: Layouts
    menus: Menus

    def focus_filter(self) -> None:
        raise NotImplementedError

    def focus_next_region(self) -> None:
        raise NotImplementedError
