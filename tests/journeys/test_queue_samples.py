"""The samples with queues and exchanges, run as a person would: what they promise to show is there to be seen."""

from __future__ import annotations

import pytest

SECONDS = 5


@pytest.fixture
def run_sample(workbench):
    def run_sample(name: str) -> dict:
        workbench("new", "a.flow", "--sample", name)
        outcome = workbench.json("run", "a.flow", "--for", SECONDS, "--seed", 3)
        assert (outcome["failed"], outcome["problems"]) == (0, [])
        assert all(group["lost"] == 0 for group in outcome["groups"].values())
        return outcome

    return run_sample


def counts(workbench) -> dict[str, dict]:
    return {queue["name"]: queue for queue in workbench.json("queues", "a.flow", "list")["queues"]}


def test_competing_consumers_and_a_group_read_the_same_log(run_sample, workbench):
    outcome = run_sample("competing-consumers")
    produced = outcome["topics"]["orders"]["produced"]
    billing, packing = outcome["groups"]["billing"], outcome["groups"]["packing"]
    for group in (billing, packing):
        assert group["consumed"] + group["lag"] == produced and group["consumed"] > 0
        assert group["dead_lettered"] == group["redelivered"] == 0
    assert billing["order_violations"] == 0 < packing["order_violations"]
    assert workbench.json("topics", "a.flow", "describe", "orders")["records"] == produced
    assert counts(workbench)["orders:packing"]["ready"] == packing["lag"]


def test_a_poison_message_ends_in_the_dead_letters_and_comes_back_when_redriven(run_sample, workbench):
    accounting = run_sample("poison-message")["groups"]["accounting"]
    letters = workbench.json("queues", "a.flow", "peek", "invoices.dlq")["messages"]
    assert len(letters) == accounting["dead_lettered"] > 0
    assert accounting["redelivered"] >= 2 * len(letters)
    for letter in letters:
        (death,) = letter["deaths"]
        assert letter["record"]["value"]["currency"] == "XXX"
        assert (death["queue"], death["reason"]) == ("invoices", "delivery_limit")
    before = counts(workbench)["invoices"]["ready"]
    workbench("queues", "a.flow", "redrive", "invoices.dlq", "--all")
    after = counts(workbench)
    assert after["invoices.dlq"]["ready"] == 0 and after["invoices"]["ready"] == before + len(letters)


def test_what_fails_waits_and_has_a_second_try_before_it_is_left_to_a_person(run_sample, workbench):
    outcome = run_sample("retry-stages")
    bank, produced = outcome["groups"]["bank"], outcome["topics"]["pay"]["produced"]
    for _ in range(5):  # what goes on to its next queue while they are counted one after the other is in neither
        ready = {name: queue["ready"] for name, queue in counts(workbench).items()}
        if bank["consumed"] + sum(ready.values()) == produced:
            break
    assert bank["consumed"] + sum(ready.values()) == produced, "nothing is lost on the way"
    first, second = bank["dead_lettered"] - ready["pay.dlq"], ready["pay.dlq"]
    assert first - ready["pay.wait"] - ready["pay.again"] > second > 0, "most second tries succeed"
    for letter in workbench.json("queues", "a.flow", "peek", "pay.dlq", "--story")["messages"]:
        deaths = [(death["queue"], death["reason"], death["exchange"]) for death in letter["deaths"]]
        assert deaths == [("pay.again", "rejected", "failed"), ("pay.wait", "expired", "failed"),
                          ("pay", "rejected", None)]
        kinds = [(line["queue"], line["kind"]) for line in letter["story"]]
        assert [queue for queue, kind in kinds if kind == "append"] == ["pay", "pay.wait", "pay.again", "pay.dlq"]
        assert [queue for queue, _ in kinds] == sorted((queue for queue, _ in kinds), key=[
            "pay", "pay.wait", "pay.again", "pay.dlq"].index), "one after the other"


def test_uploads_fan_out_to_the_queues_that_want_them(run_sample, workbench):
    outcome = run_sample("video-fanout")
    published = outcome["topics"]["videos"]["produced"]
    reached = {group: told["consumed"] + told["lag"] for group, told in outcome["groups"].items()}
    assert published > reached["transcoder"] == reached["rights"] > reached["subtitler"] > 0


def test_ordered_message_groups_keep_the_order_that_a_rush_breaks(run_sample, workbench):
    groups = run_sample("order-queue")["groups"]
    assert groups["fulfilment"]["order_violations"] == 0 < groups["rushing"]["order_violations"]
    assert all(group["redelivered"] for group in groups.values()), "one in twenty fails and comes back"
