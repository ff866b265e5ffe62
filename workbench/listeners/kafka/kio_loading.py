"""Loads kio, and not what kio loads for its own tests: before anything else of this package imports it.

Where hypothesis is installed, kio tells it how to make up each of its types. To a server that is 100 ms of its start
for nothing. Programs without hypothesis, and tests, which have it loaded already, notice no difference.
"""

from __future__ import annotations

import sys

_FOR_TESTS = "hypothesis"

if _FOR_TESTS not in sys.modules:
    # None is «not installed», to who imports it now; the stub knows modules only.
    sys.modules[_FOR_TESTS] = None  # pyright: ignore[reportArgumentType]
    try:
        import kio.static.primitive  # noqa: F401
    finally:
        del sys.modules[_FOR_TESTS]
