"""The figure of a running drawing, small: ``workbench bench flow.carried`` measures the same at length."""

from __future__ import annotations

import pytest

from workbench.cli.benchmarks.flow import carried_ratio


@pytest.mark.bench
def test_a_drawing_carries_fifty_thousand_events_a_second(record_property: pytest.FixtureRequest):
    result = carried_ratio(seconds=3.0)
    record_property("ratio", result.name)
    print(result.name)
    assert result.reached, f"{result.name}, goal {result.goal}x"
