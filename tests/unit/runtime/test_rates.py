"""Rates owe what they should, however often they are asked."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.runtime.rates import Burst, Constant, Poisson, Ramp


@pytest.mark.parametrize(
    ("rate", "at_s", "due"),
    [
        (Constant(60), 10, 600), (Constant(0), 10, 0), (Constant(0.5), 3, 1),
        (Burst(10, 100, 10, 2), 1, 100), (Burst(10, 100, 10, 2), 10, 280), (Burst(10, 100, 10, 2), 11, 380),
        (Ramp(0, 100, 10), 5, 125), (Ramp(0, 100, 10), 10, 500), (Ramp(0, 100, 10), 12, 700),
    ],
)
def test_due(rate, at_s, due):
    assert rate.due(at_s) == due


def test_poisson_is_about_its_rate_and_comes_from_the_seed():
    assert 9_600 < Poisson(100, Random(1)).due(100) < 10_400
    one, two = Poisson(50, Random(3)), Poisson(50, Random(3))
    steps = [one.due(i / 10) for i in range(200)]
    assert two.due(19.9) == steps[-1]
    assert Poisson(0, Random(1)).due(1e9) == 0


@given(st.lists(st.floats(0, 1000), min_size=2, max_size=20))
def test_what_is_due_never_falls(times):
    for rate in (Constant(7), Burst(1, 90, 7, 3), Ramp(50, 1, 20), Poisson(2, Random(1))):
        due = [rate.due(at) for at in sorted(times)]
        assert due == sorted(due)
