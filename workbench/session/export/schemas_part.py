"""Which schemas an export carries: of a whole workspace all, of a part of it those that the part needs. Pure.

Needed is what records carry the id of (the wire format of Schema Registry's serializers: a zero byte and four of the
id), what the subjects named like the exported topics hold, and what those refer to.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from workbench.core.records import StoredRecord
from workbench.core.schemas import SchemasShape
from workbench.session.schemas.subjects import beside, topics_of

_MAGIC, _HEAD_BYTES = 0, 5


def ids_of(record: StoredRecord) -> Iterable[int]:
    """The ids that a record's key and value begin with, if they are ids at all."""
    for data in (record.key, record.value):
        if data is not None and len(data) >= _HEAD_BYTES and data[0] == _MAGIC:
            yield int.from_bytes(data[1:_HEAD_BYTES], "big")


def needed(shape: SchemasShape, ids: set[int], topics: Sequence[str]) -> SchemasShape:
    versions = {(one.subject, one.version): one for one in shape.versions}
    by_id = {schema.id: schema for schema in shape.schemas}
    named = {one.subject for one in shape.versions if topics_of(one.subject, list(topics))}
    wanted = {key for key, one in versions.items() if one.subject in named or one.schema_id in ids}
    waiting = list(wanted)
    while waiting:
        one = versions[waiting.pop()]
        for each in by_id[one.schema_id].schema.references if one.schema_id in by_id else ():
            key = beside(one.subject, each.subject), each.version
            if key in versions and key not in wanted:
                wanted.add(key)
                waiting.append(key)
    taken = tuple(one for key, one in versions.items() if key in wanted)
    schema_ids, subjects = {one.schema_id for one in taken} | ids, {one.subject for one in taken}
    return SchemasShape(tuple(schema for schema in shape.schemas if schema.id in schema_ids), taken,
                        {name: each for name, each in shape.settings.items() if name in subjects})
