"""A hand-made Kafka client for tests: frames over a socket, requests and replies by kio, nothing hidden."""

from __future__ import annotations

import socket
from struct import pack, unpack
from typing import Any

from kio.serial import entity_reader

from workbench.listeners.kafka.apis.table import TABLE
from workbench.listeners.kafka.codec import kio_class, kio_writer

NAMES = {api.name: key for key, api in TABLE.items()}


def encode(name: str, version: int, fields: dict[str, Any], correlation: int = 7, client_id: str = "wire") -> bytes:
    """A request frame without its length. The client id is a 16-bit string in every version."""
    request = kio_class(name, version, "request")
    body = kio_writer(request)(fields)
    name_bytes = client_id.encode()
    header = pack(">hhih", NAMES[name], version, correlation, len(name_bytes)) + name_bytes
    return header + (b"\0" if request.__flexible__ else b"") + body


def decode(name: str, version: int, frame: bytes) -> tuple[int, Any]:
    """(correlation id, response); everything in the frame must have been read."""
    response = kio_class(name, version, "response")
    (correlation,) = unpack(">i", frame[:4])
    at = 5 if response.__flexible__ and name != "api_versions" else 4
    entity, size = entity_reader(response)(frame, at)
    assert at + size == len(frame), f"{len(frame) - at - size} bytes too many"
    return correlation, entity


class Wire:
    """One connection."""

    def __init__(self, address: str, timeout_s: float = 10.0) -> None:
        host, _, port = address.rpartition(":")
        self.socket = socket.create_connection((host.strip("[]"), int(port)), timeout_s)
        self._asked = 0

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, frame: bytes) -> None:
        self.socket.sendall(pack(">i", len(frame)) + frame)

    def begin(self, name: str, version: int, **fields: Any) -> int:
        """Send a request; returns its correlation id."""
        self._asked += 1
        self.send(encode(name, version, fields, self._asked))
        return self._asked

    def receive(self) -> bytes:
        """The next frame; EOFError when the listener closed."""
        (length,) = unpack(">i", self._exactly(4))
        return self._exactly(length)

    def ask(self, name: str, version: int, **fields: Any) -> Any:
        """Send and wait for the answer."""
        correlation = self.begin(name, version, **fields)
        answered, entity = decode(name, version, self.receive())
        assert answered == correlation
        return entity

    def closed(self) -> bool:
        """Whether the listener ends the connection (waits for it)."""
        try:
            while self.socket.recv(65536):
                pass
        except ConnectionError:
            return True
        except TimeoutError:
            return False
        return True

    def _exactly(self, count: int) -> bytes:
        data = bytearray()
        while len(data) < count:
            more = self.socket.recv(count - len(data))
            if not more:
                raise EOFError("the listener closed the connection")
            data += more
        return bytes(data)


def produce_fields(topic: str, *batches: bytes, acks: int = -1, partition: int = 0) -> dict[str, Any]:
    return {
        "transactional_id": None, "acks": acks, "timeout": 10_000,
        "topic_data": [{"name": topic, "partition_data": [
            {"index": partition, "records": batch} for batch in batches
        ]}],
    }


def fetch_fields(topic: str, offset: int, *, wait_ms: int = 0, min_bytes: int = 1, max_bytes: int = 1 << 20,
                 partition_bytes: int = 1 << 20, isolation: int = 0, partition: int = 0) -> dict[str, Any]:
    return {
        "replica_id": -1, "max_wait": wait_ms, "min_bytes": min_bytes, "max_bytes": max_bytes,
        "isolation_level": isolation, "session_id": 0, "session_epoch": -1, "forgotten_topics_data": (),
        "topics": [{"topic": topic, "partitions": [
            {"partition": partition, "fetch_offset": offset, "partition_max_bytes": partition_bytes}
        ]}],
    }
