"""``workbench``: a verb goes to the command line, a file or nothing to the window.

The one place that knows both ``cli`` and ``ui``; neither knows the other. Each is imported only when it is wanted.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from workbench.cli.verbs import VERBS

_ANSWERED_BY_CLI = ("-h", "--help", "--version")


def main() -> int:
    """Entry point of the ``workbench`` command."""
    arguments = sys.argv[1:]
    if wants_window(arguments):
        try:
            from workbench.ui.app import main as open_window
        except ImportError as error:  # Qt or one of the system's libraries under it
            print(f"The window can't start: {error}. «workbench doctor» says what is missing.", file=sys.stderr)
            return 1
        return open_window(arguments)
    try:
        from workbench.cli import process

        process.prepare()
        from workbench.cli.main import main as do_verb
    except KeyboardInterrupt:
        return 1
    return do_verb(arguments)


def wants_window(arguments: list[str]) -> bool:
    """Whether the arguments name no verb: nothing, an option of the window, or what can only be a file."""
    if not arguments:
        return True
    first = arguments[0]
    if first in VERBS or first in _ANSWERED_BY_CLI:
        return False
    return first.startswith("-") or os.sep in first or bool(Path(first).suffix) or Path(first).exists()


if __name__ == "__main__":
    raise SystemExit(main())
