"""Systems by name: loaded on first use, or the command that installs what is missing."""

import pytest

from workbench.core.errors import NotFound, Unsupported
from workbench.engines.catalog import ConnectionSpec
from workbench.engines.registry import SYSTEMS, SystemKind, connect


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_system_is_found_by_name_and_not_reached_for_it(system: str):
    connection = connect(ConnectionSpec("staging", system, "127.0.0.1:1"))
    assert (connection.name, connection.system, connection.state.state) == ("staging", system, "closed")


def test_an_unknown_system_is_answered_with_those_there_are():
    with pytest.raises(NotFound, match="carrier-pigeon") as problem:
        connect(ConnectionSpec("far", "carrier-pigeon", "x"))
    assert "kafka" in problem.value.next_step


def test_a_missing_library_is_answered_with_the_command_that_installs_it():
    systems = {"far": SystemKind("far", "Far away", "far.away:Far", 1, ("surely_not_installed",), "far")}
    with pytest.raises(Unsupported, match="surely_not_installed") as problem:
        connect(ConnectionSpec("x", "far", "x"), systems)
    assert problem.value.next_step == "Run: pip install event-flow-workbench[far]"
