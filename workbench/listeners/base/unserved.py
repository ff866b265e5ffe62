"""What a client asks for, and does not get here: kept with the client, told in the window with what to set instead.

For every protocol: a listener notes it with the connection it came by, and the sentence is made in one place. Pure.
"""

from __future__ import annotations

from workbench.core.snapshot import Unserved


class Asked:
    """What one connection asked for in vain, each thing once, in the order it came."""

    __slots__ = ("_found",)

    def __init__(self) -> None:
        self._found: dict[str, Unserved] = {}

    def note(self, unserved: Unserved) -> None:
        before = self._found.get(unserved.what)
        times = unserved.times + (before.times if before else 0)
        self._found[unserved.what] = Unserved(unserved.what, unserved.instead, times)

    def all(self) -> tuple[Unserved, ...]:
        return tuple(self._found.values())

    def __bool__(self) -> bool:
        return bool(self._found)


def merged(several: list[Asked]) -> tuple[Unserved, ...]:
    """What a client asked for over all of its connections."""
    whole = Asked()
    for one in several:
        for unserved in one.all():
            whole.note(unserved)
    return whole.all()
