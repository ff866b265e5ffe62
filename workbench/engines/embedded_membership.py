"""A member's life in a group of the embedded broker: join, share out when leading, sync, beat, leave.

    Joining ──► (leader: share out) ──► Syncing ──► Joined ──heartbeat: rebalance──► Lost ──poll──► Joining
                                                      └── heartbeat: unknown, poll time-out ──► Lost

``rejoin`` runs as a task beside the polls, so that a poll may end before the others have joined. What the member
holds is the consumer's business: it is asked for with every join (``owned``). One asyncio loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from workbench.broker import (
    Assignor,
    Broker,
    FencedInstance,
    IllegalGeneration,
    JoinRequest,
    JoinResult,
    Leaver,
    MemberIdRequired,
    RebalanceInProgress,
    SyncRequest,
    SyncResult,
    UnknownMember,
    assignor,
    decode_assignment,
    subscribed_topics,
)
from workbench.core.errors import WorkbenchError
from workbench.core.records import TopicPartition
from workbench.engines.base import ConsumerSettings

MAX_BEAT_S = 0.25
"""In one process a beat costs microseconds, so rebalances are noticed sooner than Kafka's three seconds."""


class Membership:
    """``lost`` says that the member has to join (again); ``failure`` ends it for good (its double has come)."""

    def __init__(self, broker: Broker, settings: ConsumerSettings, owned: Callable[[], tuple[TopicPartition, ...]],
                 changed: Callable[[], None]) -> None:
        self.member_id = settings.instance_id or ""
        self.generation = -1
        self.assigned: tuple[TopicPartition, ...] | None = None  # a new assignment, until the consumer takes it
        self.lost = True
        self.forfeited = False  # what the member held is no longer its own: it reads on from what is committed
        self.failure: WorkbenchError | None = None
        self._broker = broker
        self._settings = settings
        self._assignors: tuple[Assignor, ...] = tuple(assignor(name) for name in settings.assignors)
        self._owned = owned
        self._changed = changed
        self._leads: dict[str, int] | None = None  # as leader: the partition counts it shared out
        self._joining: asyncio.Task[None] | None = None
        self._polled_at = asyncio.get_running_loop().time()
        if settings.instance_id is None:
            self._take_member_id()
        self.rejoin()
        self._beating = asyncio.create_task(self._beat())

    @property
    def cooperative(self) -> bool:
        return all(known.cooperative for known in self._assignors)

    @property
    def joining(self) -> bool:
        return self._joining is not None and not self._joining.done()

    # -- joining -------------------------------------------------------------------------------------------
    def rejoin(self) -> None:
        """Begin to join, unless it is under way."""
        if not self.joining:
            self._joining = asyncio.create_task(self._join())

    def polled(self) -> None:
        self._polled_at = asyncio.get_running_loop().time()

    async def _join(self) -> None:
        try:
            while self.lost:
                await self._join_once()
        except WorkbenchError as problem:
            self.failure = problem
        self._changed()

    async def _join_once(self) -> None:
        """One round; a round that was overtaken leaves ``lost`` as it is, and the next begins."""
        try:
            joined: JoinResult = await asyncio.wrap_future(self._broker.join_group(self._request()))
            self.member_id, self.generation = joined.member_id, joined.generation
            shares = {} if joined.skip_assignment else self._share_out(joined)
            request = SyncRequest(self._settings.group, self.member_id, self.generation, shares,
                                  self._settings.instance_id)
            synced: SyncResult = await asyncio.wrap_future(self._broker.sync_group(request))
        except FencedInstance:
            raise
        except MemberIdRequired as answer:
            self.member_id = answer.member_id
        except UnknownMember:
            self._forget_member_id()
        except IllegalGeneration:
            self._forget_generation()
        except RebalanceInProgress:
            self.generation = -1
        else:
            self.assigned = decode_assignment(synced.assignment).partitions
            self.lost = False

    def _request(self) -> JoinRequest:
        owned, settings = self._owned(), self._settings
        protocols = tuple((a.name, a.metadata(settings.topics, owned, self.generation)) for a in self._assignors)
        known = "" if self.member_id == settings.instance_id else self.member_id
        return JoinRequest(
            settings.group, protocols, known, settings.client_id, "in process", settings.instance_id,
            settings.session_timeout_ms, settings.max_poll_interval_ms, can_skip_assignment=True,
            require_known_member_id=settings.instance_id is None,
        )

    def _take_member_id(self) -> None:
        """The first half of the handshake is answered at once, so that the member has its id from the start."""
        problem = self._broker.join_group(self._request()).exception(timeout=0)
        if isinstance(problem, MemberIdRequired):
            self.member_id = problem.member_id
        elif problem is not None:
            raise problem

    def _forget_member_id(self) -> None:
        self.member_id = self._settings.instance_id or ""
        self._forget_generation()

    def _forget_generation(self) -> None:
        self.generation = -1
        self.forfeited = True

    def _share_out(self, joined: JoinResult) -> dict[str, bytes]:
        self._leads = None
        if not joined.members:
            return {}
        self._leads = self._partition_counts(subscribed_topics(joined.members))
        return assignor(joined.protocol).share_out(joined.members, self._leads)

    def _partition_counts(self, topics: set[str]) -> dict[str, int]:
        counts = dict.fromkeys(topics, 0)
        counts |= {meta.name: meta.partitions for meta in self._broker.topics() if meta.name in topics}
        return counts

    # -- beating -------------------------------------------------------------------------------------------
    async def _beat(self) -> None:
        while self.failure is None:
            await asyncio.sleep(min(self._settings.session_timeout_ms / 3000.0, MAX_BEAT_S))
            if self.joining or self.lost:
                continue
            silent_s = asyncio.get_running_loop().time() - self._polled_at
            if silent_s * 1000.0 > self._settings.max_poll_interval_ms:
                self._leave("did not poll in time")
                self._lose()
            else:
                self._beat_once()

    def _beat_once(self) -> None:
        settings = self._settings
        try:
            self._broker.heartbeat(settings.group, self.member_id, self.generation, settings.instance_id)
            if self._leads is not None and self._leads != self._partition_counts(set(self._leads)):
                self._lose()  # topics came, went or grew: the leader asks for a new round
        except FencedInstance as problem:
            self.failure = problem
            self._changed()
        except UnknownMember:
            self._forget_member_id()
            self._lose()
        except IllegalGeneration:
            self._forget_generation()
            self._lose()
        except RebalanceInProgress:
            self._lose()

    def _lose(self) -> None:
        self.lost = True
        self._changed()

    # -- leaving -------------------------------------------------------------------------------------------
    def _leave(self, reason: str) -> None:
        self._broker.leave_group(self._settings.group, Leaver(self.member_id, reason=reason))
        self._forget_member_id()

    async def end(self, leave: bool) -> None:
        """Stop beating; leave as told (static members never do, they come back within their session)."""
        tasks = [task for task in (self._beating, self._joining) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if leave and self._settings.instance_id is None:
            self._leave("closed")
