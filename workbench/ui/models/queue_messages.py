"""Messages of a queue as rows: peeked from the host a page at a time, never more than are looked at.

``MessageFeed`` asks and keeps what came; ``MessagesModel`` shows it. Peeking changes nothing. A newer question makes
older answers worthless. GUI thread.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QCoreApplication,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from workbench.control.queues import MessageList, PeekQueue
from workbench.core.errors import WorkbenchError
from workbench.core.queues import MessageId, MessageState, QueuedMessage
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.models.queue_words import state_name
from workbench.ui.theme import words

PAGE = 100
MOST = 1_000
COLUMNS = ("state", "id", "key", "attempts", "age", "until", "about")
Index = QModelIndex | QPersistentModelIndex


def _tr(text: str) -> str:
    return QCoreApplication.translate("messages", text)


class MessageFeed(QObject):
    """See the module. ``loading`` until the first answer to a new question."""

    changed = Signal()
    failed = Signal(object)  # WorkbenchError

    def __init__(self, workspace: Workspace, parent: QObject) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._asked = 0
        self._waiting = False
        self.queue = ""
        self.states: tuple[MessageState, ...] = ()
        self.messages: tuple[QueuedMessage, ...] = ()
        self.loading = False
        self.more_there = False
        self.error: WorkbenchError | None = None

    def show(self, queue: str, states: tuple[MessageState, ...]) -> None:
        """Ask for another queue, or for other states, from the beginning."""
        if (queue, states) != (self.queue, self.states):
            self.queue, self.states = queue, states
            self.messages, self.loading, self.more_there = (), True, False
            self.changed.emit()
            self._ask(PAGE, None)

    def refresh(self) -> None:
        """Ask anew for as many as are shown; not while an answer is still to come."""
        if self.queue and not self._waiting:
            self._ask(max(PAGE, len(self.messages)), None)

    def more(self) -> None:
        """The next page."""
        if self.messages and self.more_there and len(self.messages) < MOST:
            self._ask(PAGE, self.messages[-1].id)

    def _ask(self, limit: int, after: MessageId | None) -> None:
        self._asked += 1
        asked = self._asked
        self._waiting = True
        self._workspace.act(PeekQueue(self.queue, self.states, after, min(MOST, limit)), self).done(
            lambda reply: self._take(asked, reply, limit, after)).failed(lambda error: self._fail(asked, error)).run()

    def _take(self, asked: int, reply: MessageList, limit: int, after: MessageId | None) -> None:
        if asked != self._asked:
            return
        self._waiting = self.loading = False
        self.error = None
        self.messages = reply.messages if after is None else (*self.messages, *reply.messages)
        self.more_there = len(reply.messages) >= min(MOST, limit)
        self.changed.emit()

    def _fail(self, asked: int, error: WorkbenchError) -> None:
        if asked == self._asked:
            self._waiting = self.loading = False
            self.error = error
            self.failed.emit(error)


class MessagesModel(QAbstractTableModel):
    """Messages as a table. ``now_ms`` is what ages and countdowns are told by."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.messages: tuple[QueuedMessage, ...] = ()
        self.now_ms = 0.0

    def show(self, messages: tuple[QueuedMessage, ...]) -> None:
        """Other messages; where the same stay in the same places only their cells change."""
        if messages == self.messages:
            return
        same = [m.id for m in messages] == [m.id for m in self.messages]
        if not same:
            self.beginResetModel()
        self.messages = messages
        if same:
            self.dataChanged.emit(self.index(0, 0), self.index(len(messages) - 1, len(COLUMNS) - 1))
        else:
            self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self.messages)

    def columnCount(self, parent: Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(COLUMNS)

    def message(self, row: int) -> QueuedMessage | None:
        return self.messages[row] if 0 <= row < len(self.messages) else None

    def row_of(self, message_id: MessageId) -> int:
        return next((row for row, message in enumerate(self.messages) if message.id == message_id), -1)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        message = self.message(index.row())
        if message is None or role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return None
        return cell_text(message, COLUMNS[index.column()], self.now_ms)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if COLUMNS[section] in RIGHT else Qt.AlignmentFlag.AlignLeft
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        return (_tr("State"), _tr("Message"), _tr("Group or key"), _tr("Tries"), _tr("Age"), _tr("Until"),
                _tr("By, or why"))[section]  # fmt: skip


RIGHT = ("attempts", "age", "until")


def cell_text(message: QueuedMessage, column: str, now_ms: float) -> str:
    """One cell as words."""
    match column:
        case "state":
            return state_name(message.state)
        case "id":
            return str(message.id)
        case "key":
            return message.group or (message.record.key or b"").decode("utf-8", "replace") or _tr("no key")
        case "attempts":
            return str(message.attempts) if message.attempts else "–"
        case "age":
            return words.duration(max(0, now_ms - message.record.timestamp_ms), narrow=True)
        case "until":
            return "–" if message.until_ms is None else words.duration(max(0, message.until_ms - now_ms), narrow=True)
    return message.consumer or message.reason or (str(message.deaths[0].text) if message.deaths else "")
