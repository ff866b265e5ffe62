"""What is written on the parts of a drawing: a name is the last thing to be cut."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QFontMetricsF, QImage, QPainter, QPainterPath
from PySide6.QtWidgets import QStyleOptionGraphicsItem

from workbench.flow.document import Node
from workbench.flow.kinds import KINDS
from workbench.ui.canvas.items.node import NodeItem
from workbench.ui.canvas.items.node_painter import NodePainter
from workbench.ui.canvas.kinds import VIEWS
from workbench.ui.canvas.view_values import NodeViewState
from workbench.ui.theme.theme import theme


class Heard(QPainter):
    """A painter that remembers the words, as they are drawn, and where their letters stand."""

    def __init__(self, image: QImage) -> None:
        super().__init__(image)
        self.said: dict[str, QRectF] = {}
        self.ink: dict[str, QRectF] = {}
        self.boxes: list[float] = []

    def drawPath(self, path: QPainterPath) -> None:
        self.boxes.append(path.boundingRect().width())
        super().drawPath(path)

    def drawText(self, rect: QRectF, align: int, text: str) -> None:
        if text < "\ue000" or len(text) > 1:  # an icon is a letter of a font of its own
            self.said[text] = rect
            metrics = QFontMetricsF(self.font())
            letters = metrics.tightBoundingRect(text)
            base = rect.center().y() + (metrics.ascent() - metrics.descent()) / 2
            self.ink[text] = QRectF(rect.left(), base + letters.top(), letters.width(), letters.height())


@pytest.fixture
def painter(qapp) -> Iterator[Heard]:
    image = QImage(400, 200, QImage.Format.Format_ARGB32_Premultiplied)
    heard = Heard(image)
    yield heard
    heard.end()


def written(painter: Heard, kind: str, name: str, shown: NodeViewState) -> dict[str, QRectF]:
    width, height = KINDS[kind].size
    rect = QRectF(0, 0, width, height)
    VIEWS[kind].painter(NodePainter(painter, theme()), Node("n", kind, name, 0, 0), shown, rect, False)
    return painter.said


def test_a_short_name_stands_beside_its_rate(painter: Heard):
    said = written(painter, "queue", "jobs", NodeViewState(subtitle="queue · 24/s out", figure="19/s"))
    assert said["19/s"].top() == said["jobs"].top()
    assert "queue · 24/s out" in said


@pytest.mark.parametrize(("kind", "name", "shown"), [
    ("queue", "transcoding", NodeViewState(subtitle="queue · 24/s out", figure="19/s")),
    ("exchange", "processing", NodeViewState(subtitle="headers", figure="19/s", glyph="headers")),
    ("topic", "order-changes", NodeViewState(subtitle="6 partitions", figure="6/s")),
])
def test_a_long_name_is_whole_and_the_rate_stands_below_it(painter: Heard, kind: str, name: str, shown: NodeViewState):
    said = written(painter, kind, name, shown)
    assert name in said
    assert said[shown.figure].top() > said[name].top()


@pytest.mark.parametrize(("kind", "name"), [
    ("dead_letters", "notifications.dlq"), ("topic", "payment-settlements.v2"), ("producer", "checkout-international"),
    ("group", "fraud-check-international"), ("queue", "transcoding-retries"),
])
def test_a_name_too_long_for_a_line_stands_whole_on_two(painter: Heard, kind: str, name: str):
    said = written(painter, kind, name, NodeViewState(subtitle="6/s", figure="6/s"))
    first, second = (text for text in said if text and text in name)
    assert first + second == name
    assert said[second].top() > said[first].top()


@pytest.mark.parametrize(("kind", "name"), [
    ("producer", "checkout-gateway-jp"), ("topic", "payment-gateway-jpy"), ("group", "fraud-check-gateway-jpy"),
    ("queue", "transcoding-gateway"), ("dead_letters", "alerts-gateway-jpy"),
])
def test_a_name_on_two_lines_is_clear_of_what_stands_under_it(painter: Heard, kind: str, name: str):
    shown = NodeViewState(subtitle="11 kB/s", lag="1,234 behind", foot="98 kept")
    said = written(painter, kind, name, shown)
    first, second = (text for text in said if text and text in name)
    under = painter.ink[shown.subtitle]
    assert painter.ink[first].top() >= 3
    assert under.top() - painter.ink[second].bottom() >= 1.5
    if kind == "group":
        assert painter.ink[shown.lag].top() - under.bottom() >= 1.5


@pytest.mark.parametrize(("said", "shown"), [
    ("463 records", "463 records"), ("12,228 records", "12,228"), ("1,234,567 records", "1,234,567"),
])
def test_of_a_count_the_unit_goes_before_a_letter_of_it_is_cut(painter: Heard, said: str, shown: str):
    assert shown in written(painter, "dead_letters", "orders.dlq", NodeViewState(subtitle=said))


@pytest.mark.parametrize("zoom", [0.3, 0.4, 0.5, 0.59])
def test_far_out_no_part_covers_the_one_beside_it(painter: Heard, zoom: float):
    for kind in ("topic", "dead_letters", "producer", "queue"):
        painter.boxes.clear()
        NodeItem(Node("n", kind, "a-name-as-long-as-can-be", 0, 0), zoom).paint(painter, QStyleOptionGraphicsItem())
        assert max(painter.boxes) <= 220 * zoom, "as far as the next begins"


@pytest.mark.parametrize("name", ["copy.orders.dlq", "payments", "invoices.dlq", "order-changes", "checkout mobile"])
@pytest.mark.parametrize("zoom", [0.3, 0.36, 0.45, 0.59])
def test_far_out_a_name_is_whole(painter: Heard, name: str, zoom: float):
    for kind in ("topic", "dead_letters", "group"):
        painter.said.clear()
        NodeItem(Node("n", kind, name, 0, 0), zoom).paint(painter, QStyleOptionGraphicsItem())
        said = "".join(painter.said).replace(" ", "")
        assert said == name.replace(" ", ""), f"{kind} at {zoom}: {list(painter.said)}"
