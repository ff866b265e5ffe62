"""Commands of the control channel and their replies, as tagged msgpack structs. No sockets here.

A client sends ``Request``, the host answers each with one ``Reply`` of the same ``id`` (in any order), and pushes
``Push`` messages (snapshots, changes, notices) to those who sent ``Subscribe``. The first request must be ``Hello``
with the token. Every command names its reply type in ``reply``; ``Done`` carries only what changed.
"""

from __future__ import annotations

from typing import ClassVar

import msgspec

from workbench.control.command import Command
from workbench.control.connections import (
    AddConnection,
    Attach,
    BrowseBounds,
    BrowseEach,
    BrowseRecords,
    BrowseTime,
    BrowseTimeBounds,
    BrowseTimes,
    Detach,
    ListConnections,
    RemoveConnection,
    TryConnection,
)
from workbench.control.exchanges import (
    Bind,
    DeclareExchange,
    DeleteExchange,
    ListExchanges,
    RouteMessage,
    Unbind,
)
from workbench.control.file import CompactFile, GetSize, SetSizeBudget
from workbench.control.queues import (
    AlterQueue,
    ListQueues,
    PeekQueue,
    PublishRecords,
    PurgeQueue,
    ReceiveMessages,
    RedriveQueue,
    SettleMessages,
    StopRedrive,
    SubscribeQueue,
    UnsubscribeQueue,
)
from workbench.control.schemas import DeleteSchemas, RegisterSchema, SetCompatibility
from workbench.control.stores import ControlStore, ReadStore
from workbench.control.transfers import (
    AbortImport,
    BeginImport,
    CommitImport,
    DropDeletedTopic,
    ListDeletedTopics,
    RestoreTopic,
    StageBatch,
    StageTopic,
)
from workbench.core.acts import GroupControl, MemberControl, ProducerControl
from workbench.core.delta import Delta
from workbench.core.offsets import ResetPlan, ResetSpec
from workbench.core.records import Appended, Record
from workbench.core.snapshot import GroupStat, RunState, Snapshot, TopicStat
from workbench.core.wanted import Wanted


class HostInfo(msgspec.Struct, frozen=True, tag=True):
    pid: int
    file: str
    version: str
    started_ms: int
    listeners: dict[str, str] = {}  # address by protocol, as its clients are told


class TopicInfo(msgspec.Struct, frozen=True, tag=True):
    """A topic with its settings. ``config`` holds only what was set; ``defaults`` the rest. ``own_partitioner``: an
    attached system takes the partition from the key by itself."""

    name: str
    kind: str
    partitions: int
    config: dict[str, str]
    created_ms: int
    stat: TopicStat
    defaults: dict[str, str] = {}
    own_partitioner: bool = False


class TopicList(msgspec.Struct, frozen=True, tag=True):
    topics: tuple[TopicInfo, ...]


class GroupList(msgspec.Struct, frozen=True, tag=True):
    groups: tuple[GroupStat, ...]


class AppendedList(msgspec.Struct, frozen=True, tag=True):
    appended: tuple[Appended, ...]


class Plan(msgspec.Struct, frozen=True, tag=True):
    plan: ResetPlan


class ConsumerOpened(msgspec.Struct, frozen=True, tag=True):
    consumer: int
    member_id: str


class FetchedBatches(msgspec.Struct, frozen=True, tag=True):
    """RecordBatch v2 bytes per (topic, partition, first wanted offset), undecoded; plus the assignment as it stands."""

    batches: tuple[tuple[str, int, int, bytes], ...]
    assignment: tuple[tuple[str, int], ...] = ()


class FlowText(msgspec.Struct, frozen=True, tag=True):
    """The drawing in its text form (JSON); empty when nothing was drawn."""

    text: str


class UserList(msgspec.Struct, frozen=True, tag=True):
    names: tuple[str, ...]


class GroupOutcome(msgspec.Struct, frozen=True):
    """``duplicates``: handled again; ``lost``: committed past, or failed without dead letters, and never handled.

    ``redelivered``: deliveries by lease of a message that had been delivered before.
    """

    consumed: int
    lag: int
    order_violations: int
    duplicates: int
    lost: int
    dead_lettered: int
    redelivered: int = 0


class RunOutcome(msgspec.Struct, frozen=True, tag=True):
    """What the run has done so far; ``drained`` once nothing more will happen."""

    run: RunState
    drained: bool
    seconds: float
    seed: int
    produced: dict[str, int]
    failed: int
    groups: dict[str, GroupOutcome]
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


# -- commands ----------------------------------------------------------------------------------------------
class Hello(Command, frozen=True, tag=True):
    token: str
    client: str = ""
    reply: ClassVar[type] = HostInfo


class Status(Command, frozen=True, tag=True):
    reply: ClassVar[type] = HostInfo


class Subscribe(Command, frozen=True, tag=True):
    """Ask for ``Push`` messages: at most ``hz`` snapshots a second (1 to 20)."""

    hz: float = 10.0


class Want(Command, frozen=True, tag=True):
    """What this connection looks at closely, from now on: of the rest it is told totals, and details late. One that
    never says so is told everything."""

    wanted: Wanted


class TakeSnapshot(Command, frozen=True, tag=True):
    reply: ClassVar[type] = Snapshot


class ListTopics(Command, frozen=True, tag=True):
    """``name``: only that topic, with its settings also where those of all are not told (an attached system)."""

    name: str = ""
    connection: str = ""
    reply: ClassVar[type] = TopicList


class CreateTopic(Command, frozen=True, tag=True):
    name: str
    partitions: int = 1
    kind: str = "stream"
    config: dict[str, str] = {}


class AlterTopic(Command, frozen=True, tag=True):
    """``partitions`` may only grow; a config value of None goes back to the default."""

    name: str
    partitions: int | None = None
    config: dict[str, str | None] = {}


class DeleteTopic(Command, frozen=True, tag=True):
    """It is gone; ``RestoreTopic`` brings it back while its records are kept, a day by default. ``at_once``: they are
    not."""

    name: str
    at_once: bool = False


class AppendRecords(Command, frozen=True, tag=True):
    """Write records; each goes to ``partition`` or where ``partitioner`` sends its key. Answered after commit."""

    topic: str
    records: tuple[Record, ...]
    partition: int | None = None
    partitioner: str = "murmur2"
    compression: str = "none"
    reply: ClassVar[type] = AppendedList


class AppendBatch(Command, frozen=True, tag=True):
    """Write one ready RecordBatch v2."""

    topic: str
    partition: int
    batch: bytes
    reply: ClassVar[type] = AppendedList


class ListGroups(Command, frozen=True, tag=True):
    connection: str = ""
    reply: ClassVar[type] = GroupList


class DeleteGroup(Command, frozen=True, tag=True):
    group: str


class PlanReset(Command, frozen=True, tag=True):
    """What a reset would do; ``topic`` empty means all topics of the group."""

    group: str
    spec: ResetSpec
    topic: str = ""
    partitions: tuple[int, ...] = ()
    reply: ClassVar[type] = Plan


class ApplyReset(Command, frozen=True, tag=True):
    """Move a group. Refused while members are active, unless ``pause_members`` (pause, move, resume), which goes for
    members of other programs too.

    ``hold_retention`` keeps retention off the topic until the group is back where it was.
    """

    group: str
    spec: ResetSpec
    topic: str = ""
    partitions: tuple[int, ...] = ()
    pause_members: bool = False
    hold_retention: bool = False
    reply: ClassVar[type] = Plan


class OpenConsumer(Command, frozen=True, tag=True):
    """Join a group from outside the flow (the command line does). ``start``: earliest, latest, offset:N, time:ISO."""

    group: str
    topics: tuple[str, ...]
    start: str = "latest"
    client_id: str = "workbench"
    reply: ClassVar[type] = ConsumerOpened


class PollConsumer(Command, frozen=True, tag=True):
    consumer: int
    max_bytes: int = 1_048_576
    timeout_ms: int = 500
    reply: ClassVar[type] = FetchedBatches


class CommitConsumer(Command, frozen=True, tag=True):
    """Commit the next offset to read for each partition."""

    consumer: int
    offsets: tuple[tuple[str, int, int], ...]


class CloseConsumer(Command, frozen=True, tag=True):
    consumer: int


class GetFlow(Command, frozen=True, tag=True):
    reply: ClassVar[type] = FlowText


class SaveFlow(Command, frozen=True, tag=True):
    """Store the drawing; topics drawn and not there are created; a running flow follows it at once."""

    text: str


class SaveViews(Command, frozen=True, tag=True):
    """Keep in the file how its records are looked at: filters, colour rules, columns, as text of whoever looks."""

    text: str


class Run(Command, frozen=True, tag=True):
    seed: int | None = None


class Pause(Command, frozen=True, tag=True):
    pass


class GetOutcome(Command, frozen=True, tag=True):
    """The summary of the run that is on, or of the last one."""

    reply: ClassVar[type] = RunOutcome


class Step(Command, frozen=True, tag=True):
    """While paused: let every producer send one batch and every member handle one poll."""


class Stop(Command, frozen=True, tag=True):
    pass


class SetSpeed(Command, frozen=True, tag=True):
    """Multiply the rates of producers and divide the processing times (0.1 to 100)."""

    speed: float


class ControlProducer(Command, frozen=True, tag=True):
    """``number`` goes with a rate."""

    node_id: str
    act: ProducerControl
    number: float = 0.0


class ControlGroup(Command, frozen=True, tag=True):
    """The whole group of a node."""

    node_id: str
    act: GroupControl


class ControlMember(Command, frozen=True, tag=True):
    node_id: str
    act: MemberControl
    member: str = ""


class SeekMember(Command, frozen=True, tag=True):
    """Move one member's position only; nothing is committed by it."""

    node_id: str
    topic: str
    partition: int
    offset: int


class SetBookmark(Command, frozen=True, tag=True):
    at_ms: int
    text: str = ""


class SaveAs(Command, frozen=True, tag=True):
    """A complete copy of the workspace by SQLite's backup."""

    path: str


class Listen(Command, frozen=True, tag=True):
    """Serve the clients of ``protocol`` at ``address`` (HOST:PORT, port 0: any; None: no more). Anything but loopback
    needs ``allow_remote``. ``users`` asks for one of the workspace's users; certificate and key (PEM files) make it
    TLS. ``advertised`` is the address clients are told, empty: the one they reached. ``or_next``: where another program
    has the port, the next one that is free."""

    protocol: str
    address: str | None = None
    allow_remote: bool = False
    users: bool = False
    certificate: str = ""
    key: str = ""
    advertised: str = ""
    or_next: bool = False


class PutUser(Command, frozen=True, tag=True):
    """Add a user that clients of any protocol log in as, or give one a new password; only a salted hash is kept."""

    name: str
    password: str


class RemoveUser(Command, frozen=True, tag=True):
    name: str


class ListUsers(Command, frozen=True, tag=True):
    reply: ClassVar[type] = UserList


class Shutdown(Command, frozen=True, tag=True):
    """Stop in order; with ``of_window`` only a host that a window started, for others may rely on one that serves by
    itself."""

    of_window: bool = False


class Request(msgspec.Struct, frozen=True):
    id: int
    command: (
        Hello | Status | Subscribe | Want | TakeSnapshot | ListTopics | CreateTopic | AlterTopic | DeleteTopic
        | AppendRecords | AppendBatch | ListGroups | DeleteGroup | PlanReset | ApplyReset | OpenConsumer
        | PollConsumer | CommitConsumer | CloseConsumer | GetFlow | SaveFlow | Run | Pause | Step | Stop | GetOutcome
        | SetSpeed
        | ControlProducer | ControlGroup | ControlMember | SeekMember | SetBookmark | SaveAs | Shutdown
        | ListQueues | PeekQueue | PurgeQueue | RedriveQueue | StopRedrive | ReceiveMessages | SettleMessages
        | PublishRecords | SubscribeQueue | UnsubscribeQueue | AlterQueue
        | ListExchanges | DeclareExchange | DeleteExchange | Bind | Unbind | RouteMessage
        | BeginImport | StageTopic | StageBatch | CommitImport | AbortImport | ListDeletedTopics | RestoreTopic
        | DropDeletedTopic
        | ListConnections | AddConnection | TryConnection | RemoveConnection | Attach | Detach
        | BrowseBounds | BrowseRecords | BrowseTime | BrowseTimes | BrowseTimeBounds | BrowseEach
        | ReadStore | ControlStore | RegisterSchema | DeleteSchemas | SetCompatibility
        | GetSize | SetSizeBudget | CompactFile
        | Listen | PutUser | RemoveUser | ListUsers
    )


class Reply(msgspec.Struct, frozen=True, tag=True):
    """``result`` is the encoded reply struct when ``error`` is empty (an error code of ``core.errors`` otherwise, with
    the sentences, and what they were made of)."""

    id: int
    result: msgspec.Raw = msgspec.Raw(b"\xc0")
    error: str = ""
    message: str = ""
    next_step: str = ""
    template: str = ""
    next_step_template: str = ""
    fields: dict[str, str | int | float] = {}


class Push(msgspec.Struct, frozen=True, tag=True):
    """Sent without being asked: the live state, ``changes`` (flags) or a ``notice`` in words. The state travels as a
    ``delta`` to the one that this connection was sent before; ``snapshot`` is what the client's end makes of it."""

    snapshot: Snapshot | None = None
    delta: Delta | None = None
    changes: int = 0
    notice: str = ""
