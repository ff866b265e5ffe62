"""Every record of a topic: a table of any length with filter, jump and live tail, and the chosen record in full.

What is shown is a span of numbers (``session.rows``). The tail moves the span's end with the log, or keeps it while it
is paused (``tail``); with a filter, what the search has found so far is the table (``search``). In the
past the span ends where the log ended then. GUI thread.
"""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QAbstractItemView, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from workbench.control.connections import Attach
from workbench.core.errors import Invalid, WorkbenchError
from workbench.core.records import PartitionBounds, StoredRecord
from workbench.core.snapshot import Snapshot
from workbench.flow.kinds import TOPICS
from workbench.session.matching import read_filter
from workbench.session.rows import PAGE_ROWS, PartitionRows, Rows, TimeOrderedRows, page_rows_of
from workbench.ui.bridge.operation import Operation
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.models.goto import Destination, read_destination
from workbench.ui.models.records import RecordsModel
from workbench.ui.models.series import topic_order
from workbench.ui.models.views import Views
from workbench.ui.panels.parts.blocks import Banner
from workbench.ui.panels.parts.loading import EmptyOnceLoaded
from workbench.ui.panels.records.acts import RecordActs
from workbench.ui.panels.records.bar import RecordsBar
from workbench.ui.panels.records.detail import RecordDetail
from workbench.ui.panels.records.facts import FactsLine, empty_words
from workbench.ui.panels.records.search import RecordSearch
from workbench.ui.panels.records.sorting import SORTABLE_NOT, RecordSort
from workbench.ui.panels.records.source import Source
from workbench.ui.panels.records.table import RecordsTable
from workbench.ui.panels.records.tail import Tail
from workbench.ui.panels.records.view_state import RecordViewState
from workbench.ui.theme import words

_BOTH = 900  # pixels in which table and record stand well beside each other


class RecordsPanel(QWidget):
    """See the module. ``show_topic`` and ``show_place`` are for menus elsewhere."""

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.workspace = workspace
        self.source = Source()
        self._far_trouble = ""
        self._partition: int | None = None
        self._newest_first = True
        self._tail = Tail()
        self.search = RecordSearch(workspace, self)
        self.sort = RecordSort(workspace, self)
        self.model = RecordsModel(workspace, self)
        self.views = Views(workspace, self)
        self._build()
        self.looks = RecordViewState(self, self)
        self.acts = RecordActs(workspace, self, self._chosen)
        self._connect()
        self.setFocusProxy(self.table)

    # -- building ------------------------------------------------------------------------------------------
    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.bar = RecordsBar(self.views)
        self.banner = Banner()
        column.addWidget(self.bar)
        self.table = RecordsTable()
        self.table.setAccessibleName(self.tr("Records"))
        self.table.setModel(self.model)
        self.table.dress_columns()
        self.detail = RecordDetail(self.workspace)
        self.empty = EmptyOnceLoaded(self.workspace, "records", self.tr("No records yet"),
                                     self.tr("Run the flow, or write to the topic."))
        self.detail.hide()  # until a row is chosen, the table has all the room
        self._stack = QStackedWidget()
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self.table)
        left = QWidget()
        rows = QVBoxLayout(left)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self._build_facts())
        rows.addWidget(self.banner)
        rows.addWidget(self._stack, 1)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.addWidget(left)
        self.splitter.addWidget(self.detail)
        self.splitter.setHandleWidth(1)
        self.splitter.setStretchFactor(0, 1)
        self.splitter.setSizes([1003, 436])
        self.splitter.setChildrenCollapsible(False)
        column.addWidget(self.splitter, 1)

    def _build_facts(self) -> QWidget:
        self.facts = FactsLine()
        self.said, self.found, self.stop = self.facts.said, self.facts.found, self.facts.stop
        self.stop.clicked.connect(self._stop_search)
        return self.facts

    def _connect(self) -> None:
        workspace = self.workspace
        workspace.shown_changed.connect(self._follow)
        workspace.live_changed.connect(self._follow_far)
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
        self.search.advanced.connect(lambda: self._follow(workspace.shown))
        self.search.failed.connect(self._say_failed)
        self.banner.button.clicked.connect(self._read_again)
        self.detail.replay_wanted.connect(self.acts.replay)
        self.detail.publish_wanted.connect(lambda record: self.acts.send([record]))
        self.detail.edit_wanted.connect(self.acts.edit)
        self.detail.menu_wanted.connect(self.looks.open_for_field)
        self.detail.filter_wanted.connect(lambda wanted: self.looks.filter_by(wanted, ""))
        self.detail.closed.connect(self._close_detail)
        self.sort.advanced.connect(self._say)
        self.sort.sorted.connect(self._show_sorted)
        self.sort.failed.connect(self._say_failed)
        self.table.menu_wanted.connect(self.looks.open_for_cell)
        self.table.horizontalHeader().sectionClicked.connect(self._press_head)
        self.table.horizontalHeader().setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.table.horizontalHeader().customContextMenuRequested.connect(self.looks.open_for_head)
        self.bar.columns_wanted.connect(self.looks.open_columns)
        for keys, act in (("Ctrl+F", self.bar.filter.setFocus), ("Ctrl+G", self.bar.destination.setFocus)):
            QShortcut(QKeySequence(keys), self, act, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
        QShortcut(QKeySequence.StandardKey.Copy, self.table, self._copy,
                  context=Qt.ShortcutContext.WidgetShortcut)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.views.load()
        self._follow(self.workspace.shown)

    # -- what is shown -------------------------------------------------------------------------------------
    @property
    def topic(self) -> str:
        return self.source.topic

    def show_topic(self, name: str, connection: str = "") -> None:
        """Show a topic, of the file or of an attached system, from its newest record."""
        if (wanted := Source(name, connection)) != self.source:
            self._take_topic(wanted)
            self._restart()

    def _take_topic(self, source: Source) -> None:
        """What was chosen of the topic before goes with it."""
        self.source, self._partition, self._far_trouble = source, None, ""
        self._tail.resume()
        self.sort.drop()
        self.looks.show_columns(source.key)
        self.detail.show_record(None)

    def show_place(self, topic: str, partition: int, offset: int) -> None:
        """Show one record, wherever it is."""
        self.show_topic(topic)
        self._go(Destination(offset, partition))

    def _follow_selection(self, selection: frozenset[str]) -> None:
        topics = self.workspace.document.of_kind(*TOPICS)
        names = [node.name for node in topics if node.id in selection]
        if len(names) == 1 and self.workspace.shown.topic(names[0]):
            self.show_topic(names[0])

    def bounds(self) -> tuple[PartitionBounds, ...]:
        """What the topic holds as shown; in the past only what is still kept of it."""
        return self.source.bounds(self.workspace)

    def _rows(self) -> Rows:
        if (ordered := self.sort.rows) is not None:
            return ordered
        if self.search.active:
            return self.search.rows()
        stat = self.source.stat(self.workspace)
        page = PAGE_ROWS if stat is None else page_rows_of(stat.records, stat.size_bytes)
        if self._partition is not None:
            return PartitionRows(self.topic, self._partition, page, self.source.connection)
        return TimeOrderedRows(self.topic, page, self.source.connection)

    @property
    def topic_bounds(self) -> tuple[PartitionBounds, ...]:
        """What is looked at: the whole topic, or one partition of it."""
        return self._looked_at(self.bounds())

    def _span(self) -> tuple[int, int]:
        span = self._rows().span(self.bounds())
        if self.sort.rows is not None:
            return span
        return span[0], self._tail.end_of(span)

    def _restart(self) -> None:
        """Show the topic anew: another order, another filter, another time."""
        self.banner.say(self._far_trouble, self.tr("Try now") if self._far_trouble else "")
        bounds = self.bounds()
        if self.search.wanted is not None:
            self._tail.resume()
            self.search.begin(self.topic, self.search.wanted, self._looked_at(bounds), self.source.connection)
        if self.sort.column:
            self.sort.begin(self.topic, self._looked_at(bounds), self.search.wanted, self.source.connection)
        self.bar.show_order(self._partition, self._newest_first, len(bounds))
        self._show_rows()
        self._to_edge()
        self._follow(self.workspace.shown)

    def _show_rows(self) -> None:
        ordered = self.sort.rows is not None
        self.model.show(self._rows(), *self._span(), self.sort.descending if ordered else self._newest_first)
        self.looks.mark_order(self.sort.column, self.sort.descending, self._newest_first)

    def _looked_at(self, bounds: tuple[PartitionBounds, ...]) -> tuple[PartitionBounds, ...]:
        return tuple(b for b in bounds if self._partition is None or b.partition == self._partition)

    def _follow_far(self, live: Snapshot) -> None:
        """A foreign log goes on while the past of the file is shown."""
        if self.source.connection and self.workspace.at_ms is not None:
            self._follow(live)

    def _follow(self, _snapshot: Snapshot) -> None:
        if not self.isVisible():
            return
        self.workspace.wants.put(self, [self.topic] if not self.source.connection else ())
        names = topic_order(self.workspace.document, self.workspace.shown)
        far = bool(self.source.connection) and self.source.is_attached(self.workspace)
        if not far and self.topic not in names and (names or self.topic):
            self._take_topic(Source(names[0] if names else ""))
            self.search.drop()
            self._restart()
            return
        self.bar.show_topics(names, self.source.kinds(self.workspace), self.source.title)
        self._note_trouble()
        if self._far_trouble:
            self._say()
            return
        if self.sort.rows is None:
            self.model.grow(*self._span())
        self.model.note_total(self._total())
        self.search.look_on(self._looked_at(self.bounds()))
        self._say()

    def _note_trouble(self) -> None:
        """A system that is out of reach is said; what was read stays, and once it is back the tail goes on."""
        trouble = self.source.trouble(self.workspace)
        if trouble != self._far_trouble:
            self._far_trouble = trouble
            self.facts.say("")
            self.banner.say(trouble, self.tr("Try now") if trouble else "")
            self.table.viewport().update()

    def _read_again(self) -> None:
        if self.source.connection:
            self.workspace.act(Attach(self.source.connection)).run()
        self._restart()

    def _say(self) -> None:
        empty = self.model.rowCount() == 0
        self._stack.setCurrentWidget(self.empty if empty else self.table)
        if empty:
            self._say_empty()
        waiting = self._waiting()
        self.bar.show_tail(self._following, words.count(waiting) if waiting else "", bool(self.topic) and self._live)
        self._say_facts(waiting)
        self._say_found()

    def _say_empty(self) -> None:
        if self._far_trouble:
            self.empty.say(self.tr("Nothing was read yet"), "")
        else:
            found = self.search.complete if self.search.active else None
            self.empty.say(*empty_words(self.topic, self._live, found))

    # -- the tail ------------------------------------------------------------------------------------------
    @property
    def _live(self) -> bool:
        return self.source.is_live(self.workspace)

    @property
    def _following(self) -> bool:
        return self._live and not self._tail.paused and not self.sort.column

    def _waiting(self) -> int:
        if self.sort.column:
            return 0
        return self._tail.waiting(self._rows().span(self.bounds())[1])

    def _total(self) -> int:
        return sum(b.end for b in self.bounds())

    def _toggle_tail(self) -> None:
        if self._following:
            self.pause_tail()
        else:
            self.resume_tail()

    def pause_tail(self) -> None:
        """Keep the place; what arrives is counted."""
        if self._following:
            self._tail.pause(self.model.end, self.workspace.shown.at_ms, self._total())
            self.model.grow(*self._span())
            self._say()

    def resume_tail(self) -> None:
        """Follow the newest again, in the order of the log."""
        self._tail.resume()
        if self.sort.column:
            self.sort.drop()
            self._restart()
            return
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
        if self._far_trouble or self.bar.filter.property("state") == "bad":
            return
        if self.sort.column:
            self.facts.say(self.sort.said(self._total()))
        elif not self._live:
            said = self.tr("The log as it stood at {0}.")
            self.facts.say(said.format(words.clock(self.workspace.at_ms or 0, False)))
        elif not self._tail.paused:
            self.facts.say(self.tr("Following the newest records.") if self.topic else "")
        else:
            self.facts.say(self._tail.said(waiting, self._total(), self.search.active), paused=True)

    # -- the filter ----------------------------------------------------------------------------------------
    def _take_filter(self, text: str) -> None:
        if self.search.wanted is not None and self.search.wanted.text == text:
            return
        if not text:
            self.bar.filter.say("")
            if self.search.active:
                self.search.drop()
                self._tail.resume()
                self._restart()
            else:
                self._say()
            return
        try:
            wanted = read_filter(text, self.workspace.decoder)
        except Invalid as reason:  # the last good result stays
            self.bar.filter.say("bad")
            self.facts.say(reason.message, "bad")
            return
        self.bar.filter.say("ok")
        self.search.begin(self.topic, wanted, ())
        self._restart()

    def _stop_search(self) -> None:
        self.search.stop()
        self._say()

    def _say_found(self) -> None:
        looking = self.search.progress is not None and not self.search.complete
        self.stop.setVisible(looking)
        if self.search.active:
            self.facts.count(self.search.said())
        else:
            total = sum(b.records for b in self._looked_at(self.bounds()))
            self.facts.count(words.plural(total, self.tr("record"), self.tr("records")) if self.topic else "")

    # -- sorting -------------------------------------------------------------------------------------------
    def _press_head(self, section: int) -> None:
        """The log's own order for time and offset, turned by another press; a sort for what it has no order of."""
        column = self.model.columns[section]
        if column in ("time", "offset"):
            turn = not self.sort.column
            self.sort.drop()
            self._choose_order(self._partition, self._newest_first != turn)
        elif column not in SORTABLE_NOT:
            again = self.sort.rows if column == self.sort.column else None
            if self.sort.press(column) and again is not None:
                self._show_sorted()
            else:
                self._restart()
        self.looks.mark_order(self.sort.column, self.sort.descending, self._newest_first)

    def _show_sorted(self) -> None:
        self._show_rows()
        self.table.scrollToTop()
        self._follow(self.workspace.shown)

    # -- going somewhere -----------------------------------------------------------------------------------
    def _choose_order(self, partition: int | None, newest_first: bool) -> None:
        if partition != self._partition:
            self._tail.resume()
        self._partition, self._newest_first = partition, newest_first
        self._restart()

    def _go_typed(self, text: str) -> None:
        try:
            self._go(read_destination(text, self.workspace.shown.at_ms, words.zone()))
        except Invalid as reason:
            self.workspace.failed.emit(reason)

    def _go(self, wanted: Destination) -> None:
        rows, workspace = self._rows(), self.workspace
        chosen = self.detail.record
        partition = wanted.partition
        if partition is None:
            partition = self._partition if self._partition is not None else chosen.partition if chosen else 0

        def find() -> int:
            with workspace.browse_for_work(rows.connection) as reader:
                if wanted.at_ms is not None:
                    return rows.number_at(reader, wanted.at_ms)
                return rows.number_of(reader, partition, wanted.offset)

        arrive = partial(self._arrive, self.source)
        work = Operation(self, find, workspace.workers_for(rows.connection))
        work.done(arrive).failed(workspace.failed.emit).run()

    def _arrive(self, source: Source, number: int) -> None:
        if source != self.source:
            return  # another was chosen meanwhile
        self._tail.keep(max(self.model.end, number + 1))
        self.model.grow(*self._span())
        self.model.include(number)
        self.pause_tail()
        self._tail.keep(self.model.end)
        row = self.model.row_of(number)
        if row >= 0:
            index = self.model.index(row, 0)
            self.table.setCurrentIndex(index)
            self.table.scrollTo(index, QAbstractItemView.ScrollHint.PositionAtCenter)
            self.table.setFocus()

    def _chosen(self) -> tuple[Rows, list[int]]:
        """The rows that are selected, by number; without any the one that is shown in full."""
        return self._rows(), [self.model.number_of(row) for row in self.table.chosen_rows()]

    def export_found(self) -> None:
        """Export what the filter found, or the topic as it is."""
        from workbench.ui.dialogs.export import ExportDialog

        wanted = self.search.wanted.text if self.search.wanted is not None else ""
        ExportDialog(self.workspace, self.window(), topic=self.topic, wanted=wanted,
                     connection=self.source.connection).open()

    def _copy(self) -> None:
        if len(self.table.chosen_rows()) > 1:
            self.acts.copy("value")
        else:
            self.detail.copy_value()

    def _close_detail(self) -> None:
        self.table.selectionModel().clear()
        self.detail.hide()
        self.table.setFocus()

    def _choose_row(self, current: QModelIndex, _before: QModelIndex) -> None:
        if current.isValid():
            self.pause_tail()
            self._show_detail(self.model.record(current.row()))

    def _page_came(self) -> None:
        self._stack.setCurrentWidget(self.table if self.model.rowCount() else self.empty)
        if self._following:
            self._to_edge()
        current = self.table.currentIndex()
        if current.isValid():
            self._show_detail(self.model.record(current.row()))

    def _show_detail(self, record: StoredRecord | None) -> None:
        if record is not None:
            self.detail.show_record(record, self.source.groups(self.workspace), self.source)
            self.detail.appear()
            self.workspace.key_pressed.emit(record.key)

    def _say_failed(self, error: WorkbenchError) -> None:
        if not self._far_trouble:  # else it is said already, and tried again
            self.banner.say(error.sentence(), self.tr("Read again"))
