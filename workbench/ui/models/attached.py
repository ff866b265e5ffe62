"""How an attached system stands, in words, and its groups beside those of the file. No widgets."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QCoreApplication

from workbench.core.health import Condition
from workbench.core.snapshot import AttachedStat, Snapshot, TopicStat
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


def held_words(system: AttachedStat, topic: TopicStat) -> str:
    """What a topic holds, as far as that is known: «12 kept, 3 partitions», «about 4 waiting», «3 partitions»."""
    parts = words.plural(len(topic.partitions), "partition", "partitions")
    if topic.kind == "queue":
        said = _tr("about {0} waiting") if system.counts else _tr("{0} waiting")
        return said.format(words.count(topic.records))
    return _tr("{0} kept, {1}").format(words.count(topic.records), parts) if topic.counted else parts


def why_not_shown(system: AttachedStat, topic: TopicStat) -> str:
    """Why its records can't be looked at in the window; empty when they can."""
    return dict(system.lacks).get("peek" if topic.kind == "queue" else "browse", "")


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
