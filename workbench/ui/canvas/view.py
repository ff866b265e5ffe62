"""The canvas: shows the scene, turns pointer and keys into gestures and acts, and carries what floats over it.

It edits nothing itself: gestures and ``acts`` do. What others must do (open a panel, a menu, run) leaves as a signal.
GUI thread.
"""

from __future__ import annotations

from collections.abc import Iterable
from time import perf_counter

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QFocusEvent,
    QHelpEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QToolTip, QWidget
from shiboken6 import isValid

from workbench.flow.edits import RenameNode
from workbench.ui.bridge.movement import Movement
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.canvas import shapes
from workbench.ui.canvas.acts import DrawingActs
from workbench.ui.canvas.camera import Camera
from workbench.ui.canvas.corners import Bubble, Legend, Minimap, ZoomBar
from workbench.ui.canvas.empty import EmptyCanvas
from workbench.ui.canvas.frames import FrameStats
from workbench.ui.canvas.gestures.drop import DropPart, Part
from workbench.ui.canvas.gestures.link import KeyLink
from workbench.ui.canvas.items.node import FULL, detail_at
from workbench.ui.canvas.keys import CanvasKeys
from workbench.ui.canvas.kinds import spoken
from workbench.ui.canvas.pointer import Pointer
from workbench.ui.canvas.queue_view_states import is_routing_link, routing_link_sentence
from workbench.ui.canvas.rename import RenameField, why_not_named
from workbench.ui.canvas.scene import FlowScene
from workbench.ui.theme.theme import theme

_MARGIN = 12
_MUCH = 1.1  # larger: worth the place beside the zoom bar
_SMALL = (560, 300)
_WARM_UP_MS = 200
_LEAST_ZOOM = 0.01


def _scale(room: QRect, drawn: QRectF) -> float:
    """At which a drawing fills a room."""
    return min(room.width() / drawn.width(), room.height() / drawn.height())


class FlowView(Camera):
    """See the module. ``flow`` is the scene, ``acts`` what menus call."""

    panel_wanted = Signal(str)  # node id
    replay_wanted = Signal(str)  # node id of a group
    menu_wanted = Signal(str, QPoint)  # node or link id ("" on the canvas), global place
    binding_wanted = Signal(str)  # link id: what it asks for is to be changed
    run_wanted = Signal()  # Space was pressed and let go
    resized = Signal()
    first_painted = Signal()  # once, after the first frame is on the screen: what may come late can begin

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        self.flow = FlowScene(workspace)
        super().__init__(self.flow, parent)
        self.flow.setParent(self)
        self.workspace = workspace
        self.acts = DrawingActs(workspace, self.flow, self)
        self.keys = CanvasKeys(self)
        self.pointer = Pointer(self, self.keys)
        self._drop: DropPart | None = None
        self._rename: RenameField | None = None
        self._top_room = 0
        self._tip_at = QPoint(), ""  # where in the viewport a tip was asked for, and what it said
        self._painted_once = False
        self._shown_once = False
        self._fitted = False  # all is in view, and nobody has moved it since
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
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.viewport().setMouseTracking(True)
        self.setAcceptDrops(True)
        self.viewport().setAcceptDrops(True)
        self.setMinimumSize(240, 160)

    def _connect(self) -> None:
        self.zoom_bar.zoom_wanted.connect(self.zoom_by_step)
        self.zoom_bar.fit_wanted.connect(self.fit)
        self.minimap.went.connect(self.centre_on)
        self.flow.legend_changed.connect(lambda: self.legend.show_step(self.flow.step))
        self.flow.drawn_changed.connect(self._show_emptiness)
        self.flow.replaced.connect(self.fit)
        self.flow.seen = lambda: None if self._fitted or not isValid(self) else self.scene_rect()
        self.flow.guests_changed.connect(self._take_guests)
        self.flow.clock.ticked.connect(self.viewport().update)
        self.flow.looks_changed.connect(self._describe)
        self.flow.looks_changed.connect(self._say_wanted)
        self.flow.looks_changed.connect(self._follow_tip)
        self.zoom_changed.connect(self.flow.set_zoom)
        self.zoom_changed.connect(self.zoom_bar.show_zoom)
        self.scrolled.connect(self._unfit)
        self.zoom_changed.connect(self._unfit)
        self.scrolled.connect(lambda: self.minimap.show_view(self.scene_rect()))
        self.workspace.selection_changed.connect(self._describe)
        self.workspace.time_changed.connect(self.viewport().update)
        theme().changed.connect(self._redress)

    def _say_wanted(self) -> None:
        """All that is drawn, or stands beside it."""
        names = {item.node.name for item in (*self.flow.nodes.values(), *self.flow.outside.nodes.values())}
        self.workspace.wants.put(self, names, names)

    def close_canvas(self) -> None:
        """Stop following; call it before the workspace goes."""
        self.pointer.cancel()
        self.flow.close()

    def _redress(self) -> None:
        self.legend.show_step(self.flow.step)
        self._lay_out()

    # -- frames ---------------------------------------------------------------------------------------------
    def drawForeground(self, painter: QPainter, rect: QRectF | QRect) -> None:
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
        if not self._painted_once:
            self._painted_once = True
            QTimer.singleShot(0, self, self.first_painted.emit)

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
        if not self._shown_once:
            self._shown_once = True
            self.fit()
            QTimer.singleShot(_WARM_UP_MS, self.flow, self.flow.warm_up)

    def hideEvent(self, event: QHideEvent) -> None:
        self.flow.clock.set_watched(False)
        super().hideEvent(event)

    # -- what is in view -----------------------------------------------------------------------------------
    def _fitting_zoom(self) -> float:
        """At which the whole drawing is in view, no larger than 100 %."""
        drawn = self.flow.drawn_rect()
        return 1.0 if drawn.isEmpty() else max(_LEAST_ZOOM, min(1.0, _scale(self._room(drawn), drawn)))

    def _room(self, drawn: QRectF) -> QRect:
        """Where the drawing is shown when all of it is: over the zoom bar, or, in a low canvas, beside it if it is
        larger there."""
        whole = self.viewport().rect().adjusted(_MARGIN, _MARGIN + self._top_room, -_MARGIN, -_MARGIN)
        over = whole.adjusted(0, 0, 0, -self.zoom_bar.height() - _MARGIN)
        beside = whole.adjusted(self.zoom_bar.sizeHint().width() + _MARGIN, 0, 0, 0)
        return beside if min(1.0, _scale(over, drawn)) * _MUCH < min(1.0, _scale(beside, drawn)) else over

    def least_zoom(self) -> float:
        """A large drawing can always be seen whole."""
        return min(super().least_zoom(), self._fitting_zoom()) if self._shown_once else super().least_zoom()

    def fit(self) -> None:
        """Show the whole drawing, no larger than 100 %."""
        drawn = self.flow.drawn_rect()
        if drawn.isEmpty():
            self.set_zoom(1.0)
            self._fitted = True  # and so it stays, whatever comes
            return
        self.set_zoom(self._fitting_zoom())
        aside = QRectF(self._room(drawn)).center() - QRectF(self.viewport().rect()).center()
        self.centre_on(drawn.center() - aside / self.zoom)
        self._fitted = True
        self._lay_out()

    def _unfit(self, _zoom: float = 0.0) -> None:
        self._fitted = False

    def _take_guests(self) -> None:
        """Who came by itself is in view, as all else was."""
        self._show_emptiness()
        if self._fitted:
            self.fit()

    def set_top_room(self, height: int) -> None:
        """Keep the drawing out of the uppermost pixels (the coach lies there)."""
        self._top_room = height
        self.fit()

    def show_node(self, node_id: str) -> None:
        """Scroll so that the node is in view; where all was in view, all is."""
        item = self.flow.item_of(node_id)
        if item is None or self.scene_rect().contains(item.rect):
            return
        if self._fitted:
            self.fit()
        else:
            self.centre_on(item.rect.center())

    # -- pointer -------------------------------------------------------------------------------------------
    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.pointer.press(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.pointer.move(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.pointer.release(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.pointer.double_click(event)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.pointer.leave()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            node_id = self.keys.current() or ""
            item = self.flow.nodes.get(node_id)
            place = self.from_scene(item.rect.center()).toPoint() if item else self.viewport().rect().center()
            self.menu_wanted.emit(node_id, self.viewport().mapToGlobal(place))
        else:
            self.menu_wanted.emit(self.pointer.take(self.to_scene(QPointF(event.pos()))), event.globalPos())

    def viewportEvent(self, event: QEvent) -> bool:
        """Whole words of what is elided or shown by share alone, under the pointer."""
        if isinstance(event, QHelpEvent):
            self._tip_at = event.pos(), self.told_at(self.to_scene(QPointF(event.pos())))
            QToolTip.showText(event.globalPos(), self._tip_at[1], self.viewport())
            return True
        return super().viewportEvent(event)

    def _follow_tip(self) -> None:
        """A tip that is open says what holds now, not what did when it opened."""
        at, said = self._tip_at
        if not said or not QToolTip.isVisible() or QToolTip.text() != said:
            return
        now = self.told_at(self.to_scene(QPointF(at)))
        if now != said:
            self._tip_at = at, now
            QToolTip.showText(self.viewport().mapToGlobal(at), now, self.viewport())

    def told_at(self, at: QPointF) -> str:
        """A node, or what a binding asks for, as a sentence; empty where nothing is."""
        item = self.flow.node_at(at, frames=False) or self.flow.outside.at(at)
        if item is not None:
            return spoken(item.node, item.shown)
        link = self.flow.link_at(at)
        if link is None or not is_routing_link(self.workspace.document, link.link):
            return ""
        return self.tr("{0} Double click to change it.").format(
            routing_link_sentence(self.workspace.document, link.link))

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
        if isinstance(event, QKeyEvent):
            if event.type() == QEvent.Type.ShortcutOverride and self.keys.wants(event):
                event.accept()
                return True
            tab = event.type() == QEvent.Type.KeyPress and event.key() in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab)
            if tab and self.keys.press(event):
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.pointer.cancel():
            return
        if not self.keys.press(event):
            event.ignore()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if not self.keys.release(event):
            super().keyReleaseEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.keys.let_go()

    def start_key_link(self, node_id: str) -> KeyLink | None:
        item = self.flow.nodes.get(node_id)
        return KeyLink(self, item) if item is not None and shapes.has_out(item.node.kind) else None

    # -- words over the canvas -----------------------------------------------------------------------------
    def say(self, at: QPointF, text: str, bad: bool = True) -> None:
        self.bubble.say(self.from_scene(at).toPoint(), text, bad)

    def ask_what_it_carries(self, link_id: str) -> None:
        self.binding_wanted.emit(link_id)

    def hush(self) -> None:
        self.bubble.hide()

    def rename(self, node_id: str) -> None:
        """Edit the node's name in place."""
        item = self.flow.nodes[node_id]
        node = item.node
        self.show_node(node_id)
        left = {"note": 6, "frame": 6}.get(node.kind, 42)
        rect = item.rect
        corner = self.from_scene(rect.topLeft() + QPointF(left, 6)).toPoint()
        width = max(120, round((rect.width() - left - 6) * self.zoom))
        if detail_at(self.zoom) != FULL:
            corner = self.from_scene(rect.topLeft()).toPoint()
        below = QPointF(rect.left() + left, rect.top() + 24)
        self._rename = RenameField(
            self.viewport(), QRect(corner, QPoint(corner.x() + width, corner.y() + 27)), node,
            lambda name: why_not_named(self.workspace.document, node, name),
            lambda name: self.workspace.perform(RenameNode(node_id, name)),
            lambda text: self.say(below, text) if text else self.hush(),
        )
        self._rename.destroyed.connect(lambda: self.setFocus())

    def rename_field(self) -> RenameField | None:
        """The field of a renaming that goes on."""
        return self._rename

    def _describe(self) -> None:
        """Say the selected node in words, for screen readers."""
        item = self.flow.item_of(self.keys.chosen() or "")
        count = len(self.flow.nodes)
        text = spoken(item.node, item.shown) if item else self.tr("{0} nodes, none selected").format(count)
        if text != self.accessibleDescription():
            self.setAccessibleDescription(text)

    # -- layout --------------------------------------------------------------------------------------------
    def resizeEvent(self, event: QResizeEvent) -> None:
        fitted = self._fitted
        super().resizeEvent(event)
        if fitted:
            self.fit()
        self._lay_out()
        self.resized.emit()

    def _lay_out(self) -> None:
        room = self.viewport().rect()
        self.zoom_bar.resize(self.zoom_bar.sizeHint())
        self.zoom_bar.move(_MARGIN, room.height() - self.zoom_bar.height() - _MARGIN)
        self.legend.move(self.zoom_bar.geometry().right() + 16,
                         self.zoom_bar.geometry().center().y() - self.legend.height() // 2 + 1)
        map_size = self.minimap.size()
        self.minimap.move(room.width() - map_size.width() - _MARGIN, room.height() - map_size.height() - _MARGIN)
        small = room.width() < _SMALL[0] or room.height() < _SMALL[1]
        drawn = bool(self.flow.everything())
        self.minimap.setVisible(drawn and not small and not self._map_hides_a_node())
        self.legend.setVisible(drawn and not small)
        self.empty.setGeometry(room.adjusted(0, 0, 0, -self.zoom_bar.height() - 2 * _MARGIN))
        self.minimap.show_view(self.scene_rect())

    def _map_hides_a_node(self) -> bool:
        """Whether the map would lie on a node although everything is in view, so that nobody needs it."""
        in_view = self.scene_rect().contains(self.flow.drawn_rect())
        covered = QRectF(self.to_scene(QPointF(self.minimap.geometry().topLeft())),
                         self.to_scene(QPointF(self.minimap.geometry().bottomRight())))
        return in_view and any(item.rect.intersects(covered) for item in self.flow.everything())

    def _show_emptiness(self) -> None:
        empty = not self.flow.everything()
        if empty != self.empty.isVisibleTo(self.viewport()):
            self.empty.setVisible(empty)
            self._lay_out()
