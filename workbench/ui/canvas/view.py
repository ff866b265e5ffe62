"""The canvas: shows the scene, turns pointer and keys into gestures and acts, and carries what floats over it.

It edits nothing itself: gestures and ``acts`` do. What others must do (open a panel, a menu, run) leaves as a signal.
GUI thread.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from time import perf_counter

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QShowEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QGraphicsView, QWidget

from workbench.flow.edits import RenameNode
from workbench.ui.bridge.movement import Movement
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.canvas import shapes
from workbench.ui.canvas.acts import DrawingActs
from workbench.ui.canvas.corners import Bubble, Legend, Minimap, ZoomBar
from workbench.ui.canvas.empty import EmptyCanvas
from workbench.ui.canvas.frames import FrameStats
from workbench.ui.canvas.gestures.base import Gesture, adding
from workbench.ui.canvas.gestures.drop import DropPart, Part
from workbench.ui.canvas.gestures.link import DrawLink, KeyLink
from workbench.ui.canvas.gestures.move import Move, Resize
from workbench.ui.canvas.gestures.pan import Pan
from workbench.ui.canvas.gestures.select import RubberBand
from workbench.ui.canvas.items.node import FULL, NodeItem, detail_at
from workbench.ui.canvas.keys import CanvasKeys
from workbench.ui.canvas.looks import spoken
from workbench.ui.canvas.rename import RenameField, why_not_named
from workbench.ui.canvas.scene import FlowScene
from workbench.ui.theme.theme import theme
from workbench.ui.theme.tokens import SIZE

log = logging.getLogger(__name__)

ZOOMS = (0.25, 0.33, 0.5, 0.67, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0, 2.5, 3.0)
_MARGIN = 12
_SMALL = (560, 300)
_EDGE = 24


class FlowView(QGraphicsView):
    """See the module. ``flow`` is the scene, ``acts`` what menus call."""

    panel_wanted = Signal(str)  # node id
    replay_wanted = Signal(str)  # node id of a group
    menu_wanted = Signal(str, QPoint)  # node or link id ("" on the canvas), global place
    run_wanted = Signal()  # Space was pressed and let go
    zoom_changed = Signal(float)
    resized = Signal()

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        self.flow = FlowScene(workspace)
        super().__init__(self.flow, parent)
        self.workspace = workspace
        self.acts = DrawingActs(workspace, self.flow, self)
        self.keys = CanvasKeys(self)
        self._gesture: Gesture | None = None
        self._pan: Pan | None = None
        self._drop: DropPart | None = None
        self._rename: RenameField | None = None
        self._hovered: NodeItem | None = None
        self._grid = QPixmap()
        self._top_room = 0
        self._set_up()
        self.zoom_bar = ZoomBar(self.viewport())
        self.legend = Legend(self.viewport())
        self.minimap = Minimap(self.viewport(), self.flow)
        self.bubble = Bubble(self.viewport())
        self.empty = EmptyCanvas(self.viewport())
        self._connect()
        self._show_emptiness()

    def _set_up(self) -> None:
        self.setObjectName("canvas")
        self.setAccessibleName(self.tr("Canvas"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.FullViewportUpdate)  # others scroll the widgets too
        self.setOptimizationFlag(QGraphicsView.OptimizationFlag.DontSavePainterState)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.viewport().setMouseTracking(True)
        self.setAcceptDrops(True)
        self.viewport().setAcceptDrops(True)
        self.setMinimumSize(240, 160)

    def _connect(self) -> None:
        self.zoom_bar.zoom_wanted.connect(self._zoom_by_step)
        self.zoom_bar.fit_wanted.connect(self.fit)
        self.minimap.went.connect(self._centre_on)
        self.flow.legend_changed.connect(lambda: self.legend.show_step(self.flow.step))
        self.flow.drawn_changed.connect(self._show_emptiness)
        self.flow.clock.ticked.connect(self.viewport().update)
        self.flow.looks_changed.connect(self._describe)
        self.workspace.selection_changed.connect(self._describe)
        self.workspace.time_changed.connect(self.viewport().update)
        theme().changed.connect(self._redress)

    def close_canvas(self) -> None:
        """Stop following; call it before the workspace goes."""
        self._drop_gesture()
        self.flow.close()

    def _redress(self) -> None:
        self._grid = QPixmap()
        self.legend.show_step(self.flow.step)
        self._lay_out()
        self.viewport().update()

    # -- background, foreground, frames --------------------------------------------------------------------
    def drawBackground(self, painter: QPainter, rect: QRectF) -> None:
        painter.fillRect(rect, theme().color("canvas"))
        if self.zoom < 0.3:
            return
        if self._grid.isNull():
            self._grid = self._grid_tile()
        step = SIZE["grid"] * self.zoom
        origin = self.viewportTransform().map(QPointF(0, 0))
        painter.save()
        painter.resetTransform()
        area = QRectF(self.viewport().rect())
        offset = QPointF((-origin.x() + step / 2) % step, (-origin.y() + step / 2) % step)
        painter.drawTiledPixmap(area, self._grid, offset * (self._grid.width() / self._grid.devicePixelRatio() / step))
        painter.restore()

    def _grid_tile(self) -> QPixmap:
        """One dot of the grid, as large as a step at this zoom (in whole pixels)."""
        ratio = self.devicePixelRatioF()
        side = max(4, round(SIZE["grid"] * self.zoom))
        tile = QPixmap(round(side * ratio), round(side * ratio))
        tile.setDevicePixelRatio(ratio)
        tile.fill(theme().color("canvas"))
        painter = QPainter(tile)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().color("grid"))
        painter.drawEllipse(QPointF(side / 2, side / 2), 1, 1)
        painter.end()
        return tile

    def drawForeground(self, painter: QPainter, rect: QRectF) -> None:
        if self.workspace.at_ms is None:
            return
        painter.save()
        painter.resetTransform()
        painter.setPen(QPen(theme().color("replay", 0.75), 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(QRectF(self.viewport().rect()).adjusted(1, 1, -1, -1))
        painter.restore()

    def paintEvent(self, event: QPaintEvent) -> None:
        began = perf_counter()
        super().paintEvent(event)
        self.flow.clock.painted(began)

    def frame_stats(self) -> FrameStats:
        """Frames a second and time a frame takes, over the last seconds."""
        return self.flow.clock.stats()

    def feed(self, movements: Iterable[Movement]) -> None:
        """Let events of the past set out along their links."""
        self.flow.feed(movements)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.flow.clock.set_watched(True)
        self._lay_out()

    def hideEvent(self, event: QHideEvent) -> None:
        self.flow.clock.set_watched(False)
        super().hideEvent(event)

    # -- zoom and pan --------------------------------------------------------------------------------------
    @property
    def zoom(self) -> float:
        return self.transform().m11()

    def set_zoom(self, zoom: float, keep: QPointF | None = None) -> None:
        """Zoom so that the point ``keep`` of the viewport stays where it is (its middle without one)."""
        zoom = min(ZOOMS[-1], max(ZOOMS[0], zoom))
        keep = keep if keep is not None else QPointF(self.viewport().rect().center())
        under = self.to_scene(keep)
        self.resetTransform()
        self.scale(zoom, zoom)
        self._grid = QPixmap()
        self.flow.set_zoom(zoom)
        self._scroll((self._from_scene(under) - keep).toPoint())
        self.zoom_bar.show_zoom(zoom)
        self.zoom_changed.emit(zoom)

    def zoom_in(self) -> None:
        self._zoom_by_step(1)

    def zoom_out(self) -> None:
        self._zoom_by_step(-1)

    def zoom_actual(self) -> None:
        self._zoom_by_step(0)

    def _zoom_by_step(self, by: int) -> None:
        if by > 0:
            self.set_zoom(next((z for z in ZOOMS if z > self.zoom + 0.005), ZOOMS[-1]))
        elif by < 0:
            self.set_zoom(next((z for z in reversed(ZOOMS) if z < self.zoom - 0.005), ZOOMS[0]))
        else:
            self.set_zoom(1.0)

    def fit(self) -> None:
        """Show the whole drawing, no larger than 100 %."""
        drawn = self.flow.drawn_rect()
        if drawn.isEmpty():
            self.set_zoom(1.0)
            return
        foot = self.zoom_bar.height() + _MARGIN
        room = self.viewport().rect().adjusted(_MARGIN, _MARGIN + self._top_room, -_MARGIN, -_MARGIN - foot)
        self.set_zoom(min(1.0, room.width() / drawn.width(), room.height() / drawn.height()))
        self._centre_on(drawn.center() - QPointF(0, (self._top_room - foot) / 2 / self.zoom))

    def set_top_room(self, height: int) -> None:
        """Keep the drawing out of the uppermost pixels (the coach lies there)."""
        self._top_room = height
        self.fit()

    def show_node(self, node_id: str) -> None:
        """Scroll so that the node is in view."""
        item = self.flow.nodes.get(node_id)
        if item is not None and not self.scene_rect().contains(item.rect):
            self._centre_on(item.rect.center())

    def _centre_on(self, at: QPointF) -> None:
        self._scroll((self._from_scene(at) - QPointF(self.viewport().rect().center())).toPoint())

    def _scroll(self, by: QPoint) -> None:
        self.horizontalScrollBar().setValue(self.horizontalScrollBar().value() + by.x())
        self.verticalScrollBar().setValue(self.verticalScrollBar().value() + by.y())

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        super().scrollContentsBy(dx, dy)
        self.viewport().update()
        self.minimap.show_view(self.scene_rect())

    def to_scene(self, at: QPointF) -> QPointF:
        return self.viewportTransform().inverted()[0].map(at)

    def _from_scene(self, at: QPointF) -> QPointF:
        return self.viewportTransform().map(at)

    def scene_rect(self) -> QRectF:
        """The part of the scene in view."""
        return self.viewportTransform().inverted()[0].mapRect(QRectF(self.viewport().rect()))

    def edge_scroll(self, at: QPointF) -> None:
        place, room = self._from_scene(at), self.viewport().rect()
        dx = (place.x() > room.width() - _EDGE) - (place.x() < _EDGE)
        dy = (place.y() > room.height() - _EDGE) - (place.y() < _EDGE)
        if dx or dy:
            self._scroll(QPoint(8 * dx, 8 * dy))

    def wheelEvent(self, event: QWheelEvent) -> None:
        held = event.modifiers()
        two_fingers = event.phase() != Qt.ScrollPhase.NoScrollPhase
        if two_fingers and not held & Qt.KeyboardModifier.ControlModifier:
            self._scroll(-event.pixelDelta())
        elif held & Qt.KeyboardModifier.ShiftModifier:
            self._scroll(-event.angleDelta().transposed())
        else:
            self.set_zoom(self.zoom * 1.0015 ** event.angleDelta().y(), event.position())
        event.accept()

    # -- pointer -------------------------------------------------------------------------------------------
    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.keys.forget_focus()
        if self._gesture is not None or self._pan is not None:
            return
        place = event.position().toPoint()
        if event.button() == Qt.MouseButton.MiddleButton or self.keys.space_held:
            self._pan = Pan(self._scroll, place)
            self.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
        elif event.button() == Qt.MouseButton.LeftButton:
            self._gesture = self._begin(self.to_scene(event.position()), event.modifiers())

    def _begin(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> Gesture | None:
        """The gesture that a press there starts; None when the press itself was all."""
        port = self.flow.port_at(at)
        if port is not None:
            return DrawLink(self, *port)
        item = self.flow.node_at(at)
        if item is not None and Resize.grabs(item, at):
            return Resize(self, item, at)
        if item is not None and not (item.node.kind == "frame" and not self._on_frame_edge(item, at)):
            return Move(self, item, at, modifiers)
        link = self.flow.link_at(at)
        if link is not None:
            self.workspace.select(())
            kept = self.flow.selected_links if adding(modifiers) else frozenset()
            self.flow.select_links(kept ^ {link.link.id})
            return None
        return RubberBand(self, at, modifiers)

    def _on_frame_edge(self, item: NodeItem, at: QPointF) -> bool:
        """A frame is taken by its title or its edge; inside it a rubber band starts."""
        reach = 8 / self.zoom
        inner = item.rect.adjusted(reach, 26, -reach, -reach)
        return item.selected or not inner.contains(at)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pan is not None:
            self._pan.move(event.position().toPoint())
        elif self._gesture is not None:
            self._gesture.move(self.to_scene(event.position()), event.modifiers())
        else:
            self._hover(self.to_scene(event.position()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._pan is not None:
            self.keys.panned = self.keys.panned or self._pan.moved
            self._pan = None
            self.viewport().unsetCursor()
        elif self._gesture is not None and event.button() == Qt.MouseButton.LeftButton:
            gesture, self._gesture = self._gesture, None
            gesture.end(self.to_scene(event.position()), event.modifiers())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        item = self.flow.node_at(self.to_scene(event.position()))
        if event.button() != Qt.MouseButton.LeftButton or item is None:
            return
        if item.node.kind in ("note", "frame"):
            self.rename(item.node.id)
        else:
            self.panel_wanted.emit(item.node.id)

    def _hover(self, at: QPointF) -> None:
        item = self.flow.node_at(at)
        if item is not self._hovered:
            for other, over in ((self._hovered, False), (item, True)):
                if other is not None and other.scene() is not None:
                    other.mark(hovered=over)
            self._hovered = item
        port = self.flow.port_at(at)
        link = None if item is not None or port else self.flow.link_at(at)
        for candidate in self.flow.links.values():
            candidate.mark(hovered=candidate is link)
        if port:
            self.viewport().setCursor(Qt.CursorShape.CrossCursor)
        elif item is not None and Resize.grabs(item, at):
            self.viewport().setCursor(Qt.CursorShape.SizeFDiagCursor)
        else:
            self.viewport().setCursor(Qt.CursorShape.PointingHandCursor if link else Qt.CursorShape.ArrowCursor)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            node_id = self.keys.current() or ""
            item = self.flow.nodes.get(node_id)
            place = self._from_scene(item.rect.center()).toPoint() if item else self.viewport().rect().center()
            self.menu_wanted.emit(node_id, self.viewport().mapToGlobal(place))
            return
        at = self.to_scene(QPointF(event.pos()))
        item, link = self.flow.node_at(at), self.flow.link_at(at)
        if item is not None and item.node.id not in self.workspace.selection:
            self.flow.select_links(())
            self.workspace.select({item.node.id})
        elif item is None and link is not None:
            self.workspace.select(())
            self.flow.select_links({link.link.id})
        found = item.node.id if item is not None else link.link.id if link is not None else ""
        self.menu_wanted.emit(found, event.globalPos())

    def _drop_gesture(self) -> bool:
        """Cancel what the pointer is doing."""
        gesture, self._gesture = self._gesture, None
        if gesture is not None:
            gesture.cancel()
        return gesture is not None

    # -- parts dropped in ----------------------------------------------------------------------------------
    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        part = Part.from_mime(event.mimeData())
        if part is None:
            event.ignore()
            return
        self._drop = DropPart(self, part, self.to_scene(QPointF(event.position())))
        event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        if self._drop is None:
            event.ignore()
            return
        self._drop.move(self.to_scene(QPointF(event.position())))
        event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        if self._drop is not None:
            self._drop.cancel()
            self._drop = None

    def dropEvent(self, event: QDropEvent) -> None:
        drop, self._drop = self._drop, None
        if drop is None:
            event.ignore()
            return
        drop.move(self.to_scene(QPointF(event.position())))
        node_id = drop.end()
        event.acceptProposedAction()
        self.flow.select_links(())
        self.workspace.select({node_id})
        self.show_node(node_id)
        self.setFocus()

    def place(self, kind: str, params: dict | None = None, name: str = "") -> str:
        """Put a part at the middle of the view, beside what lies there; returns the node's id."""
        node_id = self.acts.place(self.scene_rect().center(), kind, params, name)
        self.show_node(node_id)
        return node_id

    # -- keys ----------------------------------------------------------------------------------------------
    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and self.keys.wants(event):
            event.accept()
            return True
        tab = event.type() == QEvent.Type.KeyPress and event.key() in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab)
        if tab and self.keys.press(event):
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._drop_gesture():
            return
        if not self.keys.press(event):
            event.ignore()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if not self.keys.release(event):
            super().keyReleaseEvent(event)

    def start_key_link(self, node_id: str) -> KeyLink | None:
        item = self.flow.nodes.get(node_id)
        return KeyLink(self, item) if item is not None and shapes.has_out(item.node.kind) else None

    # -- words over the canvas -----------------------------------------------------------------------------
    def say(self, at: QPointF, text: str, bad: bool = True) -> None:
        self.bubble.say(self._from_scene(at).toPoint(), text, bad)

    def hush(self) -> None:
        self.bubble.hide()

    def rename(self, node_id: str) -> None:
        """Edit the node's name in place."""
        item = self.flow.nodes[node_id]
        node = item.node
        self.show_node(node_id)
        left = {"note": 6, "frame": 6}.get(node.kind, 42)
        rect = item.rect
        corner = self._from_scene(rect.topLeft() + QPointF(left, 6)).toPoint()
        width = max(120, round((rect.width() - left - 6) * self.zoom))
        if detail_at(self.zoom) != FULL:
            corner = self._from_scene(rect.topLeft()).toPoint()
        below = QPointF(rect.left() + left, rect.top() + 24)
        self._rename = RenameField(
            self.viewport(), QRect(corner, QPoint(corner.x() + width, corner.y() + 27)), node,
            lambda name: why_not_named(self.workspace.document, node, name),
            lambda name: self.workspace.perform(RenameNode(node_id, name)),
            lambda text: self.say(below, text) if text else self.hush(),
        )  # fmt: skip
        self._rename.destroyed.connect(lambda: self.setFocus())

    def _describe(self) -> None:
        """Say the selected node in words, for screen readers."""
        node_id = self.keys.current()
        item = self.flow.nodes.get(node_id) if node_id else None
        count = len(self.flow.nodes)
        text = spoken(item.node, item.look) if item else self.tr("{0} nodes, none selected").format(count)
        if text != self.accessibleDescription():
            self.setAccessibleDescription(text)

    # -- layout --------------------------------------------------------------------------------------------
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out()
        self.resized.emit()

    def _lay_out(self) -> None:
        room = self.viewport().rect()
        self.zoom_bar.resize(self.zoom_bar.sizeHint())
        self.zoom_bar.move(_MARGIN, room.height() - self.zoom_bar.height() - _MARGIN)
        self.legend.move(self.zoom_bar.geometry().right() + 16,
                         self.zoom_bar.geometry().center().y() - self.legend.height() // 2 + 1)  # fmt: skip
        map_size = self.minimap.size()
        self.minimap.move(room.width() - map_size.width() - _MARGIN, room.height() - map_size.height() - _MARGIN)
        small = room.width() < _SMALL[0] or room.height() < _SMALL[1]
        drawn = bool(self.flow.nodes)
        self.minimap.setVisible(drawn and not small)
        self.legend.setVisible(drawn and not small)
        self.empty.setGeometry(room.adjusted(0, 0, 0, -self.zoom_bar.height() - 2 * _MARGIN))
        self.minimap.show_view(self.scene_rect())

    def _show_emptiness(self) -> None:
        empty = not self.flow.nodes
        if empty != self.empty.isVisibleTo(self.viewport()):
            self.empty.setVisible(empty)
            self._lay_out()
