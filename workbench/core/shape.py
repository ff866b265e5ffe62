"""The shape of a workspace: all that is in it beside its records. What an export carries so that an import can build
the same again. Values only; offsets are those of the file it was read from.

Not in it: the journal (the history of its own file), and users with their passwords.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from workbench.core.routing import Binding, Exchange
from workbench.core.runs import Run
from workbench.core.schemas import SchemasShape
from workbench.core.stores import StoreCounts, StoreRow


@dataclass(frozen=True, slots=True)
class TopicShape:
    """``partitions``: (first offset, next offset) of each. ``came``, of what is read as a queue: by partition, when its
    records came, as (next offset, time) of runs; delays and times to live count from there."""

    name: str
    kind: str = "stream"
    config: dict[str, str] = field(default_factory=dict)
    partitions: tuple[tuple[int, int], ...] = ((0, 0),)
    came: tuple[tuple[tuple[int, int], ...], ...] = ()


@dataclass(frozen=True, slots=True)
class MessageShape:
    """One message that is not plain: attempts that are over, when it gets ready, why it came back, how it died."""

    offset: int
    attempts: int = 0
    ready_ms: int | None = None
    note: str = ""
    reason: str = ""
    dead_ms: int | None = None


@dataclass(frozen=True, slots=True)
class LaneShape:
    """A queue in one partition. Before ``floor`` everything is done, and so is what ``done`` holds, (first, last)."""

    partition: int
    floor: int = 0
    done: tuple[Run, ...] = ()
    messages: tuple[MessageShape, ...] = ()


@dataclass(frozen=True, slots=True)
class QueueShape:
    """What is done in a queue, or in a subscription of a stream. What was in flight is ready again, an attempt more.
    ``seen``: deduplication id, when, partition, offset. ``config`` is a subscription's own."""

    topic: str
    subscription: str = ""
    config: dict[str, str] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)
    lanes: tuple[LaneShape, ...] = ()
    seen: tuple[tuple[str, int, int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class OffsetShape:
    topic: str
    partition: int
    offset: int
    metadata: str = ""
    at_ms: int = 0
    leader_epoch: int = -1


@dataclass(frozen=True, slots=True)
class GroupShape:
    name: str
    generation: int = 0
    protocol_type: str = ""
    empty_since_ms: int = 0
    offsets: tuple[OffsetShape, ...] = ()


@dataclass(frozen=True, slots=True)
class StoreShape:
    """A store with all its rows; ``seen`` are event ids it has applied."""

    name: str
    counts: StoreCounts = field(default_factory=StoreCounts)
    rows: tuple[StoreRow, ...] = ()
    seen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WorkspaceShape:
    """``flow`` is the drawing in its text form; empty when nothing was drawn."""

    topics: tuple[TopicShape, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    bindings: tuple[Binding, ...] = ()
    queues: tuple[QueueShape, ...] = ()
    groups: tuple[GroupShape, ...] = ()
    flow: str = ""
    stores: tuple[StoreShape, ...] = ()
    schemas: SchemasShape = field(default_factory=SchemasShape)
