"""The live state: builds ``Snapshot`` values while somebody is subscribed, and answers questions about it.

One is built for all who are due (some 30 ms of a present core at 200 nodes, 1,200 partitions and 80 groups),
and never so often that building takes more than ``MAX_SHARE`` of the loop's time. A client that does not read gets no
more until it does; the latest state is the only one that matters. Lives on the host's loop.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from workbench.broker import Broker, BrokerStats, topic_defaults
from workbench.control.messages import Push
from workbench.core.snapshot import AttachedStat, GroupStat, HostStat, ProducerStat, RunState, Snapshot, TopicStat
from workbench.core.wanted import Narrowing, Wanted
from workbench.flow.document import FlowDocument
from workbench.flow.kinds import GROUPS, kind_of
from workbench.host.findings import Threshold
from workbench.host.group_view import GroupView
from workbench.host.listeners import ListenerCommands
from workbench.host.problems import Problems, Scene
from workbench.host.queue_view import seen_queues
from workbench.host.session import ClientSession
from workbench.host.stores import seen_stores
from workbench.runtime import FlowRunner, plan_of

MAX_HZ = 20.0
MAX_SHARE = 0.2
_SHORTEST_MS = 10.0


class Telemetry:
    """See the module."""

    def __init__(self, broker: Broker, runner: FlowRunner, host: HostStat, listeners: ListenerCommands,
                 attached: Callable[[], tuple[AttachedStat, ...]] = tuple) -> None:
        self._broker = broker
        self._runner = runner
        self._clock = broker.clock
        self._host = host
        self._listeners = listeners
        self._attached = attached
        self._groups = GroupView(broker, broker.clock)
        self._problems = Problems(broker.clock)
        self._thresholds: dict[str, Threshold] = {}
        self._queue_thresholds: dict[str, Threshold] = {}
        self._limits: dict[str, tuple[dict[str, str], tuple[int, int]]] = {}  # of each topic, by the settings it has
        self._seq = 0
        self._somebody = asyncio.Event()

    def take_drawing(self, document: FlowDocument) -> None:
        """Know from where on each drawn group, and each queue that one reads, counts as behind."""
        self._thresholds = {}
        for node in document.of_kind(*GROUPS):
            kind = kind_of(node.kind)
            records, seconds = (kind.value(node.params, f"lag_threshold_{unit}") for unit in ("records", "s"))
            self._thresholds[node.name] = Threshold(records, seconds)
        self._queue_thresholds = {queue: self._thresholds[plan.name]
                                  for plan in plan_of(document).groups.values() for queue in plan.queues}

    # -- questions -----------------------------------------------------------------------------------------
    def topic_stats(self) -> dict[str, TopicStat]:
        return {topic.name: topic for topic in self._broker.stats().topics}

    def group_stats(self) -> tuple[GroupStat, ...]:
        """All groups now."""
        return self._groups.groups(self._runner.stats().groups, self._broker.queues.stats())

    def run_state(self) -> RunState:
        return self._runner.state

    def snapshot(self) -> Snapshot:
        """The state now."""
        runner, stats = self._runner.stats(), self._broker.stats()
        queues = seen_queues(self._broker.queues.stats(), runner.groups, stats.topics)
        groups = self._groups.groups(runner.groups, queues, runner.run, self._thresholds.keys())
        clients = self._listeners.clients()
        self._seq += 1
        host = self._host_stat(stats, groups)
        scene = self._problems.look(Scene(
            stats.topics, groups, runner.producers, self._thresholds, self._retention(), queues,
            tuple(self._broker.exchanges.stats()), self._queue_thresholds, runner.run, clients, host,
            self._attached(),
        ))
        return Snapshot(
            self._seq, self._clock.now_ms(), True, runner.run, runner.speed, stats.topics, tuple(scene.groups),
            self._stored(tuple(scene.producers)), runner.links, clients, self._problems.problems(scene),
            host, tuple(scene.queues), tuple(scene.exchanges),
            tuple(scene.attached), seen_stores(self._broker, self._runner),
        )

    def _retention(self) -> dict[str, tuple[int, int]]:
        metas = {meta.name: meta for meta in self._broker.topics()}
        self._limits = {name: known if (known := self._limits.get(name)) is not None and known[0] is meta.config
                        else (meta.config, _retention_of(meta.config)) for name, meta in metas.items()}
        return {name: limits for name, (_, limits) in self._limits.items() if max(limits) >= 0}

    def _host_stat(self, stats: BrokerStats, groups: Iterable[GroupStat]) -> HostStat:
        return replace(
            self._host,
            listeners=self._listeners.addresses,
            rss_bytes=_rss_bytes(),
            file_bytes=stats.file_bytes,
            budget_bytes=self._broker.space.budget_bytes,
            disk_free_bytes=self._broker.space.disk_free_bytes(),
            rate_in=stats.rate_in,
            rate_out=sum(group.rate for group in groups),
            journal_to_ms=self._clock.now_ms(),
            trouble=self._trouble(),
        )

    def _stored(self, producers: tuple[ProducerStat, ...]) -> tuple[ProducerStat, ...]:
        """A rate is of what was stored: while nothing can be, it is none, and the reason says why."""
        trouble = self._trouble()
        return tuple(replace(stat, rate=0.0, reason=trouble) for stat in producers) if trouble else producers

    def _trouble(self) -> str:
        error = self._broker.trouble
        return "" if error is None else f"{error.sentence()} Until then nothing new is stored."

    # -- pushing -------------------------------------------------------------------------------------------
    def subscribe(self, session: ClientSession, hz: float) -> None:
        """Push snapshots to the session, ``hz`` times a second (1 to 20), the first at once."""
        session.hz = min(max(hz, 1.0), MAX_HZ)
        session.due_ms = 0.0
        self._somebody.set()

    def want(self, session: ClientSession, wanted: Wanted) -> None:
        """Tell the session details of these, and totals of the rest."""
        if session.narrowing is None:
            session.narrowing = Narrowing(wanted)
        session.narrowing.wanted = wanted

    async def push(self, sessions: Iterable[ClientSession]) -> None:
        """Push for as long as the host runs; sleeps while nobody is subscribed."""
        while True:
            subscribed = [session for session in sessions if session.hz]
            if not subscribed:
                self._somebody.clear()
                await self._somebody.wait()
                continue
            began_ms = self._clock.monotonic_ms()
            due = [session for session in subscribed if session.due_ms <= began_ms and not session.busy()]
            if due:
                state = self.snapshot()
                for session in due:
                    session.push(Push(state if session.narrowing is None else session.narrowing.of(state)))
                    session.due_ms = began_ms + 1000.0 / session.hz
            now_ms = self._clock.monotonic_ms()
            rest_ms = (now_ms - began_ms) * (1.0 / MAX_SHARE - 1.0)
            next_ms = min(session.due_ms for session in subscribed) - now_ms
            await asyncio.sleep(max(rest_ms, next_ms, _SHORTEST_MS) / 1000.0)


def _retention_of(config: dict[str, str]) -> tuple[int, int]:
    settings = topic_defaults(config) | config
    return int(settings["retention.ms"]), int(settings["retention.bytes"])


def _rss_bytes() -> int:
    """Resident memory of this process; 0 where the system does not tell."""
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    except OSError:
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
