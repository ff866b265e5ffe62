"""Code that is broken on purpose in ten places is noticed, each time (see ``runner``)."""

from __future__ import annotations

import pytest

from tests.mutation.mutants import MUTANTS
from tests.mutation.runner import CAUGHT, copy_of_the_tree, fits, try_one

TEN = [mutant for mutant in MUTANTS if mutant.in_suite]


def test_every_place_is_still_there():
    assert [mutant.name for mutant in MUTANTS if not fits(mutant)] == []


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_ten_mutants_are_caught():
    assert len(TEN) == 10
    with copy_of_the_tree() as copy:
        assert {mutant.name: try_one(copy, mutant) for mutant in TEN} == {mutant.name: CAUGHT for mutant in TEN}
