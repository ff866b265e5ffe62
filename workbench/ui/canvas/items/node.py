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
from workbench.ui.canvas.items.faces import fold
from workbench.ui.canvas.items.pencil import Pencil
from workbench.ui.canvas.kinds import view_of
from workbench.ui.canvas.look_values import Level, NodeLook
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
        self.look = NodeLook()
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

    def set_look(self, look: NodeLook, later: Callable[[NodeItem], None] | None = None) -> None:
        """Another look; ``later`` paints it in its turn, else it is painted at once."""
        if look != self.look:
            self.look = look
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
        pencil = Pencil(painter, theme())
        detail = detail_at(self.zoom)
        if self.node.kind == "frame":
            self._paint_frame(pencil)
        elif detail == FULL:
            self._paint_body(pencil, self._rect)
            view_of(self.node).painter(pencil, self.node, self.look, self._rect, self.lit)
            if self.look.failed:
                foot = QRectF(0, self._rect.bottom() + 4, self._rect.width(), 16)
                pencil.text(foot, self.look.failed, "caption", "bad", elide=True)
            self._paint_ports(pencil, self._rect, SIZE["port"] / 2)
        elif detail == COMPACT:
            self._paint_compact(pencil)
        else:
            wrong = self.look.level == Level.BAD or self.look.failed or self.look.dead
            role = "bad" if wrong else view_of(self.node).role
            pencil.box(self._rect, role, 10, 0.75)
            if self.selected:
                pencil.shape(shapes.outline(self._rect, self.node.kind, 8), None, "selection", 3 / self.zoom)

    def _paint_compact(self, pencil: Pencil) -> None:
        """Drawn at screen size, so that names stay readable."""
        painter, zoom = pencil.painter, self.zoom
        painter.save()
        painter.scale(1 / zoom, 1 / zoom)
        body = QRectF(0, 0, self._rect.width() * zoom, self._rect.height() * zoom)
        most = max(0.0, min(_WIDER, _PITCH * zoom - body.width()))
        wider = min(most, max(0.0, compact_width(pencil, self.node, self.look) - body.width())) / 2
        height = compact_height(pencil, self.node, body.width() + 2 * wider, body.height())
        rect = QRectF(-wider, body.center().y() - height / 2, body.width() + 2 * wider, height)
        self._paint_body(pencil, rect)
        compact(pencil, self.node, self.look, rect)
        self._paint_ports(pencil, rect, 3)
        painter.restore()

    def _paint_frame(self, pencil: Pencil) -> None:
        """The box in scene units, its title at screen size."""
        self._paint_body(pencil, self._rect)
        scale = min(1.0, self.zoom)
        if detail_at(self.zoom) != SHAPES:
            pencil.painter.save()
            pencil.painter.scale(1 / scale, 1 / scale)
            room = QRectF(0, 0, self._rect.width() * scale, self._rect.height() * scale)
            view_of(self.node).painter(pencil, self.node, self.look, room, False)
            pencil.painter.restore()

    def _paint_body(self, pencil: Pencil, rect: QRectF) -> None:
        kind = self.node.kind
        path = shapes.outline(rect, kind)
        if kind == "frame":
            pencil.shape(path, "text_muted", fill_alpha=0.06)
        else:
            pencil.shape(path.translated(0, STROKE["node_hover"]), "shadow")
            pencil.shape(path, "replay_tint" if kind == "note" else "surface_raised")
        line, width = self._outline()
        dash = shapes.dashes("outline", width) if self.node.id.startswith(PREFIX) else None
        pencil.shape(path, None, line, width, dash=dash)
        if kind == "note":
            self._paint_fold(pencil, rect)
        self._paint_rings(pencil, rect)

    def _outline(self) -> tuple[str, float]:
        if self.look.failed or self.look.level == Level.BAD:
            return "bad", 1.5
        if self.look.level == Level.WARN:
            return "warn_mark", STROKE["node_hover"]
        return ("text_muted", STROKE["node_hover"]) if self.hovered else ("line_strong", STROKE["node"])

    def _paint_fold(self, pencil: Pencil, rect: QRectF) -> None:
        cut = QPainterPath()
        cut.addPolygon(QPolygonF([*fold(rect), rect.topRight() + QPointF(1, -1)]))
        pencil.shape(cut, "canvas")
        line = QPainterPath()
        line.addPolygon(QPolygonF([*fold(rect), fold(rect)[0]]))
        pencil.shape(line, "surface_raised", "line_strong")

    def _paint_rings(self, pencil: Pencil, rect: QRectF) -> None:
        """Selection, drop target and keyboard focus, each around the other."""
        grow = STROKE["selection_gap"]
        if self.target:
            role, fill = ("accent", "accent_soft") if self.target == "allowed" else ("bad", "bad_soft")
            path = shapes.outline(rect, self.node.kind, grow)
            pencil.shape(path, fill, fill_alpha=0.35)
            pencil.shape(path, None, role, 2, dash=shapes.dashes("target", 2))
        elif self.selected:
            pencil.shape(shapes.outline(rect, self.node.kind, grow), None, "selection", STROKE["selection"])
        if self.focused:
            path = shapes.outline(rect, self.node.kind, grow + (3.0 if self.selected else 0.0))
            pencil.shape(path, None, "focus", 2, dash=shapes.dashes("target", 2) if self.selected else None)

    def _paint_ports(self, pencil: Pencil, rect: QRectF, radius: float) -> None:
        kind, middle = self.node.kind, rect.center().y()
        if shapes.has_in(kind):
            role = "bad" if self.look.level == Level.BAD and self.look.ring is not None else "link"
            pencil.port(QPointF(rect.left(), middle), radius, role)
        quiet = kind == "dead_letters" and not (self.hovered or self.selected or self.linked_out)
        if shapes.has_out(kind) and not quiet:
            pencil.port(QPointF(rect.right(), middle), radius)
