"""How an attached system stands, in words, and its groups beside those of the file. No widgets."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QCoreApplication

from workbench.core.health import Condition
from workbench.core.snapshot import AttachedStat, Snapshot
from workbench.ui.models.health import health_of_system
from workbench.ui.theme import words

SEPARATOR = " / "
"""Between the name of a connection and the name of what is there."""


def _tr(text: str) -> str:
    return QCoreApplication.translate("attached", text)


def title_of(connection: str, name: str) -> str:
    """«staging / billing»: how something of an attached system is called beside what is in the file."""
    return f"{connection}{SEPARATOR}{name}" if connection else name


def state_words(system: AttachedStat) -> str:
    """One line: connecting, ready as of a time, failing with the next try."""
    match system.state:
        case "ready":
            return _tr("ready, as of {0}").format(words.clock(system.as_of_ms, False))
        case "failing" if system.next_try_ms:
            return _tr("failing, again {0}").format(words.clock(system.next_try_ms, False))
        case "failing" if system.next_try_ms is not None:
            return _tr("failing, tried now")
        case "failing":
            return _tr("refused")
    return _tr("connecting…")


def trouble_of(system: AttachedStat) -> str:
    """Why it is out of reach and what happens next; empty while it is not."""
    health = health_of_system(system)
    if not health.is_problem:
        return ""
    if health.condition is Condition.REFUSED:
        return f"{health.text} {health.next_step}"
    if not system.next_try_ms:
        return health.text + _tr(" It is being tried now.")
    return health.text + _tr(" It is tried again at {0}.").format(words.clock(system.next_try_ms, False))


def with_attached(shown: Snapshot, live: Snapshot) -> Snapshot:
    """``shown`` with the groups of attached systems beside the file's, as «staging / billing». What is attached has no
    past here: it is always that of ``live``."""
    far = [replace(group, name=title_of(system.name, group.name))
           for system in live.attached for group in system.groups]
    return replace(shown, groups=(*shown.groups, *far)) if far else shown


def connection_of(live: Snapshot, title: str) -> str:
    """The connection whose group is called so; "" for one of the file."""
    return next((system.name for system in live.attached for group in system.groups
                 if title_of(system.name, group.name) == title), "")
