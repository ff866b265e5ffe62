"""The scene follows the drawing and the shown snapshot; nobody tells it to draw.

Invariant: after each change of the document there is exactly one item per node id and link id. Numbers change with the
frame, dots and gauges with every snapshot. Live and past come the same way. GUI thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import singledispatchmethod
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QGraphicsScene

from workbench.core.snapshot import RunState, Snapshot
from workbench.flow import document as doc
from workbench.flow.document import Link, Node
from workbench.flow.kinds import GROUPS
from workbench.ui.bridge.movement import LiveMovements, Movement
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.canvas import shapes
from workbench.ui.canvas.frames import FrameClock
from workbench.ui.canvas.items.link import LinkItem
from workbench.ui.canvas.items.node import NodeItem, detail_at
from workbench.ui.canvas.items.overlay import DotsItem
from workbench.ui.canvas.kinds import node_view_state
from workbench.ui.canvas.outside import OutsideClients, Standing
from workbench.ui.canvas.view_states import gauge_of, link_view_state
from workbench.ui.canvas.view_values import NodeViewState
from workbench.ui.theme.theme import theme
from workbench.ui.theme.tokens import MOTION, SIZE

if TYPE_CHECKING:
    from workbench.ui.canvas.dots import DotField  # brings numpy, which the first paint does without

_SPAN = 100_000.0
_FEED_OVER_MS = 100.0
_PAINTED_OVER = 12  # pictures: nearly as long as a frame stays
_PAINTED_TOGETHER = 48  # nodes that are painted in one picture; of more the groups and the selected ones come first
_JUMP_MS = 5_000  # further than playing goes from one state to the next


class FlowScene(QGraphicsScene):
    """See the module. ``nodes`` and ``links`` are the items by id."""

    drawn_changed = Signal()  # something was added, moved or removed
    replaced = Signal()  # another drawing was loaded
    guests_changed = Signal()  # something from outside came or went
    looks_changed = Signal()
    legend_changed = Signal()

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(-_SPAN, -_SPAN, 2 * _SPAN, 2 * _SPAN)
        self.workspace = workspace
        self.nodes: dict[str, NodeItem] = {}
        self.links: dict[str, LinkItem] = {}
        self.selected_links: frozenset[str] = frozenset()
        self.outside = OutsideClients(self, self._links_changed, self._outside_routed, self._paint_soon)
        self.seen: Callable[[], QRectF | None] = lambda: None  # the part in view; None while all of it is
        self.clock = FrameClock(self)
        self.zoom = 1.0
        self.step = 1
        self._field: DotField | None = None
        self._dots = DotsItem(self.clock.now_ms)
        self.addItem(self._dots)
        self._dense = False
        self._at_ms: int | None = None
        self._moved = LiveMovements()
        self._unpainted: dict[NodeItem, None] = {}
        self._looked_at = (True, 0)  # live or past, and when
        self.clock.ticked.connect(self._paint_some)
        self._unfollow = workspace.document.follow(self._take_change)
        self._rebuild()
        workspace.live_changed.connect(self._take_live)
        workspace.shown_changed.connect(self._take_frame)
        workspace.time_changed.connect(self._take_time)
        workspace.selection_changed.connect(self._take_selection)
        workspace.links_selected.connect(self.select_links)
        workspace.movement_shown.connect(self.feed)
        theme().changed.connect(self._redress)

    def close(self) -> None:
        """Stop following; the view calls it when it goes."""
        self._unfollow()
        self.clock.stop()

    # -- the drawing ---------------------------------------------------------------------------------------
    def _take_change(self, change: doc.Change) -> None:
        self._apply(change)
        self._show_outside()
        self.drawn_changed.emit()

    @singledispatchmethod
    def _apply(self, change: doc.Change) -> None:
        raise TypeError(change)

    @_apply.register
    def _(self, change: doc.NodeAdded) -> None:
        self._add_node(change.node)

    @_apply.register
    def _(self, change: doc.NodeRemoved) -> None:
        self.removeItem(self.nodes.pop(change.node.id))
        self.workspace.select(self.workspace.selection - {change.node.id})

    @_apply.register
    def _(self, change: doc.NodeChanged) -> None:
        item = self.nodes[change.after.id]
        item.set_node(change.after)
        item.set_view_state(self._look(change.after))
        self._look_at_links(change.after.id)
        self.reroute([change.after.id])

    @_apply.register
    def _(self, change: doc.LinkAdded) -> None:
        self._add_link(change.link)
        self._look_at_ends(change.link)

    @_apply.register
    def _(self, change: doc.LinkRemoved) -> None:
        item = self.links.pop(change.link.id)
        item.repaint()
        self._lift(item)
        if self._field is not None:
            self._field.drop_link(change.link.id)
        self.select_links(self.selected_links - {change.link.id})
        self._mark_out(change.link.source)
        self._look_at_ends(change.link)

    @_apply.register
    def _(self, change: doc.LinkChanged) -> None:
        item = self.links[change.after.id]
        item.link = change.after
        item.set_view_state(link_view_state(self.workspace.document, item.link, self.workspace.shown, None))

    @_apply.register
    def _(self, change: doc.DocumentReset) -> None:
        self._rebuild()
        self.workspace.select(self.workspace.selection & self.nodes.keys())
        self.replaced.emit()

    def _rebuild(self) -> None:
        for item in self.nodes.values():
            self.removeItem(item)
        for link in self.links.values():
            self._lift(link)
        self._links_changed(self.sceneRect())
        self.outside.clear()
        self.nodes, self.links, self.selected_links = {}, {}, frozenset()
        self._field = self._dots.field = None
        for node in self.workspace.document.nodes:
            self._add_node(node)
        for link in self.workspace.document.links:
            self._add_link(link)

    def _add_node(self, node: Node) -> None:
        item = self.nodes[node.id] = NodeItem(node, self.zoom)
        item.mark(selected=node.id in self.workspace.selection)
        item.set_view_state(self._look(node))
        self.addItem(item)

    def _add_link(self, link: Link) -> None:
        item = self.links[link.id] = LinkItem(link, self._links_changed)
        for over in item.laid_over:
            self.addItem(over)
        item.zoom = self.zoom
        item.dense = theme().reduced_motion
        item.shown = link_view_state(self.workspace.document, link, self.workspace.shown, None)
        item.restyle()
        self._route(item)
        self._mark_out(link.source)

    def _lift(self, link: LinkItem) -> None:
        for over in link.laid_over:
            self.removeItem(over)

    def _look_at_links(self, node_id: str) -> None:
        """Bindings read what kind of exchange they leave."""
        for item in self.links.values():
            if item.link.source == node_id:
                item.set_view_state(link_view_state(self.workspace.document, item.link, self.workspace.shown, None))

    def _look_at_ends(self, link: Link) -> None:
        """A part that says how many links it has says so at once."""
        for node_id in (link.source, link.target):
            item = self.nodes.get(node_id)
            if item is not None:
                item.set_view_state(self._look(item.node))

    def _links_changed(self, area: QRectF) -> None:
        self.invalidate(area, QGraphicsScene.SceneLayer.BackgroundLayer)

    def drawBackground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        """Links, below everything; views keep the picture."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for item in self._every_link():
            if item.path().boundingRect().adjusted(-6, -6, 6, 6).intersects(rect):
                item.paint(painter)

    def _mark_out(self, node_id: str) -> None:
        if node_id in self.nodes:
            linked = any(link.link.source == node_id for link in self.links.values())
            self.nodes[node_id].mark(linked_out=linked)

    def reroute(self, node_ids: Iterable[str]) -> None:
        """Draw the links of these nodes anew, where the nodes' items are now."""
        moved = set(node_ids)
        for item in self.links.values():
            if item.link.source in moved or item.link.target in moved:
                self._route(item)

    def _route(self, item: LinkItem) -> None:
        source, target = self.nodes[item.link.source], self.nodes[item.link.target]
        floor = max(source.rect.bottom(), target.rect.bottom())
        item.set_curve(source.port("out"), target.port("in"), floor)
        if self._field is not None:
            self._field.put_link(item.link.id, item.chain)

    # -- looks ---------------------------------------------------------------------------------------------
    def _look(self, node: Node) -> NodeViewState:
        return node_view_state(node, self.workspace.shown, self.workspace.document)

    def _take_live(self, snapshot: Snapshot) -> None:
        """What moves: dots and gauges."""
        moved = self._moved.take(snapshot)
        if self.workspace.at_ms is None:
            self.clock.set_running(snapshot.run != RunState.PAUSED)
            self.feed([*moved, *self.outside.movements(self.workspace.document, snapshot)])
            self._move_gauges(snapshot)

    def _take_frame(self, snapshot: Snapshot) -> None:
        self.clock.set_running(not snapshot.live or snapshot.run != RunState.PAUSED)
        self.refresh_looks()

    def _move_gauges(self, snapshot: Snapshot) -> None:
        for stat in snapshot.producers:
            item = self.nodes.get(stat.node_id)
            if item is not None:
                item.set_view_state(replace(item.shown, gauge=gauge_of(stat)))

    def refresh_looks(self) -> None:
        """Take every look from the frame."""
        snapshot, document = self.workspace.shown, self.workspace.document
        self._paint_some(everything=True)
        goes_on, self._looked_at = self._goes_on(snapshot), (snapshot.live, snapshot.at_ms)
        for node_id, item in self.nodes.items():
            shown = self._look(item.node)
            if goes_on and shown.generation > item.shown.generation > 0 and not theme().reduced_motion:
                self._flash(node_id)
            item.set_view_state(shown, self._paint_soon)
        told = {stat.link_id: stat for stat in snapshot.links}
        for link_id, item in self.links.items():
            item.set_view_state(link_view_state(document, item.link, snapshot, told.get(link_id)))
            if self._field is not None:
                self._field.set_slow(link_id, item.shown.slow)
        self._show_outside()
        self._paint_first()
        self.looks_changed.emit()

    def _goes_on(self, snapshot: Snapshot) -> bool:
        """Whether it comes soon after what was shown last: over a jump in time nobody saw members join."""
        live, at_ms = self._looked_at
        return live is snapshot.live and 0 <= snapshot.at_ms - at_ms <= _JUMP_MS

    def _show_outside(self) -> None:
        workspace = self.workspace
        stand = Standing(workspace.live, self.zoom, workspace.selection, self.seen())
        if self.outside.show(workspace.document, workspace.shown, self.nodes, stand):
            self.guests_changed.emit()

    def _paint_soon(self, item: NodeItem) -> None:
        """Numbers change on all nodes together: while frames are made, each paints some of them."""
        if self.clock.active:
            self._unpainted[item] = None
        else:
            item.update()

    def _paint_first(self) -> None:
        """Paint the frame in one picture, or of very many nodes those first whose numbers stand elsewhere too."""
        if len(self._unpainted) > _PAINTED_TOGETHER:
            first = [item for item in self._unpainted if item.shown.ring is not None or item.selected]
        else:
            first = list(self._unpainted)
        for item in first[:_PAINTED_TOGETHER]:
            del self._unpainted[item]
            item.update()

    def _paint_some(self, everything: bool = False) -> None:
        share = 1 + len(self._unpainted) // _PAINTED_OVER
        due = list(self._unpainted)[: share if self.clock.active and not everything else None]
        for item in due:
            del self._unpainted[item]
            item.update()

    def item_of(self, node_id: str) -> NodeItem | None:
        """The item of a node, drawn or from outside."""
        return self.nodes.get(node_id) or self.outside.nodes.get(node_id)

    def is_group(self, node_id: str) -> bool:
        """Whether a node is a group, drawn or from outside."""
        if node_id in self.nodes:
            return self.nodes[node_id].node.kind in GROUPS
        who = self.outside.who(node_id)
        return who is not None and who.group is not None

    def _outside_routed(self, link_id: str, chain: list[QPointF]) -> None:
        if self._field is not None and chain:
            self._field.put_link(link_id, chain)
        elif self._field is not None:
            self._field.drop_link(link_id)

    def _flash(self, node_id: str) -> None:
        """Light the pills of a group that was just rebalanced, once."""
        self.nodes[node_id].mark(lit=True)
        QTimer.singleShot(MOTION["pulse_ms"], self, lambda: self._unflash(node_id))

    def _unflash(self, node_id: str) -> None:
        if node_id in self.nodes:
            self.nodes[node_id].mark(lit=False)

    def _take_time(self, at_ms: int | None) -> None:
        before, self._at_ms = self._at_ms, at_ms
        plays = before is not None and at_ms is not None and 0 <= at_ms - before < _JUMP_MS
        if self._field is not None and not plays:
            self._field.clear()  # dots under way are of another time

    def _redress(self) -> None:
        self._dots.forget_stamps()
        for link in self._every_link():
            link.mark(dense=theme().reduced_motion)
            link.restyle()
            for over in link.laid_over:
                over.update()  # kept as pictures
        for node in self.everything():
            node.update()
        self._links_changed(self.sceneRect())

    # -- dots ----------------------------------------------------------------------------------------------
    def feed(self, movements: Iterable[Movement]) -> None:
        """Let events set out along their links. Nothing is kept for a canvas that is hidden or without motion."""
        movements = list(movements)
        if not movements or theme().reduced_motion or not self.clock.watched:
            return
        field = self._whole_field()
        field.feed(movements, self.clock.now_ms(), _FEED_OVER_MS)
        if field.step != self.step:
            self.step = field.step
            self.legend_changed.emit()
        dense = field.wanted() > MOTION["density_over_dots"]
        if dense != self._dense:
            self._dense = dense
            for item in self._every_link():
                item.mark(dense=dense)
        self.clock.move(field.moving)

    def warm_up(self) -> None:
        """Bring in what dots need, before the first ones come."""
        self._whole_field()

    def _whole_field(self) -> DotField:
        if self._field is None:
            from workbench.ui.canvas.dots import DotField

            self._field = self._dots.field = DotField()
            for link_id, item in self.links.items():
                self._field.put_link(link_id, item.chain)
                self._field.set_slow(link_id, item.shown.slow)
            for link_id, item in self.outside.links.items():
                self._field.put_link(link_id, item.chain)
        return self._field

    def dots(self) -> list[tuple[float, float, int, bool]]:
        """Place, colour and hollowness of every dot now: what tests and exports read."""
        if self._field is None:
            return []
        points, colours, hollow = self._field.places(self.clock.now_ms())
        rows = zip(points.tolist(), colours.tolist(), hollow.tolist(), strict=True)
        return [(x, y, colour, again) for (x, y), colour, again in rows]

    # -- selection and hits --------------------------------------------------------------------------------
    def _take_selection(self, chosen: frozenset[str]) -> None:
        """Nodes or links are selected, never both: a link does not stay lit beside a node that was chosen elsewhere."""
        if chosen and self.selected_links:
            self.select_links(())
        for item in self.everything():
            item.mark(selected=item.node.id in chosen)

    def select_links(self, link_ids: Iterable[str]) -> None:
        self.selected_links = frozenset(link_ids)
        for link_id, item in self.links.items():
            item.mark(selected=link_id in self.selected_links)
        self.workspace.select_links(self.selected_links)

    def set_zoom(self, zoom: float) -> None:
        """Tell items the zoom: only what depends on it repaints."""
        self.zoom = zoom
        for node in self.everything():
            node.set_zoom(zoom)
        for link in self._every_link():
            link.mark(zoom=zoom)

    def node_at(self, at: QPointF, frames: bool = True) -> NodeItem | None:
        """The topmost node whose body is there; a frame only when nothing lies in it."""
        here = [item for item in self.nodes.values() if item.rect.contains(at)]
        bodies = [item for item in here if item.node.kind != "frame"]
        return next(reversed(bodies or (here if frames else [])), None)

    def port_at(self, at: QPointF) -> tuple[NodeItem, str] | None:
        """The port within reach of a point: its node, and «in» or «out»."""
        reach = SIZE["port_hit"] / 2 / min(1.0, self.zoom)
        best: tuple[float, NodeItem, str] | None = None
        for item in self.nodes.values():
            for side, there in (("out", shapes.has_out(item.node.kind)), ("in", shapes.has_in(item.node.kind))):
                away = (item.port(side) - at).manhattanLength() if there else reach + 1
                if away <= reach and (best is None or away < best[0]):
                    best = away, item, side
        return None if best is None else best[1:]

    def link_at(self, at: QPointF) -> LinkItem | None:
        reach = 6 / min(1.0, self.zoom)
        return next((item for item in reversed(self.links.values()) if item.hit(at, reach)), None)

    def within(self, area: QRectF) -> list[str]:
        """Ids of the nodes a rubber band touches; frames must lie in it whole."""
        return [node_id for node_id, item in self.nodes.items()
                if (area.contains(item.rect) if item.node.kind == "frame" else area.intersects(item.rect))]

    def everything(self) -> list[NodeItem]:
        """Nodes of the drawing, then the outside clients."""
        return [*self.nodes.values(), *self.outside.nodes.values()]

    def _every_link(self) -> list[LinkItem]:
        return [*self.links.values(), *self.outside.links.values()]

    def drawn_rect(self) -> QRectF:
        """The rectangle around everything drawn; empty without nodes."""
        rect = QRectF()
        for item in self.everything():
            rect = rect.united(item.rect)
        return rect

    def detail(self) -> str:
        return detail_at(self.zoom)
