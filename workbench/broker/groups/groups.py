"""All consumer groups of a workspace: the coordinator. Membership by ``group.Group``, committed offsets beside it.

Pure like its parts: the façade serializes calls, sends the ``Outbox`` on its way (answers to futures, entries to the
journal, rows to the file), and calls ``tick`` at ``next_deadline``. A commit is two calls: ``check_commit`` says
whether it may be, ``record_commit`` makes it known once it is in the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Literal

from workbench.broker.groups.group import Group, Outbox
from workbench.broker.groups.members import Members, Token
from workbench.broker.groups.membership import (
    CommittedOffset,
    GroupMeta,
    GroupNotEmpty,
    GroupSettings,
    GroupState,
    InvalidSessionTimeout,
    JoinRequest,
    Leaver,
    StoredGroup,
    SyncRequest,
)
from workbench.core.clock import Clock
from workbench.core.errors import AlreadyExists, Invalid, NotFound, WorkbenchError
from workbench.core.ids import Ids, RandomIds
from workbench.core.journal import GroupEntry
from workbench.core.records import TopicPartition

Offsets = Mapping[TopicPartition, CommittedOffset]
MAX_GROUP_NAME = 249


class Groups:
    """The groups by name."""

    def __init__(self, clock: Clock, settings: GroupSettings | None = None, ids: Ids | None = None) -> None:
        self.outbox = Outbox()
        self._clock = clock
        self._ids = ids or RandomIds()
        self._settings = settings or GroupSettings()
        self._groups: dict[str, Group] = {}
        self._offsets: dict[str, dict[TopicPartition, CommittedOffset]] = {}

    def load(self, groups: Iterable[StoredGroup], offsets: Mapping[str, Offsets]) -> None:
        """Take over what the file holds; every group begins Empty, so members of an earlier host must rejoin."""
        for stored in groups:
            self._groups[stored.name] = self._new(stored.name, stored)
        for name, committed in offsets.items():
            self._group(name, create=True)
            self._offsets[name] = dict(committed)

    # -- what members ask ----------------------------------------------------------------------------------
    def join(self, request: JoinRequest, token: Token) -> None:
        limits = self._settings
        if not limits.min_session_timeout_ms <= request.session_timeout_ms <= limits.max_session_timeout_ms:
            raise InvalidSessionTimeout(
                f"A session time-out of {request.session_timeout_ms} ms is outside the limits.",
                f"Use {limits.min_session_timeout_ms} to {limits.max_session_timeout_ms} ms.",
            )
        group = self._groups.get(request.group)
        if group is None:
            if request.member_id:
                raise Members(request.group).unknown(request.member_id)
            group = self._group(request.group, create=True)
        group.join(request, token)

    def sync(self, request: SyncRequest, token: Token) -> None:
        self._members_group(request.group, request.member_id).sync(request, token)

    def heartbeat(self, group: str, member_id: str, generation: int, instance_id: str | None = None) -> None:
        self._members_group(group, member_id).heartbeat(member_id, generation, instance_id)

    def leave(self, group: str, leavers: Iterable[Leaver]) -> list[WorkbenchError | None]:
        """Remove members; one answer each, None when it left."""
        answers: list[WorkbenchError | None] = []
        for leaver in leavers:
            try:
                self._members_group(group, leaver.member_id).leave(leaver)
                answers.append(None)
            except WorkbenchError as problem:
                answers.append(problem)
        return answers

    # -- offsets -------------------------------------------------------------------------------------------
    def check_commit(self, group: str, member_id: str, generation: int, instance_id: str | None = None) -> None:
        """Raise when this member may not commit; a group that is not there yet begins with its first commit."""
        simple = generation < 0 and not member_id
        found = self._group(group, create=True) if simple else self._members_group(group, member_id)
        found.check_commit(member_id, generation, instance_id)

    def record_commit(self, group: str, offsets: Offsets) -> None:
        """Make known what is in the file now."""
        if group in self._groups:
            self._offsets.setdefault(group, {}).update(offsets)

    def ensure(self, group: str) -> None:
        """Make the group if it is not there: an administrator gives it offsets before its first member comes."""
        self._group(group, create=True)

    def committed(self, group: str) -> dict[TopicPartition, CommittedOffset]:
        return dict(self._offsets.get(group, {}))

    def forget_topic(self, topic: str, partitions_from: int = 0) -> None:
        """The topic is gone, and what was committed for it."""
        for offsets in self._offsets.values():
            for part in [p for p in offsets if p.topic == topic and p.partition >= partitions_from]:
                del offsets[part]

    def rename_topic(self, old: str, new: str) -> None:
        """What was committed for the topic goes along; its rows have moved."""
        self.forget_topic(new)
        for offsets in self._offsets.values():
            for part in [p for p in offsets if p.topic == old]:
                offsets[TopicPartition(new, part.partition)] = offsets.pop(part)

    def forget_offsets(self, group: str, parts: Iterable[TopicPartition]) -> None:
        """What an administrator has deleted."""
        for part in parts:
            self._offsets.get(group, {}).pop(part, None)

    # -- administration ------------------------------------------------------------------------------------
    def hold(self, group: str) -> None:
        """Pause the members by a rebalance that ends after ``release``; their commits are refused from now on."""
        self._group(group, create=True).hold()

    def release(self, group: str) -> None:
        """Let the held rebalance end: the members go on from the offsets as they are now."""
        if group in self._groups:
            self._groups[group].release()

    def names(self) -> list[str]:
        return sorted(self._groups)

    def describe(self, group: str) -> GroupMeta:
        return self._group(group).describe()

    def stored(self, group: str) -> StoredGroup | None:
        """The row to keep for ``group``; None when it is gone."""
        return self._groups[group].stored() if group in self._groups else None

    def delete(self, group: str, act: Literal["deleted", "expired"] = "deleted") -> None:
        """Delete an empty group and its offsets."""
        found = self._group(group)
        if found.state is not GroupState.EMPTY:
            raise GroupNotEmpty("Group {group!r} has active members.", "Stop its members first, then delete it.",
                                group=group)
        found.die()
        del self._groups[group]
        self._offsets.pop(group, None)
        self.outbox.changed[group] = None
        self.outbox.entries.append(GroupEntry(self._clock.now_ms(), group=group, act=act))

    def check_rename(self, old: str, new: str) -> None:
        """Raise when ``old`` can't go on as ``new``."""
        if self._group(old).state is not GroupState.EMPTY:
            raise GroupNotEmpty("Group {old!r} has active members.", "Stop its members first, then rename it.", old=old)
        _check_group_name(new)
        if new in self._groups:
            raise AlreadyExists("There is a group {new!r} already, with offsets of its own.", "Choose another name.",
                                new=new)

    def rename(self, old: str, new: str) -> None:
        """The group goes on under another name, with its generation and its offsets; its rows have moved."""
        stored = self._groups.pop(old).stored()
        self._groups[new] = self._new(new, replace(stored, name=new))
        self._offsets[new] = self._offsets.pop(old, {})

    # -- time ----------------------------------------------------------------------------------------------
    def tick(self) -> None:
        for group in list(self._groups.values()):
            group.tick()

    def next_deadline(self) -> float | None:
        times = [group.next_deadline() for group in self._groups.values()]
        return min((t for t in times if t is not None), default=None)

    def expire(self) -> list[str]:
        """Delete groups that have been empty, with no commit, for the retention time; returns their names."""
        horizon = self._clock.now_ms() - self._settings.offsets_retention_ms
        gone = []
        for name, group in list(self._groups.items()):
            last = max((c.at_ms for c in self._offsets.get(name, {}).values()), default=0)
            if group.state is GroupState.EMPTY and max(group.empty_since_ms, last) <= horizon:
                self.delete(name, act="expired")
                gone.append(name)
        return gone

    def dissolve(self) -> None:
        """Answer everybody who waits: this coordinator ends. The groups stay as they are in the file."""
        for group in self._groups.values():
            group.dissolve()

    def take_outbox(self) -> Outbox:
        """What was said since the last call."""
        taken = Outbox(self.outbox.answers, self.outbox.entries, self.outbox.changed)
        self.outbox.answers, self.outbox.entries, self.outbox.changed = [], [], {}
        return taken

    # -- small parts ---------------------------------------------------------------------------------------
    def _members_group(self, name: str, member_id: str) -> Group:
        """The group a member calls for; when it is gone, its member is unknown."""
        if name not in self._groups:
            raise Members(name).unknown(member_id)
        return self._groups[name]

    def _group(self, name: str, create: bool = False) -> Group:
        if name in self._groups:
            return self._groups[name]
        if not create:
            raise NotFound("There is no group {name!r}.", "List the groups to see those there are.", name=name)
        _check_group_name(name)
        group = self._groups[name] = self._new(name)
        self.outbox.changed[name] = None
        return group

    def _new(self, name: str, stored: StoredGroup | None = None) -> Group:
        return Group(name, self._clock, self._ids, self._settings, self.outbox, stored)


def _check_group_name(name: str) -> None:
    if not name or len(name) > MAX_GROUP_NAME:
        raise Invalid("A group needs a name of 1 to 249 characters.", "Give it another name.")
