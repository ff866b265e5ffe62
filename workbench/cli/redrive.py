"""``queues redrive``: dead messages sent on, edited first where asked, at a rate; Ctrl-C stops it between two steps."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from pathlib import Path

import click
import msgspec

from workbench.cli.output import ProgressLine, counted, note, print_json
from workbench.cli.workspace import host_of, json_option, message_id, pair, parse_message_id
from workbench.control.client import Caller
from workbench.control.queues import ListQueues, RedriveOutcome, RedriveQueue, StopRedrive
from workbench.core.errors import Invalid, Missing, Refused
from workbench.core.queues import Edit, MessageId, Redriven, RedriveSpec
from workbench.session.export import bytes_of

_LOOK_EVERY_S = 0.2
MAX_EDIT_BYTES = 256 << 20


_AS_IT_IS = msgspec.Raw()


class _Fields(msgspec.Struct, forbid_unknown_fields=True):
    """What ``--set`` may change of a message, in the form of a record of JSON Lines."""

    key: msgspec.Raw = _AS_IT_IS
    value: msgspec.Raw = _AS_IT_IS
    headers: tuple[tuple[str, msgspec.Raw], ...] | None = None


@click.command()
@click.argument("queue")
@click.option("--all", "everything", is_flag=True, help="Every dead message of the queue.")
@click.option("--id", "ids", callback=message_id, multiple=True, metavar="ID", help="This one; see «peek».")
@click.option("--to", default="", metavar="QUEUE", help="There; default: each where it came from.")
@click.option("--rate", type=click.FloatRange(0, min_open=True), default=None, help="Messages a second.")
@click.option("--edit", "edits", multiple=True, metavar="ID=FILE", help="The file becomes the message's value.")
@click.option("--set", "sets", multiple=True, metavar="ID=JSON",
              help='Change the message: {"value": ..., "key": ..., "headers": [[name, value]]}.')
@click.option("--dry-run", is_flag=True, help="Only say what would go where.")
@json_option
@click.pass_obj
def redrive(
    file: Path, queue: str, everything: bool, ids: tuple[MessageId, ...], to: str, rate: float | None,
    edits: tuple[str, ...], sets: tuple[str, ...], dry_run: bool, as_json: bool,
) -> None:
    """Send the dead messages of QUEUE on, as new messages that carry their deaths.

    QUEUE is a dead-letter queue, or one that keeps its own dead. Ctrl-C stops after the message it is at: what was
    sent on is there, the rest stays.
    """
    changed = _edits(edits, sets)
    chosen = tuple(dict.fromkeys((*ids, *(() if everything else changed))))
    if everything == bool(chosen):
        raise click.UsageError("Say which with --id, --edit or --set, or all with --all.")
    spec = RedriveSpec(chosen, to, rate or 0.0, changed)
    with host_of(file, writes=not dry_run) as host:
        done, stopped = _drive(host, RedriveQueue(queue, spec, dry_run))
    _tell(queue, done, dry_run, as_json)
    if stopped:
        raise KeyboardInterrupt
    if done.kept and not done.moved:
        raise Refused(f"Nothing of {queue} can be redriven. {done.reason}".strip())


def _drive(host: Caller, command: RedriveQueue) -> tuple[Redriven, bool]:
    """Wait for the redrive on a thread, so that Ctrl-C can ask for its end and still hear how far it came. Returns
    that, and whether it was stopped."""
    before, stopped = _waiting(host, command.queue), False
    with ThreadPoolExecutor(1) as pool, ProgressLine("redriven") as progress:
        work: Future[RedriveOutcome] = pool.submit(host.call, command)
        while True:
            try:  # the whole turn: a Ctrl-C that came amid telling the progress was lost, and the redrive went on
                try:
                    return work.result(_LOOK_EVERY_S).redriven, stopped
                except NotYet:
                    progress(max(0, before - _waiting(host, command.queue)), before)
            except KeyboardInterrupt:
                host.call(StopRedrive(command.queue))
                stopped = True


def _waiting(host: Caller, queue: str) -> int:
    return sum(info.stat.counts.messages for info in host.call(ListQueues()).queues if info.meta.name == queue)


def _edits(files: tuple[str, ...], sets: tuple[str, ...]) -> dict[MessageId, Edit]:
    edits = {}
    for text in files:
        name, path = pair(text, "ID=FILE")
        edits[parse_message_id(name)] = Edit(value=_content(Path(path)))
    for text in sets:
        name, json = pair(text, "ID=JSON")
        message = parse_message_id(name)
        if message in edits:
            raise click.UsageError(f"Message {name} is edited twice.")
        edits[message] = _edit(json)
    return edits


def _content(path: Path) -> bytes:
    if not path.exists():
        raise Missing("There is no file {path}.", path=path)
    if not path.is_file() or path.stat().st_size > MAX_EDIT_BYTES:
        raise Invalid("{path} can't be the value of a message.", "Give a file of at most 256 MiB.", path=path)
    return path.read_bytes()


def _edit(json: str) -> Edit:
    try:
        fields = msgspec.json.decode(json, type=_Fields)
        headers = None if fields.headers is None else tuple((name, bytes_of(form)) for name, form in fields.headers)
        edit = Edit(_changed(fields.value), _changed(fields.key), headers)
    except (ValueError, Invalid) as error:  # msgspec's errors are ValueErrors
        raise click.BadParameter(f"«{json[:60]}» is no change of a message: {error}.".replace("..", ".")) from None
    if edit == Edit():
        raise click.BadParameter(f"«{json[:60]}» changes nothing: name a value, a key or headers.")
    return edit


def _changed(form: msgspec.Raw) -> bytes | None:
    """The new bytes; None where it stays as it is."""
    if not bytes(form):
        return None
    data = bytes_of(form)
    if data is None:
        raise Invalid("a message that is redriven can't be made null")
    return data


def _tell(queue: str, done: Redriven, dry_run: bool, as_json: bool) -> None:
    moved = dict(done.moved)
    if as_json:
        print_json({"queue": queue, "dry_run": dry_run, "redriven": sum(moved.values()), "moved": moved,
                    "kept": done.kept, "reason": done.reason or None})
        return
    where = ", ".join(f"{number:,} to {name}" for name, number in moved.items()) or "none"
    print(f"{counted(sum(moved.values()), 'message')} {'would be ' if dry_run else ''}redriven: {where}")
    if done.kept and moved:
        note(f"{done.kept:,} stay in {queue}. {done.reason}".strip())
