"""The tool bar's Clients button: whether foreign clients are served, where, and how many are there. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton

from workbench.control.messages import HostInfo, Listen, Status
from workbench.core.snapshot import Snapshot
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.models.protocols import connected, host_and_port, served
from workbench.ui.panels.parts.blocks import label, set_tone
from workbench.ui.qt_types import layout_of
from workbench.ui.settings import Settings
from workbench.ui.theme import words


class ClientsBox(QPushButton):
    """See the module. Its words give way in two steps, as the tool bar asks."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("clients")
        self.setProperty("variant", "plain")
        self.setFixedHeight(28)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 0, 8, 0)
        row.setSpacing(5)
        self._dot, self._words = label("●", "muted"), label("", "muted")
        for part in (self._dot, self._words):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            row.addWidget(part)

    def show_state(self, live: Snapshot, short: bool, shortest: bool = False) -> None:
        """``short`` leaves the number of clients out, ``shortest`` the address too, which the tip then tells."""
        on = served(live)
        here = sum(client.connections > 0 for client in live.clients)
        where = host_and_port(on[0][1]) if len(on) == 1 else self.tr("{0} protocols").format(len(on))
        said = self.tr("Clients") if shortest else self.tr("Clients off") if not on else (
            self.tr("Clients  {0}").format(where) if short else
            self.tr("Clients  {0} · {1} connected").format(where, here))
        tips = [self.tr("{0} clients connect to {1}: {2}").format(
                    protocol.label, address, words.plural(connected(live, protocol.key), self.tr("client"),
                                                          self.tr("clients")))
                for protocol, address in on]
        self.setToolTip("\n".join(tips) or self.tr("Let clients of other programs connect"))
        set_tone(self._dot, "ok" if on else "muted")
        if said != self._words.text():
            self._words.setText(said)
            self.setAccessibleName(said)
            self.updateGeometry()

    def text_shown(self) -> str:
        return self._words.text()

    def sizeHint(self) -> QSize:
        return QSize(layout_of(self).sizeHint().width(), 28)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()


def serve_again(workspace: Workspace, settings: Settings) -> None:
    """Serve what this file served last, but for what its host serves already (it may have been told at its start)."""
    wanted = settings.listeners(workspace.path)

    def listen(info: HostInfo) -> None:
        for protocol, address in wanted.items():
            if protocol not in info.listeners:
                workspace.act(Listen(protocol, address)).run()

    if wanted:
        workspace.act(Status()).done(listen).run()
