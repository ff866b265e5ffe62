"""A new workspace begins with the first host, not with the making of the file."""

from __future__ import annotations

from pathlib import Path

from workbench.broker import BrokerReader
from workbench.host import LocalHost, make_workspace


def test_a_new_workspace_has_seen_no_host_before_its_first(tmp_path: Path):
    path = tmp_path / "a.flow"
    make_workspace(path, "orders")
    LocalHost(path).close()
    with BrokerReader(path) as reader:
        acts = [entry.act for entry in reader.journal(kinds=("host",))]
        assert acts == ["started", "stopped"]
        assert "checkout" in reader.flow()
