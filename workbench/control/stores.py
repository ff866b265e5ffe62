"""Commands and replies about stores; see ``core.stores`` for the values."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from workbench.control.command import Command
from workbench.core.stores import StoreRow


class StoreFound(msgspec.Struct, frozen=True, tag=True):
    """The row of a key; None where there is none."""

    row: StoreRow | None = None


# -- commands ----------------------------------------------------------------------------------------------
class ReadStore(Command, frozen=True, tag=True):
    """Look a key up, as a program would: it counts as a read, and an outage refuses it."""

    store: str
    key: bytes
    reply: ClassVar[type] = StoreFound


class ControlStore(Command, frozen=True, tag=True):
    """Have a drawn store refuse everything for so many seconds; 0 ends the outage."""

    node_id: str
    refuse_s: float
