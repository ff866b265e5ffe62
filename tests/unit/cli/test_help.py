"""Each verb shows its own help, wherever FILE stands."""

from __future__ import annotations

import click
import pytest

from workbench.cli.main import cli, main
from workbench.cli.queue_words import COUNTER_WORDS
from workbench.cli.verbs import VERBS


def _pairs() -> list[tuple[str, str]]:
    context = click.Context(cli)
    groups = {verb: cli.get_command(context, verb) for verb in VERBS}
    groups.pop("connections")  # they are the user's, not a file's
    return [(verb, name) for verb, group in groups.items() if isinstance(group, click.Group) for name in group.commands]


@pytest.mark.parametrize("verb", [*VERBS])
def test_a_verb_shows_its_own_help(verb, capsys):
    assert main([verb, "--help"]) == 0
    assert capsys.readouterr().out.startswith(f"Usage: workbench {verb} ")


@pytest.mark.parametrize(("verb", "name"), _pairs())
@pytest.mark.parametrize("file", [[], ["shop.flow"]])
@pytest.mark.parametrize("asked", ["--help", "-h"])
def test_what_a_verb_does_shows_its_own_help(verb, name, file, asked, capsys):
    assert main([verb, *file, name, asked]) == 0
    assert capsys.readouterr().out.startswith(f"Usage: workbench {verb} FILE {name} ")


@pytest.mark.parametrize("name", ["list", "add", "test", "remove"])
def test_connections_belong_to_no_file(name, capsys):
    assert main(["connections", name, "--help"]) == 0
    assert capsys.readouterr().out.startswith(f"Usage: workbench connections {name} ")


def test_a_nack_is_no_lease_that_ran_out():
    assert COUNTER_WORDS["returned"] == "leases that ran out"
