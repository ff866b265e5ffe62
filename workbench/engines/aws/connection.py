"""One of Amazon's systems that is attached. Any thread; ``open`` blocks until it answered or gave up."""

from __future__ import annotations

import threading
from typing import Any, Protocol

from workbench.broker import profile
from workbench.core.errors import Refused, WorkbenchError
from workbench.engines.aws.client import client_of
from workbench.engines.base import AttachedBrowse, ConnectionState, LinkState, Sender
from workbench.engines.catalog import READ_ONLY, TURN_ON, ConnectionSpec


class Service(Protocol):
    """What tells one service from another. ``client`` is boto3's, shared by all that are made from it."""

    title: str
    system: str
    options: tuple[str, ...]

    def about(self, client: Any, spec: ConnectionSpec) -> str: ...

    def browse(self, client: Any, spec: ConnectionSpec) -> AttachedBrowse: ...

    def sender(self, client: Any, spec: ConnectionSpec) -> Sender: ...


class AwsConnection:
    """See the module."""

    def __init__(self, spec: ConnectionSpec, service: Service) -> None:
        self._spec = spec
        self._service = service
        self._state = ConnectionState()
        self._client: Any = None
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        return self._spec.name

    @property
    def system(self) -> str:
        return self._service.system

    @property
    def state(self) -> ConnectionState:
        return self._state

    def open(self) -> None:
        with self._lock:
            self._state = ConnectionState(LinkState.CONNECTING)
            try:
                if self._client is None:
                    self._client = client_of(self._spec, self._service.title, self._service.options)
                about = self._service.about(self._client, self._spec)
            except WorkbenchError as error:
                self._let_go()
                self._state = ConnectionState(LinkState.FAILING, error.sentence())
                raise
            self._state = ConnectionState(LinkState.READY, about=about)

    def close(self) -> None:
        with self._lock:
            self._let_go()
            self._state = ConnectionState()

    def _let_go(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def browse(self) -> AttachedBrowse:
        return self._service.browse(self._opened(), self._spec)

    def sender(self) -> Sender:
        if why := self.lacks("produce"):
            raise Refused(why, TURN_ON.format(name=self.name))
        return self._service.sender(self._opened(), self._spec)

    def _opened(self) -> Any:
        if self._client is None:
            self.open()
        return self._client

    def lacks(self, what: str) -> str:
        if what == "produce" and not self._spec.writable:
            return READ_ONLY.format(name=self.name)
        return profile(self.system).attached.get(what, "").format(name=self.name)


def counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
