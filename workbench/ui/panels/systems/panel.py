"""Attached systems, a page beside the palette: how each stands, its topics and its groups with their lag.

Double click or Enter shows a topic's records; a system's menu tries it again or detaches it. GUI thread.
"""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from workbench.control.connections import Attach, Detach
from workbench.core.errors import Unsupported
from workbench.core.snapshot import AttachedStat, GroupStat, Snapshot, TopicStat
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.models.attached import held_words, state_words, trouble_of, why_not_shown
from workbench.ui.models.health import MARK_ROLE, health_of_system
from workbench.ui.panels.parts.blocks import label, push_button, tool_button
from workbench.ui.panels.systems.model import ROW, SystemsModel
from workbench.ui.theme import icons, words
from workbench.ui.theme.theme import theme

SEARCH_FROM = 12
"""So many topics and groups want a search."""
ROW_HEIGHT = 36


class _Row(QStyledItemDelegate):
    """Name and figure, and under them a line in words."""

    def sizeHint(self, option: QStyleOptionViewItem, index) -> QSize:
        return QSize(0, ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index) -> None:
        value, look = index.data(ROW), theme()
        system = index.model().system_of(index)
        painter.save()
        if option.state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
            chosen = bool(option.state & QStyle.StateFlag.State_Selected)
            painter.fillRect(option.rect, look.color("accent_soft" if chosen else "surface_sunken"))
        glyph, role, right, under = _looks_of(value, system)
        box = QRectF(option.rect).adjusted(4, 2, -12, -2)
        icons.paint(painter, QRectF(box.left(), box.top() + 1, 14, 14), glyph, look.color(role))
        text = box.adjusted(20, 0, 0, 0)
        top = QRectF(text.left(), text.top(), text.width(), 17)
        painter.setFont(look.font("body", mono=True))
        painter.setPen(look.color("text"))
        painter.drawText(top, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, right)
        room = int(top.width()) - (painter.fontMetrics().horizontalAdvance(right) + 8 if right else 0)
        painter.setFont(look.font("body", 600 if isinstance(value, AttachedStat) else 500))
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(top, left, words.cut(value.name, painter.fontMetrics(), room))
        painter.setFont(look.font("caption"))
        painter.setPen(look.color("text_muted"))
        foot = QRectF(text.left(), text.top() + 17, text.width(), 15)
        painter.drawText(foot, left, words.cut(under, painter.fontMetrics(), int(foot.width())))
        painter.restore()


def _looks_of(value: AttachedStat | TopicStat | GroupStat, system: AttachedStat) -> tuple[str, str, str, str]:
    """Icon, its role, the figure at the right, the line below."""
    if isinstance(value, AttachedStat):
        return "plug", MARK_ROLE[health_of_system(value).level], "", state_words(value)
    if isinstance(value, TopicStat):
        if value.kind == "queue":
            return "queue", "queue", "", held_words(system, value)
        rate = words.rate(value.rate_in) if value.counted else ""
        return "topic", "stream", rate, held_words(system, value)
    members = words.plural(len(value.members), "member", "members")
    return "group", "consumer", words.count(value.lag_records), f"behind, {members}"


class SystemsPanel(QWidget):
    """``records_wanted`` names a topic and its connection, ``attach_wanted`` asks for the dialog."""

    records_wanted = Signal(str, str)
    attach_wanted = Signal()
    came = Signal()  # a system was attached while somebody looked on

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._closed: set[str] = set()  # systems that a person folded
        self._known: set[str] | None = None  # names, once there was a state to show
        self._build()
        workspace.live_changed.connect(self._show)
        self._show(workspace.live)

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        head = QHBoxLayout()
        head.setContentsMargins(12, 6, 8, 4)
        title = label(self.tr("Attached systems"), "muted")
        title.setFont(theme().font("caption", 600))
        self.add = tool_button("plug", self.tr("Attach a system"), self.tr("Look into Kafka, RabbitMQ, SQS or Kinesis"))
        self.add.clicked.connect(self.attach_wanted)
        head.addWidget(title)
        head.addStretch(1)
        head.addWidget(self.add)
        column.addLayout(head)
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Find a topic or group"))
        self.search.setAccessibleName(self.search.placeholderText())
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(lambda _: self._show(self._workspace.live))
        held = QHBoxLayout()
        held.setContentsMargins(12, 0, 12, 4)
        held.addWidget(self.search)
        column.addLayout(held)
        self._build_tree()
        column.addWidget(self.tree, 1)
        column.addWidget(self._build_invitation(), 1)
        self.trouble = label("", "bad")
        self.trouble.setWordWrap(True)
        self.trouble.setContentsMargins(12, 4, 12, 6)
        column.addWidget(self.trouble)

    def _build_invitation(self) -> QWidget:
        hint = label(self.tr("Look into Kafka, RabbitMQ, Amazon SQS or Kinesis: topics, queues, records, groups. "
                             "Nothing is written to them."))
        hint.setWordWrap(True)
        self.attach = push_button(self.tr("Attach a system…"), "plug")
        self.attach.clicked.connect(self.attach_wanted)
        self._invitation = QWidget()
        column = QVBoxLayout(self._invitation)
        column.setContentsMargins(12, 4, 12, 4)
        column.setSpacing(8)
        column.addWidget(hint)
        column.addWidget(self.attach)
        column.addStretch(1)
        return self._invitation

    def _build_tree(self) -> None:
        self.model = SystemsModel(self)
        self.tree = QTreeView()
        self.tree.setModel(self.model)
        self.tree.setItemDelegate(_Row(self.tree))
        self.tree.setHeaderHidden(True)
        self.tree.setUniformRowHeights(True)
        self.tree.setIndentation(14)
        self.tree.setMouseTracking(True)
        self.tree.setExpandsOnDoubleClick(True)
        self.tree.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.tree.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.tree.setAccessibleName(self.tr("Attached systems"))
        self.tree.activated.connect(self._activate)
        self.tree.collapsed.connect(lambda index: self._fold(index, True))
        self.tree.expanded.connect(lambda index: self._fold(index, False))
        self.tree.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.tree.customContextMenuRequested.connect(self._open_menu)

    # -- showing -------------------------------------------------------------------------------------------
    def _show(self, live: Snapshot) -> None:
        systems = live.attached
        many = sum(len(system.topics) + len(system.groups) for system in systems) >= SEARCH_FROM
        self.search.setVisible(many)
        self.tree.setVisible(bool(systems))
        self._invitation.setVisible(not systems)
        if self._known is not None and {system.name for system in systems} - self._known:
            self.came.emit()
        if self._workspace.loaded:
            self._known = {system.name for system in systems}
        if self.model.show(systems, self.search.text().strip() if many else ""):
            self._unfold()
        troubles = [why for system in systems if (why := trouble_of(system))]
        if self.trouble.text() != "\n".join(troubles):
            self.trouble.setText("\n".join(troubles))
        self.trouble.setVisible(bool(troubles))

    def _unfold(self) -> None:
        for row, system in enumerate(self.model.systems):
            self.tree.setExpanded(self.model.index(row, 0), system.name not in self._closed)

    def _fold(self, index: QModelIndex, closed: bool) -> None:
        system = self.model.system_of(index)
        if system is not None:
            (self._closed.add if closed else self._closed.discard)(system.name)

    # -- acts ----------------------------------------------------------------------------------------------
    def _activate(self, index: QModelIndex) -> None:
        value, system = self.model.value(index), self.model.system_of(index)
        if not isinstance(value, TopicStat) or system is None:
            return
        if why := why_not_shown(system, value):
            self._workspace.failed.emit(Unsupported(why))
        else:
            self.records_wanted.emit(value.name, system.name)

    def _open_menu(self, at: QPoint) -> None:
        index = self.tree.indexAt(at)
        value, system = self.model.value(index), self.model.system_of(index)
        if system is None:
            return
        menu = self.menu_for(system, value if isinstance(value, TopicStat) else None)
        menu.popup(self.tree.viewport().mapToGlobal(at))

    def menu_for(self, system: AttachedStat, topic: TopicStat | None = None) -> QMenu:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if topic is not None:
            show = menu.addAction(icons.icon("records"), self.tr("Show its records"))
            show.triggered.connect(lambda *_: self.records_wanted.emit(topic.name, system.name))
            show.setEnabled(not why_not_shown(system, topic))
            show.setToolTip(why_not_shown(system, topic) or show.text())
            menu.setToolTipsVisible(True)
            menu.addSeparator()
        again = menu.addAction(icons.icon("restart"), self.tr("Try @{0} now").format(system.name))
        again.setEnabled(system.state != "ready")
        again.triggered.connect(lambda *_: self._workspace.act(Attach(system.name), self).run())
        menu.addAction(icons.icon("close"), self.tr("Detach @{0}").format(system.name)).triggered.connect(
            lambda *_: self._workspace.act(Detach(system.name), self).run())
        return menu
