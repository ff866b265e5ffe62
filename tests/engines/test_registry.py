"""Engines by name: loaded on first use, or the command that installs what is missing."""

import pytest

from workbench.core.errors import NotFound, Unsupported
from workbench.engines.memory import MemoryEngine
from workbench.engines.registry import ENGINES, EngineKind, load


def test_engines_are_found_by_name():
    assert load("memory") is MemoryEngine
    assert all(load(name) for name, kind in ENGINES.items() if not kind.missing)


def test_an_unknown_engine_is_answered_with_those_there_are():
    with pytest.raises(NotFound, match="carrier-pigeon") as problem:
        load("carrier-pigeon")
    assert "embedded" in problem.value.next_step


def test_a_missing_library_is_answered_with_the_command_that_installs_it():
    kinds = {"far": EngineKind("far", "Far away", "far.away:Engine", ("surely_not_installed",), "far")}
    with pytest.raises(Unsupported, match="surely_not_installed") as problem:
        load("far", kinds)
    assert problem.value.next_step == "Run: pip install event-flow-workbench[far]"
