"""``export`` and ``import``: a session's records and journal as a file that other tools read, and back."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import click

from workbench.cli.output import STANDARD_INPUT, STANDARD_OUTPUT, ProgressLine, counted, note, print_json
from workbench.cli.workspace import Point, file_argument, host_of, json_option, reader_of
from workbench.core.points import EARLIEST, LATEST, LogPoint
from workbench.engines.schemas import decoders_in
from workbench.session.export import Exported, What, export, format_named, write_items
from workbench.session.importing import import_file
from workbench.session.matching import read_filter

_FORMATS = click.Choice(["jsonl", "csv", "sqlite", "html"])


@click.command("export")
@file_argument
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--topic", "topics", multiple=True, help="Only these topics.")
@click.option("--from", "from_", type=Point(), default=EARLIEST)
@click.option("--to", type=Point(), default=LATEST, help="What is there itself is left out.")
@click.option("--filter", "wanted", default="", metavar="FILTER",
              help="Only records that match: text, or an expression over key, value, headers ...")
@click.option("--what", type=click.Choice(["records", "journal", "all"]), default="records", show_default=True)
@click.option("--format", "form", type=_FORMATS, default=None, help="Default: by the name of OUT, else jsonl.")
@click.option("--progress", "tell", is_flag=True, help="Tell how far it is, also where that is no terminal.")
@json_option
def export_session(
    file: Path, out: Path, topics: tuple[str, ...], from_: LogPoint, to: LogPoint, wanted: str,
    what: What, form: str | None, tell: bool, as_json: bool,
) -> None:
    """Write records and journal of FILE to OUT (- for standard output); «--what all» also what is around them: topics
    with their settings, queues with their state, exchanges, groups' offsets, the drawing."""
    with reader_of(file) as reader:
        matches = read_filter(wanted, decoders_in(reader)).matches if wanted.strip() else None
        if str(out) in STANDARD_OUTPUT:
            lines = format_named(form or "jsonl", decoders_in(reader))
            write_items(reader, sys.stdout.buffer, what, lines, topics, from_, to, matches=matches)
            sys.stdout.buffer.flush()
            return
        with ProgressLine("exported", always=tell) as progress:
            done = export(reader, out, what, form or "", topics, from_, to, progress, matches=matches)
        queues = [t.name for t in reader.topics() if t.kind == "queue" and (not topics or t.name in topics)]
    _tell_export(done, as_json)
    if queues and what == "records":
        note(f"Of {', '.join(queues)} the messages are written, not what was acked. «--what all» writes that too, and "
             "settings, groups' offsets and the drawing.")


def _tell_export(done: Exported, as_json: bool) -> None:
    files = [str(path) for path in done.files]
    if as_json:
        print_json({"records": done.records, "journal_entries": done.entries, "files": files})
    else:
        what = f"{counted(done.records, 'record')} and {done.entries:,} of the journal"
        print(f"{what} into {' and '.join(files)}")


@click.command("import")
@file_argument
@click.argument("source", metavar="IN", type=click.Path(path_type=Path))
@click.option("--topic", default="", help="Everything into this topic.")
@click.option("--format", "form", type=_FORMATS, default=None, help="Default: by the name of IN, else jsonl.")
@click.option("--again", is_flag=True, help="Also when this very file was imported before.")
@json_option
def import_session(file: Path, source: Path, topic: str, form: str | None, again: bool, as_json: bool) -> None:
    """Take into FILE what an export wrote to IN (- for standard input), all of it or nothing. Topics that are not there
    are made."""
    with _file_of(source) as path, host_of(file) as host, ProgressLine("bytes read") as progress:
        done = import_file(host, path, topic, form or "", progress, again=again,
                           called=source.name if path is source else "what came through the pipe")
    if as_json:
        print_json({"records": done.records, "topics": list(done.topics), "created": list(done.created),
                    "journal_entries_left_out": done.journal_entries,
                    "uncommitted_left_out": done.uncommitted, "left_out": list(done.left_out)})
        return
    print(f"{counted(done.records, 'record')} into {counted(len(done.topics), 'topic')}")
    for sentence in done.left_out:
        note(f"Left out: {sentence}")
    if done.uncommitted:
        note(f"{counted(done.uncommitted, 'record')} left out: of transactions that were aborted or undecided.")
    if done.journal_entries:
        note(f"{done.journal_entries:,} journal entries are left out: a journal is the history of its own file.")


@contextmanager
def _file_of(source: Path) -> Iterator[Path]:
    """A file that is read to its end before the import begins, also of what comes through a pipe."""
    if str(source) not in STANDARD_INPUT and not source.is_fifo():
        yield source
        return
    with tempfile.NamedTemporaryFile(prefix="workbench-", suffix=source.suffix) as kept:
        with source.open("rb") if source.is_fifo() else nullcontext(sys.stdin.buffer) as given:
            shutil.copyfileobj(given, kept)
        kept.flush()
        yield Path(kept.name)


COMMANDS = {"export": export_session, "import": import_session}
