"""A running flow: producers and consumers of a drawing, at work on any engine."""

from workbench.runtime.group import GroupRunStat
from workbench.runtime.plan import FlowPlan, plan_of
from workbench.runtime.runner import FlowRunner, RunnerStats
from workbench.runtime.summary import GroupSummary, RunSummary

__all__ = ["FlowPlan", "FlowRunner", "GroupRunStat", "GroupSummary", "RunSummary", "RunnerStats", "plan_of"]
