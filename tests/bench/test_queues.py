"""The queues' figures, small: the run prints the ratios and holds that both sides did their work.

Whether a goal is reached is for ``workbench bench`` on a quiet machine to say; a busy one would make a test of it lie.
"""

from __future__ import annotations

import pytest

from workbench.cli.benchmarks.queues import backlog_ratio, claim_ratio, litequeue_ratio, persistqueue_ratio
from workbench.core.errors import Unsupported


@pytest.mark.bench
@pytest.mark.parametrize("measure", [claim_ratio, backlog_ratio, litequeue_ratio, persistqueue_ratio])
def test_queues_keep_up(measure, record_property: pytest.FixtureRequest):
    try:
        result = measure(taken=2_000, rounds=3, waiting=10_000)
    except Unsupported as absent:
        pytest.skip(absent.sentence())
    line = f"{result.name}: {result.ours:,.0f} against {result.peer:,.0f} {result.unit} = {result.ratio:.2f}x"
    record_property("ratio", line)
    print(line)
    assert result.ours > 0
    assert result.peer > 0
