"""What every protocol's listener stands on: sockets, limits, who is there, users, TLS, what is asked in vain.

A protocol is a folder beside this one; those folders do not know each other. ``Listener`` is what the host sees of one.
"""

from __future__ import annotations

from typing import Protocol

from workbench.core.snapshot import ClientStat
from workbench.listeners.base.settings import RISK, AddressTaken, ListenerSettings, parse_address, show_address
from workbench.listeners.base.users import Users

__all__ = ["RISK", "AddressTaken", "Listener", "ListenerSettings", "Users", "parse_address", "show_address"]


class Listener(Protocol):
    """One protocol served at one address. Lives on the host's asyncio loop."""

    @property
    def address(self) -> str:
        """Where it is served, as its clients are told: HOST:PORT, or a URL where they want one."""
        ...

    async def start(self) -> None:
        """Listen. ``Refused`` when the address is not loopback and that was not chosen, or it is taken."""
        ...

    async def stop(self) -> None:
        """Close the sockets and every connection, and wait until nothing of them is at work."""
        ...

    def clients(self) -> tuple[ClientStat, ...]:
        """Who is connected, and who was turned away lately. For one caller (rates are taken between askings)."""
        ...
