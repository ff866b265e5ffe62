"""``schemas``: list, describe, register, check, delete, compatibility. What only looks disturbs nothing and needs no
host; what changes goes through the host where one serves the file."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.asking import ask, yes_option
from workbench.cli.file_group import FileGroup
from workbench.cli.output import STANDARD_INPUT, counted, note, print_json, print_table
from workbench.cli.workspace import file_argument, host_of, json_option
from workbench.control.schemas import DeleteSchemas, RegisterSchema, SetCompatibility
from workbench.core.errors import Invalid, Missing, Refused
from workbench.core.schemas import ALL, AVRO, JSON, LEVELS, PROTOBUF, Reference, Schema, SchemaVersion

if TYPE_CHECKING:
    from workbench.session.schemas import Checked, LookedAt

_ENDINGS = {".avsc": AVRO, ".proto": PROTOBUF}
_TYPES = {"avro": AVRO, "protobuf": PROTOBUF, "json": JSON}
_JSON_WORDS = ("$schema", "$ref", "$id", "properties", "anyOf", "oneOf", "allOf", "const")


@click.group(cls=FileGroup)
@file_argument
@click.pass_context
def schemas(ctx: click.Context, file: Path) -> None:
    """The schemas of FILE: subjects with their versions, as a Schema Registry keeps them."""
    ctx.obj = file


def _looked_at(file: Path) -> tuple[LookedAt, list[str]]:
    """What is registered, and the topics' names."""
    from workbench.broker import BrokerReader
    from workbench.session.schemas import LookedAt

    with BrokerReader(file) as reader:
        return LookedAt(reader.schemas()), [topic.name for topic in reader.topics()]


def _version(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    from workbench.session.schemas.lookup import version_number

    return None if value is None else version_number(value)


_version_option = click.option("--version", callback=_version, default=None, metavar="N|latest",
                               help="One version; without it the last.")


# -- what there is -----------------------------------------------------------------------------------------------
@schemas.command("list")
@click.option("--deleted", is_flag=True, help="Subjects whose versions are all deleted, too.")
@json_option
@click.pass_obj
def list_schemas(file: Path, deleted: bool, as_json: bool) -> None:
    """All subjects, with their last version and the topics that are named like them."""
    registry, topics = _looked_at(file)
    found = [_subject_told(registry, name, topics) for name in registry.lookup.subjects(deleted=deleted)]
    if as_json:
        print_json({"level": registry.settings.level(ALL), "subjects": found})
        return
    print_table(("SUBJECT", "TYPE", "VERSIONS", "LAST", "ID", "COMPATIBILITY", "TOPIC"), [
        (one["subject"], one["type"], len(one["versions"]), one["version"], one["id"], one["level"],
         ", ".join(one["topics"]) or "-") for one in found])


def _subject_told(registry: LookedAt, name: str, topics: list[str]) -> dict[str, Any]:
    from workbench.session.schemas.subjects import topics_of

    versions = registry.lookup.versions(name)
    last = versions[-1] if versions else registry.lookup.versions(name, deleted=True)[-1]
    return {"subject": name, "type": registry.lookup.schema(last.schema_id).schema.type,
            "versions": [one.version for one in versions], "version": last.version, "id": last.schema_id,
            "deleted": last.deleted, "level": registry.settings.level(name), "mode": registry.settings.mode(name),
            "topics": topics_of(name, topics)}


@schemas.command()
@click.argument("subject")
@_version_option
@click.option("--reader", default=None, metavar="SUBJECT[:VERSION]",
              help="What a reader with that schema makes of it, by field: what fills in, is dropped, breaks.")
@json_option
@click.pass_obj
def describe(file: Path, subject: str, version: int | None, reader: str | None, as_json: bool) -> None:
    """A version of SUBJECT: its fields and its text. Deleted ones can be looked at by their number."""
    registry, topics = _looked_at(file)
    found = registry.version(subject, -1 if version is None else version, deleted=version is not None)
    if reader is not None:
        _print_read(registry, found.version, reader, as_json)
        return
    schema, parsed = found.registered.schema, registry.lookup.parsed(found.version)
    one = found.version
    told = _subject_told(registry, one.subject, topics) | {
        "version": one.version, "id": one.schema_id, "deleted": one.deleted, "type": schema.type, "schema": schema.text,
        "references": [{"name": each.name, "subject": each.subject, "version": each.version}
                       for each in schema.references],
        "fields": [each._asdict() for each in parsed.fields()],
        "versions": [_version_told(each) for each in registry.lookup.versions(one.subject, deleted=True)]}
    if as_json:
        print_json(told)
        return
    print(f"{one.subject} version {one.version}: {schema.type}, id {one.schema_id}, compatibility {told['level']}"
          + (", deleted" if one.deleted else ""))
    for each in schema.references:
        print(f"refers to {each.subject} version {each.version} as {each.name}")
    print_table(("FIELD", "TYPE", "DEFAULT", "ABOUT"), [
        (each.path, each.type, each.default or "-", each.doc or "-") for each in parsed.fields()])
    print(schema.text)


def _print_read(registry: LookedAt, writer: SchemaVersion, reader: str, as_json: bool) -> None:
    from workbench.session.schemas import read_with

    found = read_with(registry.lookup, reader, writer)
    mine = found.reader
    if as_json:
        print_json({"subject": writer.subject, "version": writer.version, "fits": found.fits,
                    "reader": {"subject": mine.subject, "version": mine.version},
                    "fields": [{"field": row.field, "state": row.state, "told": row.told,
                                "written": row.written or None} for row in found.rows]})
        return
    print(f"{writer.subject} version {writer.version}, read with {mine.subject} version {mine.version}")
    print_table(("FIELD", "IS", "ABOUT"), [(row.field or "(the value)", row.state, row.told or "-")
                                           for row in found.rows])


def _version_told(one: SchemaVersion) -> dict[str, Any]:
    return {"version": one.version, "id": one.schema_id, "deleted": one.deleted}


# -- registering and checking ------------------------------------------------------------------------------------
def _reference(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> tuple[Reference, ...]:
    found = []
    for text in value:
        name, equals, rest = text.partition("=")
        subject, colon, version = rest.rpartition(":")
        if not (name and equals and subject and colon and version.isdecimal()):
            raise click.BadParameter(f"«{text}» is not of the form NAME=SUBJECT:VERSION.")
        found.append(Reference(name, subject, int(version)))
    return tuple(found)


def _draft_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for add in (
        click.option("--reference", "references", multiple=True, callback=_reference, metavar="NAME=SUBJECT:VERSION",
                     help="What another schema is called within this one, and where it is registered."),
        click.option("--type", "kind", type=click.Choice(tuple(_TYPES), case_sensitive=False), default=None,
                     help="Else by the subject's last version, the file's name, and its text."),
        click.argument("path", metavar="PATH|-"), click.argument("subject"),
    ):
        command = add(command)
    return command


def _read(path: str) -> str:
    try:
        data = sys.stdin.buffer.read() if path in STANDARD_INPUT else Path(path).read_bytes()
        return data.decode("utf-8-sig")
    except FileNotFoundError:
        raise Missing("There is no file {path}.", "Give the file that holds the schema.", path=path) from None
    except UnicodeDecodeError as error:
        raise Invalid("{path} is not UTF-8 text: {reason} at byte {start}.", "Save it as UTF-8.", path=path,
                      reason=error.reason, start=error.start) from None
    except OSError as error:
        raise Invalid("{path} can't be read: {strerror}.", path=path, strerror=error.strerror) from error


def _schema(registry: LookedAt, subject: str, path: str, kind: str | None, references: tuple[Reference, ...]) -> Schema:
    text = _read(path)
    return Schema(_TYPES[kind.lower()] if kind else _type_of(registry, subject, path, text), text, references)


def _type_of(registry: LookedAt, subject: str, path: str, text: str) -> str:
    if (by_name := _ENDINGS.get(Path(path).suffix.lower())) is not None:
        return by_name
    last = registry.lookup.find(subject, -1)
    if last is not None:
        return registry.lookup.schema(last.schema_id).schema.type
    if text.lstrip().startswith(("syntax", "message", "package", "import", "//", "/*", "edition")):
        return PROTOBUF
    return JSON if any(f'"{word}"' in text for word in _JSON_WORDS) else AVRO


@schemas.command()
@_draft_options
@json_option
@click.pass_obj
def register(file: Path, subject: str, path: str, kind: str | None, references: tuple[Reference, ...],
             as_json: bool) -> None:
    """Make the schema in PATH the next version of SUBJECT, and print its id; that of the version it is, if it is
    registered already."""
    registry, _ = _looked_at(file)
    schema = _schema(registry, subject, path, kind, references)
    try:
        with host_of(file) as host:
            done = host.call(RegisterSchema(subject, schema))
    except Refused:
        found = _checked(_looked_at(file)[0], subject, schema, None)
        if found.fits:  # it was refused for another reason
            raise
        raise _refusal(subject, found) from None
    if as_json:
        print_json({"subject": done.subject, "version": done.version, "id": done.id, "new": done.is_new})
    else:
        print(done.id)


@schemas.command()
@_draft_options
@_version_option
@json_option
@click.pass_obj
def check(file: Path, subject: str, path: str, kind: str | None, references: tuple[Reference, ...],
          version: int | None, as_json: bool) -> None:
    """Whether the schema in PATH fits as the next version of SUBJECT: exit status 0, or 1 and why not. Nothing is
    stored."""
    registry, _ = _looked_at(file)
    found = _checked(registry, subject, _schema(registry, subject, path, kind, references), version)
    if as_json:
        print_json({"subject": subject, "fits": found.fits, "level": found.level, "against": list(found.against),
                    "reasons": [{"kind": one.kind, "field": one.field, "sentence": one.sentence, "version": one.version}
                                for one in found.reasons]})
        if not found.fits:
            sys.exit(1)
        return
    if not found.fits:
        raise _refusal(subject, found)
    with_what = f"version {', '.join(map(str, found.against))}" if found.against else "no version before it"
    note(f"It fits {subject} by {found.level}: compared with {with_what}.")


def _checked(registry: LookedAt, subject: str, schema: Schema, version: int | None) -> Checked:
    from workbench.session.schemas import Draft

    return registry.check(subject, Draft(schema), version)


def _refusal(subject: str, found: Checked) -> Refused:
    return Refused("It does not fit {subject} by {level}. {reasons}", subject=subject, level=found.level,
                   reasons=' '.join(one.sentence for one in found.reasons))


# -- deleting, levels --------------------------------------------------------------------------------------------
@schemas.command()
@click.argument("subject")
@click.option("--version", callback=_version, default=None, metavar="N|latest", help="One version; without it all.")
@click.option("--permanent", is_flag=True, help="For good, what was deleted before.")
@yes_option
@json_option
@click.pass_obj
def delete(file: Path, subject: str, version: int | None, permanent: bool, yes: bool, as_json: bool) -> None:
    """Delete SUBJECT, or one version of it: softly, so that records written with it can still be read; or for good."""
    if permanent:
        ask(f"{subject} goes for good, and programs find its schemas no more", yes)
    with host_of(file) as host:
        gone = host.call(DeleteSchemas(subject, version, permanent)).versions
    if as_json:
        print_json({"subject": subject, "versions": list(gone), "permanent": permanent})
    else:
        note(f"{counted(len(gone), 'version')} of {subject} {'is' if len(gone) == 1 else 'are'} deleted"
             f"{' for good' if permanent else ''}: {', '.join(map(str, gone))}.")


@schemas.command()
@click.argument("subject", required=False)
@click.argument("level", required=False)
@json_option
@click.pass_obj
def compatibility(file: Path, subject: str | None, level: str | None, as_json: bool) -> None:
    """Print the level that holds for SUBJECT, or for all; with LEVEL set it («default» goes back to what is above).
    A level alone is set for all."""
    if subject is not None and level is None and subject.upper() in (*LEVELS, "DEFAULT"):
        subject, level = None, subject
    if level is not None:
        if level.upper() not in (*LEVELS, "DEFAULT"):
            raise Invalid("There is no level «{level}».", "Use one of: {levels}; or default.", level=level,
                          levels=', '.join(LEVELS))
        with host_of(file) as host:
            host.call(SetCompatibility(subject or ALL, None if level.upper() == "DEFAULT" else level.upper()))
    registry, _ = _looked_at(file)
    holds, own = registry.settings.level(subject or ALL), registry.settings.own(subject or ALL).level
    if as_json:
        print_json({"subject": subject, "level": holds, "own": own is not None})
    else:
        print(holds)


COMMANDS: dict[str, Callable[..., Any]] = {"schemas": schemas}
