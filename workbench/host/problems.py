"""What needs a person, as sentences: judged from a snapshot's parts, without memory but for since when.

Lag and slowness must hold for two seconds before they are told, so that a burst is not called a problem; a part
that failed is told at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from workbench.core.clock import Clock
from workbench.core.snapshot import (
    ClientStat,
    ExchangeStat,
    GroupPartitionStat,
    GroupStat,
    HostStat,
    MemberStat,
    PartState,
    Problem,
    ProducerStat,
    QueueStat,
    TopicStat,
)
from workbench.core.times import duration_words
from workbench.host.findings import Finding, Threshold
from workbench.host.queue_problems import Growing, of_exchange, of_queue
from workbench.host.space import of_file

HOLD_MS = 2_000.0
_NEAR_RETENTION = 0.8


@dataclass(frozen=True, slots=True)
class Scene:
    """What is judged. ``thresholds`` are by group, ``queue_thresholds`` by queue that a drawn group reads.
    ``retention`` holds (retention.ms, retention.bytes) of the topics that remove anything."""

    topics: Sequence[TopicStat]
    groups: Sequence[GroupStat]
    producers: Sequence[ProducerStat]
    thresholds: Mapping[str, Threshold]
    retention: Mapping[str, tuple[int, int]]
    queues: Sequence[QueueStat] = ()
    exchanges: Sequence[ExchangeStat] = ()
    queue_thresholds: Mapping[str, Threshold] = field(default_factory=dict)
    clients: Sequence[ClientStat] = ()
    host: HostStat = field(default_factory=HostStat)


class Problems:
    """Asked from one thread, some times a second."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since: dict[tuple[str, str], tuple[float, int]] = {}
        self._growing = Growing()

    def judge(self, scene: Scene) -> tuple[Problem, ...]:
        """The problems there are now, the worst first."""
        now = self._clock.monotonic_ms()
        found = {(finding.subject, finding.what): finding for finding in self._findings(scene, now)}
        self._since = {key: self._since.get(key, (now, self._clock.now_ms())) for key in found}
        told = [
            Problem(finding.subject, finding.severity, finding.text, finding.next_step, self._since[key][1])
            for key, finding in found.items()
            if finding.at_once or now - self._since[key][0] >= HOLD_MS
        ]
        return tuple(sorted(told, key=lambda problem: problem.severity != "bad"))

    def _findings(self, scene: Scene, now_ms: float) -> Iterator[Finding]:
        yield from _findings(scene)
        if size := of_file(scene.host):
            yield size
        for queue in scene.queues:
            limit = scene.queue_thresholds.get(queue.name, Threshold())
            yield from of_queue(queue, limit)
        for exchange in scene.exchanges:
            if self._growing.lately(exchange.name, exchange.unroutable, now_ms):
                yield of_exchange(exchange)
        for client in scene.clients:
            yield from _of_client(client)


def _of_client(client: ClientStat) -> Iterator[Finding]:
    name = client.client_id or client.software or client.address
    for one in client.unserved:
        yield Finding(f"client:{name}", one.what, "warn", f"{name} asks for {one.what}, which is not served.",
                      one.instead, at_once=True)  # fmt: skip


def _findings(scene: Scene) -> Iterator[Finding]:
    arriving = {(t.name, p.partition): p.rate_in for t in scene.topics for p in t.partitions}
    topics = {topic.name: topic for topic in scene.topics}
    for producer in scene.producers:
        if producer.state is PartState.FAILED:
            reason = producer.reason or "It gave no reason."
            yield Finding(f"producer:{producer.name}", "failed", "bad", f"{producer.name} failed. {reason}",
                           "Change its settings, or restart it.", at_once=True)  # fmt: skip
    for group in scene.groups:
        subject = f"group:{group.name}"
        over = _over(group, scene.thresholds.get(group.name, Threshold()))
        for member in group.members:
            yield from _of_member(subject, member, arriving, over)
        if over and not group.waiting:  # what waits in a queue is said of the queue
            yield _of_lag(subject, group)
        for stat in group.partitions:
            if stat.topic in scene.retention and stat.topic in topics:
                yield from _of_retention(subject, group.name, stat, topics[stat.topic], scene.retention[stat.topic])


def _of_member(
    subject: str, member: MemberStat, arriving: Mapping[tuple[str, int], float], over: bool
) -> Iterator[Finding]:
    """A slow member is slipping; it has failed its group once that is over its threshold."""
    if member.state is PartState.FAILED:
        yield Finding(subject, f"failed {member.name}", "bad", f"{member.name} failed. {member.reason}".strip(),
                       "Restart it.", at_once=True)  # fmt: skip
    elif member.slow:
        arrive = sum(arriving.get(place, 0.0) for place in member.partitions)
        yield Finding(subject, f"slow {member.name}", "bad" if over else "warn",
                       f"{member.name} cannot keep up. It handles {member.rate:,.0f}/s, {arrive:,.0f}/s arrive.",
                       "Make it faster, or add a member.")  # fmt: skip


def _over(group: GroupStat, threshold: Threshold) -> bool:
    behind_s = (group.lag_ms or 0) / 1000.0
    return group.lag_records >= threshold.records or (group.lag_records > 0 and behind_s >= threshold.seconds)


def _of_lag(subject: str, group: GroupStat) -> Finding:
    behind_s = round((group.lag_ms or 0) / 1000)
    return Finding(subject, "lag", "bad",
                    f"{group.name} is {group.lag_records:,} events and {duration_words(behind_s * 1000)} behind.",
                    "Add members, or make them faster.")  # fmt: skip


def _of_retention(
    subject: str, group: str, stat: GroupPartitionStat, topic: TopicStat, limits: tuple[int, int]
) -> Iterator[Finding]:
    place = f"{stat.topic}/{stat.partition}"
    if stat.committed is not None and stat.committed < stat.log_start:
        lost = stat.log_start - stat.committed
        yield Finding(subject, f"removed {place}", "bad",
                       f"{lost:,} events of {place} were removed before {group} read them.",
                       "Keep the topic longer.", at_once=True)  # fmt: skip
        return
    max_ms, max_bytes = limits
    size = next((p.size_bytes for p in topic.partitions if p.partition == stat.partition), 0)
    kept = stat.end - stat.log_start
    near_age = max_ms > 0 and (stat.lag_ms or 0) >= _NEAR_RETENTION * max_ms
    near_size = 0 < max_bytes * _NEAR_RETENTION <= size and stat.lag_records >= _NEAR_RETENTION * kept > 0
    if stat.lag_records and (near_age or near_size):
        yield Finding(subject, f"near {place}", "warn",
                       f"{stat.topic} will soon remove events that {group} has not read.",
                       "Let the group catch up, or keep the topic longer.")  # fmt: skip
