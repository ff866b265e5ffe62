"""One attached window or command: what it subscribed to and what it holds open. Lives on the host's loop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from workbench.control.messages import Push
from workbench.core.wanted import Narrowing
from workbench.engines.embedded_consumer import EmbeddedConsumer


@dataclass(slots=True, eq=False)
class ClientSession:
    """``push`` sends without waiting; ``busy`` says that the last pushes still wait to leave."""

    push: Callable[[Push], None]
    busy: Callable[[], bool] = lambda: False
    client: str = ""
    hz: float = 0.0
    due_ms: float = 0.0
    narrowing: Narrowing | None = None  # what it looks at closely; None: it is told everything
    consumers: dict[int, EmbeddedConsumer] = field(default_factory=dict)
    imports: set[int] = field(default_factory=set)
    leasing: set[tuple[str, str]] = field(default_factory=set)  # (queue, consumer) that it receives as
