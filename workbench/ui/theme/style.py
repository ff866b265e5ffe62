"""Palette and style sheet of the application, made from the roles of a theme (over Qt's Fusion style).

Variants are dynamic properties: ``QPushButton[variant="primary|plain|flat|danger|segment"]``,
``QLabel[tone="muted|bad|warn|ok|mono|caption|title|heading|figure|hero"]``,
``QFrame[surface="raised|sunken|card|banner-bad|banner-warn|banner-replay"]``. The sheet sets colours and boxes only:
weights of a variable font can't be said in a sheet, so fonts are set by class and, for tones, at polish. GUI thread.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from string import Template

from PySide6.QtCore import Qt, QTemporaryDir
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QAbstractSpinBox, QLabel, QLineEdit, QProxyStyle, QStyle

from workbench.ui.theme.tokens import MONO_FAMILY, Roles

SHEET = (files("workbench.resources") / "style").joinpath("window.qss")
_SPIN_INSET = 8


def palette(roles: Roles) -> QPalette:
    """The palette that Fusion and hand-painted widgets use."""
    made = QPalette()
    part = QPalette.ColorRole
    for role, name in (
        (part.Window, roles.surface), (part.WindowText, roles.text), (part.Base, roles.surface_raised),
        (part.AlternateBase, roles.surface_sunken), (part.Text, roles.text), (part.Button, roles.surface_raised),
        (part.ButtonText, roles.text), (part.BrightText, roles.bad), (part.Highlight, roles.accent),
        (part.HighlightedText, roles.text_on_accent), (part.ToolTipBase, roles.surface_raised),
        (part.ToolTipText, roles.text), (part.PlaceholderText, roles.text_muted), (part.Link, roles.accent),
        (part.LinkVisited, roles.accent), (part.Accent, roles.accent), (part.Light, roles.surface_raised),
        (part.Midlight, roles.line), (part.Mid, roles.line_strong), (part.Dark, roles.line_strong),
        (part.Shadow, roles.line_strong),
    ):
        made.setColor(role, QColor(name))
    for role in (part.WindowText, part.Text, part.ButtonText):
        faded = QColor(roles.text_muted)
        faded.setAlphaF(0.6)
        made.setColor(QPalette.ColorGroup.Disabled, role, faded)
    return made


@lru_cache(maxsize=1)
def _folder() -> QTemporaryDir:
    return QTemporaryDir()


@lru_cache(maxsize=32)
def _tinted(name: str, colour: str) -> str:
    """Path of an own glyph in a colour: a style sheet takes pictures only as files."""
    svg = (files("workbench.resources") / "icons" / f"{name}.svg").read_text(encoding="utf-8")
    path = Path(_folder().path()) / f"{name}-{colour.lstrip('#')}.svg"
    path.write_text(svg.replace("currentColor", colour), encoding="utf-8")
    return path.as_posix()


@lru_cache(maxsize=4)
def sheet(roles: Roles) -> str:
    """The style sheet: ``resources/style/window.qss`` with the roles put in for its ``$names``."""
    values = {name: getattr(roles, name) for name in roles.__slots__ if name != "series"}
    values |= {
        "caret": _tinted("caret", roles.text_muted),
        "caret_up": _tinted("caret-up", roles.text_muted),
        "tick": _tinted("tick", roles.text_on_accent),
        "mono": MONO_FAMILY,
    }
    return Template(SHEET.read_text(encoding="utf-8")).substitute(values)


class ToneStyle(QProxyStyle):
    """Fusion that gives a label the font of its ``tone`` when it is polished, and a spin box's text its distance.

    Labels show their text as it is: Qt would guess, and take a name like ``<b>orders</b>`` or an ``<img>`` in a record
    for HTML. Tool tips are labels too. Only a label that was told to be rich text is; whoever does so escapes names.
    """

    def __init__(self, tone_font: Callable[[str], QFont | None]) -> None:
        super().__init__("Fusion")
        self._tone_font = tone_font

    def polish(self, thing):  # a widget, the application or a palette
        answer = super().polish(thing)
        if isinstance(thing, QLabel) and thing.textFormat() == Qt.TextFormat.AutoText:
            thing.setTextFormat(Qt.TextFormat.PlainText)
        if isinstance(thing, QLabel) and (tone := thing.property("tone")):
            font = self._tone_font(tone)
            if font is not None:
                thing.setFont(font)
        elif isinstance(thing, QLineEdit) and isinstance(thing.parent(), QAbstractSpinBox):
            thing.setTextMargins(_SPIN_INSET, 0, 0, 0)  # a sheet's padding does not reach a field without a frame
        return answer

    def pixelMetric(self, metric, option=None, widget=None):
        """Tabs are spaced by the sheet alone; Fusion would add its own."""
        if metric == QStyle.PixelMetric.PM_TabBarTabHSpace:
            return 6
        return super().pixelMetric(metric, option, widget)
