"""One open workspace as the window knows it: drawing, live state, the shown time, the selection, and acts.

Three flows of state meet here and nowhere else: *document* (``perform`` an edit, views follow ``document``), *act*
(``act`` sends a command off the GUI thread), *live* (snapshots come in, ``shown_changed`` goes out). Panels take a
``Workspace`` and follow its signals; they never talk to each other. Lives on the GUI thread.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import replace
from enum import Enum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from workbench.control.client import Caller
from workbench.control.command import Command
from workbench.control.messages import Push
from workbench.core.changes import Changes
from workbench.core.encodings import AUTO, settings_of
from workbench.core.errors import HostGone, ReadOnly, WorkbenchError
from workbench.core.snapshot import RunState, Snapshot
from workbench.engines.schemas import READ_AGAIN_S, CatalogueSource
from workbench.flow.document import FlowDocument
from workbench.flow.edits import Edit
from workbench.serde import Decoder, Serdes, decoder_of
from workbench.ui.bridge.frame import wait_ms
from workbench.ui.bridge.letterbox import Letterbox
from workbench.ui.bridge.operation import Operation
from workbench.ui.bridge.readers import Readers
from workbench.ui.bridge.wants import Wants
from workbench.ui.bridge.workers import Workers
from workbench.ui.models.health import judged_here
from workbench.ui.models.past import with_producers

if TYPE_CHECKING:
    from workbench.broker import BrokerReader, Catalogue
    from workbench.engines.base import BrowseTable
    from workbench.session.attached import AttachedReader

START_PATIENCE_S = 60.0  # how long an act waits for a host that is on its way
_MOST_FAR = 4  # threads that wait for attached systems at once


class Phase(Enum):
    """How a workspace stands with its host."""

    STARTING = "starting"  # none was reached yet since the file was opened
    ATTACHED = "attached"
    SILENT = "silent"  # attached, and it does not answer
    LOST = "lost"
    REFUSED = "refused"  # the file can't be opened
    READ_ONLY = "read-only"  # looked at without a host


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
        """One undo takes back all of them, and keeps what redoes them."""
        return isinstance(other, _EditCommand) and other._merge_key == self._merge_key


def _far_reader(workspace: Workspace, connection: str) -> AttachedReader:
    from workbench.session.attached import AttachedReader

    return AttachedReader(workspace, connection)


class Workspace(QObject):
    """See the module. ``shown`` is the frame: the one snapshot that every number on screen is painted from, of now or
    of the past (see ``bridge.frame``); ``frame`` is its number. It carries the health of every part."""

    shown_changed = Signal(object)  # Snapshot: paint this, now
    live_changed = Signal(object)  # Snapshot: the live one, also while the past is shown
    time_changed = Signal(object)  # int ms while the past is shown, None when live
    selection_changed = Signal(object)  # frozenset of node ids
    links_selected = Signal(object)  # frozenset of link ids
    changed = Signal(object)  # core.changes.Changes: what no snapshot tells is to be asked for again
    host_lost = Signal(str)
    host_back = Signal()
    phase_changed = Signal(object)  # Phase
    failed = Signal(object)  # WorkbenchError of an act nobody handled
    notice = Signal(str)
    movement_shown = Signal(object)  # iterable of bridge.movement.Movement: events of the past to show as dots
    plan_shown = Signal(object)  # ResetPlan | None: the move of a group that is being looked at, before it is done
    key_pressed = Signal(object)  # bytes | None: a record key to follow everywhere

    def __init__(self, path: Path, caller: Caller | None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.path = path
        self._readers: Readers[BrokerReader] = Readers(self._new_reader)
        self._far_readers: dict[str, Readers[AttachedReader]] = {}
        self._far_workers = Workers("attached", _MOST_FAR)
        self.document = FlowDocument()
        self.undo_stack = QUndoStack(self)
        self.selection: frozenset[str] = frozenset()
        self.link_selection: frozenset[str] = frozenset()
        self.wants = Wants(self)
        self.live = Snapshot()
        self.shown = Snapshot()
        self.serdes = Serdes(CatalogueSource(self._catalogue, READ_AGAIN_S))
        self._guessing = decoder_of({}, "", self.serdes)
        self._decoders: tuple[Snapshot, dict[str, Decoder]] = (self.live, {})
        self.frame = 0
        self._next_frame = QTimer(self, singleShot=True)
        self._next_frame.timeout.connect(self._show_newest)
        self.at_ms: int | None = None
        self.last_reason = ""  # why messages were given back or rejected by hand the last time
        self.phase = Phase.STARTING
        self.loaded = False  # whether there is a state to show: until then emptiness only means "not read yet"
        self._why_only = WorkbenchError("")  # why it can only be looked at
        self._caller: Caller | None = None
        self._had_host = False
        self._decided = threading.Event()  # a host is there, or there will be none
        self._acts = Workers("acts")  # acts reach the host in the order they were done
        self._reader: BrokerReader | None = None
        self._pushes = Letterbox(self._take_push, self)
        self._losses = Letterbox(self._take_lost, self)
        if caller is not None:
            self.attach(caller)

    # -- live ----------------------------------------------------------------------------------------------
    def decoder(self, topic: str) -> Decoder:
        """How the keys and values of a topic are read, as it is set now; on any thread."""
        of, known = self._decoders
        if of is not (live := self.live):
            known = {t.name: decoder_of(settings_of(t), t.name, self.serdes) for t in live.topics
                     if (t.key_encoding, t.value_encoding) != (AUTO, AUTO)}
            self._decoders = live, known
        return known.get(topic, self._guessing)

    def _catalogue(self) -> Catalogue:
        with self.reader_for_work() as reader:
            return reader.schemas()

    def attach(self, caller: Caller) -> None:
        """Follow this host from now on (at the start, and again after a restart)."""
        again, self._had_host = self._had_host, True
        self._caller = caller
        self._enter(Phase.ATTACHED)
        caller.on_push(self._pushes.put)
        caller.on_lost(self._losses.put)
        if again:
            self.host_back.emit()

    @property
    def caller(self) -> Caller | None:
        """The way to the host, for who must not wait for this thread."""
        return self._caller

    @property
    def closed(self) -> bool:
        return self._acts.closed

    @property
    def connected(self) -> bool:
        return self._caller is not None

    @property
    def starting(self) -> bool:
        """No host was reached yet since the file was opened."""
        return self.phase is Phase.STARTING

    @property
    def read_only(self) -> bool:
        return self.phase is Phase.READ_ONLY

    def _enter(self, phase: Phase) -> None:
        changed, self.phase = phase is not self.phase, phase
        if phase is Phase.STARTING:
            self._decided.clear()
        else:
            self._decided.set()
        if changed:
            self.phase_changed.emit(phase)

    def start_again(self) -> None:
        """A host is being looked for, after there was none."""
        self._enter(Phase.STARTING)

    def refuse(self) -> None:
        """There will be no host: acts end at once."""
        self._enter(Phase.REFUSED if not self._had_host else Phase.LOST)

    def fall_silent(self, silent: bool) -> None:
        """The host was not heard of for long, or is heard of again."""
        if self.connected:
            self._enter(Phase.SILENT if silent else Phase.ATTACHED)

    def look_only(self, state: Snapshot, why: WorkbenchError) -> None:
        """Show the last state of a file that can't be written: there is no host, and nothing runs."""
        self._why_only = why
        self._enter(Phase.READ_ONLY)
        self._take_snapshot(replace(state, live=True, run=RunState.STOPPED))

    def _take_push(self, push: Push) -> None:
        if push.snapshot is not None:
            self._take_snapshot(push.snapshot)
        if push.changes:
            self.changed.emit(Changes(push.changes))
        if push.notice:
            self.notice.emit(push.notice)

    def _take_snapshot(self, snapshot: Snapshot) -> None:
        self.live, self.loaded = snapshot, True
        self.live_changed.emit(snapshot)
        if self.at_ms is None:
            self._take_live()

    def _take_live(self) -> None:
        """Make the newest snapshot the frame, now or when the present one has stood for long enough."""
        rest_ms = wait_ms(self.shown, self.live)
        if not rest_ms:
            self._show_newest()
        elif not self._next_frame.isActive():
            self._next_frame.start(rest_ms)

    def _show_newest(self) -> None:
        if self.at_ms is None:
            self._show(self.live)

    def _show(self, snapshot: Snapshot) -> None:
        self._next_frame.stop()
        self.shown = judged_here(snapshot, self.document)
        self.frame += 1
        self.shown_changed.emit(self.shown)

    def _take_lost(self, reason: str) -> None:
        caller, self._caller = self._caller, None
        if caller is not None:
            caller.close()
        self._enter(Phase.LOST)
        self.host_lost.emit(reason)

    # -- time ----------------------------------------------------------------------------------------------
    def show_past(self, at_ms: int, state: Snapshot) -> None:
        """Show ``state``, the workspace as it stood at ``at_ms``; the flow underneath goes on."""
        self.at_ms = at_ms
        state = with_producers(state, self.document)
        self.shown = judged_here(state, self.document)  # before anybody asks what the new time shows
        self.time_changed.emit(at_ms)
        self._show(self.shown)

    def show_live(self) -> None:
        if self.at_ms is None:
            return
        self.at_ms = None
        self.shown = self.live
        self.time_changed.emit(None)
        self._show(self.live)

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
        if self.read_only:  # nothing would keep it
            self.failed.emit(self._why_read_only())
            document = self.document
            document.replace_all(document.nodes, document.links, document.title)  # what was dragged goes back
            return
        self.undo_stack.push(_EditCommand(self.document, edit, merge_key))

    # -- acts ----------------------------------------------------------------------------------------------
    def act(self, command: Command, asker: QObject | None = None, hurried: bool = False) -> Operation:
        """Send a command to the host, off this thread and after those sent before; call ``.run()`` on what is returned.

        Without ``.failed`` an error reaches the ``failed`` signal, so that none is lost. ``asker`` is who waits for the
        answer, when that may be gone before the workspace: a panel, a popover. ``hurried`` acts wait for none before
        them, nor others for them: they change nothing and may take seconds.
        """
        workers = self._far_workers if hurried else self._acts
        return Operation(asker or self, lambda: self.call(command), workers).failed(self.failed.emit)

    def call(self, command: Command) -> Any:
        """The same, waiting for the answer (any thread). What is asked while the host starts is done when it is there;
        only the GUI thread does not wait."""
        if threading.current_thread() is not threading.main_thread():
            self._decided.wait(START_PATIENCE_S)
        caller = self._caller
        if self.read_only:
            raise self._why_read_only()
        if caller is None:
            raise HostGone("The broker is not running.", "Restart it with the button above the canvas.")
        return caller.call(command)

    def _why_read_only(self) -> WorkbenchError:
        return ReadOnly(f"{self._why_only.message} It can be looked at, not changed or run.", self._why_only.next_step)

    # -- bulk reads ----------------------------------------------------------------------------------------
    def reader(self) -> BrokerReader:
        """The GUI thread's own read-only connection to the file; for what takes under a millisecond."""
        if self._reader is None:
            self._reader = self._new_reader()
        return self._reader

    def _new_reader(self) -> BrokerReader:
        from workbench.broker import BrokerReader

        return BrokerReader(self.path)

    def reader_for_work(self) -> AbstractContextManager[BrokerReader]:
        """A connection for work on another thread: ``with workspace.reader_for_work() as reader``."""
        return self._readers.lend()

    def browse_for_work(self, connection: str = "") -> AbstractContextManager[BrowseTable]:
        """The records of the file, or of an attached system, for work on another thread. What takes one of a system is
        given to ``workers_for`` it: it may wait for long."""
        if not connection:
            return self.reader_for_work()
        if connection not in self._far_readers:
            self._far_readers[connection] = Readers(partial(_far_reader, self, connection))
        return self._far_readers[connection].lend()

    def workers_for(self, connection: str) -> Workers | None:
        """Threads for reading there, so that a system that does not answer holds up nobody else; None: the shared."""
        return self._far_workers if connection else None

    def close(self) -> None:
        self._next_frame.stop()
        if self._reader is not None:
            self._reader.close()
            self._reader = None
        self._readers.close()
        if self._caller is not None:
            self._caller.close()
            self._caller = None
        self._decided.set()
        self._far_workers.close()
        self._acts.close()  # those still waiting end with ``HostGone``
