"""The theme keeps its promises: contrast of every text role, colours in one place, fonts and icons that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtGui import QFontInfo, QFontMetricsF, QImage, QPainter
from PySide6.QtWidgets import QApplication, QLabel

from workbench.ui.theme import icons, tokens
from workbench.ui.theme.theme import Theme, theme

UI = Path(__file__).resolve().parents[3] / "workbench" / "ui"
THEMES = {"light": tokens.LIGHT, "dark": tokens.DARK, "past": tokens.REPLAY_LIGHT, "past dark": tokens.REPLAY_DARK}
TEXT_ROLES = ("text", "text_muted", "accent", "ok", "warn", "bad", "stream", "queue", "producer", "consumer",
              "external", "replay")
GRAPHIC_ROLES = ("link", "warn_mark", "selection", "focus")


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.fixture
def dressed(qapp: QApplication):
    theme().apply(qapp, "light")
    yield theme()
    theme().set_past(False)
    theme().apply(qapp, "light")


@pytest.mark.parametrize("roles", THEMES.values(), ids=THEMES)
def test_text_is_readable_on_every_surface(roles: tokens.Roles):
    for role in TEXT_ROLES:
        for ground in (roles.surface, roles.surface_raised, roles.canvas):
            assert contrast(getattr(roles, role), ground) >= 4.5, (role, ground)
    for role in ("accent", "ok", "warn", "bad", "stream", "queue", "producer", "consumer", "external"):
        assert contrast(getattr(roles, role), getattr(roles, f"{role}_soft")) >= 4.5, role
    assert contrast(roles.text_on_accent, roles.accent) >= 4.5


@pytest.mark.parametrize("roles", THEMES.values(), ids=THEMES)
def test_graphics_stand_out(roles: tokens.Roles):
    for colour in (*(getattr(roles, role) for role in GRAPHIC_ROLES), *tokens.KEY_PALETTE, *roles.series):
        for ground in (roles.surface_raised, roles.canvas):
            assert contrast(colour, ground) >= 3.0, (colour, ground)


def test_colours_are_written_in_one_place_only():
    literal = re.compile(r"[\"']#[0-9a-fA-F]{3,8}[\"']|QColor\(\s*(\d+|[\"'])|Qt\.GlobalColor\.(?!transparent)\w+")
    guilty = [f"{path.relative_to(UI)}: {found.group()}" for path in UI.rglob("*.py") if path.name != "tokens.py"
              for found in literal.finditer(path.read_text(encoding="utf-8"))]
    assert not guilty


def test_the_fonts_are_ours_and_weights_differ(dressed: Theme):
    assert QFontInfo(dressed.font("body")).family() == "Inter"
    assert QFontInfo(dressed.font("body", mono=True)).family() == "JetBrains Mono"
    assert dressed.font("title").pixelSize() == 13

    def ink(weight: int) -> int:
        picture = QImage(100, 40, QImage.Format.Format_Grayscale8)
        picture.fill(255)
        painter = QPainter(picture)
        painter.setFont(dressed.font("hero", weight))
        painter.drawText(4, 30, "mmmm")
        painter.end()
        return sum(255 - value for value in bytes(picture.constBits()))

    assert ink(600) > ink(400) * 1.1


def test_figures_have_one_width(dressed: Theme):
    metrics = QFontMetricsF(dressed.font("body"))
    assert metrics.horizontalAdvance("111,111") == pytest.approx(metrics.horizontalAdvance("888,888"))


@pytest.mark.parametrize("name", [*icons.GLYPHS, *icons.OWN])
def test_every_icon_is_drawn(dressed: Theme, name: str):
    picture = icons.pixmap(name, "text", 32).toImage()
    drawn = sum(picture.pixelColor(x, y).alpha() > 0 for x in range(32) for y in range(32))
    assert 8 <= drawn < 1000, drawn


def test_icons_and_palette_follow_the_theme(dressed: Theme, qapp: QApplication):
    told = []
    dressed.changed.connect(lambda: told.append(dressed.dark))
    stop = icons.icon("stop", "bad")

    def middle() -> str:
        return stop.pixmap(32, 32).toImage().pixelColor(16, 16).name().upper()

    assert middle() == tokens.LIGHT.bad
    dressed.apply(qapp, "dark")
    assert middle() == tokens.DARK.bad
    assert qapp.palette().window().color().name().upper() == tokens.DARK.surface
    dressed.set_past(True)
    assert qapp.palette().window().color().name().upper() == tokens.REPLAY_DARK.surface
    assert told == [True, True]


def test_an_unknown_icon_is_an_error():
    with pytest.raises(KeyError):
        icons.icon("no such thing")


def test_an_unknown_mode_is_an_error(qapp: QApplication):
    with pytest.raises(ValueError, match="sepia"):
        theme().apply(qapp, "sepia")


def test_a_label_takes_the_font_of_its_tone(dressed: Theme):
    title, plain = QLabel("shipping"), QLabel("shipping")
    title.setProperty("tone", "heading")
    title.ensurePolished()
    plain.ensurePolished()
    assert (title.font().pixelSize(), title.font().weight()) == (15, 600)
    assert (plain.font().pixelSize(), plain.font().weight()) == (12, 400)
