"""Where bridges keep how far they are: one small file a bridge, in the user's state folder, gone once it is through.

Written whole or not at all, and safe once ``keep`` returns.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

from workbench.core.errors import Invalid
from workbench.session.bridge import BridgePoint


@dataclass(frozen=True, slots=True)
class BridgeEnds:
    """What a bridge joins, as the user calls them: a file by its full path, a system as ``@NAME``."""

    source: str
    topic: str
    into: str
    into_topic: str

    def __str__(self) -> str:
        return f"{self.topic} of {self.source} into {self.into_topic} of {self.into}"


class PointFile:
    def __init__(self, ends: BridgeEnds, folder: Path | None = None) -> None:
        name = hashlib.sha256("\0".join((ends.source, ends.topic, ends.into, ends.into_topic)).encode()).hexdigest()
        self._ends = ends
        self.path = (folder or _user_folder()) / f"{name[:24]}.json"

    def read(self) -> BridgePoint | None:
        """None when no bridge of these ends was broken off."""
        try:
            told = json.loads(self.path.read_text(encoding="utf-8"))
            return BridgePoint(_numbers(told["upcoming"]), _numbers(told["ends"]), _numbers(told["target_ends"]),
                               told["done"])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as problem:
            raise Invalid("How far the bridge was can't be read from {path}: {problem}.", "Begin anew with --again.",
                          path=self.path, problem=problem) from None

    def keep(self, point: BridgePoint) -> None:
        told = {"bridge": str(self._ends), "upcoming": point.upcoming, "ends": point.ends,
                "target_ends": point.target_ends, "done": point.done}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self.path.with_suffix(".new")
        with open(unfinished, "w", encoding="utf-8") as file:
            json.dump(told, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, self.path)

    def forget(self) -> None:
        self.path.unlink(missing_ok=True)


def _numbers(told: dict[str, int]) -> dict[int, int]:
    return {int(part): int(at) for part, at in told.items()}


def _user_folder() -> Path:
    import platformdirs

    return platformdirs.user_state_path("workbench", False) / "bridges"
