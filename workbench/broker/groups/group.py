"""One consumer group: Kafka's classic protocol as a pure state machine.

                 first join                 all joined, or time is up             leader's sync
        Empty ----------------> Preparing --------------------------> Completing --------------> Stable
          ^                      ^   ^  |                                  |                        |
          |  nobody left         |   |  +--- first-join delay, extended    | join, leave, time-out  | join, leave,
          +----------------------+   +-------------------------------------+------------------------+ time-out
        Empty ---- deleted ----> Dead

While the group is *held* (an administrator moves its offsets) it stays in Preparing: members are told that their
generation is over, and their joins wait. Nobody commits from the hold on until the next generation, so nothing
overwrites the move. Nobody keeps its place over it either: a member that was rejoining when the hold began, or rejoins
without having been told that its generation is over, is answered as unknown, so that it begins anew.

No I/O, no threads: calls and ``tick`` take the time from the clock, and answers to those who wait (a join waits for
the others, a sync for the leader) go to the ``Outbox`` with the token the caller gave. Invariants: a generation is
never used twice; whoever joined is answered in bounded time. The caller serializes calls.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from workbench.broker.groups.members import Member, Members, Token, new_member_id
from workbench.broker.groups.membership import (
    GroupFull,
    GroupMeta,
    GroupSettings,
    GroupState,
    IllegalGeneration,
    InconsistentProtocol,
    JoinRequest,
    JoinResult,
    Leaver,
    MemberIdRequired,
    RebalanceInProgress,
    StoredGroup,
    SyncRequest,
    SyncResult,
    UnknownMember,
)
from workbench.core.clock import Clock
from workbench.core.errors import WorkbenchError
from workbench.core.ids import Ids
from workbench.core.journal import GroupEntry, JoinEntry, JournalEntry, LeaveEntry, RebalanceEntry


@dataclass(slots=True)
class Outbox:
    """What the state machine has to say: answers by token, journal entries, groups whose stored row changed."""

    answers: list[tuple[Token, JoinResult | SyncResult | WorkbenchError]] = field(default_factory=list)
    entries: list[JournalEntry] = field(default_factory=list)
    changed: dict[str, None] = field(default_factory=dict)  # in the order they changed


class Group:
    """Membership of one group; its offsets are kept beside it (see ``groups``)."""

    def __init__(self, name: str, clock: Clock, ids: Ids, settings: GroupSettings, outbox: Outbox,
                 stored: StoredGroup | None = None) -> None:
        self.name = name
        self.state = GroupState.EMPTY
        self.generation = stored.generation if stored else 0
        self.protocol_type = stored.protocol_type if stored else ""
        self.protocol = ""
        self.leader = ""
        self.empty_since_ms = stored.empty_since_ms if stored else clock.now_ms()
        self.members = Members(name)
        self._clock = clock
        self._ids = ids
        self._settings = settings
        self._outbox = outbox
        self._join_deadline: float | None = None
        self._delay_left_ms: float | None = None  # not None while the first-join delay runs
        self._joined_in_delay = False
        self._sync_deadline: float | None = None
        self._unsynced: set[str] = set()
        self._held = False
        self._fenced = False  # from a hold to the next generation: what members read so far is not theirs to commit
        self._untold: set[str] = set()  # members who do not know yet that their generation was ended by a hold

    # -- what members ask ----------------------------------------------------------------------------------
    def join(self, request: JoinRequest, token: Token) -> None:
        """Join or rejoin. The answer comes to ``token``; what can be refused at once is raised."""
        self.members.check_protocols(request, self.protocol_type)
        if request.member_id and request.member_id not in self.members.promised:
            self._rejoin(request, token)
        elif request.instance_id is not None and request.instance_id in self.members.static:
            self._replace_static(request, token)
        elif request.member_id or request.instance_id is not None or not request.require_known_member_id:
            self._add(request, token)
        else:
            member_id = new_member_id(request, self._ids)
            self.members.promised[member_id] = self._now() + request.session_timeout_ms
            raise MemberIdRequired(member_id)

    def sync(self, request: SyncRequest, token: Token) -> None:
        """The second step: waits for the leader's assignment."""
        member = self._caller(request.member_id, request.generation, request.instance_id)
        if request.protocol_type not in (None, self.protocol_type) or request.protocol not in (None, self.protocol):
            raise InconsistentProtocol("Group {name!r} uses {protocol!r}.", "Join again.", name=self.name,
                                       protocol=self.protocol)
        if self.state is GroupState.PREPARING:
            raise self._told_to_rejoin(member)
        self._unsynced.discard(member.member_id)
        self._answer_sync(member, self._in_progress())  # an older sync of a client that lost its connection
        member.syncing = token
        if self.state is GroupState.STABLE:
            self._answer_sync(member, self._sync_result(member))
        elif member.member_id == self.leader:
            self._distribute(request.assignments)

    def heartbeat(self, member_id: str, generation: int, instance_id: str | None = None) -> None:
        """A sign of life; raises ``RebalanceInProgress`` when the member should rejoin."""
        member = self._caller(member_id, generation, instance_id)
        if self.state is GroupState.PREPARING:
            raise self._told_to_rejoin(member)

    def leave(self, leaver: Leaver) -> str:
        """Remove a member; returns its id."""
        member_id = self.members.resolve(leaver.member_id, leaver.instance_id)
        if self.members.promised.pop(member_id, None) is not None:
            self._complete_if_all_joined()
        elif member_id in self.members:
            self._remove(self.members.find(member_id), leaver.reason or "left")
        else:
            raise self.members.unknown(leaver.member_id or leaver.instance_id or "")
        return member_id

    def check_commit(self, member_id: str, generation: int, instance_id: str | None = None) -> None:
        """Whether this member may commit now; ``member_id=""`` and generation -1 is an administrator."""
        if generation < 0 and not member_id:
            if len(self.members):
                raise UnknownMember(f"Group {self.name!r} has active members, so only they commit.",
                                    "Stop or pause its members first.")
            return
        self._caller(member_id, generation, instance_id)
        if self._fenced or self.state is GroupState.COMPLETING:
            raise self._stale(generation) if self._fenced else self._in_progress()

    # -- an administrator moves the offsets ----------------------------------------------------------------
    def hold(self) -> None:
        """Open a rebalance that does not end before ``release``."""
        self._held = True
        if not len(self.members):
            return
        self._fenced = True
        self._untold = {member.member_id for member in self.members if not member.is_new}
        for member in self.members:
            if member.joining is not None and not member.is_new:
                self._forget(member, "begins anew, its group is moved")
        self._prepare()

    def release(self) -> None:
        self._held = False
        self._complete_if_all_joined()

    def die(self) -> None:
        self.state = GroupState.DEAD

    def dissolve(self) -> None:
        """Tell those who wait that their membership is over."""
        for member in self.members:
            self._answer_join(member, self.members.unknown(member.member_id))
            self._answer_sync(member, self.members.unknown(member.member_id))

    # -- time ----------------------------------------------------------------------------------------------
    def tick(self) -> None:
        """Do what is due: end sessions, end waits."""
        now = self._now()
        overdue = [member_id for member_id, end in self.members.promised.items() if end <= now]
        for member_id in overdue:
            del self.members.promised[member_id]
        for member in self.members:
            if member.deadline <= now and not member.waits:
                self._remove(member, "session time-out")
        if self._sync_deadline is not None and self._sync_deadline <= now:
            self._drop_unsynced()
        if overdue:
            self._complete_if_all_joined()
        if self._join_deadline is not None and self._join_deadline <= now and not self._held:
            self._end_join_wait(now)

    def next_deadline(self) -> float | None:
        """The monotonic time at which ``tick`` has something to do."""
        times = [m.deadline for m in self.members if not m.waits]
        times += self.members.promised.values()
        waits = (None if self._held else self._join_deadline, self._sync_deadline)
        times += [t for t in waits if t is not None]
        return min(times, default=None)

    # -- how it looks --------------------------------------------------------------------------------------
    def describe(self) -> GroupMeta:
        members = tuple(m.describe(self.protocol_type, self.protocol) for m in self.members)
        return GroupMeta(
            self.name, self.state, self.generation, self.protocol_type, self.protocol, self.leader, members
        )

    def stored(self) -> StoredGroup:
        return StoredGroup(self.name, self.generation, self.protocol_type, self.empty_since_ms)

    # -- joining -------------------------------------------------------------------------------------------
    def _add(self, request: JoinRequest, token: Token) -> None:
        if len(self.members) >= self._settings.max_members:
            raise GroupFull("Group {name!r} has {count} members already.", "Use another group id.", name=self.name,
                            count=len(self.members))
        member = Member.of(request, self._now() + self._settings.new_member_join_timeout_ms, self._ids)
        member.joining = token
        self.protocol_type = request.protocol_type
        self.members.add(member)
        self.leader = self.leader or member.member_id
        self._joined_in_delay = self._delay_left_ms is not None
        self._note_join(member, request.reason)
        self._prepare()
        self._complete_if_all_joined()

    def _rejoin(self, request: JoinRequest, token: Token) -> None:
        member = self.members.find(request.member_id, request.instance_id)
        if member.member_id in self._untold:
            self._forget(member, "begins anew, its group is moved")
            self._complete_if_all_joined()
            raise self.members.unknown(request.member_id)
        settled = self.state in (GroupState.COMPLETING, GroupState.STABLE)
        asks_for_rebalance = self.state is GroupState.STABLE and member.member_id == self.leader
        unchanged = member.protocols == request.protocols and not asks_for_rebalance
        self._answer_join(member, self._in_progress())  # an older join of a client that lost its connection
        self._sign_of_life(member)
        member.update(request)
        member.joining = token
        if settled and unchanged:
            self._answer_join(member, self._join_result(member))
        else:
            self._prepare()
            self._complete_if_all_joined()

    def _replace_static(self, request: JoinRequest, token: Token) -> None:
        """A static member came back (restarted): a new id, the old one is fenced, the assignment stands."""
        assert request.instance_id is not None
        old = self.members.find(self.members.static[request.instance_id])
        self._answer_join(old, self.members.fenced(request.instance_id))
        self._answer_sync(old, self.members.fenced(request.instance_id))
        self.members.remove(old)
        self._unsynced.discard(old.member_id)
        member = Member.of(request, self._now() + request.session_timeout_ms, self._ids)
        member.assignment, member.is_new, member.joining = old.assignment, False, token
        self.members.add(member)
        if was_leader := self.leader == old.member_id:
            self.leader = member.member_id
        self._note_join(member, request.reason or "static member came back", replaces=old.member_id)
        if self.state is not GroupState.STABLE or self.members.elected_protocol() != self.protocol:
            self._prepare()
            self._complete_if_all_joined()
        elif not was_leader:
            self._answer_join(member, self._join_result(member))
        else:
            self._answer_join(member, self._returned_leader(member, old, request.can_skip_assignment))

    def _returned_leader(self, member: Member, old: Member, can_skip: bool) -> JoinResult:
        """A leader that came back must not assign again: it is told to skip or, if too old for that, that the one
        before it leads."""
        leader = member.member_id if can_skip else old.member_id
        members = self.members.joined_members(self.protocol) if can_skip else ()
        return JoinResult(
            member.member_id, self.generation, self.protocol_type, self.protocol, leader, members, can_skip
        )

    # -- rebalancing ---------------------------------------------------------------------------------------
    def _prepare(self) -> None:
        """Open a rebalance, unless one is collecting members already."""
        if self.state is GroupState.PREPARING:
            return
        if self.state is GroupState.COMPLETING:
            for member in self.members:
                member.assignment = b""
                if member.syncing is not None:
                    self._answer_sync(member, self._told_to_rejoin(member))
        first = self.state is GroupState.EMPTY
        longest = self.members.rebalance_timeout_ms()
        wait = min(self._settings.initial_rebalance_delay_ms, longest) if first else longest
        self._delay_left_ms = longest - wait if first else None
        self._joined_in_delay = False
        self._join_deadline = self._now() + wait
        self._sync_deadline = None
        self._unsynced.clear()
        self._enter(GroupState.PREPARING)

    def _complete_if_all_joined(self) -> None:
        waits = self._held or self._delay_left_ms is not None
        if self.state is GroupState.PREPARING and not waits and self.members.all_joined():
            self._complete_join()

    def _end_join_wait(self, now: float) -> None:
        """The wait is over; the first-join delay goes on while members keep coming, up to the rebalance time-out."""
        if self._delay_left_ms and self._joined_in_delay:
            wait = min(self._settings.initial_rebalance_delay_ms, self._delay_left_ms)
            self._delay_left_ms -= wait
            self._joined_in_delay = False
            self._join_deadline = now + wait
        else:
            self._complete_join()

    def _complete_join(self) -> None:
        """Begin the next generation with those who joined; static members may be late until their session ends."""
        for member in self.members:
            if member.joining is None and member.instance_id is None:
                self._forget(member, "did not rejoin in time")
        joined = self.members.joined()
        if len(self.members) and not joined:
            self._join_deadline = self._now() + self.members.rebalance_timeout_ms()
            return
        self._join_deadline = self._delay_left_ms = None
        self._fenced = False
        self._untold.clear()
        self.generation += 1
        self._outbox.changed[self.name] = None
        if not joined:
            self.protocol = self.leader = ""
            self.empty_since_ms = self._clock.now_ms()
            self._enter(GroupState.EMPTY)
            return
        if self.leader not in joined:
            self.leader = joined[0]
        self.protocol = self.members.elected_protocol()
        self._unsynced = set(self.members.members)
        self._sync_deadline = self._now() + self.members.rebalance_timeout_ms()
        self._enter(GroupState.COMPLETING)
        for member_id in joined:
            member = self.members.find(member_id)
            member.is_new = False
            self._answer_join(member, self._join_result(member))

    def _distribute(self, assignments: Mapping[str, bytes]) -> None:
        for member in self.members:
            member.assignment = assignments.get(member.member_id, b"")
        self._enter(GroupState.STABLE)
        for member in self.members:
            self._answer_sync(member, self._sync_result(member))
        shares = {m.member_id: [list(part) for part in m.assigned(self.protocol_type)] for m in self.members}
        self._outbox.entries.append(RebalanceEntry(
            self._clock.now_ms(), group=self.name, generation=self.generation, assignor=self.protocol,
            assignment=shares))

    def _drop_unsynced(self) -> None:
        """Members that took a join answer and never came for their assignment."""
        self._sync_deadline = None
        for member_id in [m for m in self.members.members if m in self._unsynced]:
            self._remove(self.members.find(member_id), "did not sync in time")

    # -- leaving -------------------------------------------------------------------------------------------
    def _remove(self, member: Member, reason: str) -> None:
        self._forget(member, reason)
        if self.state in (GroupState.COMPLETING, GroupState.STABLE):
            self._prepare()
        self._complete_if_all_joined()

    def _forget(self, member: Member, reason: str) -> None:
        self.members.remove(member)
        self._unsynced.discard(member.member_id)
        self._untold.discard(member.member_id)
        self._answer_join(member, self.members.unknown(member.member_id))
        self._answer_sync(member, self.members.unknown(member.member_id))
        if self.leader == member.member_id:
            self.leader = next(iter(self.members.members), "")
        self._outbox.entries.append(LeaveEntry(
            self._clock.now_ms(), group=self.name, member=member.member_id, reason=reason))

    # -- small parts ---------------------------------------------------------------------------------------
    def _now(self) -> float:
        return self._clock.monotonic_ms()

    def _sign_of_life(self, member: Member) -> None:
        member.deadline = self._now() + member.session_timeout_ms

    def _caller(self, member_id: str, generation: int, instance_id: str | None) -> Member:
        """The member that calls, alive by calling; a stale generation is refused."""
        member = self.members.find(member_id, instance_id)
        if generation != self.generation:
            raise self._stale(generation)
        self._sign_of_life(member)
        return member

    def _join_result(self, member: Member) -> JoinResult:
        members = self.members.joined_members(self.protocol) if member.member_id == self.leader else ()
        return JoinResult(member.member_id, self.generation, self.protocol_type, self.protocol, self.leader, members)

    def _sync_result(self, member: Member) -> SyncResult:
        return SyncResult(self.protocol_type, self.protocol, member.assignment)

    def _answer_join(self, member: Member, answer: JoinResult | WorkbenchError) -> None:
        if member.joining is not None:
            self._outbox.answers.append((member.joining, answer))
            member.joining = None
            self._sign_of_life(member)

    def _answer_sync(self, member: Member, answer: SyncResult | WorkbenchError) -> None:
        if member.syncing is not None:
            self._outbox.answers.append((member.syncing, answer))
            member.syncing = None
            self._sign_of_life(member)

    def _enter(self, state: GroupState) -> None:
        self.state = state
        self._outbox.entries.append(GroupEntry(
            self._clock.now_ms(), group=self.name, act="state", state=state.value, generation=self.generation,
            assignor=self.protocol))

    def _note_join(self, member: Member, reason: str, replaces: str = "") -> None:
        self._outbox.entries.append(JoinEntry(
            self._clock.now_ms(), group=self.name, member=member.member_id, client=member.client_id,
            instance=member.instance_id or "", reason=reason, replaces=replaces))

    def _told_to_rejoin(self, member: Member) -> WorkbenchError:
        """Many clients keep their place over a rebalance (cooperative ones, and some others); only a generation that
        is over makes every one of them give up its partitions and look for the committed offsets."""
        self._untold.discard(member.member_id)
        return self._stale(self.generation) if self._fenced else self._in_progress()

    def _stale(self, generation: int) -> IllegalGeneration:
        over = "is over" if generation == self.generation else f"is not the current one, {self.generation}"
        return IllegalGeneration(f"Generation {generation} of group {self.name!r} {over}.", "Join again.")

    def _in_progress(self) -> RebalanceInProgress:
        return RebalanceInProgress("Group {name!r} is sharing out its partitions.", "Join the group again.",
                                   name=self.name)
