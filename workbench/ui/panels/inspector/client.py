"""The inspector's face for a program from outside that is in no group: what it is, writes and reads, how fast."""

from __future__ import annotations

from PySide6.QtCore import Qt

from workbench.core.snapshot import ClientStat, Snapshot
from workbench.flow.document import Node
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.models.outside import clients_of
from workbench.ui.panels.inspector.part import InspectorSection
from workbench.ui.panels.inspector.wishes import Wishes
from workbench.ui.panels.parts.blocks import Banner, push_button
from workbench.ui.panels.parts.figures import Cell, Column, Figure, FigureTable
from workbench.ui.theme import words


class ClientSection(InspectorSection):
    """All connected clients of one client id."""

    def __init__(self, workspace: Workspace, wishes: Wishes) -> None:
        super().__init__(workspace, wishes)
        self.note = Banner("banner-warn")
        self.column.addWidget(self.note)
        self.rate = Figure(self.tr("Rate"))
        self.column.addWidget(self.rate)
        self.clients = FigureTable((Column(self.tr("Connected from"), stretch=True, names=True),
                                    Column(self.tr("Requests"), 70, number=True)), self.tr("Clients"))
        self.topics = FigureTable((Column(self.tr("Topic"), stretch=True, names=True),
                                    Column(self.tr("It"), 60, right=True)),
                                  self.tr("Topics"))
        self.column.addWidget(self.clients)
        self.column.addWidget(self.topics)
        self.keep = push_button(self.tr("Keep on the drawing"), "pin", tip=self.tr("As a note, for it is not ours"))
        self.keep.clicked.connect(lambda: self._node and self._wishes.keep.emit(self._node.id))
        self.buttons.addWidget(self.keep, 0, Qt.AlignmentFlag.AlignLeft)

    def show_node(self, node: Node, shown: Snapshot) -> None:
        clients = clients_of(node.id, shown)
        software = next((client.software for client in clients if client.software), "")
        self._show_head(node, software or self.tr("A program from outside"))
        self.note.say(next((client.note for client in clients if client.note), ""))
        rate = sum(client.rate_in if node.kind == "writer" else client.rate_out for client in clients)
        self.rate.show_rate(rate)
        self.clients.show_rows([(Cell(client.address), Cell(words.count(client.requests))) for client in clients])
        self.topics.show_rows([(Cell(topic, "stream", "dot"), Cell(how, "text_muted"))
                               for topic, how in self._topics(clients)])

    def _topics(self, clients: list[ClientStat]) -> list[tuple[str, str]]:
        found = [(topic, self.tr("writes")) for client in clients for topic in client.writes]
        found += [(topic, self.tr("reads")) for client in clients for topic in client.reads]
        return list(dict.fromkeys(found))
