"""What keys and pointer need of the canvas they act on, beside what a gesture does (``gestures.base.Stage``)."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QPoint, QPointF
from PySide6.QtWidgets import QWidget

from workbench.ui.canvas.acts import DrawingActs
from workbench.ui.canvas.gestures.base import Stage
from workbench.ui.canvas.gestures.link import KeyLink
from workbench.ui.qt_types import BoundSignal


class Surface(Stage, Protocol):
    """``FlowView`` is one. Its signals say what a person asked for that others do."""

    acts: DrawingActs
    panel_wanted: BoundSignal
    replay_wanted: BoundSignal
    binding_wanted: BoundSignal
    run_wanted: BoundSignal

    @property
    def zoom(self) -> float: ...

    # -- where it looks
    def viewport(self) -> QWidget: ...
    def to_scene(self, at: QPointF) -> QPointF: ...
    def scroll_by(self, by: QPoint) -> None: ...
    def show_node(self, node_id: str) -> None: ...
    def zoom_in(self) -> None: ...
    def zoom_out(self) -> None: ...
    def zoom_actual(self) -> None: ...
    def fit(self) -> None: ...

    # -- what begins on it
    def rename(self, node_id: str) -> None: ...
    def start_key_link(self, node_id: str) -> KeyLink | None: ...
