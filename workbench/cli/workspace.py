"""How a verb reaches a workspace: through the host that serves it, or by opening the file itself; or only to read."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.control.client import Caller, ControlClient
from workbench.core.errors import DiskFull, FileError, HostGone, Invalid, Locked, NotAnswering, ReadOnly, Unsupported
from workbench.core.points import MAX_OFFSET, MAX_PLACE, LogPoint, check_offset, parse_point
from workbench.core.queues import MessageId

if TYPE_CHECKING:
    from workbench.broker import BrokerReader
    from workbench.engines.base import Browse

LOCKED_WAIT_S = 3.0
"""Another single command holds a file for moments only; a host would be attached to."""


def _workspace(ctx: click.Context, param: click.Parameter, value: Path) -> Path:
    if value.is_dir():
        raise Invalid("{value} is a directory.", "Give the name of a workspace file.", value=value)
    return value


def file_argument(command: Callable[..., Any]) -> Callable[..., Any]:
    """The FILE of a verb."""
    return click.argument("file", type=click.Path(path_type=Path), callback=_workspace)(command)


def json_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--json``: one document with stable keys."""
    return click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")(command)


class Point(click.ParamType):
    """A place in a log as an option's value; with ``far`` also one that only an attached system can have."""

    def __init__(self, far: bool = False) -> None:
        self._most = MAX_PLACE if far else MAX_OFFSET

    name = "earliest|latest|offset:N|time:ISO"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> LogPoint:
        if isinstance(value, LogPoint):
            return value
        try:
            return parse_point(value, self._most)
        except Invalid as error:
            self.fail(error.sentence(), param, ctx)


def pair(text: str, what: str) -> tuple[str, str]:
    """``k=v`` as two texts."""
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise click.BadParameter(f"«{text}» is not of the form {what}.")
    return name, value


def parse_message_id(text: str) -> MessageId:
    """``0-15``: partition and offset."""
    partition, dash, offset = text.partition("-")
    if not (dash and partition.isdecimal() and offset.isdecimal() and len(text) < 30):
        raise click.BadParameter(f"«{text[:40]}» names no message: write PARTITION-OFFSET, like 0-15.")
    return MessageId(int(partition), int(offset))


def message_id(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    """The messages that an option names; for ``callback``."""
    if isinstance(value, tuple):
        return tuple(parse_message_id(text) for text in value)
    return None if value is None else parse_message_id(value)


def check_points(file: Path, *points: LogPoint) -> None:
    """``Invalid`` for a place that no workspace can have."""
    for point in () if attached_name(file) else points:
        check_offset(point)


@contextmanager
def host_of(path: Path, *, writes: bool = True, sure: bool = False) -> Iterator[Caller]:
    """The host that serves the workspace, or one in this process for as long as the block runs. Without ``writes`` a
    file that is read-only, or on a full disk, is good enough. ``sure``: the person said --yes, so that nothing is asked
    before an attached system that is marked as production is written to."""
    with closing(_caller(path, () if writes else (ReadOnly, DiskFull), sure)) as caller:
        yield caller


def attached_name(source: Path) -> str:
    """The connection that is meant by ``@NAME``; empty for a file (one of such a name is meant by ./@NAME)."""
    text = str(source)
    return text.removeprefix("@") if text.startswith("@") else ""


def _caller(path: Path, reading_if: tuple[type[FileError], ...], sure: bool) -> Caller:
    if name := attached_name(path):
        from workbench.cli.attached import AttachedCaller

        return AttachedCaller(name, sure)
    return _attach_or_open(path, reading_if)


def _attach_or_open(path: Path, reading_if: tuple[type[FileError], ...]) -> Caller:
    from workbench.host import LocalHost

    until = time.monotonic() + LOCKED_WAIT_S
    while True:
        try:
            return ControlClient.attach(path, "command line")
        except NotAnswering:
            raise
        except HostGone:
            pass  # nobody serves it: it is ours to open
        try:
            return LocalHost(path, reading_if=reading_if)
        except Locked:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


@contextmanager
def workspace_reader(path: Path) -> Iterator[BrokerReader]:
    """``reader_of`` for what only a workspace has: the drawing, the journal."""
    if name := attached_name(path):
        raise Unsupported("@{name} is an attached system, and this is only in a workspace.", "Name a FILE.", name=name)
    from workbench.broker import BrokerReader

    with BrokerReader(path) as reader:
        yield reader


@contextmanager
def reader_of(path: Path) -> Iterator[Browse]:
    """The workspace, or the attached system, to look at only; disturbs nothing and needs no host."""
    if name := attached_name(path):
        from workbench.cli.attached import browse_of

        with browse_of(name) as browse:
            yield browse
        return
    with workspace_reader(path) as reader:
        yield reader
