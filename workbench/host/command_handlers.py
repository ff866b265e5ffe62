"""How the host's rooms offer what they can do: a command's type, what does it, and what that changes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from workbench.control.command import Command
from workbench.core.changes import Changes
from workbench.host.session import ClientSession


@dataclass(frozen=True, slots=True)
class CommandHandler:
    """``do`` returns the reply struct, or None for ``Done``. All clients are told ``changes`` when it is done."""

    do: Callable[[ClientSession, Any], Awaitable[Any]]
    changes: Changes = Changes.NONE


CommandHandlers = dict[type[Command], CommandHandler]
