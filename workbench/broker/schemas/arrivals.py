"""Schemas that come in by an import, beside those that are there. A plain function of a connection.

Records carry ids, so a schema keeps its id. Where another schema has that id here it is left out and said: records that
were written with it would be read by the wrong one.
"""

from __future__ import annotations

import sqlite3

from workbench.broker.schemas import rows
from workbench.broker.schemas.catalogue import load_catalogue
from workbench.core.schemas import ALL, SchemasShape, SchemaVersion


def take_in(db: sqlite3.Connection, shape: SchemasShape) -> list[str]:
    """Puts into the file what can be taken; in sentences, what could not."""
    there, left_out, taken = load_catalogue(db), [], set()
    for schema in shape.schemas:
        known = there.schema(schema.id)
        if known is None:
            rows.put_schema(db, schema)
        elif known.digest != schema.digest:
            left_out.append(f"The schema with the id {schema.id}: another one has that id here.")
            continue
        taken.add(schema.id)
    by_subject: dict[str, list[SchemaVersion]] = {}
    for one in shape.versions:
        by_subject.setdefault(one.subject, []).append(one)
    fresh = {subject for subject in by_subject if not there.versions(subject)}
    for subject, versions in by_subject.items():
        if subject in fresh:
            rows.put_versions(db, [one for one in versions if one.schema_id in taken])
        elif _differ(versions, there.versions(subject), taken):
            left_out.append(f"The versions of the subject {subject}: it was here before, with others.")
    for subject, settings in shape.settings.items():
        is_new = subject in fresh or (subject == ALL and not there.subjects() and not there.all_settings())
        if is_new or (subject != ALL and not there.versions(subject) and subject not in there.all_settings()):
            rows.put_settings(db, subject, settings)
    return left_out


def _differ(coming: list[SchemaVersion], there: tuple[SchemaVersion, ...], taken: set[int]) -> bool:
    known = {one.version: one.schema_id for one in there}
    return any(known.get(one.version) != one.schema_id or one.schema_id not in taken for one in coming)
