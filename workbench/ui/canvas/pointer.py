"""The pointer on the canvas: which gesture a press starts, what it hovers over, what a menu is for. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QMouseEvent

from workbench.ui.canvas.gestures.base import Gesture, Modifiers, adding
from workbench.ui.canvas.gestures.link import DrawLink
from workbench.ui.canvas.gestures.move import Move, Resize
from workbench.ui.canvas.gestures.pan import Pan
from workbench.ui.canvas.gestures.select import RubberBand
from workbench.ui.canvas.items.node import NodeItem
from workbench.ui.canvas.keys import CanvasKeys
from workbench.ui.canvas.queue_view_states import is_routing_link
from workbench.ui.canvas.surface import Surface

Button = Qt.MouseButton
Cursor = Qt.CursorShape
_TITLE = 26.0
_EDGE = 8.0


class Pointer:
    """See the module. At most one gesture goes on at a time."""

    def __init__(self, view: Surface, keys: CanvasKeys) -> None:
        self._view = view
        self._keys = keys
        self._flow = view.flow
        self._gesture: Gesture | None = None
        self._pan: Pan | None = None
        self._hovered: NodeItem | None = None

    # -- gestures ------------------------------------------------------------------------------------------
    def press(self, event: QMouseEvent) -> None:
        self._keys.forget_focus()
        if self._gesture is not None or self._pan is not None:
            return
        if event.button() == Button.MiddleButton or self._keys.space_held:
            self._pan = Pan(self._view.scroll_by, event.position().toPoint())
            self._view.viewport().setCursor(Cursor.ClosedHandCursor)
        elif event.button() == Button.LeftButton:
            self._gesture = self._begin(self._view.to_scene(event.position()), event.modifiers())

    def _begin(self, at: QPointF, modifiers: Modifiers) -> Gesture | None:
        """The gesture that a press there starts; None when the press itself was all."""
        port = self._flow.port_at(at)
        if port is not None:
            return DrawLink(self._view, *port)
        item = self._flow.node_at(at)
        if item is not None and Resize.grabs(item, at):
            return Resize(self._view, item, at)
        if item is not None and self._takes(item, at):
            return Move(self._view, item, at, modifiers)
        client = self._flow.outside.at(at)
        if client is not None:
            self._flow.select_links(())
            self._view.workspace.select({client.node.id})
            return None
        link = self._flow.link_at(at)
        if link is None:
            return RubberBand(self._view, at, modifiers)
        self._view.workspace.select(())
        kept = self._flow.selected_links if adding(modifiers) else frozenset()
        self._flow.select_links(kept ^ {link.link.id})
        return None

    def _takes(self, item: NodeItem, at: QPointF) -> bool:
        """A frame is taken by its title or its edge; inside it a rubber band starts."""
        reach = _EDGE / self._view.zoom
        inner = item.rect.adjusted(reach, _TITLE / min(1.0, self._view.zoom), -reach, -reach)
        return item.node.kind != "frame" or item.selected or not inner.contains(at)

    def move(self, event: QMouseEvent) -> None:
        if self._pan is not None:
            self._pan.move(event.position().toPoint())
        elif self._gesture is not None:
            self._gesture.move(self._view.to_scene(event.position()), event.modifiers())
        else:
            self._hover(self._view.to_scene(event.position()))

    def release(self, event: QMouseEvent) -> None:
        if self._pan is not None:
            self._keys.panned |= self._pan.moved
            self._pan = None
            self._view.viewport().unsetCursor()
        elif self._gesture is not None and event.button() == Button.LeftButton:
            gesture, self._gesture = self._gesture, None
            gesture.end(self._view.to_scene(event.position()), event.modifiers())

    def cancel(self) -> bool:
        """Give up what is going on; False when nothing was."""
        gesture, self._gesture = self._gesture, None
        if gesture is not None:
            gesture.cancel()
        return gesture is not None

    def double_click(self, event: QMouseEvent) -> None:
        at = self._view.to_scene(event.position())
        item, link = self._flow.node_at(at) or self._flow.outside.at(at), self._flow.link_at(at)
        if event.button() != Button.LeftButton:
            return
        if item is None:
            if link is not None and is_routing_link(self._view.workspace.document, link.link):
                self._view.binding_wanted.emit(link.link.id)
        elif item.node.kind in ("note", "frame"):
            self._view.rename(item.node.id)
        else:
            self._view.panel_wanted.emit(item.node.id)

    # -- without a press -----------------------------------------------------------------------------------
    def _hover(self, at: QPointF) -> None:
        item, port = self._flow.node_at(at), self._flow.port_at(at)
        if item is not self._hovered:
            for other, over in ((self._hovered, False), (item, True)):
                if other is not None:
                    other.mark(hovered=over)
            self._hovered = item
        link = None if item is not None or port else self._flow.link_at(at)
        for candidate in self._flow.links.values():
            candidate.mark(hovered=candidate is link)
        self._view.viewport().setCursor(self._cursor(item, port is not None, link is not None, at))

    def leave(self) -> None:
        """The pointer is over the canvas no more: nothing stays lit."""
        if self._hovered is not None:
            self._hovered.mark(hovered=False)
            self._hovered = None
        for link in self._flow.links.values():
            link.mark(hovered=False)

    def _cursor(self, item: NodeItem | None, port: bool, link: bool, at: QPointF) -> Cursor:
        if port:
            return Cursor.CrossCursor
        if item is not None and Resize.grabs(item, at):
            return Cursor.SizeFDiagCursor
        return Cursor.PointingHandCursor if link else Cursor.ArrowCursor

    def take(self, at: QPointF) -> str:
        """Select what is there, for a menu; its id, or "" on the empty canvas."""
        item, link = self._flow.node_at(at) or self._flow.outside.at(at), self._flow.link_at(at)
        if item is not None:
            if item.node.id not in self._view.workspace.selection:
                self._flow.select_links(())
                self._view.workspace.select({item.node.id})
            return item.node.id
        self._view.workspace.select(())
        self._flow.select_links(() if link is None else {link.link.id})
        return "" if link is None else link.link.id
