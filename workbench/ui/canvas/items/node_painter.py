"""The few strokes all nodes are drawn with: text, tile, bar, ring, pill. Takes roles, never colours."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPainterPath, QPen

from workbench.ui.canvas.view_values import Level, NodeViewState, Pill
from workbench.ui.models.health import LAG_ROLE, ring_role
from workbench.ui.theme import icons, words
from workbench.ui.theme.theme import Theme
from workbench.ui.theme.tokens import RADIUS, SIZE, STROKE

LEVEL_TEXT = LAG_ROLE
_LINE = Qt.TextFlag.TextSingleLine | Qt.TextFlag.TextDontClip
LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | _LINE)  # joining flags costs more than a line
RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter | _LINE)
CENTRE = int(Qt.AlignmentFlag.AlignCenter | _LINE)
NAME_LINE = 12.0
"""How far the two lines of a long name are apart."""
_DOT_MARKS = ("ok", "warn_mark", "bad", "line_strong")


@lru_cache(maxsize=64)
def _metrics(key: str, font: QFont) -> QFontMetricsF:
    return QFontMetricsF(font)


@lru_cache(maxsize=512)
def _lines(key: str, font: QFont, text: str, room: float) -> tuple[str, ...]:
    return words.in_lines(text, _metrics(key, font), room)


class NodePainter:
    """A painter that knows the theme."""

    def __init__(self, painter: QPainter, theme: Theme) -> None:
        self.painter = painter
        self.theme = theme
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)

    def width(self, text: str, size: str, weight: int | None = None) -> float:
        font = self.theme.font(size, weight)
        return _metrics(font.key(), font).horizontalAdvance(text)

    def text(self, rect: QRectF, text: str, size: str = "body", role: str = "text", weight: int | None = None,
             align: int = LEFT, elide: bool = False) -> None:
        """One line; cut where it is too long, but numbers never (``elide`` False). The node's tool tip has it whole."""
        font = self.theme.font(size, weight)
        if elide:
            text = words.cut(text, _metrics(font.key(), font), rect.width())
        self.painter.setFont(font)
        self.painter.setPen(self.theme.color(role))
        self.painter.drawText(rect, align, text)

    def name(self, rect: QRectF, text: str, size: str = "title", align: int = LEFT) -> None:
        """A name in bold: where it is too long for one line, smaller and on two."""
        font, small = self.theme.font(size, 600), self.theme.font("caption", 600)
        if _metrics(font.key(), font).horizontalAdvance(text) <= rect.width():
            self.text(rect, text, size, weight=600, align=align)
            return
        lines = _lines(small.key(), small, text, rect.width())
        top = rect.center().y() - NAME_LINE * len(lines) / 2
        for number, line in enumerate(lines):
            place = QRectF(rect.left(), top + number * NAME_LINE, rect.width(), NAME_LINE)
            self.text(place, line, "caption", weight=600, align=align)

    def lines(self, text: str, room: float) -> tuple[str, ...]:
        """A name as ``name`` writes it small."""
        font = self.theme.font("caption", 600)
        return _lines(font.key(), font, text, room)

    def shape(self, path: QPainterPath, fill: str | None, line: str | None = None, width: float = 1.0,
              fill_alpha: float = 1.0, dash: list[float] | None = None) -> None:
        self.painter.setBrush(Qt.BrushStyle.NoBrush if fill is None else self.theme.color(fill, fill_alpha))
        self.painter.setPen(Qt.PenStyle.NoPen if line is None else self.pen(line, width, dash))
        self.painter.drawPath(path)

    def pen(self, role: str, width: float, dash: list[float] | None = None) -> QPen:
        pen = QPen(self.theme.color(role), width)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        if dash:
            pen.setDashPattern(dash)
        return pen

    def tile(self, at: QPointF, icon: str, role: str) -> None:
        """The square behind a node's icon."""
        rect = QRectF(at.x(), at.y(), SIZE["tile"], SIZE["tile"])
        self.box(rect, f"{role}_soft", RADIUS["tile"])
        self.icon(rect.center(), icon, role, SIZE["node_icon"])

    def icon(self, centre: QPointF, name: str, role: str, size: float) -> None:
        rect = QRectF(centre.x() - size / 2, centre.y() - size / 2, size, size)
        icons.paint(self.painter, rect, name, self.theme.color(role))

    def box(self, rect: QRectF, fill: str, radius: float, alpha: float = 1.0, line: str | None = None) -> None:
        self.painter.setBrush(self.theme.color(fill, alpha))
        self.painter.setPen(Qt.PenStyle.NoPen if line is None else QPen(self.theme.color(line), 1))
        self.painter.drawRoundedRect(rect, radius, radius)

    def bar(self, rect: QRectF, share: float, role: str, track: str = "surface_sunken", alpha: float = 1.0) -> None:
        """A track filled from the left."""
        radius = min(rect.height() / 2, RADIUS["bar"])
        self.box(rect, track, radius)
        if share > 0:
            filled = QRectF(rect.left(), rect.top(), max(rect.height(), rect.width() * min(1.0, share)), rect.height())
            self.box(filled, role, radius, alpha)

    def ring(self, centre: QPointF, shown: NodeViewState, icon: str, role: str) -> None:
        """The lag ring: an arc from twelve o'clock, clockwise."""
        radius, stroke = SIZE["ring_radius"], SIZE["ring_stroke"]
        rect = QRectF(centre.x() - radius, centre.y() - radius, 2 * radius, 2 * radius)
        self.painter.setBrush(Qt.BrushStyle.NoBrush)
        self.painter.setPen(QPen(self.theme.color("surface_sunken"), stroke))
        self.painter.drawEllipse(rect)
        pen = QPen(self.theme.color(ring_role(shown.level, shown.is_still)), stroke)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        self.painter.setPen(pen)
        share = 1.0 if shown.level == Level.BAD else min(shown.ring or 0.0, 1.0)
        if share >= 1.0:
            self.painter.drawEllipse(rect)
        elif share > 0:
            self.painter.drawArc(rect, 90 * 16, -round(max(share, 0.015) * 360 * 16))
        self.icon(centre, icon, role, SIZE["node_icon"] + 1)

    def pill(self, rect: QRectF, pill: Pill, lit: bool = False) -> None:
        """A member: its mark, then its words."""
        fill, line = {
            Level.OK: ("surface", "line"), Level.WARN: ("warn_soft", "warn_mark"), Level.BAD: ("bad_soft", "bad"),
        }[pill.level]
        self.box(rect, "accent_soft" if lit else fill, RADIUS["chip"], line="accent" if lit else line)
        mark = QPointF(rect.left() + 10, rect.center().y())
        role = {Level.OK: "text_muted", Level.WARN: "warn", Level.BAD: "bad"}[pill.level]
        if pill.mark in _DOT_MARKS:
            self.dot(mark, 3, pill.mark)
        else:
            self.icon(mark + QPointF(1, 0), pill.mark, role, 13)
        left = 18.0 if pill.mark in _DOT_MARKS else 20.0
        room = QRectF(rect.left() + left, rect.top(), rect.width() - left - 3, rect.height())
        weight = 500 if pill.level == Level.OK else 600
        self.text(room, pill.text, "caption", "text" if pill.level == Level.OK else role, weight, elide=True)

    def dot(self, centre: QPointF, radius: float, role: str) -> None:
        self.painter.setBrush(self.theme.color(role))
        self.painter.setPen(Qt.PenStyle.NoPen)
        self.painter.drawEllipse(centre, radius, radius)

    def port(self, centre: QPointF, radius: float, role: str = "link", fill: str = "surface_raised") -> None:
        self.painter.setBrush(self.theme.color(fill))
        self.painter.setPen(QPen(self.theme.color(role), STROKE["marker"]))
        self.painter.drawEllipse(centre, radius, radius)
