"""The Schema Registry over HTTP: an empty one, as confluent-kafka's own client and plain requests see it."""

from __future__ import annotations

import base64
import contextlib
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from confluent_kafka.schema_registry import (
    ConfigCompatibilityLevel,
    Rule,
    RuleKind,
    RuleMode,
    RuleSet,
    Schema,
    SchemaRegistryClient,
    ServerConfig,
)
from confluent_kafka.schema_registry.error import SchemaRegistryError
from listeners.registry_client import ask
from listeners.serving import ROOT, Host, Served

from workbench.broker import Broker
from workbench.listeners.base import ListenerSettings, Users
from workbench.listeners.registry import RegistryListener

RULE = Rule("r", None, RuleKind.CONDITION, RuleMode.WRITE, "CEL", None, None, "true", None, None, False)


@pytest.fixture
def client_of() -> Iterator[Callable[..., SchemaRegistryClient]]:
    """Makes confluent-kafka's client of a registry; it closes its connections only when it is left."""
    with contextlib.ExitStack() as open_:
        yield lambda served, **more: open_.enter_context(
            SchemaRegistryClient({"url": getattr(served, "address", served), **more}))


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Served]:
    with Broker.create(tmp_path / "w.flow") as broker:
        served = Served(broker, ListenerSettings(), RegistryListener)
        yield served
        served.close()


# -- a real client -------------------------------------------------------------------------------------------
def test_confluents_client_finds_it_empty_and_sets_the_level(registry: Served, client_of):
    client = client_of(registry)
    assert client.get_subjects() == []
    assert client.get_compatibility() == "BACKWARD"
    client.set_compatibility(level="full_transitive")
    assert client.get_compatibility() == "FULL_TRANSITIVE"
    with pytest.raises(SchemaRegistryError) as caught:
        client.lookup_schema("orders/new ü", Schema('"string"', "AVRO"))
    assert (caught.value.http_status_code, caught.value.error_code) == (404, 40401)
    with pytest.raises(SchemaRegistryError) as caught:
        client.set_compatibility(level="SOMETIMES")
    assert (caught.value.http_status_code, caught.value.error_code) == (422, 42203)


def test_a_setting_it_does_not_serve_is_said_to_the_client_and_seen_here(registry: Served, client_of):
    client = client_of(registry)
    config = ServerConfig(compatibility=ConfigCompatibilityLevel.FULL, compatibility_group="release")
    client.set_config("orders-value", config)
    assert client.get_config("orders-value").compatibility_group == "release"
    with pytest.raises(SchemaRegistryError, match="defaultRuleSet is not served") as caught:
        client.set_config("orders-value", ServerConfig(default_rule_set=RuleSet(None, [RULE])))
    assert caught.value.error_code == 42205
    (seen,) = registry.clients()
    assert [one.what for one in seen.unserved] == ["the setting defaultRuleSet of /config"]
    assert seen.protocol == "registry" and seen.software.startswith(seen.client_id + "/")


# -- the paths -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("path", "found"), [
    ("/", {}), ("/subjects", []), ("/subjects?deleted=True", []), ("/schemas/types", ["JSON", "PROTOBUF", "AVRO"]),
    ("/config", {"compatibilityLevel": "BACKWARD"}), ("/schemas", []), ("/contexts", ["."]),
    ("/config/orders-value?defaultToGlobal=True", {"compatibilityLevel": "BACKWARD"}),
])
def test_what_an_empty_registry_says(registry: Served, path: str, found: object):
    assert ask(registry, "GET", path) == (200, found)


@pytest.mark.parametrize(("method", "path", "code"), [
    ("GET", "/subjects/a/versions", 40401), ("GET", "/subjects/a%2Fb/versions/latest", 40401),
    ("GET", "/subjects/a/versions/-1", 40401), ("GET", "/subjects/a/versions/0", 42202),
    ("GET", "/subjects/a/versions/x", 42202), ("GET", "/subjects/a/versions/2147483648", 42202),
    ("POST", "/subjects/a", 42201), ("DELETE", "/subjects/a?permanent=true", 40401),
    ("GET", "/schemas/ids/7", 40403), ("GET", "/config/a", 40408), ("GET", "/mode/a", 40409),
    ("GET", "/associations/resources/-/orders?resourceType=topic", 404), ("GET", "/nothing", 404),
    ("DELETE", "/schemas/types", 405), ("PUT", "/config", 42203),
])
def test_errors_have_the_codes_that_clients_read(registry: Served, method: str, path: str, code: int):
    status, answer = ask(registry, method, path, {} if method in ("POST", "PUT") else None)
    assert answer["error_code"] == code
    assert status == int(str(code)[:3])
    assert answer["message"]


def test_a_subject_is_told_by_its_decoded_name(registry: Served):
    _, answer = ask(registry, "GET", "/subjects/a%2Fb%20c/versions")
    assert answer["message"] == "Subject 'a/b c' not found."


@pytest.mark.parametrize(("body", "headers", "status"), [
    (b"{", {}, 400), (b"[]", {}, 422), (b"{}", {"Content_Type": "text/xml"}, 415),
    (b'{"compatibility": "NONE"}', {"Content_Type": "application/json"}, 200),
    (b'{"compatibility": "NONE"}', {"Content_Type": "application/vnd.schemaregistry+json; charset=utf-8"}, 200),
    (b'{"compatibility": "NONE"}', {"Accept": "text/html"}, 406), (b'{"compatibility": 7}', {}, 422),
])
def test_bodies_and_content_types(registry: Served, body: bytes, headers: dict[str, str], status: int):
    assert ask(registry, "PUT", "/config", body, **headers)[0] == status


def test_a_body_without_end_is_refused_and_the_rest_is_served(registry: Served):
    assert ask(registry, "PUT", "/config", bytes((16 << 20) + 1))[0] == 413
    assert ask(registry, "GET", "/subjects") == (200, [])


def test_the_level_outlives_the_host(tmp_path: Path):
    for level in ("BACKWARD", "FORWARD"):
        opened = Broker.create(tmp_path / "w.flow") if level == "BACKWARD" else Broker.open(tmp_path / "w.flow")
        with opened as broker:
            served = Served(broker, ListenerSettings(), RegistryListener)
            try:
                assert ask(served, "GET", "/config") == (200, {"compatibilityLevel": level})
                put = ask(served, "PUT", "/config", {"compatibility": "forward"})
                assert put == (200, {"compatibility": "FORWARD"})
            finally:
                served.close()
    with Broker.open(tmp_path / "w.flow") as broker:
        served = Served(broker, ListenerSettings(), RegistryListener)
        try:
            assert ask(served, "DELETE", "/config") == (200, {"compatibilityLevel": "FORWARD"})
            assert ask(served, "GET", "/config") == (200, {"compatibilityLevel": "BACKWARD"})
        finally:
            served.close()


def test_what_was_answered_is_there_after_a_kill(tmp_path: Path, client_of):
    path = tmp_path / "w.flow"
    Broker.make(path)
    host = Host(path, "--registry", "127.0.0.1:0")
    try:
        client = client_of(host.ready["registry"])
        enums = [f'{{"type": "enum", "name": "E{number}", "symbols": []}}' for number in range(20)]
        numbers = [client.register_schema(f"s{number}", Schema(enum)) for number, enum in enumerate(enums)]
        client.set_compatibility("s1", "FULL")
        host.kill()
        host.start()
        again = client_of(host.ready["registry"])
        assert again.get_subjects() == sorted(f"s{number}" for number in range(20))
        assert [again.get_latest_version(f"s{number}").schema_id for number in range(20)] == numbers
        assert again.get_compatibility("s1") == "FULL"
    finally:
        host.stop()


# -- who may come --------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("headers", "status"), [
    ({"Origin": "https://evil.example"}, 403), ({"Origin": "null"}, 403), ({"Sec_Fetch_Site": "cross-site"}, 403),
    ({"Origin": "http://evil.example:8081", "Host": "evil.example:8081"}, 403),
    ({"User_Agent": "Mozilla/5.0", "Host": "evil.example:8081"}, 403),
    ({"User_Agent": "Mozilla/5.0", "Host": "localhost:8081", "Origin": "http://localhost:8081"}, 200),
    ({"User_Agent": "curl/8"}, 200),
])
def test_pages_of_other_sites_are_refused(registry: Served, headers: dict[str, str], status: int):
    assert ask(registry, "GET", "/subjects", **headers)[0] == status
    assert any("web page" in client.note for client in registry.clients()) is (status == 403)


def test_once_there_are_users_it_asks_for_one(tmp_path: Path, client_of):
    with Broker.create(tmp_path / "w.flow") as broker:
        served = Served(broker, ListenerSettings(), RegistryListener)
        try:
            assert ask(served, "GET", "/subjects")[0] == 200
            users = Users(broker)
            users.put("ann", "secret")
            assert ask(served, "GET", "/subjects")[0] == 401
            good = base64.b64encode(b"ann:secret").decode()
            assert ask(served, "GET", "/subjects", Authorization=f"Basic {good}") == (200, [])
            assert ask(served, "GET", "/subjects", Authorization="Basic !!")[0] == 401
            known = client_of(served, **{"basic.auth.user.info": "ann:secret"})
            assert known.get_subjects() == []
            users.put("ann", "other")
            assert ask(served, "GET", "/subjects", Authorization=f"Basic {good}")[0] == 401
        finally:
            served.close()


# -- the wire ------------------------------------------------------------------------------------------------
def raw(served: Served) -> socket.socket:
    host, port = served.address.removeprefix("http://").rsplit(":", 1)
    return socket.create_connection((host, int(port)), 10)


def test_head_and_body_come_in_one_piece(registry: Served):
    with raw(registry) as link:
        for _ in range(20):
            link.sendall(b"GET /schemas/types HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            assert link.recv(65_536).endswith(b'["JSON","PROTOBUF","AVRO"]')


def test_pipelined_requests_are_answered_in_order(registry: Served):
    with raw(registry) as link:
        paths = (b"/subjects", b"/schemas/types", b"/config")
        link.sendall(b"".join(b"GET %b HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" % path for path in paths))
        said = b""
        while said.count(b"HTTP/1.1 200") < 3 or not said.endswith(b"}"):
            said += link.recv(65_536)
    assert said.index(b"[]") < said.index(b"PROTOBUF") < said.index(b"compatibilityLevel")


def test_a_head_without_end_is_refused(registry: Served):
    with raw(registry) as link:
        link.sendall(b"GET / HTTP/1.1\r\nX: ")
        said = b""
        try:
            for _ in range(40):
                link.sendall(b"x" * 4096)
            while data := link.recv(65_536):
                said += data
        except OSError:
            pass  # it was closed while more was sent
    assert said.startswith(b"HTTP/1.1 431") or any("too large" in client.note for client in registry.clients())
    assert ask(registry, "GET", "/subjects") == (200, [])


def test_nothing_of_http_is_loaded_until_somebody_comes(tmp_path: Path):
    """A listener that nobody uses costs no memory to speak of and no time at the start."""
    said = subprocess.run([sys.executable, "-c", _UNUSED, str(tmp_path / "w.flow")], cwd=ROOT, text=True,
                          capture_output=True, check=True).stdout
    before, after, more_kib = said.split()
    assert before == after == "0"
    assert int(more_kib) < 2048


_UNUSED = """
import asyncio, sys
from pathlib import Path
from workbench.broker import Broker
from workbench.listeners.base import ListenerSettings
def resident(): return int(Path("/proc/self/statm").read_text().split()[1]) * 4
def loaded(): return sum(name in sys.modules for name in ("uvicorn", "httptools", "h11"))
async def main():
    before = loaded(), resident()
    from workbench.listeners.registry import RegistryListener
    listener = RegistryListener(broker, ListenerSettings())
    await listener.start()
    print(before[0], loaded(), resident() - before[1])
    await listener.stop()
with Broker.create(Path(sys.argv[1])) as broker:
    asyncio.run(main())
"""
