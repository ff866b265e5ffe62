"""The tool bar's Kafka button: whether Kafka clients are served, where, and how many are there. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton

from workbench.control.messages import Listen, Status
from workbench.core.snapshot import Snapshot
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.panels.blocks import label, set_tone
from workbench.ui.settings import Settings
from workbench.ui.theme import words


class KafkaBox(QPushButton):
    """See the module. Its words give way in two steps, as the tool bar asks."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("kafka")
        self.setProperty("variant", "plain")
        self.setFixedHeight(28)
        self.setToolTip(self.tr("Let Kafka clients connect"))
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 0, 10, 0)
        row.setSpacing(6)
        self._dot, self._words = label("●", "muted"), label("", "muted")
        for part in (self._dot, self._words):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            row.addWidget(part)

    def show_state(self, live: Snapshot, short: bool, shortest: bool = False) -> None:
        """``short`` leaves the number of clients out, ``shortest`` the address too, which the tip then tells."""
        address = live.host.listeners.get("kafka")
        here = sum(client.connections > 0 for client in live.clients)
        clients = words.plural(here, self.tr("client"), self.tr("clients"))
        said = self.tr("Kafka off") if address is None else f"Kafka  {address}" if short else (
            f"Kafka  {address} · {clients}")  # fmt: skip
        self.setToolTip(self.tr("Let Kafka clients connect") if address is None else self.tr(
            "Kafka clients connect to {0}: {1}").format(address, clients))  # fmt: skip
        if shortest:
            said = self.tr("Kafka")
        set_tone(self._dot, "muted" if address is None else "ok")
        if said != self._words.text():
            self._words.setText(said)
            self.setAccessibleName(said)
            self.updateGeometry()

    def text_shown(self) -> str:
        return self._words.text()

    def sizeHint(self) -> QSize:
        return QSize(self.layout().sizeHint().width(), 28)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()


def serve_again(workspace: Workspace, settings: Settings) -> None:
    """Serve where this file was served last, unless its host does already (it may have been told at its start)."""
    address = settings.kafka_address(workspace.path)
    if address:
        workspace.act(Status()).done(
            lambda info: None if "kafka" in info.listeners else workspace.act(Listen("kafka", address)).run()
        ).run()
