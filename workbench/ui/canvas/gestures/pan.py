"""Panning: the drawing follows the pointer."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint


class Pan:
    """Works in pixels of the viewport, for the scene moves under the pointer."""

    def __init__(self, scroll: Callable[[QPoint], None], at: QPoint) -> None:
        self._scroll = scroll
        self._at = at
        self.moved = False

    def move(self, at: QPoint) -> None:
        self.moved = self.moved or at != self._at
        self._scroll(self._at - at)
        self._at = at
