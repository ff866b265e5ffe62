"""Icons by the names of our own words, drawn in the colour of a role when they are painted.

The glyphs are Phosphor's, from the font that QtAwesome ships. The font and its table are read straight from that
package, because running its code costs more than the whole first paint. What Phosphor's version there lacks lies
in ``resources/icons`` as SVG. An icon follows the theme by itself: its colour is looked up at each paint.
"""

from __future__ import annotations

import json
from functools import lru_cache
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

from PySide6.QtCore import QByteArray, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon, QIconEngine, QPainter, QPixmap

from workbench.ui.theme.theme import theme

GLYPHS = {
    "topic": "stack", "queue": "queue", "producer": "paper-plane-tilt", "web": "globe", "mobile": "device-mobile",
    "shop": "shopping-cart-simple", "file": "file-text", "group": "users-three", "forward": "arrow-bend-up-right",
    "dead_letters": "tray", "note": "note-blank", "frame": "frame-corners", "run": "play-fill", "pause": "pause-fill",
    "step": "skip-forward-fill", "step_back": "skip-back-fill", "stop": "stop-fill", "live": "broadcast",
    "replay": "clock-counter-clockwise", "fault": "lightning", "speed": "gauge", "slow": "timer", "filter": "funnel",
    "key": "key", "records": "table", "tape": "rows", "log": "terminal-window", "problem": "warning",
    "failed": "warning-circle-fill", "exact": "check-circle", "refused": "prohibit", "bookmark": "bookmark-simple",
    "start": "flag", "fit": "corners-out", "tear_off": "arrow-square-out", "search": "magnifying-glass", "add": "plus",
    "remove": "minus", "close": "x", "undo": "arrow-u-up-left", "redo": "arrow-u-up-right", "new": "file-plus",
    "open": "folder-open", "save": "floppy-disk", "more": "dots-three", "copy": "copy", "cut": "scissors",
    "paste": "clipboard-text", "delete": "trash", "rename": "pencil-simple", "down": "caret-down", "up": "caret-up",
    "next": "caret-right", "back": "caret-left", "settings": "gear", "loop": "repeat", "restart": "arrows-clockwise",
    "kill": "x", "pin": "push-pin", "database": "database", "chart": "chart-line", "check": "check",
    "circle": "circle", "info": "info", "help": "question", "sample": "play-circle", "goto": "arrow-line-right",
    "seek": "arrow-line-right", "growing": "arrow-up-right", "draining": "arrow-down-right", "arrow": "arrow-right",
    "export": "download-simple", "import": "upload-simple", "list": "list", "minimap": "map-trifold",
    "eye": "eye", "tidy": "tree-structure", "flow": "path", "sliders": "sliders-horizontal", "send": "paper-plane-tilt",
    "run_outline": "play", "pause_outline": "pause", "stop_outline": "stop", "step_outline": "skip-forward",
    "problem_fill": "warning-fill", "bookmark_fill": "bookmark-simple-fill", "start_fill": "flag-fill",
    "fault_fill": "lightning-fill", "dead_letters_fill": "tray-fill", "group_fill": "users-three-fill",
    "exact_fill": "check-circle-fill", "light": "sun", "dark": "moon", "keyboard": "keyboard",
    "tail": "arrow-line-down", "exchange_direct": "arrow-right", "exchange_fanout": "arrows-out",
    "exchange_topic": "asterisk", "exchange_headers": "tag", "ready": "circle", "delayed": "hourglass-medium",
    "in_flight": "timer", "dead": "x-circle", "acked": "check", "ack": "check", "nack": "arrow-u-up-left",
    "reject": "x-circle", "extend": "timer", "receive": "hand", "redrive": "arrows-clockwise", "purge": "trash",
    "locked": "lock", "header": "tag", "store": "database",
}
"""Our name -> Phosphor's name; a ``-fill`` at the end takes the filled cut."""

_MIDDLE = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextDontClip)
OWN = ("exchange", "client", "plug")
"""Drawn in ``resources/icons``."""


@lru_cache(maxsize=1)
def _phosphor() -> tuple[str, dict[str, str]]:
    """Family of the Phosphor font, and its characters by name."""
    spec = find_spec("qtawesome")
    assert spec is not None and spec.origin is not None
    folder = Path(spec.origin).parent / "fonts"
    table = json.loads(next(folder.glob("phosphor-charmap-*.json")).read_text(encoding="utf-8"))
    font = QFontDatabase.addApplicationFont(str(next(folder.glob("phosphor-[0-9]*.ttf"))))
    wanted = set(GLYPHS.values())
    characters = {name: chr(int(code, 16)) for name, code in table.items() if name in wanted}
    return QFontDatabase.applicationFontFamilies(font)[0], characters


@lru_cache(maxsize=8)
def _own_svg(name: str) -> bytes:
    return (files("workbench.resources") / "icons" / f"{name}.svg").read_bytes()


def paint(painter: QPainter, rect: QRectF, name: str, colour: QColor) -> None:
    """Draw the icon ``name`` into ``rect`` in ``colour``."""
    if name in OWN:
        from PySide6.QtSvg import QSvgRenderer  # only these few glyphs need it

        svg = _own_svg(name).replace(b"currentColor", colour.name().encode())
        QSvgRenderer(QByteArray(svg)).render(painter, rect)
        return
    painter.save()
    painter.setFont(_glyph_font(max(1, round(rect.height()))))
    painter.setPen(colour)
    painter.drawText(rect, _MIDDLE, _phosphor()[1][GLYPHS[name]])
    painter.restore()


@lru_cache(maxsize=64)
def _glyph_font(pixels: int) -> QFont:
    font = QFont([_phosphor()[0]])
    font.setPixelSize(pixels)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return font


@lru_cache(maxsize=512)
def _drawn(name: str, colour: str, width: int, height: int) -> QPixmap:
    """A glyph as a picture, kept: buttons ask for theirs at each paint. Width beyond the height is a gap behind it."""
    drawn = QPixmap(width, height)
    drawn.fill(Qt.GlobalColor.transparent)
    painter = QPainter(drawn)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    side = min(width, height)
    paint(painter, QRectF(0, 0, side, side), name, QColor(colour))
    painter.end()
    return drawn


class _RoleIcon(QIconEngine):
    """Paints a glyph in the colour its role has now."""

    def __init__(self, name: str, role: str, on_role: str) -> None:
        super().__init__()
        self._name = name
        self._role = role
        self._on_role = on_role

    def clone(self) -> QIconEngine:
        return _RoleIcon(self._name, self._role, self._on_role)

    def _colour(self, mode: QIcon.Mode, state: QIcon.State) -> QColor:
        if mode == QIcon.Mode.Disabled:
            return theme().color("text_muted", 0.55)
        return theme().color(self._on_role if state == QIcon.State.On else self._role)

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint(painter, QRectF(rect), self._name, self._colour(mode, state))

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        colour = self._colour(mode, state).name(QColor.NameFormat.HexArgb)
        return _drawn(self._name, colour, size.width(), size.height())


def icon(name: str, role: str = "text", size: int = 16, on_role: str = "") -> QIcon:
    """The icon ``name`` in the colour of ``role``; ``on_role`` while checked. An unknown name is a ``KeyError``.

    ``size`` is what callers set as icon size; the icon itself is drawn at any size.
    """
    if name not in OWN and name not in GLYPHS:
        raise KeyError(name)
    return QIcon(_RoleIcon(name, role, on_role or role))


def pixmap(name: str, role: str = "text", size: int = 16, ratio: float = 1.0) -> QPixmap:
    """The same as a pixmap of ``size`` units, for labels; it does not follow the theme."""
    drawn = QPixmap(icon(name, role).pixmap(QSize(round(size * ratio), round(size * ratio))))
    drawn.setDevicePixelRatio(ratio)
    return drawn
