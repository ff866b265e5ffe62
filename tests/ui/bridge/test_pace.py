"""Views that follow what comes quickly: the first at once, the last always, none in another's turn."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from workbench.ui.bridge.pace import Pace


def test_the_first_is_shown_at_once_those_after_it_together_and_the_last_one_counts(qtbot):
    owner, newest, shown = QObject(), [0], []
    pace = Pace(lambda: shown.append(newest[0]), 60_000, owner)
    pace.ask()
    assert shown == [0]
    for newest[0] in range(1, 9):
        pace.ask()
    assert shown == [0]
    pace._rest.start(0)  # the rest is over
    qtbot.waitUntil(lambda: len(shown) == 2)
    assert shown == [0, 8]


def test_nothing_is_shown_again_when_nothing_came(qtbot):
    owner, shown = QObject(), []
    pace = Pace(lambda: shown.append(1), 0, owner)
    pace.ask()
    qtbot.waitUntil(lambda: not pace._rest.isActive())
    assert shown == [1]
    pace.ask()
    pace.ask()
    pace.stop()
    qtbot.wait(1)
    assert len(shown) == 2


def test_two_that_are_due_together_have_a_turn_each_with_others_between(qtbot):
    owner, seen = QObject(), []
    first, second = (Pace(lambda name=name: seen.append(name), 60_000, owner) for name in ("first", "second"))
    for pace in (first, second):
        pace.ask()
        pace.ask()
    seen.clear()
    frames = QTimer(owner, interval=1)
    frames.timeout.connect(lambda: seen.append("frame"))
    frames.start()
    first._rest.start(0)
    second._rest.start(0)
    qtbot.waitUntil(lambda: "second" in seen and "first" in seen)
    between = seen[seen.index("first") : seen.index("second")] if seen.index("first") < seen.index("second") else (
        seen[seen.index("second") : seen.index("first")])
    assert "frame" in between
