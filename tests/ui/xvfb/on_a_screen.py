"""Whole drags on a real screen, from the palette and the topics list onto the canvas; started by test_on_a_screen.py.

The drag runs its own event loop inside the press-and-move, so its further steps are timers that are armed before.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from tests.ui.stage import StageCaller, orders_snapshot
from tests.ui.window.test_keys import two_meanings
from workbench.control.messages import Push
from workbench.ui.bridge.host_link import HostLink
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.settings import Settings
from workbench.ui.window.main_window import MainWindow

LEFT, NO = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
STEP_MS, GIVE_UP_MS = 60, 4_000


@pytest.fixture
def window(qtbot, qapp, tmp_path: Path) -> Iterator[MainWindow]:
    workspace = Workspace(tmp_path / "new.flow", StageCaller())
    made = MainWindow(workspace, Settings(tmp_path), HostLink(workspace))
    made.load_drawing("")
    made.show()
    qtbot.waitExposed(made)
    qtbot.waitUntil(lambda: made.canvas.width() > 300 and made.data_dock.isVisible())
    yield made
    made.close()


def drag(qtbot, source: QWidget, grip: QPoint, target: QWidget, at: QPoint, until) -> None:
    """Press on ``grip`` of ``source``, move, let go at ``at`` of ``target``; waits until ``until()``.

    On a machine that stands still for a moment the release may come before the drag's loop has begun: as a person
    would, it is tried again then, for at most three times.
    """
    for _ in range(3):
        _drag_once(source, grip, target, at)
        try:
            qtbot.waitUntil(until, timeout=GIVE_UP_MS)
            return
        except qtbot.TimeoutError:
            QTest.mouseRelease(source, LEFT, NO, grip)
    raise AssertionError("dragged three times, and nothing was dropped")


def _drag_once(source: QWidget, grip: QPoint, target: QWidget, at: QPoint) -> None:
    moves = [QPoint(at.x() - 60, at.y() - 30), QPoint(at.x() - 20, at.y() - 10), at]
    steps = [lambda p=p: QTest.mouseMove(target, p) for p in moves]
    steps.append(lambda: QTest.mouseRelease(target, LEFT, NO, at))
    for number, step in enumerate(steps):
        QTimer.singleShot(100 + STEP_MS * number, step)
    give_up = QTimer(interval=GIVE_UP_MS, singleShot=True)
    give_up.timeout.connect(lambda: QTest.keyClick(target, Qt.Key.Key_Escape))
    give_up.start()
    QTest.mousePress(source, LEFT, NO, grip)
    QTest.mouseMove(source, grip + QPoint(5, 5))
    QTest.mouseMove(source, grip + QPoint(30, 5))  # comes back when the drag is over
    give_up.stop()


@pytest.mark.parametrize("kind", ["topic", "producer", "group", "note"])
def test_a_part_dragged_from_the_palette_is_drawn_where_it_is_dropped(qtbot, window: MainWindow, kind: str):
    card = next(card for card in window.palette_panel.cards if card.kind.name == kind)
    viewport, document = window.canvas.viewport(), window.workspace.document
    at = QPoint(viewport.width() // 2, 60)
    there = window.canvas.to_scene(at.toPointF())
    drag(qtbot, card, card.rect().center(), viewport, at, lambda: len(document.nodes) == 1)
    node = document.nodes[0]
    assert node.kind == kind
    item = window.canvas.flow.nodes[node.id]
    assert item.rect.contains(there)


def test_a_topic_of_the_file_dragged_onto_the_canvas_keeps_its_name(qtbot, window: MainWindow):
    window.workspace._take_push(Push(snapshot=orders_snapshot()))
    topics, document = window.topics.list, window.workspace.document
    qtbot.waitUntil(lambda: topics.count() == 4)
    row = next(i for i in range(4) if topics.item(i).toolTip().startswith("payments"))
    grip = topics.visualItemRect(topics.item(row)).center()
    drag(qtbot, topics.viewport(), grip, window.canvas.viewport(), QPoint(300, 60), lambda: len(document.nodes) == 1)
    assert [(n.kind, n.name, n.params.get("partitions")) for n in document.nodes] == [("topic", "payments", 3)]


def test_escape_ends_a_drag_and_draws_nothing(qtbot, window: MainWindow):
    card, viewport = window.palette_panel.cards[0], window.canvas.viewport()
    ended: list[bool] = []
    QTimer.singleShot(100, lambda: QTest.mouseMove(viewport, QPoint(200, 60)))
    QTimer.singleShot(200, lambda: QTest.keyClick(viewport, Qt.Key.Key_Escape))
    QTimer.singleShot(260, lambda: (QTest.mouseRelease(viewport, LEFT, NO, QPoint(200, 60)), ended.append(True)))
    QTest.mousePress(card, LEFT, NO, card.rect().center())
    QTest.mouseMove(card, card.rect().center() + QPoint(5, 5))
    QTest.mouseMove(card, card.rect().center() + QPoint(30, 5))
    qtbot.waitUntil(lambda: bool(ended), timeout=GIVE_UP_MS)
    assert not window.workspace.document.nodes


def test_no_key_has_two_meanings_on_this_system(window: MainWindow):
    assert QKeySequence("Ctrl+D") in QKeySequence.keyBindings(QKeySequence.StandardKey.Delete)  # why this is asked here
    assert two_meanings(window) == []
    assert {"Ctrl+E", "Ctrl+K"} <= window.focus.kept_from_text
    node_id = window.canvas.place("topic")
    window.workspace.select({node_id})
    QTest.keyClick(window.canvas, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    assert len(window.workspace.document.nodes) == 2
