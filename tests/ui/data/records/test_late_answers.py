"""Answers that come when another topic is shown already."""

from __future__ import annotations

import threading

from workbench.core.records import StoredRecord
from workbench.ui.bridge.operation import wait_for_work
from workbench.ui.models.records import RecordsModel


class Named:
    """The rows of one topic; a read waits for the gate."""

    page_rows = 128
    connection = ""

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self.gate = threading.Event()
        self.asked = threading.Event()

    def read(self, reader, first: int, count: int) -> dict[int, StoredRecord]:
        self.asked.set()
        assert self.gate.wait(10)
        return {n: StoredRecord(self.topic, 0, n, n, None, b"%d" % n) for n in range(first, first + count)}


def test_the_rows_of_an_earlier_topic_are_dropped(real):
    orders, bills = Named("orders"), Named("bills")
    model = RecordsModel(real.workspace)
    try:
        model.show(orders, 0, 100)
        assert model.record(0) is None
        real.qtbot.waitUntil(orders.asked.is_set)
        model.show(bills, 0, 100)
        assert model.record(0) is None
        real.qtbot.waitUntil(bills.asked.is_set)
        with real.qtbot.assertNotEmitted(model.page_loaded):
            orders.gate.set()
            real.qtbot.waitUntil(lambda: orders.gate.is_set())
            real.qtbot.wait(50)
        assert model.record(0) is None
        bills.gate.set()
        real.qtbot.waitUntil(lambda: model.record(0) is not None)
        assert {model.record(row).topic for row in range(100)} == {"bills"}
    finally:
        orders.gate.set()
        bills.gate.set()
        wait_for_work()
