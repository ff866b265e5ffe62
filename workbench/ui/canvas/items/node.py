"""A node on the canvas: outline, ports and states around the face of its kind. Painted once and cached by Qt.

The item only paints; where the pointer is and what it does is the business of gestures. GUI thread.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPolygonF
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from workbench.flow.document import Node
from workbench.ui.canvas import shapes
from workbench.ui.canvas.items.compact import compact, compact_height, compact_width
from workbench.ui.canvas.items.node_painter import NodePainter
from workbench.ui.canvas.items.painters import fold
from workbench.ui.canvas.kinds import view_of
from workbench.ui.canvas.view_values import Level, NodeViewState
from workbench.ui.models.series import PREFIX
from workbench.ui.theme.theme import theme
from workbench.ui.theme.tokens import SIZE, STROKE

FULL, COMPACT, SHAPES = "full", "compact", "shapes"
Z_FRAME, Z_DOTS, Z_WAITING, Z_NODE, Z_GHOST = -10, 1, 2, 3, 20
_ROOM = 9.0
_FOOT_ROOM = 24.0
_SMALL_ROOM = 56.0  # rings and wider bodies have screen size there, so they are large in scene units
_WIDER = 26.0
_PITCH = 212.0  # from one part to the next beside it: wider ones would cover it


def detail_at(zoom: float) -> str:
    """How much of a node is drawn at a zoom: full, compact under 60 %, shapes under 30 %."""
    return SHAPES if zoom < 0.3 else COMPACT if zoom < 0.6 else FULL


class NodeItem(QGraphicsItem):
    """See the module. States are set with ``mark``; each change repaints once."""

    def __init__(self, node: Node, zoom: float = 1.0) -> None:
        super().__init__()
        self.node = node
        self.shown = NodeViewState()
        self.zoom = zoom
        self.hovered = self.selected = self.focused = self.lit = self.linked_out = False
        self.target = ""  # "", "allowed" or "refused" while a link is drawn
        self._rect = QRectF(0, 0, *shapes.size_of(node))
        self._bounds = self._bound()
        self.setZValue(Z_FRAME if node.kind == "frame" else Z_NODE)
        self.setPos(node.x, node.y)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        if node.kind != "frame":
            self.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)

    # -- state ---------------------------------------------------------------------------------------------
    def set_node(self, node: Node) -> None:
        size = shapes.size_of(node)
        if size != (self._rect.width(), self._rect.height()):
            self._take_rect(QRectF(0, 0, *size))
        moved_only = (node.name, node.params) == (self.node.name, self.node.params)
        self.node = node
        self.setPos(node.x, node.y)
        if not moved_only:
            self.update()

    def resize_to(self, w: float, h: float) -> None:
        """Show another size while it is being dragged."""
        self._take_rect(QRectF(0, 0, w, h))
        self.update()

    def set_view_state(self, shown: NodeViewState, later: Callable[[NodeItem], None] | None = None) -> None:
        """Another look; ``later`` paints it in its turn, else it is painted at once."""
        if shown != self.shown:
            self.shown = shown
            self.update() if later is None else later(self)

    def set_zoom(self, zoom: float) -> None:
        """Another zoom; Qt redraws the cached picture at the new scale by itself."""
        other = detail_at(zoom) != detail_at(self.zoom)
        self.zoom = zoom
        if other:
            self._take_rect(self._rect)

    def mark(self, **states: bool | str) -> None:
        """Set some of hovered, selected, focused, lit, linked_out, target."""
        changed = {name: value for name, value in states.items() if getattr(self, name) != value}
        for name, value in changed.items():
            setattr(self, name, value)
        if changed:
            self.update()

    # -- geometry ------------------------------------------------------------------------------------------
    @property
    def rect(self) -> QRectF:
        """The body in scene coordinates, wherever the item is being dragged."""
        return self._rect.translated(self.pos())

    def boundingRect(self) -> QRectF:
        return self._bounds

    def _bound(self) -> QRectF:
        """Body, rings and the words below; kept, because Qt asks several times a frame."""
        if detail_at(self.zoom) != FULL:
            return self._rect.adjusted(-_SMALL_ROOM, -_SMALL_ROOM, _SMALL_ROOM, _SMALL_ROOM)
        return self._rect.adjusted(-_ROOM, -_ROOM, _ROOM, _FOOT_ROOM)

    def _take_rect(self, rect: QRectF) -> None:
        self.prepareGeometryChange()
        self._rect = rect
        self._bounds = self._bound()

    def port(self, side: str) -> QPointF:
        """Centre of the in or out port in scene coordinates."""
        rect = self.rect
        return QPointF(rect.left() if side == "in" else rect.right(), rect.center().y())

    # -- painting ------------------------------------------------------------------------------------------
    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        draw = NodePainter(painter, theme())
        detail = detail_at(self.zoom)
        if self.node.kind == "frame":
            self._paint_frame(draw)
        elif detail == FULL:
            self._paint_body(draw, self._rect)
            view_of(self.node).painter(draw, self.node, self.shown, self._rect, self.lit)
            if self.shown.failed:
                foot = QRectF(0, self._rect.bottom() + 4, self._rect.width(), 16)
                draw.text(foot, self.shown.failed, "caption", "bad", elide=True)
            self._paint_ports(draw, self._rect, SIZE["port"] / 2)
        elif detail == COMPACT:
            self._paint_compact(draw)
        else:
            wrong = self.shown.level == Level.BAD or self.shown.failed or self.shown.dead
            role = "bad" if wrong else view_of(self.node).role
            draw.box(self._rect, role, 10, 0.75)
            if self.selected:
                draw.shape(shapes.outline(self._rect, self.node.kind, 8), None, "selection", 3 / self.zoom)

    def _paint_compact(self, draw: NodePainter) -> None:
        """Drawn at screen size, so that names stay readable."""
        painter, zoom = draw.painter, self.zoom
        painter.save()
        painter.scale(1 / zoom, 1 / zoom)
        body = QRectF(0, 0, self._rect.width() * zoom, self._rect.height() * zoom)
        most = max(0.0, min(_WIDER, _PITCH * zoom - body.width()))
        wider = min(most, max(0.0, compact_width(draw, self.node, self.shown) - body.width())) / 2
        height = compact_height(draw, self.node, body.width() + 2 * wider, body.height())
        rect = QRectF(-wider, body.center().y() - height / 2, body.width() + 2 * wider, height)
        self._paint_body(draw, rect)
        compact(draw, self.node, self.shown, rect)
        self._paint_ports(draw, rect, 3)
        painter.restore()

    def _paint_frame(self, draw: NodePainter) -> None:
        """The box in scene units, its title at screen size."""
        self._paint_body(draw, self._rect)
        scale = min(1.0, self.zoom)
        if detail_at(self.zoom) != SHAPES:
            draw.painter.save()
            draw.painter.scale(1 / scale, 1 / scale)
            room = QRectF(0, 0, self._rect.width() * scale, self._rect.height() * scale)
            view_of(self.node).painter(draw, self.node, self.shown, room, False)
            draw.painter.restore()

    def _paint_body(self, draw: NodePainter, rect: QRectF) -> None:
        kind = self.node.kind
        path = shapes.outline(rect, kind)
        if kind == "frame":
            draw.shape(path, "text_muted", fill_alpha=0.06)
        else:
            draw.shape(path.translated(0, STROKE["node_hover"]), "shadow")
            draw.shape(path, "replay_tint" if kind == "note" else "surface_raised")
        line, width = self._outline()
        dash = shapes.dashes("outline", width) if self.node.id.startswith(PREFIX) else None
        draw.shape(path, None, line, width, dash=dash)
        if kind == "note":
            self._paint_fold(draw, rect)
        self._paint_rings(draw, rect)

    def _outline(self) -> tuple[str, float]:
        if self.shown.failed or self.shown.level == Level.BAD:
            return "bad", 1.5
        if self.shown.level == Level.WARN:
            return "warn_mark", STROKE["node_hover"]
        return ("text_muted", STROKE["node_hover"]) if self.hovered else ("line_strong", STROKE["node"])

    def _paint_fold(self, draw: NodePainter, rect: QRectF) -> None:
        cut = QPainterPath()
        cut.addPolygon(QPolygonF([*fold(rect), rect.topRight() + QPointF(1, -1)]))
        draw.shape(cut, "canvas")
        line = QPainterPath()
        line.addPolygon(QPolygonF([*fold(rect), fold(rect)[0]]))
        draw.shape(line, "surface_raised", "line_strong")

    def _paint_rings(self, draw: NodePainter, rect: QRectF) -> None:
        """Selection, drop target and keyboard focus, each around the other."""
        grow = STROKE["selection_gap"]
        if self.target:
            role, fill = ("accent", "accent_soft") if self.target == "allowed" else ("bad", "bad_soft")
            path = shapes.outline(rect, self.node.kind, grow)
            draw.shape(path, fill, fill_alpha=0.35)
            draw.shape(path, None, role, 2, dash=shapes.dashes("target", 2))
        elif self.selected:
            draw.shape(shapes.outline(rect, self.node.kind, grow), None, "selection", STROKE["selection"])
        if self.focused:
            path = shapes.outline(rect, self.node.kind, grow + (3.0 if self.selected else 0.0))
            draw.shape(path, None, "focus", 2, dash=shapes.dashes("target", 2) if self.selected else None)

    def _paint_ports(self, draw: NodePainter, rect: QRectF, radius: float) -> None:
        kind, middle = self.node.kind, rect.center().y()
        if shapes.has_in(kind):
            role = "bad" if self.shown.level == Level.BAD and self.shown.ring is not None else "link"
            draw.port(QPointF(rect.left(), middle), radius, role)
        quiet = kind == "dead_letters" and not (self.hovered or self.selected or self.linked_out)
        if shapes.has_out(kind) and not quiet:
            draw.port(QPointF(rect.right(), middle), radius)
