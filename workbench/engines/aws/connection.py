"""One of Amazon's systems that is attached. Any thread; ``open`` blocks until it answered or gave up."""

from __future__ import annotations

from typing import Any, Protocol

from workbench.broker import profile
from workbench.core.errors import Refused
from workbench.engines.attached_connection import AttachedConnection
from workbench.engines.aws.client import client_of
from workbench.engines.base import AttachedBrowse, Sender
from workbench.engines.catalog import READ_ONLY, TURN_ON, ConnectionSpec


class Service(Protocol):
    """What tells one service from another. ``client`` is boto3's, shared by all that are made from it."""

    title: str
    system: str
    options: tuple[str, ...]

    def about(self, client: Any, spec: ConnectionSpec) -> str: ...

    def browse(self, client: Any, spec: ConnectionSpec) -> AttachedBrowse: ...

    def sender(self, client: Any, spec: ConnectionSpec) -> Sender: ...


class AwsConnection(AttachedConnection[Any]):
    """See the module."""

    def __init__(self, spec: ConnectionSpec, service: Service) -> None:
        super().__init__(spec)
        self._service = service

    @property
    def system(self) -> str:
        return self._service.system

    def _make(self) -> Any:
        return client_of(self._spec, self._service.title, self._service.options)

    def _reach(self, handle: Any) -> str:
        return self._service.about(handle, self._spec)

    def _let_go(self, handle: Any) -> None:
        handle.close()

    def browse(self) -> AttachedBrowse:
        return self._service.browse(self._opened(), self._spec)

    def sender(self) -> Sender:
        if why := self.lacks("produce"):
            raise Refused(why, TURN_ON.format(name=self.name))
        return self._service.sender(self._opened(), self._spec)

    def lacks(self, what: str) -> str:
        if what == "produce" and not self._spec.writable:
            return READ_ONLY.format(name=self.name)
        return profile(self.system).attached.get(what, "").format(name=self.name)


def counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
