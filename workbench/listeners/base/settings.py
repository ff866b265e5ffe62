"""How a listener is set up: where it listens, who may come, what it says of itself."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path

from workbench.core.errors import Invalid, Missing, Refused

RISK = (
    "Every program that reaches this machine's network address could then read and write the topics of this workspace."
)


class AddressTaken(Refused):
    """Another program has the address."""


@dataclass(frozen=True, slots=True)
class ListenerSettings:
    """``host`` localhost means both loopback addresses; any other needs ``allow_remote``. ``users``: who comes must be
    a user of the workspace. ``advertised`` is the address clients are told, empty: the one they reached.
    ``auto_create``: topics that a client asks for are made, where its protocol has that. A connection that asks nothing
    for ``max_idle_ms`` is closed (as by Kafka's connections.max.idle.ms)."""

    host: str = "127.0.0.1"
    port: int = 0
    allow_remote: bool = False
    users: bool = False
    certificate: Path | None = None
    key: Path | None = None
    advertised: str = ""
    auto_create: bool = True
    max_connections: int = 1_000
    max_idle_ms: int = 600_000

    def check(self, protocol: str) -> None:
        """Refuse an address others can reach, unless that was chosen; ``protocol`` names the option that chooses."""
        if not self.allow_remote and not _is_loopback(self.host):
            next_step = f"Use 127.0.0.1, or allow it on purpose (--{protocol}-allow-remote), best with users and TLS."
            raise Refused(f"{self.host} can be reached from other machines. {RISK}", next_step)
        if self.advertised:
            parse_address(self.advertised)
        if (self.certificate is None) != (self.key is None):
            raise Invalid("TLS needs both a certificate and its key.", "Give both files.")

    def tls(self) -> ssl.SSLContext | None:
        """What TLS needs, or None for a plain listener."""
        if self.certificate is None or self.key is None:
            return None
        for path in (self.certificate, self.key):
            if not path.is_file():
                raise Missing("There is no file {path}.", "Give the PEM files of the certificate and its key.",
                              path=path)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        try:
            context.load_cert_chain(self.certificate, self.key)
        except (ssl.SSLError, OSError) as error:
            raise Invalid("The certificate can't be used: {error}.", "Give PEM files that belong together.",
                          error=error) from None
        return context


def parse_address(text: str) -> tuple[str, int]:
    """HOST:PORT, with an IPv6 address in brackets; an empty host is the loopback."""
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not port.isdigit() or int(port) > 65535:
        raise Invalid("{text!r} is no address.", "Write HOST:PORT, for example 127.0.0.1:9092.", text=text)
    return host or "127.0.0.1", int(port)


def show_address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return _resolves_to_loopback(host)


def _resolves_to_loopback(host: str) -> bool:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        raise Invalid("The name {host} is not known.", "Use 127.0.0.1.", host=host) from None
    return all(ipaddress.ip_address(entry[4][0]).is_loopback for entry in found)
