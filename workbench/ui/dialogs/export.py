"""Export the session: what, which topics, which time, into which file; then how far it is, and where it is.

The export itself runs beside (``export_run``). Closing the dialog cancels it. Of an attached system only records are
exported: it has no journal here. GUI thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QProgressBar,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from workbench.core.errors import Invalid
from workbench.core.snapshot import TopicStat
from workbench.core.times import parse_moment
from workbench.session.export import Exported, What
from workbench.session.matching import read_filter
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.dialogs.export_run import ExportRun, ExportWish
from workbench.ui.dialogs.sheet import Sheet, keep_place, words_under
from workbench.ui.panels.nodes.panel import section_title
from workbench.ui.panels.parts.blocks import Segments, label, push_button, set_property, set_tone
from workbench.ui.panels.parts.file_dialog import show_whole_columns
from workbench.ui.theme import words

_MOST_BAR = 1000


class ExportDialog(Sheet):
    """See the module. ``chosen`` is the range that stands on the time strip, in ms; its end None means live. With
    ``wanted``, what a filter found in ``topic`` is what is exported first of all."""

    def __init__(self, workspace: Workspace, parent: QWidget | None = None,
                 chosen: tuple[int, int | None] | None = None, topic: str = "", wanted: str = "",
                 connection: str = "") -> None:
        super().__init__("", parent)
        self.setWindowTitle(self.tr("Export from {0}").format(connection) if connection
                            else self.tr("Export the session"))
        self._workspace, self._connection = workspace, connection
        self._run: ExportRun | None = None
        self._done: Exported | None = None
        self._strip = chosen
        self._build_what()
        self._build_topics(topic)
        self._build_filter(wanted)
        self._build_time()
        self._build_place()
        self._build_foot()
        self._check()
        self._workspace.shown_changed.connect(self._follow)
        self.resize(520, 560)

    # -- building ------------------------------------------------------------------------------------------
    def _build_what(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(1, 1)
        kinds = (("records", self.tr("Records")), ("journal", self.tr("Journal")), ("all", self.tr("Both")))
        self.what = Segments(kinds, self.tr("What"), small=False)
        self.what.chosen.connect(lambda _: self._check())
        forms = (("jsonl", self.tr("JSON Lines")), ("csv", self.tr("CSV")))
        self.form = Segments(forms, self.tr("Format"), small=False)
        self.form.chosen.connect(self._take_form)
        if self._connection:
            for kind in ("journal", "all"):
                self.what.button(kind).setEnabled(False)
                self.what.button(kind).setToolTip(self.tr("An attached system has no journal in this file."))
        for row, (name, choice) in enumerate(((self.tr("What"), self.what), (self.tr("Format"), self.form))):
            grid.addWidget(label(name, "muted"), row, 0)
            grid.addWidget(choice, row, 1, Qt.AlignmentFlag.AlignLeft)
        self.column.addLayout(grid)

    def _build_filter(self, wanted: str) -> None:
        self.filter = QLineEdit(wanted)
        self.filter.setProperty("mono", True)
        self.filter.setPlaceholderText(self.tr("All of them; or a filter, as over the records"))
        self.filter.setAccessibleName(self.tr("Only records that match"))
        self.filter.textChanged.connect(lambda _: self._check())
        self._filter_title = section_title(self.tr("Only what matches"))
        self.column.addWidget(self._filter_title)
        self.column.addWidget(self.filter)

    def _build_topics(self, only: str) -> None:
        self._topics_title = section_title(self.tr("Topics"))
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(10, 6, 10, 6)
        column.setSpacing(2)
        self.topics: dict[str, QCheckBox] = {}
        for topic in self._known_topics(only):
            box = self.topics[topic.name] = QCheckBox(self._topic_words(topic))
            box.setChecked(only in ("", topic.name))
            box.toggled.connect(lambda _: self._check())
            column.addWidget(box)
        column.addStretch(1)
        if not self.topics:
            column.addWidget(label(self.tr("There is no topic yet."), "muted"))
        self._topics_area = QScrollArea()
        self._topics_area.setWidgetResizable(True)
        self._topics_area.setWidget(body)
        self._topics_area.setAccessibleName(self.tr("Topics"))
        self.column.addWidget(self._topics_title)
        self.column.addWidget(self._topics_area, 1)

    def _topic_words(self, topic: TopicStat) -> str:
        kept = words.plural(topic.records, self.tr("record"), self.tr("records"))
        return f"{words.menu_text(topic.name)}  ·  {kept}"

    def _follow(self) -> None:
        """How many records there are now, for these are what would be written."""
        for name, box in self.topics.items():
            if (topic := self._workspace.live.topic(name, self._connection)) is not None:
                box.setText(self._topic_words(topic))

    def _known_topics(self, only: str) -> Sequence[TopicStat]:
        """Of an attached system the one that is looked at: there may be thousands."""
        if not self._connection:
            return self._workspace.live.topics
        topic = self._workspace.live.topic(only, self._connection)
        return () if topic is None else (topic,)

    def _build_time(self) -> None:
        choices = (("whole", self.tr("Whole session")), ("range", self.tr("A time range")),
                   ("strip", self.tr("As on the strip")))
        self.span = Segments(choices, self.tr("Time"), small=False)
        self.span.chosen.connect(self._take_span)
        strip = self.span.button("strip")
        strip.setEnabled(self._strip is not None)
        strip.setToolTip(self.tr("The range that is chosen on the time strip: drag over it with Shift held down"))
        live = self._workspace.live
        self.from_ = self._moment(self.tr("From"), live.host.started_ms or live.at_ms)
        self.to = self._moment(self.tr("To"), live.at_ms)
        self.to.setToolTip(self.tr("What was written at this very moment is left out"))
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.from_, 1)
        row.addWidget(label(self.tr("to"), "muted"))
        row.addWidget(self.to, 1)
        row.addWidget(label(words.zone_name(live.at_ms), "muted"))
        self._range = QWidget()
        self._range.setLayout(row)
        row.setContentsMargins(0, 0, 0, 0)
        self.column.addWidget(self.span)
        self.column.addWidget(self._range)

    def _moment(self, name: str, at_ms: int) -> QLineEdit:
        made = QLineEdit(words.moment(at_ms, millis=True))
        made.setProperty("mono", True)
        made.setPlaceholderText("2026-11-23 14:02:11")
        made.setAccessibleName(name)
        made.textEdited.connect(lambda _: self._check())
        return made

    def _take_span(self, span: str) -> None:
        if span == "strip" and self._strip is not None:
            first, last = self._strip
            self.from_.setText(words.moment(first, millis=True))
            self.to.setText(words.moment(self._workspace.live.at_ms if last is None else last, millis=True))
        self._check()

    def _typed_ms(self, field: QLineEdit) -> int | None:
        """The time that stands in a field; None when it is none."""
        try:
            return parse_moment(field.text(), self._workspace.live.at_ms, words.zone())
        except Invalid:
            return None

    def _build_place(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(8)
        path = self._workspace.path
        self.out = QLineEdit(str(path.absolute().with_name(f"{path.stem}-export.jsonl")))
        self.out.setAccessibleName(self.tr("File to write"))
        self.out.textChanged.connect(lambda _: self._check())
        choose = push_button(self.tr("Choose…"), "open")
        choose.clicked.connect(self._choose)
        row.addWidget(self.out, 1)
        row.addWidget(choose)
        self.column.addWidget(section_title(self.tr("File")))
        self.column.addLayout(row)
        self.bar = QProgressBar()
        self.bar.setRange(0, _MOST_BAR)
        self.bar.setAccessibleName(self.tr("How far the export is"))
        self.bar.hide()
        keep_place(self.bar)
        self._words = words_under("", lines=2)
        self.column.addWidget(self.bar)
        self.column.addWidget(self._words)

    def _build_foot(self) -> None:
        self.show_file = push_button(self.tr("Show in folder"), "open")
        self.show_file.clicked.connect(self._show_file)
        self.show_file.hide()
        self.cancel = push_button(self.tr("Close"))
        self.cancel.clicked.connect(self._cancel)
        self.start = push_button(self.tr("Export"), "export", "primary", role="text_on_accent")
        self.start.setDefault(True)
        self.start.clicked.connect(self._start)
        self.add_foot(self.show_file, self.cancel, self.start)

    # -- the wish ------------------------------------------------------------------------------------------
    def _chosen_topics(self) -> list[str]:
        return [name for name, box in self.topics.items() if box.isChecked()]

    def wish(self) -> ExportWish:
        """What the fields say."""
        chosen, ranged = self._chosen_topics(), self.span.current != "whole"
        return ExportWish(
            Path(self.out.text().strip()).absolute(), cast(What, self.what.current), self.form.current,
            () if len(chosen) == len(self.topics) and not self._connection else tuple(chosen),
            self._typed_ms(self.from_) if ranged else None,
            self._typed_ms(self.to) if ranged else None,
            "" if self.what.current == "journal" else self.filter.text().strip(), self._connection,
        )

    def _problem(self) -> str:
        """What keeps the export from starting; empty when nothing does."""
        out = Path(self.out.text().strip())
        if self.what.current != "journal" and self.topics and not self._chosen_topics():
            return self.tr("Choose at least one topic.")
        if self.what.current != "journal" and (wrong := self._filter_problem()):
            return wrong
        if self.span.current != "whole" and (wrong := self._range_problem()):
            return wrong
        if not self.out.text().strip() or out.is_dir():
            return self.tr("Give the name of a file.")
        if not out.absolute().parent.is_dir():
            return self.tr("There is no folder {0}.").format(out.absolute().parent)
        return ""

    def _filter_problem(self) -> str:
        try:
            if self.filter.text().strip():
                read_filter(self.filter.text())
        except Invalid as reason:
            set_property(self.filter, "state", "bad")
            return reason.sentence()
        set_property(self.filter, "state", "")
        return ""

    def _range_problem(self) -> str:
        first, last = self._typed_ms(self.from_), self._typed_ms(self.to)
        for field, ms in ((self.from_, first), (self.to, last)):
            set_property(field, "state", "bad" if ms is None else "")
        if first is None or last is None:
            wrong = (self.from_ if first is None else self.to).text()
            return self.tr("«{0}» is not a time. Write it as 2026-11-23 14:02:11 or 14:02:11.").format(wrong)
        return self.tr("The range ends before it begins.") if first >= last else ""

    def _check(self) -> None:
        """Say what would happen, or what is missing."""
        if self._run is not None:
            return
        only_journal = self.what.current == "journal"
        self._topics_title.setVisible(not only_journal)
        for part in (self._topics_area, self._filter_title, self.filter):
            part.setVisible(not only_journal)
        self._range.setVisible(self.span.current != "whole")
        problem = self._problem()
        self.start.setEnabled(not problem)
        self._say(problem or self._plan(), "bad" if problem else "muted")

    def _plan(self) -> str:
        out = Path(self.out.text().strip())
        if self.what.current == "all" and self.form.current == "csv":
            return self.tr("The journal goes into {0} beside it.").format(f"{out.stem}.journal{out.suffix}")
        return self.tr("{0} is there already and will be replaced.").format(out.name) if out.exists() else ""

    def _say(self, text: str, tone: str = "muted") -> None:
        set_tone(self._words, tone)
        self._words.setText(text)

    # -- acts ----------------------------------------------------------------------------------------------
    def _take_form(self, form: str) -> None:
        out = Path(self.out.text().strip())
        if out.suffix in (".jsonl", ".csv"):
            self.out.setText(str(out.with_suffix(f".{form}")))
        self._check()

    def _choose(self) -> None:
        dialog = QFileDialog(self, self.tr("Export into"), str(Path(self.out.text()).parent))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        show_whole_columns(dialog)
        dialog.setDefaultSuffix(self.form.current)
        dialog.selectFile(Path(self.out.text()).name)
        dialog.fileSelected.connect(self.out.setText)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _start(self) -> None:
        self._run = ExportRun(self._workspace, self.wish(), self)
        self._run.progressed.connect(self._show_progress)
        self._run.done.connect(self._finish)
        self._run.failed.connect(lambda sentence: self._end(sentence, "bad"))
        self._run.cancelled.connect(lambda: self._end(self.tr("Cancelled. Nothing was written."), "muted"))
        self._set_running(True)
        self._say(self.tr("Starting…"))
        self._run.start()

    def _set_running(self, running: bool) -> None:
        for part in (self.what, self.form, self._topics_area, self.filter, self.span, self._range, self.out,
                     self.start):
            part.setEnabled(not running)
        self.bar.setVisible(running)
        self.bar.setValue(0)
        self.show_file.setVisible(False)
        self.cancel.setText(self.tr("Cancel") if running else self.tr("Close"))
        self.cancel.setAccessibleName(self.cancel.text())
        self.cancel.setFocus()

    def _show_progress(self, written: int, in_all: int) -> None:
        self.bar.setValue(round(written / in_all * _MOST_BAR) if in_all else 0)
        self._say(self.tr("Written {0} of {1}").format(words.count(written), words.count(in_all)))

    def _finish(self, done: Exported) -> None:
        self._done = done
        records = words.plural(done.records, self.tr("record"), self.tr("records"))
        entries = words.plural(done.entries, self.tr("journal entry"), self.tr("journal entries"))
        what = {"records": (records,), "journal": (entries,)}.get(self.what.current, (records, entries))
        both = self.tr(" and ")
        self._end(self.tr("{0} in {1}").format(both.join(what), both.join(map(str, done.files))), "ok")
        self.show_file.show()

    def _end(self, sentence: str, tone: str) -> None:
        self._run = None
        self._set_running(False)
        self._check()
        self._say(sentence, tone)

    def _show_file(self) -> None:
        if self._done is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._done.files[0].parent)))

    def _cancel(self) -> None:
        if self._run is not None:
            self._run.cancel()
        else:
            self.reject()

    def done(self, result: int) -> None:
        """Closing cancels what runs."""
        if self._run is not None:
            self._run.blockSignals(True)
            self._run.end()
        super().done(result)
