"""Runs ``on_a_screen.py`` in a process of its own on a virtual screen: the offscreen platform has no drags."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.screen import screen, why_not

INSIDE = Path(__file__).with_name("on_a_screen.py")
ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.xvfb
@pytest.mark.skipif(bool(why_not()), reason=why_not())
def test_drags_on_a_real_screen():
    with screen() as env:
        run = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(INSIDE)],
            cwd=ROOT, env=env, capture_output=True, text=True, timeout=110,
        )
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-2000:]
