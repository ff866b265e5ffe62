"""The contract of listeners, for each protocol that is served."""

from __future__ import annotations

import base64
import socket
from struct import pack, unpack

from contracts.listener_contract import ListenerContract, certificate  # noqa: F401

from workbench.listeners.amqp import AmqpListener
from workbench.listeners.kafka import KafkaListener
from workbench.listeners.registry import RegistryListener

API_VERSIONS, HANDSHAKE, AUTHENTICATE = 18, 17, 36


class TestKafka(ListenerContract):
    listener = KafkaListener
    protocol = "kafka"

    def hello(self, link: socket.socket) -> bytes:
        return self._ask(link, API_VERSIONS)

    def login(self, link: socket.socket, name: str, password: str) -> bool:
        self._ask(link, HANDSHAKE, b"\0\5PLAIN", version=1)
        token = f"\0{name}\0{password}".encode()
        answer = self._ask(link, AUTHENTICATE, pack(">i", len(token)) + token)
        return unpack(">h", answer[4:6]) == (0,)

    def _ask(self, link: socket.socket, key: int, body: bytes = b"", version: int = 0) -> bytes:
        frame = pack(">hhih", key, version, 7, -1) + body
        link.sendall(pack(">i", len(frame)) + frame)
        size = _exactly(link, 4)
        return _exactly(link, *unpack(">i", size)) if size else b""


class TestRegistry(ListenerContract):
    listener = RegistryListener
    protocol = "registry"

    def hello(self, link: socket.socket) -> bytes:
        return self._get(link, "")

    def login(self, link: socket.socket, name: str, password: str) -> bool:
        token = base64.b64encode(f"{name}:{password}".encode()).decode()
        return self._get(link, f"Authorization: Basic {token}\r\n").startswith(b"HTTP/1.1 200")

    def _get(self, link: socket.socket, head: str) -> bytes:
        link.sendall(f"GET /schemas/types HTTP/1.1\r\nHost: 127.0.0.1\r\n{head}\r\n".encode())
        said = b""
        while not said.endswith((b"]", b"}")):
            data = link.recv(65_536)
            if not data:
                return b""
            said += data
        return said


class TestAmqp(ListenerContract):
    listener = AmqpListener
    protocol = "amqp"
    own_start = b"AMQP\x00\x00\x09\x01"

    def hello(self, link: socket.socket) -> bytes:
        link.sendall(self.own_start)
        return self._frame(link)

    def login(self, link: socket.socket, name: str, password: str) -> bool:
        assert self.hello(link)[:4] == b"\0\x0a\0\x0a"  # start
        token = f"\0{name}\0{password}".encode()
        start_ok = b"\0\x0a\0\x0b" + bytes(4) + b"\5PLAIN" + pack(">I", len(token)) + token + b"\5en_US"
        link.sendall(pack(">BHI", 1, 0, len(start_ok)) + start_ok + b"\xce")
        return self._frame(link)[:4] == b"\0\x0a\0\x1e"  # tune

    def _frame(self, link: socket.socket) -> bytes:
        head = _exactly(link, 7)
        return _exactly(link, unpack(">BHI", head)[2] + 1)[:-1] if head else b""


def _exactly(link: socket.socket, size: int) -> bytes:
    said = b""
    while len(said) < size:
        data = link.recv(size - len(said))
        if not data:
            return b""
        said += data
    return said
