"""The systems a user has named: one JSON file in the user's configuration folder, mode 0600, never a workspace.

    {"connections": [{"name": "staging", "system": "kafka", "address": "127.0.0.1:9092", "options": {...},
                      "writable": false, "production": false}]}

Secrets are not kept in it: an option that is one names the place where it is (``engines.secrets``), and is read when
the connection is opened. The file is written whole or not at all; two programs that write at once: the last one holds.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from workbench.core.errors import AlreadyExists, Invalid, NotFound
from workbench.engines import secrets

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")

READ_ONLY = "@{name} is only looked at: writing is off for it."
TURN_ON = "Turn it on: workbench connections alter {name} --writable."


@dataclass(frozen=True, slots=True)
class ConnectionSpec:
    """How a system is reached. ``options`` are the client library's own settings; ``production`` asks twice before
    anything is written to it."""

    name: str
    system: str
    address: str
    options: Mapping[str, str] = field(default_factory=dict)
    writable: bool = False
    production: bool = False

    def resolved(self) -> dict[str, str]:
        """The options with the secrets in them; ``Refused`` says which is not where it should be."""
        return {option: secrets.resolved(self.name, option, value) for option, value in self.options.items()}


class Catalog:
    """Reads the file with every question: another program may have written it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def all(self) -> tuple[ConnectionSpec, ...]:
        """By name."""
        try:
            told = json.loads(self.path.read_text(encoding="utf-8"))
            specs = [ConnectionSpec(**each) for each in told["connections"]]
        except FileNotFoundError:
            return ()
        except (OSError, ValueError, TypeError, KeyError) as problem:
            raise Invalid("The list of connections, {path}, can't be read: {problem}.",
                          "Mend the file, or move it away and add them again.", path=self.path,
                          problem=problem) from None
        return tuple(sorted(specs, key=lambda spec: spec.name))

    def get(self, name: str) -> ConnectionSpec:
        specs = self.all()
        found = next((spec for spec in specs if spec.name == name), None)
        if found is None:
            known = ", ".join(f"@{spec.name}" for spec in specs) or "none yet"
            raise NotFound("There is no connection @{name}.",
                           "Known are: {known}. Add one with: workbench connections add.", name=name, known=known)
        return found

    def add(self, spec: ConnectionSpec) -> None:
        check(spec)
        specs = self.all()
        if any(other.name == spec.name for other in specs):
            raise AlreadyExists("There is already a connection @{name}.", "Remove it first, or choose another name.",
                                name=spec.name)
        self._write((*specs, spec))

    def remove(self, name: str) -> None:
        gone = self.get(name)
        self._write(tuple(spec for spec in self.all() if spec.name != name))
        for option, value in gone.options.items():
            secrets.forget_in_keyring(name, option, value)

    def alter(self, name: str, writable: bool | None = None, production: bool | None = None) -> ConnectionSpec:
        """What is None stays as it is; gives the connection as it is now."""
        spec = self.get(name)
        changed = replace(spec, writable=spec.writable if writable is None else writable,
                          production=spec.production if production is None else production)
        self._write(tuple(changed if other.name == name else other for other in self.all()))
        return changed

    def _write(self, specs: tuple[ConnectionSpec, ...]) -> None:
        text = json.dumps({"connections": [asdict(spec) for spec in specs]}, indent=2) + "\n"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self.path.with_name(f"{self.path.name}.{os.getpid()}.new")
        try:
            descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
            os.replace(unfinished, self.path)
        finally:
            unfinished.unlink(missing_ok=True)


def check(spec: ConnectionSpec) -> None:
    """``Invalid`` for a name, an address or an option that can't be kept."""
    if not _NAME.fullmatch(spec.name):
        raise Invalid("A connection can't be called {name!r}.",
                      "Use letters, digits, dot, dash and underscore, at most 63.", name=spec.name)
    if "@" in spec.address:
        raise Invalid("The address of @{name} holds a user or password, which are not kept in it.",
                      "Give them as options: --option user=NAME --option password=env:VARIABLE.", name=spec.name)
    if not spec.address.strip():
        raise Invalid("@{name} needs an address.", "Give --address HOST:PORT.", name=spec.name)
    for option, value in spec.options.items():
        if secrets.SECRET.search(option) and not secrets.names_a_place(value):
            raise Invalid("{option} is a secret, and is not kept in a file.",
                          "Give the place where it is instead: {forms}.", option=option, forms=secrets.FORMS)


def user_catalog() -> Catalog:
    """That of the user who runs this."""
    import platformdirs

    return Catalog(platformdirs.user_config_path("workbench", False) / "connections.json")
