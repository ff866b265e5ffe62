"""The counts of a store in one line, and the control of its outage. GUI thread."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QWidget

from workbench.control.stores import ControlStore
from workbench.core.snapshot import StoreStat
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.panels.parts.blocks import Banner, push_button
from workbench.ui.panels.parts.figures import Figure
from workbench.ui.theme import words


def _tr(text: str) -> str:
    return QCoreApplication.translate("store", text)


class CountsRow(QWidget):
    """Rows, writes, refused, reads; the repeats where there were any."""

    def __init__(self) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        self.rows, self.writes, self.refused, self.reads = (
            Figure(text) for text in (self.tr("Rows"), self.tr("Writes"), self.tr("Refused"), self.tr("Reads"))
        )
        for figure in (self.rows, self.writes, self.refused, self.reads):
            row.addWidget(figure, 1)

    def show_stat(self, stat: StoreStat) -> None:
        self.rows.show_value(words.count(stat.rows))
        self.writes.show_value(words.count(stat.writes))
        self.refused.show_value(words.count(stat.refused), "", "warn" if stat.refused else "")
        self.reads.show_value(words.count(stat.reads))


class OutageControl(QWidget):
    """Have the store refuse everything for some seconds, and end that early. ``node_id`` says which store."""

    def __init__(self, workspace: Workspace, node_id: Callable[[], str]) -> None:
        super().__init__()
        self._workspace = workspace
        self._node_id = node_id
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        self.refuse = push_button(self.tr("Refuse for"), "fault",
                                  tip=self.tr("An outage: every write fails its record"))
        self.refuse.clicked.connect(lambda: self._control(self.seconds.value()))
        self.seconds = QDoubleSpinBox()
        self.seconds.setRange(0.1, 86_400.0)
        self.seconds.setDecimals(1)
        self.seconds.setValue(10.0)
        self.seconds.setSuffix(self.tr(" s"))
        self.seconds.setAccessibleName(self.tr("Length of the outage in seconds"))
        self.end = push_button(self.tr("End the outage"))
        self.end.clicked.connect(lambda: self._control(0.0))
        for widget in (self.refuse, self.seconds, self.end):
            row.addWidget(widget)
        row.addStretch(1)

    def _control(self, seconds: float) -> None:
        if node_id := self._node_id():
            self._workspace.act(ControlStore(node_id, seconds)).run()

    def show_stat(self, stat: StoreStat, live: bool) -> None:
        down = live and stat.down_ms > 0
        self.refuse.setEnabled(live)
        for widget, there in ((self.refuse, not down), (self.seconds, not down), (self.end, down)):
            widget.setVisible(there)


def say_outage(banner: Banner, stat: StoreStat) -> None:
    """How long it is still down, where it is."""
    seconds = words.duration(stat.down_ms // 1000 * 1000 + 1000)
    banner.say(_tr("It refuses everything for another {0}.").format(seconds) if stat.down_ms else "")


def about(stat: StoreStat) -> str:
    """What else is known of it, as one line."""
    said = _tr("takes every write")
    if stat.capacity:
        said = _tr("takes {0} reads and writes a second").format(f"{stat.capacity:g}")
    return f"{said} · {_tr('{0} repeats left out').format(words.count(stat.repeats))}" if stat.repeats else said
