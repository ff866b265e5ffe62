"""A measured ratio, and how one is taken: ours and the peer in turn, round after round, medians compared.

Absolute numbers of a shared machine wander; the ratio of two things done in turn does not, so only ratios are goals.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Result:
    """``ours`` and ``peer`` in ``unit``; reached when ``ratio`` is at least ``goal``."""

    name: str
    ours: float
    peer: float
    ratio: float
    unit: str
    goal: float

    @property
    def reached(self) -> bool:
        return self.ratio >= self.goal


def interleave(name: str, ours: Callable[[], float], peer: Callable[[], float], *, rounds: int, unit: str,
               goal: float) -> Result:
    """Both give a rate; who goes first changes with every round."""
    our_rates, peer_rates = [], []
    for number in range(rounds):
        for mine in (True, False) if number % 2 else (False, True):
            if mine:
                our_rates.append(ours())
            else:
                peer_rates.append(peer())
    mid, other = statistics.median(our_rates), statistics.median(peer_rates)
    return Result(name, mid, other, mid / other, unit, goal)
