"""What floats over the canvas' corners: zoom control with the legend, minimap, and the sentence beside the pointer.

What stays there has ground of its own, so that Qt leaves it out when the canvas below is repainted, which is with every
frame: painting the buttons again took half as long as the frame itself.
"""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QWidget

from workbench.ui.canvas.kinds import view_of
from workbench.ui.canvas.scene import FlowScene
from workbench.ui.canvas.view_values import Level
from workbench.ui.qt_types import parent_of
from workbench.ui.theme import words
from workbench.ui.theme.icons import icon
from workbench.ui.theme.theme import theme


class _Corner(QWidget):
    """Paints all of its rectangle: the canvas' ground, then what ``draw`` does. No rule of the style sheet may match
    it, for a sheet takes the mark of the opaque away."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        theme().changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme().color("canvas"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.draw(painter)
        painter.end()

    def draw(self, painter: QPainter) -> None:
        """A raised box."""
        painter.setPen(QPen(theme().color("line"), 1))
        painter.setBrush(theme().color("surface_raised"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)


class ZoomBar(_Corner):
    """Smaller, the zoom, larger, fit."""

    zoom_wanted = Signal(int)  # -1 smaller, 1 larger, 0 to 100 %
    fit_wanted = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 2, 4, 2)
        row.setSpacing(0)
        row.addWidget(self._button("remove", self.tr("Zoom out"), "Ctrl+-", lambda: self.zoom_wanted.emit(-1)))
        self._figure = QToolButton(self)
        self._figure.setFixedSize(46, 24)
        self._figure.setFont(theme().font("body", 500))
        self._figure.setToolTip(self.tr("Zoom to 100 % (Ctrl+1)"))
        self._figure.setAccessibleName(self.tr("Zoom"))
        self._figure.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._figure.clicked.connect(lambda: self.zoom_wanted.emit(0))
        row.addWidget(self._figure)
        row.addWidget(self._button("add", self.tr("Zoom in"), "Ctrl++", lambda: self.zoom_wanted.emit(1)))
        rule = QFrame(self)
        rule.setProperty("line", "rule")
        rule.setFixedWidth(1)
        rule.setMaximumHeight(16)
        rule.setMinimumHeight(16)
        row.addSpacing(2)
        row.addWidget(rule)
        row.addSpacing(2)
        row.addWidget(self._button("fit", self.tr("Show the whole drawing"), "Ctrl+0", self.fit_wanted.emit))
        self.show_zoom(1.0)

    def _button(self, glyph: str, name: str, keys: str, act) -> QToolButton:
        button = QToolButton(self)
        button.setIcon(icon(glyph, "text_muted"))
        button.setIconSize(QSize(14, 14))
        button.setFixedSize(24, 24)
        button.setAccessibleName(name)
        button.setToolTip(f"{name} ({keys})")
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(act)
        return button

    def show_zoom(self, zoom: float) -> None:
        self._figure.setText(f"{round(zoom * 100)} %")


class Legend(_Corner):
    """What a dot means now."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.show_step(1)

    def text(self) -> str:
        return self.accessibleName()

    def show_step(self, step: int) -> None:
        if theme().reduced_motion:
            self.setAccessibleName(self.tr("Width is the rate"))
        else:
            dot = words.plural(step, "event", "events")
            self.setAccessibleName(self.tr("Colour is the key · 1 dot = {0}").format(dot))
        self.resize(self.fontMetrics().horizontalAdvance(self.text()) + 6, self.fontMetrics().height() + 2)
        self.update()

    def draw(self, painter: QPainter) -> None:
        painter.setPen(theme().color("text_muted"))
        painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignCenter), self.text())


class Minimap(_Corner):
    """The whole drawing as blocks, and the part in view; press or drag to go there."""

    went = Signal(QPointF)  # centre the view here

    SIZE = QSize(126, 80)

    def __init__(self, parent: QWidget, flow: FlowScene) -> None:
        super().__init__(parent)
        self._flow = flow
        self._view = QRectF()
        self.setFixedSize(self.SIZE)
        self.setAccessibleName(self.tr("Minimap"))
        self.setToolTip(self.tr("Minimap: press or drag to go there"))
        self.setCursor(Qt.CursorShape.ArrowCursor)
        flow.drawn_changed.connect(self.update)
        flow.looks_changed.connect(self.update)

    def show_view(self, rect: QRectF) -> None:
        if rect != self._view:
            self._view = rect
            self.update()

    def _scale(self) -> tuple[float, QPointF]:
        """Pixels a scene unit, and the scene point in the middle of the map."""
        whole = self._flow.drawn_rect().united(self._view)
        inner = QRectF(self.rect()).adjusted(5, 5, -5, -5)
        scale = min(inner.width() / max(1.0, whole.width()), inner.height() / max(1.0, whole.height()))
        return scale, whole.center()

    def draw(self, painter: QPainter) -> None:
        super().draw(painter)
        scale, middle = self._scale()
        centre = QRectF(self.rect()).center()

        def mapped(rect: QRectF) -> QRectF:
            corner = (rect.topLeft() - middle) * scale + centre
            return QRectF(corner.x(), corner.y(), rect.width() * scale, rect.height() * scale)

        painter.setPen(Qt.PenStyle.NoPen)
        for item in self._flow.everything():
            role = "bad" if item.shown.level == Level.BAD or item.shown.failed else view_of(item.node).role
            painter.setBrush(theme().color(role, 0.1 if item.node.kind == "frame" else 0.75))
            painter.drawRoundedRect(mapped(item.rect), 1.5, 1.5)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme().color("selection"), 1.25))
        painter.drawRoundedRect(mapped(self._view), 3, 3)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._go(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._go(event.position())

    def _go(self, at: QPointF) -> None:
        scale, middle = self._scale()
        self.went.emit((at - QRectF(self.rect()).center()) / scale + middle)


class Bubble(QLabel):
    """One sentence beside the pointer."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setContentsMargins(8, 4, 8, 4)
        self.hide()

    def say(self, at: QPoint, text: str, bad: bool) -> None:
        """Show beside ``at``, inside the parent."""
        ink, ground = ("bad", "bad_soft") if bad else ("accent", "accent_soft")
        self.setStyleSheet(f"color: {theme().color(ink).name()}; background: {theme().color(ground).name()};"
                           "border-radius: 5px;")
        self.setFont(theme().font("body", 500))
        self.setText(text)
        self.adjustSize()
        room = parent_of(self).rect()
        x = min(at.x() + 14, room.width() - self.width() - 4)
        y = at.y() + 14 if at.y() + 14 + self.height() < room.height() else at.y() - 14 - self.height()
        self.move(max(4, x), max(4, y))
        self.raise_()
        self.show()
