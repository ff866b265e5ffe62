"""The schemas that a schema refers to, each once, those first that others need. Bounded, and cycles are said."""

from __future__ import annotations

from typing import NamedTuple

from workbench.core.errors import Invalid, NotFound
from workbench.serde.schemas.base import REFERENCE_LIMIT, TEXT_LIMIT, Reference, Resolve, Schema


class Referred(NamedTuple):
    reference: Reference
    schema: Schema


def no_references(reference: Reference) -> Schema:
    """For schemas that stand alone."""
    raise NotFound("There is no version {version} of the subject {subject!r}.", version=reference.version,
                   subject=reference.subject)


def referred(schema: Schema, resolve: Resolve) -> list[Referred]:
    """``Invalid`` for one that is missing, of another type, too many, or a cycle."""
    found: _Found = {}
    _visit(schema, resolve, found, [])
    return list(found.values())


_Found = dict[tuple[str, str, int], Referred]


def _visit(schema: Schema, resolve: Resolve, found: _Found, above: list[Referred]) -> None:
    """``above`` are those on the way here, which ``found`` does not have yet."""
    for reference in schema.references:
        key = (reference.name, reference.subject, reference.version)
        way_here = [each.reference for each in above]
        if any((each.subject, each.version) == (reference.subject, reference.version) for each in way_here):
            way = " → ".join(f"{each.subject} version {each.version}" for each in [*way_here, reference])
            raise Invalid("The references go in a cycle: {way}.", "Move what both need into a schema of its own.",
                          way=way)
        if key in found:
            continue
        wanted = _resolved(reference, schema, resolve)
        _check_bounds([*found.values(), *above], wanted)
        _visit(wanted, resolve, found, [*above, Referred(reference, wanted)])
        found[key] = Referred(reference, wanted)


def _resolved(reference: Reference, schema: Schema, resolve: Resolve) -> Schema:
    try:
        wanted = resolve(reference)
    except NotFound:
        raise Invalid("The reference {name!r} is to version {version} of the subject {subject!r}, which is not "
                      "registered.", "Register it first.", name=reference.name, version=reference.version,
                      subject=reference.subject) from None
    if wanted.type != schema.type:
        raise Invalid("The reference {name!r} is to a schema of type {type}, this one is {type_2}.",
                      "Refer to schemas of the same type.", name=reference.name, type=wanted.type, type_2=schema.type)
    return wanted


def _check_bounds(found: list[Referred], wanted: Schema) -> None:
    if len(found) >= REFERENCE_LIMIT:
        raise Invalid("It refers to more than {reference_limit} other schemas.", "Split it.",
                      reference_limit=REFERENCE_LIMIT)
    if sum(len(each.schema.text) for each in found) + len(wanted.text) > TEXT_LIMIT:
        raise Invalid("The schemas it refers to are longer than {text_limit} MB.", "Split them.",
                      text_limit=TEXT_LIMIT // 1024 // 1024)
