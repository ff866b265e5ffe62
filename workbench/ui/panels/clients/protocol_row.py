"""One protocol in the popover of the clients: served or not, where, who is there, and what a client is told.

    ● Kafka            [127.0.0.1:9092    ]  2 clients   ⧉  [Stop]

GUI thread.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication, QGridLayout, QLineEdit

from workbench.core.snapshot import Snapshot
from workbench.ui.models.protocols import ProtocolLabel, connected, host_and_port
from workbench.ui.panels.parts.blocks import label, push_button, set_property, set_tone, tool_button
from workbench.ui.theme import words
from workbench.ui.theme.theme import theme

ADDRESS_WIDTH = 162


class ProtocolRow(QObject):
    """See the module. ``wanted`` asks to serve at the address that stands there (True), or no more (False)."""

    wanted = Signal(object, bool)
    edited = Signal()

    def __init__(self, protocol: ProtocolLabel, grid: QGridLayout, place: int) -> None:
        super().__init__(grid.parentWidget())
        self.protocol = protocol
        self._on = ""  # what clients are told; empty while nothing listens
        self._serves = False  # whether a press would serve; else it stops
        self._dot, self.name, self.here = label("●", "muted"), label(protocol.label), label("", "muted")
        self.address = address_field(self.tr("Address for {0}").format(protocol.label), mono=True)
        self.address.setFixedWidth(ADDRESS_WIDTH)
        self.copy = tool_button("copy", self.tr("Copy the setting for {0} clients").format(protocol.label))
        self.act = push_button("")
        for column, part in enumerate((self._dot, self.name, self.address, self.here, self.copy, self.act)):
            grid.addWidget(part, place, column)
        self.address.textChanged.connect(lambda _: self.edited.emit())
        self.address.returnPressed.connect(self.serve)
        self.copy.clicked.connect(lambda: QApplication.clipboard().setText(self.setting()))
        self.act.clicked.connect(lambda: self.wanted.emit(self, self._serves))

    def setting(self) -> str:
        """What a client's configuration gets; empty while nothing listens."""
        return self.protocol.setting.format(self._on) if self._on else ""

    def moves(self) -> bool:
        """Whether it is served, and another address stands there."""
        return bool(self._on) and self.text() != host_and_port(self._on)

    def text(self) -> str:
        return self.address.text().strip()

    def serve(self) -> None:
        """Serve at the address that stands there, unless it is already."""
        if self.act.isEnabled() and self._serves:
            self.wanted.emit(self, True)

    def show_state(self, live: Snapshot, may_serve: bool, may_stop: bool) -> None:
        told = live.host.listeners.get(self.protocol.key, "")
        if told != self._on:
            self._on = told
            if told and not self.address.hasFocus():
                self.address.setText(host_and_port(told))
        clients = words.plural(connected(live, self.protocol.key), self.tr("client"), self.tr("clients"))
        self.here.setText(clients if told else self.tr("off"))
        set_tone(self._dot, "ok" if told else "muted")
        self.copy.setEnabled(bool(told))
        self.copy.setToolTip(self.tr("Copy {0}").format(self.setting()) if told
                             else self.tr("There is something to copy once it is served"))
        self._serves = not told or (self.moves() and may_serve)
        self.act.setText(self.tr("Stop") if not self._serves else self.tr("Serve here") if told else self.tr("Serve"))
        self.act.setAccessibleName(f"{self.act.text()}: {self.protocol.label}")
        self.act.setEnabled(may_serve if self._serves else may_stop)
        set_property(self.act, "variant", "primary" if self._serves else "plain")


def address_field(name: str, mono: bool = False) -> QLineEdit:
    """A line to type into, named for who can't see it."""
    made = QLineEdit()
    made.setAccessibleName(name)
    if mono:
        made.setProperty("mono", True)
        made.setFont(theme().font("body", mono=True))
    return made
