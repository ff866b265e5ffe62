"""Above the listeners a protocol is a row of a table: no code there knows one by name."""

from __future__ import annotations

import io
import tokenize
from pathlib import Path

import pytest

from workbench.core.errors import Unsupported
from workbench.host.protocols import PROTOCOLS, READY_KEYS, protocol_named
from workbench.ui.models.protocols import PROTOCOLS as LABELS

ROOT = Path(__file__).resolve().parents[3] / "workbench"
TABLES = {"host/protocols.py"}
"""Where a protocol may be named. Words in comments and docstrings are not code."""


@pytest.mark.parametrize("room", ["host", "control", "core"])
def test_no_protocol_is_named_above_the_listeners(room: str):
    found = []
    for module in sorted((ROOT / room).rglob("*.py")):
        name = module.relative_to(ROOT).as_posix()
        if name not in TABLES:
            found += [f"{name}: {word}" for word in _code(module) if any(key in word.lower() for key in PROTOCOLS)
                      and not word.lower().startswith(("registry", "_registry"))]
    assert not found


def _code(module: Path) -> list[str]:
    """Names and texts of a module, without comments and texts that stand alone (docstrings)."""
    tokens = list(tokenize.generate_tokens(io.StringIO(module.read_text(encoding="utf-8")).readline))
    found = []
    for before, token in zip([None, *tokens], tokens, strict=False):
        alone = before is None or before.type in (tokenize.NEWLINE, tokenize.NL, tokenize.INDENT, tokenize.DEDENT)
        if token.type == tokenize.NAME or (token.type == tokenize.STRING and not alone):
            found.append(token.string)
    return found


def test_the_tables_of_host_and_window_agree():
    assert [label.key for label in LABELS] == list(PROTOCOLS)
    for label in LABELS:
        protocol = PROTOCOLS[label.key]
        assert label.label == protocol.label
        assert label.address == f"127.0.0.1:{protocol.port}"
        assert label.key in READY_KEYS


def test_one_that_is_not_served_is_said_with_those_there_are():
    with pytest.raises(Unsupported, match="«stomp» is not served") as caught:
        protocol_named("stomp")
    assert "kafka, registry, amqp" in caught.value.next_step
