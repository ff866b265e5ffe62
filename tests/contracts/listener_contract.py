"""What every listener keeps to, whatever its protocol. A subclass says which it is and how a client says hello."""

from __future__ import annotations

import contextlib
import shutil
import socket
import ssl
import subprocess
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest
from listeners.serving import Served

from workbench.broker import Broker
from workbench.core.errors import Invalid, Missing, Refused
from workbench.listeners.base import AddressTaken, ListenerSettings, Users

WITHIN_S = 10.0
IDLE = 200


def waited(look: Callable[[], bool]) -> bool:
    until = time.monotonic() + WITHIN_S
    while time.monotonic() < until:
        if look():
            return True
        threading.Event().wait(0.02)
    return False


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """(certificate, key) of localhost, made for the tests."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed; it makes the certificate (apt install openssl)")
    folder = tmp_path_factory.mktemp("tls")
    made, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", made],
                   check=True, capture_output=True)
    return made, key


class ListenerContract:
    """``listener`` is the class; ``hello`` asks something on an open socket and returns the answer's bytes (empty: the
    connection was closed); ``login`` the same after showing a name and a password, and whether that was let in."""

    listener: type
    protocol: str
    own_start = b""
    """With which its own clients begin, if that is always the same."""

    def hello(self, link: socket.socket) -> bytes:
        raise NotImplementedError

    def login(self, link: socket.socket, name: str, password: str) -> bool:
        raise NotImplementedError

    # -- the stage -----------------------------------------------------------------------------------------
    @contextlib.contextmanager
    def served(self, tmp_path: Path, user: str = "", **settings: object) -> Iterator[Served]:
        with Broker.create(tmp_path / f"{uuid.uuid4().hex}.flow") as broker:
            if user:
                Users(broker).put(user, "secret")
            served = Served(broker, ListenerSettings(**settings), self.listener)  # type: ignore[arg-type]
            try:
                yield served
            finally:
                served.close()

    def connect(self, served: Served) -> socket.socket:
        host, port = served.address.rpartition("//")[2].rsplit(":", 1)
        return socket.create_connection((host, int(port)), WITHIN_S)

    def alive(self, served: Served) -> bool:
        with self.connect(served) as link:
            return bool(self.hello(link))

    def open_ones(self, served: Served) -> int:
        return sum(client.connections for client in served.clients())

    # -- addresses -----------------------------------------------------------------------------------------
    def test_a_taken_port_is_said_in_words(self, tmp_path: Path):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            with pytest.raises(AddressTaken, match=f"can't have 127.0.0.1:{port}") as caught, self.served(
                tmp_path, port=port
            ):
                pass
        assert "choose another port" in caught.value.next_step

    def test_an_address_others_reach_is_a_choice_that_names_the_risk(self, tmp_path: Path):
        with pytest.raises(Refused, match="read and write") as caught, self.served(tmp_path, host="0.0.0.0"):
            pass
        assert f"--{self.protocol}-allow-remote" in caught.value.next_step
        with self.served(tmp_path, host="0.0.0.0", allow_remote=True) as served:
            assert "0.0.0.0:" in served.address

    # -- who is there --------------------------------------------------------------------------------------
    def test_who_comes_is_seen_with_its_protocol_and_gone_when_it_leaves(self, tmp_path: Path):
        with self.served(tmp_path) as served:
            with self.connect(served) as link:
                assert self.hello(link)
                (client,) = [client for client in served.clients() if client.connections]
                assert client.protocol == self.protocol
                assert client.address == "{}:{}".format(*link.getsockname())
                assert client.requests == 1
            assert waited(lambda: self.open_ones(served) == 0)

    def test_too_many_are_turned_away_with_the_reason(self, tmp_path: Path):
        with self.served(tmp_path, max_connections=3) as served, contextlib.ExitStack() as open_:
            links = [open_.enter_context(self.connect(served)) for _ in range(3)]
            assert all(self.hello(link) for link in links)
            more = open_.enter_context(self.connect(served))
            assert _closed(more)
            assert any("More than 3 connections" in client.note for client in served.clients())
            assert self.hello(links[0])

    def test_two_hundred_idle_connections_disturb_nobody(self, tmp_path: Path):
        with self.served(tmp_path) as served, contextlib.ExitStack() as open_:
            for _ in range(IDLE):
                open_.enter_context(self.connect(served))
            assert waited(lambda: self.open_ones(served) == IDLE)
            began = time.monotonic()
            assert self.alive(served)
            assert time.monotonic() - began < 5.0

    def test_who_asks_nothing_for_too_long_is_closed(self, tmp_path: Path):
        with self.served(tmp_path, max_idle_ms=400) as served, self.connect(served) as link:
            assert self.hello(link)
            assert _closed(link)
            assert self.alive(served)

    def test_stopping_closes_every_connection_and_gives_the_port_up(self, tmp_path: Path):
        with self.served(tmp_path) as served:
            asked, silent, half = self.connect(served), self.connect(served), self.connect(served)
            assert self.hello(asked)
            half.sendall(b"G")
            port = asked.getpeername()[1]
            assert waited(lambda: self.open_ones(served) == 3)
        for link in (asked, silent, half):
            assert _closed(link)
            link.close()
        with self.served(tmp_path, port=port) as served:
            assert self.alive(served)

    # -- bytes that are not what they should be ------------------------------------------------------------
    @pytest.mark.parametrize("start", [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"AMQP\x00\x00\x09\x01",
        b"CONNECT\naccept-version:1.2\n\n\x00", b"\x7f" * 64,
    ])
    def test_who_speaks_something_else_is_told_and_closed(self, tmp_path: Path, start: bytes):
        if start == self.own_start:
            start = b"\x00" * 64
        with self.served(tmp_path) as served:
            with self.connect(served) as link:
                link.sendall(start)
                assert _closed(link)
            assert any(client.note.endswith((".", "?")) for client in served.clients())
            assert self.alive(served)

    def test_any_bytes_end_their_own_connection_at_most(self, tmp_path: Path):
        chance = Random(7)
        with self.served(tmp_path) as served:
            for _ in range(60):
                with self.connect(served) as link:
                    link.settimeout(WITHIN_S)
                    with contextlib.suppress(OSError):
                        link.sendall(chance.randbytes(chance.randrange(1, 400)))
                        link.shutdown(socket.SHUT_WR)
                        link.recv(65_536)
            assert self.alive(served)

    # -- users and TLS -------------------------------------------------------------------------------------
    def test_asking_for_users_needs_some(self, tmp_path: Path):
        with pytest.raises(Refused, match="has no users"), self.served(tmp_path, users=True):
            pass

    def test_only_users_come_in(self, tmp_path: Path):
        with self.served(tmp_path, user="ann", users=True) as served:
            for name, password, let_in in (("ann", "secret", True), ("ann", "wrong", False), ("bob", "secret", False)):
                with self.connect(served) as link:
                    assert self.login(link, name, password) is let_in, (name, password)

    def test_tls_with_the_certificate_given(self, tmp_path: Path, certificate: tuple[Path, Path]):
        made, key = certificate
        with self.served(tmp_path, certificate=made, key=key) as served:
            context = ssl.create_default_context(cafile=str(made))
            with self.connect(served) as plain, context.wrap_socket(plain, server_hostname="127.0.0.1") as link:
                assert self.hello(link)

    def test_who_does_not_get_through_the_handshake_is_no_burden(self, tmp_path: Path, certificate: tuple[Path, Path]):
        made, key = certificate
        with self.served(tmp_path, certificate=made, key=key, max_idle_ms=1) as served:
            with self.connect(served) as plain:
                plain.sendall(b"GET / HTTP/1.1\r\n\r\n")
                assert _closed(plain)
            with self.connect(served):  # silent, amid the handshake
                served.close_idle()
                assert self.open_ones(served) == 0

    def test_a_certificate_that_is_none_is_said_in_words(self, tmp_path: Path, certificate: tuple[Path, Path]):
        made, key = certificate
        for given, kind in (({"certificate": made}, Invalid), ({"certificate": made, "key": tmp_path / "no"}, Missing),
                            ({"certificate": key, "key": key}, Invalid)):
            with pytest.raises(kind), self.served(tmp_path, **given):
                pass


def _closed(link: socket.socket) -> bool:
    """Whether the other side ends the connection within the time; what it said before is passed over."""
    link.settimeout(WITHIN_S)
    try:
        while link.recv(65_536):
            pass
    except TimeoutError:
        return False
    except OSError:
        return True
    return True
