"""What judging the live state finds besides the health of its parts. Values."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.core.health import Threshold

__all__ = ["Finding", "Threshold"]


@dataclass(frozen=True, slots=True)
class Finding:
    """``what`` tells findings about one subject apart."""

    subject: str
    what: str
    severity: str
    text: str
    next_step: str = ""
    at_once: bool = False
