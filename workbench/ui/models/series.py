"""Which colour, dash and letter a group has: the same on tape, chart and table. Plain functions, GUI thread.

Drawn groups come first, in the order of the drawing, then outside groups by name; who has a place keeps it, so that
nobody who comes or goes recolours another.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from weakref import WeakKeyDictionary

from PySide6.QtGui import QColor

from workbench.core.snapshot import Snapshot
from workbench.flow.document import FlowDocument, Node
from workbench.flow.kinds import GROUPS, TOPICS
from workbench.ui.models.health import threshold_of_node
from workbench.ui.models.natural import natural
from workbench.ui.theme.theme import theme

PREFIX = "outside:"
"""How the ids of nodes begin that nobody drew."""
_ROLES = ("topic:", "writer:", "reader:", "group:")


@dataclass(frozen=True, slots=True)
class GroupSeries:
    """One group's look. ``letter`` is one letter, or two where the first is taken."""

    name: str
    index: int
    letter: str

    @property
    def colour(self) -> QColor:
        return theme().series(self.index)[0]

    @property
    def dash(self) -> tuple[int, ...]:
        return theme().series(self.index)[1]


class SeriesBook:
    """Which place in the palette each group of a drawing has, by name: given once and kept, whoever comes or goes.
    ``names`` may be stored and given back, so that a group looks the same after a restart."""

    def __init__(self) -> None:
        self.names: dict[str, int] = {}
        self._drawn: dict[str, str] = {}  # node id -> the name it was last seen under

    def place(self, names: Iterable[str], nodes: Iterable[Node] = ()) -> None:
        """Give those a place that have none; a drawn group that was renamed keeps its own."""
        for node in nodes:
            before = self._drawn.get(node.id)
            if before not in (None, node.name) and node.name not in self.names and before in self.names:
                self.names[node.name] = self.names.pop(before)
            self._drawn[node.id] = node.name
        taken = set(self.names.values())
        for name in names:
            if name not in self.names:
                self.names[name] = next(index for index in count() if index not in taken)
                taken.add(self.names[name])


_BOOKS: WeakKeyDictionary[FlowDocument, SeriesBook] = WeakKeyDictionary()


def series_book(document: FlowDocument) -> SeriesBook:
    """The book of a drawing."""
    return _BOOKS.setdefault(document, SeriesBook())


def group_series(document: FlowDocument, snapshot: Snapshot) -> dict[str, GroupSeries]:
    """The look of every group there is, by name, in their order."""
    known = tuple(group.name for group in snapshot.groups)
    drawn = list(document.of_kind(*GROUPS))
    book = series_book(document)
    book.place([*(node.name for node in drawn), *_by_name(known)], drawn)
    return dict(_series(tuple(sorted((book.names[name], name) for name in known))))


@lru_cache(maxsize=8)
def _series(places: tuple[tuple[int, str], ...]) -> dict[str, GroupSeries]:
    """The looks of groups in these places, by name."""
    found: dict[str, GroupSeries] = {}
    taken: set[str] = set()
    for index, name in places:
        letters = [name[:1].upper(), *(name[:1].upper() + letter.lower() for letter in name[1:] if letter.isalnum())]
        letter = next((choice for choice in letters if choice not in taken), letters[0])
        taken.add(letter)
        found[name] = GroupSeries(name, index, letter)
    return found


@lru_cache(maxsize=8)
def _by_name(names: tuple[str, ...]) -> list[str]:
    return sorted(names, key=natural)


def group_nodes(document: FlowDocument) -> dict[str, Node]:
    """The drawn groups by name, for who asks about many."""
    return {node.name: node for node in document.of_kind(*GROUPS)}


def group_node(document: FlowDocument, group: str) -> Node | None:
    """The drawn node of a group; None for an outside client."""
    return next((node for node in document.of_kind(*GROUPS) if node.name == group), None)


def group_id(group: str) -> str:
    """The id of a group's node that nobody drew."""
    return f"{PREFIX}group:{group}" if group.startswith(_ROLES) else f"{PREFIX}{group}"


def group_of_id(node_id: str) -> str:
    """The group that such an id names; empty for other ids."""
    rest = node_id.removeprefix(PREFIX) if node_id.startswith(PREFIX) else ""
    return rest.removeprefix("group:") if rest.startswith("group:") or not rest.startswith(_ROLES) else ""


def threshold_of(document: FlowDocument, group: str) -> tuple[int, float]:
    """Records and seconds behind at which a group is in trouble."""
    limit = threshold_of_node(group_node(document, group))
    return limit.records, limit.seconds


def selected_group(document: FlowDocument, selection: frozenset[str]) -> str:
    """The one group that is selected on the canvas, drawn or not; empty when it is none or several."""
    names = [node.name for node in document.of_kind(*GROUPS) if node.id in selection]
    names += [name for name in map(group_of_id, selection) if name and name not in names]
    return names[0] if len(names) == 1 else ""


def topic_order(document: FlowDocument, snapshot: Snapshot) -> Sequence[str]:
    """Topics as the drawing has them, from left to right and down, then the others by name; the same object while it is
    the same order. (The order in which they were drawn is not kept in the file.)"""
    drawn = tuple((node.x, node.y, node.name) for node in document.of_kind(*TOPICS))
    return _topic_order(drawn, tuple(topic.name for topic in snapshot.topics))


def log_kinds(document: FlowDocument, snapshot: Snapshot) -> dict[str, str]:
    """By topic the kind of part that it is, for its icon: as it is drawn, else what the broker says of it."""
    drawn = {node.name: node.kind for node in document.of_kind(*TOPICS)}
    return {topic.name: drawn.get(topic.name, "queue" if topic.kind == "queue" else "topic")
            for topic in snapshot.topics}


@lru_cache(maxsize=8)
def _topic_order(drawn: tuple[tuple[float, float, str], ...], names: tuple[str, ...]) -> Sequence[str]:
    known = set(names)
    placed = [name for _, _, name in sorted(drawn) if name in known]
    return tuple(dict.fromkeys([*placed, *sorted(known, key=natural)]))
