"""The way from other threads to the GUI thread: they hold a number, never an object of Qt.

    letters = Letterbox(self._take, self)      GUI thread; whoever takes the letters keeps the box
    client.on_push(letters.put)                any thread may call ``put``: ``self._take(letter)`` on the GUI thread

An object of Qt that dies on another thread, or while another thread emits its signal, brings the process down. So the
one sender stays as long as the process, a number is all its signal carries, and ``put`` does not keep the owner alive.
Letters are plain values.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import lru_cache, partial
from itertools import count
from typing import Any
from weakref import WeakValueDictionary

from PySide6.QtCore import QObject, Signal
from shiboken6 import isValid

_numbers = count(1)
_boxes: WeakValueDictionary[int, Letterbox] = WeakValueDictionary()


class _Bell(QObject):
    """Rung by any thread, heard by the GUI thread. There is one, and it stays."""

    rung = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.rung.connect(self._empty)

    def _empty(self, number: int) -> None:
        box = _boxes.get(number)
        if box is not None:
            box.take_one()


@lru_cache(maxsize=1)
def _bell() -> _Bell:
    """Made with the first letterbox, so on the GUI thread."""
    return _Bell()


def _put(letters: deque[Any], number: int, letter: Any) -> None:
    letters.append(letter)
    _bell().rung.emit(number)


class Letterbox:
    """See the module. Letters are taken in the order they were put in, and none once its ``owner`` is gone."""

    def __init__(self, take: Callable[[Any], None], owner: QObject | None = None) -> None:
        _bell()
        self._take = take
        self._owner = owner
        self._letters: deque[Any] = deque()
        number = next(_numbers)
        _boxes[number] = self
        self.put: Callable[[Any], None] = partial(_put, self._letters, number)

    def take_one(self) -> None:
        """One ring, one letter (GUI thread)."""
        letter = self._letters.popleft()
        if self._owner is None or isValid(self._owner):
            self._take(letter)
