"""What an act changed, as flags: results of acts carry them, and each panel marks itself stale by them."""

from __future__ import annotations

from enum import Flag, auto


class Changes(Flag):
    NONE = 0
    TOPICS = auto()
    RECORDS = auto()
    GROUPS = auto()
    FLOW = auto()
    RUN = auto()
    JOURNAL = auto()
    FILE = auto()
    HOST = auto()  # what the host listens on, and who may come
    VIEWS = auto()  # filters, colour rules and columns that the file keeps
    ALL = TOPICS | RECORDS | GROUPS | FLOW | RUN | JOURNAL | FILE | HOST | VIEWS
