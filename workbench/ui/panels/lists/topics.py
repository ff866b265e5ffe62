"""«Topics in this file»: every topic with its rate and what it keeps. Drag one onto the canvas to draw it."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QMouseEvent, QPainter, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from workbench.core.snapshot import QueueStat, Snapshot, TopicStat
from workbench.flow.kinds import TOPICS
from workbench.ui.bridge.workspace import Phase, Workspace
from workbench.ui.canvas.gestures.drop import Part
from workbench.ui.canvas.kinds import role_of
from workbench.ui.models.natural import natural
from workbench.ui.models.outside import topic_node
from workbench.ui.models.series import log_kinds
from workbench.ui.panels.lists.deleting import ask_delete_topic
from workbench.ui.panels.lists.palette import start_drag
from workbench.ui.panels.parts.blocks import label, rule, tool_button
from workbench.ui.theme import icons, words
from workbench.ui.theme.theme import theme

_STAT = Qt.ItemDataRole.UserRole
_KIND = Qt.ItemDataRole.UserRole + 1
_FOOT = Qt.ItemDataRole.UserRole + 2


class _TopicRow(QStyledItemDelegate):
    """Two lines: name and rate, then what ``_FOOT`` holds."""

    def sizeHint(self, option: QStyleOptionViewItem, index) -> QSize:
        return QSize(0, 37)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index) -> None:
        stat: TopicStat = index.data(_STAT)
        look = theme()
        painter.save()
        if option.state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
            chosen = bool(option.state & QStyle.StateFlag.State_Selected)
            painter.fillRect(option.rect, look.color("accent_soft" if chosen else "surface_sunken"))
        box = QRectF(option.rect).adjusted(12, 2, -12, -1)
        kind = str(index.data(_KIND))
        icons.paint(painter, QRectF(box.left(), box.top() + 1, 14, 14), kind, look.color(role_of(kind)))
        text = box.adjusted(20, 0, 0, 0)
        top = QRectF(text.left(), text.top(), text.width(), 17)
        foot = QRectF(text.left(), text.top() + 17, text.width(), 16)
        rate = words.rate(stat.rate_in)
        parts, kept = index.data(_FOOT)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.setFont(look.font("body", mono=True))
        painter.setPen(look.color("text"))
        painter.drawText(top, right, rate)
        room = int(top.width()) - painter.fontMetrics().horizontalAdvance(rate) - 8
        painter.setFont(look.font("body", 500))
        painter.drawText(top, left, words.cut(stat.name, painter.fontMetrics(), room))
        painter.setFont(look.font("caption"))
        painter.setPen(look.color("text_muted"))
        painter.drawText(foot, left, parts)
        painter.drawText(foot, right, kept)
        painter.restore()


class _TopicList(QListWidget):
    """The rows; a drag starts in Python, so that tests can stand in for the drag's own loop."""

    def __init__(self, owner: TopicsPanel) -> None:
        super().__init__()
        self._owner = owner
        self._pressed_at = QPoint()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed_at = event.position().toPoint()
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        item = self.itemAt(self._pressed_at)
        moved = (event.position().toPoint() - self._pressed_at).manhattanLength()
        if item is None or not event.buttons() & Qt.MouseButton.LeftButton or moved < QApplication.startDragDistance():
            return
        stat: TopicStat = item.data(_STAT)
        start_drag(self, Part(str(item.data(_KIND)), {"partitions": len(stat.partitions)}, stat.name))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        item = self.itemAt(event.pos())
        if item is not None:
            self._owner.open_menu(item.data(_STAT), event.globalPos())
        else:
            self._owner.open_more(event.globalPos())


class TopicsPanel(QWidget):
    """See the module. ``records_wanted`` names a topic to look into, ``topic_wanted`` asks for a new one,
    ``deleted_wanted`` to see the deleted ones."""

    records_wanted = Signal(str)
    topic_wanted = Signal()
    deleted_wanted = Signal()

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._painted: list[tuple[TopicStat, QueueStat | None]] = []  # by row
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(rule())
        head = QHBoxLayout()
        head.setContentsMargins(12, 6, 8, 4)
        title = label(self.tr("Topics in this file"), "muted")
        title.setFont(theme().font("caption", 600))
        more = tool_button("more", self.tr("More about topics"))
        more.setObjectName("topics_more")
        more.clicked.connect(lambda: self.open_more(more.mapToGlobal(QPoint(0, more.height()))))
        add = tool_button("add", self.tr("New topic"), self.tr("New topic on the canvas"))
        add.clicked.connect(self.topic_wanted)
        head.addWidget(title)
        head.addStretch(1)
        head.addWidget(add)
        head.addWidget(more)
        column.addLayout(head)
        self.list = _TopicList(self)
        self.list.setAccessibleName(self.tr("Topics in this file"))
        self.list.setItemDelegate(_TopicRow(self.list))
        self.list.setMouseTracking(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.itemActivated.connect(lambda item: self.records_wanted.emit(item.data(_STAT).name))
        self.list.itemClicked.connect(self._select)
        self.empty = label(self.tr("Loading…"), "muted")
        self.empty.setWordWrap(True)
        self.empty.setContentsMargins(12, 4, 12, 4)
        column.addWidget(self.empty)
        column.addWidget(self.list, 1)
        workspace.shown_changed.connect(self._show)
        workspace.phase_changed.connect(lambda _: self._show(workspace.shown))
        self._show(workspace.shown)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show(self._workspace.shown)  # hidden it does not follow, and must not show an old frame beside the others

    def _show(self, shown: Snapshot) -> None:
        self.empty.setText(self.tr("None yet. Drag a Topic onto the canvas, or let a client create one.")
                           if self._workspace.loaded else self.tr("Not loaded")
                           if self._workspace.phase is Phase.REFUSED else self.tr("Loading…"))
        if not self.isVisible() and self.list.count() == len(shown.topics):
            return
        self.empty.setVisible(not shown.topics)
        self.list.setVisible(bool(shown.topics))
        while self.list.count() > len(shown.topics):
            self.list.takeItem(self.list.count() - 1)
        del self._painted[self.list.count():]
        queues, kinds = {queue.name: queue for queue in shown.queues}, log_kinds(self._workspace.document, shown)
        topics = sorted(shown.topics, key=lambda topic: natural(topic.name))
        painted, self._painted = self._painted, [(stat, queues.get(stat.name)) for stat in topics]
        for row, stat in enumerate(topics):
            if row < len(painted) and painted[row][0] is stat and painted[row][1] is queues.get(stat.name):
                continue
            item = self.list.item(row)
            if item is None:
                item = QListWidgetItem(self.list)
            foot = self._foot(stat, shown)
            if (item.data(_STAT), item.data(_FOOT)) != (stat, foot):
                item.setData(_STAT, stat)
                item.setData(_FOOT, foot)
                item.setData(_KIND, kinds[stat.name])
                item.setData(Qt.ItemDataRole.AccessibleTextRole,
                             f"{stat.name}, {words.rate(stat.rate_in)}, {words.count(stat.records)}")
                item.setToolTip(self.tr("{0}: {1} kept in {2}. Drag it onto the canvas, double click for its records.")
                                .format(stat.name, words.count(stat.records), words.size(stat.size_bytes)))
        self.list.executeDelayedItemsLayout()  # Qt would lay out, and paint, one flush behind all other regions
        self.list.viewport().update()

    def _foot(self, stat: TopicStat, shown: Snapshot) -> tuple[str, str]:
        """The second line: partitions and what is kept; of a queue what is not done yet."""
        queue = shown.queue(stat.name)
        if queue is not None:
            return self.tr("queue"), self.tr("{0} to do").format(words.count(queue.counts.messages))
        parts = words.plural(len(stat.partitions), "partition", "partitions")
        return parts, self.tr("{0} kept").format(words.count(stat.records))

    def _select(self, item: QListWidgetItem) -> None:
        name = item.data(_STAT).name
        stat = self._workspace.shown.topic(name)
        if stat is not None:
            self._workspace.select([topic_node(self._workspace.document, stat).id])

    def open_menu(self, stat: TopicStat, place: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(icons.icon("records"), self.tr("Show its records")).triggered.connect(
            lambda *_: self.records_wanted.emit(stat.name))
        drawn = any(n.name == stat.name for n in self._workspace.document.of_kind(*TOPICS))
        text = self.tr("Delete {0} and its {1} records…").format(stat.name, words.count(stat.records))
        delete = menu.addAction(icons.icon("delete", "bad"), text)
        delete.setEnabled(not drawn)
        delete.setToolTip(self.tr("Delete it from the drawing first") if drawn else text)
        menu.setToolTipsVisible(True)
        delete.triggered.connect(lambda *_: ask_delete_topic(self._workspace, stat, self.window()))
        self._add_deleted(menu)
        menu.popup(place)

    def open_more(self, place: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(icons.icon("add"), self.tr("New topic on the canvas")).triggered.connect(
            lambda *_: self.topic_wanted.emit())
        self._add_deleted(menu)
        menu.popup(place)

    def _add_deleted(self, menu: QMenu) -> None:
        menu.addSeparator()
        menu.addAction(icons.icon("undo"), self.tr("Deleted topics…")).triggered.connect(
            lambda *_: self.deleted_wanted.emit())
