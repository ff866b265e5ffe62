"""The canvas' frames: one timer that runs only while something moves, the animation's time, and measured frames.

Animation time stands still while the flow is paused, and no frame is made while nobody watches. GUI thread.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from workbench.ui.theme.tokens import MOTION

_REMEMBERED = 240
_GAP_MS = 250.0
_HEAVY_MS = 12.0


@dataclass(frozen=True, slots=True)
class FrameStats:
    """Of the last few seconds: frames a second, and the time to paint one. All zero when nothing moved."""

    fps: float = 0.0
    median_ms: float = 0.0
    p95_ms: float = 0.0
    p99_ms: float = 0.0
    frames: int = 0


def percentile(values: list[float], share: float) -> float:
    """The value under which ``share`` of the values lie; 0 without values."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


class FrameClock(QObject):
    """See the module. ``ticked`` asks for a repaint."""

    ticked = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.watched = False
        self._running = True
        self._elapsed_ms = 0.0
        self._since: float | None = None
        self._moving: Callable[[float], bool] = lambda now_ms: False
        self._painted: deque[tuple[float, float]] = deque(maxlen=_REMEMBERED)
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(MOTION["frame_ms"])
        self._timer.timeout.connect(self._tick)

    def now_ms(self) -> float:
        """Time of the animation: moves on only while the flow runs."""
        if self._since is None:
            return self._elapsed_ms
        return self._elapsed_ms + (perf_counter() - self._since) * 1000

    @property
    def active(self) -> bool:
        return self._timer.isActive()

    def move(self, moving: Callable[[float], bool]) -> None:
        """Make frames for as long as ``moving(now_ms)`` says so."""
        self._moving = moving
        self._settle()

    def set_running(self, running: bool) -> None:
        """Let the time go on, or stand still with the flow."""
        self._running = running
        self._settle()

    def set_watched(self, watched: bool) -> None:
        """Whether anyone can see the canvas."""
        self.watched = watched
        self._settle()

    def stop(self) -> None:
        self.set_watched(False)

    def _settle(self) -> None:
        wanted = self._running and self.watched and self._moving(self.now_ms())
        if wanted and self._since is None:
            self._since = perf_counter()
        elif not wanted and self._since is not None:
            self._elapsed_ms, self._since = self.now_ms(), None
        if wanted != self._timer.isActive():
            self._timer.start() if wanted else self._timer.stop()
            if not wanted:
                self.ticked.emit()  # the last frame, as things stand still

    def _tick(self) -> None:
        self._settle()
        if self.active:
            self.ticked.emit()

    # -- measuring -----------------------------------------------------------------------------------------
    def painted(self, began: float) -> None:
        """A frame's painting, begun at ``perf_counter`` time ``began``, is over."""
        if not self._timer.isActive():
            return
        now = perf_counter()
        self._painted.append((now, (now - began) * 1000))
        heavy = percentile([took for _, took in self._painted], 0.95) > _HEAVY_MS and len(self._painted) > 60
        interval = MOTION["frame_ms"] * (2 if heavy else 1)
        if interval != self._timer.interval():  # to set it is to begin anew: every frame would come later
            self._timer.setInterval(interval)

    def stats(self) -> FrameStats:
        took = [ms for _, ms in self._painted]
        gaps = [b - a for (a, _), (b, _) in zip(self._painted, list(self._painted)[1:], strict=False)]
        busy = [gap for gap in gaps if gap * 1000 < _GAP_MS]
        fps = len(busy) / sum(busy) if busy and self.active else 0.0
        return FrameStats(fps, percentile(took, 0.5), percentile(took, 0.95), percentile(took, 0.99), len(took))
