"""Virtual time: it jumps from timer to timer, in whole microseconds, and a run in it is the same each time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest

from workbench.runtime.virtual import Stalled, VirtualClock, VirtualLoop


def in_virtual_time(story: Callable[[VirtualLoop], Awaitable[None]]) -> VirtualLoop:
    loop = VirtualLoop()
    try:
        loop.run_until_complete(story(loop))
    finally:
        loop.close()
    return loop


def test_an_hour_passes_at_once_and_to_the_microsecond():
    began = time.monotonic()

    async def story(loop: VirtualLoop) -> None:
        await asyncio.sleep(3600)
        assert loop.now_us == 3_600_000_000
        await asyncio.sleep(0.000_001)
        assert loop.now_us == 3_600_000_001

    in_virtual_time(story)
    assert time.monotonic() - began < 30, "it did not wait"


def test_timers_come_in_the_order_of_their_times_and_tasks_get_their_turn_first():
    seen: list[tuple[str, int]] = []

    async def sleeper(loop: VirtualLoop, name: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        seen.append((name, loop.now_us))

    async def story(loop: VirtualLoop) -> None:
        await asyncio.gather(sleeper(loop, "late", 0.3), sleeper(loop, "soon", 0.1), sleeper(loop, "now", 0))

    in_virtual_time(story)
    assert seen == [("now", 0), ("soon", 100_000), ("late", 300_000)]


def test_other_threads_work_is_done_here_and_its_errors_come_back():
    async def story(loop: VirtualLoop) -> None:
        assert await asyncio.to_thread(lambda: 1 + 1) == 2
        with pytest.raises(ZeroDivisionError):
            await asyncio.to_thread(lambda: 1 // 0)

    in_virtual_time(story)


def test_what_would_wait_for_ever_is_said():
    async def story(loop: VirtualLoop) -> None:
        await asyncio.Event().wait()

    with pytest.raises(Stalled):
        in_virtual_time(story)


def test_the_clock_follows_the_loop():
    async def story(loop: VirtualLoop) -> None:
        clock = VirtualClock(loop, 1_000_000)
        await asyncio.sleep(1.5)
        assert (clock.now_ms(), clock.monotonic_ms()) == (1_001_500, 1500.0)

    in_virtual_time(story)


def test_a_timer_that_is_due_by_a_hair_does_not_spin():
    """Times that binary fractions can't say (0.1 + 0.2) are still reached in a few turns of the loop."""

    async def story(loop: VirtualLoop) -> None:
        for _ in range(10_000):
            await asyncio.sleep(0.1)
        assert loop.now_us == 1_000_000_000

    in_virtual_time(story)
