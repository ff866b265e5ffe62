"""A run's summary as the reply that the command line prints. Pure."""

from __future__ import annotations

from dataclasses import asdict

from workbench.control.messages import GroupOutcome, RunOutcome
from workbench.core.snapshot import RunState
from workbench.runtime import RunSummary


def outcome_of(summary: RunSummary, run: RunState, drained: bool) -> RunOutcome:
    groups = {name: GroupOutcome(**asdict(group)) for name, group in summary.groups.items()}
    return RunOutcome(run, drained, summary.seconds, summary.seed, summary.produced, summary.failed, groups,
                      summary.problems, summary.notes)
