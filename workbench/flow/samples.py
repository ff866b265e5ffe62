"""The sample flows that come with the workbench, from ``resources/samples``: a drawing, a summary, what to look at."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

from workbench.core.errors import NotFound
from workbench.flow import codec
from workbench.flow.document import FlowDocument

_ORDER = (
    "orders", "orders-full", "video-upload", "burst-buffer",
    "competing-consumers", "poison-message", "retry-stages", "video-fanout", "order-queue", "read-model",
)


@dataclass(frozen=True, slots=True)
class Sample:
    name: str
    title: str
    summary: str
    lines_to_look_at: tuple[str, ...]


def samples() -> list[Sample]:
    """All samples, the living one of the first start first."""
    return [_sample(name, _plain(name)) for name in _ORDER]


@lru_cache(maxsize=8)
def lines_to_look_at(title: str) -> tuple[str, ...]:
    """What to look at in the drawing of that title; nothing when it is no sample's."""
    return next((sample.lines_to_look_at for sample in samples() if sample.title == title), ())


def load_sample(name: str) -> FlowDocument:
    """A new document of the sample's drawing."""
    return codec.from_plain(_plain(name)["flow"])


def _plain(name: str) -> dict[str, Any]:
    if name not in _ORDER:
        raise NotFound("There is no sample «{name}».", "Use one of {order}.", name=name, order=', '.join(_ORDER))
    file = resources.files("workbench.resources") / "samples" / f"{name}.json"
    return json.loads(file.read_text(encoding="utf-8"))


def _sample(name: str, plain: dict[str, Any]) -> Sample:
    return Sample(name, plain["title"], plain["summary"], tuple(plain["look_at"]))
