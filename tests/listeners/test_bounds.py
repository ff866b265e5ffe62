"""What keeps a listener within bounds: how long an answer gets, and who may reach it."""

from __future__ import annotations

import socket

import pytest
from listeners.wire import Wire, fetch_fields

from workbench.core.errors import Refused
from workbench.core.records import Record
from workbench.listeners.base import ListenerSettings

MOST = 8 << 20


def test_an_answer_to_a_fetch_has_an_end_however_much_is_asked_for(served):
    served.broker.create_topic("big", 12)
    for partition in range(12):
        served.broker.append("big", partition, [Record(None, bytes(1_000_000))]).result(10)
    fields = fetch_fields("big", 0, max_bytes=2**31 - 1)
    fields["topics"] = [{"topic": "big", "partitions": [
        {"partition": partition, "fetch_offset": 0, "partition_max_bytes": 2**31 - 1} for partition in range(12)
    ]}]
    with Wire(served.address) as wire:
        (topic,) = wire.ask("fetch", 4, **{name: value for name, value in fields.items()
                                           if name not in ("session_id", "session_epoch", "forgotten_topics_data")}
                            ).responses
    sizes = [len(part.records or b"") for part in topic.partitions]
    assert MOST // 2 < sum(sizes) <= MOST
    assert all(part.high_watermark == 1 for part in topic.partitions)


@pytest.mark.parametrize(("addresses", "alone"), [
    (["127.0.0.1", "::1"], True), (["127.0.0.1", "192.0.2.7"], False), (["192.0.2.7", "127.0.0.1"], False),
])
def test_a_name_is_this_machine_only_when_all_its_addresses_are(monkeypatch, addresses: list[str], alone: bool):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in addresses])
    settings = ListenerSettings(host="both.example")
    if alone:
        settings.check("kafka")
    else:
        with pytest.raises(Refused, match=r"both\.example can be reached from other machines"):
            settings.check("kafka")
