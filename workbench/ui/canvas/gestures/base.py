"""A gesture: what the pointer does from a press to its release. Each is an object that can be cancelled.

A gesture shows what would happen while it moves, and edits the document once, at its end. GUI thread.
"""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QPointF, Qt

from workbench.ui.bridge.workspace import Workspace
from workbench.ui.canvas.scene import FlowScene

Modifiers = Qt.KeyboardModifier


class Stage(Protocol):
    """What a gesture needs of the view it happens in."""

    workspace: Workspace
    flow: FlowScene

    def say(self, at: QPointF, text: str, bad: bool = True) -> None:
        """Show a sentence beside a scene position."""
        ...

    def hush(self) -> None: ...
    def tr(self, text: str, /) -> str: ...

    def ask_what_it_carries(self, link_id: str) -> None:
        """A binding was drawn: let the person say what it is for."""
        ...

    def edge_scroll(self, at: QPointF) -> None:
        """Scroll when the pointer is at the edge of the view."""
        ...


class Gesture(Protocol):
    """Constructed at the press. Exactly one of ``end`` and ``cancel`` is called, once."""

    def move(self, at: QPointF, modifiers: Modifiers) -> None: ...
    def end(self, at: QPointF, modifiers: Modifiers) -> None: ...
    def cancel(self) -> None: ...


def adding(modifiers: Modifiers) -> bool:
    """Whether a click adds to the selection."""
    return bool(modifiers & (Modifiers.ShiftModifier | Modifiers.ControlModifier))
