"""Every record of a topic: a table of any length with filter, jump and live tail, and the chosen record in full.

What is shown is a span of numbers (``models.rows``). The tail moves the span's end with the log; pausing it keeps the
end where it is and counts what waits. A filter scans off the GUI thread, a slice at a time, and what it found so far
is the table. In the past the span ends where the log ended then. GUI thread.
"""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QAbstractSlider,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QSplitter,
    QStackedWidget,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from workbench.control.messages import AppendedList, AppendRecords
from workbench.core.errors import Invalid, WorkbenchError
from workbench.core.offsets import ResetSpec
from workbench.core.records import PartitionBounds, Record, StoredRecord
from workbench.core.snapshot import Snapshot
from workbench.ui.bridge.operation import Operation
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.models.goto import Destination, read_destination
from workbench.ui.models.matching import read_filter
from workbench.ui.models.records import COLUMNS, RecordsModel
from workbench.ui.models.rows import MatchedRows, MergedRows, PartitionRows, Rows
from workbench.ui.models.scan import Progress, Scan
from workbench.ui.models.series import topic_order
from workbench.ui.panels.blocks import Banner, Empty, label, push_button, set_tone
from workbench.ui.panels.record_cells import ROW_HEIGHT, RecordCell
from workbench.ui.panels.record_detail import RecordDetail
from workbench.ui.panels.records_bar import RecordsBar
from workbench.ui.panels.replay_preview import open_replay_preview
from workbench.ui.theme import icons, words

SCAN_SLICE_S = 0.1
_WIDTHS = {"time": 114, "partition": 50, "offset": 76, "key": 100, "value": 400, "headers": 76, "size": 72}


class RecordsTable(QTableView):
    """The view with fixed rows. ``scrolled`` comes when a person scrolls."""

    scrolled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setItemDelegate(RecordCell(self))
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerItem)
        rows = self.verticalHeader()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(ROW_HEIGHT)
        rows.hide()
        self.verticalScrollBar().actionTriggered.connect(self._tell_scrolled)

    def _tell_scrolled(self, action: int) -> None:
        if action != QAbstractSlider.SliderAction.SliderNoAction.value:
            self.scrolled.emit()

    def dress_columns(self) -> None:
        """Widths once a model is there: the value takes what is left."""
        columns = self.horizontalHeader()
        columns.setHighlightSections(False)
        columns.setMinimumSectionSize(40)
        columns.setFixedHeight(26)
        for index, name in enumerate(COLUMNS):
            mode = QHeaderView.ResizeMode.Stretch if name == "value" else QHeaderView.ResizeMode.Interactive
            columns.setSectionResizeMode(index, mode)
            self.setColumnWidth(index, _WIDTHS[name])


class RecordsPanel(QWidget):
    """See the module. ``show_topic`` and ``show_place`` are for menus elsewhere."""

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._topic = ""
        self._partition: int | None = None
        self._newest_first = True
        self._scan: Scan | None = None
        self._progress: Progress | None = None
        self._scanning = False
        self._frozen_end: int | None = None  # the number the span ends at while the tail is paused
        self._paused_at_ms = 0
        self._paused_total = 0
        self._wanted: tuple[int, int] | None = None  # record to choose once its page is here
        self.model = RecordsModel(workspace, self)
        self._build()
        self._connect()
        self.setFocusProxy(self.table)

    # -- building ------------------------------------------------------------------------------------------
    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.bar = RecordsBar()
        self.banner = Banner()
        column.addWidget(self.bar)
        column.addWidget(self._build_facts())
        column.addWidget(self.banner)
        self.table = RecordsTable()
        self.table.setAccessibleName(self.tr("Records"))
        self.table.setModel(self.model)
        self.table.dress_columns()
        self.detail = RecordDetail(self._workspace)
        self.empty = Empty("records", self.tr("No records yet"), self.tr("Run the flow, or write to the topic."))
        self._stack = QStackedWidget()
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self.table)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.addWidget(self._stack)
        self.splitter.addWidget(self.detail)
        self.splitter.setHandleWidth(1)
        self.splitter.setStretchFactor(0, 1)
        self.splitter.setSizes([1003, 436])
        self.splitter.setChildrenCollapsible(False)
        column.addWidget(self.splitter, 1)

    def _build_facts(self) -> QWidget:
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(12, 0, 12, 6)
        row.setSpacing(8)
        self._mark = QLabel()
        self.said = label("", "muted")
        self.found = label("", "muted")
        self.stop = push_button(self.tr("Stop"), variant="link", tip=self.tr("Stop looking; what was found stays"))
        self.stop.clicked.connect(self._stop_scan)
        for widget in (self._mark, self.said):
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(self.found)
        row.addWidget(self.stop)
        line.setFixedHeight(26)
        return line

    def _connect(self) -> None:
        workspace = self._workspace
        workspace.shown_changed.connect(self._follow)
        workspace.time_changed.connect(lambda _: self._restart())
        workspace.selection_changed.connect(self._follow_selection)
        workspace.host_lost.connect(lambda _: self._follow(workspace.shown))
        self.bar.topic_chosen.connect(self.show_topic)
        self.bar.order_chosen.connect(self._choose_order)
        self.bar.filter.changed_text.connect(self._take_filter)
        self.bar.destination_typed.connect(self._go_typed)
        self.bar.tail_pressed.connect(self._toggle_tail)
        self.table.scrolled.connect(self._notice_scroll)
        self.table.selectionModel().currentRowChanged.connect(self._choose_row)
        self.model.modelReset.connect(lambda: self.table.selectionModel().clear())
        self.model.page_loaded.connect(self._page_came)
        self.model.load_failed.connect(self._say_failed)
        self.banner.button.clicked.connect(self._restart)
        self.detail.replay_wanted.connect(self._replay)
        self.detail.publish_wanted.connect(self._publish)
        for keys, act in (("Ctrl+F", self.bar.filter.setFocus), ("Ctrl+G", self.bar.destination.setFocus)):
            QShortcut(QKeySequence(keys), self, act, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
        QShortcut(QKeySequence.StandardKey.Copy, self.table, self.detail.copy_value,
                  context=Qt.ShortcutContext.WidgetShortcut)  # fmt: skip

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._follow(self._workspace.shown)

    # -- what is shown -------------------------------------------------------------------------------------
    @property
    def topic(self) -> str:
        return self._topic

    def show_topic(self, name: str) -> None:
        """Show a topic from its newest record."""
        if name != self._topic:
            self._topic, self._partition = name, None
            self._frozen_end = None
            self._restart()

    def show_place(self, topic: str, partition: int, offset: int) -> None:
        """Show one record, wherever it is."""
        self.show_topic(topic)
        self._go(Destination(offset, partition))

    def _follow_selection(self, selection: frozenset[str]) -> None:
        names = [n.name for n in self._workspace.document.of_kind("topic", "dead_letters") if n.id in selection]
        if len(names) == 1 and self._workspace.shown.topic(names[0]):
            self.show_topic(names[0])

    def bounds(self) -> tuple[PartitionBounds, ...]:
        """What the topic holds as shown; in the past only what is still kept of it."""
        shown, live = self._workspace.shown.topic(self._topic), self._workspace.live.topic(self._topic)
        if shown is None:
            return ()
        kept = {p.partition: p.log_start for p in (live or shown).partitions}
        return tuple(
            PartitionBounds(p.partition, max(p.log_start, kept.get(p.partition, 0)), p.end)
            if p.end > kept.get(p.partition, 0) else PartitionBounds(p.partition, p.end, p.end)
            for p in shown.partitions
        )  # fmt: skip

    def _rows(self) -> Rows:
        if self._scan is not None:
            return MatchedRows(self._scan)
        if self._partition is not None:
            return PartitionRows(self._topic, self._partition)
        return MergedRows(self._topic)

    def _span(self) -> tuple[int, int]:
        first, end = self._rows().span(self.bounds())
        return first, end if self._frozen_end is None else max(first, min(end, self._frozen_end))

    def _restart(self) -> None:
        """Show the topic anew: another order, another filter, another time."""
        self.banner.say("")
        bounds = self.bounds()
        if self._scan is not None:
            self._frozen_end = None
            self._scan = Scan(self._topic, self._scan.wanted, self._scanned_bounds(bounds))
            self._progress = None
        self.model.show(self._rows(), *self._span(), self._newest_first)
        self.bar.show_order(self._partition, self._newest_first, len(bounds))
        self._to_edge()
        self._follow(self._workspace.shown)

    def _scanned_bounds(self, bounds: tuple[PartitionBounds, ...]) -> tuple[PartitionBounds, ...]:
        return tuple(b for b in bounds if self._partition is None or b.partition == self._partition)

    def _follow(self, snapshot: Snapshot) -> None:
        if not self.isVisible():
            return
        names = topic_order(self._workspace.document, snapshot)
        if self._topic not in names and (names or self._topic):
            self._topic = names[0] if names else ""
            self._partition, self._frozen_end, self._scan = None, None, None
            self._restart()
            return
        self.bar.show_topics(names, self._topic)
        self.model.grow(*self._span())
        if self._following and self.model.rowCount():
            self._to_edge()
        self._scan_on()
        self._say()

    def _say(self) -> None:
        empty = self.model.rowCount() == 0
        self._stack.setCurrentIndex(0 if empty else 1)
        if empty:
            self._say_empty()
        waiting = self._waiting()
        self.bar.show_tail(self._following, words.count(waiting) if waiting else "", bool(self._topic) and self._live)
        self._say_facts(waiting)
        self._say_found()

    def _say_empty(self) -> None:
        if not self._topic:
            self.empty.say(self.tr("No topics yet"), self.tr("Records appear here once a topic is there."))
        elif self._scan is not None and self._progress and self._progress.complete:
            self.empty.say(self.tr("No record matches"), self.tr("Change the filter, or clear it."))
        elif self._scan is not None:
            self.empty.say(self.tr("Looking…"), self.tr("Matches appear as they are found."))
        else:
            self.empty.say(self.tr("No records in {0} yet").format(self._topic),
                           self.tr("Run the flow, or send one event from a producer's panel."))  # fmt: skip

    # -- the tail ------------------------------------------------------------------------------------------
    @property
    def _live(self) -> bool:
        return self._workspace.at_ms is None

    @property
    def _following(self) -> bool:
        return self._live and self._frozen_end is None

    def _waiting(self) -> int:
        if self._frozen_end is None:
            return 0
        return max(0, self._rows().span(self.bounds())[1] - self._frozen_end)

    def _toggle_tail(self) -> None:
        if self._following:
            self.pause_tail()
        else:
            self.resume_tail()

    def pause_tail(self) -> None:
        """Keep the place; what arrives is counted."""
        if self._following:
            self._frozen_end = self._span()[1]
            self._paused_at_ms = self._workspace.shown.at_ms
            self._paused_total = sum(b.end for b in self.bounds())
            self._say()

    def resume_tail(self) -> None:
        self._frozen_end = None
        self.model.grow(*self._span())
        self.table.selectionModel().clear()
        self._to_edge()
        self._say()

    def _to_edge(self) -> None:
        if self._newest_first:
            self.table.scrollToTop()
        else:
            self.table.scrollToBottom()

    def _notice_scroll(self) -> None:
        bar = self.table.verticalScrollBar()
        if bar.sliderPosition() != (bar.minimum() if self._newest_first else bar.maximum()):
            self.pause_tail()

    def _say_facts(self, waiting: int) -> None:
        if self.bar.filter.property("state") == "bad":
            return
        self._mark.setVisible(False)
        set_tone(self.said, "muted")
        if not self._live:
            self.said.setText(self.tr("The log as it stood at {0}.").format(
                words.clock(self._workspace.at_ms or 0, False)))  # fmt: skip
        elif self._frozen_end is None:
            self.said.setText(self.tr("Following the newest records.") if self._topic else "")
        else:
            self._mark.setVisible(True)
            self._mark.setPixmap(icons.pixmap("pause", "warn_mark", 12, self.devicePixelRatioF()))
            since = sum(b.end for b in self.bounds()) - self._paused_total
            text = self.tr("Tail paused at {0}. Nothing is lost; ").format(words.clock(self._paused_at_ms, False))
            if not since:
                text += self.tr("nothing new since then.")
            elif self._scan is not None:
                text += self.tr("{0} of the {1} records since then match.").format(
                    words.count(waiting), words.count(since))  # fmt: skip
            else:
                text += words.plural(waiting, self.tr("record since then."), self.tr("records since then."))
            self.said.setText(text)

    # -- the filter ----------------------------------------------------------------------------------------
    def _take_filter(self, text: str) -> None:
        if self._scan is not None and self._scan.wanted.text == text:
            return
        if not text:
            self.bar.filter.say("")
            if self._scan is not None:
                self._scan = self._progress = self._frozen_end = None
                self._restart()
            else:
                self._say()
            return
        try:
            wanted = read_filter(text)
        except Invalid as reason:  # the last good result stays
            self.bar.filter.say("bad")
            self._mark.setVisible(False)
            set_tone(self.said, "bad")
            self.said.setText(reason.message)
            return
        self.bar.filter.say("ok")
        self._scan = Scan(self._topic, wanted, ())
        self._restart()

    def _scan_on(self) -> None:
        """Look on, unless a slice is under way or there is nothing new."""
        scan = self._scan
        if scan is None or self._scanning or (scan.full and self._progress is not None):
            return
        ends = {b.partition: b.end for b in self._scanned_bounds(self.bounds())}
        if self._progress is not None and scan.progress(ends).complete:
            self._progress = scan.progress(ends)
            return
        self._scanning = True
        workspace = self._workspace

        def look() -> Progress:
            with workspace.reader_for_work() as reader:
                return scan.advance(reader, ends, SCAN_SLICE_S)

        Operation(self, look).done(lambda progress: self._scanned(scan, progress)).failed(self._scan_failed).run()

    def _scanned(self, scan: Scan, progress: Progress) -> None:
        self._scanning = False
        if scan is self._scan:
            self._progress = progress
        self._follow(self._workspace.shown)

    def _scan_failed(self, error: WorkbenchError) -> None:
        self._scanning = False
        self._stop_scan()
        self._say_failed(error)

    def _stop_scan(self) -> None:
        if self._scan is not None:
            self._scan.full = True
            self._say()

    def _say_found(self) -> None:
        progress = self._progress if self._scan is not None else None
        self.stop.setVisible(progress is not None and not progress.complete)
        if self._scan is None:
            total = sum(b.records for b in self._scanned_bounds(self.bounds()))
            self.found.setText(words.plural(total, self.tr("record"), self.tr("records")) if self._topic else "")
        elif progress is None:
            self.found.setText(self.tr("looking…"))
        else:
            matched = self.tr("{0} of {1} match").format(words.count(progress.matched), words.count(progress.total))
            scanned = self.tr("scanned {0} of {1}").format(words.count(progress.scanned), words.count(progress.total))
            kept = self.tr(" · the newest {0} are kept").format(words.count(progress.older)) if progress.full else ""
            self.found.setText(f"{matched}     {scanned}{kept}")

    # -- going somewhere -----------------------------------------------------------------------------------
    def _choose_order(self, partition: int | None, newest_first: bool) -> None:
        if partition != self._partition:
            self._frozen_end = None
        self._partition, self._newest_first = partition, newest_first
        self._restart()

    def _go_typed(self, text: str) -> None:
        try:
            self._go(read_destination(text, self._workspace.shown.at_ms))
        except Invalid as reason:
            self._workspace.failed.emit(reason)

    def _go(self, wanted: Destination) -> None:
        rows, workspace = self._rows(), self._workspace
        chosen = self.detail.record
        partition = wanted.partition
        if partition is None:
            partition = self._partition if self._partition is not None else chosen.partition if chosen else 0

        def find() -> int:
            with workspace.reader_for_work() as reader:
                if wanted.at_ms is not None:
                    return rows.number_at(reader, wanted.at_ms)
                return rows.number_of(reader, partition, wanted.offset)

        Operation(self, find).done(self._arrive).failed(self._workspace.failed.emit).run()

    def _arrive(self, number: int) -> None:
        self.pause_tail()
        if self.model.rowCount():
            self.model.include(number)
        row = self.model.row_of(number)
        if row >= 0:
            index = self.model.index(row, 0)
            self.table.setCurrentIndex(index)
            self.table.scrollTo(index, QAbstractItemView.ScrollHint.PositionAtCenter)
            self.table.setFocus()

    def _choose_row(self, current: QModelIndex, _before: QModelIndex) -> None:
        if current.isValid():
            self.pause_tail()
            self._show_detail(self.model.record(current.row()))

    def _page_came(self) -> None:
        current = self.table.currentIndex()
        if current.isValid():
            self._show_detail(self.model.record(current.row()))

    def _show_detail(self, record: StoredRecord | None) -> None:
        if record is not None:
            groups = [g.name for g in self._workspace.live.groups if self._topic in g.topics]
            self.detail.show_record(record, groups)
            self._workspace.key_pressed.emit(record.key)

    def _say_failed(self, error: WorkbenchError) -> None:
        self.banner.say(error.sentence(), self.tr("Read again"))

    # -- acts ----------------------------------------------------------------------------------------------
    def _replay(self, group: str, record: StoredRecord) -> None:
        open_replay_preview(self._workspace, self, group, ResetSpec("time", record.timestamp_ms), topic=record.topic,
                            origin=(record.partition, record.offset))  # fmt: skip

    def _publish(self, record: StoredRecord) -> None:
        again = Record(record.key, record.value, record.headers)
        command = AppendRecords(record.topic, (again,), record.partition)
        self._workspace.act(command).done(self._published).run()

    def _published(self, reply: AppendedList) -> None:
        if isinstance(reply, AppendedList) and reply.appended:
            at = reply.appended[0]
            self._workspace.notice.emit(self.tr("Published again as {0}.").format(
                words.place(at.topic, at.partition, at.base_offset)))  # fmt: skip
