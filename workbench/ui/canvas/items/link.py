"""A link: its curve and pen, and the back-pressure bar that lies over the dots.

Curves are painted with the background, which Qt keeps as one picture: 400 smooth curves a frame would cost more than
all the rest. So a link is no graphics item, and says when its looks change. GUI thread.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QGraphicsPathItem, QStyleOptionGraphicsItem, QWidget

from workbench.flow.document import Link
from workbench.ui.canvas import shapes
from workbench.ui.canvas.items.key_tag import KeyTag
from workbench.ui.canvas.items.node import FULL, Z_WAITING, detail_at
from workbench.ui.canvas.items.node_painter import CENTRE, NodePainter
from workbench.ui.canvas.view_values import LinkViewState
from workbench.ui.models.health import LAG_ROLE
from workbench.ui.theme import words
from workbench.ui.theme.theme import theme
from workbench.ui.theme.tokens import RADIUS, STROKE

_BUSY_RATE = 2_000.0
_ROOM = 6.0


class WaitingBar(QGraphicsItem):
    """How much waits behind a link, over its threshold, with the count in words above."""

    def __init__(self) -> None:
        super().__init__()
        self.share = 0.0
        self.text, self.role, self.mark = "", "text_muted", "link"
        self.length = 64.0
        self.setZValue(Z_WAITING)
        self.setVisible(False)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)

    def show_waiting(self, share: float, text: str, role: str = "text_muted", mark: str = "link") -> None:
        """``role`` is the colour of the words: that of the reader's lag where they say it. ``mark`` is the bar's."""
        if (share, text, role, mark) != (self.share, self.text, self.role, self.mark):
            self.share, self.text, self.role, self.mark = share, text, role, mark
            self.update()

    def boundingRect(self) -> QRectF:
        return QRectF(-80, -28, 160, 36)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        draw = NodePainter(painter, theme())
        if self.share > 0:
            bar = QRectF(-self.length / 2, -4, self.length, 8)
            ground = "warn_soft" if self.mark == "warn_mark" else "surface_raised"
            draw.box(bar, ground, RADIUS["bar"], line=self.mark)
            filled = bar.adjusted(2, 2, -2, -2)
            filled.setWidth(max(4.0, filled.width() * self.share))
            draw.box(filled, self.mark, 2)
        width = draw.width(self.text, "body", 600)
        words_at = QRectF(-width / 2, -26, width, 16)
        draw.box(words_at.adjusted(-3, 1, 3, 0), "canvas", 3, 0.8)
        draw.text(words_at, self.text, weight=600, role=self.role, align=CENTRE)


class LinkItem:
    """One link. ``chain`` is its curve as points, for dots and hit tests; ``changed(rect)`` asks for a repaint."""

    def __init__(self, link: Link, changed: Callable[[QRectF], None]) -> None:
        self.link = link
        self._changed = changed
        self._path = QPainterPath()
        self._pen = QPen()
        self.shown = LinkViewState()
        self.selected = self.hovered = self.dense = False
        self.zoom = 1.0
        self.chain: list[QPointF] = []
        self.bar = WaitingBar()
        self.tag = KeyTag()

    def path(self) -> QPainterPath:
        return self._path

    def set_curve(self, start: QPointF, end: QPointF, floor: float) -> None:
        path = shapes.link_path(start, end, floor)
        self.repaint()
        self._path = path
        self.repaint()
        self.chain = shapes.flattened(path)
        middle = path.pointAtPercent(path.percentAtLength(path.length() / 2))
        self.bar.setPos(middle)
        self.tag.setPos(middle)
        self.bar.length = 52.0 if path.length() < 170 else 64.0

    def set_view_state(self, shown: LinkViewState) -> None:
        if shown != self.shown:
            self.shown = shown
            self.restyle()

    def mark(self, **states: bool | float) -> None:
        """Set some of selected, hovered, dense, zoom."""
        if any(getattr(self, name) != value for name, value in states.items()):
            for name, value in states.items():
                setattr(self, name, value)
            self.restyle()

    def restyle(self) -> None:
        """Take pen and bar from state, zoom and theme."""
        role, width, alpha = "link", STROKE["link"], 0.7
        if self.shown.slow:
            role, width, alpha = self.shown.mark, STROKE["link_waiting"], 1.0
        if self.hovered:
            role, alpha = ("text_muted" if role == "link" else role), 1.0
        if self.dense:
            width = STROKE["link"] + min(1.0, self.shown.rate / _BUSY_RATE) * 2.25
        if self.selected:
            role, width, alpha = "accent", STROKE["link_selected"], 1.0
        pen = QPen(theme().color(role, alpha), width)
        if detail_at(self.zoom) != FULL:
            pen.setWidthF(width * 0.85)
            pen.setCosmetic(True)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        if self.shown.dead_letters or self.shown.alternate:
            pen.setDashPattern(shapes.dashes("dead_letters" if self.shown.dead_letters else "alternate", width))
        if pen != self._pen:
            self._pen = pen
            self.repaint()
        self._restyle_bar()
        self.tag.show_key(self.shown.key, self.selected, self.shown.worded)
        self.tag.setVisible(bool(self.shown.key) and detail_at(self.zoom) == FULL)

    @property
    def laid_over(self) -> tuple[QGraphicsItem, ...]:
        """What lies on the link as items of their own: back-pressure and key."""
        return self.bar, self.tag

    def paint(self, painter: QPainter) -> None:
        painter.setPen(self._pen)
        painter.drawPath(self._path)

    def repaint(self) -> None:
        self._changed(self._path.boundingRect().adjusted(-_ROOM, -_ROOM, _ROOM, _ROOM))

    def _restyle_bar(self) -> None:
        rate = words.rate(self.shown.rate) if theme().reduced_motion and self.shown.rate else ""
        role = LAG_ROLE[self.shown.level] if self.shown.label else "text_muted"
        share = self.shown.waiting if self.shown.slow else 0.0
        self.bar.show_waiting(share, self.shown.label or rate, role, self.shown.mark)
        self.bar.setVisible(bool(self.bar.text) and detail_at(self.zoom) == FULL)

    def hit(self, at: QPointF, reach: float) -> bool:
        if self.tag.isVisible() and self.tag.body().translated(self.tag.pos()).contains(at):
            return True
        box = self._path.boundingRect().adjusted(-reach, -reach, reach, reach)
        return box.contains(at) and shapes.distance(self.chain, at) <= reach


class LoosePath(QGraphicsPathItem):
    """The link being drawn: dashed accent, or dashed red where it can't go."""

    def __init__(self) -> None:
        super().__init__()
        self.setZValue(Z_WAITING)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def show_to(self, start: QPointF, end: QPointF, refused: bool) -> None:
        path = QPainterPath(shapes.link_path(start, end))
        self.setPath(path)
        pen = QPen(theme().color("bad" if refused else "accent"), STROKE["link_waiting"])
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        pen.setDashPattern(shapes.dashes("drawing", STROKE["link_waiting"]))
        self.setPen(pen)


