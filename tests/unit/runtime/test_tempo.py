"""A portion grows while turns are short, and shrinks when a turn or a round of all was long."""

import asyncio

import pytest

from workbench.core.clock import ManualClock
from workbench.runtime.tempo import Portion


def settle(record_ms, others_ms=0.0, turns=50):
    """The portion of a part that always has more to do, beside others that take their time each round."""
    clock = ManualClock()
    portion = Portion(clock)

    async def work():
        for _ in range(turns):
            count = portion.begin()
            clock.advance(count * record_ms)
            portion.end(count)
            clock.advance(others_ms)
            await portion.give_way()

    asyncio.run(work())
    return portion.count


@pytest.mark.parametrize(("record_ms", "least", "most"), [(0.0001, 2_000, 2_000), (0.01, 50, 150), (5.0, 10, 10)])
def test_turns_settle_at_a_millisecond_or_so(record_ms, least, most):
    assert least <= settle(record_ms) <= most


def test_a_crowd_makes_everybody_modest():
    assert settle(0.0001, others_ms=30.0) == 10


def test_a_turn_that_found_little_to_do_says_nothing_about_more():
    portion = Portion(ManualClock())
    before = portion.begin()
    portion.end(1)
    asyncio.run(portion.give_way())
    assert portion.count == before
