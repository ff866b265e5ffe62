"""Builds the working parts of a flow from its plan: producers with their sources and senders, groups with their wiring.

``Tally`` is what all parts count into: events a topic, a meter a link. Lives on the runner's loop.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from workbench.core.errors import NotFound
from workbench.core.journal import MemberAct, MemberEntry, ProducerAct, ProducerEntry
from workbench.core.partitioners import Partitioner, partitioner
from workbench.core.records import Appended, Record
from workbench.core.routing import Published
from workbench.engines.base import Engine
from workbench.flow.settings import FileSettings
from workbench.runtime.backlog import Backlog
from workbench.runtime.file_source import FileSource
from workbench.runtime.group import GroupRun, Journal, NoteDone, Surroundings, Wiring
from workbench.runtime.meters import LinkMeter
from workbench.runtime.offset_group import OffsetGroup
from workbench.runtime.plan import Arrow, GroupPlan, ProducerPlan
from workbench.runtime.producer import Producer
from workbench.runtime.provisioning import Provisioning
from workbench.runtime.publisher import OnPublished, Publisher, RoutingKey, routing_key_of
from workbench.runtime.queue_group import QueueGroup
from workbench.runtime.routes import Routes
from workbench.runtime.send_journal import SendJournal
from workbench.runtime.sender import Sender, SendSettings
from workbench.runtime.sources import GeneratorSource, Source
from workbench.runtime.storing import StoreGates, StoreLookup, StoreWriter
from workbench.runtime.tempo import Tempo
from workbench.runtime.writing import Writing
from workbench.serde import GUESSING, Decoder, decoder_of


class Tally:
    def __init__(self) -> None:
        self.produced: dict[str, int] = {}
        self.meters: dict[str, LinkMeter] = {}
        self.routes = Routes({}, {})

    def meter(self, link_id: str) -> LinkMeter:
        return self.meters.setdefault(link_id, LinkMeter())

    def sent_along(self, arrow: Arrow) -> Callable[[Sequence[Record], Appended], None]:
        """What a sender calls after each acknowledged batch."""
        return lambda records, appended: self._moved(arrow, records)

    def published_along(self, arrow: Arrow) -> OnPublished:
        """What a publisher calls after each batch that its exchange took."""

        def published(records: Sequence[Record], answers: Sequence[Published]) -> None:
            self._moved(arrow, records)
            for link_id, taken in self.routes.links_taken(arrow.topic, records, answers).items():
                self.meter(link_id).add(taken)

        return published

    def _moved(self, arrow: Arrow, records: Sequence[Record]) -> None:
        self.meter(arrow.link_id).add(records)
        self.produced[arrow.topic] = self.produced.get(arrow.topic, 0) + len(records)


class Builder:
    """Makes parts, on the ground that was laid for them."""

    def __init__(self, engine: Engine, ground: Provisioning, backlog: Backlog, tempo: Tempo, tally: Tally,
                 journal: Journal, done: NoteDone, gates: StoreGates,
                 background: bool = True) -> None:
        self.seed = 0
        self._gates = gates
        self._background = background
        self._engine = engine
        self._ground = ground
        self._tempo = tempo
        self._tally = tally
        self._journal = journal
        self._around = Surroundings(engine, tempo, backlog, self._report_member, done, journal, self._decoder)

    def producer(self, plan: ProducerPlan) -> Producer:
        random = self._random(plan.node_id)
        settings, now_ms = plan.settings, self._tempo.clock.now_ms
        sender = self.sender(plan, random)
        source: Source
        if isinstance(settings, FileSettings):
            source = FileSource(settings, now_ms, ahead=self._background)
        else:
            source = GeneratorSource(settings, random, now_ms)

        def report(act: ProducerAct, reason: str) -> None:
            self._journal(ProducerEntry(self._tempo.clock.now_ms(), node=plan.node_id, name=plan.name, act=act,
                                        reason=reason))

        return Producer(plan.node_id, plan.name, source, sender, self._tempo, report)

    def sender(self, plan: ProducerPlan, random: Random | None = None) -> Sender:
        """What a producer sends by."""
        assert plan.to is not None, "a producer without a topic is broken and never built"
        set_to = plan.settings
        settings = SendSettings(set_to.batch_bytes, set_to.linger_ms, set_to.compression, set_to.idempotent)
        chooser = partitioner(set_to.partitioner, random or self._random(plan.node_id), set_to.partition)
        read = decoder_of({}, "", self._engine.serdes) if set_to.schema else GUESSING
        key_of = routing_key_of(set_to.routing_key, read)
        made = self._sender(plan.to, settings, chooser, key_of, self._told(plan.name), set_to.mandatory)
        raw = isinstance(set_to, FileSettings) and set_to.format == "protobuf"
        writing = Writing(plan.to.topic, self._decoder, self._engine.serdes, set_to.schema, raw)
        made.write_by(writing, self._misfits(set_to.misfits, plan.name))
        return made

    def _misfits(self, topic: str, name: str) -> Sender | None:
        """Where the events of a producer go that don't fit; ``NotFound`` for a topic that is not there."""
        if not topic:
            return None
        count, chooser = self._topic_partitions(topic), partitioner("murmur2", self._random(name))
        return Sender(self._engine, topic, count, chooser, SendSettings(), self._tempo.clock, lambda *_: None,
                      self._decoder, self._told(name))

    def group(self, plan: GroupPlan) -> GroupRun:
        random = self._random(plan.node_id)
        for arrow in plan.reads:
            self._topic_partitions(arrow.topic)
        wiring = Wiring({arrow.topic: self._tally.meter(arrow.link_id) for arrow in plan.reads})
        chooser = partitioner("murmur2", random)
        if plan.forward is not None:
            read = GUESSING if plan.settings.map.strip() or not plan.reads else self._decoder(plan.reads[0].topic)
            told = self._told(plan.name, plan.name)
            wiring.forward = self._sender(plan.forward, SendSettings(), chooser,
                                          routing_key_of(plan.settings.routing_key, read), told)
        if plan.dead is not None and not plan.by_leases:
            told = self._told("dead letters", plan.name)
            wiring.dead = self._sender(plan.dead, SendSettings(), chooser,
                                       routing_key_of(plan.settings.routing_key, GUESSING), told)
        if plan.store is not None and (gate := self._gates.named(plan.store.topic)) is not None:
            meter = self._tally.meter(plan.store.link_id)
            uses = self._engine, gate, meter, self._around.decoders
            if plan.settings.store_use == "look_up":
                wiring.lookup = StoreLookup(*uses)
            else:
                wiring.store = StoreWriter(*uses)
        return (QueueGroup if plan.by_leases else OffsetGroup)(plan, wiring, self._around, random)

    def _report_member(self, group: str, member: str, act: MemberAct, reason: str) -> None:
        self._journal(MemberEntry(self._tempo.clock.now_ms(), group=group, member=member, act=act, reason=reason))

    def _decoder(self, topic: str) -> Decoder:
        """That of a topic as it is set now."""
        return decoder_of(self._engine.topic_config(topic), topic, self._engine.serdes)

    def _told(self, member: str, group: str = "") -> SendJournal:
        return SendJournal(self._journal, self._tempo.clock, member, group)

    def _sender(self, arrow: Arrow, settings: SendSettings, chooser: Partitioner, key_of: RoutingKey,
                told: SendJournal, mandatory: bool = False) -> Sender:
        """``key_of`` and ``mandatory`` are for what is sent to an exchange."""
        if arrow.kind == "exchange":
            return Publisher(
                self._engine, arrow.topic, key_of, mandatory, settings, self._tempo.clock,
                self._tally.published_along(arrow), self._decoder, told,
            )
        count = self._topic_partitions(arrow.topic)
        on_sent = self._tally.sent_along(arrow)
        return Sender(self._engine, arrow.topic, count, chooser, settings, self._tempo.clock, on_sent, self._decoder,
                      told)

    def _topic_partitions(self, topic: str) -> int:
        if topic not in self._ground.partitions:
            raise NotFound("There is no topic «{topic}».", "Give it a name and settings that a topic can have.",
                           topic=topic)
        return self._ground.partitions[topic]

    def _random(self, node_id: str) -> Random:
        """Chance of one part: the same for the same seed, whatever the other parts do."""
        return Random(f"{self.seed}:{node_id}")
