"""Builds the working parts of a flow from its plan: producers with their sources and senders, groups with their wiring.

``Tally`` is what all parts count into: events a topic, a meter a link. Lives on the runner's loop.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from workbench.core.errors import NotFound
from workbench.core.partitioners import Partitioner, partitioner
from workbench.core.records import Appended, Record
from workbench.engines.base import Engine
from workbench.runtime.file_source import FileSource
from workbench.runtime.group import Delivered, GroupRun, Wiring
from workbench.runtime.meters import LinkMeter
from workbench.runtime.plan import Arrow, GroupPlan, ProducerPlan
from workbench.runtime.producer import Producer
from workbench.runtime.sender import Sender, SendSettings
from workbench.runtime.sources import GeneratorSource, Source
from workbench.runtime.tempo import Tempo

Journal = Callable[[str, str, dict[str, str]], None]
"""Kind, group and member-or-node words of an entry: (kind, group, detail)."""


class Tally:
    def __init__(self) -> None:
        self.produced: dict[str, int] = {}
        self.meters: dict[str, LinkMeter] = {}

    def meter(self, link_id: str) -> LinkMeter:
        return self.meters.setdefault(link_id, LinkMeter())

    def sent_along(self, arrow: Arrow) -> Callable[[Sequence[Record], Appended], None]:
        """What a sender calls after each acknowledged batch."""
        meter = self.meter(arrow.link_id)

        def sent(records: Sequence[Record], appended: Appended) -> None:
            meter.add(records)
            self.produced[arrow.topic] = self.produced.get(arrow.topic, 0) + len(records)

        return sent


class Builder:
    """Makes parts; ``partitions`` knows the topics that are there."""

    def __init__(self, engine: Engine, tempo: Tempo, tally: Tally, journal: Journal, delivered: Delivered) -> None:
        self.partitions: dict[str, int] = {}
        self.seed = 0
        self._engine = engine
        self._tempo = tempo
        self._tally = tally
        self._journal = journal
        self._delivered = delivered

    def producer(self, plan: ProducerPlan) -> Producer:
        assert plan.to is not None, "a producer without a topic is broken and never built"
        random = self._random(plan.node_id)
        values = plan.values
        settings = SendSettings(values["batch_bytes"], values["linger_ms"], values["compression"], values["idempotent"])
        chooser = partitioner(values["partitioner"], random, values["partition"])
        sender = self._sender(plan.to, settings, chooser)
        source: Source
        if plan.kind == "file":
            source = FileSource(values, self._tempo.clock.now_ms)
        else:
            source = GeneratorSource(values, random, self._tempo.clock.now_ms)

        def report(act: str, reason: str) -> None:
            self._journal("producer", "", {"node": plan.node_id, "name": plan.name, "act": act, "reason": reason})

        return Producer(plan.node_id, plan.name, source, sender, self._tempo, report)

    def group(self, plan: GroupPlan) -> GroupRun:
        random = self._random(plan.node_id)
        for arrow in plan.reads:
            self._topic_partitions(arrow.topic)
        wiring = Wiring({arrow.topic: self._tally.meter(arrow.link_id) for arrow in plan.reads})
        for arrow, role in ((plan.forward, "forward"), (plan.dead, "dead")):
            if arrow is not None:
                setattr(wiring, role, self._sender(arrow, SendSettings(), partitioner("murmur2", random)))

        def report(group: str, member: str, act: str, reason: str) -> None:
            self._journal("member", group, {"member": member, "act": act, "reason": reason})

        return GroupRun(plan.node_id, plan.name, plan.values, wiring, self._engine, self._tempo, random, report,
                        self._delivered)  # fmt: skip

    def _sender(self, arrow: Arrow, settings: SendSettings, chooser: Partitioner) -> Sender:
        count = self._topic_partitions(arrow.topic)
        on_sent = self._tally.sent_along(arrow)
        return Sender(self._engine, arrow.topic, count, chooser, settings, self._tempo.clock, on_sent)

    def _topic_partitions(self, topic: str) -> int:
        if topic not in self.partitions:
            raise NotFound(f"There is no topic «{topic}».", "Give it a name and settings that a topic can have.")
        return self.partitions[topic]

    def _random(self, node_id: str) -> Random:
        """Chance of one part: the same for the same seed, whatever the other parts do."""
        return Random(f"{self.seed}:{node_id}")
