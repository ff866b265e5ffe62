"""A canvas with the orders flow on it, and a hand that presses, drags and drops like a person."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.ui.stage import StageCaller, orders_document
from workbench.flow.document import FlowDocument
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.canvas.gestures.drop import Part
from workbench.ui.canvas.view import FlowView
from workbench.ui.theme.theme import theme

NO = Qt.KeyboardModifier.NoModifier


class Hand:
    """Mouse, keys and drops on one view, in scene units."""

    def __init__(self, view: FlowView) -> None:
        self.view = view

    def place(self, at: QPointF | tuple[float, float]) -> QPoint:
        point = at if isinstance(at, QPointF) else QPointF(*at)
        return self.view.from_scene(point).toPoint()

    def press(self, at, modifiers=NO, button=Qt.MouseButton.LeftButton) -> None:
        QTest.mousePress(self.view.viewport(), button, modifiers, self.place(at))

    def move(self, at) -> None:
        QTest.mouseMove(self.view.viewport(), self.place(at))

    def release(self, at, modifiers=NO, button=Qt.MouseButton.LeftButton) -> None:
        QTest.mouseRelease(self.view.viewport(), button, modifiers, self.place(at))

    def click(self, at, modifiers=NO) -> None:
        self.press(at, modifiers)
        self.release(at, modifiers)

    def drag(self, start, end, modifiers=NO, button=Qt.MouseButton.LeftButton) -> None:
        a = start if isinstance(start, QPointF) else QPointF(*start)
        b = end if isinstance(end, QPointF) else QPointF(*end)
        self.press(a, modifiers, button)
        for share in (0.1, 0.5, 1.0):
            self.move(a + (b - a) * share)
        self.release(b, modifiers, button)

    def key(self, key, modifiers=NO) -> None:
        QTest.keyClick(self.view, key, modifiers)

    def body(self, node_id: str) -> QPointF:
        """A place on the node that is no port."""
        return self.view.flow.nodes[node_id].rect.center()

    def port(self, node_id: str, side: str) -> QPointF:
        return self.view.flow.nodes[node_id].port(side)

    def drag_in(self, part: Part | QMimeData, at) -> bool:
        """Bring something over the canvas; whether it would be taken."""
        mime = part if isinstance(part, QMimeData) else part.to_mime()
        self._mime = mime
        args = (Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, NO)
        accepted = False
        for kind in (QDragEnterEvent, QDragMoveEvent):
            event = kind(self.place(at), *args)
            QApplication.sendEvent(self.view.viewport(), event)
            accepted = event.isAccepted()
        return accepted

    def drop(self, at) -> bool:
        event = QDropEvent(QPointF(self.place(at)), Qt.DropAction.CopyAction, self._mime, Qt.MouseButton.LeftButton, NO)
        QApplication.sendEvent(self.view.viewport(), event)
        return event.isAccepted()

    def drag_away(self) -> None:
        QApplication.sendEvent(self.view.viewport(), QDragLeaveEvent())


def make_view(qtbot, qapp: QApplication, document: FlowDocument) -> FlowView:
    theme().apply(qapp, "light")
    caller = StageCaller()
    workspace = Workspace(Path("orders.flow"), caller)
    workspace.document.replace_all(document.nodes, document.links, document.title)
    view = FlowView(workspace)
    view.caller = caller
    qtbot.addWidget(view)
    view.resize(1000, 520)
    view.show()
    view.setFocus()
    view.set_zoom(1.0)
    view.centre_on(QPointF(470, 220))
    return view


@pytest.fixture
def view(qtbot, qapp) -> Iterator[FlowView]:
    made = make_view(qtbot, qapp, orders_document())
    yield made
    made.close_canvas()
    theme().set_past(False)


@pytest.fixture
def bare(qtbot, qapp) -> Iterator[FlowView]:
    """The same without a drawing."""
    made = make_view(qtbot, qapp, FlowDocument())
    yield made
    made.close_canvas()


@pytest.fixture
def hand(view: FlowView) -> Hand:
    return Hand(view)
