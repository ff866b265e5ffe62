"""The first-run strip over the canvas: four small steps that tick themselves when they were really done.

    1 a group got another member   2 a group that falls behind was selected
    3 the past was shown           4 a group's committed offset went back while live

It leaves by itself when all are done; it can be closed at any time, and shown again from the help menu. GUI thread.
"""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QFontMetricsF, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QToolButton, QWidget

from workbench.core.snapshot import Snapshot
from workbench.flow.document import Change, NodeAdded, NodeChanged
from workbench.flow.kinds import GROUPS
from workbench.ui.canvas.items.node import NodeItem
from workbench.ui.canvas.items.node_painter import CENTRE, NodePainter
from workbench.ui.canvas.view import FlowView
from workbench.ui.canvas.view_values import Level
from workbench.ui.theme.icons import icon
from workbench.ui.theme.theme import theme
from workbench.ui.theme.tokens import SIZE

_HEIGHT, _LOW = 72, 56  # two lines under a step's title; one
_MARGIN = 12
_LEAVE_MS = 4_000  # long enough to see the last tick
_MARK = 40  # what a step takes that shows its number only
_CLOSE = 28
_BODY_LINES = 2
_BODY_ASIDE = 22
STEPS = 4


class Connector(QWidget):
    """A line from the current step to what it is about, and a dashed ring around that. Lets the pointer through."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._start = QPointF()
        self._end: QPointF | None = None
        self._radius = 0.0
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def show_line(self, start: QPointF, end: QPointF | None, radius: float) -> None:
        if (start, end, radius) != (self._start, self._end, self._radius):
            self._start, self._end, self._radius = start, end, radius
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._end is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(theme().color("accent"), 1.5)
        painter.setPen(pen)
        top = self._end - QPointF(0, self._radius)
        if top.y() > self._start.y() + 8:
            painter.drawPath(_elbow(self._start, top))
            painter.setBrush(theme().color("accent"))
            painter.drawEllipse(top, 3, 3)
        pen.setWidthF(2)
        pen.setDashPattern([2, 1.5])
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(self._end, self._radius, self._radius)
        painter.end()


def _elbow(start: QPointF, end: QPointF) -> QPainterPath:
    """Down, across, down, with round corners."""
    middle = min(start.y() + 22, (start.y() + end.y()) / 2)
    across = end.x() - start.x()
    turn = min(8.0, abs(across) / 2, abs(middle - start.y()), abs(end.y() - middle))
    way = turn if across > 0 else -turn
    path = QPainterPath(start)
    path.lineTo(start.x(), middle - turn)
    path.quadTo(QPointF(start.x(), middle), QPointF(start.x() + way, middle))
    path.lineTo(end.x() - way, middle)
    path.quadTo(QPointF(end.x(), middle), QPointF(end.x(), middle + turn))
    path.lineTo(end)
    return path


def _title_aside(number: int) -> int:
    """What a step's title does not have of its width: the mark before it, and in the last one the way to close."""
    return 36 + (_CLOSE if number == STEPS - 1 else 6)


class Coach(QWidget):
    """See the module. ``finished`` comes when all steps are done or the strip was closed."""

    finished = Signal()

    def __init__(self, view: FlowView) -> None:
        super().__init__(view.viewport())
        self._view = view
        self._workspace = view.workspace
        self.done = [False] * STEPS
        self._members = self._members_drawn()
        self._committed: dict[tuple[str, str, int], int] = {}
        self._connector = Connector(view.viewport())
        self._close = QToolButton(self)
        self._close.setIcon(icon("close", "text_muted"))
        self._close.setAccessibleName(self.tr("Close the tour"))
        self._close.setToolTip(self.tr("Close. Help, Tour shows these steps again"))
        self._close.setCursor(Qt.CursorShape.ArrowCursor)
        self._close.clicked.connect(self.leave)
        self.setAccessibleName(self.tr("First steps"))
        self._texts = (
            (self.tr("Drag a consumer here"), self.tr("Drop a Group on a group: its members share the partitions.")),
            (self.tr("Click the ring"), self.tr("One group falls behind. See by how much, and why.")),
            (self.tr("Drag the playhead back"), self.tr("The whole window shows that moment.")),
            (self.tr("Replay it faster"), self.tr("Make the group faster, then read again.")),
        )
        self._unfollow = self._workspace.document.follow(self._take_change)
        self._workspace.selection_changed.connect(self._take_selection)
        self._workspace.time_changed.connect(self._take_time)
        self._workspace.live_changed.connect(self._take_live)
        self._view.flow.looks_changed.connect(self.point)
        self._view.zoom_changed.connect(self.point)
        self._view.flow.drawn_changed.connect(self.point)
        theme().changed.connect(self.update)
        self._connector.show()
        view.resized.connect(self.lay_out)
        self.lay_out()
        self.show()

    # -- steps ---------------------------------------------------------------------------------------------
    @property
    def current(self) -> int:
        """The first step that is not done; ``STEPS`` when all are."""
        return next((number for number, done in enumerate(self.done) if not done), STEPS)

    def tick(self, number: int) -> None:
        if self.done[number]:
            return
        self.done[number] = True
        words = ", ".join(self._texts[i][0] for i, done in enumerate(self.done) if done)
        self.setAccessibleDescription(self.tr("Done: {0}").format(words))
        self.update()
        self.point()
        if self.current == STEPS:
            self.finished.emit()
            QTimer.singleShot(_LEAVE_MS, self, self.leave)

    def _members_drawn(self) -> dict[str, int]:
        return {n.id: n.params.get("members", 1) for n in self._workspace.document.of_kind(*GROUPS)}

    def _take_change(self, change: Change) -> None:
        if not isinstance(change, (NodeAdded, NodeChanged)):
            return
        before, self._members = self._members, self._members_drawn()
        if any(count > before.get(node_id, 0) for node_id, count in self._members.items()):
            self.tick(0)

    def _take_selection(self, chosen: frozenset[str]) -> None:
        behind = self._behind()
        if behind is not None and behind.node.id in chosen:
            self.tick(1)

    def _take_time(self, at_ms: int | None) -> None:
        if at_ms is not None:
            self.tick(2)

    def _take_live(self, snapshot: Snapshot) -> None:
        now = {(g.name, p.topic, p.partition): p.committed for g in snapshot.groups for p in g.partitions
               if p.committed is not None}
        if any(offset < self._committed.get(place, offset) for place, offset in now.items()):
            self.tick(3)
        self._committed = now

    def _behind(self) -> NodeItem | None:
        """The group furthest behind, once its ring is amber or red."""
        rings = [item for item in self._view.flow.nodes.values() if item.shown.level != Level.OK]
        return max(rings, key=lambda item: (item.shown.level, item.shown.ring or 0.0), default=None)

    # -- places --------------------------------------------------------------------------------------------
    def lay_out(self) -> None:
        """Take the width of the canvas."""
        room = self._view.viewport().rect()
        before = self.height()
        self.setGeometry(_MARGIN, _MARGIN, room.width() - 2 * _MARGIN, before)
        self.resize(self.width(), _LOW if self.is_narrow() else _HEIGHT)
        if self.height() != before:
            self._view.set_top_room(self.height() + _MARGIN)
        self._connector.setGeometry(room)
        self._close.setGeometry(self.width() - 30, 5, 24, 24)
        self.raise_()
        self.point()

    def point(self) -> None:
        """Lead the line to what the current step is about."""
        target = self._target()
        column = self._column(min(self.current, STEPS - 1))
        start = QPointF(self.x() + column.center().x(), self.geometry().bottom())
        if target is None:
            self._connector.show_line(start, None, 0)
            return
        zoom = self._view.zoom
        centre = self._view.viewportTransform().map(target.pos() + QPointF(32, 32))
        self._connector.show_line(start, centre, (SIZE["ring"] / 2 + 5) * zoom)

    def _target(self) -> NodeItem | None:
        if self.current == 1:
            return self._behind()
        if self.current == 0:
            groups = [item for item in self._view.flow.nodes.values() if item.node.kind == "group"]
            return min(groups, key=lambda item: item.pos().y(), default=None)  # so that the line crosses no other
        return None

    def _column(self, number: int) -> QRectF:
        width = self.width() / STEPS
        if not self.is_narrow():
            return QRectF(number * width, 0, width, self.height())
        told = min(self.current, STEPS - 1)
        wide = self.width() - (STEPS - 1) * _MARK - _CLOSE
        left = number * _MARK if number <= told else wide + (number - 1) * _MARK
        own = wide if number == told else _MARK
        return QRectF(left, 0, own + (_CLOSE if number == STEPS - 1 else 0), self.height())

    def is_narrow(self) -> bool:
        """Four steps have no room for their words side by side: then only the current one is told."""
        title, body = QFontMetricsF(theme().font("title")), QFontMetricsF(theme().font("caption"))
        width = self.width() / STEPS
        lines = QRectF(0, 0, width - _BODY_ASIDE, 1_000)
        wrap = Qt.TextFlag.TextWordWrap
        return any(title.horizontalAdvance(words[0]) > width - _title_aside(number) or
                   body.boundingRect(lines, wrap, words[1]).height() > body.lineSpacing() * _BODY_LINES + 1
                   for number, words in enumerate(self._texts))

    def leave(self) -> None:
        """Close for good."""
        self._unfollow()
        self._view.set_top_room(0)
        self._connector.deleteLater()
        self.hide()
        self.deleteLater()
        self.finished.emit()

    # -- painting ------------------------------------------------------------------------------------------
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        draw = NodePainter(painter, theme())
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -1.5)
        outline = QPainterPath()
        outline.addRoundedRect(frame, 8, 8)
        draw.shape(outline.translated(0, 1), "shadow")
        draw.shape(outline, "surface_raised")
        painter.save()
        painter.setClipPath(outline)
        for number in range(STEPS):
            self._paint_step(draw, number)
        painter.restore()
        draw.shape(outline, None, "line_strong")
        painter.end()

    def _paint_step(self, draw: NodePainter, number: int) -> None:
        rect, current = self._column(number), number == self.current
        if current:
            draw.painter.fillRect(rect, theme().color("accent_soft"))
        if number:
            draw.painter.fillRect(QRectF(rect.left(), 0, 1, rect.height()), theme().color("line"))
        mark = QPointF(rect.left() + 20, 19)
        if self.done[number]:
            draw.icon(mark, "exact_fill", "ok", 17)
        else:
            draw.painter.setPen(QPen(theme().color("accent" if current else "line_strong"), 1))
            draw.painter.setBrush(theme().color("accent" if current else "surface_raised"))
            draw.painter.drawEllipse(mark, 7.5, 7.5)
            ink = "text_on_accent" if current else "text_muted"
            draw.text(QRectF(mark.x() - 8, mark.y() - 8, 16, 16), str(number + 1), "caption", ink, 600, CENTRE)
        if self.is_narrow() and number != min(self.current, STEPS - 1):
            return
        title, text = self._texts[number]
        role = "accent" if current else "text" if self.done[number] else "text_muted"
        room = rect.width() - _title_aside(number)
        draw.text(QRectF(rect.left() + 35, 10, room, 18), title, "title", role, elide=True)
        draw.painter.setFont(theme().font("caption"))
        draw.painter.setPen(theme().color("text" if current else "text_muted"))
        body = QRectF(rect.left() + 13, 33, rect.width() - _BODY_ASIDE, 36)
        draw.painter.drawText(body, Qt.TextFlag.TextWordWrap, text)
