"""The life of a window: opened, looked at, refused, silent, full, closed; once each, and all of it again and again."""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

from tests.ui.panels.reading import button
from tests.ui.stage import PAST_MS, StageCaller, orders_document, orders_file, orders_snapshot
from workbench.broker import Broker
from workbench.control.command import Command
from workbench.control.messages import Push, Run, SaveFlow, Shutdown
from workbench.core.errors import FileError, HostGone, NotOurs, ReadOnly, WorkbenchError
from workbench.flow import codec
from workbench.flow.edits import RenameNode
from workbench.ui.bridge.host_link import HostLink
from workbench.ui.bridge.operation import wait_for_work
from workbench.ui.bridge.workers import shared_workers
from workbench.ui.bridge.workspace import Phase, Workspace
from workbench.ui.opening import Opener, look_at
from workbench.ui.panels.parts.loading import EmptyOnceLoaded
from workbench.ui.panels.strip.timestrip import TimeStrip
from workbench.ui.single_instance import SingleInstance
from workbench.ui.theme.theme import theme
from workbench.ui.window import closing
from workbench.ui.window.main_window import MainWindow

FULL = "The disk that holds orders.flow is full. Free some space; nothing stored was lost. Until then nothing new is."


class StubbornCaller(StageCaller):
    """A host that refuses some commands, or does not answer them until it is let go."""

    def __init__(self, refuse: type[Command] | None = None, freeze: type[Command] | None = None) -> None:
        super().__init__()
        self.refused, self.frozen, self.thawed = refuse, freeze, threading.Event()

    def call(self, command: Command) -> Any:
        if self.refused and isinstance(command, self.refused):
            raise FileError("The disk that holds orders.flow is full.", "Free some space; nothing stored was lost.")
        if self.frozen and isinstance(command, self.frozen):
            self.thawed.wait(20)
            raise HostGone("The host of this workspace went away.")
        return super().call(command)

    def close(self) -> None:
        self.thawed.set()
        super().close()


@pytest.fixture
def windows(qtbot, qapp, settings, tmp_path: Path):
    """Makes windows on a file, closed in the end whatever they say."""
    path = orders_file(tmp_path, records=240)
    made: list[MainWindow] = []
    theme().apply(qapp, "light")

    def make(caller: StageCaller | None, drawn: bool = True) -> MainWindow:
        workspace = Workspace(path, caller)
        window = MainWindow(workspace, settings, HostLink(workspace))
        window.load_drawing(codec.dumps(orders_document()) if drawn else "")
        made.append(window)
        window.resize(1440, 900)
        window.show()
        return window

    yield make
    for window in made:
        window.close_for_good()
        qtbot.waitUntil(lambda window=window: window.workspace.closed, timeout=10_000)
        window.deleteLater()
    wait_for_work()
    qapp.processEvents()


# -- a file is looked at before the present one is left ----------------------------------------------------
def _folder(path: Path) -> None:
    path.mkdir()


def _newer(path: Path) -> None:
    Broker.create(path).close()
    head = bytearray(path.read_bytes())
    head[60:64] = (99).to_bytes(4, "big")
    path.write_bytes(head)


def _cut(path: Path) -> None:
    Broker.create(path).close()
    path.write_bytes(path.read_bytes()[:9_000])


WRONG: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (lambda _path: None, "There is no file"),
    "folder": (_folder, "is a folder"),
    "empty": (Path.touch, "is empty"),
    "foreign": (lambda path: path.write_bytes(b"hello"), "is not a workspace"),
    "newer": (_newer, "newer workbench"),
    "cut": (_cut, "is cut off"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_file_that_cannot_be_opened_is_said_and_the_present_one_stays(qtbot, windows, tmp_path: Path, case: str,
                                                                        monkeypatch: pytest.MonkeyPatch):
    make, said = WRONG[case]
    path = tmp_path / "other.flow"
    make(path)
    window = windows(StageCaller())
    opener = Opener(window)
    monkeypatch.setattr(opener, "_start", lambda _path: pytest.fail("a window was opened on it"))
    opener.open(path, window.workspace.failed.emit, window.workspace.notice.emit)
    qtbot.waitUntil(lambda: said in window.host_bar.text)
    assert window.isVisible() and "workbench new" not in window.host_bar.text
    assert window.workspace.connected and len(window.workspace.document.nodes) == 9
    button(window.host_bar, "Close").click()
    assert not window.host_bar.isVisible()


def test_a_good_file_is_opened_in_a_window_of_its_own(qtbot, windows, tmp_path: Path, monkeypatch):
    started: list[Path] = []
    told: list[str] = []
    Broker.create(tmp_path / "other.flow").close()
    window = windows(StageCaller())
    opener = Opener(window)
    monkeypatch.setattr(opener, "_start", lambda path: started.append(path) or True)
    for _ in range(2):
        opener.open(tmp_path / "other.flow", pytest.fail, told.append)
    qtbot.waitUntil(lambda: len(told) == 2)
    assert started == [tmp_path / "other.flow"] * 2 and window.isVisible()


@pytest.mark.parametrize("link", ["symlink_to", "hardlink_to"])
def test_the_same_file_under_another_name_raises_the_window_that_is_open(qtbot, windows, tmp_path, link, monkeypatch):
    path, other = tmp_path / "a.flow", tmp_path / "b.flow"
    Broker.create(path).close()
    getattr(other, link)(path)
    told: list[str] = []
    window = windows(StageCaller())
    instance, opener = SingleInstance(path, window), Opener(window)
    monkeypatch.setattr(opener, "_start", lambda _path: pytest.fail("a second window"))
    with qtbot.waitSignal(instance.raised):
        opener.open(other, pytest.fail, told.append)
    qtbot.waitUntil(lambda: told == ["b.flow is open already"])
    instance.close()


def test_a_file_that_was_renamed_while_it_is_open_raises_its_window(qtbot, windows, tmp_path: Path):
    path, new_name = tmp_path / "a.flow", tmp_path / "renamed.flow"
    window = windows(StageCaller())
    instance = SingleInstance(path, window)
    Broker.create(path).close()  # made after the window was up, as at the very first start
    instance.claim()
    path.rename(new_name)
    with qtbot.waitSignal(instance.raised):
        assert not SingleInstance(new_name, window).first
    instance.close()


def test_what_can_only_be_read_can_be_opened(tmp_path: Path):
    path = orders_file(tmp_path, records=20)
    path.chmod(0o444)
    look_at(path)
    with pytest.raises(NotOurs) as refused:
        look_at(tmp_path)
    assert "File, New" in refused.value.next_step


# -- loading -----------------------------------------------------------------------------------------------
def test_what_is_not_loaded_yet_is_not_told_as_empty(qtbot, windows):
    window = windows(None)
    qtbot.waitUntil(lambda: len(window.findChildren(EmptyOnceLoaded)) >= 6, timeout=20_000)
    waiting = window.findChildren(EmptyOnceLoaded)
    qtbot.waitUntil(lambda: all(page.loading for page in waiting))
    shown = {label.text() for page in waiting for label in (page.title, page.text) if label.isVisible()}
    assert not shown and not [w for w in QApplication.topLevelWidgets() if w.isVisible() and w is not window]
    assert "None yet" not in window.topics.empty.text()
    look = window.canvas.flow.nodes["shipping"].shown
    assert "not started" not in (look.lag, look.foot)
    window.statusBar().refresh()
    assert window.statusBar()._in.text() == ""
    window.workspace.attach(StageCaller())
    window.workspace._take_push(Push(snapshot=replace(orders_snapshot(), topics=(), groups=())))
    assert not any(page.loading for page in waiting)
    qtbot.waitUntil(lambda: "None yet" in window.topics.empty.text())


def test_run_pressed_while_the_broker_starts_is_done_when_it_is_there(qtbot, windows):
    window, caller = windows(None), StageCaller()
    assert window.topbar._run._buttons["run.start"].isEnabled()
    window.actions_book["run.start"].trigger()
    window.workspace.attach(caller)
    qtbot.waitUntil(lambda: len(caller.of(Run)) == 1)
    assert not window.host_bar.text


def test_a_file_that_is_refused_is_not_starting_for_ever(qtbot, windows):
    window = windows(None)
    window.actions_book["run.start"].trigger()
    window.link._refuse(NotOurs("orders.flow is not a workspace file.", "Make one with: workbench new FILE"))
    window.statusBar().refresh()
    assert window.statusBar()._state.text() == "Not open"
    assert window.host_bar.text == (
        "orders.flow is not a workspace file. Open another file (Ctrl+O), or make a new one (Ctrl+N).")
    assert window.title._state.text() == "· not open"
    wait_for_work()


def test_nothing_is_said_to_run_once_the_host_is_gone(qtbot, windows):
    window = windows(StageCaller())
    window.workspace._take_push(Push(snapshot=orders_snapshot()))
    start = window.topbar._run._buttons["run.start"]
    assert start.text() == "Running" and start.isChecked()
    window.workspace._take_lost("The host of this workspace went away.")
    assert start.text() == "Run" and not start.isChecked() and not start.isEnabled()


# -- read-only ---------------------------------------------------------------------------------------------
def test_a_read_only_file_is_shown_without_a_host_and_acts_say_why_not(qtbot, windows):
    window = windows(None)
    window.link._refuse(ReadOnly("orders.flow is read-only.", "Allow writing."))
    qtbot.waitUntil(lambda: window.workspace.phase is Phase.READ_ONLY)
    assert [topic.name for topic in window.workspace.shown.topics] == ["orders"]
    assert sum(t.records for t in window.workspace.shown.topics) == 240
    assert "You can look at everything" in window.host_bar.text
    window.statusBar().refresh()
    assert window.statusBar()._state.text() == "Read-only"
    strip = window.findChild(TimeStrip)
    said = window.topbar._time.button("live").text(), strip.state.text().partition(" ·")[0], strip.view.end_name
    assert said == ("Latest", "as last stored", "end")  # nothing is live in a file that nobody serves
    names = [node.name for node in window.workspace.document.nodes]
    for act in (window.running.start, lambda: window.workspace.perform(RenameNode("shipping", "other"))):
        act()
        qtbot.waitUntil(lambda: "It can be looked at, not changed or run" in window.host_bar.text)
        button(window.host_bar, "Close").click()
    assert [node.name for node in window.workspace.document.nodes] == names
    item, before = window.canvas.flow.nodes["shipping"], window.canvas.flow.nodes["shipping"].pos()
    item.setPos(before.x() + 80, before.y())
    window.canvas.acts.nudge(8, 0)
    window.workspace.perform(RenameNode("shipping", "other"))
    assert window.canvas.flow.nodes["shipping"].pos() == before
    assert window.title._state.text() == "· read-only"
    assert window.close()


# -- the host falls silent ---------------------------------------------------------------------------------
def test_a_host_that_does_not_answer_is_said_until_it_does(qtbot, windows, monkeypatch: pytest.MonkeyPatch):
    window = windows(StageCaller())
    window.workspace._take_push(Push(snapshot=orders_snapshot()))
    window.workspace.fall_silent(True)
    window.statusBar().refresh()
    assert "does not answer since" in window.host_bar.text
    assert window.statusBar()._state.text() == "The broker does not answer"
    window.workspace._take_push(Push(snapshot=orders_snapshot()))
    assert not window.host_bar.text and window.workspace.phase is Phase.ATTACHED


# -- a full disk -------------------------------------------------------------------------------------------
def test_a_full_disk_is_said_whole_with_one_way_on_and_goes_when_there_is_room(qtbot, windows):
    window = windows(StageCaller())
    live = orders_snapshot()
    window.workspace._take_push(Push(snapshot=replace(live, host=replace(live.host, trouble=FULL))))
    assert window.host_bar.text == FULL
    qtbot.waitUntil(lambda: window.statusBar()._state.text() == "Nothing can be stored")
    assert [b.text() for b in window.host_bar.findChildren(type(window.host_bar._button))] == ["Pause the flow"]
    window.workspace._take_push(Push(snapshot=live))
    assert not window.host_bar.text
    qtbot.waitUntil(lambda: window.statusBar()._state.text() == "Running, live")


def test_a_drawing_that_cannot_be_stored_keeps_the_window_once(qtbot, windows):
    window = windows(StubbornCaller(refuse=SaveFlow))
    window.workspace.perform(RenameNode("shipping", "delivery"))
    assert not window.close() and window.isVisible()
    assert "The disk that holds orders.flow is full." in window.host_bar.text
    with qtbot.waitSignal(window.closed):
        button(window.host_bar, "Close without them").click()


# -- closing -----------------------------------------------------------------------------------------------
def test_closing_tells_the_host_to_stop_after_the_drawing_is_stored(qtbot, windows):
    caller = StageCaller()
    window = windows(caller)
    window.workspace.perform(RenameNode("shipping", "delivery"))
    with qtbot.waitSignal(window.closed):
        window.close()
    kinds = [type(command) for command in caller.asked]
    assert kinds.index(SaveFlow) < kinds.index(Shutdown)


def test_a_frozen_host_does_not_hold_the_window(qtbot, windows, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(closing, "LONGEST_MS", 300)
    window = windows(StubbornCaller(freeze=Shutdown))
    with qtbot.waitSignal(window.closed, timeout=5_000):
        assert not window.close()
        assert "Closing" in window.host_bar.text and window.isVisible()


def test_nobody_has_to_wait_for_a_frozen_host(qtbot, windows):
    window = windows(StubbornCaller(freeze=Shutdown))
    window.close()
    with qtbot.waitSignal(window.closed):
        button(window.host_bar, "Close now").click()


# -- all of it, again and again ----------------------------------------------------------------------------
def _one_life(window: MainWindow, number: int, wrong: Path) -> None:
    """Live, past, a wrong file, a full disk, lost, back, read-only now and then."""
    workspace, live = window.workspace, orders_snapshot()
    workspace._take_push(Push(snapshot=live))
    if number % 10 == 0:
        workspace.show_past(PAST_MS, orders_snapshot(PAST_MS))
    failed: list[WorkbenchError] = []
    try:
        look_at(wrong)
    except WorkbenchError as error:
        failed.append(error)
    workspace.failed.emit(failed[0])
    workspace._take_push(Push(snapshot=replace(live, host=replace(live.host, trouble=FULL))))
    workspace.perform(RenameNode("shipping", f"delivery-{number}"))
    if number % 20 == 0:  # else the window is closed while it shows the past
        workspace.show_live()
    if number % 5 == 0:
        workspace._take_lost("")
        workspace.attach(StageCaller())


def _counts() -> dict[str, int]:
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    QApplication.processEvents()
    gc.collect()
    found = [thing for thing in gc.get_objects() if isinstance(thing, QObject) and isValid(thing)]
    return {"objects": len(found), "widgets": sum(isinstance(thing, QWidget) for thing in found),
            "qt widgets": len(QApplication.allWidgets()), "threads": threading.active_count(),
            "files": len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0}


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_hundred_lives_leave_nothing_behind(qtbot, qapp, settings, tmp_path: Path, expected_log: list[str]):
    path, wrong = orders_file(tmp_path, records=120), tmp_path / "wrong.flow"
    wrong.write_bytes(b"hello")
    theme().apply(qapp, "light")
    drawing = codec.dumps(orders_document())
    list(shared_workers()._threads.map(sum, [range(1_000_000)] * 8))  # those that stay are started

    def live(number: int) -> None:
        workspace = Workspace(path, StageCaller())
        window = MainWindow(workspace, settings, HostLink(workspace))
        window.load_drawing(drawing)
        if number % 20 == 0:
            window.show()
            qtbot.waitUntil(lambda: type(window.data_dock.pages[4].widget) is not QWidget, timeout=20_000)
        _one_life(window, number, wrong)
        window.close_for_good()
        qtbot.waitUntil(lambda: workspace.closed)
        wait_for_work()
        assert not theme().past
        window.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)

    for number in range(3):  # what is made once and stays
        live(20 * number)
    before = _counts()
    for number in range(100):
        live(number)
    after = _counts()
    assert {what: after[what] - before[what] for what in before if after[what] - before[what] > 2} == {}
    assert expected_log == []


# -- an empty window, and a file that goes ------------------------------------------------------------------------
def test_an_untouched_empty_window_makes_room_and_a_used_one_does_not(open_window, qtbot):
    window = open_window(drawn=False)
    full = orders_snapshot()
    empty = replace(full, topics=(), groups=(), clients=(), producers=(), host=replace(full.host, listeners={}))
    window.workspace._take_push(Push(snapshot=empty))
    qtbot.waitUntil(lambda: window.workspace.live == empty)
    assert window.untouched
    window.canvas.place("topic")
    assert not window.untouched
    window.workspace.undo_stack.undo()
    assert not window.untouched, "something was done in it, and can be done again"
    window.workspace.undo_stack.clear()
    window.workspace._take_push(Push(snapshot=orders_snapshot()))
    qtbot.waitUntil(lambda: bool(window.workspace.live.topics))
    assert not window.untouched, "it has topics, though nothing is drawn"


def test_who_opened_is_told_once_the_other_window_is_there(open_window, qtbot, tmp_path: Path, monkeypatch):
    window = open_window()
    Broker.make(tmp_path / "other.flow")
    opener, there, other = Opener(window), [], []
    monkeypatch.setattr(opener, "_start", lambda path: other.append(QTimer.singleShot(
        300, window, lambda: other.append(SingleInstance(path, window)))) or True)
    opener.open(tmp_path / "other.flow", pytest.fail, lambda _: None, lambda: there.append(len(other)))
    qtbot.waitUntil(lambda: bool(there), timeout=10_000)
    assert there == [2]
    other[1].close()


def test_a_file_deleted_under_the_window_is_said_with_a_way_to_keep_it(open_window, qtbot):
    window = open_window()
    window.host_watch._watch_file()
    window.workspace.path.rename(window.workspace.path.with_suffix(".away"))
    qtbot.waitUntil(lambda: window.host_bar.has("file"), timeout=10_000)
    window.workspace.path.with_suffix(".away").rename(window.workspace.path)
    qtbot.waitUntil(lambda: not window.host_bar.has("file"), timeout=10_000)


def test_the_strip_of_time_says_that_it_is_still_loading(qtbot, tmp_path: Path):
    workspace = Workspace(tmp_path / "none.flow", None)
    strip = TimeStrip(workspace)
    qtbot.addWidget(strip)
    assert (strip.session.text(), strip.view.accessibleDescription()) == ("Loading…", "Loading…")
    workspace.refuse()
    assert (strip.session.text(), strip.view.accessibleDescription()) == ("Not loaded", "Not loaded")
    workspace.close()
