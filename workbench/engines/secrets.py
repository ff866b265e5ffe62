"""Where an option's value comes from when it is a secret. None is kept by the workbench: a catalog, a workspace, a log
and an export have only the name of the place.

    env:NAME     an environment variable of the program that opens the connection
    keyring:     the system's keyring, under the connection's and the option's name; with «keyring:NAME» under that name
    ask:         asked for on the terminal, once a command

A keyring needs the extra «keyring», imported on first use, and a service that keeps it (on Linux the Secret Service).
"""

from __future__ import annotations

import getpass
import importlib.util
import os
import re
import sys
from functools import cache
from typing import Any

from workbench.core.errors import Refused, Unavailable, Unsupported

SECRET = re.compile(r"passw|secret|token|\.key$|key\.pem$|private|\.jaas", re.IGNORECASE)
"""Options whose name says that their value is one."""
FORMS = "env:NAME (an environment variable), keyring: (the system's keyring) or ask: (at the terminal)"
_SERVICE = "workbench"
_ENV, _KEYRING, _ASK = "env:", "keyring:", "ask:"


def names_a_place(value: str) -> bool:
    """Whether the value says where a secret is, and is none itself."""
    return value.startswith((_ENV, _KEYRING)) or value == _ASK


def in_keyring(value: str) -> bool:
    return value.startswith(_KEYRING)


def resolved(connection: str, option: str, value: str) -> str:
    """What is there; ``Refused`` says what has to be done first."""
    if value.startswith(_ENV):
        return _from_environment(connection, option, value.removeprefix(_ENV))
    if value.startswith(_KEYRING):
        return _from_keyring(connection, option, value)
    return _asked(connection, option) if value == _ASK else value


def _from_environment(connection: str, option: str, variable: str) -> str:
    if variable not in os.environ:
        raise Refused("{option} of @{connection} is in the environment variable {variable}, which is not set.",
                      "Set it: export {variable}=...", option=option, connection=connection, variable=variable)
    return os.environ[variable]


@cache
def _asked(connection: str, option: str) -> str:
    if not sys.stdin or not sys.stdin.isatty():
        raise Refused("{option} of @{connection} is asked for on a terminal, and there is none here.",
                      "Keep it elsewhere: {forms}.", option=option, connection=connection, forms=FORMS)
    return getpass.getpass(f"{option} of @{connection}: ")


# -- the keyring ---------------------------------------------------------------------------------------------
def _entry(connection: str, option: str, value: str) -> str:
    return value.removeprefix(_KEYRING) or f"{connection}/{option}"


def _from_keyring(connection: str, option: str, value: str) -> str:
    entry = _entry(connection, option, value)
    found = _try(lambda ring: ring.get_password(_SERVICE, entry))
    if found is None:
        raise Refused("{option} of @{connection} is not in the system's keyring.",
                      "Put it there: workbench connections secret {connection} {option}.", option=option,
                      connection=connection)
    return found


def keep_in_keyring(connection: str, option: str, value: str, secret: str) -> None:
    """``value`` is the option's: ``keyring:`` or ``keyring:NAME``."""
    entry = _entry(connection, option, value)
    _try(lambda ring: ring.set_password(_SERVICE, entry, secret))


def forget_in_keyring(connection: str, option: str, value: str) -> None:
    """Only what lies under the connection's own name: another name may serve others too."""
    if value == _KEYRING and importlib.util.find_spec("keyring") is not None:
        entry = _entry(connection, option, value)
        try:
            _try(lambda ring: ring.delete_password(_SERVICE, entry))
        except Unavailable:
            return  # it was never put there, or there is no keyring now


def _try(ask: Any) -> Any:
    if importlib.util.find_spec("keyring") is None:
        raise Unsupported("The system's keyring needs keyring, which is not installed.",
                          "Run: pip install event-flow-workbench[keyring], or use env:NAME.")
    import keyring
    from keyring.errors import KeyringError

    try:
        return ask(keyring)
    except KeyringError as error:
        reason = " ".join(str(error).split()).rstrip(".") or type(error).__name__
        raise Unavailable("The system's keyring can't be used: {reason}.", "Use env:NAME or ask: instead.",
                          reason=reason) from None
