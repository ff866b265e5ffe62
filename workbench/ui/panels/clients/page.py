"""The connected clients as a table: who they are, what they write and read, and what a person should know.

Choosing a row chooses the client's node on the canvas; its note stands whole below the table. GUI thread.
"""

from __future__ import annotations

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from workbench.core.snapshot import ClientStat, Snapshot
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.models.outside import client_key, client_name, node_of_client
from workbench.ui.models.protocols import LABELS, served
from workbench.ui.models.tables import Column, ValuesModel
from workbench.ui.panels.parts.blocks import Banner, label
from workbench.ui.panels.parts.loading import EmptyOnceLoaded
from workbench.ui.panels.parts.values_table import ValuesTable
from workbench.ui.theme import icons, words


class ClientsPanel(QWidget):
    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self.model: ValuesModel[ClientStat] = ValuesModel(self._columns(), client_key, self)
        self.table = ValuesTable(self.model, self.tr("Clients"), sortable=True)
        self.note = Banner("banner-warn")
        self.speaks = label("", "caption")
        self.speaks.setContentsMargins(10, 4, 10, 6)
        self.speaks.setWordWrap(True)
        self.empty = EmptyOnceLoaded(self._workspace, "client", self.tr("No clients yet"), "")
        listed = QWidget()
        rows = QVBoxLayout(listed)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        for part in (self.table, self.note, self.speaks):
            rows.addWidget(part)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.empty)
        self._stack.addWidget(listed)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._stack)
        workspace.shown_changed.connect(self._follow)
        workspace.live_changed.connect(lambda _: self._say_how())
        self.table.selectionModel().currentRowChanged.connect(lambda now, _: self._choose(now.row()))

    def _columns(self) -> list[Column[ClientStat]]:
        return [
            Column(self.tr("Client"), client_name, 150, strong=lambda c: True,
                   icon=lambda c: icons.icon("problem" if c.note else "client", "warn" if c.note else "external")),
            Column(self.tr("Protocol"), lambda c: LABELS.get(c.protocol, c.protocol) or "–", 124, spare=3),
            Column(self.tr("Software"), lambda c: c.software or "–", 132, tone=lambda c: "text_muted", spare=2),
            Column(self.tr("Address"), lambda c: c.address, 130, mono=True, tone=lambda c: "text_muted",
                   spare=5),
            Column(self.tr("Group"), lambda c: c.group or "–", 90, spare=1),
            Column(self.tr("Writes"), lambda c: ", ".join(c.writes) or "–", 100),
            Column(self.tr("In"), lambda c: words.rate(c.rate_in), 72, right=True, mono=True,
                   order=lambda c: c.rate_in),
            Column(self.tr("Reads"), lambda c: ", ".join(c.reads) or "–", 100),
            Column(self.tr("Out"), lambda c: words.rate(c.rate_out), 72, right=True, mono=True,
                   order=lambda c: c.rate_out),
            Column(self.tr("Requests"), lambda c: words.count(c.requests), 76, right=True, mono=True,
                   order=lambda c: c.requests, spare=4),
            Column(self.tr("Note"), self._note, 0, tone=lambda c: "warn" if c.note else "text_muted"),
        ]

    def _note(self, client: ClientStat) -> str:
        return client.note or ("" if client.connections else self.tr("It has left."))

    # -- following -----------------------------------------------------------------------------------------
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._say_how()
        self._follow(self._workspace.shown)

    def _say_how(self) -> None:
        if self.isVisible():
            on = served(self._workspace.live)
            where = "; ".join(f"{protocol.label}: {address}" for protocol, address in on)
            self.empty.say(
                self.tr("No clients yet") if on else self.tr("Clients are not served"),
                self.tr("Point a client at one of these. {0}").format(where) if on
                else self.tr("Turn it on with the Clients button in the tool bar."))

    def _follow(self, snapshot: Snapshot) -> None:
        if self.isVisible():
            chosen = self.table.chosen()
            self.model.show(snapshot.clients)
            self._stack.setCurrentIndex(1 if snapshot.clients else 0)
            if chosen is not None and self.table.chosen() is None:
                self.table.selectRow(self.model.row_of(client_key(chosen)))
            self._describe()

    def _describe(self) -> None:
        """The chosen client's note and protocol; with none chosen, the first note there is."""
        client = self.table.chosen()
        told = client or next((other for other in self.model.rows if other.note), None)
        self.note.say(f"{client_name(told)}: {told.note}" if told is not None and told.note else "")
        spoken = ", ".join(f"{api} {version}" for api, version in client.versions) if client is not None else ""
        self.speaks.setText(self.tr("Speaks {0}").format(spoken))
        self.speaks.setVisible(bool(spoken))

    def _choose(self, row: int) -> None:
        if 0 <= row < len(self.model.rows):
            node_id = node_of_client(self._workspace.document, self.model.rows[row])
            self._workspace.select([node_id] if node_id else [])
            self._describe()
