"""Groups behind the façade: futures, the file, the journal, resets, lag; and what is left after a crash."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

from workbench.broker import (
    Broker,
    BrokerReader,
    GroupNotEmpty,
    GroupState,
    IllegalGeneration,
    JoinRequest,
    Leaver,
    SyncRequest,
    UnknownMember,
    assignor,
    decode_assignment,
)
from workbench.broker.groups.consumer_protocol import encode_assignment
from workbench.core.clock import ManualClock
from workbench.core.errors import NotFound, Refused
from workbench.core.offsets import ResetSpec
from workbench.core.records import Record, TopicPartition

P0, P1 = TopicPartition("orders", 0), TopicPartition("orders", 1)
RANGE = assignor("range")


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def broker(tmp_path, clock):
    with Broker.create(tmp_path / "a.flow", clock=clock, background=False) as made:
        made.create_topic("orders", 2)
        yield made


def pass_time(broker, ms):
    broker.clock.advance(ms)
    broker.keep_house()


def append(broker, partition, count, at=None):
    broker.append("orders", partition, [Record(None, b"x", (), at)] * count).result()


def enter(broker, group="billing", client="c", **fields):
    """A lone member of a stable group that holds both partitions."""
    request = JoinRequest(group, (("range", RANGE.metadata(["orders"], (), -1)),), client_id=client, **fields)
    joining = broker.join_group(request)
    pass_time(broker, 60)
    joined = joining.result(0)
    shares = RANGE.share_out(joined.members, {"orders": 2})
    synced = broker.sync_group(SyncRequest(group, joined.member_id, joined.generation, shares)).result(0)
    assert decode_assignment(synced.assignment).partitions == (P0, P1)
    return joined


def test_a_member_joins_commits_and_is_seen(broker):
    member = enter(broker, client="till")
    append(broker, 0, 10)
    broker.commit_offsets("billing", member.member_id, 1, {P0: (4, "note")}).result(0)
    assert broker.committed("billing")[P0].offset == 4
    group = broker.group("billing")
    assert (group.state, group.generation, group.assignor) == (GroupState.STABLE, 1, "range")
    assert group.members[0].client_id == "till"
    assert group.members[0].topics == ("orders",)


def test_commits_are_in_the_file_with_their_metadata(broker, tmp_path):
    append(broker, 0, 10)
    broker.commit_offsets("billing", "", -1, {P0: (4, "note"), P1: (0, "")}).result(0)
    with BrokerReader(tmp_path / "a.flow") as reader:
        assert {part: (c.offset, c.metadata) for part, c in reader.committed("billing").items()} == {
            P0: (4, "note"), P1: (0, "")}
        assert [g.name for g in reader.groups()] == ["billing"]


def test_what_cannot_be_committed_comes_with_the_future(broker):
    member = enter(broker)
    for error, member_id, generation, offsets in (
        (IllegalGeneration, member.member_id, 7, {P0: (1, "")}),
        (UnknownMember, "stranger", 1, {P0: (1, "")}),
        (UnknownMember, "", -1, {P0: (1, "")}),
        (NotFound, member.member_id, 1, {TopicPartition("orders", 9): (1, "")}),
    ):
        with pytest.raises(error):
            broker.commit_offsets("billing", member_id, generation, offsets).result(0)
    assert broker.committed("billing") == {}


def test_closing_answers_who_waits(tmp_path, clock):
    broker = Broker.create(tmp_path / "b.flow", clock=clock, background=False)
    waiting = broker.join_group(JoinRequest("billing", (("range", b""),)))
    broker.close()
    with pytest.raises(UnknownMember):
        waiting.result(0)


def test_offsets_and_generations_survive_closing(tmp_path, clock, broker):
    enter(broker)
    append(broker, 0, 10)
    member = broker.group("billing").members[0].member_id
    broker.commit_offsets("billing", member, 1, {P0: (7, "seven")}).result(0)
    broker.close()
    with Broker.open(tmp_path / "a.flow", clock=clock, background=False) as again:
        assert again.committed("billing")[P0].metadata == "seven"
        assert again.group("billing").state is GroupState.EMPTY
        with pytest.raises(UnknownMember):
            again.heartbeat("billing", member, 1)
        assert enter(again).generation == 2


def test_lag_in_records_and_in_time(broker, clock):
    start = clock.now_ms()
    append(broker, 0, 10, at=start - 5_000)
    append(broker, 0, 10, at=start - 2_000)
    broker.commit_offsets("billing", "", -1, {P0: (0, ""), P1: (0, "")}).result(0)
    (p0, p1) = broker.group_partitions("billing")
    assert (p0.lag_records, p0.lag_ms, p1.lag_records, p1.lag_ms) == (20, 5_000, 0, 0)
    broker.commit_offsets("billing", "", -1, {P0: (10, "")}).result(0)
    clock.advance(1_000)
    assert broker.group_partitions("billing")[0].lag_ms == 3_000
    broker.commit_offsets("billing", "", -1, {P0: (20, "")}).result(0)
    assert broker.group_partitions("billing")[0].lag_ms == 0


def test_position_is_apart_from_committed(broker):
    member = enter(broker)
    append(broker, 0, 10)
    broker.note_delivery("orders", 0, 0, 6, "billing", member.member_id)
    broker.commit_offsets("billing", member.member_id, 1, {P0: (3, "")}).result(0)
    stat = broker.group_partitions("billing")[0]
    assert (stat.position, stat.committed, stat.end, stat.member_id) == (7, 3, 10, member.member_id)


def test_a_deleted_topic_takes_its_commits_along(broker, tmp_path):
    append(broker, 0, 3)
    broker.commit_offsets("billing", "", -1, {P0: (2, "")}).result(0)
    broker.delete_topic("orders")
    assert broker.committed("billing") == {}
    assert broker.group_partitions("billing") == ()
    with BrokerReader(tmp_path / "a.flow") as reader:
        assert reader.committed("billing") == {}


def test_a_group_is_deleted_only_when_empty(broker, tmp_path):
    member = enter(broker)
    with pytest.raises(GroupNotEmpty):
        broker.delete_group("billing")
    assert broker.leave_group("billing", Leaver(member.member_id)) == [None]
    broker.delete_group("billing")
    with pytest.raises(NotFound):
        broker.group("billing")
    with BrokerReader(tmp_path / "a.flow") as reader:
        assert reader.groups() == []


# -- resets ------------------------------------------------------------------------------------------------
def test_a_reset_moves_an_empty_group_and_is_journalled(broker, tmp_path):
    append(broker, 0, 10)
    broker.commit_offsets("billing", "", -1, {P0: (8, "")}).result(0)
    done = broker.apply_reset("billing", ResetSpec("shift", -3))
    assert (done.applied, done.moves[0].before, done.moves[0].after) == (True, 8, 5)
    assert broker.committed("billing")[P0].offset == 5
    broker.keep_house()
    with BrokerReader(tmp_path / "a.flow") as reader:
        (entry,) = reader.journal(kinds=("reset",))
        assert (entry.group, entry.moves) == ("billing", [[0, 8, 5], [1, None, 0]])
        assert reader.committed("billing")[P0].offset == 5


def test_a_reset_is_refused_while_members_are_active_unless_forced(broker):
    append(broker, 0, 10)
    enter(broker)
    with pytest.raises(Refused, match="1 member is active"):
        broker.apply_reset("billing", ResetSpec("earliest"))
    assert broker.apply_reset("billing", ResetSpec("latest"), force=True).applied
    assert broker.committed("billing")[P0].offset == 10


def test_a_reset_may_pause_the_members_and_their_late_commits_do_not_overwrite_it(broker):
    append(broker, 0, 10)
    member = enter(broker, client_host="/127.0.0.1")
    broker.commit_offsets("billing", member.member_id, 1, {P0: (8, "")}).result(0)
    assert "1 member of another program is active" in broker.plan_reset("billing", ResetSpec("earliest")).refused
    plan = broker.apply_reset("billing", ResetSpec("shift", -5), "orders", [0], pause=True)
    assert (plan.applied, plan.moves[0].before, plan.moves[0].after) == (True, 8, 3)
    with pytest.raises(IllegalGeneration):
        broker.heartbeat("billing", member.member_id, 1)
    with pytest.raises(IllegalGeneration):
        broker.commit_offsets("billing", member.member_id, 1, {P0: (9, "")}).result(0)
    request = JoinRequest("billing", (("range", RANGE.metadata(["orders"], (), -1)),), member.member_id)
    assert broker.join_group(request).result(0).generation == 2
    with pytest.raises(IllegalGeneration):
        broker.commit_offsets("billing", member.member_id, 1, {P0: (9, "")}).result(0)
    assert broker.committed("billing")[P0].offset == 3


def test_a_reset_that_fails_lets_the_members_go_on(broker):
    member = enter(broker)
    broker.store.on_before_commit(fail := Failing())
    fail.armed = True
    with pytest.raises(Refused, match="no"):
        broker.apply_reset("billing", ResetSpec("earliest"), pause=True)
    fail.armed = False
    with pytest.raises(IllegalGeneration):
        broker.heartbeat("billing", member.member_id, 1)
    request = JoinRequest("billing", (("range", RANGE.metadata(["orders"], (), -1)),), member.member_id)
    assert broker.join_group(request).result(0).generation == 2


class Failing:
    armed = False

    def __call__(self, db):
        if self.armed:
            raise Refused("no")


def test_a_reset_by_time_and_from_another_group(broker, clock):
    now = clock.now_ms()
    append(broker, 0, 5, at=now - 60_000)
    append(broker, 0, 5, at=now)
    assert [m.after for m in broker.plan_reset("new", ResetSpec("duration", 30_000), "orders").moves] == [5, 0]
    broker.commit_offsets("shipping", "", -1, {P0: (2, "")}).result(0)
    assert broker.apply_reset("new", ResetSpec("group", group="shipping"), "orders").applied
    assert {part: c.offset for part, c in broker.committed("new").items()} == {P0: 2}
    with pytest.raises(NotFound):
        broker.plan_reset("nobody", ResetSpec("earliest"))


def test_retention_waits_for_the_groups_it_is_told_of(broker, clock):
    broker.alter_topic("orders", config={"workbench.retention.all.read": "true"})
    append(broker, 0, 5)
    broker.commit_offsets("billing", "", -1, {P0: (0, "")}).result(0)
    broker.keep_house()
    assert broker.bounds("orders")[0].log_start == 0
    broker.commit_offsets("billing", "", -1, {P0: (5, "")}).result(0)
    broker.keep_house()
    assert broker.bounds("orders")[0].log_start == 5


# -- time and crashes --------------------------------------------------------------------------------------
def test_sessions_end_by_themselves_in_the_background(tmp_path):
    with Broker.create(tmp_path / "c.flow") as broker:
        broker.create_topic("orders", 2)
        request = JoinRequest("billing", (("range", b""),), session_timeout_ms=150)
        joined = broker.join_group(request).result(5)
        shares = {joined.member_id: encode_assignment([P0])}
        broker.sync_group(SyncRequest("billing", joined.member_id, 1, shares)).result(5)
        successor = broker.join_group(JoinRequest("billing", (("range", b""),), rebalance_timeout_ms=60_000))
        assert successor.result(5).generation == 2
        assert joined.member_id not in {m.member_id for m in broker.group("billing").members}


def test_groups_without_members_expire_with_their_offsets(broker, clock):
    append(broker, 0, 3)
    broker.commit_offsets("billing", "", -1, {P0: (2, "")}).result(0)
    pass_time(broker, 8 * 24 * 3_600_000)
    assert broker.groups() == []


def test_the_journal_tells_the_story_of_a_group(broker, tmp_path, clock):
    member = enter(broker)
    append(broker, 1, 4)
    broker.commit_offsets("billing", member.member_id, 1, {P1: (4, "")}).result(0)
    broker.leave_group("billing", Leaver(member.member_id, reason="done"))
    broker.keep_house()
    with BrokerReader(tmp_path / "a.flow") as reader:
        told = [(e.kind, getattr(e, "act", "") or getattr(e, "reason", "")) for e in reader.journal()]
    story = [item for item in told if item not in (("group", "state"),)]
    assert story == [
        ("host", "started"), ("topic", "created"), ("join", ""), ("rebalance", ""), ("append", ""), ("commit", ""),
        ("leave", "done"),
    ]


KILLED = """
    import os, sys
    from workbench.broker import Broker
    from workbench.core.records import Record, TopicPartition
    broker = Broker.open(sys.argv[1])
    for number in range(40):
        broker.append("orders", 0, [Record(None, b"x")] * 5).result()
        broker.commit_offsets("billing", "", -1, {TopicPartition("orders", 0): (number * 5, "")}).result()
        print(number * 5, flush=True)
    os.kill(os.getpid(), 9)
"""


def test_nothing_acknowledged_is_lost_by_kill_9_and_the_journal_is_made_whole(tmp_path, broker):
    broker.close()
    path = tmp_path / "a.flow"
    run = subprocess.run([sys.executable, "-c", textwrap.dedent(KILLED), str(path)], capture_output=True, text=True,
                         check=False, timeout=60)
    assert run.returncode == -9, run.stderr
    acknowledged = int(run.stdout.split()[-1])
    with Broker.open(path, background=False) as again:
        assert again.committed("billing")[P0].offset == acknowledged == 195
        assert again.bounds("orders")[0].end == 200
        again.keep_house()
        with BrokerReader(path) as reader:
            assert sum(e.count for e in reader.journal(kinds=("append",))) == 200
            assert reader.journal(kinds=("commit",), limit=10**6)[-1].last == 195
            assert reader.journal(kinds=("host",))[-1].act == "recovered"


def test_places_of_several_topics_move_in_one_reset_and_leave_the_rest(broker):
    broker.create_topic("payments", 2)
    append(broker, 0, 10)
    for number in (0, 1):
        broker.append("payments", number, [Record(None, b"p")] * 6).result()
    pay = [TopicPartition("payments", number) for number in (0, 1)]
    broker.commit_offsets("billing", "", -1, {P0: (8, ""), pay[0]: (5, ""), pay[1]: (5, "")}).result(0)
    done = broker.apply_reset("billing", ResetSpec("offsets", places={"orders": {0: 2}, "payments": {1: 1}}))
    moved = [(m.topic, m.partition, m.before, m.after) for m in done.moves]
    assert moved == [("orders", 0, 8, 2), ("payments", 1, 5, 1)]
    assert broker.committed("billing")[pay[0]].offset == 5
