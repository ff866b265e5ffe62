"""The records table: a jump anywhere, from the wish to the painted row, in one partition and in all merged by time.

``RECORDS_BENCH=10000000`` measures the size the house promises (50 ms); the usual run takes a million. Ready-made
batches are only stamped anew, so that ten million take seconds to write.
"""

from __future__ import annotations

import os
import random
import struct
import time
from pathlib import Path

import google_crc32c
import pytest
from PySide6.QtCore import QEventLoop, QThreadPool

from workbench.broker import Broker, BrokerReader, encode_batch
from workbench.core.records import Record
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.models.records import RecordsModel
from workbench.ui.models.rows import MergedRows, PartitionRows, Rows
from workbench.ui.panels.records import RecordsTable

RECORDS = int(os.environ.get("RECORDS_BENCH", "1000000"))
PARTITIONS, BATCH, JUMPS = 4, 1000, 40
LIMIT_MS = 50
START_MS = 1_795_000_000_000


def stamped(batch: bytes, at_ms: int) -> bytes:
    """The same batch at another time: base and greatest timestamp, and the checksum over them."""
    body = batch[21:27] + struct.pack(">qq", at_ms, at_ms + BATCH - 1) + batch[43:]
    return batch[:17] + struct.pack(">I", google_crc32c.value(body)) + body


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("records") / "many.flow"
    value = b'{"order_id":"O-1048812","country":"NL"}'
    batch = encode_batch(
        [Record(b"C-%d" % (20_000 + n), value, (), START_MS + n) for n in range(BATCH)], now_ms=START_MS
    )
    with Broker.create(path) as broker:
        broker.create_topic("orders", PARTITIONS)
        waiting = []
        for number in range(RECORDS // BATCH):
            waiting.append(
                broker.append_batch("orders", number % PARTITIONS, stamped(batch, START_MS + number * BATCH // 2))
            )
            if len(waiting) == 200:
                for done in waiting:
                    done.result()
                waiting.clear()
        for done in waiting:
            done.result()
    return path


def jumps_ms(table: RecordsTable, model: RecordsModel, dice: random.Random) -> list[float]:
    took = []
    for _ in range(JUMPS):
        row = dice.randrange(model.rowCount())
        loop = QEventLoop()
        model.page_loaded.connect(loop.quit)
        begun = time.perf_counter()
        table.scrollTo(model.index(row, 0), RecordsTable.ScrollHint.PositionAtTop)
        while model.record(row) is None:
            loop.exec()
        table.viewport().repaint()
        took.append((time.perf_counter() - begun) * 1000)
        model.page_loaded.disconnect(loop.quit)
    return sorted(took)


@pytest.mark.bench
@pytest.mark.timeout(600)
@pytest.mark.parametrize("rows", [PartitionRows("orders", 1), MergedRows("orders")], ids=["partition", "merged"])
def test_jump_anywhere(qtbot, file: Path, rows: Rows):
    workspace = Workspace(file, None)
    with BrokerReader(file) as reader:
        bounds = reader.bounds("orders")
    model = RecordsModel(workspace)
    table = RecordsTable()
    table.setModel(model)
    table.dress_columns()
    qtbot.addWidget(table)
    table.resize(1003, 420)
    begun = time.perf_counter()
    model.show(rows, *rows.span(bounds))
    table.show()
    table.viewport().repaint()
    opened_ms = (time.perf_counter() - begun) * 1000
    worked = time.process_time()
    took = jumps_ms(table, model, random.Random(5))
    worked_ms = (time.process_time() - worked) * 1000 / JUMPS
    QThreadPool.globalInstance().waitForDone()
    workspace.close()
    quiet, middle, late = (took[int(len(took) * share)] for share in (0.25, 0.5, 0.95))
    figures = f"jump p25 {quiet:.1f}, p50 {middle:.1f}, p95 {late:.1f} ms; {worked_ms:.1f} ms of CPU each"
    print(f"\n{model.rowCount():,} rows shown in {opened_ms:.1f} ms; {figures}")
    assert quiet <= LIMIT_MS, "even the jumps that nothing else on the machine disturbed are slow"
