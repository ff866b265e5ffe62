"""The log's figures, small: the run prints the ratios and holds that both sides did their work.

Whether a goal is reached is for ``workbench bench`` on a quiet machine to say; a busy one would make a test of it lie.
"""

from __future__ import annotations

import pytest

from workbench.cli.benchmarks.log import append_ratio, append_rows_ratio, read_ratio


@pytest.mark.bench
@pytest.mark.parametrize("measure", [append_ratio, append_rows_ratio, read_ratio])
def test_the_log_keeps_up_with_sqlite_itself(measure, record_property: pytest.FixtureRequest):
    result = measure(batches=60, rounds=3)
    line = f"{result.name}: {result.ours:,.0f} against {result.peer:,.0f} {result.unit} = {result.ratio:.2f}x"
    record_property("ratio", line)
    print(line)
    assert result.ours > 0
    assert result.peer > 0
