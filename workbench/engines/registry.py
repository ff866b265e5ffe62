"""Engines by name. Each is imported on first use, so that nobody pays for a client library they do not have.

``load`` answers with the factory, or says what to install. Adding a system is adding a line here.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.core.errors import NotFound, Unsupported
from workbench.engines.base import Engine


@dataclass(frozen=True, slots=True)
class EngineKind:
    """``factory`` is ``module:name``; ``needs`` are the libraries it imports, ``extra`` the pip extra that has them."""

    name: str
    title: str
    factory: str
    needs: tuple[str, ...] = ()
    extra: str = ""

    @property
    def missing(self) -> tuple[str, ...]:
        """The libraries that are not installed here."""
        return tuple(name for name in self.needs if importlib.util.find_spec(name) is None)


ENGINES: Mapping[str, EngineKind] = {
    kind.name: kind
    for kind in (
        EngineKind("embedded", "This workspace", "workbench.engines.embedded:EmbeddedEngine"),
        EngineKind("memory", "In memory", "workbench.engines.memory:MemoryEngine"),
    )
}


def load(name: str, engines: Mapping[str, EngineKind] = ENGINES) -> Callable[..., Engine]:
    """What makes engines of this kind; ``Unsupported`` says what to install first."""
    if name not in engines:
        raise NotFound(f"There is no engine {name!r}.", f"Known are: {', '.join(engines)}.")
    kind = engines[name]
    if kind.missing:
        raise Unsupported(f"{kind.title} needs {', '.join(kind.missing)}, which is not installed.",
                          f"Run: pip install event-flow-workbench[{kind.extra}]")  # fmt: skip
    module, _, attribute = kind.factory.partition(":")
    factory: Any = getattr(importlib.import_module(module), attribute)
    return factory
