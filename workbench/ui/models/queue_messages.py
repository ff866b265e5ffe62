"""Messages of a queue as rows: peeked from the host a page at a time, never more than are looked at; or, of the past,
told from the journal on a worker.

``MessageFeed`` asks and keeps what came; ``MessagesModel`` shows it. Peeking changes nothing. A newer question makes
older answers worthless, but for the playhead: while that moves each answer is shown, and the next asks for where it is
by then. GUI thread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
from workbench.serde import GUESSING, Decoder, key_line
from workbench.ui.bridge.operation import Operation
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.models.queue_words import state_name
from workbench.ui.theme import words

if TYPE_CHECKING:
    from workbench.session.past_messages import PastPage

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
        self._waiting = self._moved = False
        self._looked_to: MessageId | None = None  # in the past: where the next page goes on
        self.queue = ""
        self.at_ms: int | None = None
        self.states: tuple[MessageState, ...] = ()
        self.messages: tuple[QueuedMessage, ...] = ()
        self.loading = False
        self.more_there = False
        self.error: WorkbenchError | None = None

    def show(self, queue: str, states: tuple[MessageState, ...], at_ms: int | None = None) -> None:
        """Ask for another queue, for other states, or for another time (None: now), from the beginning."""
        before, now = (self.queue, self.states, self.at_ms), (queue, states, at_ms)
        if before == now:
            return
        self.queue, self.states, self.at_ms = now
        if before[:2] == now[:2] and before[2] is not None and at_ms is not None:
            self._moved = self._waiting  # what is shown stays until the answer
            if not self._waiting:
                self._ask(PAGE, None)
            return
        self.messages, self.loading, self.more_there, self._moved = (), True, False, False
        self.changed.emit()
        self._ask(PAGE, None)

    def refresh(self) -> None:
        """Ask anew for as many as are shown; not while an answer is still to come."""
        if self.queue and not self._waiting:
            self._ask(max(PAGE, len(self.messages)), None)

    def more(self) -> None:
        """The next page."""
        if self.messages and self.more_there and len(self.messages) < MOST:
            self._ask(PAGE, self.messages[-1].id if self.at_ms is None else self._looked_to)

    def _ask(self, limit: int, after: MessageId | None) -> None:
        self._asked += 1
        asked = self._asked
        self._waiting = True
        if self.at_ms is not None:
            self._ask_past(asked, self.at_ms, min(MOST, limit), after)
            return
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
        if asked != self._asked:
            return
        self._waiting = self.loading = False
        self.error = error
        if self.at_ms is not None:
            self.messages, self.more_there = (), False
        self.failed.emit(error)
        self._go_after()

    # -- the past ------------------------------------------------------------------------------------------
    def _ask_past(self, asked: int, at_ms: int, limit: int, after: MessageId | None) -> None:
        workspace, queue, states = self._workspace, self.queue, self.states

        def read() -> PastPage:
            from workbench.session.timeline import Timeline

            with workspace.reader_for_work() as reader:
                return Timeline(reader).messages_at(at_ms, queue, states, after, limit)

        Operation(self, read).done(lambda page: self._take_past(asked, page, after)).failed(
            lambda error: self._fail(asked, error)).run()

    def _take_past(self, asked: int, page: PastPage, after: MessageId | None) -> None:
        if asked != self._asked:
            return
        self._waiting = self.loading = False
        self.error = None
        self.messages = page.messages if after is None else (*self.messages, *page.messages)
        self._looked_to, self.more_there = page.looked_to, page.looked_to is not None
        self.changed.emit()
        if self.more_there and not self._moved and len(self.messages) < PAGE:
            self._ask(PAGE, page.looked_to)  # few are left of a long log: look on
        self._go_after()

    def _go_after(self) -> None:
        """Ask for where the playhead has gone meanwhile."""
        if self._moved:
            self._moved = False
            self._ask(PAGE, None)


class MessagesModel(QAbstractTableModel):
    """Messages as a table. ``now_ms`` is what ages and countdowns are told by."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.messages: tuple[QueuedMessage, ...] = ()
        self.now_ms = 0.0
        self.decoder = GUESSING

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
        return cell_text(message, COLUMNS[index.column()], self.now_ms, self.decoder)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if COLUMNS[section] in RIGHT else Qt.AlignmentFlag.AlignLeft
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        return (_tr("State"), _tr("Message"), _tr("Group or key"), _tr("Tries"), _tr("Age"), _tr("Until"),
                _tr("By, or why"))[section]


RIGHT = ("attempts", "age", "until")


def cell_text(message: QueuedMessage, column: str, now_ms: float, decoder: Decoder = GUESSING) -> str:
    """One cell as words."""
    match column:
        case "state":
            return state_name(message.state)
        case "id":
            return str(message.id)
        case "key" if not message.kept:
            return _tr("not kept")
        case "key":
            key = message.record.key
            return message.group or (key_line(key, decoder) if key else "") or _tr("no key")
        case "attempts":
            return str(message.attempts) if message.attempts else "–"
        case "age":
            return words.duration(max(0, now_ms - message.record.timestamp_ms), narrow=True)
        case "until":
            return "–" if message.until_ms is None else words.duration(max(0, message.until_ms - now_ms), narrow=True)
    return message.consumer or message.reason or (str(message.deaths[0].text) if message.deaths else "")
