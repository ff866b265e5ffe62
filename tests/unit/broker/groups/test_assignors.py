"""Assignors by Kafka's rules, alone and over many made-up groups."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.broker.groups.assignors import (
    ASSIGNORS,
    Candidate,
    assign_cooperative,
    assign_range,
    assign_roundrobin,
    assign_sticky,
    assignor,
    subscribed_topics,
)
from workbench.broker.groups.consumer_protocol import decode_assignment
from workbench.broker.groups.membership import JoinedMember
from workbench.core.errors import Invalid
from workbench.core.records import TopicPartition

TOPICS = ("audit", "orders", "payments")
counts = st.fixed_dictionaries({topic: st.integers(0, 7) for topic in TOPICS})
names = st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=6, unique=True)


def numbers(share, topic):
    return [p.partition for p in share if p.topic == topic]


def members_of(ids, topics=TOPICS):
    return [Candidate(member_id, tuple(topics)) for member_id in ids]


def remember(shares, topics=TOPICS, generation=1):
    return [Candidate(m, tuple(topics), owned=tuple(share), generation=generation) for m, share in shares.items()]


def flat(shares):
    return sorted(part for share in shares.values() for part in share)


def everything(partitions):
    return [TopicPartition(topic, p) for topic in sorted(partitions) for p in range(partitions[topic])]


def test_range_gives_runs_and_the_first_members_take_the_remainder():
    shares = assign_range(members_of(["c2", "c1", "c3"], ["orders"]), {"orders": 7})
    assert [numbers(shares[m], "orders") for m in ("c1", "c2", "c3")] == [[0, 1, 2], [3, 4], [5, 6]]


def test_range_piles_one_partition_topics_on_the_first_member():
    shares = assign_range(members_of(["a", "b"]), dict.fromkeys(TOPICS, 1))
    assert len(shares["a"]) == 3
    assert shares["b"] == []


def test_static_members_come_first_by_instance_id():
    members = [Candidate("a-dynamic", ("orders",)), Candidate("z", ("orders",), instance_id="one")]
    assert numbers(assign_range(members, {"orders": 1})["z"], "orders") == [0]


def test_roundrobin_deals_over_topics():
    shares = assign_roundrobin(members_of(["a", "b"], ["orders", "payments"]), {"orders": 3, "payments": 3})
    assert shares["a"] == [("orders", 0), ("orders", 2), ("payments", 1)]
    assert shares["b"] == [("orders", 1), ("payments", 0), ("payments", 2)]


def test_roundrobin_passes_over_those_who_do_not_subscribe():
    members = [Candidate("a", ("orders",)), Candidate("b", ("orders", "payments"))]
    shares = assign_roundrobin(members, {"orders": 2, "payments": 2})
    assert numbers(shares["a"], "payments") == []
    assert numbers(shares["b"], "payments") == [0, 1]


@pytest.mark.parametrize("name", ["range", "roundrobin", "sticky"])
@given(ids=names, partitions=counts)
def test_every_partition_goes_to_exactly_one_member(name, ids, partitions):
    shares = ASSIGNORS[name].assign(members_of(ids), partitions)
    assert flat(shares) == everything(partitions)
    assert set(shares) == set(ids)


@given(members=st.dictionaries(st.sampled_from("abcdef"), st.sets(st.sampled_from(TOPICS), min_size=1), min_size=1),
       partitions=counts, name=st.sampled_from(["range", "roundrobin", "sticky"]))
def test_mixed_subscriptions_are_respected(members, partitions, name):
    candidates = [Candidate(m, tuple(sorted(topics))) for m, topics in members.items()]
    shares = ASSIGNORS[name].assign(candidates, partitions)
    for member_id, share in shares.items():
        assert {p.topic for p in share} <= members[member_id]
    wanted = set().union(*members.values())
    assert flat(shares) == [p for p in everything(partitions) if p.topic in wanted]


@given(ids=names, partitions=counts, name=st.sampled_from(["roundrobin", "sticky"]))
def test_shares_differ_by_one_at_most(ids, partitions, name):
    sizes = [len(share) for share in ASSIGNORS[name].assign(members_of(ids), partitions).values()]
    assert max(sizes) - min(sizes) <= 1


@given(ids=names, partitions=counts)
def test_sticky_moves_nothing_when_nothing_changed(ids, partitions):
    before = assign_sticky(members_of(ids), partitions)
    assert assign_sticky(remember(before), partitions) == before


@given(ids=names, partitions=counts)
def test_sticky_takes_only_what_a_newcomer_is_due(ids, partitions):
    before = assign_sticky(members_of(ids), partitions)
    after = assign_sticky([*remember(before), Candidate("newcomer", TOPICS)], partitions)
    for member_id, share in before.items():
        assert set(after[member_id]) <= set(share), "an old member got another's partition"
    assert len(after["newcomer"]) == len(flat(before)) // (len(ids) + 1)


@given(ids=names, partitions=counts)
def test_sticky_spreads_only_what_a_leaver_held(ids, partitions):
    before = assign_sticky(members_of(ids), partitions)
    stay = remember(before)[1:]
    if stay:
        after = assign_sticky(stay, partitions)
        for member in stay:
            assert set(member.owned) <= set(after[member.member_id])


def test_of_two_claims_the_newer_generation_counts_and_equal_ones_cancel():
    part = TopicPartition("orders", 0)
    old = Candidate("a", ("orders",), owned=(part,), generation=3)
    new = Candidate("b", ("orders",), owned=(part,), generation=4)
    assert assign_sticky([old, new], {"orders": 1})["b"] == [part]
    tie = Candidate("b", ("orders",), owned=(part,), generation=3)
    assert flat(assign_sticky([old, tie], {"orders": 1})) == [part]


@given(ids=names, partitions=counts)
def test_cooperative_never_hands_over_what_is_still_held(ids, partitions):
    held = assign_sticky(members_of(ids), partitions)
    members = [*remember(held), Candidate("newcomer", TOPICS)]
    first = assign_cooperative(members, partitions)
    for member_id, share in first.items():
        others = [p for other, kept in held.items() if other != member_id for p in kept]
        assert not set(share) & set(others)
    second = assign_cooperative(remember(first, generation=2), partitions)
    assert flat(second) == everything(partitions), "the second round gives the rest"
    for member_id, share in first.items():
        assert set(share) <= set(second[member_id]), "the second round takes nothing away"


@pytest.mark.parametrize("name", sorted(ASSIGNORS))
def test_a_leader_shares_out_by_the_bytes_members_sent(name):
    chosen = assignor(name)
    members = [JoinedMember(m, None, chosen.metadata(["orders"], (), -1)) for m in ("a", "b")]
    assert subscribed_topics(members) == {"orders"}
    given_out = chosen.share_out(members, {"orders": 4})
    parts = [p for data in given_out.values() for p in decode_assignment(data).partitions]
    assert sorted(parts) == everything({"orders": 4})


@pytest.mark.parametrize("name", ["sticky", "cooperative-sticky"])
def test_what_a_member_held_survives_its_metadata_bytes(name):
    owned = (TopicPartition("orders", 0), TopicPartition("orders", 3))
    metadata = assignor(name).metadata(["orders"], owned, 7)
    candidate = assignor(name).candidate(JoinedMember("a", None, metadata))
    assert (candidate.owned, candidate.generation) == (owned, 7)


def test_an_unknown_assignor_is_named_with_those_there_are():
    with pytest.raises(Invalid, match="uniform") as problem:
        assignor("uniform")
    assert "cooperative-sticky" in problem.value.next_step
