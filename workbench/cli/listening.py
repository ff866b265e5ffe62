"""The options of ``serve`` that say which protocols are served, and where: the same few for each, from the table."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from workbench.host.protocols import PROTOCOLS, ServedProtocol

if TYPE_CHECKING:
    from workbench.control.messages import Listen

LOOPBACK = "127.0.0.1"


def listener_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--NAME HOST:PORT`` and what belongs to it for each protocol, and ``--all``."""
    for protocol in reversed(PROTOCOLS.values()):
        for option in reversed(_options(protocol)):
            command = option(command)
    return click.option("--all", "serve_all", is_flag=True, help="Serve each protocol at its usual port on loopback, "
                        "or the next free one; an option of its own says otherwise.")(command)


def _options(protocol: ServedProtocol) -> list[Callable[..., Any]]:
    key, label = protocol.key, protocol.label
    made = [
        click.option(f"--{key}", default=None, metavar="HOST:PORT",
                     help=f"Serve {label} clients there; port 0: any."),
        click.option(f"--{key}-allow-remote", is_flag=True, help=f"Let --{key} be an address other machines reach. "
                     "Whoever reaches it can read and write what is served, unless a password is asked for."),
        click.option(f"--{key}-tls", nargs=2, default=None, metavar="CERT KEY", help="Serve TLS with these PEM files."),
    ]
    if protocol.has_sasl:
        made.append(click.option(f"--{key}-sasl", is_flag=True, help="Ask clients for SASL/PLAIN, a user of the "
                                 "workspace; see «users»."))
    if protocol.tells_address:
        made.append(click.option(f"--{key}-advertise", default="", metavar="HOST:PORT",
                                 help="The address clients are told to use."))
    return made


def listens(options: dict[str, Any], serve_all: bool) -> tuple[Listen, ...]:
    """What is to be served; ``options`` are the values of ``listener_options``."""
    from workbench.control.messages import Listen

    found = []
    for protocol in PROTOCOLS.values():
        key = protocol.key
        address = options[key]
        certificate, private = options[f"{key}_tls"] or ("", "")
        more = {
            "allow_remote": options[f"{key}_allow_remote"], "users": options.get(f"{key}_sasl", False),
            "certificate": certificate, "key": private, "advertised": options.get(f"{key}_advertise", ""),
        }
        if address is not None:
            found.append(Listen(key, address, **more))
        elif serve_all:
            found.append(Listen(key, f"{LOOPBACK}:{protocol.port}", or_next=True, **more))
        elif any(more.values()):
            raise click.UsageError(f"These options are for a listener: say where with --{key} HOST:PORT.")
    return tuple(found)
