"""A workspace served in this process, and one served behind its socket."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from workbench.broker import Broker
from workbench.control.client import ControlClient
from workbench.control.endpoint import HostFile, new_endpoint
from workbench.host import LocalHost
from workbench.host.server import ControlServer
from workbench.host.service import Service


@pytest.fixture
def path(tmp_path: Path) -> Path:
    Broker.create(tmp_path / "work.flow").close()
    return tmp_path / "work.flow"


@pytest.fixture
def host(path: Path) -> Iterator[LocalHost]:
    with closing(LocalHost(path)) as opened:
        yield opened


class Served:
    """A host with its control socket, on a thread of its own."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.endpoint = new_endpoint()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        self._thread.start()
        assert self._ready.wait(10)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._service = await Service.open(self.path)
        server = ControlServer(self._service, self.endpoint)
        await server.start()
        shown = self.endpoint.write(self.path)
        self._ready.set()
        await self._service.shutdown_asked.wait()
        self.endpoint.remove(shown)
        await server.stop()
        await self._service.close()

    def stop(self) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._service.shutdown_asked.set)
        self._thread.join(20)
        assert HostFile.read(self.path) is None


@pytest.fixture
def served(path: Path) -> Iterator[Served]:
    host = Served(path)
    yield host
    host.stop()


@pytest.fixture
def attach(served: Served) -> Iterator[Callable[[], ControlClient]]:
    with ExitStack() as stack:
        yield lambda: stack.enter_context(closing(ControlClient.attach(served.path)))


class Pushes:
    """Collects pushes and waits for one that fits."""

    def __init__(self, caller) -> None:
        self.seen = []
        self._news = threading.Condition()
        caller.on_push(self._take)

    def _take(self, push) -> None:
        with self._news:
            self.seen.append(push)
            self._news.notify_all()

    def next(self, timeout_s: float = 15.0) -> None:
        """Wait for one more."""
        with self._news:
            known = len(self.seen)
            assert self._news.wait_for(lambda: len(self.seen) > known, timeout_s), "no more pushes"

    def wait_for(self, fits: Callable, timeout_s: float = 15.0):
        """The first push, seen or to come, that ``fits``."""
        at = 0
        with self._news:
            def found() -> bool:
                nonlocal at
                while at < len(self.seen):
                    if fits(self.seen[at]):
                        return True
                    at += 1
                return False
            assert self._news.wait_for(found, timeout_s), "no such push"
            return self.seen[at]


@pytest.fixture
def watch() -> Callable[..., Pushes]:
    """``watch(caller)`` collects the pushes of that caller from now on."""
    return Pushes
