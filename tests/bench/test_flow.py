"""The figures of a running drawing and of a virtual run, small: they are printed, and held to be some.

``workbench bench flow.carried virtual.pace`` says on a quiet machine whether the goals are reached.
"""

from __future__ import annotations

import pytest

from workbench.cli.benchmarks.flow import carried_ratio
from workbench.cli.benchmarks.virtual import pace_ratio


@pytest.mark.bench
def test_a_drawing_is_measured_while_it_carries_events(record_property: pytest.FixtureRequest):
    result = carried_ratio(seconds=3.0)
    record_property("ratio", result.name)
    print(result.name)
    assert result.ours > 0


@pytest.mark.bench
def test_a_virtual_run_is_measured(record_property: pytest.FixtureRequest):
    result = pace_ratio(seconds=4.0, rounds=1)
    record_property("ratio", f"{result.name}: {result.ours:.1f} {result.unit}")
    print(f"{result.name}: {result.ours:.1f} {result.unit}")
    assert result.ours > 1, "faster than life"
