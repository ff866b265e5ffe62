"""Where there is room on the drawing: beside a node, below what lies there, inside what is seen. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QRectF

ASIDE = 112.0  # between a node and one that stands beside it: room for their link
GAP = 14.0
_STEP = 20.0
_EDGE = 12.0


def beside(anchor: QRectF, size: tuple[float, float], left: bool = False) -> QRectF:
    """Right of a node, or left of it, at the same height."""
    w, h = size
    x = anchor.left() - ASIDE - w if left else anchor.right() + ASIDE
    return QRectF(x, anchor.center().y() - h / 2, w, h)


def free_place(wish: QRectF, taken: Iterable[QRectF], seen: QRectF | None = None) -> QRectF:
    """The first free place below a wish. Where that would not lie in ``seen``, the nearest free one there, if any."""
    crowd = [rect.adjusted(-GAP, -GAP, GAP, GAP) for rect in taken]
    place = QRectF(wish)
    while (hit := next((rect for rect in crowd if rect.intersects(place)), None)) is not None:
        place.moveTop(hit.bottom() + 1)
    room = None if seen is None else seen.adjusted(_EDGE, _EDGE, -_EDGE, -_EDGE)
    if room is None or room.contains(place) or room.width() < wish.width() or room.height() < wish.height():
        return place
    return _inside(room, wish, crowd) or place


def _inside(room: QRectF, wish: QRectF, crowd: list[QRectF]) -> QRectF | None:
    """The free place in a rectangle that is nearest to a wish."""
    across = int((room.width() - wish.width()) // _STEP) + 1
    down = int((room.height() - wish.height()) // _STEP) + 1
    places = [QRectF(room.left() + x * _STEP, room.top() + y * _STEP, wish.width(), wish.height())
              for x in range(across) for y in range(down)]
    places.sort(key=lambda place: (place.topLeft() - wish.topLeft()).manhattanLength())
    return next((place for place in places if not any(rect.intersects(place) for rect in crowd)), None)
