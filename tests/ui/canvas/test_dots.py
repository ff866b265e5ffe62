"""The dots as arrays: never more than agreed, always on their link, one legend for all; levels that hold."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPointF, QRectF

from workbench.ui.bridge.movement import Movement
from workbench.ui.canvas import shapes
from workbench.ui.canvas.dots import STEPS, DotField, life_ms, table_of
from workbench.ui.canvas.frames import percentile
from workbench.ui.theme.tokens import MOTION

LINE = [QPointF(0, 0), QPointF(140, 0)]


def field_of(links: int) -> DotField:
    field = DotField()
    for i in range(links):
        field.put_link(f"l{i}", [QPointF(0, i * 10), QPointF(140, i * 10)])
    return field


@given(st.lists(st.tuples(st.integers(0, 39), st.integers(1, 200_000)), min_size=1, max_size=60), st.integers(1, 40))
def test_no_more_dots_than_agreed_and_all_on_their_links(events: list[tuple[int, int]], links: int):
    field = field_of(links)
    for tick, (link, count) in enumerate(events):
        now = tick * 100.0
        field.feed([Movement(0, f"l{link % links}", count, (1, 2))], now, 100.0)
        points, colours, _ = field.places(now + 50)
        assert len(points) <= MOTION["max_dots"]
        rows, counts = np.unique(points[:, 1].round(), return_counts=True)
        assert all(row % 10 == 0 for row in rows)
        assert all(n <= MOTION["dots_a_link"] + 4 for n in counts)
        assert set(colours.tolist()) <= {1, 2}
        assert field.step in STEPS


def test_a_dot_needs_its_time_for_the_way():
    assert life_ms(140) == 1000 and life_ms(10) == 450 and life_ms(9_999) == 1600
    field = field_of(1)
    field.feed([Movement(0, "l0", 1, (3,))], 0.0, 100.0)
    for at_ms, x in ((50, 0), (550, 70), (1049, 140)):
        points, _, _ = field.places(at_ms)
        assert abs(points[0][0] - x) < 1.5
    assert len(field.places(1051)[0]) == 0
    assert field.moving(1049) and not field.moving(1051)


def test_slow_events_are_one_dot_each_even_when_others_are_bundled():
    field = field_of(2)
    for tick in range(40):
        moves = [Movement(0, "l0", 500, (1,))] + ([Movement(0, "l1", 1, (2,))] if tick % 10 == 0 else [])
        field.feed(moves, tick * 100.0, 100.0)
    _, colours, _ = field.places(3_999.0)
    assert field.step >= 100
    assert 1 <= (colours == 2).sum() <= 2


def test_dots_of_a_slow_link_bunch_at_its_end():
    field = field_of(2)
    field.set_slow("l1", True)
    field.feed([Movement(0, "l0", 8, (1,)), Movement(0, "l1", 8, (2,))], 0.0, 400.0)
    points, colours, _ = field.places(500.0)
    assert points[colours == 2][:, 0].mean() > points[colours == 1][:, 0].mean() + 20


def test_a_link_that_moves_takes_its_dots_along_and_one_that_goes_drops_them():
    field = field_of(1)
    field.feed([Movement(0, "l0", 1)], 0.0, 10.0)
    field.put_link("l0", [QPointF(0, 500), QPointF(140, 500)])
    assert field.places(400.0)[0][0][1] == 500
    field.drop_link("l0")
    assert len(field.places(400.0)[0]) == 0
    field.put_link("l9", LINE)
    assert len(field.places(400.0)[0]) == 0


def test_tables_are_even_in_length():
    path = shapes.link_path(QPointF(0, 0), QPointF(200, 120))
    table, length = table_of(shapes.flattened(path))
    gaps = np.hypot(*np.diff(table, axis=0).T)
    assert gaps.max() < gaps.min() * 1.1
    assert abs(gaps.sum() - length) < 2


@given(st.floats(-500, 500), st.floats(-300, 300))
def test_links_start_and_end_at_their_ports(dx: float, dy: float):
    end = QPointF(dx, dy)
    path = shapes.link_path(QPointF(0, 0), end, floor=max(0, dy) + 50)
    assert (path.pointAtPercent(1) - end).manhattanLength() < 0.01
    if dx < 0:
        assert path.boundingRect().bottom() > max(0, dy) + 50
    assert shapes.distance(shapes.flattened(path), end) < 0.5


def test_outlines_point_the_way_events_go():
    rect = QRectF(0, 0, 160, 60)
    assert not shapes.outline(rect, "producer").contains(QPointF(3, 3))
    assert shapes.outline(rect, "producer").contains(QPointF(156, 4))
    assert not shapes.outline(rect, "group").contains(QPointF(157, 3))


def test_percentiles():
    assert percentile([], 0.5) == 0.0
    assert percentile([float(i) for i in range(100)], 0.95) == 95
