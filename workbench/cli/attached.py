"""``@NAME`` in the place of FILE: an attached system, looked at by the same verbs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

from workbench.control.command import Command
from workbench.control.messages import ListGroups, ListTopics, Push
from workbench.core.errors import Unsupported
from workbench.engines.base import AttachedBrowse, Connection
from workbench.engines.catalog import user_catalog
from workbench.engines.registry import connect
from workbench.host.attached import group_list, topic_list


@contextmanager
def connection_of(name: str) -> Iterator[Connection]:
    """The connection, open, for the length of the block."""
    connection = connect(user_catalog().get(name))
    connection.open()
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def browse_of(name: str) -> Iterator[AttachedBrowse]:
    with connection_of(name) as connection, closing(connection.browse()) as browse:
        yield browse


class AttachedCaller:
    """Answers the commands that look as a host would; the others say why not."""

    def __init__(self, name: str) -> None:
        self._connection = connect(user_catalog().get(name))
        self._connection.open()
        self._browse = self._connection.browse()

    def call(self, command: Command) -> Any:
        if isinstance(command, ListTopics):
            return topic_list(self._browse, command.name)
        if isinstance(command, ListGroups):
            return group_list(self._browse)
        raise Unsupported(self._connection.lacks("create_topic"), "Only topics list|describe, groups "
                          "list|describe, consume and export work on it.")

    def on_push(self, callback: Callable[[Push], None]) -> None:
        """Nothing is pushed."""

    def on_lost(self, callback: Callable[[str], None]) -> None:
        """Every call says for itself whether the system was reached."""

    def close(self) -> None:
        self._browse.close()
        self._connection.close()
