"""Secrets of connections: read from where they are named to be, and written nowhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import keyring
import keyring.backend
import keyring.errors
import pytest
from listeners.serving import ROOT

from workbench.control.connections import AddConnection, Attach, ListConnections, TryConnection
from workbench.control.messages import Subscribe, TakeSnapshot
from workbench.core.errors import Invalid, Refused, Unavailable, Unsupported
from workbench.engines import secrets
from workbench.engines.catalog import Catalog, ConnectionSpec
from workbench.host import LocalHost, make_workspace

PLANTED = "hunter2-planted-secret"


class Ring(keyring.backend.KeyringBackend):
    """A keyring in memory; ``locked`` refuses everything."""

    priority = 1

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = False

    def get_password(self, service: str, username: str) -> str | None:
        if self.locked:
            raise keyring.errors.KeyringLocked("the collection is locked")
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if (service, username) not in self.kept:
            raise keyring.errors.PasswordDeleteError("not found")
        del self.kept[service, username]


@pytest.fixture
def ring() -> Iterator[Ring]:
    before, made = keyring.get_keyring(), Ring()
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


@pytest.mark.parametrize("option", [
    "sasl.password", "password", "secret.access.key", "session.token", "ssl.key.pem", "ssl.key.password",
    "sasl.oauthbearer.client.secret", "sasl.jaas.config", "ssl.keystore.password",
])
@pytest.mark.parametrize("system", ["kafka", "rabbitmq", "sqs", "kinesis"])
def test_a_secret_is_never_taken_into_the_list(tmp_path: Path, option: str, system: str):
    catalog = Catalog(tmp_path / "connections.json")
    with pytest.raises(Invalid, match="is a secret") as problem:
        catalog.add(ConnectionSpec("s", system, "x:1", {option: PLANTED}))
    assert PLANTED not in problem.value.sentence() and "keyring:" in problem.value.next_step
    with pytest.raises(Invalid, match="holds a user or password") as problem:
        catalog.add(ConnectionSpec("s", system, f"amqp://me:{PLANTED}@x:1"))
    assert PLANTED not in problem.value.sentence()
    assert not catalog.path.exists()
    for value in ("env:NAME", "keyring:", "keyring:other", "ask:"):
        catalog.add(ConnectionSpec("s", system, "x:1", {option: value}))
        catalog.remove("s")


def test_it_is_read_from_the_keyring_under_the_connections_name(tmp_path: Path, ring: Ring):
    catalog = Catalog(tmp_path / "connections.json")
    spec = ConnectionSpec("s", "kafka", "x:1", {"sasl.password": "keyring:", "other.password": "keyring:shared"})
    catalog.add(spec)
    with pytest.raises(Refused, match="not in the system's keyring") as problem:
        spec.resolved()
    assert "connections secret s sasl.password" in problem.value.next_step
    for option, value in spec.options.items():
        secrets.keep_in_keyring("s", option, value, PLANTED)
    assert spec.resolved() == dict.fromkeys(spec.options, PLANTED)
    assert set(ring.kept) == {("workbench", "s/sasl.password"), ("workbench", "shared")}
    catalog.remove("s")
    assert set(ring.kept) == {("workbench", "shared")}, "what others may use stays"


def test_a_keyring_that_is_locked_or_not_installed_is_a_sentence(ring: Ring, monkeypatch: pytest.MonkeyPatch):
    spec = ConnectionSpec("s", "kafka", "x:1", {"sasl.password": "keyring:"})
    ring.locked = True
    with pytest.raises(Unavailable, match="the collection is locked"):
        spec.resolved()
    monkeypatch.setattr(secrets.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(Unsupported, match="not installed") as problem:
        spec.resolved()
    assert "event-flow-workbench[keyring]" in problem.value.next_step


def test_without_a_terminal_nobody_is_asked():
    with pytest.raises(Refused, match="asked for on a terminal"):
        ConnectionSpec("s", "kafka", "x:1", {"sasl.password": "ask:"}).resolved()


def test_a_workspace_that_looked_at_a_system_has_only_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("PLANTED", PLANTED)
    make_workspace(tmp_path / "w.flow")
    with closing(LocalHost(tmp_path / "w.flow")) as host:
        host.call(AddConnection("far", "rabbitmq", "127.0.0.1:1", {"password": "env:PLANTED"}))
        with pytest.raises(Invalid, match="is a secret"):
            host.call(TryConnection("far", "rabbitmq", "127.0.0.1:1", {"password": PLANTED}))
        host.call(Subscribe(10.0))
        host.call(Attach("far"))
        until_s = time.monotonic() + 30
        while not (told := host.call(TakeSnapshot()).attached) or told[0].state != "failing":
            assert time.monotonic() < until_s, told
        assert "can't be reached" in told[0].reason and PLANTED not in repr(told)
        assert PLANTED not in repr(host.call(ListConnections()))
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.suffix == ".flow" for path in written)
    assert [path for path in written if PLANTED.encode() in path.read_bytes()] == []


def run(home: Path, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "HOME": str(home), "XDG_CONFIG_HOME": str(home / "config"), "PLANTED": PLANTED,
           "XDG_STATE_HOME": str(home / "state"), "XDG_DATA_HOME": str(home / "data"), "TMPDIR": str(home / "tmp")}
    (home / "tmp").mkdir(exist_ok=True)
    return subprocess.run([sys.executable, "-m", "workbench", *arguments], cwd=ROOT, env=env, capture_output=True,
                          text=True, timeout=60, input=given)


@pytest.mark.parametrize(("system", "address", "options"), [
    ("kafka", "127.0.0.1:1", {"sasl.password": "env:PLANTED", "sasl.username": "me", "sasl.mechanism": "PLAIN",
                              "security.protocol": "SASL_PLAINTEXT", "socket.timeout.ms": "1000"}),
    ("rabbitmq", "127.0.0.1:1", {"password": "env:PLANTED", "user": "me"}),
    ("sqs", "http://127.0.0.1:1", {"secret.access.key": "env:PLANTED", "access.key.id": "me"}),
    ("kinesis", "http://127.0.0.1:1", {"secret.access.key": "env:PLANTED", "session.token": "env:PLANTED",
                                       "access.key.id": "me"}),
])
def test_a_planted_secret_is_in_nothing_that_is_written_or_said(
    tmp_path: Path, system: str, address: str, options: dict[str, str]
):
    given = [part for name, value in options.items() for part in ("--option", f"{name}={value}")]
    added = run(tmp_path, "connections", "add", "far", "--system", system, "--address", address, *given)
    assert added.returncode == 0, added.stderr
    secret = next(name for name, value in options.items() if value == "env:PLANTED")
    refused = run(tmp_path, "connections", "add", "bare", "--system", system, "--address", address, "--option",
                  f"{secret}={PLANTED}")
    assert refused.returncode == 1 and "is a secret" in refused.stderr
    done = [added, refused, run(tmp_path, "connections", "list", "--json"), run(tmp_path, "connections", "test", "far"),
            run(tmp_path, "topics", "@far", "list"), run(tmp_path, "consume", "@far", "orders"),
            run(tmp_path, "produce", "@far", "orders", given="1\n"), run(tmp_path, "new", str(tmp_path / "w.flow"))]
    assert json.loads(done[2].stdout)["connections"][0]["options"] == options
    for each in done:
        assert PLANTED not in each.stdout and PLANTED not in each.stderr, each.args
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.name == "connections.json" for path in written)
    assert [path for path in written if PLANTED.encode() in path.read_bytes()] == []
