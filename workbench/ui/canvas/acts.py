"""Acts on what is selected: delete, copy, paste, duplicate, align, tidy, nudge, place. Each is one undo step.

Menus, shortcuts and the canvas' keys all call these. GUI thread.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QObject, QPointF, QRectF
from PySide6.QtGui import QGuiApplication

from workbench.core.errors import WorkbenchError
from workbench.flow import arrange, clipboard
from workbench.flow.document import Link
from workbench.flow.edits import AddLink, AddNode, Composite, Edit, MoveNodes, RemoveLink, RemoveNode
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.canvas import shapes
from workbench.ui.canvas.gestures.drop import Part, kept_topic, new_node
from workbench.ui.canvas.items.node import NodeItem
from workbench.ui.canvas.scene import FlowScene
from workbench.ui.models.outside import Outside, kept_note

_PASTE_SHIFT = 20.0
_GAP = 20.0


class DrawingActs(QObject):
    """See the module."""

    def __init__(self, workspace: Workspace, flow: FlowScene, parent: QObject) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._flow = flow
        self._pasted = 0
        self._nudges = 0
        workspace.selection_changed.connect(self._start_new_nudge)

    @property
    def _chosen(self) -> list[str]:
        """Selected nodes, in the order of the drawing."""
        return [node.id for node in self._workspace.document.nodes if node.id in self._workspace.selection]

    # -- delete, copy, paste -------------------------------------------------------------------------------
    def delete(self) -> None:
        """Remove the selected nodes with their links, and the selected links."""
        document, chosen = self._workspace.document, self._chosen
        touched = {link.id for node_id in chosen for link in document.links_of(node_id)}
        links = [link_id for link_id in self._flow.selected_links if link_id not in touched]
        edits: list[Edit] = [RemoveLink(link_id) for link_id in links]
        edits += [RemoveNode(node_id) for node_id in chosen]
        if edits:
            label = edits[0].label if len(edits) == 1 else self.tr("Delete {0} parts").format(len(edits))
            self._workspace.perform(Composite(label, tuple(edits)))

    def copy(self) -> None:
        if self._chosen:
            QGuiApplication.clipboard().setText(clipboard.copy(self._workspace.document, self._chosen))
            self._pasted = 0

    def cut(self) -> None:
        self.copy()
        self.delete()

    def paste(self) -> None:
        """Add what the clipboard holds, a little further off each time, and select it."""
        shift = _PASTE_SHIFT * (self._pasted + 1)
        if self._add_copy(QGuiApplication.clipboard().text(), shift, self.tr("Paste")):
            self._pasted += 1

    def duplicate(self) -> None:
        if self._chosen:
            self._add_copy(clipboard.copy(self._workspace.document, self._chosen), _PASTE_SHIFT, self.tr("Duplicate"))

    def _add_copy(self, text: str, shift: float, label: str) -> bool:
        try:
            edit, node_ids = clipboard.paste(self._workspace.document, text, shift, shift)
        except WorkbenchError as error:
            self._workspace.failed.emit(error)
            return False
        self._workspace.perform(Composite(label, edit.edits))
        self._flow.select_links(())
        self._workspace.select(node_ids)
        return True

    # -- arranging -----------------------------------------------------------------------------------------
    def tidy(self) -> None:
        """Lay the whole drawing out in layers."""
        self._move(arrange.arrange(self._workspace.document), self.tr("Tidy"))

    def align(self, how: arrange.Alignment) -> None:
        self._move(arrange.align(self._workspace.document, self._chosen, how), self.tr("Align"))

    def distribute(self, across: bool) -> None:
        self._move(arrange.distribute(self._workspace.document, self._chosen, across), self.tr("Distribute"))

    def _move(self, positions: Mapping[str, tuple[float, float]], label: str) -> None:
        document = self._workspace.document
        moved = {i: at for i, at in positions.items() if at != (document.node(i).x, document.node(i).y)}
        if moved:
            self._workspace.perform(MoveNodes(moved, label))

    def nudge(self, dx: float, dy: float) -> None:
        """Move the selection by keys; presses in a row are one undo step."""
        chosen = [self._workspace.document.node(node_id) for node_id in self._chosen]
        if chosen:
            edit = MoveNodes({node.id: (node.x + dx, node.y + dy) for node in chosen})
            self._workspace.perform(edit, merge_key=f"nudge {self._nudges}")

    def _start_new_nudge(self) -> None:
        self._nudges += 1

    # -- selecting -----------------------------------------------------------------------------------------
    def select_all(self) -> None:
        self._workspace.select(self._flow.nodes)

    def select_none(self) -> None:
        self._flow.select_links(())
        self._workspace.select(())

    # -- placing -------------------------------------------------------------------------------------------
    def place(self, near: QPointF, kind: str, params: Mapping[str, Any] | None = None, name: str = "") -> str:
        """Put a part near a point where nothing lies; what exists already is selected instead."""
        document = self._workspace.document
        part = Part(kind, dict(params or {}), name)
        node = part.existing(document)
        if node is None:
            node = new_node(document, part, 0, 0)
            at = self._free_place(near, QRectF(0, 0, *shapes.size_of(node)))
            node = new_node(document, part, at.x(), at.y())
            self._workspace.perform(AddNode(node))
        self._flow.select_links(())
        self._workspace.select({node.id})
        return node.id

    def keep(self, node_id: str) -> None:
        """Put what is from outside into the drawing where it stands: a topic as one; a group as a group without members
        of our own, linked to what it reads; a program without a group as a note, for the drawing can't stand in."""
        item, who = self._flow.outside.nodes.get(node_id), self._flow.outside.who(node_id)
        if item is None:
            return
        if who is None:
            self._keep_topic(item)
            return
        document, at = self._workspace.document, item.rect.topLeft()
        part = Part("group", {"members": 0}, who.name) if who.group is not None else Part(
            "note", {"text": self._kept_words(who), "client": who.name}, who.name)
        kept = part.existing(document) if who.group is not None else kept_note(document, who.name)
        if kept is not None:
            self._workspace.select({kept.id})
            return
        node = new_node(document, part, shapes.snapped(at.x()), shapes.snapped(at.y()))
        topics = {topic.id: self._flow.outside.nodes[topic.id] for topic in who.topics
                  if who.group is not None and not document.has_node(topic.id)}
        drawn = {topic_id: kept_topic(topic) for topic_id, topic in topics.items()}
        ends = [drawn[topic.id].id if topic.id in drawn else topic.id for topic in who.topics if who.group is not None]
        self._workspace.perform(Composite(self.tr("Keep {0}").format(who.name), (
            *(AddNode(topic) for topic in drawn.values()), AddNode(node),
            *(AddLink(Link(f"{end}-to-{node.id}", end, node.id)) for end in ends))))
        self._workspace.select({node.id})

    def _keep_topic(self, item: NodeItem) -> None:
        node = kept_topic(item)
        self._workspace.perform(Composite(self.tr("Keep {0}").format(node.name), (AddNode(node),)))
        self._workspace.select({node.id})

    def _kept_words(self, who: Outside) -> str:
        topics = ", ".join(topic.name for topic in who.topics)
        said = self.tr("Writes to {0}.") if who.kind == "writer" else self.tr("Reads {0}.")
        return said.format(topics)

    def _free_place(self, near: QPointF, size: QRectF) -> QPointF:
        """The nearest place on the grid, in growing squares around ``near``, that overlaps no node."""
        taken = [item.rect.adjusted(-_GAP, -_GAP, _GAP, _GAP) for item in self._flow.everything()
                 if item.node.kind != "frame"]
        corner = near - size.center()
        home = QPointF(shapes.snapped(corner.x(), _GAP), shapes.snapped(corner.y(), _GAP))
        for ring in range(200):
            for dx, dy in _square(ring):
                at = home + QPointF(dx, dy) * _GAP
                if not any(rect.intersects(size.translated(at)) for rect in taken):
                    return at
        return home


def _square(ring: int) -> list[tuple[int, int]]:
    """The cells at ``ring`` steps from the middle, nearest first."""
    edge = range(-ring, ring + 1)
    cells = {(x, y) for x in edge for y in edge if max(abs(x), abs(y)) == ring}
    return sorted(cells, key=lambda c: (c[0] ** 2 + c[1] ** 2, abs(c[1]), -c[1], -c[0]))
