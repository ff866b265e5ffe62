"""The samples that ship are whole: no problem, something to look at, and the living one as it is drawn."""

import pytest

from workbench.core.errors import NotFound
from workbench.flow.rules import problems
from workbench.flow.samples import load_sample, samples
from workbench.flow.topics import drawn_topics


@pytest.mark.parametrize("sample", samples(), ids=lambda s: s.name)
def test_a_sample_is_whole(sample):
    assert sample.title and sample.summary and 2 <= len(sample.lines_to_look_at) <= 4
    assert problems(load_sample(sample.name)) == []


@pytest.mark.parametrize("sample", samples(), ids=lambda s: s.name)
def test_a_sample_left_running_does_not_fill_the_disk(sample):
    document = load_sample(sample.name)
    streams = {node.id for node in document.of_kind("topic")}
    kept = [topic.config.get("retention.bytes", "0") for topic in drawn_topics(document) if topic.node_id in streams]
    assert all(0 < int(size) <= 64 << 20 for size in kept)


def test_the_living_sample_is_the_one_of_the_first_start():
    assert samples()[0].name == "orders"
    document = load_sample("orders")
    assert {(t.name, t.partitions) for t in drawn_topics(document)} == {("orders", 6), ("invoices", 3)}
    assert document.named("group", "shipping").params["process_ms"] == 40


def test_an_unknown_sample_names_those_there_are():
    with pytest.raises(NotFound) as caught:
        load_sample("nope")
    assert "burst-buffer" in caught.value.next_step
