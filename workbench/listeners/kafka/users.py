"""Who may connect with SASL/PLAIN: names and salted scrypt hashes in the workspace's meta. Any thread."""

from __future__ import annotations

import hashlib
import hmac
import json
import os

from workbench.broker import Broker
from workbench.core.errors import Invalid, NotFound

META_KEY = "kafka.users"
MECHANISM = "PLAIN"
_COST = 1 << 14
_NOBODY = (os.urandom(16), bytes(64))


class Users:
    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    def names(self) -> list[str]:
        return sorted(self._stored())

    def put(self, name: str, password: str) -> None:
        """Add a user or give one a new password."""
        if not name or "\0" in name + password or not password:
            raise Invalid("A user needs a name and a password.", "Give both.")
        salt = os.urandom(16)
        self._store(self._stored() | {name: f"{salt.hex()}${_hash(password, salt).hex()}"})

    def remove(self, name: str) -> None:
        stored = self._stored()
        if stored.pop(name, None) is None:
            raise NotFound(f"There is no user {name}.", "List the users to see those there are.")
        self._store(stored)

    def check(self, name: str, password: str) -> bool:
        """Whether this is the user's password; takes some 50 ms, on purpose, also for names that do not exist."""
        salt, known = _NOBODY
        found = self._stored().get(name)
        if found is not None:
            salt, known = (bytes.fromhex(part) for part in found.split("$"))
        return hmac.compare_digest(_hash(password, salt), known) and found is not None

    def _stored(self) -> dict[str, str]:
        return json.loads(self._broker.meta(META_KEY) or "{}")

    def _store(self, users: dict[str, str]) -> None:
        self._broker.set_meta(META_KEY, json.dumps(users))


def _hash(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=_COST, r=8, p=1)


def read_token(token: bytes) -> tuple[str, str]:
    """(user, password) of a PLAIN token: authorization id NUL name NUL password."""
    parts = token.split(b"\0")
    if len(parts) != 3:
        raise Invalid("The SASL/PLAIN token can't be read.", "Set sasl.username and sasl.password.")
    return parts[1].decode("utf-8", "replace"), parts[2].decode("utf-8", "replace")
