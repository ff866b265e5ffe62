"""One open workspace as the window knows it: drawing, live state, the shown time, the selection, and acts.

Three flows of state meet here and nowhere else: *document* (``perform`` an edit, views follow ``document``), *act*
(``act`` sends a command off the GUI thread), *live* (snapshots come in, ``shown_changed`` goes out). Panels take a
``Workspace`` and follow its signals; they never talk to each other. Lives on the GUI thread.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from workbench.control.client import Caller
from workbench.control.command import Command
from workbench.control.messages import Push
from workbench.core.changes import Changes
from workbench.core.errors import HostGone
from workbench.core.snapshot import Snapshot
from workbench.flow.document import FlowDocument
from workbench.flow.edits import Edit
from workbench.ui.bridge.letterbox import Letterbox
from workbench.ui.bridge.operation import Operation
from workbench.ui.bridge.readers import Readers
from workbench.ui.bridge.workers import Workers

if TYPE_CHECKING:
    from workbench.broker import BrokerReader


class _EditCommand(QUndoCommand):
    """An edit on the undo stack. ``merge_key`` joins edits of one gesture (typing, a drag by keys)."""

    def __init__(self, document: FlowDocument, edit: Edit, merge_key: str) -> None:
        super().__init__(edit.label)
        self._document = document
        self._edit = edit
        self._inverse: Edit | None = None
        self._merge_key = merge_key

    def redo(self) -> None:
        self._inverse = self._edit.apply(self._document)

    def undo(self) -> None:
        assert self._inverse is not None
        self._edit = self._inverse.apply(self._document)

    def id(self) -> int:
        return hash(self._merge_key) & 0x7FFFFFFF if self._merge_key else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, _EditCommand) or other._merge_key != self._merge_key:
            return False
        self._edit = other._edit
        return True


class Workspace(QObject):
    """See the module. ``shown`` is the snapshot on screen: the live one, or one of the past while replaying."""

    shown_changed = Signal(object)  # Snapshot: paint this
    live_changed = Signal(object)  # Snapshot: the live one, also while the past is shown
    time_changed = Signal(object)  # int ms while the past is shown, None when live
    selection_changed = Signal(object)  # frozenset of node ids
    links_selected = Signal(object)  # frozenset of link ids
    changed = Signal(object)  # core.changes.Changes: mark yourself stale
    host_lost = Signal(str)
    host_back = Signal()
    failed = Signal(object)  # WorkbenchError of an act nobody handled
    notice = Signal(str)
    movement_shown = Signal(object)  # iterable of bridge.movement.Movement: events of the past to show as dots
    plan_shown = Signal(object)  # ResetPlan | None: the move of a group that is being looked at, before it is done
    key_pressed = Signal(object)  # bytes | None: a record key to follow everywhere

    def __init__(self, path: Path, caller: Caller | None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.path = path
        self._readers = Readers(path)
        self.document = FlowDocument()
        self.undo_stack = QUndoStack(self)
        self.selection: frozenset[str] = frozenset()
        self.link_selection: frozenset[str] = frozenset()
        self.live = Snapshot()
        self.shown = Snapshot()
        self.at_ms: int | None = None
        self.last_reason = ""  # why messages were given back or rejected by hand the last time
        self._caller: Caller | None = None
        self._had_host = False
        self._acts = Workers("acts")  # acts reach the host in the order they were done
        self._reader: BrokerReader | None = None
        self._pushes = Letterbox(self._take_push, self)
        self._losses = Letterbox(self._take_lost, self)
        if caller is not None:
            self.attach(caller)

    # -- live ----------------------------------------------------------------------------------------------
    def attach(self, caller: Caller) -> None:
        """Follow this host from now on (at the start, and again after a restart)."""
        again, self._had_host = self._had_host, True
        self._caller = caller
        caller.on_push(self._pushes.put)
        caller.on_lost(self._losses.put)
        if again:
            self.host_back.emit()

    @property
    def closed(self) -> bool:
        return self._acts.closed

    @property
    def connected(self) -> bool:
        return self._caller is not None

    @property
    def starting(self) -> bool:
        """No host was reached yet since the file was opened."""
        return not self._had_host

    def _take_push(self, push: Push) -> None:
        if push.snapshot is not None:
            self.live = push.snapshot
            self.live_changed.emit(push.snapshot)
            if self.at_ms is None:
                self.shown = push.snapshot
                self.shown_changed.emit(push.snapshot)
        if push.changes:
            self.changed.emit(Changes(push.changes))
        if push.notice:
            self.notice.emit(push.notice)

    def _take_lost(self, reason: str) -> None:
        self._caller = None
        self.host_lost.emit(reason)

    # -- time ----------------------------------------------------------------------------------------------
    def show_past(self, at_ms: int, state: Snapshot) -> None:
        """Show ``state``, the workspace as it stood at ``at_ms``; the flow underneath goes on."""
        self.at_ms = at_ms
        self.shown = state
        self.time_changed.emit(at_ms)
        self.shown_changed.emit(state)

    def show_live(self) -> None:
        if self.at_ms is None:
            return
        self.at_ms = None
        self.shown = self.live
        self.time_changed.emit(None)
        self.shown_changed.emit(self.live)

    # -- selection -----------------------------------------------------------------------------------------
    def select(self, node_ids: Iterable[str]) -> None:
        chosen = frozenset(node_ids)
        if chosen != self.selection:
            self.selection = chosen
            self.selection_changed.emit(chosen)

    def select_links(self, link_ids: Iterable[str]) -> None:
        chosen = frozenset(link_ids)
        if chosen != self.link_selection:
            self.link_selection = chosen
            self.links_selected.emit(chosen)

    # -- document ------------------------------------------------------------------------------------------
    def perform(self, edit: Edit, merge_key: str = "") -> None:
        """Do an edit and put it on the undo stack; errors are those of the edit."""
        self.undo_stack.push(_EditCommand(self.document, edit, merge_key))

    # -- acts ----------------------------------------------------------------------------------------------
    def act(self, command: Command, asker: QObject | None = None) -> Operation:
        """Send a command to the host, off this thread and after those sent before; call ``.run()`` on what is returned.

        Without ``.failed`` an error reaches the ``failed`` signal, so that none is lost. ``asker`` is who waits for the
        answer, when that may be gone before the workspace: a panel, a popover.
        """
        return Operation(asker or self, lambda: self.call(command), self._acts).failed(self.failed.emit)

    def call(self, command: Command) -> Any:
        """The same, waiting for the answer (any thread)."""
        caller = self._caller
        if caller is None:
            raise HostGone("The broker is not running.", "Restart it with the button above the canvas.")
        return caller.call(command)

    # -- bulk reads ----------------------------------------------------------------------------------------
    def reader(self) -> BrokerReader:
        """The GUI thread's own read-only connection to the file; for what takes under a millisecond."""
        if self._reader is None:
            from workbench.broker import BrokerReader

            self._reader = BrokerReader(self.path)
        return self._reader

    def reader_for_work(self) -> AbstractContextManager[BrokerReader]:
        """A connection for work on another thread: ``with workspace.reader_for_work() as reader``."""
        return self._readers.lend()

    def close(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None
        self._readers.close()
        if self._caller is not None:
            self._caller.close()
            self._caller = None
        self._acts.close()  # those still waiting end with ``HostGone``
