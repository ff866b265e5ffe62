"""The inspector's face of a store. GUI thread."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout

from workbench.core.snapshot import Snapshot, StoreStat
from workbench.flow.document import Node
from workbench.flow.settings import ConsumingSettings, StoreSettings, shown_settings
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.panels.inspector.part import InspectorSection
from workbench.ui.panels.inspector.wishes import Wishes
from workbench.ui.panels.parts.blocks import Banner, label, push_button
from workbench.ui.panels.store.figures import CountsRow, OutageControl, say_outage
from workbench.ui.theme import words


class StoreSection(InspectorSection):
    """Its counts, who writes to it and how, and its outage."""

    def __init__(self, workspace: Workspace, wishes: Wishes) -> None:
        super().__init__(workspace, wishes)
        self.banner = Banner("banner-warn")
        self.column.addWidget(self.banner)
        self.counts = CountsRow()
        self.column.addWidget(self.counts)
        self.note = label("", "muted")
        self.note.setWordWrap(True)
        self.column.addWidget(self.note)
        self.outage = OutageControl(workspace, lambda: self._node.id if self._node else "")
        self.column.addWidget(self.outage)
        row = QHBoxLayout()
        self.panel = push_button(self.tr("Rows"), "list", "primary", self.tr("Open the store's panel"),
                                 "text_on_accent")
        self.panel.clicked.connect(lambda: self._node and self._wishes.panel.emit(self._node.id))
        self.settings = push_button(self.tr("Settings"), "sliders")
        self.settings.clicked.connect(lambda: self._node and self._wishes.settings.emit(self._node.id))
        row.addWidget(self.panel)
        row.addWidget(self.settings)
        row.addStretch(1)
        self.column.addLayout(row)

    def show_node(self, node: Node, shown: Snapshot) -> None:
        stat = shown.store(node.name) or StoreStat(node.name)
        groups = self._workspace.document.sources_of(node.id)
        readers = [one.name for one in groups if shown_settings(one, ConsumingSettings).store_use == "look_up"]
        writers = [one.name for one in groups if one.name not in readers]
        said = self.tr("Store, written by {0}").format(", ".join(writers) or "–")
        if readers:
            said = self.tr("{0}, read by {1}").format(said, ", ".join(readers))
        self._show_head(node, said)
        say_outage(self.banner, stat)
        self.counts.show_stat(stat)
        self.note.setText(self._note(node, stat))
        self.outage.show_stat(stat, shown.live)

    def _note(self, node: Node, stat: StoreStat) -> str:
        settings = shown_settings(node, StoreSettings)
        said = self.tr("Every write is applied, also one that comes twice.")
        if settings.writes == "once_per_id":
            said = self.tr("Each event id is applied once; {0} came again and were left out.").format(
                words.count(stat.repeats))
        if not settings.capacity_per_s:
            return said
        return said + " " + self.tr("It takes {0} reads and writes a second and refuses what is more.").format(
            f"{settings.capacity_per_s:g}")
