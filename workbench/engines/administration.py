"""Changing topics and groups of an attached system, where the user has turned writing on for it.

Each change is a command of the control channel, the same that the workspace's own host takes: so it can be told as the
call that it will make (``call_for``) before it is made (``do``). What can't be undone there is said by who asks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from workbench.control.command import Command
from workbench.core.offsets import ResetPlan, ResetSpec


class Administration(Protocol):
    """Calls block, and come from one thread at a time."""

    def call_for(self, change: Command) -> str:
        """The call that ``do`` makes, in the system's own words; ``Unsupported`` where it has none."""
        ...

    def do(self, change: Command) -> None:
        """CreateTopic, AlterTopic, DeleteTopic, DeleteGroup; it answers once the system has done it."""
        ...

    def plan_reset(self, group: str, spec: ResetSpec, topic: str, partitions: Sequence[int]) -> ResetPlan:
        """Where the group would go; nothing is changed."""
        ...

    def apply_reset(self, plan: ResetPlan) -> ResetPlan:
        """Move the group as planned; ``Refused`` while its members are active."""
        ...

    def close(self) -> None: ...
