"""Who may connect, whatever the protocol asks by: names and salted scrypt hashes in the workspace's meta. Any thread.

SASL/PLAIN, HTTP basic and a login all end in ``check``, which takes some 50 ms on purpose. A protocol that shows the
password with each request asks ``known`` first, which remembers what was right.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os

from workbench.broker import Broker
from workbench.core.errors import Invalid, NotFound

META_KEY = "users"
OLD_META_KEY = "kafka.users"
"""Where files made before other protocols came keep them; moved at the next change."""
_COST = 1 << 14
_REMEMBERED = 256
_NOBODY = (os.urandom(16), bytes(64))


class Users:
    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._key = os.urandom(32)
        self._right: dict[bytes, str] = {}

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
            raise NotFound("There is no user {name}.", "List the users to see those there are.", name=name)
        self._store(stored)

    def check(self, name: str, password: str) -> bool:
        """Whether this is the user's password; takes some 50 ms, on purpose, also for names that do not exist."""
        salt, known = _NOBODY
        found = self._stored().get(name)
        if found is not None:
            salt, known = (bytes.fromhex(part) for part in found.split("$"))
        return hmac.compare_digest(_hash(password, salt), known) and found is not None

    def known(self, name: str, password: str) -> bool:
        """Whether this name and password were right when they were checked last, and no user changed since."""
        return self._right.get(self._digest(name, password)) == self._text()

    def remember(self, name: str, password: str) -> None:
        """They were right: ``known`` says so until a user changes. Only a keyed digest is kept, in memory."""
        if len(self._right) >= _REMEMBERED:
            self._right.clear()
        self._right[self._digest(name, password)] = self._text()

    def _digest(self, name: str, password: str) -> bytes:
        return hashlib.blake2b(f"{name}\0{password}".encode(), key=self._key).digest()

    def _stored(self) -> dict[str, str]:
        return json.loads(self._text())

    def _text(self) -> str:
        return self._broker.meta(META_KEY) or self._broker.meta(OLD_META_KEY) or "{}"

    def _store(self, users: dict[str, str]) -> None:
        self._broker.set_meta(META_KEY, json.dumps(users))
        self._broker.set_meta(OLD_META_KEY, "")


def _hash(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=_COST, r=8, p=1)
