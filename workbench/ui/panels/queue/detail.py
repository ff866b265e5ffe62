"""One message in full: its story, its value, its headers. What it is given it shows; the story it reads itself.

The journal is read off the GUI thread; until then, and when it can't be read, the pane says so. GUI thread.
"""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from workbench.core.errors import WorkbenchError
from workbench.core.queues import DEATHS, QueuedMessage
from workbench.ui.bridge.operation import Operation
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.models import pretty
from workbench.ui.models.queue_history import Chapter, read_lines, tell
from workbench.ui.models.queue_words import came_by, state_name
from workbench.ui.models.records import header_text
from workbench.ui.panels.parts.blocks import Empty, Segments, label
from workbench.ui.panels.parts.payload_view import PayloadView
from workbench.ui.theme import icons, words

_SHOWN = 60


class HistoryView(QScrollArea):
    """Chapters under each other: time, glyph, words."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.chapters: tuple[Chapter, ...] = ()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(self.tr("Story"))

    def sizeHint(self) -> QSize:
        return QSize(240, 120)  # it scrolls by itself: a long story makes no panel higher

    def show_chapters(self, chapters: list[Chapter], note: str = "") -> None:
        shown = tuple(chapters[-_SHOWN:])
        self.chapters = tuple(chapters)
        body = QWidget()
        body.setObjectName("story")
        grid = QGridLayout(body)
        grid.setContentsMargins(0, 2, 4, 2)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(2, 1)
        if len(chapters) > len(shown):
            note = self.tr("{0} earlier ones are not shown.").format(words.count(len(chapters) - len(shown)))
        for row, chapter in enumerate(shown):
            self._add(grid, row, chapter)
        if note:
            said = label(note, "muted")
            said.setWordWrap(True)
            grid.addWidget(said, len(shown), 0, 1, 3)
        grid.setRowStretch(len(shown) + 1, 1)
        self.setWidget(body)

    def _add(self, grid: QGridLayout, row: int, chapter: Chapter) -> None:
        top = Qt.AlignmentFlag.AlignTop
        sign = QLabel()
        sign.setPixmap(icons.pixmap(chapter.icon, chapter.role, 14, self.devicePixelRatioF()))
        text = chapter.text.replace("attempt ", "attempt\N{NO-BREAK SPACE}")  # never a number alone on a line
        said = label(text, "muted" if chapter.to_come else "bad" if chapter.role == "bad" else "")
        said.setWordWrap(True)
        said.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        at = label(words.clock(chapter.at_ms), "mono")
        at.setToolTip(f"{words.date(chapter.at_ms)} {words.zone_name(chapter.at_ms)}")
        grid.addWidget(at, row, 0, top)
        grid.addWidget(sign, row, 1, top)
        grid.addWidget(said, row, 2, top)


class MessageDetail(QFrame):
    """See the module."""

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", "raised")
        self._workspace = workspace
        self._queue = ""
        self.message: QueuedMessage | None = None
        self._at_ms: int | None = None
        self._asked = 0
        self._stack = QStackedWidget()
        self._nothing = Empty("", self.tr("No message chosen"), self.tr("Pick a row to see its story and its value."))
        self._stack.addWidget(self._nothing)
        self._stack.addWidget(self._build())
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._stack)

    def _build(self) -> QWidget:
        page = QWidget()
        self._column = column = QVBoxLayout(page)
        column.setContentsMargins(14, 4, 0, 0)
        column.setSpacing(8)
        self._head = head = QHBoxLayout()
        head.setSpacing(8)
        self.place, self.state = label("", "title"), label("", "muted")
        head.addWidget(self.place)
        head.addWidget(self.state, 1)
        self.tabs = Segments([("story", self.tr("Story")), ("value", self.tr("Value")),
                              ("headers", self.tr("Headers"))], self.tr("View"))
        self.tabs.chosen.connect(lambda _: self._show_tab())
        head.addWidget(self.tabs)
        column.addLayout(head)
        self.came_by = label("", "muted")
        self.came_by.setWordWrap(True)
        self.came_by.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        column.addWidget(self.came_by)
        self.story = HistoryView()
        self.view = PayloadView()
        self.view.setAccessibleName(self.tr("Value"))
        column.addWidget(self.story, 1)
        column.addWidget(self.view, 1)
        return page

    def set_way(self, way: QBoxLayout.Direction) -> None:
        """The choice of what to see beside the place, or under it."""
        self._head.setDirection(way)
        left = 14 if way == QBoxLayout.Direction.LeftToRight else 0
        self._column.setContentsMargins(left, 4, 0, 0)

    # -- showing --------------------------------------------------------------------------------------------
    def show_message(self, queue: str, message: QueuedMessage | None, chosen: int = 1,
                     at_ms: int | None = None) -> None:
        """Show one message; of several chosen the first, with how many there are. In the past, as it stood at
        ``at_ms``, what came later is muted."""
        self._stack.setCurrentIndex(0 if message is None else 1)
        known = self.message is not None and message is not None and self.message.id == message.id
        if (queue, message, at_ms) == (self._queue, self.message, self._at_ms):
            return
        self._queue, self.message, self._at_ms = queue, message, at_ms
        if message is None:
            return
        self.place.setText(str(message.id))
        said = state_name(message.state)
        self.state.setText(self.tr("{0} · first of {1} chosen").format(said, chosen) if chosen > 1 else said)
        self.came_by.setText(came_by(message))
        self.came_by.setVisible(bool(self.came_by.text()))
        if not known:
            self.story.show_chapters([], self.tr("Reading the journal…"))
        self._show_tab()

    def _show_tab(self) -> None:
        message, tab = self.message, self.tabs.current
        if message is None:
            return
        self.story.setVisible(tab == "story")
        self.view.setVisible(tab != "story")
        if tab == "story":
            self._read_story(message)
        elif tab == "value":
            decoder = self._workspace.decoder(message.record.topic)
            value = message.record.value
            text, kind = pretty.readable(value, decoder.value) if value else (self._no_value(), "text")
            self.view.show_text(text, kind)
        else:
            self.view.show_text(self._headers(message), "text")

    def _no_value(self) -> str:
        if self.message is not None and not self.message.kept:
            return self.tr("Its record is no longer kept.")
        null = self.message is not None and self.message.record.value is None
        return self.tr("null: it has no value.") if null else self.tr("Empty: a value of 0 bytes.")

    def _headers(self, message: QueuedMessage) -> str:
        if not message.kept:
            return self.tr("Its record is no longer kept.")
        if not message.record.headers:
            return self.tr("No headers.")
        shown = [(name, data) for name, data in message.record.headers if name != DEATHS]
        lines = [f"{name}: {header_text(data, 2000)}" for name, data in shown]
        lines += [self.tr("died: {0} in {1}, {2} times").format(death.reason, death.queue, death.count)
                  for death in message.deaths]
        return "\n".join(lines)

    # -- the story ------------------------------------------------------------------------------------------
    def _read_story(self, message: QueuedMessage) -> None:
        self._asked += 1
        workspace, queue = self._workspace, self._queue

        def read():
            with workspace.reader_for_work() as reader:
                return read_lines(reader, message, queue)

        Operation(self, read).done(partial(self._show_story, self._asked, message)).failed(
            partial(self._say_unread, self._asked, message)).run()

    def _show_story(self, asked: int, message: QueuedMessage, lines) -> None:
        if asked == self._asked:
            self.story.show_chapters(tell(message, lines, self._queue, self._at_ms))

    def _say_unread(self, asked: int, message: QueuedMessage, error: WorkbenchError) -> None:
        if asked == self._asked:
            self.story.show_chapters(tell(message, (), self._queue), error.sentence())
