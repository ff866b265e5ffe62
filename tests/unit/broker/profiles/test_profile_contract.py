"""What the table of profiles claims, proved against the broker: each «modelled» by a behaviour, each lack by a refusal.

``BEHAVIOURS`` has one proof a feature, run for every profile that models it; ``REFUSALS`` one a feature that a system
lacks. A claim without a proof fails here.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.broker.profiles.seen import PROVED
from workbench.broker import Broker, decode_batch, topics
from workbench.broker.profiles.naming import DeliveryTags, place_name
from workbench.broker.profiles.page import rule_key
from workbench.broker.profiles.table import PROFILE, Act, Level, Rule, profile, profiles
from workbench.broker.queues.settings import _TABLE
from workbench.core.clock import ManualClock
from workbench.core.errors import Invalid, Refused, Unsupported
from workbench.core.queues import (
    DELAY_MS,
    MESSAGE_GROUP,
    PRIORITY,
    TTL_MS,
    DeadLetterReason,
    Delivery,
    MessageId,
    MessageState,
)
from workbench.core.records import Record, TopicPartition
from workbench.core.routing import Binding, Exchange, ExchangeType

QUEUE = "work"
ROOT = Path(__file__).parents[4]
Proved = Callable[[str, str], None]


class Bench:
    """A broker with queues of one profile."""

    def __init__(self, broker: Broker, clock: ManualClock, name: str) -> None:
        self.broker = broker
        self.clock = clock
        self.profile = name
        self.queues = broker.queues

    def queue(self, name: str = QUEUE, **config: str) -> str:
        """A queue; keywords are settings without ``queue.``, _ for a dot."""
        settings = {"queue." + key.replace("_", "."): value for key, value in config.items()}
        self.broker.create_topic(name, kind="queue", config={PROFILE: self.profile, **settings})
        return name

    def shared(self, **config: str) -> str:
        return self.queue(type="shared", **config)

    def send(self, *values: bytes, group: bytes | None = None, name: str = QUEUE) -> None:
        headers = ((MESSAGE_GROUP, group),) if group else ()
        self.broker.append(name, 0, [Record(None, value, headers) for value in values]).result()

    def take(self, consumer: str = "one", count: int = 1, name: str = QUEUE) -> list[Delivery]:
        return self.queues.receive(name, consumer, count)

    def values(self, consumer: str = "one", count: int = 1, name: str = QUEUE) -> list[bytes | None]:
        return [delivery.record.value for delivery in self.take(consumer, count, name)]

    def fail(self, delivery: Delivery) -> None:
        """The consumer gives the message back, and time goes on until it can come again."""
        self.queues.nack(QUEUE, [delivery.receipt])
        self.wait(int(profile(self.profile).defaults.get("queue.retry.delay.ms", "0")))

    def wait(self, ms: int) -> None:
        self.clock.advance(ms)
        self.queues.tick()

    def ack(self, *deliveries: Delivery, **how: object) -> None:
        self.queues.ack(QUEUE, [delivery.receipt for delivery in deliveries], **how).result()


def refused(act: Callable[[], object], *errors: type[Exception]) -> str:
    with pytest.raises(errors or (Invalid, Unsupported)) as found:
        act()
    assert found.value.message.endswith(".") and found.value.next_step.endswith(".")
    return found.value.message


# -- one proof a feature -------------------------------------------------------------------------------------
def competing(bench: Bench) -> None:
    bench.shared()
    bench.send(b"a", b"b")
    assert bench.values("one") + bench.values("two") == [b"a", b"b"]
    assert bench.values("three") == []


def exclusive(bench: Bench) -> None:
    bench.queue(type="exclusive")
    bench.queues.attach(QUEUE, "one")
    refused(lambda: bench.queues.attach(QUEUE, "two"), Refused)


def failover(bench: Bench) -> None:
    bench.queue(type="failover")
    bench.queues.attach(QUEUE, "one")
    bench.queues.attach(QUEUE, "two")
    bench.send(b"a", b"b")
    assert (bench.values("two"), bench.values("one")) == ([], [b"a"])
    bench.queues.detach(QUEUE, "one")
    assert bench.values("two", 2) == [b"a", b"b"]


def ordered_groups(bench: Bench) -> None:
    bench.queue(ordered_groups="true", dedup_ms="0")
    bench.send(*(b"a%d" % n for n in range(12)), group=b"a")
    bench.send(b"b1", group=b"b")
    held = bench.take(count=10)
    assert [delivery.record.value for delivery in held] == [b"a%d" % n for n in range(10)]
    assert bench.values("two", 10) == [b"b1"], "a is locked while any of it is in flight"
    bench.ack(*held[1:])
    bench.queues.nack(QUEUE, [held[0].receipt])
    assert bench.values("two", 10) == [b"a0", b"a10", b"a11"], "what came back comes before the rest"


def lease_timeout(bench: Bench) -> None:
    bench.shared()
    bench.send(b"a")
    bench.take()
    visible_ms = int(profile(bench.profile).defaults["queue.visibility.ms"])
    bench.wait(visible_ms - 1)
    assert bench.take("two") == []
    bench.wait(1)
    (again,) = bench.take("two")
    assert again.redelivered


def lease_extend(bench: Bench) -> None:
    bench.shared()
    bench.send(b"a")
    (delivery,) = bench.take()
    bench.wait(20_000)
    bench.queues.extend(QUEUE, [delivery.receipt], 30_000)
    bench.wait(29_999)
    assert bench.take("two") == []
    bench.wait(1)
    assert len(bench.take("two")) == 1


def ack_one(bench: Bench) -> None:
    bench.shared()
    bench.send(b"a", b"b", b"c")
    _, second, _ = bench.take(count=3)
    bench.ack(second)
    bench.queues.detach(QUEUE, "one")
    bench.wait(0)
    assert bench.values("two", 3) == [b"a", b"c"], "the one in the middle is done, the others are not"
    refused(lambda: bench.ack(second), Refused)


def ack_multiple(bench: Bench) -> None:
    bench.queue()
    bench.send(b"a", b"b", b"c", b"d")
    deliveries = bench.take(count=4)
    bench.ack(deliveries[2], multiple=True)
    assert bench.queues.counts(QUEUE).acked == 3
    bench.queues.detach(QUEUE, "one")
    bench.wait(0)
    assert bench.values("two", 4) == [b"d"]


def nack(bench: Bench) -> None:
    bench.shared()
    bench.send(b"a", b"b")
    (delivery,) = bench.take()
    bench.fail(delivery)
    (again,) = bench.take("two")
    assert (again.record.value, again.attempt) == (b"a", 2)


def retry_delay(bench: Bench) -> None:
    bench.shared()
    bench.send(b"a")
    (delivery,) = bench.take()
    own = int(profile(bench.profile).defaults.get("queue.retry.delay.ms", "0"))
    bench.queues.nack(QUEUE, [delivery.receipt], delay_ms=None if own else 5_000)
    bench.wait((own or 5_000) - 1)
    assert bench.take() == []
    bench.wait(1)
    assert len(bench.take()) == 1


def reject(bench: Bench) -> None:
    bench.queue("dead")
    bench.shared(dead_letter="dead")
    bench.send(b"a")
    (delivery,) = bench.take()
    bench.queues.reject(QUEUE, [delivery.receipt], "broken")
    bench.wait(0)
    (dead,) = bench.queues.peek("dead")
    assert (dead.record.value, dead.deaths[0].reason, dead.deaths[0].queue) == (b"a", DeadLetterReason.REJECTED, QUEUE)


def redelivered(bench: Bench) -> None:
    bench.shared()
    bench.send(b"a")
    for attempt in (1, 2, 3):
        (delivery,) = bench.take()
        assert (delivery.attempt, delivery.redelivered) == (attempt, attempt > 1)
        bench.fail(delivery)


def delivery_limit(bench: Bench) -> None:
    bench.queue("dead")
    limit = int(profile(bench.profile).defaults["queue.max.deliveries"]) or 3
    bench.shared(dead_letter="dead", max_deliveries=str(limit))
    bench.send(b"a")
    for _ in range(limit):
        (delivery,) = bench.take()
        bench.fail(delivery)
    assert bench.take() == []
    bench.wait(0)
    (dead,) = bench.queues.peek("dead")
    assert dead.deaths[0].reason is DeadLetterReason.LIMIT


def dead_letter_exchange(bench: Bench) -> None:
    for name in ("eu", "all", "later"):
        bench.queue(name)
    exchanges = bench.broker.exchanges
    exchanges.declare(Exchange("dead", ExchangeType.TOPIC))
    for name, key in (("eu", "order.eu"), ("all", "#")):
        exchanges.bind(Binding("dead", name, key))
    bench.shared(dead_letter_exchange="dead")
    exchanges.publish("", QUEUE, [Record(None, b"a", ((TTL_MS, b"100000"),))]).result()
    exchanges.declare(Exchange("in"))
    exchanges.bind(Binding("in", QUEUE, "order.eu"))
    exchanges.publish("in", "order.eu", [Record(None, b"b", ((TTL_MS, b"100000"),))]).result()
    bench.queues.reject(QUEUE, [delivery.receipt for delivery in bench.take(count=2)])
    bench.wait(0)
    assert [letter.record.value for letter in bench.queues.peek("eu")] == [b"b"], "its own key"
    first, second = bench.queues.peek("all")
    assert [(letter.record.value, letter.expires_ms) for letter in (first, second)] == [(b"a", None), (b"b", None)]
    assert [(d.exchange, d.routing_key) for d in (*first.deaths, *second.deaths)] == [("", QUEUE), ("in", "order.eu")]
    bench.broker.alter_topic(QUEUE, config={"queue.dead.letter.routing.key": "order.eu", "queue.ttl.ms": "1000"})
    exchanges.bind(Binding("dead", QUEUE, "order.eu"))
    exchanges.unbind(Binding("dead", "all", "#"))
    exchanges.unbind(Binding("dead", "eu", "order.eu"))
    bench.send(b"c")
    (delivery,) = bench.take()
    bench.queues.reject(QUEUE, [delivery.receipt])
    bench.wait(0)
    (again,) = bench.queues.peek(QUEUE)
    assert again.state is MessageState.READY, "a consumer rejected it: round again"
    bench.wait(1_001)
    bench.wait(0)
    (ended,) = bench.queues.peek(QUEUE)
    assert ended.state is MessageState.DEAD, "nobody rejected it this time: the cycle ends"


def redrive(bench: Bench) -> None:
    bench.queue("dead")
    bench.shared(dead_letter="dead", max_deliveries="1")
    bench.send(b"a")
    bench.fail(bench.take()[0])
    bench.wait(0)
    (dead,) = bench.queues.peek("dead")
    assert bench.queues.redrive("dead").moved == {QUEUE: 1}
    (again,) = bench.take()
    assert again.record.value == b"a"
    assert again.record.offset != dead.deaths[0].origin.offset, "a new message"
    assert bench.queues.counts("dead").messages == 0


def prefetch(bench: Bench) -> None:
    bench.shared()
    bench.send(*(b"x" for _ in range(1_100)))
    own = int(profile(bench.profile).defaults["queue.prefetch"])
    assert len(bench.take(count=1_100)) == (own or 1_100)
    bench.queues.attach(QUEUE, "slow", prefetch=2)
    bench.send(*(b"x" for _ in range(10)))
    held = bench.take("slow", 10)
    assert len(held) == 2
    bench.ack(held[0])
    assert len(bench.take("slow", 10)) == 1


def batch(bench: Bench) -> None:
    bench.shared()
    bench.send(*(b"x" for _ in range(60)))
    assert len(bench.take(count=60)) == 60


def in_flight(bench: Bench) -> None:
    bench.shared(prefetch="0")
    bench.send(*(b"x" for _ in range(3_000)))
    assert len(bench.take(count=3_000)) == 3_000


def retention(bench: Bench) -> None:
    bench.shared()
    bench.send(b"a", b"b")
    bench.ack(*bench.take(count=2))
    bench.broker.keep_house()
    assert bench.broker.bounds(QUEUE)[0].records == 0, "what is acknowledged is removed"


def confirms(bench: Bench) -> None:
    kind = "stream" if bench.profile == "kinesis" else "queue"
    bench.broker.create_topic(QUEUE, kind=kind, config={PROFILE: bench.profile})
    committed = []
    bench.broker.store.on_after_commit(lambda: committed.append(True))
    appended = bench.broker.append(QUEUE, 0, [Record(b"k", b"a")])
    assert appended.result().base_offset == 0 and committed
    if bench.profile == "rabbitmq":
        bench.queue("full", max_length="1", overflow="refuse")
        bench.broker.exchanges.declare(Exchange("x", ExchangeType.FANOUT))
        bench.broker.exchanges.bind(Binding("x", "full"))
        answers = bench.broker.exchanges.publish("x", "", [Record(None, b"1"), Record(None, b"2")]).result()
        assert [answer.confirmed for answer in answers] == [True, False]
        (lost,) = bench.broker.exchanges.publish("", "nobody", [Record(None, b"1")], mandatory=True).result()
        assert lost.confirmed and lost.returned


def replay(bench: Bench) -> None:
    bench.broker.create_topic("stream", config={PROFILE: bench.profile})
    bench.broker.append("stream", 0, [Record(b"k", b"a"), Record(b"k", b"b")]).result()
    for group in ("one", "two"):
        bench.broker.commit_offsets(group, "", -1, {TopicPartition("stream", 0): (2, "")}).result()
    read = [record.value for data in bench.broker.fetch("stream", 0, 0) for record in decode_batch(data, "stream", 0)]
    assert read == [b"a", b"b"], "both are past it, and it can be read again"
    if bench.profile != "kinesis":
        for name in ("one", "two"):
            bench.queues.subscribe("stream", name, {PROFILE: bench.profile})
            assert len(bench.queues.receive(f"stream:{name}", "c", 2)) == 2


def ids(bench: Bench) -> None:
    bench.shared()
    bench.send(b"a", b"b")
    one, two = bench.take(count=2)
    if bench.profile == "kafka":
        names = [place_name("kafka", bench.broker.topic(QUEUE), each.receipt.message) for each in (one, two)]
        assert names == ["0@0", "0@1"]
        return
    tags = DeliveryTags()
    assert [tags.give("one", each.receipt) for each in (one, two)] == [1, 2]
    bench.queues.ack(QUEUE, tags.take("one", 2, multiple=True)).result()
    assert bench.queues.counts(QUEUE).acked == 2


def peek(bench: Bench) -> None:
    if bench.profile == "kinesis":
        replay(bench)
        return
    bench.shared()
    bench.send(b"a")
    before = bench.queues.counts(QUEUE)
    assert [message.state for message in bench.queues.peek(QUEUE)] == [MessageState.READY]
    assert bench.queues.counts(QUEUE) == before
    assert not bench.take()[0].redelivered


BEHAVIOURS: dict[str, Callable[[Bench], None]] = {
    each.__name__: each for each in (
        competing, exclusive, failover, ordered_groups, lease_timeout, lease_extend, ack_one, ack_multiple, nack,
        retry_delay, reject, redelivered, delivery_limit, dead_letter_exchange, redrive, prefetch, batch, in_flight,
        retention, confirms, replay, ids, peek)
}


# -- one refusal a feature that a system lacks ---------------------------------------------------------------
def refuses_setting(**config: str) -> Callable[[Bench], None]:
    return lambda bench: refused_setting(bench, config)


def refused_setting(bench: Bench, config: dict[str, str]) -> None:
    said = refused(lambda: bench.queue(**config), Invalid)
    (key,) = config
    assert any(said.endswith(rule.say) for rule in profile(bench.profile).rules), said
    assert "queue." + key.replace("_", ".") in said


def refuses_act(act: Callable[[Bench, Delivery], object]) -> Callable[[Bench], None]:
    def prove(bench: Bench) -> None:
        bench.shared()
        bench.send(b"a")
        (delivery,) = bench.take()
        said = refused(lambda: act(bench, delivery), Unsupported)
        assert said in [rule.say for rule in profile(bench.profile).rules]
        assert bench.queues.counts(QUEUE).in_flight == 1, "nothing happened to the message"

    return prove


def gone(bench: Bench) -> None:
    bench.shared()
    bench.send(b"a")
    bench.ack(*bench.take())
    bench.broker.keep_house()
    assert bench.take("another") == []
    assert bench.broker.bounds(QUEUE)[0].log_start == 1


REFUSALS: dict[str, Callable[[Bench], None]] = {
    "dead_letter_exchange": refuses_setting(dead_letter_exchange="dead"),
    "exclusive": refuses_setting(type="exclusive"),
    "failover": refuses_setting(type="failover"),
    "key_shared": refuses_setting(type="key_shared"),
    "ordered_groups": refuses_setting(ordered_groups="true"),
    "lease_extend": refuses_act(lambda bench, it: bench.queues.extend(QUEUE, [it.receipt], 60_000)),
    "ack_multiple": refuses_act(lambda bench, it: bench.ack(it, multiple=True)),
    "retry_delay": refuses_setting(retry_delay_ms="5000"),
    "reject": refuses_act(lambda bench, it: bench.queues.reject(QUEUE, [it.receipt])),
    "ttl": refuses_setting(ttl_ms="5000"),
    "delay": refuses_setting(delay_ms="5000"),
    "priority": refuses_setting(max_priority="5"),
    "max_length": refuses_setting(max_length="10"),
    "deduplication": refuses_setting(dedup_ms="5000"),
    "prefetch": refuses_setting(prefetch="5"),
    "replay": gone,
}
NOTHING_TO_REFUSE = {"transactions"}
"""There is no way to ask for these of a queue."""


def no_queue(bench: Bench) -> None:
    """Kinesis: what a stream lacks, it lacks because it is no queue."""
    assert "can't be read as a queue" in refused(lambda: bench.queue())
    bench.broker.create_topic("stream", config={PROFILE: bench.profile})
    assert "can't be read as a queue" in refused(lambda: bench.queues.subscribe("stream", "one", {}))


# -- the contract --------------------------------------------------------------------------------------------
@pytest.fixture
def bench(broker: Broker, clock: ManualClock, request: pytest.FixtureRequest) -> Bench:
    return Bench(broker, clock, request.param)


CLAIMS = [(each.name, feature.name, feature.lacks) for each in profiles() for feature in each.features.values()
          if feature.level is Level.MODELLED]
DONE = [claim for claim in CLAIMS if not claim[2]]
LACKED = [claim for claim in CLAIMS if claim[2] and claim[1] not in NOTHING_TO_REFUSE]


@pytest.mark.parametrize(("bench", "feature"), [(name, feature) for name, feature, _ in DONE], indirect=["bench"])
def test_what_is_modelled_behaves_so(bench: Bench, feature: str, proved: Proved):
    BEHAVIOURS[feature](bench)
    proved(bench.profile, feature)


@pytest.mark.parametrize(("bench", "feature"), [(name, feature) for name, feature, _ in LACKED], indirect=["bench"])
def test_what_a_system_lacks_is_refused_in_its_words(bench: Bench, feature: str, proved: Proved):
    (no_queue if bench.profile == "kinesis" else REFUSALS[feature])(bench)
    proved(bench.profile, feature)
    for rule in profile(bench.profile).rules:
        if rule.act is not None and rule.act is ACTS.get(feature):
            proved(bench.profile, rule_key(rule))


ACTS = {"lease_extend": Act.EXTEND, "ack_multiple": Act.ACK_MULTIPLE, "reject": Act.REJECT}
"""The act that the refusal of such a feature tries."""


# -- every rule, at its edge ---------------------------------------------------------------------------------
SENDS = {Act.SEND_TTL: TTL_MS, Act.SEND_DELAY: DELAY_MS, Act.SEND_PRIORITY: PRIORITY}
"""The header that asks for it."""
TOPIC_CHOICES = {"message.timestamp.type": ("CreateTime", "LogAppendTime")}
RULES = [(each.name, rule) for each in profiles() for rule in each.rules if rule.setting or rule.act in SENDS]


def against(rule: Rule) -> str:
    """A value that the rule does not allow, and we know; the nearest to what it allows."""
    if rule.only:
        choices = getattr(_TABLE.get(rule.setting), "choices", TOPIC_CHOICES.get(rule.setting, ()))
        others = [value for value in choices if value not in rule.only]
        return others[0] if others else "elsewhere" if rule.only == ("",) else "5"
    return str(rule.high + 1) if rule.high is not None else str((rule.low or 0) - 1)


def is_taken_by_none(setting: str, value: str) -> bool:
    """Whether no queue of ours takes the value, whatever its profile; then our own sentence stands before."""
    try:
        topics.check_config({setting: value})
    except Invalid:
        return True
    return False


@pytest.mark.parametrize(("bench", "rule"), RULES, indirect=["bench"],
                         ids=[f"{name}-{rule.setting or rule.act}-{at}" for at, (name, rule) in enumerate(RULES)])
def test_each_rule_refuses_at_its_edge(bench: Bench, rule: Rule, proved: Proved):
    config = {PROFILE: bench.profile, **{key: values[0] for key, values in rule.when if values[0]}}
    kind = "queue" if rule.setting.startswith("queue.") or rule.act else "stream"
    create = bench.broker.create_topic
    if rule.act in SENDS:
        create(QUEUE, kind=kind, config=config)
        asked = str((rule.high or 0) + 1).encode()
        record = Record(b"key", b"a", ((SENDS[rule.act], asked),))
        said = refused(lambda: bench.broker.append(QUEUE, 0, [record]), Unsupported)
        assert said == rule.say and bench.broker.bounds(QUEUE)[0].end == 0, "nothing was stored"
    else:
        value = against(rule)
        said = refused(lambda: create(QUEUE, kind=kind, config={**config, rule.setting: value}), Invalid)
        assert said.endswith(rule.say) or is_taken_by_none(rule.setting, value)
    proved(bench.profile, rule_key(rule))


@pytest.mark.parametrize("bench", ["sqs"], indirect=True)
def test_an_sqs_fifo_queue_takes_no_message_without_a_group(bench: Bench, proved: Proved):
    bench.queue(ordered_groups="true")
    (rule,) = [rule for rule in profile("sqs").rules if rule.act is Act.SEND_WITHOUT_GROUP]
    said = refused(lambda: bench.broker.append(QUEUE, 0, [Record(b"k", b"a"), Record(None, b"b")]), Unsupported)
    assert said == rule.say and bench.queues.counts(QUEUE).messages == 0
    bench.send(b"a", group=b"g")
    bench.broker.append(QUEUE, 0, [Record(b"its key is its group", b"b")]).result()
    proved("sqs", rule_key(rule))


@pytest.mark.parametrize("bench", ["rabbitmq"], indirect=True)
def test_rabbitmq_sends_the_oldest_away_when_a_queue_is_full(bench: Bench, proved: Proved):
    bench.queue("dead")
    bench.queue(max_length="2", overflow="dead_letter", dead_letter="dead")
    for value in (b"1", b"2", b"3"):
        bench.send(value)
    bench.wait(0)
    assert [m.record.value for m in bench.queues.peek(QUEUE)] == [b"2", b"3"]
    (letter,) = bench.queues.peek("dead")
    assert (letter.record.value, letter.deaths[0].reason) == (b"1", DeadLetterReason.LENGTH)
    bench.queue("firm", max_length="2", overflow="refuse")
    refused(lambda: bench.send(b"1", b"2", b"3", name="firm"), Refused)
    assert [m.record.value for m in bench.queues.peek("firm")] == [b"1", b"2"]
    proved("rabbitmq", "max_length")


@pytest.mark.parametrize("bench", ["sqs"], indirect=True)
def test_an_sqs_message_received_often_enough_goes_to_the_dead_letter_queue(bench: Bench, proved: Proved):
    delivery_limit(bench)
    proved("sqs", "delivery_limit")


def test_the_page_is_printed_from_what_this_run_saw(request: pytest.FixtureRequest):
    """Of the whole module run, all of it; of a part, what that saw."""
    stored = json.loads((ROOT / "docs" / "proofs.json").read_text(encoding="utf-8"))
    mine = {item.name for item in request.session.items if item.module is request.module}
    whole = len(mine) >= len(DONE) + len(LACKED) + len(RULES)
    if whole:
        assert stored == PROVED, "run again with WORKBENCH_PROOFS=docs/proofs.json, and print the page"
    for name, claims in PROVED.items():
        assert claims.items() <= stored[name].items()


# -- limits that are no feature of their own -----------------------------------------------------------------
@pytest.mark.parametrize(("bench", "config", "words"), [
    ("sqs", {"delay_ms": "900001"}, "An SQS delay is 0 to 900 seconds."),
    ("sqs", {"max_deliveries": "3"}, "SQS counts receives against a limit only where there is a dead-letter queue."),
    ("sqs", {"dedup_ms": "300000"}, "SQS recognises duplicates in FIFO queues only."),
    ("kafka", {"visibility_ms": "5000"}, "A Kafka share group locks a record for 15 to 60 seconds"),
    ("kafka", {"max_deliveries": "0"}, "A Kafka share group delivers a record 2 to 10 times"),
    ("rabbitmq", {"visibility_ms": "5000"}, "less than a minute is not supported"),
    ("pulsar", {"dead_letter": "dead"}, "for Shared and Key_Shared subscriptions only"),
    ("activemq", {"prefetch": "40000"}, "An ActiveMQ prefetch is at most 32767."),
    ("activemq", {"max_priority": "10"}, "JMS has priorities from 0 to 9."),
], indirect=["bench"])
def test_a_limit_is_refused_in_the_systems_words(bench: Bench, config: dict[str, str], words: str):
    assert words in refused(lambda: bench.queue(**config), Invalid)


@pytest.mark.parametrize(("bench", "config", "words"), [
    ("sqs", {"retention.ms": "59999"}, "SQS keeps a message for 60 seconds to 14 days."),
    ("kinesis", {"retention.ms": "3600000"}, "Kinesis keeps records for 24 hours to 365 days."),
    ("kinesis", {"max.message.bytes": "1000"}, "largest record is set to 1 to 10 MiB"),
], indirect=["bench"])
def test_a_topics_settings_keep_the_rules_too(bench: Bench, config: dict[str, str], words: str):
    kind = "queue" if bench.profile == "sqs" else "stream"
    create = bench.broker.create_topic
    assert words in refused(lambda: create("t", kind=kind, config={PROFILE: bench.profile, **config}), Invalid)
    create("t", kind=kind, config={PROFILE: bench.profile})
    assert words in refused(lambda: bench.broker.alter_topic("t", config=config), Invalid)


@pytest.mark.parametrize("bench", ["sqs"], indirect=True)
def test_a_profile_is_refused_where_what_is_set_is_against_it(bench: Bench):
    bench.broker.create_topic("t", kind="queue", config={"queue.max.priority": "5"})
    said = refused(lambda: bench.broker.alter_topic("t", config={PROFILE: "sqs"}), Invalid)
    assert said == "queue.max.priority can't be 5: SQS has no priorities."
    bench.broker.alter_topic("t", config={PROFILE: "sqs", "queue.max.priority": None})


@pytest.mark.parametrize("bench", ["sqs", "kinesis"], indirect=True)
def test_a_profile_keeps_records_as_long_as_its_system_does(bench: Bench):
    kind = "queue" if bench.profile == "sqs" else "stream"
    bench.broker.create_topic("t", kind=kind, config={PROFILE: bench.profile})
    bench.broker.append("t", 0, [Record(b"k", b"old", (), 1)]).result()
    kept_ms = int(profile(bench.profile).defaults["retention.ms"])
    bench.clock.advance(kept_ms - 1)
    bench.broker.keep_house()
    assert bench.broker.bounds("t")[0].records == 1, "its age counts from its arrival"
    bench.clock.advance(2)
    bench.broker.keep_house()
    assert bench.broker.bounds("t")[0].records == 0


@pytest.mark.parametrize(("bench", "limit"), [("kafka", 2_000)], indirect=["bench"])
def test_no_more_is_handed_out_than_may_be_in_flight(bench: Bench, limit: int):
    bench.shared()
    bench.send(*(b"x" for _ in range(limit + 100)))
    first = bench.take(count=limit + 100)
    assert len(first) == limit
    assert bench.take("two", 10) == []
    bench.ack(*first[:3])
    assert len(bench.take("two", 10)) == 3


@pytest.mark.parametrize("bench", ["sqs"], indirect=True)
def test_an_sqs_message_is_hidden_for_twelve_hours_at_most(bench: Bench):
    bench.queue()
    bench.send(b"a")
    (delivery,) = bench.take()
    said = refused(lambda: bench.queues.nack(QUEUE, [delivery.receipt], delay_ms=43_200_001), Unsupported)
    assert said == "An SQS visibility timeout is at most 12 hours."
    bench.queues.nack(QUEUE, [delivery.receipt], delay_ms=43_200_000)


@pytest.mark.parametrize("bench", ["sqs"], indirect=True)
def test_an_sqs_receive_returns_ten_at_most(bench: Bench):
    bench.queue()
    bench.send(*(b"x" for _ in range(15)))
    assert [len(bench.take(count=50)) for _ in range(3)] == [10, 5, 0]


@pytest.mark.parametrize("bench", ["activemq"], indirect=True)
def test_the_default_dead_letter_queue_takes_what_dies_once_it_is_there(bench: Bench):
    bench.queue("ActiveMQ.DLQ")
    bench.shared()
    bench.send(b"a")
    for _ in range(7):
        (delivery,) = bench.take()
        bench.fail(delivery)
    bench.wait(0)
    (dead,) = bench.queues.peek("ActiveMQ.DLQ")
    assert dead.deaths[0].reason is DeadLetterReason.LIMIT
    assert dead.id == MessageId(0, 0)
