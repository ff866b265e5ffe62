"""Names that nobody chose, as an argument beside ``Clock``: a run that must be the same twice has a seed for them."""

from __future__ import annotations

import uuid
from random import Random
from typing import Protocol


class Ids(Protocol):
    def uuid(self) -> uuid.UUID:
        """One never given before."""
        ...


class RandomIds:
    """From the machine's own randomness."""

    __slots__ = ()

    def uuid(self) -> uuid.UUID:
        return uuid.uuid4()


class SeededIds:
    """The same ones in the same order for the same seed (RFC 4122 version 4 in form)."""

    __slots__ = ("_random",)

    def __init__(self, seed: int) -> None:
        self._random = Random(f"ids:{seed}")

    def uuid(self) -> uuid.UUID:
        return uuid.UUID(int=self._random.getrandbits(128), version=4)
