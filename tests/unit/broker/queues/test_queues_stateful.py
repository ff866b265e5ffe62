"""Whatever the interleaving of sends, receives, acks, returns, deaths, time, crashes and restarts: what was acked never
comes back, what was not is never lost, counts add up, and order holds, also where a receive takes several of a group.
Against a model that is simple and slow."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from workbench.broker import Broker
from workbench.core.clock import ManualClock
from workbench.core.errors import Refused, Unsupported
from workbench.core.queues import DELAY_MS, PRIORITY, TTL_MS, MessageState, Receipt
from workbench.core.records import Record

CONSUMERS = ("ann", "bob", "cid")
VISIBILITY = 1_000
PLANS = (
    {},
    {"queue.max.deliveries": "2"},
    {"queue.max.priority": "3", "queue.max.deliveries": "3"},
    {"queue.ordered.groups": "true"},
    {"queue.ordered.groups": "true", "queue.max.deliveries": "2", "queue.ttl.ms": "5000"},
    {"queue.ordered.groups": "true", "queue.profile": "sqs"},
    {"queue.type": "key_shared"},
    {"queue.ttl.ms": "3000", "queue.delay.ms": "400"},
    {"queue.max.length": "6", "queue.overflow": "drop_head"},
    {"queue.prefetch": "2", "queue.retry.delay.ms": "300"},
)


@dataclass
class Told:
    """What the model knows of one message."""

    offset: int
    group: str
    priority: int
    state: str = "ready"
    attempts: int = 0
    until: int = 0
    expires: int = 1 << 60
    consumer: str = ""


class QueueMachine(RuleBasedStateMachine):
    @initialize(plan=st.sampled_from(PLANS))
    def begin(self, plan: dict[str, str]):
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "work.flow"
        self.clock = ManualClock()
        self.plan = plan
        self.broker = Broker.create(self.path, clock=self.clock, background=False)
        self.broker.create_topic("q", 1, "queue", {"queue.visibility.ms": str(VISIBILITY), **plan})
        self.told: list[Told] = []

    def teardown(self):
        if hasattr(self, "broker"):
            self.broker.close()
            self.folder.cleanup()

    def number(self, key: str, default: int = 0) -> int:
        return int(self.plan.get(f"queue.{key}", str(default)))

    # -- what the model thinks -------------------------------------------------------------------------------
    def settle_time(self):
        now = self.clock.now_ms()
        for told in self.told:
            if told.state == "in_flight" and told.until <= now:
                self.back(told, 0)
            if told.state == "delayed" and told.until <= now:
                told.state = "ready"
            if told.state in ("ready", "delayed") and told.expires <= now:
                told.state = "dead"

    def back(self, told: Told, delay: int):
        now, limit = self.clock.now_ms(), self.number("max.deliveries")
        if (limit and told.attempts >= limit) or told.expires <= now:
            told.state = "dead"
        else:
            told.state, told.until = ("delayed", now + delay) if delay else ("ready", 0)

    @property
    def in_batches(self) -> bool:
        return "queue.profile" in self.plan

    def in_order(self, taken: list[Told]) -> list[Told]:
        """What a receive that has taken these may still have, where it may take several of a group: nothing that stands
        behind one that waits for its time, or that another receive has."""
        found, closed = [], set[str]()
        for told in self.told:
            if told.state == "ready" and told.group not in closed:
                found.append(told)
            elif told.group and told.state in ("delayed", "in_flight") and told not in taken:
                closed.add(told.group)
        return found

    def candidates(self, consumer: str, taken: list[Told] = []) -> list[Told]:  # noqa: B006  (never changed)
        ready = [told for told in self.told if told.state == "ready"]
        if self.in_batches:
            heads = {told.group or told.offset: told for told in reversed(self.in_order(taken))}
            here = [heads[taken[-1].group]] if taken and taken[-1].group in heads else []
            return here or list(heads.values())
        if "queue.ordered.groups" in self.plan:
            heads: dict[str, Told] = {}
            for told in self.told:
                if told.state in ("ready", "delayed", "in_flight") and told.group:
                    heads.setdefault(told.group, told)
            taken = {told.group for told in self.told if told.state == "in_flight"}
            ready = [t for t in ready if not t.group or (heads[t.group] is t and t.group not in taken)]
        return sorted(ready, key=lambda t: (-min(t.priority, self.number("max.priority")), t.offset))

    def of(self, state: str) -> list[Told]:
        return [told for told in self.told if told.state == state]

    # -- what happens ----------------------------------------------------------------------------------------
    @rule(count=st.integers(1, 4), key=st.sampled_from([None, b"a", b"b"]), priority=st.integers(0, 5),
          delay=st.sampled_from([None, 0, 700]), ttl=st.sampled_from([None, 600, 2_000]))
    def send(self, count: int, key: bytes | None, priority: int, delay: int | None, ttl: int | None):
        self.settle_time()
        asked = {PRIORITY: priority or None, DELAY_MS: delay, TTL_MS: ttl}
        headers = tuple((name, str(value).encode()) for name, value in asked.items() if value is not None)
        asks_in_vain = key is None or headers  # a FIFO queue of SQS wants a group, and takes nothing else
        try:
            done = self.broker.append("q", 0, [Record(key, b"x", headers)] * count).result()
        except Unsupported:
            assert self.in_batches and asks_in_vain
            return
        now, ttl_queue = self.clock.now_ms(), self.number("ttl.ms", -1)
        lives = [life for life in (ttl, ttl_queue if ttl_queue > 0 else None) if life is not None]
        wait = self.number("delay.ms") if delay is None else delay
        for offset in range(done.base_offset, done.base_offset + count):
            told = Told(offset, (key or b"").decode(), priority, expires=now + min(lives) if lives else 1 << 60)
            if wait:
                told.state, told.until = "delayed", now + wait
            self.told.append(told)
        self.keep_length()

    def keep_length(self):
        """Messages came; only then may anything be dropped."""
        self.broker.queues.counts("q")  # taken in now
        over = len(self.of("ready")) - self.number("max.length", 1 << 60)
        for told in self.of("ready")[: max(0, over)]:
            told.state = "done"

    @rule(consumer=st.sampled_from(CONSUMERS), most=st.integers(1, 5))
    def receive(self, consumer: str, most: int):
        self.settle_time()
        prefetch = self.number("prefetch")
        if prefetch:
            most = min(most, prefetch - len([t for t in self.of("in_flight") if t.consumer == consumer]))
        got = self.broker.queues.receive("q", consumer, most) if most > 0 else []
        if not prefetch and "queue.type" not in self.plan:
            expected = self.candidates(consumer)
            assert len(got) >= min(most, 1 if expected else 0)
        if self.in_batches:
            assert len(got) == min(most, len(self.in_order([]))), "as much of each group as can be had"
        taken: list[Told] = []
        for delivery in got:
            told = self.told[delivery.receipt.offset]
            candidates = self.candidates(consumer, taken)
            taken.append(told)
            assert told in candidates, "neither acked, dead, delayed nor with another"
            if "queue.ordered.groups" not in self.plan and "queue.type" not in self.plan:
                assert told is candidates[0], "in order, and what came back at its place"
            if "queue.type" in self.plan and told.group:
                same = [t for t in self.told if t.group == told.group]
                assert all(t.consumer == consumer for t in same if t.state == "in_flight")
                assert all(t.offset > told.offset for t in same if t.state == "ready" and t is not told)
            told.state, told.consumer, told.until = "in_flight", consumer, self.clock.now_ms() + VISIBILITY
            told.attempts += 1
            assert delivery.attempt == told.attempts
            assert delivery.redelivered == (told.attempts > 1)

    def receipt(self, told: Told) -> Receipt:
        return Receipt(0, told.offset, told.attempts)

    def pick(self, data: st.DataObject) -> Told | None:
        self.settle_time()
        held = self.of("in_flight")
        return data.draw(st.sampled_from(held)) if held else None

    @rule(data=st.data())
    def ack(self, data: st.DataObject):
        if (told := self.pick(data)) is not None:
            self.broker.queues.tick()
            self.broker.queues.ack("q", [self.receipt(told)]).result()
            told.state = "done"
            with pytest.raises(Refused):
                self.broker.queues.ack("q", [self.receipt(told)]).result()

    @rule(data=st.data(), delay=st.sampled_from([None, 0, 500]))
    def nack(self, data: st.DataObject, delay: int | None):
        if (told := self.pick(data)) is not None:
            self.broker.queues.tick()
            self.broker.queues.nack("q", [self.receipt(told)], delay_ms=delay, reason="not now")
            self.back(told, self.number("retry.delay.ms") if delay is None else delay)

    @precondition(lambda self: not self.in_batches)  # SQS has no reject
    @rule(data=st.data())
    def reject(self, data: st.DataObject):
        if (told := self.pick(data)) is not None:
            self.broker.queues.tick()
            self.broker.queues.reject("q", [self.receipt(told)], "bad")
            told.state = "dead"

    @rule(data=st.data())
    def extend(self, data: st.DataObject):
        if (told := self.pick(data)) is not None:
            self.broker.queues.tick()
            self.broker.queues.extend("q", [self.receipt(told)], 3 * VISIBILITY)
            told.until = self.clock.now_ms() + 3 * VISIBILITY

    @rule(consumer=st.sampled_from(CONSUMERS))
    def leave(self, consumer: str):
        self.settle_time()
        self.broker.queues.tick()
        self.broker.queues.detach("q", consumer)
        for told in self.of("in_flight"):
            if told.consumer == consumer:
                self.back(told, 0)

    @rule(ms=st.sampled_from([100, 450, 1_100, 2_500]))
    def wait(self, ms: int):
        self.clock.advance(ms)

    @rule(in_order=st.booleans())
    def restart(self, in_order: bool):
        """The host stops, or is killed: what was in flight comes back, its attempt counted."""
        self.settle_time()
        self.broker.queues.tick()
        if in_order:
            self.broker.close()
        else:
            self.broker.log.close()
            self.broker.store.close()
        self.broker = Broker.open(self.path, clock=self.clock, background=False)
        for told in self.of("in_flight"):
            self.back(told, 0)

    @precondition(lambda self: any(told.state == "dead" for told in self.told))
    @rule()
    def redrive(self):
        self.settle_time()
        dead = self.of("dead")
        moved = self.broker.queues.redrive("q", limit=2).moved.get("q", 0)
        assert moved == min(2, len(dead))
        end = self.broker.bounds("q")[0].end
        now, ttl, wait = self.clock.now_ms(), self.number("ttl.ms", -1), self.number("delay.ms")
        for at, old in enumerate(dead[:moved]):
            old.state = "done"
            new = Told(end - moved + at, old.group, old.priority, expires=now + ttl if ttl > 0 else 1 << 60)
            if wait:
                new.state, new.until = "delayed", now + wait
            self.told.append(new)
        self.keep_length()

    # -- what holds ------------------------------------------------------------------------------------------
    @invariant()
    def it_is_as_told(self):
        if not hasattr(self, "broker"):
            return
        self.settle_time()
        counts = self.broker.queues.counts("q")
        assert (counts.ready, counts.delayed, counts.in_flight, counts.dead) == tuple(
            len(self.of(state)) for state in ("ready", "delayed", "in_flight", "dead")
        )
        assert counts.messages + len(self.of("done")) == self.broker.bounds("q")[0].end
        shown = {message.id.offset: message for message in self.broker.queues.peek("q", limit=1_000)}
        for told in self.told:
            if told.state == "done":
                assert told.offset not in shown
            else:
                assert shown[told.offset].state == MessageState(told.state)
                assert shown[told.offset].attempts == told.attempts



TestQueues = QueueMachine.TestCase
TestQueues.settings = settings(max_examples=40, stateful_step_count=30, deadline=None,
                               suppress_health_check=[HealthCheck.too_slow])
