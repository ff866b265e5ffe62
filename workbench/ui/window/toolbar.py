"""The tool bar: files, undo, the run segment, speed, faults, live or past, the broker's address, search or run."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QPushButton, QToolBar, QToolButton, QWidget

from workbench.core.snapshot import RunState, Snapshot
from workbench.ui.bridge.workspace import Phase, Workspace
from workbench.ui.panels.parts.blocks import Segments, label, push_button, set_property
from workbench.ui.qt_types import layout_of
from workbench.ui.theme import words
from workbench.ui.theme.icons import icon
from workbench.ui.window.actions import ActionBook
from workbench.ui.window.clients_box import ClientsBox

_LEVELS, _GAP, _EDGE = 7, 4, 10
_FILES = ("file.new", "file.open", "file.save_as")
SPEEDS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 10.0, 100.0)


class RunSegment(QWidget):
    """Run, Pause, Step, Stop as one control; the state that holds is filled."""

    def __init__(self, actions: ActionBook) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self._buttons: dict[str, QPushButton] = {}
        names = (("run.start", "run"), ("run.pause", "pause"), ("run.step", "step"), ("run.stop", "stop"))
        for place, (name, glyph) in enumerate(names):
            button = push_button(actions[name].text(), variant="segment")
            button.setIcon(icon(glyph, "text", on_role="text_on_accent"))
            button.setToolTip(actions[name].toolTip())
            button.clicked.connect(actions[name].trigger)
            button.setCheckable(True)
            ends = {"left": place == 0, "right": place == len(names) - 1}
            radius = " ".join(f"border-{y}-{x}-radius: 6px;" for x, is_end in ends.items() if is_end
                              for y in ("top", "bottom"))
            button.setStyleSheet(radius + ("" if place == 0 else " border-left-width: 0;"))
            self._buttons[name] = button
            row.addWidget(button)

    def show_state(self, run: RunState, ready: bool, tr: QWidget) -> None:
        start, pause = self._buttons["run.start"], self._buttons["run.pause"]
        running, paused = run is RunState.RUNNING, run is RunState.PAUSED
        start.setText(tr.tr("Running") if running else tr.tr("Resume") if paused else tr.tr("Run"))
        for button, on in ((start, running), (pause, paused)):
            button.setChecked(on)
            set_property(button, "filled", on)
        start.setEnabled(ready)
        pause.setEnabled(ready and run is not RunState.STOPPED)
        self._buttons["run.step"].setEnabled(ready and paused)
        self._buttons["run.stop"].setEnabled(ready and run is not RunState.STOPPED)
        for name in ("run.step", "run.stop"):
            self._buttons[name].setChecked(False)


class TopBar(QToolBar):
    """See the module. ``time_chosen`` says «live» or «past»."""

    time_chosen = Signal(str)

    def __init__(self, workspace: Workspace, actions: ActionBook, faults: QMenu) -> None:
        super().__init__()
        self.setObjectName("toolbar")
        self.setWindowTitle(self.tr("Tools"))
        self.setMovable(False)
        self.setFixedHeight(44)
        self.setIconSize(QSize(16, 16))
        self._workspace = workspace
        self._actions = actions
        self._level = 0
        self._said: tuple[object, ...] = ()
        self._build(faults)
        self._follow()

    def _build(self, faults: QMenu) -> None:
        actions = self._actions
        self._files = [self.addWidget(self._tool(actions[name])) for name in _FILES]
        self._more_action = self.addWidget(self._more())
        self.addSeparator()
        for name in ("edit.undo", "edit.redo"):
            self.addWidget(self._tool(actions[name]))
        self.addSeparator()
        self._run = RunSegment(actions)
        self.addWidget(self._run)
        self._speed = self._menu_button(self.tr("1×"), "speed", self.tr("Speed of the flow"))
        self._speed.setMenu(self._speed_menu())
        self.addWidget(self._speed)
        self._faults = self._menu_button(self.tr("Faults"), "fault", self.tr("Make something go wrong, for real"))
        self._faults.setMenu(faults)
        self.addWidget(self._faults)
        self.addSeparator()
        self._time = Segments((("live", self.tr("Live")), ("past", self.tr("Replay"))), self.tr("Time shown"), False)
        self._time.button("live").setIcon(icon("live", "text", on_role="accent"))
        self._time.button("past").setIcon(icon("replay", "text", on_role="text_on_accent"))
        self._time.chosen.connect(self._choose_time)
        self.addWidget(self._time)
        self._past = self._chip()
        self._past_action = self.addWidget(self._past)
        stretch = QWidget()
        stretch.setSizePolicy(stretch.sizePolicy().Policy.Expanding, stretch.sizePolicy().Policy.Preferred)
        self.addWidget(stretch)
        self.clients = ClientsBox()
        self.clients.clicked.connect(actions["tools.clients"].trigger)
        self.addWidget(self.clients)
        self.addWidget(self._search())
        self._parts = [(action, self.widgetForAction(action)) for action in self.actions()]

    def _follow(self) -> None:
        workspace = self._workspace
        workspace.live_changed.connect(self._show_live)
        workspace.time_changed.connect(self._show_time)
        workspace.phase_changed.connect(lambda _: self._show_live(workspace.live))
        self._show_live(workspace.live)
        self._show_time(None)

    def _tool(self, action: QAction) -> QToolButton:
        button = QToolButton()
        button.setDefaultAction(action)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        button.setFixedSize(30, 28)
        button.setAccessibleName(action.text())
        return button

    def _more(self) -> QToolButton:
        """What gives way in the narrowest window, as a menu."""
        button = QToolButton()
        button.setIcon(icon("more", "text"))
        button.setFixedSize(30, 28)
        button.setAccessibleName(self.tr("More: files"))
        button.setToolTip(self.tr("New, open, save a copy"))
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(button)
        for name in _FILES:
            menu.addAction(self._actions[name])
        button.setMenu(menu)
        return button

    def _menu_button(self, text: str, glyph: str, tip: str) -> QPushButton:
        button = push_button(text, glyph, tip=tip)
        button.setAccessibleName(tip)
        return button

    def _speed_menu(self) -> QMenu:
        menu = QMenu(self)
        for speed in SPEEDS:
            menu.addAction(self._actions[f"run.speed.{speed:g}"])
        return menu

    def _chip(self) -> QFrame:
        frame = QFrame()
        frame.setProperty("surface", "banner-replay")
        row = QHBoxLayout(frame)
        row.setContentsMargins(8, 4, 8, 4)
        self._past_words = label("", "replay")
        row.addWidget(self._past_words)
        return frame

    def _search(self) -> QPushButton:
        button = push_button(self.tr("Search or run…"), "search", role="text_muted")
        button.setObjectName("search")
        button.setProperty("keys", "Ctrl K")
        button.setToolTip(self.tr("Every command, node and topic (Ctrl+K)"))
        button.setMinimumWidth(180)
        button.setStyleSheet("text-align: left;")
        button.setAccessibleName(self.tr("Search or run…"))
        button.clicked.connect(self._actions["tools.commands"].trigger)
        row = QHBoxLayout(button)
        row.setContentsMargins(0, 0, 8, 0)
        row.addStretch(1)
        self._search_keys = label("Ctrl K", "caption")
        row.addWidget(self._search_keys)
        self._search_box = button
        return button

    def show_state(self) -> None:
        """The drawing was loaded."""
        self._show_live(self._workspace.live)

    # -- following -----------------------------------------------------------------------------------------
    def _show_live(self, live: Snapshot) -> None:
        self._time.button("live").setText(self.tr("Latest") if self._workspace.read_only else self.tr("Live"))
        there = self._workspace.phase in (Phase.STARTING, Phase.ATTACHED)  # what is asked while it starts waits for it
        ended = self._workspace.phase in (Phase.LOST, Phase.REFUSED)  # what was told last runs no more
        ready = there and bool(self._workspace.document.nodes)
        self._run.show_state(RunState.STOPPED if ended else live.run, ready, self)
        self._speed.setText(f"{live.speed:g}×")
        faults = sum(member.state.value in ("killed", "failed") for group in live.groups for member in group.members)
        some = self.tr("1 fault") if faults == 1 else self.tr("{0} faults").format(faults)
        self._faults.setText(some if faults else self.tr("Faults"))
        self._fit_if_other()

    def _show_time(self, at_ms: int | None) -> None:
        self._time.choose("live" if at_ms is None else "past")
        set_property(self._time.button("past"), "filled", "replay" if at_ms is not None else "")
        self._fit()

    # -- room ----------------------------------------------------------------------------------------------
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._fit()

    def _fit_if_other(self) -> None:
        """Ten times a second: measure again only when there is more or less to say."""
        live = self._workspace.live
        said = (tuple(live.host.listeners.items()), len(live.clients), self._workspace.at_ms is None)
        if said == self._said or not self.isVisible():
            self._show_level(self._level)
        else:
            self._said = said
            self._fit()

    def _fit(self) -> None:
        """Say as much as there is room for: what is shorter, and then what stands elsewhere too, gives way first."""
        for level in range(_LEVELS):
            self._level = level
            self._show_level(level)
            if self._wanted_width() <= self.width():
                break
        layout_of(self).invalidate()  # Qt keeps the places of before, and hides what had none there

    def _show_level(self, level: int) -> None:
        live, at_ms = self._workspace.live, self._workspace.at_ms
        self.clients.show_state(live, short=level >= 2, shortest=level >= 3)
        for action in self._files:
            action.setVisible(level < 6)
        self._more_action.setVisible(level >= 6)
        self._past_action.setVisible(at_ms is not None)
        self._say_past(at_ms, with_age=level < 4)
        self._search_keys.setVisible(level < 1)
        self._search_box.setText((self.tr("Search or run…"), self.tr("Search…"))[level > 0] if level < 5 else "")
        self._search_box.setMinimumWidth(180 if level == 0 else 40)

    def _wanted_width(self) -> int:
        shown = [widget for action, widget in self._parts if action.isVisible()]
        return sum(max(w.sizeHint().width(), w.minimumWidth()) + _GAP for w in shown) + 2 * _EDGE

    def _say_past(self, at_ms: int | None, with_age: bool = True) -> None:
        if at_ms is not None:
            age = words.duration(max(0, self._workspace.live.at_ms - at_ms))
            moment = words.clock(at_ms, millis=False)
            said = self.tr("Showing {0} · {1} ago").format(moment, age) if with_age else moment
            self._past_words.setText(said)

    def _choose_time(self, key: str) -> None:
        self.time_chosen.emit(key)
        self._show_time(self._workspace.at_ms)
