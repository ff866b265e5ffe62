"""What every command of the control channel is: a tagged struct that names the type of its reply."""

from __future__ import annotations

from typing import ClassVar

import msgspec


class Done(msgspec.Struct, frozen=True, tag=True):
    """It is done. ``text`` may say something worth showing."""

    text: str = ""


class Command(msgspec.Struct, frozen=True, tag=True):
    """Base of all commands. ``takes_long``: its caller waits for the answer for as long as it takes."""

    reply: ClassVar[type] = Done
    takes_long: ClassVar[bool] = False
