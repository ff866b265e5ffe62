"""The command palette: one field under the tool bar that finds commands, nodes, topics, groups and places in the log.

A popup: it closes when it is left, and before what was chosen is done, so that the act finds the window as it was.
GUI thread.
"""

from __future__ import annotations

from PySide6.QtCore import QAbstractListModel, QEvent, QModelIndex, QObject, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QTextCharFormat, QTextLayout
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from workbench.ui.bridge.workspace import Workspace
from workbench.ui.dialogs.palette_entries import (
    Entry,
    Fit,
    Found,
    command_entries,
    group_entries,
    node_entries,
    place_entry,
    search,
    topic_entries,
)
from workbench.ui.panels.parts.blocks import label
from workbench.ui.qt_types import Index
from workbench.ui.theme import icons
from workbench.ui.theme.theme import theme
from workbench.ui.window.actions import ActionBook

WIDTH, ROW, ROWS_SHOWN, MOST = 600, 30, 12, 200
_FOUND = Qt.ItemDataRole.UserRole
_MOVES = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: ROWS_SHOWN, Qt.Key.Key_PageUp: -ROWS_SHOWN}


class _Lines(QAbstractListModel):
    """What was found, in order."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._found: list[Found] = []

    def show(self, found: list[Found]) -> None:
        self.beginResetModel()
        self._found = found
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self._found)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole):
        found = self._found[index.row()]
        if role == _FOUND:
            return found
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return found.entry.text
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleDescriptionRole):
            return f"{found.entry.detail} {found.entry.keys}".strip()
        return None


class _Line(QStyledItemDelegate):
    """An icon, the words with the letters that fit, what it is, and its keys."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(0, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        found: Found = index.data(_FOUND)
        entry, look = found.entry, theme()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(option.rect).adjusted(4, 1, -4, -1)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.color("accent_soft"))
            painter.drawRoundedRect(box, 5, 5)
        box.adjust(8, 0, -10, 0)
        entry.icon.paint(painter, box.toRect().adjusted(0, 6, -int(box.width()) + 16, -6))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.setFont(look.font("caption", mono=True))
        painter.setPen(look.color("text_muted"))
        painter.drawText(box, right, entry.keys)
        room = box.adjusted(26, 0, -painter.fontMetrics().horizontalAdvance(entry.keys) - 16, 0)
        taken = _paint_words(painter, room, found)
        painter.setFont(look.font("body"))
        painter.setPen(look.color("text_muted"))
        rest = room.adjusted(taken + 12, 0, 0, 0)
        detail = painter.fontMetrics().elidedText(entry.detail, Qt.TextElideMode.ElideRight, max(0, int(rest.width())))
        painter.drawText(rest, left, detail)
        painter.restore()


def _paint_words(painter: QPainter, room: QRectF, found: Found) -> float:
    """The entry's words, the letters that fit in the accent; returns their width."""
    look, text = theme(), found.entry.text
    layout = QTextLayout(text, look.font("body", 500))
    marks = []
    for place in sorted(found.fit.places) if not found.entry.off else ():
        mark = QTextLayout.FormatRange()
        mark.start, mark.length = place, 1
        mark.format = QTextCharFormat()
        mark.format.setForeground(look.color("accent"))
        marks.append(mark)
    layout.setFormats(marks)
    layout.beginLayout()
    line = layout.createLine()
    line.setLineWidth(room.width())
    layout.endLayout()
    painter.setPen(look.color("text_muted" if found.entry.off else "text"))
    layout.draw(painter, room.topLeft() + QPoint(0, round((room.height() - line.height()) / 2)))
    return line.naturalTextWidth()


class CommandPalette(QFrame):
    """See the module."""

    node_chosen = Signal(str)
    topic_chosen = Signal(str)
    place_chosen = Signal(str, int, int)

    def __init__(self, workspace: Workspace, actions: ActionBook, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._workspace = workspace
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setProperty("surface", "panel")
        self.setAccessibleName(self.tr("Commands"))
        self._entries = self._gather(actions)
        self._build()
        self._search("")

    def _gather(self, actions: ActionBook) -> list[Entry]:
        document, shown = self._workspace.document, self._workspace.shown
        show_groups = actions["panel.groups"].trigger if "panel.groups" in actions else lambda: None
        return [
            *node_entries(document, self.node_chosen.emit), *group_entries(document, shown, show_groups),
            *topic_entries(shown, self.topic_chosen.emit), *command_entries(actions),
        ]

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 6, 6, 6)
        column.setSpacing(4)
        self.field = QLineEdit()
        self.field.setPlaceholderText(self.tr("A command, a node, a topic, or orders/3 @ 88134"))
        self.field.setAccessibleName(self.tr("Search or run"))
        self.field.addAction(icons.icon("search", "text_muted"), QLineEdit.ActionPosition.LeadingPosition)
        self.field.textChanged.connect(self._search)
        self.field.installEventFilter(self)
        self.lines = _Lines(self)
        self.list = QListView()
        self.list.setAccessibleName(self.tr("What was found"))
        self.list.setModel(self.lines)
        self.list.setItemDelegate(_Line(self.list))
        self.list.setUniformItemSizes(True)
        self.list.setMouseTracking(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setStyleSheet("QListView { background: transparent; }")
        self.list.entered.connect(self.list.setCurrentIndex)
        self.list.clicked.connect(self._choose)
        self._nothing = label(self.tr("Nothing has these letters."), "muted")
        self._nothing.setContentsMargins(10, 6, 10, 8)
        column.addWidget(self.field)
        column.addWidget(self.list)
        column.addWidget(self._nothing)
        self.setFixedWidth(WIDTH)

    def open_over(self, bar: QWidget) -> None:
        """Show it under ``bar``, in the middle."""
        place = bar.mapToGlobal(QPoint((bar.width() - self.width()) // 2, bar.height() + 2))
        self.move(place)
        self.show()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)

    # -- finding -------------------------------------------------------------------------------------------
    def _search(self, typed: str) -> None:
        found = search(self._entries, typed, MOST)
        place = place_entry(typed, self._workspace.shown, self.place_chosen.emit)
        if place is not None:
            found.insert(0, Found(place, Fit(0, frozenset())))
        self.lines.show(found)
        self.list.setCurrentIndex(self.lines.index(0) if found else QModelIndex())
        self.list.scrollToTop()
        self.list.setVisible(bool(found))
        self._nothing.setVisible(not found)
        self.list.setFixedHeight(ROW * min(len(found), ROWS_SHOWN) + 2)
        self.adjustSize()

    def found(self) -> list[Entry]:
        """What is listed, the best first."""
        return [self.lines.index(row).data(_FOUND).entry for row in range(self.lines.rowCount())]

    # -- choosing ------------------------------------------------------------------------------------------
    def _choose(self, index: Index) -> None:
        if not index.isValid() or (entry := index.data(_FOUND).entry).off:
            return
        self.close()  # it is deleted later, so that its signals still reach the window
        entry.act()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.field and event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._press(event)
        return super().eventFilter(watched, event)

    def _press(self, event: QKeyEvent) -> bool:
        """Keys that move in the list while the field keeps the focus."""
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose(self.list.currentIndex())
        elif key in _MOVES and self.lines.rowCount():
            row = self.list.currentIndex().row() + _MOVES[key]
            last = self.lines.rowCount() - 1
            single = abs(_MOVES[key]) == 1
            self.list.setCurrentIndex(self.lines.index(row % (last + 1) if single else min(max(row, 0), last)))
        elif key == Qt.Key.Key_Escape:
            self.close()
        else:
            return False
        return True
