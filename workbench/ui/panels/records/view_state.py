"""How the table of records looks and what its menus do: columns of fields, colour rules, filters from what is there.

It stands between the panel, its table and the views that the workspace keeps. GUI thread.
"""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QModelIndex, QObject, QPoint, Qt
from PySide6.QtWidgets import QInputDialog, QMenu, QWidget

from workbench.core.errors import Invalid
from workbench.core.records import StoredRecord
from workbench.serde import Decoder
from workbench.session.fields import FieldPath, joined, paths_in, read_path
from workbench.session.matching import read_filter
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.models.records import RecordsModel, column_title
from workbench.ui.models.views import ColourRule, Views
from workbench.ui.panels.records import menu as menus
from workbench.ui.panels.records.acts import RecordActs
from workbench.ui.panels.records.bar import RecordsBar
from workbench.ui.panels.records.detail import RecordDetail
from workbench.ui.panels.records.rules import RulesPopover
from workbench.ui.panels.records.search import RecordSearch
from workbench.ui.panels.records.sorting import RecordSort
from workbench.ui.panels.records.source import Source
from workbench.ui.panels.records.table import RecordsTable
from workbench.ui.theme import icons
from workbench.ui.theme.words import menu_text


class Parts(Protocol):
    """The parts of a panel that looks and menus are about. ``RecordsPanel`` has them."""

    workspace: Workspace
    source: Source
    model: RecordsModel
    views: Views
    table: RecordsTable
    bar: RecordsBar
    detail: RecordDetail
    search: RecordSearch
    sort: RecordSort
    acts: RecordActs

    def resume_tail(self) -> None: ...
    def export_found(self) -> None: ...


class RecordViewState(QObject):
    """See the module. ``home`` is the widget that menus and dialogs belong to."""

    def __init__(self, panel: Parts, home: QWidget) -> None:
        super().__init__(home)
        self._panel = panel
        self._home = home
        panel.views.changed.connect(self._take_views)

    def _take_views(self) -> None:
        self.show_columns(self._panel.source.key)
        rules = []
        for rule in self._panel.views.rules:
            try:
                rules.append((read_filter(rule.text, self._panel.workspace.decoder), rule.colour))
            except Invalid:
                continue  # of a newer version, or changed by hand: it colours nothing
        self._panel.model.set_rules(rules)

    def _decoder(self, record: StoredRecord) -> Decoder:
        return self._panel.workspace.decoder(record.topic)

    # -- columns -------------------------------------------------------------------------------------------
    def show_columns(self, topic: str) -> None:
        """The columns that are kept for a topic."""
        panel, kept = self._panel, []
        for path in panel.views.columns.get(topic, ()):
            try:
                kept.append(str(read_path(path)))
            except Invalid:
                continue
        if tuple(kept) != panel.model.fields:
            panel.model.set_fields(kept)
            panel.table.dress_columns()

    def add_column(self, path: str) -> None:
        now = self._panel.model.fields
        if path not in now:
            self._panel.views.set_columns(self._panel.source.key, (*now, path))

    def remove_column(self, path: str) -> None:
        if path == self._panel.sort.column:
            self._panel.resume_tail()
        left = tuple(known for known in self._panel.model.fields if known != path)
        self._panel.views.set_columns(self._panel.source.key, left)

    def mark_order(self, column: str, descending: bool, newest_first: bool) -> None:
        """The arrow in the head: where the order comes from."""
        head = self._panel.table.horizontalHeader()
        columns = self._panel.model.columns
        section = columns.index(column) if column in columns else columns.index("time")
        down = descending if column else newest_first
        if column:
            self._panel.bar.show_sorted(column_title(column), descending)
        head.setSortIndicatorShown(True)
        head.setSortIndicator(section, Qt.SortOrder.DescendingOrder if down else Qt.SortOrder.AscendingOrder)

    def open_for_head(self, at: QPoint) -> None:
        head = self._panel.table.horizontalHeader()
        section = head.logicalIndexAt(at)
        menu = self._menu()
        column = self._panel.model.columns[section] if section >= 0 else ""
        if column in self._panel.model.fields:
            gone = menu.addAction(icons.icon("close"), self.tr("Remove column {0}").format(menu_text(column)))
            gone.triggered.connect(lambda *_: self.remove_column(column))
            menu.addSeparator()
        self._fill_columns(menu)
        menu.popup(head.mapToGlobal(at))

    def open_columns(self, anchor: QWidget) -> None:
        """The menu of the button in the bar."""
        menu = self._menu()
        self._fill_columns(menu)
        menu.addSeparator()
        rules = menu.addAction(icons.icon("records"), self.tr("Colour rules…"))
        rules.triggered.connect(lambda *_: self.open_rules(anchor))
        menu.popup(anchor.mapToGlobal(anchor.rect().bottomLeft()))

    def _fill_columns(self, menu: QMenu) -> None:
        """A tick for each field of the record in view, and one to type."""
        panel = self._panel
        record = panel.detail.record or panel.model.record(0)
        there = paths_in(record, self._decoder(record)) if record is not None else []
        known = [str(path) for path in there[: menus.MOST_FIELDS]]
        for path in dict.fromkeys((*panel.model.fields, *known)):
            action = menu.addAction(menu_text(path))
            action.setCheckable(True)
            action.setChecked(path in panel.model.fields)
            change = self.add_column if path not in panel.model.fields else self.remove_column
            action.triggered.connect(lambda _=False, path=path, change=change: change(path))
        other = menu.addAction(icons.icon("add"), self.tr("Another field…"))
        other.triggered.connect(lambda *_: self._ask_column())

    def _ask_column(self) -> None:
        dialog = QInputDialog(self._home)
        dialog.setWindowTitle(self.tr("Add a column"))
        dialog.setLabelText(self.tr("A field, as value.total, value.items[0].sku or headers.source"))
        dialog.textValueSelected.connect(self._take_column)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _take_column(self, text: str) -> None:
        try:
            self.add_column(str(read_path(text)))
        except Invalid as reason:
            self._panel.workspace.failed.emit(reason)

    # -- filters and colours -------------------------------------------------------------------------------
    def filter_by(self, condition: str, how: str) -> None:
        """Filter by this alone, or joined to what stands there (``&&``, ``||``)."""
        field = self._panel.bar.filter
        before = field.text().strip()
        keeps = how and self._panel.search.wanted is not None and self._panel.search.wanted.kind == "expression"
        field.setText(joined(before, condition, how) if keeps else condition)

    def colour_by(self, condition: str, colour: str) -> None:
        """A rule for this before the others; one for the very same gives way."""
        others = tuple(rule for rule in self._panel.views.rules if rule.text != condition)
        self._panel.views.set_rules((ColourRule(condition, colour), *others))

    def open_rules(self, anchor: QWidget) -> None:
        popover = RulesPopover(self._panel.views, self._home.window())
        popover.open_under(anchor)
        popover.lines[0][0].setFocus()

    # -- menus ---------------------------------------------------------------------------------------------
    def open_for_cell(self, index: QModelIndex, at: QPoint) -> None:
        record = self._panel.model.record(index.row())
        if record is None:
            return
        column = self._panel.model.columns[index.column()]
        if column in self._panel.model.fields:
            asked = menus.of_field(record, read_path(column), self._decoder(record))
        else:
            asked = menus.of_cell(record, column, self._decoder(record))
        self._open(record, asked, at)

    def open_for_field(self, path: FieldPath | None, at: QPoint) -> None:
        """The menu of a value in the detail."""
        record = self._panel.detail.record
        if record is not None:
            self._open(record, menus.of_field(record, path, self._decoder(record)) if path is not None else None, at)

    def _open(self, record: StoredRecord, asked: menus.Question | None, at: QPoint) -> None:
        menu = self._menu()
        chosen = len(self._panel.table.chosen_rows())
        source, workspace = self._panel.source, self._panel.workspace
        menus.fill(menu, record, asked, chosen, source.groups(workspace), _MenuActs(self._panel, self, record),
                   self._decoder(record), source.capabilities(workspace))
        menu.popup(at)

    def _menu(self) -> QMenu:
        menu = QMenu(self._home)
        menu.setObjectName("records_menu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return menu


class _MenuActs:
    """What the entries of a record's menu do."""

    def __init__(self, panel: Parts, looks: RecordViewState, record: StoredRecord) -> None:
        self._panel, self._record = panel, record
        self.filter_by, self.colour_by, self.add_column = looks.filter_by, looks.colour_by, looks.add_column
        self.copy, self.publish = panel.acts.copy, panel.acts.publish

    def export(self) -> None:
        """The selected rows; when only one is, what the filter found, or the topic."""
        panel = self._panel
        if len(panel.table.chosen_rows()) > 1:
            panel.acts.export()
        else:
            panel.export_found()

    def edit(self) -> None:
        self._panel.acts.edit(self._record)

    def replay(self, group: str) -> None:
        self._panel.acts.replay(group, self._record)

