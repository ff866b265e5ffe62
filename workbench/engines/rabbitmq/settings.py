"""How a RabbitMQ is reached: what a connection's address and options say. Pure.

    address    HOST, HOST:PORT, amqp://HOST:PORT/VHOST or amqps://...
    user, password          guest and guest without them; the password as env:NAME or another place for secrets
    vhost                   / without it
    tls                     true: TLS, also said by amqps://; tls.ca, tls.certificate and tls.key.file are files
    management              the address of the management API, http://HOST:15672 without it; «none» for none
    queues                  names with commas, where no management API tells them
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from workbench.core.errors import Invalid
from workbench.engines.catalog import ConnectionSpec

_PORT, _TLS_PORT = 5672, 5671
_MANAGEMENT_PORT, _TLS_MANAGEMENT_PORT = 15672, 15671
_OPTIONS = ("user", "password", "vhost", "tls", "tls.ca", "tls.certificate", "tls.key.file", "management", "queues")
_YES_NO = {"true": True, "yes": True, "false": False, "no": False, "": False}


@dataclass(frozen=True, slots=True)
class RabbitSettings:
    """``management`` is empty for none; ``queues`` are those a user named."""

    name: str
    host: str
    port: int
    user: str
    password: str
    vhost: str
    tls: bool
    management: str
    queues: tuple[str, ...]
    files: Mapping[str, str]

    @property
    def address(self) -> str:
        return f"{self.host}:{self.port}"

    def ssl_context(self) -> ssl.SSLContext | None:
        """None without TLS; ``Invalid`` names a file that can't be used."""
        if not self.tls:
            return None
        try:
            context = ssl.create_default_context(cafile=self.files.get("tls.ca"))
            if certificate := self.files.get("tls.certificate"):
                context.load_cert_chain(certificate, self.files.get("tls.key.file"))
        except (OSError, ssl.SSLError) as problem:
            raise Invalid("@{name}: a certificate file can't be used: {problem}.",
                          "Check tls.ca, tls.certificate and tls.key.file.", name=self.name, problem=problem) from None
        return context


def settings_of(spec: ConnectionSpec) -> RabbitSettings:
    """``Invalid`` for an address or an option that says nothing."""
    options = spec.resolved()
    for name in options:
        if name not in _OPTIONS:
            raise Invalid("RabbitMQ has no option {name}.", "Known are: {options}.", name=name,
                          options=', '.join(_OPTIONS))
    scheme, host, port, path = _parts(spec)
    said = options.get("tls", "true" if scheme == "amqps" else "").lower()
    if said not in _YES_NO:
        raise Invalid("@{name}: tls can't be {said}.", "Give tls=true or tls=false.", name=spec.name, said=said)
    tls = _YES_NO[said]
    return RabbitSettings(
        spec.name, host, port or (_TLS_PORT if tls else _PORT), options.get("user", "guest"),
        options.get("password", "guest"), options.get("vhost") or path or "/", tls,
        _management(options.get("management", ""), host, tls),
        tuple(filter(None, (name.strip() for name in options.get("queues", "").split(",")))),
        {name: options[name] for name in ("tls.ca", "tls.certificate", "tls.key.file") if name in options},
    )


def _parts(spec: ConnectionSpec) -> tuple[str, str, int | None, str]:
    """Scheme, host, port and virtual host of the address."""
    try:
        parts = urlsplit(spec.address if "://" in spec.address else f"amqp://{spec.address}")
        if parts.hostname and parts.scheme in ("amqp", "amqps"):
            return parts.scheme, parts.hostname, parts.port, unquote(parts.path.removeprefix("/"))
    except ValueError:
        pass
    raise Invalid("@{name}: {address} is no address of a RabbitMQ.", "Give HOST:PORT, or amqp://HOST:PORT/VHOST.",
                  name=spec.name, address=spec.address)


def _management(said: str, host: str, tls: bool) -> str:
    if said.lower() == "none":
        return ""
    shown = f"[{host}]" if ":" in host else host
    usual = f"https://{shown}:{_TLS_MANAGEMENT_PORT}" if tls else f"http://{shown}:{_MANAGEMENT_PORT}"
    return (said if "://" in said or not said else f"http://{said}").rstrip("/") or usual
