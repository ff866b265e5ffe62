"""The figure of a running drawing, small: the run prints it and holds that events went in and out.

``workbench bench flow.carried`` says on a quiet machine whether the goal is reached.
"""

from __future__ import annotations

import pytest

from workbench.cli.benchmarks.flow import carried_ratio


@pytest.mark.bench
def test_a_drawing_is_measured_while_it_carries_events(record_property: pytest.FixtureRequest):
    result = carried_ratio(seconds=3.0)
    record_property("ratio", result.name)
    print(result.name)
    assert result.ours > 0
