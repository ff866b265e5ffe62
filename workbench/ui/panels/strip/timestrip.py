"""The strip of time at the foot of the window: go back, look, play, and return to live. The flow itself goes on.

Dragging the playhead asks the past for the state of that moment (the last question wins) and shows it through
``workspace.show_past``. Playing moves the playhead by the clock times the speed and sends what moved to the canvas by
``workspace.movement_shown``. GUI thread; the past is read on ``PastReader``'s own.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QElapsedTimer, Qt, QTimer
from PySide6.QtGui import QHideEvent, QKeyEvent, QPainter, QPaintEvent, QPen, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QVBoxLayout, QWidget

from workbench.control.messages import SetBookmark
from workbench.core.errors import WorkbenchError
from workbench.core.snapshot import Snapshot
from workbench.ui.bridge.pace import Pace
from workbench.ui.bridge.workspace import Phase, Workspace
from workbench.ui.charts.strip import HEIGHT, StripView
from workbench.ui.models.past import Opened, PastReader, coloured, movements, open_past
from workbench.ui.panels.parts.blocks import label, push_button, set_tone, tool_button
from workbench.ui.panels.parts.time_field import ClockLabel, TimeField
from workbench.ui.theme import icons, words
from workbench.ui.theme.theme import theme
from workbench.ui.theme.tokens import MOTION

SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
FRAME_MS = 33
STATE_EVERY_MS = 100
REFRESH_MS = 1000
LEFT, RIGHT = 214, 142


class TimeStrip(QWidget):
    """See the module. ``toggle_play``, ``previous_mark``, ``next_mark``, ``go_live``, ``go_start`` and ``bookmark``
    are for menus and keys."""

    def __init__(self, workspace: Workspace, parent: QWidget | None = None,
                 open_: Callable[[], Opened] | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self.past = PastReader(open_ or (lambda: open_past(workspace.path)), self)
        self._marks: list = []
        self._first_ms = 0
        self._speed = 1.0
        self._wanted_ms: int | None = None
        self._seeking = False
        self._playing_from: float | None = None  # the playhead while it plays, between whole milliseconds
        self._flow_to = 0
        self._refreshing = False
        self._elapsed = QElapsedTimer()
        self._play_dress: tuple = ()
        self._since_state = 0.0
        self._pace = Pace(lambda: self._follow(workspace.live), MOTION["numbers_ms"], self)
        self._frames = QTimer(self, interval=FRAME_MS)
        self._frames.setTimerType(Qt.TimerType.PreciseTimer)
        self._frames.timeout.connect(lambda: self.advance(self._elapsed.restart()))
        self._refresh = QTimer(self, interval=REFRESH_MS)
        self._refresh.timeout.connect(self.refresh)
        self.setFixedHeight(HEIGHT + 1)
        self._build()
        self.setFocusProxy(self.view)
        self._connect()
        self._say()

    # -- building ------------------------------------------------------------------------------------------
    def _build(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 1, 0, 0)
        row.setSpacing(0)
        left = QWidget()
        left.setFixedSize(LEFT, HEIGHT)  # so that the window is not laid out anew with every second
        column = QVBoxLayout(left)
        column.setContentsMargins(12, 9, 12, 7)
        column.setSpacing(0)
        column.addLayout(self._build_transport())
        column.addStretch(1)
        self.session = label("", "caption")
        self.session.setToolTip(self.tr("Turn the wheel over the strip to see more of the session, or less."))
        column.addWidget(self.session)
        self.view = StripView()
        row.addWidget(left)
        row.addWidget(self.view, 1)
        row.addWidget(self._build_clock())

    def _build_transport(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(2)
        self.previous = tool_button("step_back", self.tr("Previous mark"), self.tr("Previous mark ([)"), "text")
        self.play = tool_button("pause", self.tr("Pause"), self.tr("Hold this moment, or play on from it"), "text")
        self.next = tool_button("step", self.tr("Next mark"), self.tr("Next mark (])"), "text")
        self.loop = tool_button("loop", self.tr("Play the range again and again"), "", "text_muted")
        self.loop.setCheckable(True)
        self.speed = push_button("1×", tip=self.tr("Speed of playing"))
        self.speed.setProperty("small", True)
        menu = QMenu(self.speed)
        for factor in SPEEDS:
            menu.addAction(f"{factor:g}×").triggered.connect(lambda _=False, factor=factor: self.set_speed(factor))
        self.speed.setMenu(menu)
        for button, act in ((self.previous, self.previous_mark), (self.play, self.toggle_play),
                            (self.next, self.next_mark)):
            button.clicked.connect(act)
        for widget in (self.previous, self.play, self.next, self.loop):
            widget.setFixedSize(26, 26)
            row.addWidget(widget)
        row.addSpacing(4)
        row.addWidget(self.speed)
        row.addStretch(1)
        return row

    def _build_clock(self) -> QWidget:
        box = QWidget()
        box.setFixedSize(RIGHT, HEIGHT)
        column = QVBoxLayout(box)
        column.setContentsMargins(8, 8, 12, 6)
        column.setSpacing(0)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        self.clock = ClockLabel()
        self.clock.setToolTip(self.tr("Press to type a time to go to (G)"))
        self.clock.pressed.connect(self.ask_time)
        self.clock.setFont(theme().font("title", 500, mono=True))
        self.state = label("", "caption")
        self.day = label("", "caption")
        self.back = push_button(self.tr("Back to live"), variant="link", tip=self.tr("Back to live (End)"))
        self.back.clicked.connect(self.go_live)
        for widget in (self.clock, self.state, self.day):
            widget.setAlignment(right)
            column.addWidget(widget)
        column.addWidget(self.back, 0, Qt.AlignmentFlag.AlignRight)
        self.jump = TimeField(box)
        self.jump.setGeometry(4, 4, RIGHT - 10, 28)
        self.jump.chosen.connect(self.jump_to)
        return box

    def _connect(self) -> None:
        workspace = self._workspace
        workspace.live_changed.connect(self._pace.ask)
        workspace.time_changed.connect(self._follow_time)
        workspace.phase_changed.connect(self._take_phase)
        self.view.sought.connect(self._drag)
        self.view.went_live.connect(self.go_live)
        self.view.view_changed.connect(self.refresh)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme().color("surface"))
        painter.setPen(QPen(theme().color("line"), 1))
        painter.drawLine(0, 0, self.width(), 0)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._refresh.start()
        self._follow(self._workspace.live)
        self.refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._refresh.stop()

    def close_past(self) -> None:
        """Stop playing and let go of the file; for the window's end."""
        self._frames.stop()
        self._refresh.stop()
        self.past.close()

    # -- following -----------------------------------------------------------------------------------------
    def _follow(self, live: Snapshot) -> None:
        if live.at_ms:
            self._first_ms = self._first_ms or live.host.started_ms or live.at_ms
            self.view.show_session(self._first_ms, live.at_ms)
        self._say()

    def _follow_time(self, at_ms: int | None) -> None:
        self.view.show_time(at_ms)
        if at_ms is None:
            self._stop_playing()
        self._say()

    def refresh(self) -> None:
        """Ask again for bars and marks, unless an answer is on its way."""
        if self._refreshing or not self._workspace.live.at_ms:
            return
        self._refreshing = True
        first, bar_ms, count = self.view.wanted_bars()

        def read(past, _source):
            session = past.range()
            return session, past.histogram(first, first + bar_ms * count, count), past.marks(session[0], session[1] + 1)

        self.past.ask(read).done(lambda found: self._take(first, bar_ms, *found)).failed(self._no_past)

    def _take(self, first_ms: int, bar_ms: int, session: tuple[int, int], bars: list[int], marks: list) -> None:
        self._refreshing = False
        if session[0]:
            self._first_ms = session[0]
            self.view.show_session(session[0], max(session[1], self._workspace.live.at_ms))
        self._marks = marks
        self.view.show_bars(first_ms, bar_ms, bars)
        self.view.show_marks(marks)
        self._say()

    def _no_past(self, error: WorkbenchError) -> None:
        self._refreshing = self._seeking = False
        self.session.setToolTip(error.sentence())

    # -- words ---------------------------------------------------------------------------------------------
    def _say(self) -> None:
        live, at_ms = self._workspace.live.at_ms, self._workspace.at_ms
        there, playing = bool(live), self._frames.isActive()
        for widget in (self.previous, self.play, self.next, self.loop, self.speed):
            widget.setEnabled(there)
        moving = playing or at_ms is None
        name = self.tr("Pause") if moving else self.tr("Play")
        if self.play.accessibleName() != name or not there:
            self.play.setAccessibleName(name)
        self._dress_play("pause" if moving and there else "run", past=at_ms is not None)
        shown = live if at_ms is None else at_ms
        self.clock.setText(words.clock(shown) if there else "--:--:--")
        set_tone(self.clock, "" if at_ms is None else "replay")
        self.clock.setFont(theme().font("title", 500, mono=True))
        self.day.setText(words.date(shown) if there else "")
        self.day.setVisible(at_ms is None)
        self.back.setVisible(at_ms is not None)
        zone = words.zone_name(shown or None)
        if not there:
            self.state.setText(zone)
            self._say_why_empty()
        elif at_ms is None:
            here = self.tr("as last stored · {0}") if self._workspace.read_only else self.tr("live · {0}")
            self.state.setText(here.format(zone))
            self.session.setText(self._session_words(live))
        else:
            self.state.setText(f"{words.ago(live - at_ms)} · {zone}")
            self.session.setText(self.tr("Playing at {0:g}×").format(self._speed) if playing else self.tr("Held here"))

    def _take_phase(self, phase: Phase) -> None:
        self.view.end_name = self.tr("end") if phase is Phase.READ_ONLY else self.tr("live")
        self._say()

    def _say_why_empty(self) -> None:
        if self._workspace.loaded:
            self.session.setText(self.tr("No session yet"))
            self.view.say_why_empty(self.tr("Time appears here once something runs or a client connects."))
            return
        refused = self._workspace.phase is Phase.REFUSED
        said = self.tr("Not loaded") if refused else self.tr("Loading…")
        self.session.setText(said)
        self.view.say_why_empty(said)

    def _session_words(self, live_ms: int) -> str:
        session = words.duration(max(0, live_ms - self._first_ms))
        if self.view.shown.is_whole:
            return self.tr("Session {0}").format(session)
        low, high = self.view.view_range()
        minutes = round((high - low) / 60_000)
        shown = words.duration(minutes * 60_000 if 2 <= minutes < 60 else high - low)
        return self.tr("{0} of {1}").format(shown, session)

    def _dress_play(self, icon: str, past: bool) -> None:
        ground = f"background: {theme().color('replay').name()};" if past else ""
        dress = (icon, ground, theme().roles)
        if dress != self._play_dress:
            self._play_dress = dress
            self.play.setIcon(icons.icon(icon, "surface_raised" if past else "text"))
            self.play.setStyleSheet(ground)

    # -- seeking -------------------------------------------------------------------------------------------
    def _drag(self, ms: int) -> None:
        self._stop_playing()
        self.seek(ms)

    def seek(self, ms: int) -> None:
        """Show the moment ``ms``; while one is being looked up only the last wish is kept."""
        self._wanted_ms = ms
        self.view.show_time(ms)
        if not self._seeking:
            self._seek_next()

    def _seek_next(self) -> None:
        ms, self._wanted_ms = self._wanted_ms, None
        if ms is None:
            return
        self._seeking = True
        self.past.ask(lambda past, _source: past.state_at(ms)).done(lambda state: self._arrive(ms, state)).failed(
            self._seek_failed
        )

    def _arrive(self, ms: int, state: Snapshot) -> None:
        if not self._seeking:
            return  # back to live in the meantime
        self._seeking = False
        newer = self._wanted_ms
        self._workspace.show_past(ms, state)
        if newer is not None:
            self.view.show_time(newer)
        self._seek_next()

    def _seek_failed(self, error: WorkbenchError) -> None:
        self._seeking = False
        self.go_live()
        self._workspace.failed.emit(error)

    def go_live(self) -> None:
        self._wanted_ms = None
        self._seeking = False
        self._stop_playing()
        self.view.show_time(None)
        self._workspace.show_live()
        self._say()

    def ask_time(self, typed: str = "") -> None:
        """Let a time be typed where the clock stands."""
        if self._workspace.live.at_ms:
            self.jump.open_at(self._here(), typed)

    def jump_to(self, ms: int) -> None:
        """Show that moment; one of the future is now, one before the session its start."""
        if ms >= self._workspace.live.at_ms:
            self.go_live()
        else:
            self._drag(max(self._first_ms, ms))

    def go_start(self) -> None:
        if self._first_ms:
            self._drag(self._first_ms)

    def previous_mark(self) -> None:
        here = self._here()
        before = [mark.at_ms for mark in self._marks if mark.at_ms < here - 1]
        self._drag(max(before, default=self._first_ms))

    def next_mark(self) -> None:
        here = self._here()
        after = [mark.at_ms for mark in self._marks if mark.at_ms > here + 1]
        if after:
            self._drag(min(after))
        else:
            self.go_live()

    def _here(self) -> int:
        if self._wanted_ms is not None:
            return self._wanted_ms
        return self._workspace.live.at_ms if self._workspace.at_ms is None else self._workspace.at_ms

    def bookmark(self) -> None:
        """Mark the shown moment, so that it can be found again."""
        if self._workspace.live.at_ms:
            self._workspace.act(SetBookmark(self._here())).done(lambda _: self.refresh()).run()

    # -- playing -------------------------------------------------------------------------------------------
    def set_speed(self, factor: float) -> None:
        self._speed = factor
        self.speed.setText(f"{factor:g}×")
        self._say()

    def toggle_play(self) -> None:
        """Live: hold this moment. Held: play on from it. Playing: hold."""
        if self._frames.isActive():
            self._stop_playing()
        elif self._workspace.at_ms is None:
            self.seek(self._workspace.live.at_ms)
        else:
            self._playing_from = float(self._workspace.at_ms)
            self._flow_to = self._workspace.at_ms
            self._since_state = 0.0
            self._elapsed.start()
            self._frames.start()
        self._say()

    @property
    def playing(self) -> bool:
        return self._frames.isActive()

    def _stop_playing(self) -> None:
        self._frames.stop()
        self._playing_from = None
        self._say()

    def advance(self, elapsed_ms: float) -> None:
        """Play on by ``elapsed_ms`` of real time."""
        if self._playing_from is None:
            return
        self._playing_from += elapsed_ms * self._speed
        last = self.view.range[1] or self._workspace.live.at_ms
        if self._playing_from >= last:
            if self.loop.isChecked():
                self._playing_from = float(self.view.range[0])
                self._flow_to = int(self._playing_from)
            elif self.view.range[1] is None:
                self.go_live()
                return
            else:
                self._playing_from = float(last)
                self._frames.stop()
        self.view.show_time(int(self._playing_from))
        self.clock.setText(words.clock(int(self._playing_from)))
        self._since_state += elapsed_ms
        if self._since_state >= STATE_EVERY_MS and not self._seeking:
            self._since_state = 0.0
            self._play_to(int(self._playing_from))

    def _play_to(self, ms: int) -> None:
        from_ms, self._flow_to = self._flow_to, ms
        self.seek(ms)
        document = self._workspace.document
        self.past.ask(lambda past, source: coloured(past.flow_of(from_ms, ms), source)).done(
            lambda moved: self._workspace.movement_shown.emit(movements(document, moved))
        ).failed(self._no_past)

    # -- keys ----------------------------------------------------------------------------------------------
    def keyPressEvent(self, event: QKeyEvent) -> None:
        act = {
            Qt.Key.Key_End: self.go_live, Qt.Key.Key_Home: self.go_start, Qt.Key.Key_BracketLeft: self.previous_mark,
            Qt.Key.Key_BracketRight: self.next_mark, Qt.Key.Key_M: self.bookmark, Qt.Key.Key_G: self.ask_time,
            Qt.Key.Key_Plus: lambda: self.view.zoom(1.25), Qt.Key.Key_Minus: lambda: self.view.zoom(0.8),
        }.get(Qt.Key(event.key()))
        step_ms = 10_000 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1_000
        if act is not None:
            act()
        elif event.text().isdigit():
            self.ask_time(event.text())
        elif event.key() == Qt.Key.Key_Left:
            self._drag(max(self._first_ms, self._here() - step_ms))
        elif event.key() == Qt.Key.Key_Right:
            self._drag(min(self._workspace.live.at_ms, self._here() + step_ms))
        elif event.key() == Qt.Key.Key_Escape and self._workspace.at_ms is not None:
            self.go_live()
        else:
            super().keyPressEvent(event)
