"""The shape of a workspace as JSON Lines, a part a line, before its records: ``{"shape": "topic", "name": ...}``.

The words are those of ``core.shape`` and ``core.routing``; the drawing is embedded as it would be exported alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from workbench.core.errors import Invalid
from workbench.core.records import PartitionBounds
from workbench.core.routing import Binding, Exchange
from workbench.core.schemas import RegisteredSchema, SchemasShape, SchemaVersion, SubjectSettings
from workbench.core.shape import GroupShape, QueueShape, StoreShape, TopicShape, WorkspaceShape


@dataclass(frozen=True, slots=True)
class Drawing:
    drawing: dict[str, Any]


@dataclass(frozen=True, slots=True)
class LevelsOf:
    """What a subject, a context or all of them ('') have of their own."""

    subject: str
    settings: SubjectSettings


ShapeItem = (TopicShape | Exchange | Binding | QueueShape | GroupShape | Drawing | StoreShape | RegisteredSchema
             | SchemaVersion | LevelsOf)
_KINDS: dict[str, type[ShapeItem]] = {
    "topic": TopicShape, "exchange": Exchange, "binding": Binding, "queue": QueueShape, "group": GroupShape,
    "drawing": Drawing, "store": StoreShape, "schema": RegisteredSchema, "schema_version": SchemaVersion,
    "schema_settings": LevelsOf,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


def shape_line(item: ShapeItem) -> bytes:
    return msgspec.json.encode({"shape": _NAMES[type(item)], **msgspec.to_builtins(item)}) + b"\n"


def shape_item(text: bytes) -> ShapeItem:
    """What such a line holds; ``Invalid`` or a ValueError where it is none."""
    plain = msgspec.json.decode(text)
    name = plain.pop("shape", "")
    if name not in _KINDS:
        raise Invalid("«{name}» is no part of a workspace that this workbench knows", name=name)
    return msgspec.convert(plain, _KINDS[name])


def items_of(shape: WorkspaceShape) -> Iterator[ShapeItem]:
    yield from (*shape.topics, *shape.exchanges, *shape.bindings, *shape.queues, *shape.groups, *shape.stores)
    yield from schema_items(shape.schemas)
    if shape.flow:
        yield Drawing(json.loads(shape.flow))


def schema_items(shape: SchemasShape) -> Iterator[ShapeItem]:
    yield from (*shape.schemas, *shape.versions)
    yield from (LevelsOf(subject, settings) for subject, settings in shape.settings.items())


def shape_of(items: Iterable[ShapeItem]) -> WorkspaceShape:
    """The items, whatever their order, as one value."""
    by_kind: dict[type, list[Any]] = {kind: [] for kind in _KINDS.values()}
    for item in items:
        by_kind[type(item)].append(item)
    drawings = by_kind[Drawing]
    flow = json.dumps(drawings[-1].drawing, indent=1, ensure_ascii=False) + "\n" if drawings else ""
    return WorkspaceShape(tuple(by_kind[TopicShape]), tuple(by_kind[Exchange]), tuple(by_kind[Binding]),
                          tuple(by_kind[QueueShape]), tuple(by_kind[GroupShape]), flow,
                          tuple(by_kind[StoreShape]), _schemas_of(by_kind))


def _schemas_of(by_kind: dict[type, list[Any]]) -> SchemasShape:
    return SchemasShape(tuple(by_kind[RegisteredSchema]), tuple(by_kind[SchemaVersion]),
                        {one.subject: one.settings for one in by_kind[LevelsOf]})


def part_of(shape: WorkspaceShape, ranges: Sequence[tuple[str, PartitionBounds]], topics: Sequence[str],
            whole: bool) -> WorkspaceShape:
    """The shape of what is exported. Of single topics: no drawing, and of groups what they committed there. Of a range
    (not ``whole``) neither groups nor what is done in queues, for that is said of records that are not in it; which
    schemas its records need is known when they were written (``schemas_part``)."""
    kept = {topic.name for topic in shape.topics if not topics or topic.name in topics}
    spans: dict[str, list[tuple[int, int]]] = {}
    for name, span in ranges:
        spans.setdefault(name, []).append((span.log_start, span.end))
    names = tuple(topic for topic in shape.topics if topic.name in kept)
    if not whole:
        names = tuple(replace(topic, partitions=tuple(spans.get(topic.name, topic.partitions))) for topic in names)
    groups = (replace(group, offsets=tuple(one for one in group.offsets if one.topic in kept))
              for group in shape.groups)
    return WorkspaceShape(
        names,
        () if topics else shape.exchanges,
        () if topics else shape.bindings,
        tuple(queue for queue in shape.queues if queue.topic in kept) if whole else (),
        tuple(group for group in groups if group.offsets or not topics) if whole else (),
        "" if topics else shape.flow,
        () if topics or not whole else shape.stores,
        shape.schemas if not topics and whole else SchemasShape(),
    )
