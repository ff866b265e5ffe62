"""The words of consumer groups: what members ask, what they are told, and how a group looks from outside.

Metadata and assignment are bytes that the members make and read (see ``consumer_protocol``); the coordinator only
carries them, as Kafka's does. All values are immutable and may cross threads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from workbench.core.errors import Fenced, Invalid, Refused
from workbench.core.records import TopicPartition

CONSUMER = "consumer"
"""The protocol type of groups that share out partitions."""


class GroupState(StrEnum):
    EMPTY = "Empty"
    PREPARING = "PreparingRebalance"
    COMPLETING = "CompletingRebalance"
    STABLE = "Stable"
    DEAD = "Dead"


# -- what goes wrong, one class for each answer a Kafka client tells apart ---------------------------------
class UnknownMember(Fenced):
    """The group does not know this member (it left, timed out, or the host was restarted): join again."""


class IllegalGeneration(Fenced):
    """The call belongs to a generation that is over."""


class FencedInstance(Fenced):
    """Another member has joined under the same instance id; this one is replaced for good."""


class RebalanceInProgress(Refused):
    """The group is sharing out its partitions again: rejoin."""


class InconsistentProtocol(Refused):
    """No assignor that every member knows."""


class MemberIdRequired(Refused):
    """Join once more with ``member_id``."""

    def __init__(self, member_id: str) -> None:
        super().__init__("The group wants the member to join with the id it was given.")
        self.member_id = member_id


class GroupNotEmpty(Refused):
    """The act needs a group without active members."""


class GroupFull(Refused):
    """The group has as many members as it may have."""


class InvalidSessionTimeout(Invalid):
    """The session time-out is outside the limits."""


# -- what members send and get -----------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class JoinRequest:
    """A member joins or rejoins; ``protocols`` are (assignor, metadata) in order of preference.

    With ``require_known_member_id`` a first join is answered by ``MemberIdRequired``. ``rebalance_timeout_ms`` is
    how long the group waits for this member to rejoin (a client's max.poll.interval).
    """

    group: str
    protocols: tuple[tuple[str, bytes], ...]
    member_id: str = ""
    client_id: str = ""
    client_host: str = ""
    instance_id: str | None = None
    session_timeout_ms: int = 45_000
    rebalance_timeout_ms: int = 300_000
    protocol_type: str = CONSUMER
    require_known_member_id: bool = False
    can_skip_assignment: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class JoinedMember:
    member_id: str
    instance_id: str | None
    metadata: bytes


@dataclass(frozen=True, slots=True)
class JoinResult:
    """``members`` is filled for the leader only, who computes the assignment and brings it with its sync.

    With ``skip_assignment`` (a static leader that came back) the assignment stands and only needs watching.
    """

    member_id: str
    generation: int
    protocol_type: str
    protocol: str
    leader: str
    members: tuple[JoinedMember, ...] = ()
    skip_assignment: bool = False

    @property
    def is_leader(self) -> bool:
        return self.member_id == self.leader


@dataclass(frozen=True, slots=True)
class SyncRequest:
    """The second step of a join; the leader's carries ``assignments``, member id to bytes."""

    group: str
    member_id: str
    generation: int
    assignments: Mapping[str, bytes] = field(default_factory=dict)
    instance_id: str | None = None
    protocol_type: str | None = None
    protocol: str | None = None


@dataclass(frozen=True, slots=True)
class SyncResult:
    protocol_type: str
    protocol: str
    assignment: bytes


@dataclass(frozen=True, slots=True)
class Leaver:
    """Who leaves: a member by id, or a static one by its instance id (an operator removes those)."""

    member_id: str = ""
    instance_id: str | None = None
    reason: str = ""


# -- how a group looks from outside ------------------------------------------------------------------------
OffsetPut = tuple[int, str] | tuple[int, str, int]
"""What a commit gives for a partition: the next offset to read, metadata and, where it says one, the leader epoch."""


@dataclass(frozen=True, slots=True)
class CommittedOffset:
    """``offset`` is the next one to read. A negative one stands nowhere: members start as if there were none."""

    offset: int
    metadata: str = ""
    at_ms: int = 0
    leader_epoch: int = -1  # of the last record read, as the member said it; -1: it said none


def committed_at(at_ms: int, put: OffsetPut) -> CommittedOffset:
    """What ``OffsetPut`` is, once it is committed."""
    offset, metadata, leader_epoch = put if len(put) == 3 else (*put, -1)
    return CommittedOffset(offset, metadata, at_ms, leader_epoch)


@dataclass(frozen=True, slots=True)
class MemberMeta:
    """A member as it stands. ``topics`` and ``assignment`` are read from its bytes where these can be read."""

    member_id: str
    client_id: str
    client_host: str
    instance_id: str | None
    topics: tuple[str, ...] = ()
    assignment: tuple[TopicPartition, ...] = ()
    metadata: bytes = b""
    assignment_bytes: bytes = b""
    session_ms: int = 0  # its session time-out

    @property
    def is_foreign(self) -> bool:
        """Whether it is part of another program: those come from an address, ours have none."""
        return bool(self.client_host)


@dataclass(frozen=True, slots=True)
class GroupMeta:
    name: str
    state: GroupState
    generation: int = 0
    protocol_type: str = ""
    assignor: str = ""
    leader: str = ""
    members: tuple[MemberMeta, ...] = ()

    @property
    def active(self) -> bool:
        """Whether members would overwrite what an administrator commits."""
        return self.state not in (GroupState.EMPTY, GroupState.DEAD)


@dataclass(frozen=True, slots=True)
class StoredGroup:
    """What the file keeps of a group besides its offsets: enough that a generation is never used twice."""

    name: str
    generation: int
    protocol_type: str
    empty_since_ms: int


@dataclass(frozen=True, slots=True)
class GroupSettings:
    """Limits and delays of all groups (Kafka's defaults, but for the first-join delay and the shortest session)."""

    initial_rebalance_delay_ms: int = 60
    min_session_timeout_ms: int = 100
    max_session_timeout_ms: int = 1_800_000
    new_member_join_timeout_ms: int = 300_000
    offsets_retention_ms: int = 7 * 24 * 3_600_000
    max_members: int = 1_000
