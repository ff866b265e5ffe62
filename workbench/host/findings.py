"""What judging the live state finds, and from where on somebody counts as behind. Values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Threshold:
    """From where on a group, or the queue that it reads, counts as behind."""

    records: int = 10_000
    seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class Finding:
    """``what`` tells findings about one subject apart."""

    subject: str
    what: str
    severity: str
    text: str
    next_step: str = ""
    at_once: bool = False
