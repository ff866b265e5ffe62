"""What an act changed of the things that no snapshot tells, as flags: all windows are told, and who shows them asks
again."""

from __future__ import annotations

from enum import Flag, auto


class Changes(Flag):
    NONE = 0
    VIEWS = auto()  # filters, colour rules and columns that the file keeps
    DELETED = auto()  # which deleted topics are kept
    USERS = auto()  # who may come to the listeners
    SCHEMAS = auto()  # what is registered
