"""``flow``: the drawing as a text file for version control, and back, and checked."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from workbench.cli.file_group import FileGroup
from workbench.cli.output import STANDARD_OUTPUT, counted, note, print_json
from workbench.cli.workspace import file_argument, host_of, json_option, workspace_reader
from workbench.control.messages import SaveFlow
from workbench.core.errors import Invalid, Missing
from workbench.flow import codec, rules
from workbench.flow.document import FlowDocument
from workbench.session.whole_file import whole_file

MAX_FLOW_BYTES = 16 * 1024 * 1024
path_argument = click.argument("path", type=click.Path(path_type=Path))


@click.group(cls=FileGroup)
@file_argument
@click.pass_context
def flow(ctx: click.Context, file: Path) -> None:
    """The drawing of FILE as text (JSON)."""
    ctx.obj = file


@flow.command("export")
@path_argument
@click.pass_obj
def export_flow(file: Path, path: Path) -> None:
    """Write the drawing to PATH (- for standard output)."""
    with workspace_reader(file) as reader:
        text = reader.flow() or codec.dumps(FlowDocument())
    if str(path) in STANDARD_OUTPUT:
        sys.stdout.write(text)
        return
    with whole_file(path) as stream:
        stream.write(text.encode())
    note(f"The drawing is in {path}.")


@flow.command("import")
@path_argument
@click.pass_obj
def import_flow(file: Path, path: Path) -> None:
    """Take the drawing from PATH; topics that are drawn and not there are made."""
    document = _read(path)
    with host_of(file) as host:
        host.call(SaveFlow(codec.dumps(document)))
    drawn = f"{counted(len(document.nodes), 'node')} and {counted(len(document.links), 'link')}"
    note(f"The drawing of {file} has {drawn} now.")


@flow.command()
@path_argument
@json_option
@click.pass_obj
def check(file: Path, path: Path, as_json: bool) -> int:
    """Say what is wrong with the drawing in PATH; status 1 when something is."""
    document = _read(path)
    problems = rules.problems(document)
    if as_json:
        print_json({"problems": [{"node": node_id, "text": text} for node_id, text in problems]})
    for node_id, text in problems:
        note(f"{node_id}: {text}")
    if not problems:
        note("Nothing is wrong with it.")
    return 1 if problems else 0


def _read(path: Path) -> FlowDocument:
    try:
        data = sys.stdin.buffer.read(MAX_FLOW_BYTES + 1) if str(path) == "-" else _head_of(path)
    except OSError as error:
        raise Missing("{path} can't be read: {strerror}.", "Is the name right?", path=path,
                      strerror=error.strerror) from None
    if len(data) > MAX_FLOW_BYTES:
        raise Invalid("{path} is larger than a drawing can be.", "Is it the right file?", path=path)
    try:
        return codec.loads(data.decode())
    except UnicodeDecodeError:
        raise Invalid("{path} is not text in UTF-8.", "Is it the right file?", path=path) from None


def _head_of(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(MAX_FLOW_BYTES + 1)


COMMANDS = {"flow": flow}
