"""Errors a person may meet. Each is one sentence that says what happened, and one that says what to do next.

    WorkbenchError
      FileError          the workspace file: not ours, newer, locked, read-only, truncated, corrupt
        NotOurs  TooNew  Locked  ReadOnly  DiskFull  Damaged  Missing
      NotFound           a topic, group, partition, node ... that does not exist
      AlreadyExists
      Invalid            a value or setting that can't be taken
      OutOfRange         an offset outside the log
      Refused            the act is not allowed in this state (a reason is given)
        Fenced           a stale generation, epoch or member
        OutOfSequence    an idempotent batch that leaves a gap or is older than the kept ones
      Corrupt            bytes that are not what they say (CRC, length, count)
      Unsupported        this engine cannot do that (a reason is given)
      Unavailable        a system can't be reached now; it will be tried again
      InDoubt            a system did not say whether it was done: doing it again may do it twice
      HostGone           the host is not there or went away
        NotAnswering     it is there, and does not answer
      Cancelled          a person cancelled it

``code`` is the class name and crosses the control channel with template and fields; ``rebuild`` turns it back into the
class.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class WorkbenchError(Exception):
    """What happened (``message``) and what to do next (``next_step``, may be empty).

    With ``fields`` both are templates for ``str.format``, and are filled in here and nowhere else: whoever translates
    has ``template``, ``next_step_template`` and the values. Without fields they are taken as they are.
    """

    def __init__(self, message: str, next_step: str = "", **fields: Any) -> None:
        self.template, self.next_step_template, self.fields = message, next_step, fields
        self.message = message.format(**fields) if fields else message
        self.next_step = next_step.format(**fields) if fields else next_step
        super().__init__(self.message)

    @property
    def code(self) -> str:
        return type(self).__name__

    def sentence(self) -> str:
        """Both parts on one line, as the command line prints it."""
        return f"{self.message} {self.next_step}".strip()


class FileError(WorkbenchError):
    """The workspace file can't be used as asked."""


class NotOurs(FileError):
    pass


class TooNew(FileError):
    pass


class Locked(FileError):
    pass


class ReadOnly(FileError):
    pass


class DiskFull(FileError):
    pass


class Damaged(FileError):
    pass


class Missing(FileError):
    pass


class NotFound(WorkbenchError):
    pass


class AlreadyExists(WorkbenchError):
    pass


class Invalid(WorkbenchError):
    pass


class OutOfRange(WorkbenchError):
    pass


class Refused(WorkbenchError):
    pass


class PartlyRefused(Refused):
    """The first ``taken`` messages of a batch are in the queue, and it has no room for the others."""

    def __init__(self, message: str, next_step: str = "", taken: int = 0) -> None:
        super().__init__(message, next_step)
        self.taken = taken


class Fenced(Refused):
    pass


class OutOfSequence(Refused):
    pass


class Corrupt(WorkbenchError):
    pass


class Unsupported(WorkbenchError):
    pass


class InDoubt(WorkbenchError):
    """It may have been done or not, and doing it again may do it twice."""


class Unavailable(WorkbenchError):
    """Not refused: the same may go through later, and whoever attached the system tries again by itself."""


class HostGone(WorkbenchError):
    pass


class NotAnswering(HostGone):
    pass


class Cancelled(WorkbenchError):
    pass


def _classes(base: type[WorkbenchError]) -> dict[str, type[WorkbenchError]]:
    found = {base.__name__: base}
    for child in base.__subclasses__():
        found |= _classes(child)
    return found


def rebuild(code: str, message: str, next_step: str = "", template: str = "", next_step_template: str = "",
            fields: Mapping[str, Any] | None = None) -> WorkbenchError:
    """The error that ``code`` names; an unknown code becomes a plain ``WorkbenchError``."""
    error = _classes(WorkbenchError).get(code, WorkbenchError)(message, next_step)
    if fields:
        error.template, error.next_step_template, error.fields = template, next_step_template, dict(fields)
    return error


def plain_fields(error: WorkbenchError) -> dict[str, str | int | float]:
    """The values as what has a form on the control channel: numbers as they are, all else in words."""
    return {name: value if isinstance(value, int | float) else str(value) for name, value in error.fields.items()}
