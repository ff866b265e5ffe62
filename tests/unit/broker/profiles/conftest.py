"""What the tests of profiles proved in this run, for the page that says so."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.unit.broker.profiles.seen import PROVED


@pytest.fixture
def proved(request: pytest.FixtureRequest):
    """``proved(profile, claim)``, once it was seen."""

    def note(profile: str, claim: str) -> None:
        PROVED.setdefault(profile, {})[claim] = request.function.__name__

    return note


def pytest_sessionfinish() -> None:
    if path := os.environ.get("WORKBENCH_PROOFS"):
        text = json.dumps(PROVED, indent=1, sort_keys=True, ensure_ascii=False)
        Path(path).write_text(text + "\n", encoding="utf-8")
