"""A queue's own panel: how it stands, who takes from it, what is in flight, each message and its story.

All acts are commands to the host. The list is peeked, which changes nothing; it follows at most once a second, and
«Hold» keeps it still. In the past the journal tells which messages there were; nothing of then can be settled.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent, QIcon
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from workbench.core.queues import Delivery, MessageId, MessageState, Receipt
from workbench.core.snapshot import LeaseStat, QueueStat, Snapshot
from workbench.flow.document import Node
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.canvas.queue_view_states import kind_words, takes_dead_letters
from workbench.ui.models.queue_clock import QueueClock
from workbench.ui.models.queue_messages import MOST, MessageFeed
from workbench.ui.models.queue_stats import dead_in, queue_of
from workbench.ui.models.queue_words import state_name
from workbench.ui.panels.nodes.panel import NodePanel, section_title
from workbench.ui.panels.parts.blocks import Banner, Empty, Segments, label, push_button
from workbench.ui.panels.queue.consumers import ConsumerRows
from workbench.ui.panels.queue.counts import CountsLine
from workbench.ui.panels.queue.detail import MessageDetail
from workbench.ui.panels.queue.lease_bars import LeaseBars
from workbench.ui.panels.queue.message_table import MessageTable
from workbench.ui.panels.queue.purge import PurgePopover
from workbench.ui.panels.queue.receive import ReceiveForm
from workbench.ui.panels.queue.redrive import RedrivePopover
from workbench.ui.panels.queue.settle import SettleBar
from workbench.ui.theme import icons, words

_LIST_EVERY_MS = 1_000
_TICK_MS = 250
_FILTERS = {"all": (), "ready": (MessageState.READY,), "in_flight": (MessageState.IN_FLIGHT,),
            "delayed": (MessageState.DELAYED,), "dead": (MessageState.DEAD,)}


class QueuePanel(NodePanel):
    """See the module."""

    NARROW = 640

    def __init__(self, workspace: Workspace, node_id: str, parent: QWidget | None = None) -> None:
        super().__init__(workspace, node_id, parent)
        self._clock = QueueClock()
        self._held = False
        self._wanted: frozenset[MessageId] = frozenset()
        self.feed = MessageFeed(workspace, self)
        self.feed.changed.connect(self._show_list)
        self.feed.failed.connect(lambda _: self._show_list())
        self.counts = CountsLine()
        self.column.addWidget(self.counts)
        self.column.addLayout(self._build_acts())
        self.receive = ReceiveForm(workspace, self._queue_name)
        self.receive.received.connect(self._choose_received)
        self.column.addWidget(self.receive)
        self.column.addLayout(self._build_readers())
        self.column.addLayout(self._build_bar())
        self.column.addLayout(self._build_list(), 1)
        self.settle = SettleBar(workspace, self._queue_name)
        self.settle.home = self.table
        self.settle.settled.connect(self.feed.refresh)
        self.column.addWidget(self.settle)
        self._list_timer = QTimer(self, singleShot=True, interval=_LIST_EVERY_MS)
        self._list_timer.timeout.connect(self._refresh_list)
        self._ticks = QTimer(self, interval=_TICK_MS)
        self._ticks.timeout.connect(lambda: self.table.tick(self._clock.now_ms()))
        workspace.time_changed.connect(self._follow_time)  # ends with this panel, as a lambda would not
        self._follow_time()
        self.resize(980, 740)

    # -- building -------------------------------------------------------------------------------------------
    def _build_acts(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        self.take_by_hand = take = push_button(self.tr("Receive…"), "receive", tip=self.tr("Take messages by hand"))
        take.clicked.connect(lambda: self.receive.setVisible(self.receive.isHidden()))
        self.redrive = push_button(self.tr("Redrive…"), "redrive", tip=self.tr("Send dead messages on"))
        self.redrive.clicked.connect(self.open_redrive)
        self.purge = push_button(self.tr("Purge…"), "purge", tip=self.tr("Remove what waits; says first what is lost"))
        self.purge.clicked.connect(self.open_purge)
        for button in (take, self.redrive):
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(self.purge)
        return row

    def _build_readers(self) -> QBoxLayout:
        self._readers = QHBoxLayout()
        self._readers.setSpacing(20)
        self.consumers = ConsumerRows()
        self.leases = LeaseBars(self._clock, most=6)
        self.leases.chosen.connect(self._choose_lease)
        self._consumers_title = section_title(self.tr("Consumers"))
        leases_title = section_title(self.tr("In flight, the next to come back first"))
        for title, widget, share in ((self._consumers_title, self.consumers, 5), (leases_title, self.leases, 6)):
            column = QVBoxLayout()
            column.setSpacing(4)
            column.addWidget(title)
            column.addWidget(widget)
            column.addStretch(1)
            self._readers.addLayout(column, share)
        return self._readers

    def _build_bar(self) -> QBoxLayout:
        self._bar = QHBoxLayout()
        choice, row = QHBoxLayout(), QHBoxLayout()
        for layout in (self._bar, choice, row):
            layout.setSpacing(8)
        names = [(key, state_name(states[0]).capitalize() if states else self.tr("All"))
                 for key, states in _FILTERS.items()]
        self.filter = Segments(names, self.tr("Messages to show"))
        self.filter.chosen.connect(lambda key: self._ask_list())
        self.shown_words = label("", "muted")
        self.hold = push_button(self.tr("Hold"), "pause", tip=self.tr("Keep this list still; the queue goes on"))
        self.hold.setProperty("small", True)
        self.hold.setCheckable(True)
        self.hold.toggled.connect(self._hold)
        self._list_title = section_title(self.tr("Messages"))
        choice.addWidget(self._list_title)
        choice.addWidget(self.filter)
        choice.addStretch(1)
        row.addWidget(self.shown_words, 1)
        row.addWidget(self.hold)
        self._bar.addLayout(choice)
        self._bar.addLayout(row, 1)
        return self._bar

    def _build_list(self) -> QBoxLayout:
        self._list = QHBoxLayout()
        self._list.setSpacing(0)
        self.table = MessageTable()
        self.table.picked.connect(self._show_picked)
        self.table.end_reached.connect(self.feed.more)
        self.table.setMinimumHeight(170)
        self._empty = Empty("queue", "", "")
        self._pages = QStackedWidget()
        self._pages.addWidget(self.table)
        self._pages.addWidget(self._empty)
        self.banner = Banner()
        self.banner.button.clicked.connect(self.feed.refresh)
        self.detail = MessageDetail(self._workspace)
        left = QVBoxLayout()
        left.setSpacing(6)
        left.addWidget(self.banner)
        left.addWidget(self._pages, 1)
        self._list.addLayout(left, 3)
        self._list.addWidget(self.detail, 2)
        self.detail.setMinimumHeight(170)
        return self._list

    def set_way(self, way: QBoxLayout.Direction, narrow: bool) -> None:
        for layout in (self._readers, self._list, self._bar):
            layout.setDirection(way)
        self._readers.setSpacing(8 if narrow else 20)
        for part in (self.counts, self.detail):
            part.set_way(way)
        self._list_title.setHidden(narrow)
        self.settle.stack(narrow)
        self.settle.show_glyphs(not narrow)
        self.receive.set_narrow(narrow)
        for button, glyph in ((self.take_by_hand, "receive"), (self.redrive, "redrive"), (self.purge, "purge")):
            button.setIcon(QIcon() if narrow else icons.icon(glyph))

    # -- following ------------------------------------------------------------------------------------------
    def _queue_name(self) -> str:
        node = self.node
        return node.name if node else ""

    @property
    def subtitle(self) -> str:
        """What it is, for the title bar."""
        stat = queue_of(self._workspace.shown, self._queue_name())
        return f"{kind_words(stat, self._workspace.shown)}, {stat.type.replace('_', ' ')}"

    def refresh(self, node: Node, snapshot: Snapshot) -> None:
        stat = queue_of(snapshot, node.name)
        self._clock.take(snapshot)
        self.counts.show_queue(stat)
        self.consumers.show_consumers(stat.consumers)
        self.leases.show_leases(stat.leases, stat.counts.in_flight)
        self._consumers_title.setText(self._consumers_words(stat))
        dead = dead_in(self._workspace.live, node.name)  # it acts now, whatever time is shown
        counted = bool(dead) and snapshot.live
        self.redrive.setText(self.tr("Redrive {0}…").format(words.count(dead)) if counted else self.tr("Redrive…"))
        self.redrive.setEnabled(bool(dead))
        self._say_shown(stat)
        self._ask_list()
        if not self._ticks.isActive():
            self._ticks.start()
        if not self._list_timer.isActive():
            self._list_timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        self._ticks.stop()
        self._list_timer.stop()
        super().hideEvent(event)

    def _consumers_words(self, stat: QueueStat) -> str:
        if not stat.consumers:
            return self.tr("Consumers")
        limits = [c.prefetch for c in stat.consumers if c.prefetch]
        return self.tr("Consumers, prefetch {0}").format(words.count(max(limits))) if limits else self.tr(
            "Consumers, no prefetch limit")

    # -- the list -------------------------------------------------------------------------------------------
    def _ask_list(self) -> None:
        self.feed.show(self._queue_name(), _FILTERS[self.filter.current], self._workspace.at_ms)

    def _follow_time(self, _at_ms: int | None = None) -> None:
        past = self._workspace.at_ms is not None
        self.settle.setHidden(past)
        self.hold.setHidden(past)
        if self.isVisible():
            self._ask_list()
            self._show_list()

    def _refresh_list(self) -> None:
        if self.isVisible() and not self._held and self._workspace.at_ms is None:
            self.feed.refresh()

    def _show_list(self) -> None:
        feed, past = self.feed, self._workspace.at_ms is not None
        self.banner.say(feed.error.sentence() if feed.error and not past else "", self.tr("Try again"))
        self.table.tick(self._clock.now_ms())
        self.table.show_messages(feed.messages, self._workspace.decoder(self._queue_name().partition(":")[0]))
        self._pages.setCurrentIndex(0 if feed.messages else 1)
        if feed.loading or (past and feed.more_there):
            self._empty.say(self.tr("Looking into the queue…"), "")
        elif past and feed.error is not None:
            self._empty.say(feed.error.message, feed.error.next_step)
        else:
            self._empty.say(*self._nothing_words())
        if self._wanted and not feed.loading:
            wanted, self._wanted = self._wanted, frozenset()
            self.table.choose(wanted)
        self._say_shown(queue_of(self._workspace.shown, self._queue_name()))

    def _nothing_words(self) -> tuple[str, str]:
        if self.filter.current == "all":
            if self._workspace.at_ms is not None:
                return self.tr("The queue was empty then"), self.tr("Move the playhead to see other times.")
            return self.tr("The queue is empty"), self.tr("Messages show here as they are sent.")
        state = state_name(_FILTERS[self.filter.current][0])
        return self.tr("No message is {0}").format(state), self.tr("Choose «All» to see the others.")

    def _say_shown(self, stat: QueueStat) -> None:
        counts, key = stat.counts, self.filter.current
        total = counts.messages if key == "all" else getattr(counts, key)
        shown = len(self.feed.messages)
        said = self.tr("{0} of {1}").format(words.count(shown), words.count(max(total, shown)))
        if shown >= MOST:
            said += " · " + self.tr("narrow it by state to see others")
        self.shown_words.setText(said if shown else "")

    def _hold(self, held: bool) -> None:
        self._held = held
        self.hold.setText(self.tr("Go on") if held else self.tr("Hold"))
        self.hold.setIcon(icons.icon("run" if held else "pause"))
        self.hold.setAccessibleName(self.hold.text())
        self._refresh_list()

    def _show_picked(self) -> None:
        chosen = self.table.chosen()
        past = self._workspace.at_ms
        self.detail.show_message(self._queue_name(), chosen[0] if chosen else None, len(chosen), past)
        if past is not None:
            return
        held = [message for message in chosen if message.state is MessageState.IN_FLIGHT]
        self.settle.show_receipts([Receipt(*m.id, m.attempts) for m in held], len(chosen))
        self.leases.mark(frozenset((m.id.partition, m.id.offset) for m in held))

    def _choose_lease(self, lease: LeaseStat) -> None:
        self._go_to(frozenset({MessageId(lease.partition, lease.offset)}))

    def _choose_received(self, deliveries: tuple[Delivery, ...]) -> None:
        if deliveries:
            self._go_to(frozenset(delivery.receipt.message for delivery in deliveries))

    def _go_to(self, ids: frozenset[MessageId]) -> None:
        """Choose these among what is in flight."""
        self._wanted = ids
        self.filter.choose("in_flight")
        if self.feed.states == _FILTERS["in_flight"]:
            self.feed.refresh()
        else:
            self._ask_list()

    # -- acts -----------------------------------------------------------------------------------------------
    def open_redrive(self) -> None:
        """The popover for what is chosen of the dead, or for all."""
        letters = takes_dead_letters(self._queue_name(), self._workspace.live)
        listed = self.table.chosen() if self._workspace.at_ms is None else []
        chosen = [m for m in listed if m.state is MessageState.DEAD or (letters and m.deaths)]
        RedrivePopover(self._workspace, self._queue_name(), chosen, self.window()).open_under(self.redrive)

    def open_purge(self) -> None:
        PurgePopover(self._workspace, self._queue_name(), self.window()).open_under(self.purge)

    def open_receive(self) -> None:
        self.receive.show()
        self.receive.take.setFocus(Qt.FocusReason.OtherFocusReason)
