"""What the command palette offers: commands, nodes, topics, groups, and a place typed as ``orders/3 @ 88134``.

An entry carries what choosing it does. Made anew each time the palette opens. GUI thread.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QIcon

from workbench.core.snapshot import Snapshot
from workbench.flow.document import FlowDocument
from workbench.flow.kinds import GROUPS, kind_of
from workbench.ui.canvas.kinds import icon_of, role_of
from workbench.ui.dialogs.commands import commands
from workbench.ui.dialogs.fuzzy import Fit, fit
from workbench.ui.theme import icons, words
from workbench.ui.window.actions import ActionBook

_PLACE = re.compile(r"(?P<topic>[\w.-]+)\s*/\s*(?P<partition>\d+)\s*(?:@\s*|\s)(?P<offset>[\d,._\s]*\d)")
_HELP_COUNTS = 0.4  # of what the same letters count in the name


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: its words, what they are, its keys, and what choosing it does (nothing can be done while ``off``)."""

    text: str
    detail: str
    icon: QIcon
    act: Callable[[], object]
    keys: str = ""
    off: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """An entry with the letters of its words that fit."""

    entry: Entry
    fit: Fit


def _tr(text: str) -> str:
    return QCoreApplication.translate("palette", text)


def command_entries(book: ActionBook) -> Iterator[Entry]:
    for command in commands(book):
        detail = f"{command.section} · {command.help}" if command.help else command.section
        action = command.action
        yield Entry(command.text, detail, action.icon(), action.trigger, next(iter(command.keys), ""),
                    not action.isEnabled())


def node_entries(document: FlowDocument, choose: Callable[[str], object]) -> Iterator[Entry]:
    """Every drawn part that has a name."""
    for node in document.nodes:
        if node.name:
            icon = icons.icon(icon_of(node), role_of(node.kind))
            detail = _tr("{0} in the drawing").format(kind_of(node.kind).label)
            yield Entry(node.name, detail, icon, lambda node_id=node.id: choose(node_id))


def topic_entries(shown: Snapshot, choose: Callable[[str], object]) -> Iterator[Entry]:
    for topic in shown.topics:
        kept = words.plural(topic.records, "record", "records")
        yield Entry(_tr("Records of {0}").format(topic.name), kept, icons.icon("records", "stream"),
                    lambda name=topic.name: choose(name))


def group_entries(document: FlowDocument, shown: Snapshot, show_groups: Callable[[], object]) -> Iterator[Entry]:
    """Groups that nobody drew: they have no node to go to, but a row in the table of groups."""
    drawn = {node.name for node in document.of_kind(*GROUPS)}
    for group in shown.groups:
        if group.name not in drawn:
            behind = words.behind(group.lag_records, group.lag_ms)
            detail = _tr("Group from outside · {0}").format(behind)
            yield Entry(group.name, detail, icons.icon("client", "external"), show_groups)


def place_entry(typed: str, shown: Snapshot, choose: Callable[[str, int, int], object]) -> Entry | None:
    """The place in the log that ``typed`` names, or what is wrong with it; None when it names none."""
    named = _PLACE.fullmatch(typed.strip())
    if named is None:
        return None
    name, number = named["topic"], int(named["partition"])
    offset = int(re.sub(r"\D", "", named["offset"]))
    icon = icons.icon("goto", "stream")
    text = words.place(name, number, offset)
    topic = shown.topic(name)
    if topic is None:
        return _wrong(text, _tr("There is no topic {0}").format(name), icon)
    partition = next((p for p in topic.partitions if p.partition == number), None)
    if partition is None:
        count = words.plural(len(topic.partitions), "partition", "partitions")
        return _wrong(text, _tr("{0} has {1}, counted from 0").format(name, count), icon)
    log = _tr("the log has {0} to {1}").format(words.count(partition.log_start), words.count(partition.end))
    if not partition.log_start <= offset < partition.end:
        return _wrong(text, _tr("Not there: {0}").format(log), icon)
    return Entry(text, _tr("Show this record; {0}").format(log), icon, lambda: choose(name, number, offset))


def _wrong(text: str, detail: str, icon: QIcon) -> Entry:
    return Entry(text, detail, icon, lambda: None, off=True)


def search(entries: list[Entry], typed: str, most: int) -> list[Found]:
    """Those that fit, the best first; what can't be done now comes after what can, as long as they fit alike."""
    found: list[tuple[float, Found]] = []
    for entry in entries:
        by_name = fit(typed, entry.text)
        by_all = by_name or fit(typed, f"{entry.text} {entry.detail}", loose=False)
        if by_all is None:
            continue
        score = by_all.score * (1.0 if by_name else _HELP_COUNTS) - entry.off
        places = frozenset(place for place in by_all.places if place < len(entry.text))
        found.append((score, Found(entry, Fit(by_all.score, places))))
    found.sort(key=lambda pair: -pair[0])
    return [each for _, each in found[:most]]
