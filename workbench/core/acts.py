"""What can be done to parts of a running flow and to leases: one word each, from the window to whoever does it."""

from __future__ import annotations

from enum import StrEnum


class ProducerControl(StrEnum):
    """``RATE`` comes with a number of events a second, and holds until the drawing says otherwise."""

    PAUSE = "pause"
    RESUME = "resume"
    RESTART = "restart"
    FLUSH = "flush"
    RATE = "rate"


class GroupControl(StrEnum):
    PAUSE = "pause"
    RESUME = "resume"


class MemberControl(StrEnum):
    """``ADD`` needs no member. ``KILL``: it vanishes without a word."""

    ADD = "add"
    PAUSE = "pause"
    RESUME = "resume"
    KILL = "kill"
    RESTART = "restart"
    REMOVE = "remove"


class Settlement(StrEnum):
    """How a lease ends, or goes on: ``NACK`` back to the queue, ``REJECT`` dead at once, ``EXTEND`` for another while,
    ``RELEASE`` as if it had not been handed out."""

    ACK = "ack"
    NACK = "nack"
    REJECT = "reject"
    EXTEND = "extend"
    RELEASE = "release"
