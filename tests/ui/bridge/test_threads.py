"""What belongs to Qt dies on the GUI thread: whatever a worker allocates, holds, raises, or outlives."""

from __future__ import annotations

import gc
import sys
import threading
import weakref

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QLabel

from workbench.core.errors import Invalid
from workbench.ui.bridge.cycles import search_on_this_thread
from workbench.ui.bridge.letterbox import Letterbox
from workbench.ui.bridge.operation import Operation, wait_for_work
from workbench.ui.bridge.workers import Workers


class Deaths:
    """The names of the threads on which watched objects died."""

    def __init__(self) -> None:
        self.threads: list[str] = []

    def watch(self, thing: QObject) -> None:
        weakref.finalize(thing, lambda: self.threads.append(threading.current_thread().name))


@pytest.fixture
def deaths() -> Deaths:
    return Deaths()


@pytest.fixture
def hurry():
    """Call it, and threads take turns all the time, with a search for cycles at nearly every object that is made."""
    before, interval_s = gc.get_threshold(), sys.getswitchinterval()

    def begin() -> None:
        sys.setswitchinterval(1e-6)
        gc.set_threshold(10, 1, 1)

    yield begin
    gc.set_threshold(*before)
    sys.setswitchinterval(interval_s)


def allocate() -> None:
    for _ in range(200):
        kept: list[dict] = [{} for _ in range(500)]
        kept[0]["itself"] = kept


def test_a_cycle_dies_on_this_thread_however_much_a_worker_allocates(qtbot, deaths, hurry):
    gc.enable()
    parent = QObject()
    search_on_this_thread(parent)
    for _ in range(20):
        label = QLabel()
        label.itself = label
        deaths.watch(label)
    del label
    found = []
    Operation(parent, lambda: (hurry(), allocate())).done(found.append).run()
    wait_for_work()
    assert not deaths.threads
    qtbot.waitUntil(lambda: len(deaths.threads) == 20 and bool(found))
    assert set(deaths.threads) == {"MainThread"}


def test_what_an_act_holds_dies_on_this_thread(qtbot, deaths, hurry):
    hurry()
    parent, answers = QObject(), []
    for number in range(300):
        held = QObject()
        deaths.watch(held)
        Operation(parent, lambda held=held, number=number: number).done(answers.append).run()
    del held
    qtbot.waitUntil(lambda: len(answers) == 300)
    assert sorted(answers) == list(range(300))
    assert deaths.threads == ["MainThread"] * 300


def test_what_an_act_held_that_failed_dies_on_this_thread_at_once(qtbot, deaths):
    parent, sentences = QObject(), []

    def refuse(held: QObject) -> None:
        raise Invalid("No.")

    held = QObject()
    deaths.watch(held)
    Operation(parent, lambda held=held: refuse(held)).failed(lambda error: sentences.append(error.message)).run()
    del held
    qtbot.waitUntil(lambda: sentences == ["No."] and deaths.threads == ["MainThread"])


def test_an_error_nobody_foresaw_is_logged_and_said(qtbot, expected_log):
    parent, said = QObject(), []
    Operation(parent, lambda: 1 // 0).failed(lambda error: said.append(error.message)).run()
    qtbot.waitUntil(lambda: bool(said))
    assert "division" in said[0] and "ZeroDivisionError" in expected_log.pop()


def test_nobody_is_told_whose_window_is_gone(qtbot):
    parent, told = QObject(), []
    Operation(parent, lambda: 1).done(told.append).run()
    gone = QObject(parent)
    gone.deleteLater()
    Operation(gone, lambda: 2).done(told.append).run()
    wait_for_work()
    with qtbot.waitSignal(gone.destroyed):
        pass
    qtbot.waitUntil(lambda: bool(told))
    other = []
    Operation(parent, lambda: 3).done(other.append).run()
    qtbot.waitUntil(lambda: bool(other))
    assert told == [1]


def test_acts_of_one_worker_are_done_in_order_and_none_after_its_end(qtbot):
    parent, worker, done = QObject(), Workers("test"), []
    for number in range(50):
        Operation(parent, lambda number=number: done.append(number), worker).run()
    worker.close()
    Operation(parent, lambda: done.append(-1), worker).run()
    assert done == list(range(50))


def test_letters_of_another_thread_arrive_here_in_order_while_their_owner_lives(qtbot, qapp, deaths):
    owner, taken = QObject(), []
    deaths.watch(owner)
    box = Letterbox(lambda letter: taken.append((letter, threading.current_thread().name)), owner)

    def write() -> None:
        for letter in range(100):
            box_put(letter)

    box_put = box.put
    thread = threading.Thread(target=write)
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: len(taken) == 100)
    assert taken == [(letter, "MainThread") for letter in range(100)]
    del box, owner
    assert deaths.threads == ["MainThread"]  # whoever may still write does not keep it alive
    box_put(100)
    qapp.processEvents()
    assert len(taken) == 100
