"""Colours by role, type, space and motion of the design: the only place of the window with colours in it.

``Roles`` has one field a role; code names a role and never a colour. The two replay sets replace surfaces, grid and
lines while the window shows the past. Plain data, imported at the first paint, so no Qt here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Roles:
    """One theme. ``*_soft`` backs tiles and banners of its role; ``warn_mark`` fills where ``warn`` writes."""

    surface: str
    surface_raised: str
    surface_sunken: str
    canvas: str
    grid: str
    line: str
    line_strong: str
    link: str
    text: str
    text_muted: str
    text_on_accent: str
    accent: str
    accent_soft: str
    ok: str
    ok_soft: str
    warn: str
    warn_mark: str
    warn_soft: str
    bad: str
    bad_soft: str
    stream: str
    stream_soft: str
    queue: str
    queue_soft: str
    producer: str
    producer_soft: str
    consumer: str
    consumer_soft: str
    external: str
    external_soft: str
    replay: str
    replay_tint: str
    selection: str
    focus: str
    shadow: str
    series: tuple[str, ...]


LIGHT = Roles(
    surface="#F4F5F8", surface_raised="#FFFFFF", surface_sunken="#ECEEF2",
    canvas="#FAFBFC", grid="#DADEE5", line="#DEE2E8", line_strong="#BCC3CD", link="#848D9B",
    text="#1A1E26", text_muted="#586172", text_on_accent="#FFFFFF",
    accent="#4653C6", accent_soft="#E8EAFA",
    ok="#1F7A47", ok_soft="#E2F3E9",
    warn="#9A5400", warn_mark="#C47400", warn_soft="#FCF0DC",
    bad="#C22B2B", bad_soft="#FBE9E8",
    stream="#1B66AE", stream_soft="#E3EEF8",
    queue="#7145BF", queue_soft="#EFE9FA",
    producer="#0B7068", producer_soft="#DFF2F0",
    consumer="#963A80", consumer_soft="#F7E8F3",
    external="#556070", external_soft="#E9ECF0",
    replay="#74560F", replay_tint="#F6EEDC",
    selection="#4653C6", focus="#2F49D6",
    shadow="#141A1E26",
    series=("#1B66AE", "#963A80", "#0B7068", "#7145BF", "#856600", "#556070"),
)

DARK = Roles(
    surface="#16181D", surface_raised="#1D2026", surface_sunken="#121418",
    canvas="#0F1115", grid="#272B33", line="#2A2E36", line_strong="#444B57", link="#667080",
    text="#E8EAEF", text_muted="#9BA4B2", text_on_accent="#0F1115",
    accent="#929CF7", accent_soft="#272C4D",
    ok="#52C486", ok_soft="#16301F",
    warn="#F2AB45", warn_mark="#F2AB45", warn_soft="#33260F",
    bad="#FF8078", bad_soft="#3A1A1A",
    stream="#68ADF2", stream_soft="#152B40",
    queue="#B799F5", queue_soft="#2A2142",
    producer="#45C2B4", producer_soft="#11302D",
    consumer="#E287CA", consumer_soft="#381F33",
    external="#A0ABBA", external_soft="#262B33",
    replay="#DDBA62", replay_tint="#211C11",
    selection="#929CF7", focus="#AAB3FF",
    shadow="#59000000",
    series=("#68ADF2", "#E287CA", "#45C2B4", "#B799F5", "#D4B24C", "#A0ABBA"),
)

REPLAY_LIGHT = replace(
    LIGHT,
    surface="#F3EFE6", surface_raised="#FFFDF8", surface_sunken="#EAE4D6", canvas="#F9F5EB",
    grid="#E0D8C5", line="#E2DACA", line_strong="#C4B99F", link="#8E8570", text_muted="#5C5848",
)

REPLAY_DARK = replace(
    DARK,
    surface="#1B1812", surface_raised="#242019", surface_sunken="#15120D", canvas="#14110B",
    grid="#2E2920", line="#332D22", line_strong="#544A38", link="#7D725D", text_muted="#B0A894",
)

KEY_PALETTE = ("#3567DE", "#1891E2", "#2F7D34", "#958335", "#C655BF", "#9B4F96", "#66766F", "#858E99")
SERIES_DASH: tuple[tuple[int, ...], ...] = ((), (6, 3), (2, 3), (8, 3, 2, 3), (4, 4), (1, 3))

UI_FAMILY = "Inter"
MONO_FAMILY = "JetBrains Mono"
FONT_PX = {"caption": 11, "body": 12, "title": 13, "heading": 15, "figure": 16, "hero": 20}
FONT_WEIGHT = {"caption": 400, "body": 400, "title": 600, "heading": 600, "figure": 600, "hero": 600}

RADIUS = {"control": 6, "segment": 7, "tile": 7, "node": 8, "node_round": 22, "panel": 10, "chip": 5, "bar": 4}

SIZE = {
    "menu": 26, "toolbar": 44, "tab_bar": 32, "control": 28, "control_small": 24, "row_table": 24, "row_dense": 22,
    "time_strip": 68, "status": 24, "left_dock": 212, "right_dock": 320, "bottom_dock": 280, "grid": 20,
    "tile": 28, "icon": 16, "node_icon": 17, "port": 8, "port_hit": 20,
    "ring": 42, "ring_radius": 19, "ring_stroke": 4, "dot": 6.5, "dot_compact": 5.5,
    "tape_row": 23, "tape_strip": 11, "tape_marker": 9, "tape_gutter_left": 112, "tape_gutter_right": 118,
    "strip_top": 18, "strip_base": 50, "strip_bar": 3.2, "strip_mark": 13,
}

STROKE = {
    "hairline": 1, "link": 1.75, "link_waiting": 2, "link_selected": 2.5, "node": 1, "node_hover": 1.5,
    "selection": 2, "selection_gap": 3.5, "marker": 1.25, "playhead": 2, "chart": 1.75,
}

MOTION = {
    "dot_px_s": 140, "dot_min_ms": 450, "dot_max_ms": 1600, "fade_ms": 120, "panel_ms": 160, "playhead_ms": 90,
    "pulse_ms": 600, "frame_ms": 16, "numbers_ms": 250, "max_dots": 2000, "dots_a_link": 24,
    "density_over_dots": 3000,
}

LAG = {"warn_at": 0.5, "bad_at": 1.0, "hold_ms": 2000, "threshold_records": 10_000, "threshold_s": 60}
