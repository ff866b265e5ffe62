"""Looking into the workspace's own file, by its reader."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path

import pytest
from contracts.browse_contract import BrowseContract

from workbench.broker import Broker, BrokerReader


class TestFile(BrowseContract):
    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.path = tmp_path / "work.flow"

    @contextmanager
    def system(self):
        with Broker.create(self.path) as broker:
            broker.create_topic("orders", 2)
            with BrokerReader(self.path) as reader:
                yield reader, lambda partition, records: broker.append("orders", partition, records).result()
