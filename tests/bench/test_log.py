"""The log's figures of issue 2, small: ``workbench bench`` measures the same at length."""

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
    assert result.reached, f"{line}, goal {result.goal}x"
