"""Drawing a link, with the pointer or with keys: the rule that refuses it is said beside it."""

from __future__ import annotations

from PySide6.QtCore import QPointF

from workbench.flow.document import Link
from workbench.flow.edits import AddLink
from workbench.flow.rules import why_not
from workbench.ui.canvas.gestures.base import Modifiers, Stage
from workbench.ui.canvas.items.link import LoosePath
from workbench.ui.canvas.items.node import NodeItem
from workbench.ui.canvas.queue_view_states import is_routing_link
from workbench.ui.models.outside import any_kind


class DrawLink:
    """From a port to another node. ``side`` is the port it began at; from an in port it is drawn backwards."""

    def __init__(self, stage: Stage, item: NodeItem, side: str) -> None:
        self._stage = stage
        self._item = item
        self._side = side
        self._over: NodeItem | None = None
        self._refusal = ""
        self._path = LoosePath()
        stage.flow.addItem(self._path)

    def _ends(self, other: NodeItem) -> tuple[str, str]:
        own, far = self._item.node.id, other.node.id
        return (own, far) if self._side == "out" else (far, own)

    def move(self, at: QPointF, modifiers: Modifiers) -> None:
        self.aim(self._target(at), at)
        self._stage.edge_scroll(at)

    def _target(self, at: QPointF) -> NodeItem | None:
        port = self._stage.flow.port_at(at)
        found = port[0] if port else self._stage.flow.node_at(at, frames=False)
        return None if found is self._item else found

    def aim(self, over: NodeItem | None, at: QPointF) -> None:
        """Point at a node, or at nothing: show whether it can be."""
        if self._over is not None and self._over is not over:
            self._over.mark(target="")
        self._over = over
        self._refusal = "" if over is None else why_not(self._stage.workspace.document, *self._ends(over))
        if over is not None:
            over.mark(target="refused" if self._refusal else "allowed")
            if not self._refusal:
                at = over.port("in" if self._side == "out" else "out")
        if self._refusal:
            self._stage.say(at, self._refusal)
        else:
            self._stage.hush()
        here = self._item.port(self._side)
        start, end = (here, at) if self._side == "out" else (at, here)
        self._path.show_to(start, end, bool(self._refusal))

    def end(self, at: QPointF, modifiers: Modifiers) -> None:
        self.aim(self._target(at), at)
        self.finish()

    def finish(self) -> None:
        """Make the link that is aimed at, if it is allowed."""
        over, refused = self._over, self._refusal
        self.cancel()
        if over is not None and not refused:
            document = self._stage.workspace.document
            source, target = self._ends(over)
            link = Link(document.fresh_id("link"), source, target)
            self._stage.workspace.perform(AddLink(link))
            if is_routing_link(document, link):
                self._stage.ask_what_it_carries(link.id)

    def cancel(self) -> None:
        if self._over is not None:
            self._over.mark(target="")
            self._over = None
        self._stage.hush()
        self._stage.flow.removeItem(self._path)


class KeyLink:
    """The same by keys: arrows or Tab go through the nodes, Enter links, Esc gives up."""

    def __init__(self, stage: Stage, item: NodeItem) -> None:
        self._stage = stage
        self._drawing = DrawLink(stage, item, "out")
        document = stage.workspace.document
        others = [other for node_id, other in stage.flow.nodes.items()
                  if node_id != item.node.id and not any_kind(other.node.kind).drawn_only]
        self._others = sorted(others, key=lambda o: bool(why_not(document, item.node.id, o.node.id)))
        self._index = -1
        self.step(1)

    @property
    def target(self) -> NodeItem | None:
        return self._others[self._index] if self._others else None

    def step(self, by: int) -> None:
        if self._others:
            self._index = (self._index + by) % len(self._others)
            self._drawing.aim(self.target, self._others[self._index].port("in"))

    def finish(self) -> None:
        self._drawing.finish()

    def cancel(self) -> None:
        self._drawing.cancel()
