"""Which colour, dash and letter a group has: the same on tape, chart and table. Plain functions, GUI thread.

Drawn groups come first, in the order of the drawing, then outside groups by name, so that a new outside client never
recolours a drawn group.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtGui import QColor

from workbench.core.snapshot import Snapshot
from workbench.flow.document import FlowDocument, Node
from workbench.flow.kinds import kind_of
from workbench.ui.models.natural import natural
from workbench.ui.theme.theme import theme

GROUP_KINDS = ("group", "forward")
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


def group_series(document: FlowDocument, snapshot: Snapshot) -> dict[str, GroupSeries]:
    """The look of every group there is, by name."""
    known = {group.name for group in snapshot.groups}
    drawn = [node.name for node in document.of_kind(*GROUP_KINDS)]
    names = list(dict.fromkeys([*(name for name in drawn if name in known), *sorted(known - set(drawn), key=natural)]))
    found: dict[str, GroupSeries] = {}
    taken: set[str] = set()
    for index, name in enumerate(names):
        letters = [name[:1].upper(), *(name[:1].upper() + letter.lower() for letter in name[1:] if letter.isalnum())]
        letter = next((choice for choice in letters if choice not in taken), letters[0])
        taken.add(letter)
        found[name] = GroupSeries(name, index, letter)
    return found


def group_node(document: FlowDocument, group: str) -> Node | None:
    """The drawn node of a group; None for an outside client."""
    return next((node for node in document.of_kind(*GROUP_KINDS) if node.name == group), None)


def group_id(group: str) -> str:
    """The id of a group's node that nobody drew."""
    return f"{PREFIX}group:{group}" if group.startswith(_ROLES) else f"{PREFIX}{group}"


def group_of_id(node_id: str) -> str:
    """The group that such an id names; empty for other ids."""
    rest = node_id.removeprefix(PREFIX) if node_id.startswith(PREFIX) else ""
    return rest.removeprefix("group:") if rest.startswith("group:") or not rest.startswith(_ROLES) else ""


def threshold_of(document: FlowDocument, group: str) -> tuple[int, float]:
    """Records and seconds behind at which a group is in trouble."""
    node = group_node(document, group)
    kind, params = kind_of("group" if node is None else node.kind), {} if node is None else node.params
    return int(kind.value(params, "lag_threshold_records")), float(kind.value(params, "lag_threshold_s"))


def selected_group(document: FlowDocument, selection: frozenset[str]) -> str:
    """The one group that is selected on the canvas, drawn or not; empty when it is none or several."""
    names = [node.name for node in document.of_kind(*GROUP_KINDS) if node.id in selection]
    names += [name for name in map(group_of_id, selection) if name and name not in names]
    return names[0] if len(names) == 1 else ""


def topic_order(document: FlowDocument, snapshot: Snapshot) -> list[str]:
    """Topics as the drawing has them, then the others by name."""
    known = {topic.name for topic in snapshot.topics}
    drawn = [node.name for node in document.of_kind("topic", "dead_letters", "queue") if node.name in known]
    return list(dict.fromkeys([*drawn, *sorted(known - set(drawn), key=natural)]))
