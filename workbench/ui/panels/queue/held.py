"""What a drawn group holds by lease, in its panel, queue by queue: each message with its countdown, and settling them
by hand.

Shown only for a group that reads queues. GUI thread.
"""

from __future__ import annotations

from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from workbench.core.queues import Receipt
from workbench.core.snapshot import LeaseStat, QueueStat, Snapshot
from workbench.flow.document import Node
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.canvas.queue_view_states import consumers_of, queues_read
from workbench.ui.models.queue_clock import QueueClock
from workbench.ui.panels.nodes.panel import section_title
from workbench.ui.panels.parts.blocks import push_button
from workbench.ui.panels.queue.consumers import ConsumerRows
from workbench.ui.panels.queue.lease_bars import LeaseBars
from workbench.ui.panels.queue.receive import ReceiveForm
from workbench.ui.panels.queue.settle import SettleBar
from workbench.ui.theme import icons, words


def held_by(stat: QueueStat, node: Node) -> list[LeaseStat]:
    """The leases of a drawn group's consumers, of those that the snapshot knows."""
    own = {consumer.consumer for consumer in consumers_of(stat, node)}
    return [lease for lease in stat.leases if lease.consumer in own]


class HeldSection(QWidget):
    """A ``HeldQueue`` for each queue that the group reads, in the order of the drawing."""

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._queues: dict[str, HeldQueue] = {}
        self._narrow = False
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(14)

    def set_narrow(self, narrow: bool) -> None:
        self._narrow = narrow
        for part in self._queues.values():
            part.set_narrow(narrow)

    def queue(self, name: str) -> HeldQueue:
        return self._queues[name]

    def show_group(self, workspace: Workspace, node: Node, snapshot: Snapshot) -> None:
        """All queues it reads; nothing for a group that reads by offsets."""
        stats = queues_read(workspace.document, node, snapshot)
        self.setVisible(bool(stats))
        if [stat.name for stat in stats] != list(self._queues):
            self._lay_out([stat.name for stat in stats])
        for stat in stats:
            self._queues[stat.name].show_queue(stat, node, snapshot)

    def _lay_out(self, names: list[str]) -> None:
        """A part for each of these; who is choosing in one that stays goes on."""
        kept = {name: self._queues.get(name) or HeldQueue(self._workspace, name) for name in names}
        for gone in self._queues.keys() - kept.keys():
            self._column.removeWidget(self._queues[gone])
            self._queues[gone].hide()
            self._queues[gone].deleteLater()
        self._queues = kept
        for place, part in enumerate(kept.values()):
            part.set_narrow(self._narrow)
            self._column.insertWidget(place, part)
            part.show()


class HeldQueue(QWidget):
    """What the group holds of one queue. A click chooses a message; another takes it out again."""

    def __init__(self, workspace: Workspace, queue: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._clock = QueueClock()
        self._chosen: dict[tuple[int, int], LeaseStat] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        head = QHBoxLayout()
        self.title = section_title("")
        self.title.setWordWrap(True)
        self._take = push_button(self.tr("Receive…"), "receive", tip=self.tr("Take messages of this queue by hand"))
        self._take.setProperty("small", True)
        head.addWidget(self.title, 1)
        head.addWidget(self._take)
        self.consumers = ConsumerRows()
        self.receive = ReceiveForm(workspace, lambda: queue)
        self._take.clicked.connect(lambda: self.receive.setVisible(self.receive.isHidden()))
        self.leases = LeaseBars(self._clock, most=4)
        self.leases.chosen.connect(self._choose)
        self.settle = SettleBar(workspace, lambda: queue)
        self.settle.stack(True)
        self.settle.home = self.leases
        self.settle.settled.connect(self._forget)
        column.addLayout(head)
        for widget in (self.receive, self.consumers, self.leases, self.settle):
            column.addWidget(widget)

    def set_narrow(self, narrow: bool) -> None:
        """Words without glyphs where there is no room for them."""
        self._take.setIcon(QIcon() if narrow else icons.icon("receive"))
        self.receive.set_narrow(narrow)
        self.settle.show_glyphs(not narrow)

    def show_queue(self, stat: QueueStat, node: Node, snapshot: Snapshot) -> None:
        self._clock.take(snapshot)
        own = consumers_of(stat, node)
        leases = held_by(stat, node)
        held = sum(consumer.in_flight for consumer in own)
        self.title.setText(self.tr("Leased from {0}: {1}").format(
            stat.name, words.plural(held, "message", "messages")))
        self.consumers.show_consumers(own)
        self.leases.show_leases(leases, max(held, len(leases)))
        here = {(lease.partition, lease.offset): lease for lease in leases}
        self._chosen = {place: here[place] for place in self._chosen if place in here}
        self._show_chosen()

    def _choose(self, lease: LeaseStat) -> None:
        place = (lease.partition, lease.offset)
        if self._chosen.pop(place, None) is None:
            self._chosen[place] = lease
        self._show_chosen()

    def _forget(self) -> None:
        self._chosen = {}
        self._show_chosen()

    def _show_chosen(self) -> None:
        self.leases.mark(frozenset(self._chosen))
        receipts = [Receipt(lease.partition, lease.offset, lease.attempt) for lease in self._chosen.values()]
        self.settle.show_receipts(receipts, len(receipts))
