"""The table of a queue's messages: a chip for the state, the key in its colour, countdowns as they are now.

One delegate for all columns, so that a row is one look; several rows can be chosen. GUI thread.
"""

from __future__ import annotations

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from workbench.core.queues import MessageId, MessageState, QueuedMessage
from workbench.serde import GUESSING, Decoder
from workbench.ui.models.queue_messages import COLUMNS, RIGHT, Index, MessagesModel, cell_text
from workbench.ui.models.queue_words import STATE_LOOK, state_name
from workbench.ui.panels.records.cells import paint_key_chip
from workbench.ui.theme import icons
from workbench.ui.theme.theme import theme

ROW_HEIGHT = 24
_WIDTHS = {"state": 88, "id": 76, "key": 96, "attempts": 56, "age": 80, "until": 62, "about": 90}
_ALWAYS = ("state", "id", "key")
_AS_ROOM_ALLOWS = ("about", "attempts", "age", "until")
"""Columns that a narrow table leaves out, the last first; what they say stands beside the chosen message too."""
_NEAR_MS = 3_000
_AT_LEFT = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
_AT_RIGHT = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight)
_SOFT = {"queue": "queue_soft", "accent": "accent_soft", "bad": "bad_soft", "text_muted": "surface_sunken",
         "ok": "ok_soft"}


def paint_state_chip(painter: QPainter, rect: QRectF, state: MessageState) -> None:
    """A state as glyph and word on its soft ground."""
    look = theme()
    glyph, role = STATE_LOOK[state]
    font = look.font("caption", 500)
    width = min(rect.width(), QFontMetrics(font).horizontalAdvance(state_name(state)) + 27)
    chip = QRectF(rect.left(), rect.center().y() - 9, width, 18)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(look.color(_SOFT[role]))
    painter.drawRoundedRect(chip, 5, 5)
    icons.paint(painter, QRectF(chip.left() + 5, chip.center().y() - 6, 12, 12), glyph, look.color(role))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setFont(font)
    painter.setPen(look.color(role))
    painter.drawText(chip.adjusted(21, 0, 0, 0), _AT_LEFT, state_name(state))


class MessageCell(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(60, ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        if not isinstance(model, MessagesModel) or (message := model.message(index.row())) is None:
            return
        look, column, rect = theme(), COLUMNS[index.column()], QRectF(option.rect)
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, look.color("accent_soft"))
            if index.column() == 0:
                painter.fillRect(QRectF(rect.left(), rect.top(), 2, rect.height()), look.color("accent"))
        painter.setPen(QPen(look.color("line"), 1))
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        inner = rect.adjusted(10, 0, -8, 0)
        if column == "state":
            paint_state_chip(painter, inner, message.state)
        elif column == "key" and message.kept:
            paint_key_chip(painter, inner, message.group.encode() or message.record.key,
                           GUESSING if message.group else model.decoder)
        else:
            self._paint_text(painter, inner, message, column, model.now_ms, model.decoder)
        painter.restore()

    def _paint_text(self, painter: QPainter, inner: QRectF, message: QueuedMessage, column: str, now_ms: float,
                    decoder: Decoder) -> None:
        look, words_only = theme(), column in ("key", "about")
        font = look.font("body", mono=not words_only)
        painter.setFont(font)
        near = column == "until" and message.until_ms is not None and message.until_ms - now_ms < _NEAR_MS
        quiet = column in ("key", "age", "about")
        role = "warn" if near and message.state is MessageState.IN_FLIGHT else "text_muted" if quiet else "text"
        painter.setPen(look.color(role))
        text = cell_text(message, column, now_ms, decoder)
        shown = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, int(inner.width()) + 1)
        painter.drawText(inner, _AT_RIGHT if column in RIGHT else _AT_LEFT, shown)


class MessageTable(QTableView):
    """See the module. ``picked`` comes when other messages are chosen; ``end_reached`` when the last row is seen."""

    picked = Signal()
    end_reached = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("message-table")
        self.setAccessibleName(self.tr("Messages"))
        self.messages = MessagesModel(self)
        self.setModel(self.messages)
        self.setItemDelegate(MessageCell(self))
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        rows = self.verticalHeader()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(ROW_HEIGHT)
        rows.hide()
        self._dress_columns()
        self.selectionModel().selectionChanged.connect(lambda *_: self.picked.emit())
        self.verticalScrollBar().valueChanged.connect(self._look_for_end)

    def _dress_columns(self) -> None:
        columns = self.horizontalHeader()
        columns.setHighlightSections(False)
        columns.setMinimumSectionSize(40)
        columns.setFixedHeight(26)
        for index, name in enumerate(COLUMNS):
            mode = QHeaderView.ResizeMode.Stretch if name == "about" else QHeaderView.ResizeMode.Interactive
            columns.setSectionResizeMode(index, mode)
            self.setColumnWidth(index, _WIDTHS[name])

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_columns()

    def _fit_columns(self) -> None:
        """Those that there is room for; nothing about times where no message has one."""
        bar = self.verticalScrollBar().sizeHint().width()  # whether it is there or not, else hiding would bring more
        left = self.width() - bar - sum(_WIDTHS[name] for name in _ALWAYS)
        for name in _AS_ROOM_ALLOWS:
            wanted = name != "until" or any(message.until_ms is not None for message in self.messages.messages)
            left -= _WIDTHS[name] if wanted else 0
            self.setColumnHidden(COLUMNS.index(name), not wanted or left < 0)

    def _look_for_end(self, value: int) -> None:
        bar = self.verticalScrollBar()
        if value and value >= bar.maximum() - 2:
            self.end_reached.emit()

    # -- what is chosen -------------------------------------------------------------------------------------
    def chosen(self) -> list[QueuedMessage]:
        """The chosen messages, in the order of the table."""
        rows = sorted(index.row() for index in self.selectionModel().selectedRows())
        return [message for message in map(self.messages.message, rows) if message is not None]

    def choose(self, ids: frozenset[MessageId] | set[MessageId]) -> None:
        """Choose these, as far as they are shown, and go to the first."""
        selection = QItemSelection()
        rows = [row for row in map(self.messages.row_of, ids) if row >= 0]
        for row in rows:
            selection.select(self.messages.index(row, 0), self.messages.index(row, len(COLUMNS) - 1))
        self.selectionModel().select(selection, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        if rows:
            self.scrollTo(self.messages.index(min(rows), 0))

    def show_messages(self, messages: tuple[QueuedMessage, ...], decoder: Decoder = GUESSING) -> None:
        """Other messages; what was chosen and is still there stays chosen, and the place is kept."""
        kept, place = {message.id for message in self.chosen()}, self.verticalScrollBar().value()
        before = self.selectionModel().blockSignals(True)
        self.messages.decoder = decoder
        self.messages.show(messages)
        self._fit_columns()
        if kept:
            selection = QItemSelection()
            for row in filter(lambda row: row >= 0, map(self.messages.row_of, kept)):
                selection.select(self.messages.index(row, 0), self.messages.index(row, len(COLUMNS) - 1))
            self.selectionModel().select(selection, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        self.selectionModel().blockSignals(before)
        self.verticalScrollBar().setValue(place)
        self.picked.emit()

    def tick(self, now_ms: float) -> None:
        """Tell ages and countdowns anew."""
        if now_ms != self.messages.now_ms:
            self.messages.now_ms = now_ms
            self.viewport().update()
