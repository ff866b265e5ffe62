"""Names as other systems write them, and as they are stored: one reversible escaping for every protocol. Pure.

A topic is stored under a name of 1 to 249 letters, digits, dots, underscores and hyphens (Kafka's rule), so that every
client finds it. Names elsewhere are freer: AMQP has any UTF-8 to 255 bytes, STOMP paths hold ``/``, Pulsar has
``persistent://t/n/x``. What a stored name can't hold stands in it as ``.x`` HEX ``.``, the bytes of its UTF-8:

    orders              orders
    /queue/orders       .x2f.queue.x2f.orders
    größe               gr.xc3b6c39f.e

A name that may be stored stays itself, so a Kafka client and one of another protocol meet on one topic: stored names
come back from being shown, shown names from being stored, but for one that is itself the escaped form of another
(``a.x2f.b``), which is the same topic as that. An escape doubles a byte and adds three characters: a name whose stored
form is longer than 249 characters is refused (some 120 bytes if none of them may be stored).
"""

from __future__ import annotations

import re

from workbench.core.errors import Invalid

LONGEST = 249
_LEGAL = re.compile(r"[A-Za-z0-9._-]+")
_FOREIGN = re.compile(r"[^A-Za-z0-9._-]+")
_ESCAPE = re.compile(r"\.x((?:[0-9a-f]{2})+)\.")


def stored_name(shown: str) -> str:
    """The name a topic is stored under; ``Invalid`` where that would be too long, or there is none."""
    stored = shown if _is_legal(shown) else _escaped(shown)
    if not stored or len(stored) > LONGEST:
        short = shown if len(shown) <= 40 else shown[:40] + "…"
        raise Invalid("A topic can't be named «{short}».",
                      "Use 1 to {longest} letters, digits, dots, underscores and hyphens; of other characters only "
                      "some 120 bytes fit.", short=short, longest=LONGEST)
    return stored


def shown_name(stored: str) -> str:
    """The name that other systems know it by."""
    try:
        shown = _ESCAPE.sub(lambda found: bytes.fromhex(found[1]).decode(), stored)
    except UnicodeDecodeError:
        return stored
    return shown if not _is_legal(shown) and _escaped(shown) == stored else stored


def _is_legal(name: str) -> bool:
    return name not in (".", "..") and _LEGAL.fullmatch(name) is not None


def _escaped(name: str) -> str:
    if name in (".", ".."):
        return _escape(name)
    pieces = re.split(r"(\.(?=x))", name)  # a dot that would look like the beginning of an escape is escaped itself
    return "".join(_escape(".") if place % 2 else _FOREIGN.sub(lambda found: _escape(found[0]), piece)
                   for place, piece in enumerate(pieces))


def _escape(text: str) -> str:
    return f".x{text.encode().hex()}."
