"""Who may come: loopback only unless chosen, SASL/PLAIN against hashed users, TLS."""

from __future__ import annotations

import shutil
import socket
import subprocess
from pathlib import Path

import pytest
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from kio.schema.errors import ErrorCode
from listeners.serving import Served, serving
from listeners.wire import Wire

from workbench.broker import Broker
from workbench.core.errors import Invalid, NotFound, Refused
from workbench.listeners.base import ListenerSettings, Users, parse_address


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::"])
def test_an_address_others_reach_is_a_choice_that_names_the_risk(host: str):
    with pytest.raises(Refused, match="read and write the topics") as caught:
        ListenerSettings(host).check("kafka")
    assert "--kafka-allow-remote" in caught.value.next_step
    ListenerSettings(host, allow_remote=True).check("kafka")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.0.0.5"])
def test_loopback_needs_no_choice(host: str):
    ListenerSettings(host).check("kafka")


@pytest.mark.parametrize(("text", "found"), [
    ("127.0.0.1:9092", ("127.0.0.1", 9092)), ("[::1]:0", ("::1", 0)), (":9092", ("127.0.0.1", 9092)),
])
def test_addresses_are_read(text: str, found: tuple[str, int]):
    assert parse_address(text) == found


@pytest.mark.parametrize("text", ["", "9092", "host", "host:x", "host:99999"])
def test_what_is_no_address_is_refused(text: str):
    with pytest.raises(Invalid, match="is no address"):
        parse_address(text)


def test_a_taken_port_is_said_in_words(tmp_path: Path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(Refused, match="can't have"), serving(tmp_path / "w.flow", ListenerSettings(port=port)):
            pass


def test_users_are_kept_as_hashes(tmp_path: Path):
    with Broker.create(tmp_path / "w.flow") as broker:
        users = Users(broker)
        users.put("ann", "secret-word")
        assert users.names() == ["ann"] and users.check("ann", "secret-word")
        assert not users.check("ann", "other") and not users.check("bob", "secret-word")
        assert "ann" in broker.meta("users") and "secret-word" not in broker.meta("users")
        users.remove("ann")
        with pytest.raises(NotFound):
            users.remove("ann")


@pytest.fixture
def guarded(tmp_path: Path):
    path = tmp_path / "w.flow"
    with Broker.create(path) as broker:
        Users(broker).put("ann", "secret")
        served = Served(broker, ListenerSettings(users=True))
        yield served
        served.close()


def test_without_users_it_does_not_start(tmp_path: Path):
    with pytest.raises(Refused, match="has no users"), serving(tmp_path / "w.flow", ListenerSettings(users=True)):
        pass


def test_nothing_is_answered_before_the_login(guarded: Served):
    with Wire(guarded.address) as wire:
        assert wire.ask("api_versions", 0).api_keys
        wire.begin("metadata", 1, topics=None)
        assert wire.closed()
    assert "asks for SASL/PLAIN" in guarded.clients()[0].note


@pytest.mark.parametrize(("token", "code"), [
    (b"\0ann\0secret", ErrorCode.none), (b"\0ann\0wrong", ErrorCode.sasl_authentication_failed),
    (b"\0bob\0secret", ErrorCode.sasl_authentication_failed), (b"rubbish", ErrorCode.sasl_authentication_failed),
])
def test_a_token_is_checked(guarded: Served, token: bytes, code: ErrorCode):
    with Wire(guarded.address) as wire:
        other = wire.ask("sasl_handshake", 1, mechanism="SCRAM-SHA-256")
        assert other.error_code is ErrorCode.unsupported_sasl_mechanism and other.mechanisms == ("PLAIN",)
        wire.ask("sasl_handshake", 1, mechanism="PLAIN")
        assert wire.ask("sasl_authenticate", 2, auth_bytes=token).error_code is code
        if code is ErrorCode.none:
            assert wire.ask("metadata", 1, topics=None).brokers


def test_the_oldest_handshake_is_followed_by_a_bare_token(guarded: Served):
    with Wire(guarded.address) as wire:
        wire.ask("sasl_handshake", 0, mechanism="PLAIN")
        wire.send(b"\0ann\0secret")
        assert wire.receive() == b""
        assert wire.ask("metadata", 1, topics=None).brokers


def test_a_stranger_may_not_send_much(guarded: Served):
    with Wire(guarded.address) as wire:
        wire.socket.sendall((1 << 20).to_bytes(4, "big"))
        assert wire.closed()


def test_a_client_nobody_here_wrote_logs_in_over_tls(tmp_path: Path):
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed; it makes the certificate (apt install openssl)")
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
                   check=True, capture_output=True)
    with Broker.create(tmp_path / "w.flow") as broker:
        Users(broker).put("ann", "secret")
        served = Served(broker, ListenerSettings(users=True, certificate=certificate, key=key))
        try:
            settings = {"bootstrap.servers": served.address, "security.protocol": "SASL_SSL", "sasl.mechanism": "PLAIN",
                        "sasl.username": "ann", "ssl.ca.location": str(certificate), "log_level": 0}
            assert AdminClient(settings | {"sasl.password": "secret"}).list_topics(timeout=10).brokers
            with pytest.raises(KafkaException):
                AdminClient(settings | {"sasl.password": "wrong"}).list_topics(timeout=1)
        finally:
            served.close()


def test_the_address_told_can_be_set(tmp_path: Path):
    settings = ListenerSettings(advertised="broker.example:19092")
    with serving(tmp_path / "w.flow", settings) as served, Wire(served.address) as wire:
        (broker,) = wire.ask("metadata", 1, topics=()).brokers
        assert (broker.host, broker.port) == ("broker.example", 19092)
