"""The theme in use: colours by role, fonts, and the switch between light, dark and the past.

``theme()`` is the one instance. ``apply`` sets style, palette, fonts and style sheet of the application; whoever
paints by hand asks ``color`` at each paint and repaints on ``changed``. Lives on the GUI thread.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QApplication

from workbench.ui.theme import style, tokens, words
from workbench.ui.theme.tokens import Roles

MODES = ("light", "dark", "system")
_CLASS_WEIGHTS = {"QPushButton": 500, "QTabBar": 500, "QHeaderView": 500, "QDockWidget": 600, "QMenuBar": 500}


@lru_cache(maxsize=512)
def _colour(name: str, alpha: float = 1.0) -> QColor:
    colour = QColor(name)
    if alpha < 1.0:
        colour.setAlphaF(alpha)
    return colour


def _font_file(package: str, pattern: str) -> str:
    """Path of an upright font in an installed font package, found without running the package."""
    spec = find_spec(package)
    assert spec is not None and spec.origin is not None
    return str(next((Path(spec.origin).parent / "files").glob(pattern)))


class Theme(QObject):
    """See the module. ``dark`` and ``past`` say which of the four sets of roles is in use."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.mode = "light"
        self.dark = False
        self.past = False
        self.reduced_motion = False
        self._app: QApplication | None = None
        self._worn: Roles | None = None
        self._fonts_loaded = False
        self._fonts: dict[tuple[str, int | None, bool], QFont] = {}

    # -- reading -------------------------------------------------------------------------------------------
    @property
    def roles(self) -> Roles:
        if self.past:
            return tokens.REPLAY_DARK if self.dark else tokens.REPLAY_LIGHT
        return tokens.DARK if self.dark else tokens.LIGHT

    def color(self, role: str, alpha: float = 1.0) -> QColor:
        """The colour of a role, see-through with ``alpha`` under 1. It is kept: who changes it takes a copy."""
        return _colour(getattr(self.roles, role), alpha)

    def series(self, index: int) -> tuple[QColor, tuple[int, ...]]:
        """Colour and dash of the nth group on tape and chart; where colours begin again, dashes go on by one."""
        count = len(self.roles.series)
        dash = tokens.SERIES_DASH[(index + index // count) % len(tokens.SERIES_DASH)]
        return _colour(self.roles.series[index % count]), dash

    def key_colour(self, index: int) -> QColor:
        """Colour of a key by its index (``core.keys.key_colour``); -1, a null key, is muted."""
        if index < 0:
            return self.color("text_muted")
        return _colour(tokens.KEY_PALETTE[index % len(tokens.KEY_PALETTE)])

    def font(self, size: str = "body", weight: int | None = None, mono: bool = False) -> QFont:
        """The font of a size's name; without ``weight`` the size's own. It is kept, as colours are."""
        wanted = (size, weight, mono)
        if wanted not in self._fonts:
            self._fonts[wanted] = _make_font(tokens.FONT_PX[size], weight or tokens.FONT_WEIGHT[size], mono)
        return self._fonts[wanted]

    def tone_font(self, tone: str) -> QFont | None:
        """The font of a label's ``tone``, or None where the tone is only a colour."""
        if tone == "mono":
            return self.font("body", mono=True)
        return self.font(tone) if tone in tokens.FONT_PX else None

    def size(self, name: str) -> float:
        return tokens.SIZE[name]

    # -- changing ------------------------------------------------------------------------------------------
    def apply(self, app: QApplication, mode: str = "system") -> None:
        """Dress the application; later calls change the mode. ``system`` follows the desktop where it tells."""
        if mode not in MODES:
            raise ValueError(f"no theme «{mode}»")
        if self._app is not app:
            self._app, self._worn = app, None
            app.setStyle(style.ToneStyle(self.tone_font))
            app.styleHints().colorSchemeChanged.connect(self._follow_system)
        self.mode = mode
        self._load_fonts()
        self.dark = self._wanted_dark()
        self._dress()

    def set_past(self, past: bool) -> None:
        """Take the colours of the past, or of now."""
        if past != self.past:
            self.past = past
            self._dress()

    def set_reduced_motion(self, reduced: bool) -> None:
        if reduced != self.reduced_motion:
            self.reduced_motion = reduced
            self.changed.emit()

    def set_local_time(self, local: bool) -> None:
        """Show times as this machine's clock does, or in UTC: everywhere, at once."""
        if local != (words.zone() is None):
            words.show_local(local)
            self.changed.emit()
            for widget in QApplication.allWidgets():
                widget.update()

    def _wanted_dark(self) -> bool:
        if self.mode == "system":
            return QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark
        return self.mode == "dark"

    def _follow_system(self) -> None:
        if self.mode == "system" and self._wanted_dark() != self.dark:
            self.dark = not self.dark
            self._dress()

    def _load_fonts(self) -> None:
        if self._fonts_loaded:
            return
        QFontDatabase.addApplicationFont(_font_file("fontpkg_inter", "Inter[[]*"))
        QFontDatabase.addApplicationFont(_font_file("fontpkg_jetbrains_mono", "JetBrainsMono[[]*"))
        self._fonts_loaded = True

    def _dress(self) -> None:
        if self._worn is self.roles:
            return
        self._worn = self.roles
        if self._app is not None:
            self._app.setFont(self.font("body"))
            for widget_class, weight in _CLASS_WEIGHTS.items():
                font = self.font("body", weight)
                # The stub wants bytes, which Qt's binding refuses.
                self._app.setFont(font, widget_class)  # pyright: ignore[reportArgumentType]
            self._app.setPalette(style.palette(self.roles))
            self._app.setStyleSheet(style.sheet(self.roles))
        self.changed.emit()


def _make_font(pixels: int, weight: int, mono: bool) -> QFont:
    font = QFont([tokens.MONO_FAMILY if mono else tokens.UI_FAMILY])
    font.setPixelSize(pixels)
    font.setWeight(QFont.Weight(weight))
    font.setVariableAxis(QFont.Tag("wght"), weight)  # the weight alone does not reach a variable application font
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    font.setFeature(QFont.Tag("tnum"), 1)
    if mono:
        font.setStyleHint(QFont.StyleHint.Monospace)
        font.setFeature(QFont.Tag("calt"), 0)
    return font


@lru_cache(maxsize=1)
def theme() -> Theme:
    """The one theme of the application."""
    return Theme()
