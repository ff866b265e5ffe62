"""Keeps a level from flickering: a new one must hold for two seconds before it shows."""

from __future__ import annotations

from workbench.ui.canvas.look_values import Level
from workbench.ui.theme.tokens import LAG


class LevelHold:
    """The level shown per node. Time comes with each question, so the past and tests need no waiting."""

    def __init__(self) -> None:
        self._shown: dict[str, Level] = {}
        self._asked: dict[str, tuple[Level, int]] = {}

    def shown(self, node_id: str, level: Level, at_ms: int, at_once: bool = False) -> Level:
        """The level to show at ``at_ms``; ``at_once`` takes the new one without waiting (a jump in time)."""
        current = self._shown.setdefault(node_id, level)
        if at_once or level == current:
            self._shown[node_id] = level
            self._asked.pop(node_id, None)
            return level
        asked, since_ms = self._asked.get(node_id, (None, at_ms))
        if asked != level or at_ms < since_ms:
            self._asked[node_id] = (level, at_ms)
        elif at_ms - since_ms >= LAG["hold_ms"]:
            self._shown[node_id] = level
            del self._asked[node_id]
        return self._shown[node_id]

    def forget(self, node_id: str) -> None:
        self._shown.pop(node_id, None)
        self._asked.pop(node_id, None)
