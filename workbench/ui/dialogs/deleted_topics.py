"""Topics that were deleted and are kept for a while: bring one back, or let it go now. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from workbench.control.command import Command
from workbench.control.transfers import (
    DeletedTopicInfo,
    DeletedTopicList,
    DropDeletedTopic,
    ListDeletedTopics,
    RestoreTopic,
)
from workbench.core.changes import Changes
from workbench.core.errors import WorkbenchError
from workbench.core.snapshot import Snapshot
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.dialogs.ask import ask
from workbench.ui.dialogs.sheet import Sheet, words_under
from workbench.ui.panels.parts.blocks import Banner, label, push_button, rule
from workbench.ui.theme import words

_SIZE = (600, 380)


class DeletedTopicsDialog(Sheet):
    """See the module."""

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.setWindowTitle(self.tr("Deleted topics"))
        self._workspace = workspace
        self._names: tuple[str, ...] = ()
        self.resize(*_SIZE)
        self.rows: dict[str, _Row] = {}
        self.intro = words_under(self.tr("A deleted topic is kept for a day. Restored, it has its records again, what "
                                         "groups had committed, its queues and its bindings."))
        self.refused = Banner()
        self.column.addWidget(self.intro)
        self.column.addWidget(self.refused)
        self._list = QVBoxLayout()
        self._list.setContentsMargins(0, 0, 0, 0)
        self._list.setSpacing(8)
        self.empty = label(self.tr("Asking the broker…"), "muted")
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 8, 0)
        column.addWidget(self.empty)
        column.addLayout(self._list)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setWidget(inside)
        self.column.addWidget(area, 1)
        shut = push_button(self.tr("Close"))
        shut.clicked.connect(self.reject)
        self.add_foot(shut)
        workspace.live_changed.connect(self._follow)
        workspace.changed.connect(self._take_changes)
        self.refresh()

    def _follow(self, live: Snapshot) -> None:
        """A topic came or went, by whoever's act."""
        names = tuple(topic.name for topic in live.topics)
        if names != self._names:
            self._names = names
            self.refresh()

    def _take_changes(self, changes: Changes) -> None:
        """What is kept of one is gone, too."""
        if Changes.DELETED in changes:
            self.refresh()

    def refresh(self) -> None:
        self._workspace.act(ListDeletedTopics(), self).done(self._show).failed(self._refuse).run()

    def _show(self, found: DeletedTopicList) -> None:
        for row in self.rows.values():
            self._list.removeWidget(row)
            row.deleteLater()
        self.rows = {}
        for topic in sorted(found.topics, key=lambda topic: (topic.name, -topic.keep_until_ms)):
            if topic.name not in self.rows:  # of two of a name the newest can be restored
                self.rows[topic.name] = _Row(topic, self)
                self._list.addWidget(self.rows[topic.name])
        self.empty.setText(self.tr("No deleted topic is kept."))
        self.empty.setVisible(not self.rows)

    # -- acts ----------------------------------------------------------------------------------------------
    def restore(self, name: str) -> None:
        self._do(RestoreTopic(name), self.tr("{0} is back.").format(name))

    def ask_drop(self, topic: DeletedTopicInfo) -> None:
        ask(self.tr("Delete {0} now").format(topic.name),
            self.tr("{0} kept {1}.").format(topic.name, words.plural(topic.records, "record", "records")),
            self.tr("Nothing brings them back after that."),
            self.tr("Delete {0}").format(words.plural(topic.records, "record", "records")),
            lambda: self._do(DropDeletedTopic(topic.name), self.tr("What {0} kept is gone.").format(topic.name)),
            self)

    def _do(self, command: Command, notice: str) -> None:
        def done(_: object) -> None:
            self.refused.say("")
            self._workspace.notice.emit(notice)
            self.refresh()

        self._workspace.act(command, self).done(done).failed(self._refuse).run()

    def _refuse(self, error: WorkbenchError) -> None:
        self.refused.say(error.sentence())


class _Row(QWidget):
    """One topic: what it holds, until when, and the two acts."""

    def __init__(self, topic: DeletedTopicInfo, dialog: DeletedTopicsDialog) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        self.name = label(topic.name)
        self.name.setToolTip(topic.name)
        parts = words.plural(topic.partitions, "partition", "partitions")
        kind = dialog.tr("queue") if topic.kind == "queue" else parts
        self.about = words_under(dialog.tr("{0} · {1} · {2} · kept until {3}").format(
            kind, words.plural(topic.records, "record", "records"), words.size(topic.size_bytes),
            words.moment(topic.keep_until_ms)))
        self.restore = push_button(dialog.tr("Restore"))
        self.restore.clicked.connect(lambda: dialog.restore(topic.name))
        self.drop = push_button(dialog.tr("Delete now…"), variant="flat")
        self.drop.clicked.connect(lambda: dialog.ask_drop(topic))
        row = QHBoxLayout()
        words_column = QVBoxLayout()
        words_column.setSpacing(1)
        words_column.addWidget(self.name)
        words_column.addWidget(self.about)
        row.addLayout(words_column, 1)
        row.addWidget(self.restore)
        row.addWidget(self.drop)
        column.addLayout(row)
        column.addWidget(rule())
