"""What can be done with records that are looked at: copy, export, publish again, edit and send, replay from there.

Acts on what is selected, else on the one in view. Rows are read off the GUI thread, by their numbers. GUI thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from workbench.control.messages import AppendedList, AppendRecords
from workbench.core.errors import Refused
from workbench.core.offsets import ResetSpec
from workbench.core.queues import sent_straight
from workbench.core.records import Record, StoredRecord
from workbench.engines.base import BrowseTable
from workbench.serde import Decoder
from workbench.session.export import Exported, export_records, format_named
from workbench.session.rows import Rows
from workbench.ui.bridge.operation import Operation
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.models.records import whole_text
from workbench.ui.panels.records.editor import RecordEditor
from workbench.ui.panels.replay.preview import open_replay_preview
from workbench.ui.theme import words

MOST_PUBLISHED = 10_000
MOST_COPIED = 10_000
_PAGE = 512


def spans_of(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Neighbours as (first, count), none longer than a page."""
    ordered = sorted(numbers)
    start = 0
    for at, (one, next_) in enumerate(pairwise(ordered), 1):
        if next_ != one + 1 or at - start >= _PAGE:
            yield ordered[start], at - start
            start = at
    if ordered:
        yield ordered[start], len(ordered) - start


def read_rows(rows: Rows, reader: BrowseTable, numbers: Sequence[int]) -> Iterator[StoredRecord]:
    """The records of these rows, in the order of the log; what is gone meanwhile is left out."""
    for first, count in spans_of(numbers):
        found = rows.read(reader, first, count)
        yield from (found[number] for number in sorted(found) if first <= number < first + count)


class RecordActs(QObject):
    """``chosen`` says the rows that are meant and their numbers."""

    def __init__(self, workspace: Workspace, panel: QWidget, chosen: Callable[[], tuple[Rows, list[int]]]) -> None:
        super().__init__(panel)
        self._workspace, self._panel, self._chosen = workspace, panel, chosen

    # -- copy ----------------------------------------------------------------------------------------------
    def copy(self, what: str) -> None:
        """``value``, ``key``, ``place`` or ``json`` (a line as the export writes it) of each, a line each."""
        line = {"json": _as_json, "value": _as_value, "key": _as_key, "place": _as_place}[what]
        decoder = self._workspace.decoder
        self._read(MOST_COPIED, self.tr("copy"),
                   lambda records: self._copied("\n".join(line(record, decoder(record.topic)) for record in records)))

    def _copied(self, text: str) -> None:
        QGuiApplication.clipboard().setText(text)

    # -- publish -------------------------------------------------------------------------------------------
    def publish(self) -> None:
        """Write these records once more, now, each to the partition it came from."""
        self._read(MOST_PUBLISHED, self.tr("publish"), self.send)

    def send(self, records: Sequence[StoredRecord]) -> None:
        """One command a run of neighbours of one partition, so that their order stays."""
        events = [record for record in records if record.has_content]
        at = 0
        while at < len(events):
            end = at
            while end < len(events) and end - at < _PAGE and events[end].partition == events[at].partition:
                end += 1
            batch = tuple(Record(r.key, r.value, sent_straight(r.headers)) for r in events[at:end])
            command = AppendRecords(events[at].topic, batch, events[at].partition)
            last = end == len(events)
            done = (lambda reply: self._published(len(events), reply)) if last else (lambda _: None)
            self._workspace.act(command, self).done(done).run()
            at = end

    def _published(self, count: int, reply: AppendedList) -> None:
        if not reply.appended:
            return
        at = reply.appended[0]
        place = words.place(at.topic, at.partition, at.base_offset)
        if count == 1:
            self._workspace.notice.emit(self.tr("Published again as {0}.").format(place))
        else:
            said = self.tr("{0} records published again; the last begin at {1}.")
            self._workspace.notice.emit(said.format(words.count(count), place))

    def edit(self, record: StoredRecord) -> None:
        """Change a copy of this record and send it."""
        RecordEditor(self._workspace, record, self._panel.window()).open_over(self._panel)

    # -- replay --------------------------------------------------------------------------------------------
    def replay(self, group: str, record: StoredRecord) -> None:
        open_replay_preview(self._workspace, self._panel, group, ResetSpec("time", record.timestamp_ms),
                            topic=record.topic, origin=(record.partition, record.offset))

    # -- export --------------------------------------------------------------------------------------------
    def export(self) -> None:
        """Ask for a file and write the selected records into it."""
        path = self._workspace.path
        place = str(path.absolute().with_name(f"{path.stem}-records.jsonl"))
        dialog = QFileDialog(self._panel, self.tr("Export these records into"), place)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters([self.tr("JSON Lines (*.jsonl)"), self.tr("CSV (*.csv)")])
        dialog.setDefaultSuffix("jsonl")
        dialog.selectFile(Path(place).name)
        dialog.fileSelected.connect(lambda name: self.export_into(Path(name)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def export_into(self, out: Path) -> None:
        rows, numbers = self._chosen()
        workspace = self._workspace

        def write() -> Exported:
            with workspace.browse_for_work(rows.connection) as reader:
                return export_records(out, read_rows(rows, reader, numbers), decoders=workspace.decoder)

        work = Operation(self, write, workspace.workers_for(rows.connection))
        work.done(self._exported).failed(workspace.failed.emit).run()

    def _exported(self, done: Exported) -> None:
        records = words.plural(done.records, self.tr("record"), self.tr("records"))
        self._workspace.notice.emit(self.tr("{0} in {1}").format(records, done.files[0]))

    # -- reading -------------------------------------------------------------------------------------------
    def _read(self, most: int, what: str, take: Callable[[list[StoredRecord]], None]) -> None:
        rows, numbers = self._chosen()
        workspace = self._workspace
        if len(numbers) > most:
            said = self.tr("{0} records are too many to {1} at once.").format(words.count(len(numbers)), what)
            workspace.failed.emit(Refused(said, self.tr("Choose up to {0}, or export them.").format(words.count(most))))
            return

        def read() -> list[StoredRecord]:
            with workspace.browse_for_work(rows.connection) as reader:
                return list(read_rows(rows, reader, numbers))

        Operation(self, read, workspace.workers_for(rows.connection)).done(take).failed(workspace.failed.emit).run()


def _as_json(record: StoredRecord, decoder: Decoder) -> str:
    return format_named("jsonl", lambda _: decoder).record(record).decode().rstrip("\n")


def _as_value(record: StoredRecord, decoder: Decoder) -> str:
    return whole_text(record.value, decoder.beside(record.headers).value)


def _as_key(record: StoredRecord, decoder: Decoder) -> str:
    return whole_text(record.key, decoder.beside(record.headers).key)


def _as_place(record: StoredRecord, decoder: Decoder) -> str:
    return f"{record.topic}/{record.partition} @ {record.offset}"
