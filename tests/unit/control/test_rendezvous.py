"""The host file and the runtime directory: who may read them, and what a stale or broken one means."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from workbench.control.client import ControlClient
from workbench.control.endpoint import HostFile, connect, new_endpoint
from workbench.core.errors import HostGone


def test_the_host_file_is_private_and_comes_back(tmp_path: Path):
    workspace = tmp_path / "demo.flow"
    endpoint = HostFile("/somewhere.sock", "token", 42, {"kafka": "127.0.0.1:9092"})
    shown = endpoint.write(workspace)
    assert HostFile.beside(workspace).stat().st_mode & 0o777 == 0o600
    assert HostFile.read(workspace) == endpoint
    endpoint.remove(shown)
    assert list(tmp_path.iterdir()) == []


def test_a_host_does_not_remove_the_file_of_its_successor(tmp_path: Path):
    first, second = HostFile("/a", "1", 1), HostFile("/b", "2", 2)
    first.remove(second.write(tmp_path / "demo.flow"))
    assert HostFile.read(tmp_path / "demo.flow") == second


def test_two_names_of_one_workspace_meet(tmp_path: Path):
    (tmp_path / "demo.flow").touch()
    (tmp_path / "link.flow").symlink_to(tmp_path / "demo.flow")
    assert HostFile.beside(tmp_path / "link.flow") == HostFile.beside(tmp_path / "demo.flow")


@pytest.mark.parametrize("text", ["", "{}", "[]", "not json", '{"socket": 1, "token": "t", "pid": 1}', "\x00" * 9])
def test_a_broken_host_file_means_no_host(tmp_path: Path, text: str):
    HostFile.beside(tmp_path / "demo.flow").write_text(text)
    with pytest.raises(HostGone):
        ControlClient.attach(tmp_path / "demo.flow")


def test_a_stale_host_file_means_no_host(tmp_path: Path):
    HostFile(str(tmp_path / "gone.sock"), "token", 1).write(tmp_path / "demo.flow")
    with pytest.raises(HostGone, match="not running"):
        ControlClient.attach(tmp_path / "demo.flow")


def test_the_socket_directory_is_private_and_the_path_short(monkeypatch: pytest.MonkeyPatch):
    with tempfile.TemporaryDirectory() as folder:  # tmp_path may be too long for a socket
        monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
        path = Path(new_endpoint().socket)
        assert path.parent == Path(folder, "workbench")
        assert path.parent.stat().st_mode & 0o777 == 0o700
    assert len(os.fsencode(path)) <= 100


def test_a_directory_open_to_others_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "workbench").mkdir()
    (tmp_path / "workbench").chmod(0o755)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert Path(new_endpoint().socket).parent != tmp_path / "workbench"


def test_connecting_to_a_plain_file_means_no_host(tmp_path: Path):
    (tmp_path / "plain").touch()
    with pytest.raises(HostGone):
        connect(HostFile(str(tmp_path / "plain"), "t", 1))


def test_a_host_file_of_an_older_version_is_understood(tmp_path: Path):
    workspace = tmp_path / "demo.flow"
    old = b'{"socket": "/somewhere.sock", "token": "token", "pid": 42, "kafka": "127.0.0.1:9092"}'
    HostFile.beside(workspace).write_bytes(old)
    assert HostFile.read(workspace) == HostFile("/somewhere.sock", "token", 42)
    fresh = HostFile("/other.sock", "other", 43, {"kafka": "127.0.0.1:9092"})
    fresh.write(workspace)
    assert HostFile.read(workspace) == fresh
