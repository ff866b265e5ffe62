"""A portion grows while turns are short and shrinks when one was long."""

import pytest

from workbench.core.clock import ManualClock
from workbench.runtime.tempo import Portion


@pytest.mark.parametrize(("record_ms", "least", "most"), [(0.0001, 2_000, 2_000), (0.01, 50, 150), (5.0, 10, 10)])
def test_turns_settle_at_a_millisecond_or_so(record_ms, least, most):
    clock = ManualClock()
    portion = Portion(clock)
    for _ in range(50):
        count = portion.begin()
        clock.advance(count * record_ms)
        portion.end(count)
    assert least <= portion.count <= most


def test_a_turn_that_found_little_to_do_says_nothing_about_more():
    portion = Portion(ManualClock())
    before = portion.begin()
    portion.end(1)
    assert portion.count == before
