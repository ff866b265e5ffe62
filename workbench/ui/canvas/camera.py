"""The camera over a scene: zoom at a point, panning, and the dotted grid. Knows no drawing. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPixmap, QWheelEvent
from PySide6.QtWidgets import QFrame, QGraphicsScene, QGraphicsView, QWidget

from workbench.ui.theme.theme import theme
from workbench.ui.theme.tokens import SIZE

ZOOMS = (0.25, 0.33, 0.5, 0.67, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0, 2.5, 3.0)
_EDGE = 24
_GRID_FROM = 0.3


class Camera(QGraphicsView):
    """See the module. Scroll bars are hidden; ``scroll_by`` moves the scene under the view."""

    zoom_changed = Signal(float)
    scrolled = Signal()

    def __init__(self, scene: QGraphicsScene, parent: QWidget | None = None) -> None:
        super().__init__(scene, parent)
        self._grid = QPixmap()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # the other modes scroll the widgets over the viewport too
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.FullViewportUpdate)
        self.setOptimizationFlag(QGraphicsView.OptimizationFlag.DontSavePainterState)
        self.setCacheMode(QGraphicsView.CacheModeFlag.CacheBackground)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        theme().changed.connect(self._forget_grid)

    def _forget_grid(self) -> None:
        self._grid = QPixmap()
        self.resetCachedContent()
        self.viewport().update()

    # -- grid ----------------------------------------------------------------------------------------------
    def drawBackground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        painter.fillRect(rect, theme().color("canvas"))
        if self.zoom >= _GRID_FROM:
            self._draw_grid(painter)
        super().drawBackground(painter, rect)

    def _draw_grid(self, painter: QPainter) -> None:
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

    # -- zoom ----------------------------------------------------------------------------------------------
    @property
    def zoom(self) -> float:
        return self.transform().m11()

    def set_zoom(self, zoom: float, keep: QPointF | None = None) -> None:
        """Zoom so that the point ``keep`` of the viewport stays where it is (its middle without one)."""
        zoom = min(ZOOMS[-1], max(self.least_zoom(), zoom))
        keep = keep if keep is not None else QPointF(self.viewport().rect().center())
        under = self.to_scene(keep)
        self.resetTransform()
        self.scale(zoom, zoom)
        self._grid = QPixmap()
        self.scroll_by((self.from_scene(under) - keep).toPoint())
        self.zoom_changed.emit(zoom)

    def least_zoom(self) -> float:
        """As far out as one can go."""
        return ZOOMS[0]

    def zoom_in(self) -> None:
        self.zoom_by_step(1)

    def zoom_out(self) -> None:
        self.zoom_by_step(-1)

    def zoom_actual(self) -> None:
        self.zoom_by_step(0)

    def zoom_by_step(self, by: int) -> None:
        """The next round zoom: 1 larger, -1 smaller; 0 is 100 %."""
        if by > 0:
            self.set_zoom(next((z for z in ZOOMS if z > self.zoom + 0.005), ZOOMS[-1]))
        elif by < 0:
            self.set_zoom(next((z for z in reversed(ZOOMS) if z < self.zoom - 0.005), self.least_zoom()))
        else:
            self.set_zoom(1.0)

    def centre_on(self, at: QPointF) -> None:
        """Bring a scene point to the middle."""
        self.scroll_by((self.from_scene(at) - QPointF(self.viewport().rect().center())).toPoint())

    def scroll_by(self, by: QPoint) -> None:
        self.horizontalScrollBar().setValue(self.horizontalScrollBar().value() + by.x())
        self.verticalScrollBar().setValue(self.verticalScrollBar().value() + by.y())

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        super().scrollContentsBy(dx, dy)
        self.viewport().update()
        self.scrolled.emit()

    def to_scene(self, at: QPointF) -> QPointF:
        return self.viewportTransform().inverted()[0].map(at)

    def from_scene(self, at: QPointF) -> QPointF:
        return self.viewportTransform().map(at)

    def scene_rect(self) -> QRectF:
        """The part of the scene in view."""
        return self.viewportTransform().inverted()[0].mapRect(QRectF(self.viewport().rect()))

    def edge_scroll(self, at: QPointF) -> None:
        """Scroll a little when a scene point is at the edge of the view."""
        place, room = self.from_scene(at), self.viewport().rect()
        dx = (place.x() > room.width() - _EDGE) - (place.x() < _EDGE)
        dy = (place.y() > room.height() - _EDGE) - (place.y() < _EDGE)
        if dx or dy:
            self.scroll_by(QPoint(8 * dx, 8 * dy))

    def wheelEvent(self, event: QWheelEvent) -> None:
        held = event.modifiers()
        two_fingers = event.phase() != Qt.ScrollPhase.NoScrollPhase
        if two_fingers and not held & Qt.KeyboardModifier.ControlModifier:
            self.scroll_by(-event.pixelDelta())
        elif held & Qt.KeyboardModifier.ShiftModifier:
            self.scroll_by(-event.angleDelta().transposed())
        else:
            self.set_zoom(self.zoom * 1.0015 ** event.angleDelta().y(), event.position())
        event.accept()
