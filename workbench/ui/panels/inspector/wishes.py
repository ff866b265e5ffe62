"""What the inspector's faces want of the rest of the window. They share one; who makes the inspector connects it."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal


class Wishes(QObject):
    """Each names the part or binding it is for."""

    panel = Signal(str)
    settings = Signal(str)
    replay = Signal(str)  # of a group
    keep = Signal(str)  # something from outside is to be drawn
    redrive = Signal(str)
    purge = Signal(str)
    binding = Signal(str)  # a binding is to be selected, by its link's id
    clients = Signal()  # clients of other programs are to be served
