"""What a client asks for and does not get is said with the client, with what to set instead."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from struct import pack

import confluent_kafka as ck
from confluent_kafka.admin import AdminClient
from listeners.serving import Served
from listeners.wire import Wire

from workbench.core.snapshot import ClientStat, Unserved

WITHIN_S = 20.0
DESCRIBE_ACLS, SHARE_GROUP_HEARTBEAT, DESCRIBE_LOG_DIRS, PRODUCE = 29, 76, 35, 0


def client_named(served: Served, name: str) -> ClientStat | None:
    return next((client for client in served.clients() if client.client_id == name), None)


def waited(look: Callable[[], bool]) -> bool:
    until = time.monotonic() + WITHIN_S
    while time.monotonic() < until:
        if look():
            return True
        threading.Event().wait(0.1)
    return False


def in_vain(served: Served, name: str) -> tuple[Unserved, ...]:
    client = client_named(served, name)
    return () if client is None else client.unserved


def test_a_consumer_of_the_new_protocol_is_told_to_set_the_classic_one(served: Served):
    """librdkafka reads nothing and says nothing: that it found no such API it keeps to itself."""
    served.broker.create_topic("t", 1)
    consumer = ck.Consumer({"bootstrap.servers": served.address, "group.id": "g", "group.protocol": "consumer",
                            "client.id": "new-app"})
    consumer.subscribe(["t"])
    try:
        assert waited(lambda: bool(consumer.poll(0.2)) or bool(in_vain(served, "new-app")))
        (asked,) = in_vain(served, "new-app")
        client = client_named(served, "new-app")
    finally:
        consumer.close()
    assert asked.what == "the new group protocol"
    assert asked.instead == "Set group.protocol=classic in its configuration."
    assert client is not None and client.note == asked.sentence()


def test_who_only_administers_a_group_is_not_accused(served: Served):
    served.broker.create_topic("t", 1)
    admin = AdminClient({"bootstrap.servers": served.address, "client.id": "tool"})
    asked = ck.ConsumerGroupTopicPartitions("g", [ck.TopicPartition("t", 0)])
    admin.list_consumer_group_offsets([asked])["g"].result(20)
    consumer = ck.Consumer({"bootstrap.servers": served.address, "group.id": "g", "client.id": "classic-app"})
    consumer.subscribe(["t"])
    consumer.poll(4.0)
    consumer.close()
    assert in_vain(served, "tool") == in_vain(served, "classic-app") == ()


def test_an_api_that_is_not_served_is_named_with_what_to_do(served: Served):
    for key, version in ((DESCRIBE_ACLS, 2), (SHARE_GROUP_HEARTBEAT, 1), (DESCRIBE_LOG_DIRS, 1), (DESCRIBE_ACLS, 2),
                         (PRODUCE, 2)):
        with Wire(served.address) as wire:
            wire.send(pack(">hhih", key, version, 1, 5) + b"asker" + bytes(8))
            assert wire.closed()
    assert waited(lambda: len(in_vain(served, "asker")) == 4)
    found = {one.what: one for one in in_vain(served, "asker")}
    assert {what: one.times for what, one in found.items()} == {
        "access control lists": 2, "share groups": 1, "DescribeLogDirs": 1, "Produce version 2": 1}
    assert all(one.instead.endswith(".") for one in found.values())
    assert "newer client" in found["Produce version 2"].instead
