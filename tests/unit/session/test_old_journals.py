"""A workspace whose journal was written before entries had types is read, scrubbed and exported as it was then.

``journal-616e308.flow.gz`` has every kind of entry that the workbench of that commit wrote; ``.json.gz`` beside it is
what that workbench made of it, by ``told_of`` below.
"""

from __future__ import annotations

import gzip
import io
import json
import sqlite3
from contextlib import closing
from pathlib import Path

from workbench.broker import BrokerReader
from workbench.broker.migrations import migrate
from workbench.core.queues import MessageId
from workbench.session.export.formats import format_named
from workbench.session.export.writing import write_items
from workbench.session.message_history import history_of
from workbench.session.timeline import Timeline

FIXTURE = Path(__file__).with_name("journal-616e308.flow.gz")
STEP_MS = 250


def exported(reader: BrokerReader, form: str) -> list[str]:
    stream = io.BytesIO()
    write_items(reader, stream, "journal", format_named(form))
    return stream.getvalue().decode().splitlines()


def state_of(past) -> dict:
    """What an instant was, without what is worked out anew from it (producers since stand as the flow did)."""
    return {
        "run": [past.run.value, past.speed],
        "topics": [[t.name, t.kind, t.rate_in, [[p.log_start, p.end, p.size_bytes] for p in t.partitions]]
                   for t in past.topics],
        "groups": [[g.name, g.state, g.generation, g.assignor, g.rate, g.waiting, g.paused,
                    [[m.member_id, m.name, m.state.value, m.rate, m.slow] for m in g.members],
                    [[p.topic, p.partition, p.committed, p.position, p.member_id, p.lag_ms] for p in g.partitions]]
                   for g in past.groups],
        "queues": [[q.name, q.counts.ready, q.counts.delayed, q.counts.in_flight, q.counts.dead,
                    [[c.consumer, c.in_flight] for c in q.consumers]] for q in past.queues],
        "exchanges": [[e.name, e.unroutable] for e in past.exchanges],
        "stores": [[s.name, s.rows, s.writes] for s in past.stores],
    }


def messages_of(timeline: Timeline, at_ms: int, queue: str) -> list:
    page = timeline.messages_at(at_ms, queue, limit=1_000)
    return [[m.id.partition, m.id.offset, m.state.value, m.attempts, m.consumer, m.reason] for m in page.messages]


def told_of(path: Path) -> dict:
    """Everything that can be asked of the past of this workspace."""
    with BrokerReader(path) as reader:
        timeline = Timeline(reader, as_called_then=True)
        first, last = timeline.range()
        stories = {f"{queue} {offset}": [[line.at_ms, line.kind, line.text, line.who] for line in history_of(
            reader, queue, queue, MessageId(0, offset)).lines] for queue in ("jobs", "letters") for offset in range(30)}
        told = {
            "jsonl": exported(reader, "jsonl"), "csv": exported(reader, "csv"),
            "states": [[at, state_of(timeline.state_at(at))] for at in range(first, last + 1, STEP_MS)],
            "marks": [[m.at_ms, m.kind, m.text, m.subject] for m in timeline.marks(first, last + 1)],
            "moved": [[m.at_ms, m.kind, m.topic, m.partition, m.first, m.last, m.group, m.member, m.again]
                      for m in timeline.flow_of(first, last + 1)],
            "histogram": timeline.histogram(first, last + 1, 50),
            "messages": [[at, messages_of(timeline, at, "jobs")] for at in range(last - 42_000, last - 3_000, 500)],
            "stories": stories,
        }
    return json.loads(json.dumps(told))


def test_an_old_journal_tells_what_it_told(tmp_path):
    path = tmp_path / "old.flow"
    path.write_bytes(gzip.decompress(FIXTURE.read_bytes()))
    with closing(sqlite3.connect(path)) as connection:
        migrate(connection)  # as a host does, without what it notes of itself
        connection.commit()
    then = json.loads(gzip.decompress(FIXTURE.with_suffix("").with_suffix(".json.gz").read_bytes()))
    for _, state in then["states"]:
        del state["producers"]
    now = told_of(path)
    assert sorted(now) == sorted(then)
    for what, before in then.items():
        assert now[what] == before, what
