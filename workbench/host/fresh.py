"""A new workspace file, empty or with a sample's drawing."""

from __future__ import annotations

from pathlib import Path


def make_workspace(path: Path, sample: str = "") -> None:
    """Make the file, whole or not at all; any thread. ``AlreadyExists`` when it is there, ``NotFound`` for a sample."""
    from workbench.broker import Broker  # here: a window that only asks for a file should not pay for it
    from workbench.flow import codec
    from workbench.flow.samples import load_sample

    Broker.make(path, codec.dumps(load_sample(sample)) if sample else "")
