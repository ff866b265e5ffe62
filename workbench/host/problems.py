"""The health of every part, held against flicker, and what of it needs a person.

Lag and slowness must hold for two seconds before they are told, and must have passed for as long before they are
taken back, so that a burst is not called a problem; facts (paused, killed, failed) are told at once. What is told is
what every region of the window shows, so nothing is held a second time there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from workbench.core.clock import Clock
from workbench.core.health import Health, Threshold, Verdict
from workbench.core.judgement import (
    Arriving,
    assess_group,
    assess_queue,
    health_of_connection,
    health_of_producer,
    is_fact,
    severity_of,
    standing_still,
    tell_group,
    tell_queue,
    told_of_queue,
)
from workbench.core.snapshot import (
    AttachedStat,
    ClientStat,
    ExchangeStat,
    GroupPartitionStat,
    GroupStat,
    HostStat,
    Problem,
    ProducerStat,
    QueueStat,
    RunState,
    TopicStat,
)
from workbench.host.findings import Finding
from workbench.host.queue_problems import Growing, of_exchange
from workbench.host.space import of_file

HOLD_MS = 2_000.0
_NEAR_RETENTION = 0.8


@dataclass(frozen=True, slots=True)
class Scene:
    """What is judged. ``thresholds`` are by group, of the drawn ones; ``queue_thresholds`` by queue that a drawn group
    reads. ``retention`` holds (retention.ms, retention.bytes) of the topics that remove anything."""

    topics: Sequence[TopicStat]
    groups: Sequence[GroupStat]
    producers: Sequence[ProducerStat]
    thresholds: Mapping[str, Threshold]
    retention: Mapping[str, tuple[int, int]]
    queues: Sequence[QueueStat] = ()
    exchanges: Sequence[ExchangeStat] = ()
    queue_thresholds: Mapping[str, Threshold] = field(default_factory=dict)
    run: RunState = RunState.RUNNING
    clients: Sequence[ClientStat] = ()
    host: HostStat = field(default_factory=HostStat)
    attached: Sequence[AttachedStat] = ()


class Steady:
    """Keeps verdicts from flickering: another one must hold for two seconds before it shows, a fact does at once."""

    def __init__(self) -> None:
        self._shown: dict[str, Verdict] = {}
        self._asked: dict[str, tuple[Verdict, float]] = {}

    def shown(self, subject: str, found: Verdict, now_ms: float) -> Verdict:
        """What to show of a subject that is found to be so now."""
        before = self._shown.get(subject, Verdict())
        if is_fact(before) and not is_fact(found):
            before = Verdict()  # a fact that is over is over
        if is_fact(found) or found == before:
            self._asked.pop(subject, None)
            before = found
        else:
            asked, since_ms = self._asked.get(subject, (None, now_ms))
            if asked is None or (asked.condition, asked.level) != (found.condition, found.level):
                self._asked[subject] = (found, now_ms)
            elif now_ms - since_ms >= HOLD_MS:
                self._asked.pop(subject)
                before = found
        self._shown[subject] = before
        return before

    def keep(self, subjects: set[str]) -> None:
        """Forget all others."""
        for known in (self._shown, self._asked):
            for subject in known.keys() - subjects:
                del known[subject]


class Problems:
    """Asked from one thread, some times a second."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._steady = Steady()
        self._since: dict[tuple[str, str], tuple[float, int]] = {}
        self._growing = Growing()
        self._attached: dict[str, tuple[AttachedStat, AttachedStat]] = {}  # as it came, and with its health

    def look(self, scene: Scene) -> Scene:
        """The same, with the health of every part."""
        now_ms = self._clock.monotonic_ms()
        arriving = {(topic.name, part.partition): part.rate_in
                    for topic in scene.topics if topic.rate_in for part in topic.partitions}
        groups = tuple(replace(group, health=self._of_group(scene, group, arriving, now_ms)) for group in scene.groups)
        queues = tuple(replace(queue, health=self._of_queue(scene, queue, groups, now_ms)) for queue in scene.queues)
        producers = tuple(replace(one, health=health_of_producer(one)) for one in scene.producers)
        self._steady.keep({*(f"group:{group.name}" for group in groups), *(f"queue:{queue.name}" for queue in queues)})
        return replace(scene, groups=groups, queues=queues, producers=producers,
                       attached=tuple(self._of_connections(scene.attached)))

    def _of_connections(self, attached: Sequence[AttachedStat]) -> Iterator[AttachedStat]:
        """The same objects while nobody looked at them again: they are large."""
        before, self._attached = self._attached, {}
        for system in attached:
            known = before.get(system.name)
            if known is None or known[0] is not system:
                known = system, replace(system, health=health_of_connection(system))
            self._attached[system.name] = known
            yield known[1]

    def _of_group(self, scene: Scene, group: GroupStat, arriving: Arriving, now_ms: float) -> Health:
        limit, drawn = scene.thresholds.get(group.name, Threshold()), group.name in scene.thresholds
        found = assess_group(group, limit, scene.run, drawn, arriving)
        return tell_group(self._steady.shown(f"group:{group.name}", found, now_ms), group, limit, drawn, arriving)

    def _of_queue(self, scene: Scene, queue: QueueStat, groups: tuple[GroupStat, ...], now_ms: float) -> Health:
        limit = scene.queue_thresholds.get(queue.name, Threshold())
        found = assess_queue(queue, limit, *standing_still(queue, groups))
        return tell_queue(self._steady.shown(f"queue:{queue.name}", found, now_ms), queue, limit)

    def judge(self, scene: Scene) -> tuple[Problem, ...]:
        """The problems there are now, the worst first."""
        return self.problems(self.look(scene))

    def problems(self, scene: Scene) -> tuple[Problem, ...]:
        """The problems of a scene that was looked at, the worst first."""
        now_ms = self._clock.monotonic_ms()
        found = {(finding.subject, finding.what): finding for finding in self._findings(scene, now_ms)}
        self._since = {key: self._since.get(key, (now_ms, self._clock.now_ms())) for key in found}
        told = [
            Problem(finding.subject, finding.severity, finding.text, finding.next_step, self._since[key][1])
            for key, finding in found.items()
            if finding.at_once or now_ms - self._since[key][0] >= HOLD_MS
        ]
        return tuple(sorted(told, key=lambda problem: problem.severity != "bad"))

    def _findings(self, scene: Scene, now_ms: float) -> Iterator[Finding]:
        if size := of_file(scene.host):
            yield size
        topics = {topic.name: topic for topic in scene.topics}
        for system in scene.attached:
            yield from finding_of(f"connection:{system.name}", system.health)
        for producer in scene.producers:
            yield from finding_of(f"producer:{producer.name}", producer.health)
        for group in scene.groups:
            subject = f"group:{group.name}"
            if not told_of_queue(group):
                yield from finding_of(subject, group.health)
            for stat in group.partitions if scene.retention else ():
                if stat.topic in scene.retention and stat.topic in topics:
                    yield from _of_retention(subject, group.name, stat, topics[stat.topic], scene.retention[stat.topic])
        for queue in scene.queues:
            yield from finding_of(f"queue:{queue.name}", queue.health)
        for exchange in scene.exchanges:
            if self._growing.lately(exchange.name, exchange.unroutable, now_ms):
                yield of_exchange(exchange)
        for client in scene.clients:
            yield from _of_client(client)


def _of_client(client: ClientStat) -> Iterator[Finding]:
    name = client.client_id or client.software or client.address
    for one in client.unserved:
        yield Finding(f"client:{name}", one.what, "warn", f"{name} asks for {one.what}, which is not served.",
                      one.instead, at_once=True)


def finding_of(subject: str, health: Health | None) -> Iterator[Finding]:
    """What a health says that needs a person: its verdict was held already, so it is told at once."""
    if health is not None and health.is_problem:
        yield Finding(subject, health.condition, severity_of(health), health.text, health.next_step, at_once=True)


def _of_retention(
    subject: str, group: str, stat: GroupPartitionStat, topic: TopicStat, limits: tuple[int, int]
) -> Iterator[Finding]:
    place = f"{stat.topic}/{stat.partition}"
    if stat.committed is not None and stat.committed < stat.log_start:
        lost = stat.log_start - stat.committed
        yield Finding(subject, f"removed {place}", "bad",
                       f"{lost:,} events of {place} were removed before {group} read them.",
                       "Keep the topic longer.", at_once=True)
        return
    max_ms, max_bytes = limits
    size = next((p.size_bytes for p in topic.partitions if p.partition == stat.partition), 0)
    kept = stat.end - stat.log_start
    near_age = max_ms > 0 and (stat.lag_ms or 0) >= _NEAR_RETENTION * max_ms
    near_size = 0 < max_bytes * _NEAR_RETENTION <= size and stat.lag_records >= _NEAR_RETENTION * kept > 0
    if stat.lag_records and (near_age or near_size):
        yield Finding(subject, f"near {place}", "warn",
                       f"{stat.topic} will soon remove events that {group} has not read.",
                       "Let the group catch up, or keep the topic longer.")
